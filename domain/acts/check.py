"""Half-year check (반기별 점검) of all hubs, and its editions: an act, judged as it is made.

The cut-off (기준일) opens the submission; it may be fixed again, later in the record, until verification starts, so
that a dispute settled by a correction counts. After that it is final: later facts are accepted and wait for a
restatement. A restatement is proposed by one and approved by another; edition n+1 supersedes n, and n stays.

A check that was opened wrongly, or cannot go on, is withdrawn (철회) while no submission of a hub is in force and
nothing is published; the half-year can then be opened again.

An edition is published under its key (`domain.acts.edition`). The same key is never published again: it is the same
edition, and with other figures a sign that something is wrong. The stream is `check:2025S1`, its key the half-year.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.acts.check_events import (
    LONGEST_HUB,
    CheckClosed,
    CheckFact,
    CheckOpened,
    CheckOpinionReceived,
    CheckTabled,
    CheckVerificationCompleted,
    CheckVerificationStarted,
    CheckWithdrawn,
    CutoffFixed,
    EditionPublished,
    EditionRestated,
    EditionWithdrawn,
    RestatementApproved,
    RestatementProposed,
    RestatementRejected,
)
from domain.acts.edition import EditionKey
from domain.period import HalfYear
from domain.record import Entry, OtherStreams, Refused

Status: TypeAlias = Literal[
    "none",
    "WITHDRAWN",
    "OPEN",
    "SUBMISSION",
    "VERIFICATION",
    "FINDINGS",
    "COMMITTEE",
    "CORRECTIVE",
    "CLOSED",
    "PUBLISHED",
    "RESTATED",
]
NOT_OPENED: tuple[Status, ...] = ("none", "WITHDRAWN")
OVER: tuple[Status, ...] = ("CLOSED", "PUBLISHED", "RESTATED")
"""Statuses in which no opinion, submission or finding can change a check any more."""


class Edition(msgspec.Struct, frozen=True):
    number: int
    key: str
    digest: str
    position: int
    valid_cutoff: datetime
    provisional: bool
    actor: str = ""
    withdrawn: bool = False


class Check(msgspec.Struct, frozen=True):
    """The state of a check, folded from its facts.

        OPEN > SUBMISSION > VERIFICATION > FINDINGS > COMMITTEE > CORRECTIVE > CLOSED > PUBLISHED > RESTATED
        any before PUBLISHED > WITHDRAWN > OPEN
        SUBMISSION: the cut-off fixed again ; COMMITTEE: tabled again
        PUBLISHED | RESTATED: a restatement proposed > approved | rejected ; approved > rejected ; the current edition
        withdrawn

    `editions` in their order, the last one that is not withdrawn current; `proposed_by` while a restatement waits for
    an approval.
    """

    status: Status = "none"
    period: str | None = None
    due_on: date | None = None
    hubs: tuple[str, ...] = ()
    indicators: dict[str, int] = {}
    materiality: Decimal = Decimal("0.05")
    financial: tuple[str, ...] = ()
    valid_cutoff: datetime | None = None
    position: int | None = None
    session: str | None = None
    item: str | None = None
    editions: tuple[Edition, ...] = ()
    proposed_by: str | None = None
    approved: bool = False

    @property
    def current(self) -> Edition | None:
        """The edition in force; None before there is one, and when all are withdrawn."""
        return next((it for it in reversed(self.editions) if not it.withdrawn), None)

    @property
    def restates(self) -> int:
        """The number of the edition that the next one restates: the current one, else the last, 0 before the first."""
        return self.current.number if self.current else len(self.editions)


initial = Check()


def judge(check: Check, entry: Entry[CheckFact]) -> None:
    """Raises Refused unless this act may follow the acts so far."""
    if entry.role == "operator" and not isinstance(entry.fact, RestatementProposed):
        raise Refused("check.not_yours", role=entry.role)
    match check.status, entry.fact:
        case (("none" | "WITHDRAWN"), CheckOpened(period=period)):
            if entry.stream != f"check:{period}":
                raise Refused("check.wrong_period", "stream", stream=entry.stream, period=period)
        case (("OPEN" | "SUBMISSION"), CutoffFixed() as cutoff):
            _judge_cutoff(check, cutoff.valid_cutoff, cutoff.position, entry.occurred_at)
        case (
            ("SUBMISSION", CheckVerificationStarted())
            | ("VERIFICATION", CheckVerificationCompleted())
            | ("FINDINGS", CheckTabled())
            | ("COMMITTEE", CheckTabled() | CheckOpinionReceived())
            | ("CORRECTIVE", CheckClosed())
        ):
            return
        case (
            ("OPEN" | "SUBMISSION" | "VERIFICATION" | "FINDINGS" | "COMMITTEE" | "CORRECTIVE" | "CLOSED"),
            CheckWithdrawn(),
        ):
            return
        case "CLOSED", EditionPublished(key=key):
            if (key.period, key.valid_cutoff, key.position) != (check.period, check.valid_cutoff, check.position):
                raise Refused("check.other_cutoff", valid_cutoff=check.valid_cutoff, position=check.position)
        case (("PUBLISHED" | "RESTATED"), EditionPublished(key=key, digest=digest)):
            _judge_key(check, key, digest)
            raise Refused("check.published", editions=len(check.editions))
        case (("PUBLISHED" | "RESTATED"), RestatementProposed(edition=number)):
            if check.proposed_by is not None:
                raise Refused("check.proposal_pending", by=check.proposed_by)
            _judge_number(number, check.restates)
        case (("PUBLISHED" | "RESTATED"), RestatementApproved() | RestatementRejected()):
            if check.proposed_by is None or (check.approved and isinstance(entry.fact, RestatementApproved)):
                raise Refused("check.no_proposal", status=check.status)
            if entry.actor == check.proposed_by:
                raise Refused("check.self_approved", actor=entry.actor)
        case (("PUBLISHED" | "RESTATED"), EditionRestated() as restated):
            _judge_key(check, restated.key, restated.digest)
            if not check.approved:
                raise Refused("check.not_approved")
            if restated.edition != len(check.editions) + 1:
                raise Refused("check.wrong_edition", "next", edition=restated.edition, expected=len(check.editions) + 1)
            if restated.key.period != check.period:
                raise Refused("check.wrong_period", "half_year", period=restated.key.period, half_year=check.period)
            last = check.current
            if last and (restated.key.position, restated.key.valid_cutoff) == (last.position, last.valid_cutoff):
                raise Refused("check.same_edition", "no_more", edition=last.number, digest=last.digest)
            _judge_cutoff(check, restated.key.valid_cutoff, restated.key.position, entry.occurred_at)
        case (("PUBLISHED" | "RESTATED"), EditionWithdrawn(edition=number)):
            if check.current is None:
                raise Refused("check.nothing_to_withdraw", editions=len(check.editions))
            _judge_number(number, check.current.number)
            if entry.actor == check.current.actor:
                raise Refused("check.self_withdrawn", actor=entry.actor)
        case status, fact:
            raise Refused("check.out_of_turn", "status", status=status, type=fact.__struct_config__.tag)


def cross_stream_check(check: Check, entry: Entry[CheckFact], others: OtherStreams) -> None:
    """Raises Refused when the record, a session or a review does not allow it."""
    match entry.fact:
        case CheckOpened(hubs=hubs):
            unknown = [it for it in hubs if len(it) > LONGEST_HUB or not others.recorded(f"hub:{it}")]
            if unknown or len(set(hubs)) != len(hubs):
                raise Refused(
                    "check.unknown_hub", unknown=unknown, twice=sorted({it for it in hubs if hubs.count(it) > 1})
                )
        case CheckWithdrawn():
            if standing := [it for it in check.hubs if _review(check, it, others) not in ("expected", "returned")]:
                raise Refused("check.handed_in", hubs=standing)
        case CutoffFixed(position=position) | EditionRestated(key=EditionKey(position=position)):
            if position > others.position:
                raise Refused("check.cutoff_in_future", "recorded", position=position, recorded=others.position)
        case CheckTabled(session=session, item=item):
            state = others.state(f"session:{session}")
            if state.items.get(item) is None:
                raise Refused("check.not_on_the_agenda", session=session, item=item)
            if state.status == "sealed" and item not in state.opinions:
                raise Refused("check.session_sealed", session=session, item=item)
        case CheckOpinionReceived():
            if check.item not in others.state(f"session:{check.session}").opinions:
                raise Refused("check.no_opinion", session=check.session, item=check.item)
        case CheckClosed(without=without):
            verified = ("verified", "objected", "final")
            open_ = [hub for hub in check.hubs if _review(check, hub, others) not in verified]
            if set(open_) != set(without):
                raise Refused("check.reviews_open", hubs=open_)
        case _:
            return


def _review(check: Check, hub: str, others: OtherStreams) -> str:
    """The status of a hub's review. A review whose stream cannot be named, which an older check may expect, never
    began."""
    try:
        return str(others.state(f"review:{check.period}-{hub}").status)
    except Refused:
        return "expected"


def _judge_cutoff(check: Check, valid_cutoff: datetime, position: int, now: datetime) -> None:
    assert check.period is not None
    half = HalfYear.parse(check.period)
    if valid_cutoff > now:
        raise Refused("check.cutoff_in_future", "happened", valid_cutoff=valid_cutoff, now=now)
    if not half.starts_at <= valid_cutoff <= half.last_moment:
        raise Refused(
            "check.cutoff_outside",
            valid_cutoff=valid_cutoff,
            starts_at=half.starts_at,
            last_moment=half.last_moment,
            half_year=half,
        )
    if position < (check.position or 0):
        raise Refused("check.cutoff_backwards", position=position, before=check.position)


def _judge_number(number: int, current: int) -> None:
    if number != current:
        raise Refused("check.wrong_edition", "current", edition=number, expected=current)


def _judge_key(check: Check, key: EditionKey, digest: str) -> None:
    for it in check.editions:
        if it.key == key.digest and not it.withdrawn:
            if it.digest != digest:
                raise Refused("check.figures_differ", edition=it.number, published=it.digest, digest=digest)
            raise Refused("check.same_edition", "same", edition=it.number, digest=it.digest)


def evolve(check: Check, entry: Entry[CheckFact]) -> Check:
    match entry.fact:
        case CheckOpened(period=period, due_on=due_on, hubs=hubs, indicators=indicators) as opened:
            begun = replace(initial, status="OPEN", period=period, due_on=due_on, hubs=hubs, indicators=indicators)
            return replace(begun, materiality=opened.materiality, financial=opened.financial)
        case CheckWithdrawn():
            return replace(initial, status="WITHDRAWN", period=check.period)
        case CutoffFixed(valid_cutoff=valid_cutoff, position=position):
            return replace(check, status="SUBMISSION", valid_cutoff=valid_cutoff, position=position)
        case CheckVerificationStarted():
            return replace(check, status="VERIFICATION")
        case CheckVerificationCompleted():
            return replace(check, status="FINDINGS")
        case CheckTabled(session=session, item=item):
            return replace(check, status="COMMITTEE", session=session, item=item)
        case CheckOpinionReceived():
            return replace(check, status="CORRECTIVE")
        case CheckClosed():
            return replace(check, status="CLOSED")
        case EditionPublished(key=key, digest=digest):
            return _with(replace(check, status="PUBLISHED"), 1, key, digest, entry.actor)
        case RestatementProposed():
            return replace(check, proposed_by=entry.actor, approved=False)
        case RestatementApproved():
            return replace(check, approved=True)
        case RestatementRejected():
            return replace(check, proposed_by=None, approved=False)
        case EditionRestated(edition=number, key=key, digest=digest):
            restated = replace(check, status="RESTATED", proposed_by=None, approved=False)
            restated = replace(restated, valid_cutoff=key.valid_cutoff, position=key.position)
            return _with(restated, number, key, digest, entry.actor)
        case EditionWithdrawn(edition=number):
            left = tuple(replace(it, withdrawn=it.withdrawn or it.number == number) for it in check.editions)
            check = replace(check, editions=left, proposed_by=None, approved=False)
            if check.current is None:
                return check
            return replace(check, valid_cutoff=check.current.valid_cutoff, position=check.current.position)
        case unknown:
            assert_never(unknown)


def _with(check: Check, number: int, key: EditionKey, digest: str, actor: str) -> Check:
    edition = Edition(number, key.digest, digest, key.position, key.valid_cutoff, key.provisional, actor)
    return replace(check, editions=(*check.editions, edition))
