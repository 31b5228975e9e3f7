"""Hub (글로벌 R&D 전략거점센터): one centre from designation to revocation. Facts of the world."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.record import Entry, Fact
from domain.values import Code, Country, Text, Zone, check_country

Region: TypeAlias = Literal["AMERICAS", "EUROPE", "ASIA"]
Function: TypeAlias = Literal["JOINT_RESEARCH", "EXCHANGE", "EXPANSION", "HELPDESK", "STRATEGY_MAP"]


class HubDesignated(Fact, frozen=True, tag="hub.designated"):
    """A ministry made a centre a strategic hub (지정). `tz` is the IANA zone of its working hours."""

    effective_on: ClassVar[str | None] = "designated_on"
    decided: ClassVar[bool] = True

    name_ko: Text
    name_en: Text
    ministry: Code
    region: Region
    city: Code
    country: Country
    tz: Zone
    designated_on: date
    decision_ref: Code

    def __post_init__(self) -> None:
        check_country(self.country)


class HubCalendarAdopted(Fact, frozen=True, tag="hub.calendar_adopted"):
    """From now on the hub works by this version of a work calendar."""

    calendar: Code
    calendar_version: int


class HubLinked(Fact, frozen=True, tag="hub.linked"):
    """The hub works with another overseas centre (해외센터 연계)."""

    other_centre: Code
    scope: Text


class HubFunctionsChanged(Fact, frozen=True, tag="hub.functions_changed"):
    """What the hub is for, from now on; replaces the list before it."""

    functions: tuple[Function, ...]


class HubSuspended(Fact, frozen=True, tag="hub.suspended"):
    """The designation rests from a day on (지정 정지)."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    on: date
    reason: Text


class HubReinstated(Fact, frozen=True, tag="hub.reinstated"):
    """A suspension or revocation is over from a day on (지정 정지 해제)."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    on: date
    reason: Text | None = None


class HubRevoked(Fact, frozen=True, tag="hub.revoked"):
    """The designation ends on a day (지정 취소)."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    on: date
    reason: Text


class HubTransferred(Fact, frozen=True, tag="hub.transferred"):
    """From now on another ministry is responsible (소관 이관), or the hub belongs to another region (권역)."""

    ministry: Code | None = None
    region: Region | None = None
    decision_ref: Code | None = None

    def __post_init__(self) -> None:
        if self.ministry is None and self.region is None:
            raise ValueError("a transfer names the new ministry, the new region or both")


HubFact: TypeAlias = (
    HubDesignated
    | HubCalendarAdopted
    | HubLinked
    | HubFunctionsChanged
    | HubSuspended
    | HubReinstated
    | HubRevoked
    | HubTransferred
)
Status: TypeAlias = Literal["none", "designated", "suspended", "revoked"]


class Hub(msgspec.Struct, frozen=True):
    """Where it stands.

        designated <-> suspended
            |              |
            +---> revoked <+

    What is revoked is not suspended; a reinstatement or a new designation ends either.

    `ministry` and `region` are those of now; figures go by those at the end of their half-year (hub_assignment).
    """

    status: Status = "none"
    designation: HubDesignated | None = None
    ministry: str | None = None
    region: Region | None = None
    calendar: tuple[str, int] | None = None
    functions: tuple[Function, ...] = ()
    linked: frozenset[str] = frozenset()


initial = Hub()


def evolve(hub: Hub, entry: Entry[HubFact]) -> Hub:
    match entry.fact:
        case HubDesignated(ministry=ministry, region=region) as designation:
            return replace(hub, status="designated", designation=designation, ministry=ministry, region=region)
        case HubTransferred(ministry=ministry, region=region):
            return replace(hub, ministry=ministry or hub.ministry, region=region or hub.region)
        case HubCalendarAdopted(calendar=calendar, calendar_version=version):
            return replace(hub, calendar=(calendar, version))
        case HubLinked(other_centre=other):
            return replace(hub, linked=hub.linked | {other})
        case HubFunctionsChanged(functions=functions):
            return replace(hub, functions=functions)
        case HubSuspended():
            return hub if hub.status == "revoked" else replace(hub, status="suspended")
        case HubReinstated():
            return replace(hub, status="designated")
        case HubRevoked():
            return replace(hub, status="revoked")
        case unknown:
            assert_never(unknown)
