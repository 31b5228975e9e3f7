"""Finding (지적사항) of a check and its corrective action (시정조치): an act, judged as it is made.

It closes only after its action is verified or the risk accepted in a committee session. The owner or reporter of an
action neither verifies nor closes it. That an action is overdue is computed, never stored. The stream is
`finding:2025S1-EU-BRU-1`: the half-year, the hub and a number.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.acts.check import NOT_OPENED, OVER
from domain.period import SEOUL
from domain.record import Entry, Fact, OtherStreams, Refused, Role
from domain.values import Code, Digest, Text


class FindingRaised(Fact, frozen=True, tag="finding.raised"):
    """The four elements (GAGAS): what should be, what is, why, and what follows; `entries` are positions."""

    criteria: Text
    condition: Text
    cause: Text
    effect: Text
    severity: Literal["LOW", "MEDIUM", "HIGH"]
    entries: tuple[int, ...] = ()


class ResponseReceived(Fact, frozen=True, tag="finding.response_received"):
    """The hub says what it thinks of the finding (센터 답변)."""

    text: Text
    agrees: bool


class CorrectiveActionAgreed(Fact, frozen=True, tag="finding.action_agreed"):
    """What is done by when; `owner` is the credential that answers for it."""

    action: Text
    due_on: date
    owner: Code
    owner_role: Text | None = None


class ActionReported(Fact, frozen=True, tag="finding.action_reported"):
    """The hub says that it is done."""

    text: Text
    evidence: Digest | None = None


class ActionVerified(Fact, frozen=True, tag="finding.action_verified"):
    """Somebody else than its owner saw that the action is done (시정조치 확인)."""

    method: Text | None = None


class ActionRejected(Fact, frozen=True, tag="finding.action_rejected"):
    """What was reported as done does not set it right; the action is still due (시정조치 불인정)."""

    reason: Text


class FindingClosed(Fact, frozen=True, tag="finding.closed"):
    """The finding is over: its action was verified, or its risk accepted (종결)."""


class FindingReopened(Fact, frozen=True, tag="finding.reopened"):
    """A closed finding is looked at again (재개)."""

    reason: Text


class RiskAccepted(Fact, frozen=True, tag="finding.risk_accepted"):
    """The committee lives with it."""

    session: Code
    reason: Text


FindingFact: TypeAlias = (
    FindingRaised
    | ResponseReceived
    | CorrectiveActionAgreed
    | ActionReported
    | ActionVerified
    | ActionRejected
    | FindingClosed
    | FindingReopened
    | RiskAccepted
)
Status: TypeAlias = Literal[
    "none",
    "raised",
    "responded",
    "action_agreed",
    "reported",
    "rejected",
    "verified",
    "risk_accepted",
    "closed",
    "reopened",
]
BY_THE_HUB = (ResponseReceived, ActionReported)


class Finding(msgspec.Struct, frozen=True):
    """The state of a finding, folded from its facts.

    raised > responded > action_agreed > reported > verified > closed
                              ^            |                     |
                              +- rejected <+       reopened <----+
    raised (the hub is silent) | rejected | reopened > action_agreed
    any before the end > risk_accepted > closed
    """

    status: Status = "none"
    severity: Literal["LOW", "MEDIUM", "HIGH"] | None = None
    owner: str | None = None
    due_on: date | None = None
    reporter: str | None = None
    verified_at: datetime | None = None
    times_rejected: int = 0
    times_reopened: int = 0


initial = Finding()


def judge(finding: Finding, entry: Entry[FindingFact]) -> None:
    """Raises Refused unless this act may follow the acts so far, by this actor."""
    whose: Role = "hub" if isinstance(entry.fact, BY_THE_HUB) else "secretariat"
    if entry.role != whose:
        raise Refused("finding.not_yours", role=entry.role, type=entry.fact.__struct_config__.tag, whose=whose)
    match finding.status, entry.fact:
        case (
            ("none", FindingRaised())
            | ("raised", ResponseReceived())
            | ("action_agreed", ActionReported())
            | ("reported", ActionRejected())
        ):
            return
        case (("raised" | "responded" | "rejected" | "reopened"), CorrectiveActionAgreed(due_on=due_on)):
            today = entry.occurred_at.astimezone(SEOUL).date()
            if due_on < today:
                raise Refused("finding.due_in_past", due_on=due_on, today=today)
        case ("reported", ActionVerified()) | (("verified" | "risk_accepted"), FindingClosed()):
            if entry.actor in (finding.owner, finding.reporter):
                raise Refused("finding.self_verified", owner=finding.owner, reporter=finding.reporter)
        case "closed", FindingReopened():
            return
        case status, RiskAccepted() if status not in ("none", "closed", "risk_accepted"):
            return
        case status, fact:
            raise Refused("finding.out_of_turn", status=status, type=fact.__struct_config__.tag)


def cross_stream_check(_: Finding, entry: Entry[FindingFact], others: OtherStreams) -> None:
    """Raises Refused when the check or the session does not allow it. Old findings go on after their check."""
    match entry.fact:
        case FindingRaised():
            period = entry.stream.partition(":")[2][:6]
            check = others.state(f"check:{period}")
            if check.status in (*NOT_OPENED, *OVER):
                raise Refused("finding.check_closed", check=period, phase=check.status)
            if entry.hub not in check.hubs:
                raise Refused("finding.not_expected", hub=entry.hub, hubs=check.hubs)
        case RiskAccepted(session=session):
            if others.state(f"session:{session}").status == "none":
                raise Refused("finding.no_session", session=session)
        case _:
            return


def evolve(finding: Finding, entry: Entry[FindingFact]) -> Finding:
    match entry.fact:
        case FindingRaised(severity=severity):
            return replace(finding, status="raised", severity=severity)
        case ResponseReceived():
            return replace(finding, status="responded")
        case CorrectiveActionAgreed(owner=owner, due_on=due_on):
            return replace(finding, status="action_agreed", owner=owner, due_on=due_on, verified_at=None)
        case ActionReported():
            return replace(finding, status="reported", reporter=entry.actor)
        case ActionVerified():
            return replace(finding, status="verified", verified_at=entry.occurred_at)
        case ActionRejected():
            return replace(finding, status="rejected", times_rejected=finding.times_rejected + 1)
        case FindingClosed():
            return replace(finding, status="closed")
        case FindingReopened():
            return replace(finding, status="reopened", times_reopened=finding.times_reopened + 1)
        case RiskAccepted():
            return replace(finding, status="risk_accepted")
        case unknown:
            assert_never(unknown)
