"""Hub (글로벌 R&D 전략거점센터): one centre from designation to revocation. Facts of the world."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.messages import Invalid
from domain.record import Entry, Fact
from domain.values import Code, Country, Ministry, Money, Period, Text, Zone, check_country, check_order

Region: TypeAlias = Literal["AMERICAS", "EUROPE", "ASIA"]
Function: TypeAlias = Literal["JOINT_RESEARCH", "EXCHANGE", "EXPANSION", "HELPDESK", "STRATEGY_MAP"]


class HubDesignated(Fact, frozen=True, tag="hub.designated"):
    """A ministry made a centre a strategic hub (지정). `tz` is the IANA zone of its working hours."""

    effective_on: ClassVar[str | None] = "designated_on"
    decided: ClassVar[bool] = True

    name_ko: Text
    name_en: Text
    ministry: Ministry
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

    ministry: Ministry | None = None
    region: Region | None = None
    decision_ref: Code | None = None

    def __post_init__(self) -> None:
        if self.ministry is None and self.region is None:
            raise Invalid("value.transfer")


class HubOperatorAppointed(Fact, frozen=True, tag="hub.operator_appointed"):
    """From a day on an institution runs the hub (운영기관 지정); it replaces the one before it."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    operator: Code
    name_ko: Text
    on: date
    name_en: Text | None = None
    decision_ref: Code | None = None


class HubTermSet(Fact, frozen=True, tag="hub.term_set"):
    """For how long the hub is designated (지정기간), both days included. Said again, a new count of renewals begins."""

    effective_on: ClassVar[str | None] = "starts_on"
    decided: ClassVar[bool] = True

    starts_on: date
    ends_on: date
    decision_ref: Code | None = None

    def __post_init__(self) -> None:
        check_order(self.starts_on, self.ends_on, "the term")


class HubRenewed(Fact, frozen=True, tag="hub.renewed"):
    """The designation is renewed for another term (지정 갱신), both days included; it holds from its first day on."""

    effective_on: ClassVar[str | None] = "starts_on"
    decided: ClassVar[bool] = True

    starts_on: date
    ends_on: date
    decision_ref: Code | None = None

    def __post_init__(self) -> None:
        check_order(self.starts_on, self.ends_on, "the term")


class HubBudgetAllocated(Fact, frozen=True, tag="hub.budget_allocated"):
    """What the hub has to spend in a half-year (반기 예산), from the day of the decision on; it replaces what was
    allocated for that half-year before."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    period: Period
    money: Money
    on: date
    decision_ref: Code | None = None


HubFact: TypeAlias = (
    HubDesignated
    | HubCalendarAdopted
    | HubLinked
    | HubFunctionsChanged
    | HubSuspended
    | HubReinstated
    | HubRevoked
    | HubTransferred
    | HubOperatorAppointed
    | HubTermSet
    | HubRenewed
    | HubBudgetAllocated
)
Status: TypeAlias = Literal["none", "designated", "suspended", "revoked"]


class Hub(msgspec.Struct, frozen=True):
    """The state of a hub, folded from its facts.

        designated <-> suspended
            |              |
            +---> revoked <+

    What is revoked is not suspended; a reinstatement or a new designation ends either.

    `ministry` and `region` are those of now; figures go by those at the end of their half-year (hub_assignment). The
    end of the term (지정기간) ends nothing by itself: what a hub does behind it is irregular until it is renewed.
    `status` holds `since` a day, for a `reason`; `transfer_ref` is the decision that transferred it last. `budgets` are
    those allocated last, by half-year.
    """

    status: Status = "none"
    designation: HubDesignated | None = None
    ministry: str | None = None
    region: Region | None = None
    calendar: tuple[str, int] | None = None
    functions: tuple[Function, ...] = ()
    linked: frozenset[str] = frozenset()
    operator: str | None = None
    operator_ko: str | None = None
    operator_en: str | None = None
    operator_since: date | None = None
    operator_ref: str | None = None
    term_starts_on: date | None = None
    term_ends_on: date | None = None
    term_ref: str | None = None
    renewals: int = 0
    budgets: dict[str, HubBudgetAllocated] = {}
    since: date | None = None
    reason: str | None = None
    transfer_ref: str | None = None
    link_scopes: dict[str, str] = {}


initial = Hub()


def evolve(hub: Hub, entry: Entry[HubFact]) -> Hub:
    match entry.fact:
        case HubDesignated(ministry=ministry, region=region) as designation:
            return replace(
                hub,
                status="designated",
                designation=designation,
                ministry=ministry,
                region=region,
                since=designation.designated_on,
                reason=None,
            )
        case HubTransferred(ministry=ministry, region=region, decision_ref=ref):
            return replace(hub, ministry=ministry or hub.ministry, region=region or hub.region, transfer_ref=ref)
        case HubCalendarAdopted(calendar=calendar, calendar_version=version):
            return replace(hub, calendar=(calendar, version))
        case HubLinked(other_centre=other, scope=scope):
            return replace(hub, linked=hub.linked | {other}, link_scopes=hub.link_scopes | {other: scope})
        case HubFunctionsChanged(functions=functions):
            return replace(hub, functions=functions)
        case HubSuspended() if hub.status == "revoked":
            return hub
        case HubSuspended(on=on, reason=reason):
            return replace(hub, status="suspended", since=on, reason=reason)
        case HubReinstated(on=on, reason=reason):
            return replace(hub, status="designated", since=on, reason=reason)
        case HubRevoked(on=on, reason=reason):
            return replace(hub, status="revoked", since=on, reason=reason)
        case HubOperatorAppointed() as it:
            return replace(
                hub,
                operator=it.operator,
                operator_ko=it.name_ko,
                operator_en=it.name_en,
                operator_since=it.on,
                operator_ref=it.decision_ref,
            )
        case HubTermSet() as it:
            return _for_term(hub, it, renewals=0)
        case HubRenewed() as it:
            return _for_term(hub, it, renewals=hub.renewals + 1)
        case HubBudgetAllocated(period=period) as allocated:
            return replace(hub, budgets=hub.budgets | {period: allocated})
        case unknown:
            assert_never(unknown)


def _for_term(hub: Hub, term: HubTermSet | HubRenewed, renewals: int) -> Hub:
    return replace(
        hub,
        term_starts_on=term.starts_on,
        term_ends_on=term.ends_on,
        term_ref=term.decision_ref,
        renewals=renewals,
    )
