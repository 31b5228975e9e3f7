"""What a helpdesk case is after what happened to it."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from domain import history
from domain.facts.helpdesk import (
    CaseAssigned,
    CaseClosed,
    CaseEscalated,
    CaseMerged,
    CaseMergeReversed,
    CaseOpened,
    CaseReferred,
    CaseReopened,
    CaseResolved,
    CaseTriaged,
    ClockStarted,
    ClockStopped,
    FirstResponseSent,
    SatisfactionRated,
    SlaBound,
    Stop,
)
from tests.domain.given import START, given, recorded

opened = CaseOpened(topic="visa", channel="web", requester="p-17")
answered = FirstResponseSent()
resolved = CaseResolved(resolution="visa issued")


def test_a_case_runs_its_course():
    case = given("case", opened, CaseTriaged(severity="high"), CaseAssigned(), answered, resolved).when(CaseClosed())
    assert (case.status, case.opened_at, case.severity, case.times_resolved) == ("closed", START, "high", 1)


def test_a_stopped_clock_waits_until_it_is_started():
    waiting = given("case", opened, CaseAssigned(), ClockStopped(why="requester"))
    assert waiting.state.status == "waiting"
    assert waiting.when(ClockStarted()).status == "in_progress"


def test_a_referral_waits_for_the_body_it_went_to():
    assert given("case", opened).when(CaseReferred(body="trade office")).status == "waiting"


def test_a_reopened_case_is_worked_on_again_and_counts():
    case = given("case", opened, resolved).when(CaseReopened(why="no visa came"))
    assert (case.status, case.times_reopened) == ("in_progress", 1)


def test_an_answer_or_an_escalation_after_the_resolution_does_not_unresolve():
    assert given("case", opened, resolved).when(answered).status == "resolved"
    assert given("case", opened, resolved).when(CaseEscalated(level=2)).status == "resolved"


def test_a_merged_case_returns_to_its_own_status_when_the_merge_is_reversed():
    merged = given("case", opened, CaseAssigned(), CaseMerged(into="AM-2"))
    assert (merged.state.status, merged.state.merged_into) == ("merged", "AM-2")
    assert merged.when(CaseMergeReversed()).status == "in_progress"


def test_a_case_that_lacks_its_opening_still_folds():
    assert given("case").when(resolved).opened_at is None


@pytest.mark.parametrize("score", [0, 6])
def test_a_score_outside_the_scale_is_no_fact(score):
    with pytest.raises(ValueError, match="1 to 5"):
        SatisfactionRated(score=score)


def test_the_order_of_arrival_makes_no_difference():
    facts = [(opened, 0.0), (CaseAssigned(), 1.0), (answered, 2.0), (resolved, 3.0), (CaseReopened(why="no"), 4.0)]
    states = {
        repr(history.state("case:1", recorded(*(f for f, _ in order), hours=[h for _, h in order])))
        for order in itertools.permutations(facts)
    }
    assert len(states) == 1


def test_stops_never_overlap_and_the_last_goes_on_until_the_clock_starts():
    stop = ClockStopped(why="requester")
    case = given("case", opened, stop, stop, ClockStarted(), ClockStarted(), stop)
    hour = [START + timedelta(hours=n) for n in range(7)]
    assert case.state.stops == (Stop(hour[1], hour[3], "requester"), Stop(hour[5], why="requester"))
    assert case.when(ClockStarted()).stops[-1] == Stop(hour[5], hour[6], "requester")


def test_a_new_promise_keeps_the_stops_before_it():
    first, second = (SlaBound(policy="desk", policy_version=n, calendar="BE", calendar_version=1) for n in (1, 2))
    case = given("case", opened, first, ClockStopped(why="requester"), ClockStarted()).when(second)
    assert (case.sla, len(case.stops)) == (second, 1)


def test_the_body_of_the_last_referral_and_the_level_are_kept():
    case = given("case", opened, CaseReferred(body="attaché"), CaseEscalated(level=2))
    assert (case.state.referred_to, case.state.level) == ("attaché", 2)
    assert case.when(CaseReferred(body="expert pool")).referred_to == "expert pool"


def test_a_rating_holds_until_the_next():
    case = given("case", opened, CaseClosed(), SatisfactionRated(score=2, by="p-17"))
    assert case.when(SatisfactionRated(score=5)).score == 5
