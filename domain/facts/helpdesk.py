"""Helpdesk case (상담 건): one difficulty (애로사항) of one researcher, from opening to closure. Facts of the world.

Facts arrive in any order and are applied in the order in which they happened. What departs from the state diagram is
recorded all the same; `projections/irregularities/` finds it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain import merging
from domain.messages import Invalid
from domain.record import Entry, Fact
from domain.stages import furthest
from domain.values import Code, Pseudonym, Text

Severity: TypeAlias = Literal["low", "normal", "high", "critical"]
Channel: TypeAlias = Literal["web", "mail", "phone", "visit", "other"]


class CaseOpened(Fact, frozen=True, tag="case.opened"):
    """A difficulty reached the helpdesk (접수)."""

    topic: Code
    channel: Channel = "other"
    language: Code | None = None
    requester: Pseudonym | None = None
    severity: Severity = "normal"


class CaseTriaged(Fact, frozen=True, tag="case.triaged"):
    """Somebody judged how urgent it is."""

    severity: Severity = "normal"


class SlaBound(Fact, frozen=True, tag="case.sla_bound"):
    """The promise and the calendar, by version, that the clocks of the case run on."""

    policy: Code
    policy_version: int
    calendar: Code
    calendar_version: int


class CaseAssigned(Fact, frozen=True, tag="case.assigned"):
    """Somebody took it in hand; a pseudonym or a team, never a name."""

    assignee: Pseudonym | None = None
    team: Code | None = None


class FirstResponseSent(Fact, frozen=True, tag="case.first_response_sent"):
    """A person, not a machine, answered for the first time (최초응답)."""


class ClockStopped(Fact, frozen=True, tag="case.clock_stopped"):
    """Work waits for somebody outside the helpdesk."""

    why: Code


class ClockStarted(Fact, frozen=True, tag="case.clock_started"):
    """Work goes on."""


class CaseReferred(Fact, frozen=True, tag="case.referred"):
    """Handed to an attaché, a trade office or the expert pool (이관)."""

    body: Code
    due_on: date | None = None


class CaseEscalated(Fact, frozen=True, tag="case.escalated"):
    """Raised to a higher level of support, 1 being the first."""

    level: int = 1

    def __post_init__(self) -> None:
        if self.level < 1:
            raise Invalid("value.level")


class CaseResolved(Fact, frozen=True, tag="case.resolved"):
    """The helpdesk holds the difficulty to be overcome (해결)."""

    resolution: Text | None = None


class CaseReopened(Fact, frozen=True, tag="case.reopened"):
    """The requester disagreed, or work went on after all (재개)."""

    why: Text


class CaseMerged(Fact, frozen=True, tag="case.merged"):
    """The same difficulty as another case, which goes on for both (병합)."""

    into: Code


class CaseMergeReversed(Fact, frozen=True, tag="case.merge_reversed"):
    """It was another difficulty after all."""


class CaseClosed(Fact, frozen=True, tag="case.closed"):
    """Nothing more is expected of anyone (종결)."""


class SatisfactionRated(Fact, frozen=True, tag="case.satisfaction_rated"):
    """The requester's own judgement (만족도), 1 (poor) to 5 (excellent)."""

    score: int
    by: Pseudonym | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.score <= 5:
            raise Invalid("value.score")


CaseFact: TypeAlias = (
    CaseOpened
    | CaseTriaged
    | SlaBound
    | CaseAssigned
    | FirstResponseSent
    | ClockStopped
    | ClockStarted
    | CaseReferred
    | CaseEscalated
    | CaseResolved
    | CaseReopened
    | CaseMerged
    | CaseMergeReversed
    | CaseClosed
    | SatisfactionRated
)
Status: TypeAlias = Literal["unopened", "open", "triaged", "in_progress", "waiting", "resolved", "closed", "merged"]


class Stop(msgspec.Struct, frozen=True):
    """The clocks of a case stood still; `ended` is None while they do. Stops of one case never overlap."""

    began: datetime
    ended: datetime | None = None
    why: str | None = None


STAGES: dict[Status, int] = {
    "unopened": 0,
    "open": 1,
    "triaged": 2,
    **dict.fromkeys(("in_progress", "waiting"), 3),
    **dict.fromkeys(("resolved", "closed"), 4),
}
"""The stage of each status: a later fact of an earlier stage takes nothing back."""


