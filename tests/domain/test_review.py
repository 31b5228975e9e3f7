"""What a hub and the secretariat may do with a hub review."""

from __future__ import annotations

import msgspec
import pytest

from domain.acts.check import Check
from domain.acts.indicator import Indicator
from domain.acts.review import (
    AssessmentMade,
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
from domain.record import Refused
from tests.domain.given import given, refusal

made = SubmissionMade(figures_digest="ab" * 32)
attested = (SubmissionAttested(), "c-2", "hub")
returned = SubmissionReturned(points=("JR-01 lacks evidence",))
started = (VerificationStarted(), "s-1", "secretariat")
sampled = (SampleDrawn(population="SELECT 1", position=9, seed="7", method="simple", size=1), "s-1", "secretariat")
tested = (SampleItemTested(position=3, result="AGREES"), "s-1", "secretariat")
verified = (SubmissionVerified(opinion="CLEAN"), "s-1", "secretariat")


def reviewed(*facts, phase="VERIFICATION", hubs=("EU",), position=1000, indicators=None, **beside):
    """A review in an open check, by default in the phase in which everything but an objection is done."""
    check = Check(status=phase, period="2025S1", hubs=hubs, indicators=indicators or {})
    beside["check:2025S1"] = check
    return given("review", *facts, stream="review:2025S1-EU", position=position, beside=beside)


def test_a_review_runs_its_course():
    review = reviewed(made, attested, started, sampled, tested, verified)
    assert (review.state.status, review.state.opinion, review.state.tested) == ("verified", "CLEAN", {3})


def test_who_prepared_a_submission_does_not_attest_it():
    with pytest.raises(Refused) as refused:
        reviewed(made).when(SubmissionAttested(), actor="c-1")
    assert refused.value.code == "review.self_attested"


def test_a_returned_submission_is_made_again_and_supersedes():
    review = reviewed(made, (returned, "s-1", "secretariat")).when(made)
    assert (review.status, review.submissions, review.returns) == ("submitted", 2, 1)


@pytest.mark.parametrize("fact", [VerificationStarted(), returned])
def test_the_hub_does_not_verify_itself(fact):
    with pytest.raises(Refused) as refused:
        reviewed(made, attested).when(fact, role="hub")
    assert refused.value.code == "review.not_yours"


def test_the_secretariat_does_not_submit_for_a_hub():
    with pytest.raises(Refused, match="act of the hub"):
        reviewed().when(made, role="secretariat")


def test_verification_waits_for_the_attestation():
    with pytest.raises(Refused, match="while submitted"):
        reviewed(made).when(VerificationStarted(), role="secretariat")


def test_the_verifier_stays_the_same():
    with pytest.raises(Refused) as refused:
        reviewed(made, attested, started).when(SubmissionVerified(opinion="CLEAN"), actor="s-2", role="secretariat")
    assert refused.value.code == "review.not_the_verifier"


def test_an_item_is_tested_after_a_sample_is_drawn():
    unsampled = refusal(reviewed(made, attested, started), tested[0], actor="s-1", role="secretariat")
    assert unsampled.code == "review.no_sample"
    assert reviewed(made, attested, started, sampled).when(tested[0], actor="s-1", role="secretariat")


def test_an_objection_is_filed_within_ten_days_and_then_decided():
    review = reviewed(made, attested, started, sampled, tested, verified)
    assert review.when(ObjectionFiled(grounds="sample"), hours=240).status == "objected"
    with pytest.raises(Refused) as refused:
        review.when(ObjectionFiled(grounds="sample"), hours=241)
    assert refused.value.code == "review.objection_too_late"
    objected = reviewed(made, attested, started, sampled, tested, verified, ObjectionFiled(grounds="sample"))
    assert objected.when(ObjectionDecided(upheld=False, reasons="none"), role="secretariat").status == "final"


def test_who_prepared_or_attested_does_not_verify():
    for actor in ("c-1", "c-2"):
        refused = refusal(reviewed(made, attested), VerificationStarted(), actor=actor, role="secretariat")
        assert (refused.code, refused.facts) == ("review.self_verified", {"actor": actor})


def test_an_opinion_comes_after_every_item_is_tested():
    untested = refusal(reviewed(made, attested, started, sampled), verified[0], actor="s-1", role="secretariat")
    assert (untested.code, untested.facts) == ("review.sample_untested", {"tested": 0, "size": 1})


def test_a_sample_is_not_drawn_again_to_get_rid_of_an_item():
    again = refusal(reviewed(made, attested, started, sampled, tested), sampled[0], actor="s-1", role="secretariat")
    assert again.code == "review.sample_begun"


def test_a_returned_submission_is_verified_on_a_sample_of_its_own():
    mended = reviewed(made, attested, started, sampled, tested, (returned, "s-1", "secretariat"), made).state
    assert (mended.sampled, mended.tested, mended.attester) == (False, frozenset(), None)


def test_an_item_outside_the_record_that_was_sampled_is_not_of_the_sample():
    beyond = SampleItemTested(position=10, result="AGREES")
    refused = refusal(reviewed(made, attested, started, sampled), beyond, actor="s-1", role="secretariat")
    assert (refused.code, refused.facts) == ("review.not_in_the_sample", {"position": 10, "drawn_at": 9})


def test_a_sample_is_not_drawn_from_what_is_not_recorded():
    short = reviewed(made, attested, started, position=8)
    refused = refusal(short, sampled[0], actor="s-1", role="secretariat")
    assert (refused.code, refused.facts) == ("review.sample_in_future", {"position": 9, "recorded": 8})


def in_check(phase, *facts):
    # The facts so far were judged when the check was in the phase in which each is possible.
    it = reviewed(*facts)
    it.house.states["check:2025S1"] = Check(status=phase, period="2025S1", hubs=("EU",))
    return it


def test_a_review_is_of_a_check_that_was_opened():
    for stream in ("review:2025S1-EU", "review:1"):
        refused = refusal(given("review", stream=stream), made)
        assert (refused.code, refused.facts) == ("review.no_check", {"stream": stream})


def test_a_review_keeps_to_the_phases_of_its_check():
    assert in_check("SUBMISSION").when(made).status == "submitted"
    closed = refusal(in_check("CLOSED"), made)
    assert (closed.code, closed.facts["phase"]) == ("review.check_phase", "CLOSED")
    early = refusal(in_check("SUBMISSION", made, attested), VerificationStarted(), actor="s-1", role="secretariat")
    assert (early.code, early.facts["phases"]) == ("review.check_phase", ("VERIFICATION",))
    over = in_check("CLOSED", made, attested, started, sampled, tested, verified)
    assert over.when(ObjectionFiled(grounds="sample")).status == "objected"


def test_a_check_reviews_the_hubs_it_names():
    unexpected = refusal(reviewed(hubs=("US",)), made)
    assert (unexpected.code, unexpected.facts["hub"]) == ("review.not_expected", "EU")


def test_in_a_check_an_opinion_rests_on_a_sample():
    unsampled = in_check("VERIFICATION", made, attested, started)
    refused = refusal(unsampled, verified[0], actor="s-1", role="secretariat")
    assert (refused.code, str(refused)) == ("review.no_sample", "an opinion in a check rests on a sample")


def test_only_what_was_drawn_is_tested_and_all_of_it():
    drawn = (
        SampleDrawn(population="SELECT 1", position=9, seed="7", method="sha256-rank", size=5, positions=(2, 3)),
        "s-1",
        "secretariat",
    )
    review = reviewed(made, attested, started, drawn, tested)
    other = refusal(review, SampleItemTested(position=4, result="AGREES"), actor="s-1", role="secretariat")
    assert other.code == "review.not_in_the_sample"
    assert refusal(review, verified[0], actor="s-1", role="secretariat").facts == {"tested": 1, "size": 2}


def test_a_submission_in_a_check_is_of_the_cutoff_that_was_fixed_last():
    check = Check(status="SUBMISSION", period="2025S1", hubs=("EU",), position=90)
    review = given("review", stream="review:2025S1-EU", beside={"check:2025S1": check})
    for cutoff in (None, 80):
        refused = refusal(review, SubmissionMade(figures_digest="ab" * 32, cutoff=cutoff))
        assert (refused.code, refused.facts) == ("review.other_cutoff", {"cutoff": cutoff, "expected": 90})
    assert review.when(SubmissionMade(figures_digest="ab" * 32, cutoff=90)).cutoff == 90


def test_a_submission_of_an_earlier_cutoff_is_neither_attested_nor_verified():
    check = Check(status="SUBMISSION", period="2025S1", hubs=("EU",), position=90)
    submitted = SubmissionMade(figures_digest="ab" * 32, cutoff=90)
    review = given("review", submitted, stream="review:2025S1-EU", beside={"check:2025S1": check})
    review.house.states["check:2025S1"] = msgspec.structs.replace(check, position=95)
    assert refusal(review, SubmissionAttested(), actor="c-2").code == "review.other_cutoff"


qualitative = Indicator(status="defined", version=2, qualitative=True)


def written(code="HD-Q", version=1):
    return AssessmentMade(indicator=code, version=version, text_ko="비자 발급이 빨라짐", evidence=("cd" * 32,))


def assessing(*facts):
    defined = {f"indicator:{code}": qualitative for code in ("HD-Q", "JR-Q")}
    return reviewed(*facts, indicators={"HD-Q": 1, "JR-Q": 2}, **defined)


def test_a_hub_assesses_in_words_and_writes_anew_until_it_submits():
    review = assessing(written(), written("JR-Q", 2), written(), made).state
    assert (review.status, review.assessed) == ("submitted", {"HD-Q": 1, "JR-Q": 2})


@pytest.mark.parametrize("facts", [(made,), (made, attested), (made, attested, started, sampled, tested, verified)])
def test_what_is_handed_in_is_not_written_anew_until_it_is_returned(facts):
    refused = refusal(assessing(*facts), written())
    assert refused.code == "review.out_of_turn"
    assert assessing(written(), made, (returned, "s-1", "secretariat")).when(written()).assessed == {"HD-Q": 1}


def test_who_wrote_an_assessment_neither_attests_nor_verifies():
    review = assessing((written(), "c-2", "hub"), made)
    assert refusal(review, SubmissionAttested(), actor="c-2").code == "review.self_attested"
    attested_by_a_third = assessing((written(), "c-2", "hub"), made, (SubmissionAttested(), "c-3", "hub"))
    refused = refusal(attested_by_a_third, VerificationStarted(), actor="c-2", role="secretariat")
    assert refused.code == "review.self_verified"


def test_the_secretariat_does_not_assess_for_a_hub():
    assert refusal(assessing(), written(), role="secretariat").code == "review.not_yours"


@pytest.mark.parametrize(
    ("fact", "newest"), [(written(version=3), 2), (written(version=0), 2), (written("HD-01"), 1), (written("XX-Q"), 0)]
)
def test_only_a_qualitative_indicator_that_is_defined_is_assessed_in_words(fact, newest):
    review = assessing()
    review.house.states["indicator:HD-01"] = Indicator(status="defined", version=1)
    refused = refusal(review, fact)
    assert (refused.code, str(refused)) == (
        "review.not_qualitative", "an assessment is of a version of a qualitative indicator"
    )  # fmt: skip
    assert refused.facts == {"indicator": fact.indicator, "version": fact.version, "newest": newest}


def test_in_a_check_an_assessment_is_of_the_versions_it_goes_by():
    check = Check(status="OPEN", period="2025S1", hubs=("EU",), indicators={"HD-Q": 1})
    states = {"check:2025S1": check, "indicator:HD-Q": qualitative, "indicator:JR-Q": qualitative}
    review = given("review", stream="review:2025S1-EU", beside=states)
    assert review.when(written()).assessed == {"HD-Q": 1}, "it may be written before the cut-off"
    for fact, expected in ((written(version=2), 1), (written("JR-Q"), None)):
        refused = refusal(review, fact)
        assert (refused.code, refused.facts["expected"]) == ("review.other_indicator", expected)
    review.house.states["check:2025S1"] = msgspec.structs.replace(check, status="FINDINGS")
    assert refusal(review, written()).code == "review.check_phase"


@pytest.mark.parametrize("wrong", [{"evidence": []}, {"text_ko": ""}, {}])
def test_an_assessment_has_words_and_evidence(wrong):
    whole = {"indicator": "HD-Q", "version": 1, "text_ko": "가", "evidence": ["cd" * 32]}
    data = whole | wrong if wrong else {name: whole[name] for name in ("indicator", "version", "text_ko")}
    with pytest.raises(msgspec.ValidationError, match=r"evidence|text_ko"):
        msgspec.convert(data, AssessmentMade)
