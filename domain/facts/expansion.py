"""Expansion case (디지털기업 해외진출): one company on its way abroad, with what helped it. Facts of the world.

Contracts, investments and local entities are results, told whenever they happen; a contract and an investment carry
a reference so that one told twice, or by two hubs, counts once. Amounts need evidence.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

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
    """A service (법률, 특허, 현지화 …) and, where counted, its hours."""

    service: Code
    hours: Decimal | None = None

    def __post_init__(self) -> None:
        if self.hours is not None:
            check_exact(self.hours, "hours")
            if self.hours <= 0:
                raise ValueError("hours are more than 0")


class PartnerMatched(Fact, frozen=True, tag="expansion.partner_matched"):
    """Brought together with a partner abroad; `partner` is a partner's key."""

    partner: Code


class ContractSigned(Fact, frozen=True, tag="expansion.contract_signed"):
    contract_ref: Code
    money: Money
    country: Country | None = None

    def __post_init__(self) -> None:
        check_country(self.country)


class InvestmentSecured(Fact, frozen=True, tag="expansion.investment_secured"):
    investment_ref: Code
    money: Money
    stage: Code | None = None


class LocalEntityEstablished(Fact, frozen=True, tag="expansion.local_entity_established"):
    """현지법인 설립."""

    effective_on: ClassVar[str | None] = "on"

    country: Country
    on: date | None = None

    def __post_init__(self) -> None:
        check_country(self.country)


class ExpansionClosed(Fact, frozen=True, tag="expansion.closed"):
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
"""The stage of each status: what happens later than a later stage takes nothing back."""


class Expansion(msgspec.Struct, frozen=True):
    """Where it stands.

        none > enrolled > supported > closed

    `entities` are the countries in which the company has an entity, `contracts` the amounts by reference.
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


initial = Expansion()


def evolve(it: Expansion, entry: Entry[ExpansionFact]) -> Expansion:
    then = _told(it, entry)
    return replace(then, status=furthest(STAGES, it.status, then.status))


def _told(it: Expansion, entry: Entry[ExpansionFact]) -> Expansion:
    """With what the fact says, whatever happened before it."""
    match entry.fact:
        case CompanyEnrolled(company=company, target_countries=targets):
            return replace(it, status="enrolled", company=company, target_countries=targets)
        case SupportDelivered():
            return replace(it, status="supported", services=it.services + 1)
        case PartnerMatched(partner=partner):
            return replace(it, partners=it.partners | {partner})
        case ContractSigned(contract_ref=ref, money=money):
            return replace(it, contracts=it.contracts | {ref: money})
        case InvestmentSecured(investment_ref=ref, money=money):
            return replace(it, investments=it.investments | {ref: money})
        case LocalEntityEstablished(country=where):
            return replace(it, entities=it.entities | {where})
        case ExpansionClosed(result=result):
            return replace(it, status="closed", result=result)
        case unknown:
            assert_never(unknown)
