"""What an expansion case is after what happened to it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.facts.expansion import (
    CompanyEnrolled,
    ContractSigned,
    ExpansionClosed,
    InvestmentSecured,
    LocalEntityEstablished,
    PartnerMatched,
    SupportDelivered,
)
from domain.values import Money
from tests.domain.given import given

enrolled = CompanyEnrolled(company="c-1", target_countries=("BE", "NL"))
supported = SupportDelivered(service="patent", hours=Decimal("2.5"))
euros = Money(Decimal(1000), "EUR")


def test_a_company_is_enrolled_supported_and_the_case_closed():
    case = given("expansion", enrolled, supported)
    assert (case.state.status, case.state.company, case.state.services) == ("supported", "c-1", 1)
    closed = case.when(ExpansionClosed(result="ESTABLISHED"))
    assert (closed.status, closed.result) == ("closed", "ESTABLISHED")


def test_results_are_kept_by_their_reference_so_that_one_told_twice_is_one():
    signed = ContractSigned(contract_ref="k-1", money=euros)
    case = given("expansion", enrolled, signed, InvestmentSecured(investment_ref="i-1", money=euros, stage="seed"))
    assert case.when(signed).contracts == {"k-1": euros}
    assert case.state.investments == {"i-1": euros}


def test_partners_and_entities_are_counted_once():
    case = given("expansion", PartnerMatched(partner="p-1"), LocalEntityEstablished(country="BE"))
    assert case.when(PartnerMatched(partner="p-1")).partners == {"p-1"}
    assert case.when(LocalEntityEstablished(country="BE")).entities == {"BE"}


@pytest.mark.parametrize("hours", ["0", "-1", "Infinity"])
def test_hours_are_more_than_none(hours):
    with pytest.raises(ValueError, match="hours"):
        SupportDelivered(service="law", hours=Decimal(hours))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: CompanyEnrolled(company="c", target_countries=("XX",)),
        lambda: LocalEntityEstablished(country="XX"),
        lambda: ContractSigned(contract_ref="k", money=euros, country="XX"),
    ],
)
def test_a_country_that_does_not_exist_is_no_fact(wrong):
    with pytest.raises(ValueError, match="ISO 3166-1"):
        wrong()
