"""What a hub and the secretariat may do with a hub review."""

from __future__ import annotations

import pytest

from domain.record import Refused
from domain.review import (
    ObjectionDecided,
    ObjectionFiled,
    SampleDrawn,
    SampleItemTested,
    SubmissionAttested,
    SubmissionMade,
    SubmissionReturned,
    SubmissionVerified,
    VerificationStarted,
)
from tests.domain.given import given

made = SubmissionMade(figures_digest="ab" * 32)
attested = (SubmissionAttested(), "c-2", "hub")
returned = SubmissionReturned(points=("JR-01 lacks evidence",))
started = (VerificationStarted(), "s-1", "secretariat")
sampled = (SampleDrawn(population="SELECT 1", position=9, seed="7", method="simple", size=5), "s-1", "secretariat")
verified = (SubmissionVerified(opinion="CLEAN"), "s-1", "secretariat")


def test_a_review_runs_its_course():
    review = given("review", made, attested, started, sampled, verified)
    assert (review.state.status, review.state.opinion) == ("verified", "CLEAN")


def test_who_prepared_a_submission_does_not_attest_it():
    with pytest.raises(Refused) as refusal:
        given("review", made).when(SubmissionAttested(), actor="c-1")
    assert refusal.value.code == "review.self_attested"


def test_a_returned_submission_is_made_again_and_supersedes():
    review = given("review", made, (returned, "s-1", "secretariat")).when(made)
    assert (review.status, review.submissions, review.returns) == ("submitted", 2, 1)


@pytest.mark.parametrize("fact", [VerificationStarted(), returned])
def test_the_hub_does_not_verify_itself(fact):
    with pytest.raises(Refused) as refusal:
        given("review", made, attested).when(fact, role="hub")
    assert refusal.value.code == "review.not_yours"


def test_the_secretariat_does_not_submit_for_a_hub():
    with pytest.raises(Refused, match="act of the hub"):
        given("review").when(made, role="secretariat")


def test_verification_waits_for_the_attestation():
    with pytest.raises(Refused, match="while submitted"):
        given("review", made).when(VerificationStarted(), role="secretariat")


def test_the_verifier_stays_the_same():
    with pytest.raises(Refused) as refusal:
        given("review", made, attested, started).when(
            SubmissionVerified(opinion="CLEAN"), actor="s-2", role="secretariat"
        )
    assert refusal.value.code == "review.not_the_verifier"


def test_an_item_is_tested_after_a_sample_is_drawn():
    tested = SampleItemTested(position=3, result="AGREES")
    with pytest.raises(Refused) as refusal:
        given("review", made, attested, started).when(tested, actor="s-1", role="secretariat")
    assert refusal.value.code == "review.no_sample"
    assert given("review", made, attested, started, sampled).when(tested, actor="s-1", role="secretariat")


def test_an_objection_is_filed_within_ten_days_and_then_decided():
    review = given("review", made, attested, started, verified)
    assert review.when(ObjectionFiled(grounds="sample"), hours=240).status == "objected"
    with pytest.raises(Refused) as refusal:
        review.when(ObjectionFiled(grounds="sample"), hours=241)
    assert refusal.value.code == "review.objection_too_late"
    objected = given("review", made, attested, started, verified, ObjectionFiled(grounds="sample"))
    assert objected.when(ObjectionDecided(upheld=False, reasons="none"), role="secretariat").status == "final"
