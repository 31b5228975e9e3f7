"""SLA policy (처리기한 정책) of a helpdesk, in versions: an act, judged as it is made.

A version never changes; a case keeps the version that it was bound to. One that was published wrongly is withdrawn
(철회): it promises nothing any more.
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

from domain.acts.versions import Versions
from domain.facts.helpdesk import Severity
from domain.messages import Invalid
from domain.record import Entry, Fact
from domain.values import Code, Text


class SlaPolicyPublished(Fact, frozen=True, tag="sla.published"):
    """Business minutes allowed by severity, and the reasons (`case.clock_stopped.why`) for which clocks may stop."""

    version: int
    first_response_minutes: dict[Severity, int]
    resolve_minutes: dict[Severity, int]
    stop_reasons: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        for name in ("first_response_minutes", "resolve_minutes"):
            targets: dict[Severity, int] = getattr(self, name)
            if not targets:
                raise Invalid("value.severities", what=name)
            if min(targets.values()) <= 0:
                raise Invalid("value.sla_positive", what=name)


class SlaPolicyWithdrawn(Fact, frozen=True, tag="sla.withdrawn"):
    """A version of a policy was wrong (공표 철회). It counts as not there; its number is not used again."""

    version: int
    reason: Text


SlaFact: TypeAlias = SlaPolicyPublished | SlaPolicyWithdrawn


initial = Versions[SlaPolicyPublished]()


def judge(policy: Versions[SlaPolicyPublished], entry: Entry[SlaFact]) -> None:
    """Raises Refused unless this is the next version, or withdraws one in force."""
    if isinstance(entry.fact, SlaPolicyWithdrawn):
        policy.check_standing("sla.not_standing", entry.fact.version)
    else:
        policy.check_next("sla.wrong_version", entry.fact.version)


def evolve(policy: Versions[SlaPolicyPublished], entry: Entry[SlaFact]) -> Versions[SlaPolicyPublished]:
    match entry.fact:
        case SlaPolicyPublished() as published:
            return policy.followed_by(published)
        case SlaPolicyWithdrawn(version=version):
            return policy.without(version)
        case unknown:
            assert_never(unknown)
