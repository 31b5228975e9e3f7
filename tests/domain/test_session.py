"""What a committee session records, and what it does not decide."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.acts.check import Check
from domain.acts.session import (
    AgendaTabled,
    DecisionAdopted,
    MemberRecused,
    MinutesSealed,
    OpinionRecorded,
    SessionConvened,
)
from tests.domain.given import given as given_any
from tests.domain.given import refusal

MEMBERS = tuple(f"m-{n}" for n in range(12))


def convened(present=12, **more):
    return SessionConvened(on=date(2025, 5, 30), seats=23, present=MEMBERS[:present], **more)


item = AgendaTabled(item="1", kind="DELIBERATION", title_ko="2025년 상반기 점검", subject="check:2025S1")
report = AgendaTabled(item="2", kind="REPORT")
opinion = OpinionRecorded(item="1", text_ko="이견 없음", text_en="No objection")


def given(*facts, phase="COMMITTEE"):
    return given_any("session", *facts, beside={"check:2025S1": Check(status=phase)})


def test_a_session_is_convened_deliberates_and_is_sealed():
    session = given(convened(), item, opinion, DecisionAdopted(item="1", votes_for=7, votes_against=5))
    assert (session.state.opinions, session.state.decisions) == ({"1"}, {"1"})
    sealed = session.when(MinutesSealed(sha256="ab" * 32))
    assert sealed.status == "sealed"


def test_nothing_is_added_before_it_is_convened_or_once_it_is_sealed():
    assert refusal(given(), item).facts == {"status": "none", "type": "session.agenda_tabled"}
    sealed = refusal(given(convened(), item, MinutesSealed(sha256="ab" * 32)), opinion)
    assert (sealed.code, str(sealed)) == ("session.out_of_turn", "session.opinion_recorded while sealed")


@pytest.mark.parametrize("phase", ["CLOSED", "PUBLISHED", "RESTATED"])
def test_an_opinion_on_a_closed_check_is_refused(phase):
    for fact in (opinion, DecisionAdopted(item="1", votes_for=7)):
        closed = refusal(given(convened(), item, phase=phase), fact)
        assert closed.code == "session.check_closed"
        assert closed.facts == {"item": "1", "check": "check:2025S1", "phase": phase}


def test_what_is_not_on_the_agenda_has_no_opinion():
    for fact in (opinion, DecisionAdopted(item="1", votes_for=7), MemberRecused(item="1", member="m-1")):
        missing = refusal(given(convened(), report), fact)
        assert (missing.code, missing.facts) == ("session.not_tabled", {"item": "1", "items": ["2"]})


def test_an_item_is_tabled_once_and_decided_once():
    assert refusal(given(convened(), item), item).code == "session.tabled_already"
    decided = given(convened(), item, DecisionAdopted(item="1", votes_for=7))
    assert refusal(decided, DecisionAdopted(item="1", votes_for=7)).code == "session.decided_already"


def test_a_report_takes_an_opinion_and_no_decision():
    session = given(convened(), report)
    assert session.when(OpinionRecorded(item="2", text_ko="수용")).opinions == {"2"}
    assert refusal(session, DecisionAdopted(item="2", votes_for=7)).code == "session.only_reported"


def test_a_decision_needs_more_than_half_of_the_seats_and_of_those_who_count():
    absent = refusal(given(convened(present=11), item), DecisionAdopted(item="1", votes_for=11))
    assert (absent.code, absent.facts) == ("session.no_quorum", {"present": 11, "seats": 23, "quorum": Decimal("0.5")})
    lost = refusal(given(convened(), item), DecisionAdopted(item="1", votes_for=6))
    assert (lost.code, lost.facts) == (
        "session.no_majority",
        {"votes_for": 6, "counted": 12, "majority": Decimal("0.5")},
    )


def test_a_recused_member_does_not_count():
    recused = given(convened(), item, MemberRecused(item="1", member="m-1"))
    assert recused.when(DecisionAdopted(item="1", votes_for=6, votes_against=5)).decisions == {"1"}
    many = refusal(recused, DecisionAdopted(item="1", votes_for=6, votes_against=6))
    assert (many.code, many.facts) == ("session.too_many_votes", {"votes": 12, "present": 12, "counted": 11})
    stranger = refusal(given(convened(), item), MemberRecused(item="1", member="m-99"))
    assert (stranger.code, stranger.facts) == ("session.not_present", {"item": "1"})


def test_the_committees_own_rule_is_told_with_the_session():
    two_thirds = convened(quorum=Decimal("0.3"), majority=Decimal("0.667"))
    lost = refusal(given(two_thirds, item), DecisionAdopted(item="1", votes_for=8))
    assert lost.code == "session.no_majority"


def test_an_item_about_a_check_names_one():
    for wrong in ("check:2025S1 x", "check:2\u066025S1", "check:2025S1\n"):
        unknown = refusal(given(convened()), replace(item, subject=wrong))
        assert (unknown.code, unknown.facts) == ("session.no_check", {"subject": wrong})
    # An older record may hold one; it takes its opinion.
    before = given(convened(), item)
    before.state = replace(before.state, subjects={"1": "check:2025S1 x"})
    assert before.when(OpinionRecorded(item="1", text_ko="가")).opinions == {"1"}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: SessionConvened(on=date(2025, 5, 30), seats=1, present=("m-1", "m-2")), "2 are present"),
        (lambda: SessionConvened(on=date(2025, 5, 30), seats=3, present=("m-1", "m-1")), "present once"),
        (lambda: convened(quorum=Decimal(1)), "quorum is a share of 1"),
        (lambda: DecisionAdopted(item="1", votes_for=-1), "0 or more"),
    ],
)
def test_a_session_that_cannot_be_is_no_fact(wrong, why):
    with pytest.raises(ValueError, match=why):
        wrong()
