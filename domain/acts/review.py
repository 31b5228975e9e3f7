"""Hub review (기관별 점검) of one hub in one half-year check: an act, judged as it is made.

Four eyes: who attests did not prepare, who verifies is not of the hub and is neither of them; writing an assessment
counts as preparing. A new submission supersedes the one before; nothing is overwritten. An objection comes within 10
days of the verification, its decision within 30 of the objection (Innovation Act 14(6)-(7), by analogy); a later
decision is recorded, and irregular.

The stream is `review:2025S1-EU-BRU`, the half-year and the hub. A review is part of the check of that half-year: it
keeps to its phases, is of a hub that the check expects, and is verified on a sample.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeAlias, assert_never

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from domain.acts.check import NOT_OPENED
from domain.record import Entry, Fact, OtherStreams, Refused, Role
from domain.values import Code, Digest, Text

OBJECTION_DAYS = 10


class AssessmentMade(Fact, frozen=True, tag="review.assessment_made"):
    """What the hub says on a qualitative indicator (질적 지표), with the files that show it (Performance Evaluation Act
    12(4)).

    The last one before a submission is handed in with it, and attested, returned and verified with the figures.
    """

    indicator: Code
    version: int
    text_ko: Text
    evidence: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=32)]
    text_en: Text | None = None


class SubmissionMade(Fact, frozen=True, tag="review.submission_made"):
    """The hub hands in (제출) the figures the engine computed, by their digest, and its narrative.

    `cutoff` is the position of the cut-off that the figures are of, the one fixed last.
    """

    figures_digest: Digest
    cutoff: int | None = None
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
    """표본추출: anyone can draw it again from the query, the position and the seed (`domain.sampling`).

    `positions` is what was drawn; items outside it are not tested.
    """

    population: Text
    position: int
    seed: Code
    method: Code
    size: int
    positions: tuple[int, ...] = ()


class SampleItemTested(Fact, frozen=True, tag="review.sample_item_tested"):
    """An entry of the sample was held against its evidence (표본 확인)."""

    position: int
    result: Literal["AGREES", "DIFFERS", "NO_EVIDENCE"]
    evidence: Digest | None = None


class SubmissionVerified(Fact, frozen=True, tag="review.submission_verified"):
    """The verification ended with an opinion: CLEAN (적정) or QUALIFIED (한정)."""

    opinion: Literal["CLEAN", "QUALIFIED"]


class ObjectionFiled(Fact, frozen=True, tag="review.objection_filed"):
    """이의신청 of the hub."""

    grounds: Text


class ObjectionDecided(Fact, frozen=True, tag="review.objection_decided"):
    """The objection of the hub was upheld (인용) or not (기각)."""

    upheld: bool
    reasons: Text


ReviewFact: TypeAlias = (
    AssessmentMade
    | SubmissionMade
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
BY_THE_HUB = (AssessmentMade, SubmissionMade, SubmissionAttested, ObjectionFiled)


class Review(msgspec.Struct, frozen=True):
    """The state of a review, folded from its facts.

        expected > submitted > attested > verifying > verified > objected > final
                      ^            |
                      +- returned <+
        submitted | attested | verifying > returned ; expected | returned: assessments in words

    `figures` is the digest handed in last, `cutoff` its cut-off's position, `tested` those tested of the sample.

    `assessed` has the version of each qualitative indicator that the hub wrote on, `assessors` who wrote.
    """

    status: Status = "expected"
    submissions: int = 0
    returns: int = 0
    assessed: dict[str, int] = {}
    assessors: frozenset[str] = frozenset()
    preparer: str | None = None
    attester: str | None = None
    verifier: str | None = None
    figures: str | None = None
    cutoff: int | None = None
    sampled: bool = False
    sample_size: int = 0
    sample_position: int = 0
    sample: frozenset[int] = frozenset()
    tested: frozenset[int] = frozenset()
    verified_at: datetime | None = None
    opinion: Literal["CLEAN", "QUALIFIED"] | None = None


initial = Review()


def check_role(fact: Fact, role: Role) -> None:
    """Raises Refused for an act of the other side."""
    whose: Role = "hub" if isinstance(fact, BY_THE_HUB) else "secretariat"
    if role != whose:
        raise Refused("review.not_yours", role=role, type=fact.__struct_config__.tag, whose=whose)


def judge(review: Review, entry: Entry[ReviewFact]) -> None:
    """Raises Refused unless this act may follow the acts so far."""
    check_role(entry.fact, entry.role)
    match review.status, entry.fact:
        case (("expected" | "returned"), AssessmentMade() | SubmissionMade()):
            return
        case "submitted", SubmissionAttested():
            if entry.actor in (review.preparer, *review.assessors):
                raise Refused("review.self_attested", actor=entry.actor)
        case (("submitted" | "attested" | "verifying"), SubmissionReturned()):
            return
        case "attested", VerificationStarted():
            if entry.actor in (review.preparer, review.attester, *review.assessors):
                raise Refused("review.self_verified", actor=entry.actor)
        case "verifying", SampleDrawn() | SampleItemTested() | SubmissionVerified():
            _judge_sample(review, entry.fact)
            if entry.actor != review.verifier:
                raise Refused("review.not_the_verifier", verifier=review.verifier)
        case "verified", ObjectionFiled():
            assert review.verified_at is not None
            if entry.occurred_at > review.verified_at + timedelta(days=OBJECTION_DAYS):
                raise Refused("review.objection_too_late", verified_at=review.verified_at, days=OBJECTION_DAYS)
        case "objected", ObjectionDecided():
            return
        case status, fact:
            raise Refused("review.out_of_turn", status=status, type=fact.__struct_config__.tag)


def _judge_sample(review: Review, fact: SampleDrawn | SampleItemTested | SubmissionVerified) -> None:
    match fact:
        case SampleDrawn() if review.tested:
            raise Refused("review.sample_begun")
        case SampleItemTested() if not review.sampled:
            raise Refused("review.no_sample", "item")
        case SampleItemTested(position=position) if position > review.sample_position or (
            review.sample and position not in review.sample
        ):
            raise Refused("review.not_in_the_sample", position=position, drawn_at=review.sample_position)
        case SubmissionVerified() if len(review.tested) < review.sample_size:
            raise Refused("review.sample_untested", tested=len(review.tested), size=review.sample_size)
        case _:
            return


PHASES: dict[type[Fact], tuple[str, ...]] = {
    AssessmentMade: ("OPEN", "SUBMISSION", "VERIFICATION"),
    SubmissionMade: ("SUBMISSION", "VERIFICATION"),
    SubmissionAttested: ("SUBMISSION", "VERIFICATION"),
    SubmissionReturned: ("SUBMISSION", "VERIFICATION"),
    VerificationStarted: ("VERIFICATION",),
    SampleDrawn: ("VERIFICATION",),
    SampleItemTested: ("VERIFICATION",),
    SubmissionVerified: ("VERIFICATION",),
}
"""The phases of the check in which an act is possible; objections and their decisions have their own days."""


def cross_stream_check(review: Review, entry: Entry[ReviewFact], others: OtherStreams) -> None:
    """Raises Refused if there is no check of the half-year, if it does not allow the act, or for too large a sample."""
    named = re.fullmatch(r"review:(\d{4}S[12])-(.+)", entry.stream)
    if named is None or (check := others.state(f"check:{named[1]}")).status in NOT_OPENED:
        raise Refused("review.no_check", stream=entry.stream)
    if named[2] not in check.hubs:
        raise Refused("review.not_expected", hub=named[2], hubs=check.hubs)
    phases = PHASES.get(type(entry.fact))
    if phases is not None and check.status not in phases:
        raise Refused(
            "review.check_phase",
            check=named[1],
            phase=check.status,
            phases=phases,
            type=entry.fact.__struct_config__.tag,
        )
    if isinstance(entry.fact, AssessmentMade):
        code, version = entry.fact.indicator, entry.fact.version
        indicator = others.state(f"indicator:{code}")
        if not indicator.qualitative or not 1 <= version <= indicator.version:
            raise Refused("review.not_qualitative", indicator=code, version=version, newest=indicator.version)
        if check.indicators.get(code) != version:
            raise Refused(
                "review.other_indicator", indicator=code, version=version, expected=check.indicators.get(code)
            )
    cutoff = entry.fact.cutoff if isinstance(entry.fact, SubmissionMade) else review.cutoff
    if isinstance(entry.fact, SubmissionMade | SubmissionAttested | VerificationStarted) and cutoff != check.position:
        raise Refused("review.other_cutoff", cutoff=cutoff, expected=check.position)
    match entry.fact:
        case SubmissionVerified() if not review.sampled:
            raise Refused("review.no_sample", "opinion")
        case SampleDrawn(position=position) if position > others.position:
            raise Refused("review.sample_in_future", position=position, recorded=others.position)
        case _:
            return


def evolve(review: Review, entry: Entry[ReviewFact]) -> Review:
    match entry.fact:
        case AssessmentMade(indicator=code, version=version):
            written = replace(review, assessors=review.assessors | {entry.actor})
            return replace(written, assessed=review.assessed | {code: version})
        case SubmissionMade(figures_digest=figures, cutoff=cutoff):
            made = replace(review, status="submitted", submissions=review.submissions + 1, figures=figures)
            return replace(made, cutoff=cutoff, preparer=entry.actor, attester=None)
        case SubmissionAttested():
            return replace(review, status="attested", attester=entry.actor)
        case SubmissionReturned():
            returned = replace(review, status="returned", returns=review.returns + 1)
            return replace(
                returned, sampled=False, sample_size=0, sample_position=0, sample=frozenset(), tested=frozenset()
            )
        case VerificationStarted():
            return replace(review, status="verifying", verifier=entry.actor)
        case SampleDrawn(size=size, position=position, positions=positions):
            drawn = replace(review, sampled=True, sample_position=position, sample=frozenset(positions))
            return replace(drawn, sample_size=len(positions) or size)
        case SampleItemTested(position=position):
            return replace(review, tested=review.tested | {position})
        case SubmissionVerified(opinion=opinion):
            return replace(review, status="verified", opinion=opinion, verified_at=entry.occurred_at)
        case ObjectionFiled():
            return replace(review, status="objected")
        case ObjectionDecided():
            return replace(review, status="final")
        case unknown:
            assert_never(unknown)
