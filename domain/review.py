"""Hub review (기관별 점검) of one hub in one half-year check: an act of the house, judged as it is made.

    expected > submitted > attested > verifying > verified > objected > final
                  ^            |
                  +- returned <+

Four eyes: who attests did not prepare, who verifies is not of the hub. A new submission supersedes the one
before; nothing is overwritten. Objections within 10 days of the verification (Innovation Act 14(6), by analogy).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.record import Entry, Fact, Refused, Role
from domain.values import Code, Digest, Text

OBJECTION_DAYS = 10


class SubmissionMade(Fact, frozen=True, tag="review.submission_made"):
    """The hub hands in (제출) the figures the engine computed, by their digest, and its narrative."""

    figures_digest: Digest
    narrative_ko: Text | None = None
    narrative_en: Text | None = None


class SubmissionAttested(Fact, frozen=True, tag="review.submission_attested"):
    """A second person of the hub stands by the submission."""


class SubmissionReturned(Fact, frozen=True, tag="review.submission_returned"):
    """Sent back (반려) with the points to mend."""

    points: tuple[Text, ...]


class VerificationStarted(Fact, frozen=True, tag="review.verification_started"):
    """검증: whoever records this is the verifier."""


class SampleDrawn(Fact, frozen=True, tag="review.sample_drawn"):
    """표본추출: anyone can draw it again from the query, the position and the seed."""

    population: Text
    position: int
    seed: Code
    method: Code
    size: int


class SampleItemTested(Fact, frozen=True, tag="review.sample_item_tested"):
    position: int
    result: Literal["AGREES", "DIFFERS", "NO_EVIDENCE"]
    evidence: Digest | None = None


class SubmissionVerified(Fact, frozen=True, tag="review.submission_verified"):
    opinion: Literal["CLEAN", "QUALIFIED"]


class ObjectionFiled(Fact, frozen=True, tag="review.objection_filed"):
    """이의신청 of the hub."""

    grounds: Text


class ObjectionDecided(Fact, frozen=True, tag="review.objection_decided"):
    upheld: bool
    reasons: Text


ReviewFact: TypeAlias = (
    SubmissionMade
    | SubmissionAttested
    | SubmissionReturned
    | VerificationStarted
    | SampleDrawn
    | SampleItemTested
    | SubmissionVerified
    | ObjectionFiled
    | ObjectionDecided
)
Status: TypeAlias = Literal[
    "expected", "submitted", "attested", "returned", "verifying", "verified", "objected", "final"
]
BY_THE_HUB = (SubmissionMade, SubmissionAttested, ObjectionFiled)


class Review(msgspec.Struct, frozen=True):
    status: Status = "expected"
    submissions: int = 0
    returns: int = 0
    preparer: str | None = None
    verifier: str | None = None
    sampled: bool = False
    verified_at: datetime | None = None
    opinion: Literal["CLEAN", "QUALIFIED"] | None = None


initial = Review()


def judge(review: Review, entry: Entry[ReviewFact]) -> None:
    """Raises Refused unless this act may follow what was done so far."""
    whose: Role = "hub" if isinstance(entry.fact, BY_THE_HUB) else "secretariat"
    if entry.role != whose:
        raise Refused(
            "review.not_yours",
            f"{entry.fact.__struct_config__.tag} is an act of the {whose}, not of the {entry.role}",
            role=entry.role,
        )
    match review.status, entry.fact:
        case (("expected" | "returned"), SubmissionMade()):
            return
        case "submitted", SubmissionAttested():
            if entry.actor == review.preparer:
                raise Refused("review.self_attested", "who prepared a submission does not attest it", actor=entry.actor)
        case (("submitted" | "attested" | "verifying"), SubmissionReturned()):
            return
        case "attested", VerificationStarted():
            return
        case "verifying", SampleDrawn() | SampleItemTested() | SubmissionVerified():
            if isinstance(entry.fact, SampleItemTested) and not review.sampled:
                raise Refused("review.no_sample", "an item is tested after a sample is drawn")
            if entry.actor != review.verifier:
                raise Refused(
                    "review.not_the_verifier", "who started the verification goes on with it", verifier=review.verifier
                )
        case "verified", ObjectionFiled():
            assert review.verified_at is not None
            if entry.occurred_at > review.verified_at + timedelta(days=OBJECTION_DAYS):
                raise Refused(
                    "review.objection_too_late",
                    f"an objection is filed within {OBJECTION_DAYS} days of the verification",
                    verified_at=review.verified_at,
                )
        case "objected", ObjectionDecided():
            return
        case status, fact:
            raise Refused("review.out_of_turn", f"{fact.__struct_config__.tag} while {status}", status=status)


def evolve(review: Review, entry: Entry[ReviewFact]) -> Review:
    match entry.fact:
        case SubmissionMade():
            return replace(review, status="submitted", submissions=review.submissions + 1, preparer=entry.actor)
        case SubmissionAttested():
            return replace(review, status="attested")
        case SubmissionReturned():
            return replace(review, status="returned", returns=review.returns + 1, sampled=False)
        case VerificationStarted():
            return replace(review, status="verifying", verifier=entry.actor)
        case SampleDrawn():
            return replace(review, sampled=True)
        case SampleItemTested():
            return review
        case SubmissionVerified(opinion=opinion):
            return replace(review, status="verified", opinion=opinion, verified_at=entry.occurred_at)
        case ObjectionFiled():
            return replace(review, status="objected")
        case ObjectionDecided():
            return replace(review, status="final")
        case unknown:
            assert_never(unknown)
