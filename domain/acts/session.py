"""Session of the Global R&D Special Committee (글로벌 R&D 특별위원회): an act, judged as it is made.

Items (의안) are tabled for report (보고) or deliberation (심의); an opinion may be recorded on any, a decision (의결)
only on a deliberation. Quorum and majority travel in the session itself: the defaults, more than half present and
more than half of those in favour, are decree 28(4) by analogy; the committee's own rule is unverified. A recused member
(제척·기피·회피) does not count for the item.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.acts.check import OVER
from domain.messages import Invalid
from domain.record import Entry, Fact, OtherStreams, Refused
from domain.values import Code, Digest, Pseudonym, Text

CHECK_PREFIX = re.compile("check:[0-9]{4}S[12]")
ItemKind: TypeAlias = Literal["REPORT", "DELIBERATION"]


class SessionConvened(Fact, frozen=True, tag="session.convened"):
    """The committee met; more than `quorum` of the seats are present, or nothing is decided."""

    on: date
    seats: int
    present: tuple[Pseudonym, ...]
    quorum: Decimal = Decimal("0.5")
    majority: Decimal = Decimal("0.5")

    def __post_init__(self) -> None:
        if len(set(self.present)) != len(self.present):
            raise Invalid("value.member_twice")
        if len(self.present) > self.seats:
            raise Invalid("value.seats", present=len(self.present), seats=self.seats)
        for name in ("quorum", "majority"):
            share: Decimal = getattr(self, name)
            if not (share.is_finite() and 0 <= share < 1):
                raise Invalid("value.share", what=name)


class AgendaTabled(Fact, frozen=True, tag="session.agenda_tabled"):
    """`subject` is the stream that the item is about, such as check:2025S1."""

    item: Code
    kind: ItemKind
    title_ko: Text | None = None
    title_en: Text | None = None
    subject: Code | None = None


class MemberRecused(Fact, frozen=True, tag="session.member_recused"):
    """A member takes no part in an item, and does not count for it (제척·기피·회피)."""

    item: Code
    member: Pseudonym


class OpinionRecorded(Fact, frozen=True, tag="session.opinion_recorded"):
    """The committee says what it thinks of an item on its agenda (위원회 의견)."""

    item: Code
    text_ko: Text
    text_en: Text | None = None


class DecisionAdopted(Fact, frozen=True, tag="session.decision_adopted"):
    """The committee decided on an item that was tabled for deliberation (의결)."""

    item: Code
    votes_for: int
    votes_against: int = 0
    abstained: int = 0

    def __post_init__(self) -> None:
        if min(self.votes_for, self.votes_against, self.abstained) < 0:
            raise Invalid("value.votes")


class MinutesSealed(Fact, frozen=True, tag="session.minutes_sealed"):
    """The minutes are final; nothing is added to the session."""

    sha256: Digest


SessionFact: TypeAlias = (
    SessionConvened | AgendaTabled | MemberRecused | OpinionRecorded | DecisionAdopted | MinutesSealed
)


class Session(msgspec.Struct, frozen=True):
    """The state of a session, folded from its facts.

        none > convened > sealed

    `items` by kind, `subjects` what each is about, `recused` who does not count for it.
    """

    status: Literal["none", "convened", "sealed"] = "none"
    seats: int = 0
    present: tuple[str, ...] = ()
    quorum: Decimal = Decimal("0.5")
    majority: Decimal = Decimal("0.5")
    items: dict[str, ItemKind] = {}
    subjects: dict[str, str | None] = {}
    recused: dict[str, frozenset[str]] = {}
    opinions: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()


initial = Session()


def judge(session: Session, entry: Entry[SessionFact]) -> None:
    """Raises Refused unless the session is open, the item on its agenda, and a decision carried by those who count."""
    match session.status, entry.fact:
        case ("none", SessionConvened()) | ("convened", MinutesSealed()):
            return
        case "convened", AgendaTabled(item=item):
            subject = entry.fact.subject
            if subject is not None and subject.startswith("check:") and not CHECK_PREFIX.fullmatch(subject):
                raise Refused("session.no_check", subject=subject)
            if item in session.items:
                raise Refused("session.tabled_already", item=item)
        case "convened", MemberRecused(item=item, member=member):
            _tabled(session, item)
            if member not in session.present:
                raise Refused("session.not_present", item=item)
        case "convened", OpinionRecorded(item=item):
            _tabled(session, item)
        case "convened", DecisionAdopted() as decision:
            _judge_decision(session, decision)
        case status, fact:
            raise Refused("session.out_of_turn", status=status, type=fact.__struct_config__.tag)


def cross_stream_check(session: Session, entry: Entry[SessionFact], others: OtherStreams) -> None:
    """Raises Refused when the check of an item is over: once closed, it takes no opinion and no decision."""
    match entry.fact:
        case OpinionRecorded(item=item) | DecisionAdopted(item=item):
            subject = session.subjects[item]
            if subject and CHECK_PREFIX.fullmatch(subject) and (phase := others.state(subject).status) in OVER:
                raise Refused("session.check_closed", item=item, check=subject, phase=phase)
        case _:
            return


def _tabled(session: Session, item: str) -> None:
    if item not in session.items:
        raise Refused("session.not_tabled", item=item, items=sorted(session.items))


def _judge_decision(session: Session, decision: DecisionAdopted) -> None:
    item = decision.item
    _tabled(session, item)
    if session.items[item] == "REPORT":
        raise Refused("session.only_reported", item=item)
    if item in session.decisions:
        raise Refused("session.decided_already", item=item)
    present = len(session.present)
    if present <= session.quorum * session.seats:
        raise Refused("session.no_quorum", present=present, seats=session.seats, quorum=session.quorum)
    counted = present - len(session.recused.get(item, ()))
    votes = decision.votes_for + decision.votes_against + decision.abstained
    if votes > counted:
        raise Refused("session.too_many_votes", votes=votes, present=present, counted=counted)
    if decision.votes_for <= session.majority * counted:
        raise Refused("session.no_majority", votes_for=decision.votes_for, counted=counted, majority=session.majority)


def evolve(session: Session, entry: Entry[SessionFact]) -> Session:
    match entry.fact:
        case SessionConvened(seats=seats, present=present, quorum=quorum, majority=majority):
            return replace(session, status="convened", seats=seats, present=present, quorum=quorum, majority=majority)
        case AgendaTabled(item=item, kind=kind, subject=subject):
            return replace(session, items=session.items | {item: kind}, subjects=session.subjects | {item: subject})
        case MemberRecused(item=item, member=member):
            recused = session.recused.get(item, frozenset()) | {member}
            return replace(session, recused=session.recused | {item: recused})
        case OpinionRecorded(item=item):
            return replace(session, opinions=session.opinions | {item})
        case DecisionAdopted(item=item):
            return replace(session, decisions=session.decisions | {item})
        case MinutesSealed():
            return replace(session, status="sealed")
        case unknown:
            assert_never(unknown)