class Case(msgspec.Struct, frozen=True):
    """The state of a case, folded from its facts.

        open > triaged > in_progress <-> waiting > resolved > closed
                              ^                       |          |
                              +-------- reopened -----+----------+
        any > merged <-> (merge reversed)

    A fact of an earlier stage that happened later takes nothing back: a case that somebody works on stays in progress
    when its urgency is judged. Resolved and closed end the work; whatever is done to it later shows that it goes on, as
    HD-06 counts it.

    `work` is the status without regard to a merge; `status` is what a reader wants to know.

    `sla` is the promise bound last; the stops before a new binding stay. A stop of a stopped clock changes nothing,
    nor does a start of a running one: both are irregular.

    What is told again replaces what was told: `referral_due_on` is the day by which the body it was referred to last
    answers, `assignee` and `team` are those of the last assignment.
    """

    work: Status = "unopened"
    opened_at: datetime | None = None
    topic: str | None = None
    severity: Severity | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    times_resolved: int = 0
    times_reopened: int = 0
    merged_into: str | None = None
    score: int | None = None
    sla: SlaBound | None = None
    stops: tuple[Stop, ...] = ()
    level: int = 1
    referred_to: str | None = None
    channel: Channel | None = None
    language: str | None = None
    requester: str | None = None
    assignee: str | None = None
    team: str | None = None
    referral_due_on: date | None = None
    resolution: str | None = None
    reopened_why: str | None = None
    rated_by: str | None = None

    @property
    def status(self) -> Status:
        return "merged" if self.merged_into is not None else self.work


initial = Case()


def evolve(case: Case, entry: Entry[CaseFact]) -> Case:
    then = _apply(case, entry)
    ended = case.work in ("resolved", "closed")
    return then if ended else replace(then, work=furthest(STAGES, case.work, then.work))


def _apply(case: Case, entry: Entry[CaseFact]) -> Case:
    """Applies a fact, whatever happened before it."""
    at = entry.occurred_at
    match entry.fact:
        case CaseOpened() as it:
            return replace(
                case,
                work="open",
                opened_at=case.opened_at or at,
                topic=it.topic,
                severity=it.severity,
                channel=it.channel,
                language=it.language,
                requester=it.requester,
            )
        case CaseTriaged(severity=severity):
            return replace(case, work="triaged", severity=severity)
        case CaseAssigned(assignee=assignee, team=team):
            return replace(case, work="in_progress", assignee=assignee, team=team)
        case ClockStarted():
            return replace(case, work="in_progress", stops=_started(case.stops, at))
        case FirstResponseSent():
            return replace(case, first_response_at=case.first_response_at or at)
        case ClockStopped(why=why):
            return replace(case, work="waiting", stops=_stopped(case.stops, at, why))
        case CaseReferred(body=body, due_on=due_on):
            return replace(case, work="waiting", referred_to=body, referral_due_on=due_on)
        case CaseResolved(resolution=resolution):
            times = case.times_resolved + 1
            return replace(case, work="resolved", resolved_at=at, times_resolved=times, resolution=resolution)
        case CaseReopened(why=why):
            return replace(case, work="in_progress", times_reopened=case.times_reopened + 1, reopened_why=why)
        case CaseClosed():
            return replace(case, work="closed", closed_at=at)
        case CaseMerged(into=into):
            return replace(case, merged_into=merging.key_of(into))
        case CaseMergeReversed():
            return replace(case, merged_into=None)
        case SatisfactionRated(score=score, by=by):
            return replace(case, score=score, rated_by=by)
        case SlaBound() as sla:
            return replace(case, sla=sla)
        case CaseEscalated(level=level):
            return replace(case, level=level)
        case unknown:
            assert_never(unknown)


def _stopped(stops: tuple[Stop, ...], at: datetime, why: str) -> tuple[Stop, ...]:
    return stops if stops and stops[-1].ended is None else (*stops, Stop(at, why=why))


def _started(stops: tuple[Stop, ...], at: datetime) -> tuple[Stop, ...]:
    return (*stops[:-1], replace(stops[-1], ended=at)) if stops and stops[-1].ended is None else stops
