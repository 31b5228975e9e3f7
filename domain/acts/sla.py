"""SLA policy (처리기한 정책) of a helpdesk, in versions: an act, judged as it is made.

A version never changes; a case keeps the version that it was bound to. One that was published wrongly is withdrawn
(철회): it promises nothing any more.
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.facts.helpdesk import Severity
from domain.record import Entry, Fact, Refused
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
                raise ValueError(f"{name} names at least one severity")
            if min(targets.values()) <= 0:
                raise ValueError(f"{name} are more than 0")


class SlaPolicyWithdrawn(Fact, frozen=True, tag="sla.withdrawn"):
    """A version was published wrongly (공표 철회). It counts as not there; its number is not used again."""

    version: int
    reason: Text


SlaFact: TypeAlias = SlaPolicyPublished | SlaPolicyWithdrawn


class SlaPolicy(msgspec.Struct, frozen=True):
    """Where it stands.

    version 1 > version 2 > ... ; each published whole ; any > withdrawn
    """

    versions: tuple[SlaPolicyPublished, ...] = ()
    withdrawn: frozenset[int] = frozenset()

    @property
    def standing(self) -> dict[int, SlaPolicyPublished]:
        return {number: it for number, it in enumerate(self.versions, 1) if number not in self.withdrawn}

    @property
    def status(self) -> str:
        return "published" if self.standing else "none"


initial = SlaPolicy()


def judge(policy: SlaPolicy, entry: Entry[SlaFact]) -> None:
    """Raises Refused unless this is the version that follows, or withdraws one that stands."""
    if isinstance(entry.fact, SlaPolicyWithdrawn):
        if entry.fact.version not in policy.standing:
            raise Refused(
                "sla.not_standing",
                "no version of this number stands; what is withdrawn was published and not withdrawn before",
                version=entry.fact.version,
                standing=sorted(policy.standing),
            )
        return
    expected = len(policy.versions) + 1
    if entry.fact.version != expected:
        raise Refused(
            "sla.wrong_version",
            f"the next version of this policy is {expected}; a version never changes",
            version=entry.fact.version,
            expected=expected,
        )


def evolve(policy: SlaPolicy, entry: Entry[SlaFact]) -> SlaPolicy:
    match entry.fact:
        case SlaPolicyPublished() as published:
            return replace(policy, versions=(*policy.versions, published))
        case SlaPolicyWithdrawn(version=version):
            return replace(policy, withdrawn=policy.withdrawn | {version})
        case unknown:
            assert_never(unknown)
