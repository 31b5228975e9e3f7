"""How long completed streams are kept, and what is due."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain import retention
from domain.facts.exchange import ExchangeCancelled, ExchangeNominated
from domain.facts.helpdesk import CaseClosed, CaseOpened, CaseReopened, SatisfactionRated
from domain.facts.hub import HubRevoked
from domain.facts.project import OutputReported, ProjectCompleted, ProjectProposed
from domain.registry import KINDS, TYPES, EntryRedacted
from projections.mirror import public_views
from tests.mirrors import empty
from tests.projections.histories import History

NEW_YEAR = 5871.0
"""Hours from the start of May 2025 to 2026-01-01 00:00 in Seoul."""


def kept(history: History, valid: datetime | None = None) -> dict[str, tuple[Any, ...]]:
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading(None, valid) as reading:
        rows = public_views.view(reading, "retention").to_pylist()
    return {row["stream"]: (row["class"], row["completed_on"], row["keep_until"], row["due"]) for row in rows}


def test_a_class_runs_from_the_first_day_of_the_year_after_completion_in_seoul() -> None:
    history = History()
    history.add("case:1", CaseOpened(topic="visa"))
    history.add("case:1", CaseClosed(), NEW_YEAR - 0.01)
    history.add("case:2", CaseOpened(topic="visa"))
    history.add("case:2", CaseClosed(), NEW_YEAR)
    assert kept(history) == {
        "case:1": ("5 years", date(2025, 12, 31), date(2030, 12, 31), False),
        "case:2": ("5 years", date(2026, 1, 1), date(2031, 12, 31), False),
    }
    due = kept(history, datetime(2030, 12, 31, 15, tzinfo=UTC))
    assert {stream: row[3] for stream, row in due.items()} == {"case:1": True, "case:2": False}


def test_what_is_open_or_open_again_has_no_term_and_what_follows_a_closure_does_not_move_it() -> None:
    history = History()
    for n in range(3):
        history.add(f"case:{n}", CaseOpened(topic="visa"))
    history.add("case:1", CaseClosed(), 10)
    history.add("case:1", CaseReopened(why="once more"), 20)
    history.add("case:2", CaseClosed(), 10)
    history.add("case:2", SatisfactionRated(score=5), 900)
    assert {stream: row[1] for stream, row in kept(history).items()} == {"case:2": date(2025, 5, 1)}
    closing = history.position - 1
    history.void(closing)
    assert kept(history) == {}


def test_the_longest_class_on_a_stream_holds() -> None:
    history = History()
    for n in (1, 2):
        history.add(f"project:{n}", ProjectProposed(title_en="t"))
        history.add(f"project:{n}", ProjectCompleted(), 10)
    history.add("project:2", OutputReported(output="o", kind="PAPER"), 9)
    history.add("exchange:1", ExchangeNominated(direction="INBOUND", purpose="p"))
    history.add("exchange:1", ExchangeCancelled(), 10)
    history.add("exchange:1", EntryRedacted(entry=5, fields=("purpose",), basis="b", remains="0" * 64), 11)
    history.add("hub:EU", HubRevoked(on=date(2025, 5, 1), reason="r"))
    found = kept(history, datetime(2090, 1, 1, tzinfo=UTC))
    assert {stream: (row[0], row[3]) for stream, row in found.items()} == {
        "project:1": ("10 years", True),
        "project:2": ("30 years", True),
        "exchange:1": ("permanent", False),
        "hub:EU": ("permanent", False),
    }
    assert found["hub:EU"][2] is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_class_and_a_way_to_be_completed(kind: str) -> None:
    if retention.YEARS[retention.SCHEDULE.by_kind[kind]] is not None:
        assert any(name.startswith(f"{kind}.") for name in retention.SCHEDULE.completes)
        assert any(name.startswith(f"{kind}.") for name in retention.SCHEDULE.reopens)


def test_the_data_names_types_that_there_are() -> None:
    assert retention.SCHEDULE.by_type.keys() | retention.SCHEDULE.completes | retention.SCHEDULE.reopens <= TYPES.keys()
    assert not retention.SCHEDULE.completes & retention.SCHEDULE.reopens
