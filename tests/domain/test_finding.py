"""What a verifier, a hub and an owner may do with a finding."""

from __future__ import annotations

from datetime import date

import pytest

from domain.acts.check import Check
from domain.acts.finding import (
    ActionRejected,
    ActionReported,
    ActionVerified,
    CorrectiveActionAgreed,
    FindingClosed,
    FindingRaised,
    FindingReopened,
    ResponseReceived,
    RiskAccepted,
)
from domain.acts.session import Session
from tests.domain.given import given as given_any
from tests.domain.given import refusal

SEC, HUB = ("s-1", "secretariat"), ("h-1", "hub")
raised = FindingRaised(
    criteria="decree 45(3)", condition="no determination", cause="unknown rule", effect="export risk", severity="HIGH"
)
responded = ResponseReceived(text="agreed", agrees=True)
agreed = CorrectiveActionAgreed(action="determine", due_on=date(2025, 9, 30), owner="h-1")
reported = ActionReported(text="done")
accepted = RiskAccepted(session="2025-1", reason="small")
COURSE = [(raised, *SEC), (responded, *HUB), (agreed, *SEC), (reported, *HUB)]
BESIDE = {
    "check:2025S1": Check(status="FINDINGS", period="2025S1", hubs=("EU",)),
    "session:2025-1": Session(status="convened"),
}


def given(*facts, beside=BESIDE):
    return given_any("finding", *facts, stream="finding:2025S1-EU-1", beside=beside)


def when(it, fact, who=SEC):
    return it.when(fact, actor=who[0], role=who[1])


def refused(it, fact, who=SEC):
    return refusal(it, fact, actor=who[0], role=who[1])


def test_a_finding_runs_its_course():
    verified = given(*COURSE, (ActionVerified(), *SEC))
    assert (verified.state.status, verified.state.due_on) == ("verified", date(2025, 9, 30))
    assert when(verified, FindingClosed()).status == "closed"


def test_a_rejected_action_is_agreed_again_and_counts():
    rejected = given(*COURSE, (ActionRejected(reason="no evidence"), *SEC))
    assert (rejected.state.status, rejected.state.times_rejected) == ("rejected", 1)
    assert when(rejected, agreed).status == "action_agreed"


def test_a_closed_finding_is_reopened_and_gets_an_action():
    reopened = given(
        *COURSE, (ActionVerified(), *SEC), (FindingClosed(), *SEC), (FindingReopened(reason="again"), *SEC)
    )
    assert (reopened.state.status, reopened.state.times_reopened) == ("reopened", 1)
    again = when(reopened, agreed)
    assert (again.status, again.verified_at) == ("action_agreed", None)


@pytest.mark.parametrize("n", range(1, 5))
def test_the_committee_may_accept_the_risk_before_the_end(n):
    risk = given(*COURSE[:n], (accepted, *SEC))
    assert risk.state.status == "risk_accepted"
    assert when(risk, FindingClosed()).status == "closed"


def test_a_finding_is_not_closed_before_its_action_is_verified():
    early = refused(given(*COURSE), FindingClosed())
    assert (early.code, str(early)) == ("finding.out_of_turn", "finding.closed while reported")
    assert early.facts == {"status": "reported", "type": "finding.closed"}


def test_the_owner_neither_verifies_nor_closes():
    mine = refused(given(*COURSE), ActionVerified(), ("h-1", "secretariat"))
    assert (mine.code, mine.facts) == ("finding.self_verified", {"owner": "h-1", "reporter": "h-1"})
    verified = given(*COURSE, (ActionVerified(), *SEC))
    assert refused(verified, FindingClosed(), ("h-1", "secretariat")).code == "finding.self_verified"


def test_each_act_is_of_the_hub_or_of_the_secretariat():
    assert refused(given(), raised, HUB).code == "finding.not_yours"
    by_secretariat = refused(given(COURSE[0]), responded)
    assert (by_secretariat.code, by_secretariat.facts) == (
        "finding.not_yours",
        {"role": "secretariat", "type": "finding.response_received", "whose": "hub"},
    )


def test_an_action_is_not_due_in_the_past():
    late = refused(given(COURSE[0]), CorrectiveActionAgreed(action="x", due_on=date(2025, 3, 2), owner="h-1"))
    assert (late.code, late.facts["today"]) == ("finding.due_in_past", date(2025, 3, 3))


def test_a_finding_is_raised_in_an_open_check_of_its_hub():
    for phase in ("none", "CLOSED", "PUBLISHED"):
        over = refused(given(beside={"check:2025S1": Check(status=phase, hubs=("EU",))}), raised)
        assert (over.code, over.facts) == ("finding.check_closed", {"check": "2025S1", "phase": phase})
    other = refused(given(beside={"check:2025S1": Check(status="FINDINGS", hubs=("US",))}), raised)
    assert (other.code, other.facts["hub"]) == ("finding.not_expected", "EU")


def test_a_risk_is_accepted_in_a_session():
    nowhere = refused(given(COURSE[0]), RiskAccepted(session="1999", reason="x"))
    assert (nowhere.code, nowhere.facts) == ("finding.no_session", {"session": "1999"})
    assert refused(given(), accepted).code == "finding.out_of_turn"


def test_an_old_finding_goes_on_after_its_check():
    it = given(*COURSE)
    it.house.states["check:2025S1"] = Check(status="PUBLISHED", hubs=("EU",))
    assert when(it, ActionVerified()).status == "verified"
