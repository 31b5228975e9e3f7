"""What a stream says as of a position: corrections, voids and time."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given as any_
from hypothesis import strategies as st

from domain import history
from domain.facts.helpdesk import CaseClosed, CaseOpened, CaseResolved
from domain.registry import EntryCorrected, EntryVoided
from tests.domain.given import START, recorded

opened = CaseOpened(topic="visa")


def corrected(entry: int, topic: str, hour: float = 0) -> EntryCorrected:
    at = START + timedelta(hours=hour)
    return EntryCorrected(entry=entry, reason="CLERICAL", occurred_at=at, data=CaseOpened(topic=topic))


def topic(past, known):
    return history.state("case:1", past, known=known).topic


def test_the_newest_correction_holds_and_each_earlier_position_keeps_what_was_known():
    past = recorded(opened, corrected(1, "tax"), corrected(1, "law"))
    assert [topic(past, known) for known in (0, 1, 2, 3)] == [None, "visa", "tax", "law"]


def test_a_void_ends_an_entry_and_a_later_correction_reinstates_it():
    past = recorded(opened, EntryVoided(entry=1, reason="DUPLICATE"), corrected(1, "tax"))
    assert [topic(past, known) for known in (1, 2, 3)] == ["visa", None, "tax"]


def test_a_correction_moves_an_entry_in_time():
    past = recorded(opened, CaseResolved(), CaseClosed(), corrected(1, "visa", hour=9))
    assert [history.state("case:1", past, known=known).status for known in (3, 4)] == ["closed", "open"]


def test_what_had_not_happened_yet_does_not_count():
    past = recorded(opened, CaseResolved(), hours=[0, 5])
    assert history.state("case:1", past, valid=START + timedelta(hours=4)).status == "open"


@any_(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12))
def test_a_correction_and_its_reversal_leave_the_state_as_it_was(moves):
    past = recorded(*[CaseOpened(topic=str(n)) for n in range(4)])
    before = history.state("case:1", past)
    facts = [row.entry.fact for row in past]
    for target, void in moves:
        facts.append(EntryVoided(entry=target + 1, reason="CLERICAL") if void else corrected(target + 1, "changed"))
    facts.extend(corrected(n + 1, str(n), hour=n) for n in range(4))
    hours = [float(n) for n in range(len(facts))]
    assert history.state("case:1", recorded(*facts, hours=hours)) == before
