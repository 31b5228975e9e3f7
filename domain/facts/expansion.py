"""Expansion case (디지털기업 해외진출): one company on its way abroad, with what helped it. Facts of the world.

Contracts, investments and local entities are results, reported whenever they happen; a contract and an investment have
a reference so that one reported twice, or by two hubs, counts once: within one company and one partner. Amounts need
evidence.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.messages import Invalid
from domain.record import Entry, Fact
from domain.stages import furthest
from domain.values import Code, Country, Money, Text, check_country, check_exact


class CompanyEnrolled(Fact, frozen=True, tag="expansion.company_enrolled"):
    """A company is taken in; `company` is its key over all hubs."""

    company: Code
    target_countries: tuple[Country, ...] = ()

    def __post_init__(self) -> None:
        for code in self.target_countries:
            check_country(code)


class SupportDelivered(Fact, frozen=True, tag="expansion.support_delivered"):
    """The company was given a service (법률, 특허, 현지화 …) and, where they are counted, so many hours of it."""

    service: Code
    hours: Decimal | None = None

    def __post_init__(self) -> None:
        if self.hours is not None:
            check_exact(self.hours, "hours")
            if self.hours <= 0:
                raise Invalid("value.hours")


class PartnerMatched(Fact, frozen=True, tag="expansion.partner_matched"):
    """Brought together with a partner abroad; `partner` is a partner's key."""

    partner: Code


class ContractSigned(Fact, frozen=True, tag="expansion.contract_signed"):
    """The company signed a contract abroad (계약); `partner` and `country` are those of the other side."""

    contract_ref: Code
    money: Money
    country: Country | None = None
    partner: Code | None = None

    def __post_init__(self) -> None:
        check_country(self.country)


class InvestmentSecured(Fact, frozen=True, tag="expansion.investment_secured"):
    """Somebody invests in the company (투자유치); `stage` is that of the round, such as SERIES_A.

    `partner` and `country` are those of whoever invests.
    """

    investment_ref: Code
    money: Money
    stage: Code | None = None
    country: Country | None = None
    partner: Code | None = None

    def __post_init__(self) -> None:
        check_country(self.country)


class LocalEntityEstablished(Fact, frozen=True, tag="expansion.local_entity_established"):
    """The company has an entity of its own abroad (현지법인 설립)."""

    effective_on: ClassVar[str | None] = "on"

    country: Country
    on: date | None = None

    def __post_init__(self) -> None:
        check_country(self.country)


class ExpansionClosed(Fact, frozen=True, tag="expansion.closed"):
    """The hub's support of the company is over (종료), with what came of it."""

    result: Code
    note: Text | None = None


ExpansionFact: TypeAlias = (
    CompanyEnrolled
    | SupportDelivered
    | PartnerMatched
    | ContractSigned
    | InvestmentSecured
    | LocalEntityEstablished
    | ExpansionClosed
)
Status: TypeAlias = Literal["none", "enrolled", "supported", "closed"]

STAGES: dict[Status, int] = {"none": 0, "enrolled": 1, "supported": 2, "closed": 2}
"""The stage of each status: a later fact of an earlier stage takes nothing back."""


class Support(msgspec.Struct, frozen=True):
    """A service that was delivered, and when."""

    service: str
    at: datetime
    hours: Decimal | None = None


class Deal(msgspec.Struct, frozen=True):
    """A contract or an investment as told last; `stage` is told of investments."""

    kind: Literal["contract", "investment"]
    ref: str
    money: Money
    country: str | None = None
    stage: str | None = None
    partner: str | None = None


class Expansion(msgspec.Struct, frozen=True):
    """The state of an expansion, folded from its facts.

        none > enrolled > supported > closed

    `entities` are the countries in which the company has an entity, `established` the day of each where one was named;
    `contracts` and `investments` the amounts by reference, `deals` all that was told of them by `kind/ref`, or
    `kind/ref/partner`: one reference with two partners is two deals, and what names none is the one with the partner
    told first. `support` are the services in the order in which they were delivered.
    """

    status: Status = "none"
    company: str | None = None
    target_countries: tuple[str, ...] = ()
    services: int = 0
    partners: frozenset[str] = frozenset()
    contracts: dict[str, Money] = {}
    investments: dict[str, Money] = {}
    entities: frozenset[str] = frozenset()
    result: str | None = None
    note: str | None = None
    established: dict[str, date | None] = {}
    support: tuple[Support, ...] = ()
    deals: dict[str, Deal] = {}


initial = Expansion()


def evolve(it: Expansion, entry: Entry[ExpansionFact]) -> Expansion:
    then = _apply(it, entry)
    return replace(then, status=furthest(STAGES, it.status, then.status))


def _apply(it: Expansion, entry: Entry[ExpansionFact]) -> Expansion:
    """Applies a fact, whatever happened before it."""
    match entry.fact:
        case CompanyEnrolled(company=company, target_countries=targets):
            return replace(it, status="enrolled", company=company, target_countries=targets)
        case SupportDelivered(service=service, hours=hours):
            support = (*it.support, Support(service, entry.occurred_at, hours))
            return replace(it, status="supported", services=it.services + 1, support=support)
        case PartnerMatched(partner=partner):
            return replace(it, partners=it.partners | {partner})
        case ContractSigned(contract_ref=ref, money=money, country=where, partner=partner):
            deals = _dealt(it.deals, Deal("contract", ref, money, country=where, partner=partner))
            return replace(it, contracts=it.contracts | {ref: money}, deals=deals)
        case InvestmentSecured(investment_ref=ref, money=money, stage=stage, country=where, partner=partner):
            deals = _dealt(it.deals, Deal("investment", ref, money, country=where, stage=stage, partner=partner))
            return replace(it, investments=it.investments | {ref: money}, deals=deals)
        case LocalEntityEstablished(country=where, on=on):
            return replace(it, entities=it.entities | {where}, established=it.established | {where: on})
        case ExpansionClosed(result=result, note=note):
            return replace(it, status="closed", result=result, note=note)
        case unknown:
            assert_never(unknown)


def _dealt(deals: dict[str, Deal], deal: Deal) -> dict[str, Deal]:
    """Adds a deal that was reported again or newly; without a partner it is the one reported first."""
    name = f"{deal.kind}/{deal.ref}"
    others = {key: it for key, it in deals.items() if key != name}
    first = next((it.partner for it in others.values() if (it.kind, it.ref) == (deal.kind, deal.ref)), None)
    partner = deal.partner or first
    return others | {f"{name}/{partner}" if partner else name: replace(deal, partner=partner)}
