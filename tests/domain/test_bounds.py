"""What a new fact may not hold, because nothing behind it could reckon with it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.acts.calendar import Hours, HoursDeclared, Opening, SpecialDay, WorkCalendarPublished
from domain.acts.check_events import CheckOpened
from domain.acts.fx import FxRateSetPublished
from domain.acts.indicator import TargetSet
from domain.acts.person import ConsentRecorded, HoldPlaced
from domain.acts.review import AssessmentMade
from domain.acts.sla import SlaPolicyPublished
from domain.facts.exchange import ExchangeArrived, ExchangeNominated
from domain.facts.expansion import ContractSigned, InvestmentSecured, SupportDelivered
from domain.facts.helpdesk import CaseOpened, CaseResolved
from domain.facts.hub import HubBudgetAllocated
from domain.facts.partner import PartnerRegistered
from domain.facts.project import AgreementSigned, FundingCommitted, FundingDisbursed, FundingSpent, ProjectPartnerJoined
from domain.input_policy import bounds
from domain.input_policy.terms import check_terms
from domain.record import Refused
from domain.registry import EntryCorrected, entries
from domain.values import Money
from tests.domain.given import entry

TODAY = date(2025, 3, 3)
WEEK = (Opening(1, "09:00", "18:00"),)
CALENDAR = WorkCalendarPublished(version=1, tz="UTC", weekly_open=WEEK, source="x")


def refusal(fact, **more):
    with pytest.raises(Refused) as refused:
        bounds.check_bounds(replace(entry(fact), **more))
    assert len(str(refused.value)) > 20
    return refused.value


def won(amount):
    return Money(Decimal(amount), "KRW")


@pytest.mark.parametrize("opens", ["0٩:00", "０９:00"])
def test_digits_are_those_from_0_to_9_wherever_a_form_has_them(opens):
    for fact, path in [
        (replace(CALENDAR, weekly_open=(Opening(1, opens, "18:00" if opens < "1" else "９９:00"),)), "weekly_open"),
        (HoursDeclared(version=2, special=SpecialDay(TODAY, (Hours("09:00", "1٨:00"),))), "special"),
        (TargetSet(period="2٠25S1", value=Decimal(1)), "period"),
        (CheckOpened(period="2٠25S1", due_on=TODAY, hubs=(), indicators={}), "period"),
        (FundingCommitted(money=won(1), funder="KR", period="20２5S1"), "period"),
        (PartnerRegistered(name="a", country="DE", ror="05a28rw5٨"), "ror"),
    ]:
        refused = refusal(fact)
        assert (refused.code, refused.facts["path"]) == ("text.shape", f"$.data.{path}")


@pytest.mark.parametrize(
    "fact",
    [
        TargetSet(period="2025S1\n", value=Decimal(1)),
        ExchangeNominated(direction="INBOUND", person="p-1\n"),
        AssessmentMade(indicator="HD-Q", version=1, text_ko="가", evidence=("ab" * 32 + "\n",)),
        replace(CALENDAR, weekly_open=(Opening(1, "09:00", "18:00\n"),)),
    ],
)
def test_a_form_ends_where_it_ends(fact):
    assert refusal(fact).code == "text.shape"


@pytest.mark.parametrize("period", ["1999S2", "1000S1"])
def test_a_half_year_is_one_from_2000_on(period):
    assert refusal(TargetSet(period=period, value=Decimal(1))).code == "date.out_of_range"
    for good in ("2000S1", "2999S2"):
        bounds.check_bounds(entry(TargetSet(period=good, value=Decimal(1))))


@pytest.mark.parametrize("day", [date.min, date(205, 3, 1), date(1899, 12, 31), date(3000, 1, 1), date.max])
def test_a_day_that_never_was_or_will_be_is_no_day(day):
    for fact, path in [
        (HoldPlaced(law="PIPA", until=day), "until"),
        (ConsentRecorded(purpose="visa", until=day), "until"),
        (AgreementSigned(stages=(TODAY, day)), "stages"),
        (CheckOpened(period="2025S1", due_on=day, hubs=(), indicators={}), "due_on"),
        (replace(CALENDAR, closed_days=(day,)), "closed_days"),
        (replace(CALENDAR, covers_from=day, covers_until=day), "covers_from"),
        (FxRateSetPublished(version=1, as_of=TODAY, source="x", rates={"USD": {day: Decimal(1)}}), "rates"),
        (ExchangeArrived(on=day), "on"),
    ]:
        refused = refusal(fact)
        assert (refused.code, refused.facts["path"]) == ("date.out_of_range", f"$.data.{path}")
        assert "left out" in str(refused)


def test_terms_reach_further_back_than_what_was_done():
    bounds.check_bounds(entry(AgreementSigned(starts_on=date(1900, 1, 1), ends_on=date(2999, 12, 31))))
    assert refusal(ExchangeArrived(on=date(1999, 12, 31))).code == "date.out_of_range"
    bounds.check_bounds(entry(ExchangeArrived(on=date(2000, 1, 1))))


@pytest.mark.parametrize("amount", ["1e18", "-1e18", "99999999999999999999999999"])
def test_a_number_is_small_enough_to_be_added_up(amount):
    for fact in [
        FundingCommitted(money=won(amount), funder="KR"),
        ProjectPartnerJoined(partner="p", role="JOINT", contribution=won(amount)),
        TargetSet(period="2025S1", value=Decimal(amount)),
    ]:
        assert refusal(fact).code == "number.out_of_range"
    bounds.check_bounds(entry(FundingCommitted(money=won("999999999999999999.999999999999"), funder="KR")))
    bounds.check_bounds(entry(FundingCommitted(money=won(0), funder="KR")))


@pytest.mark.parametrize(
    "fact",
    [
        FundingCommitted(money=won(-1), funder="KR"),
        FundingDisbursed(money=won("-0.01"), funder="PARTNER"),
        ProjectPartnerJoined(partner="p", role="JOINT", contribution=won(-1)),
        ContractSigned(contract_ref="k", money=won(-1)),
        InvestmentSecured(investment_ref="k", money=won(-1)),
        HubBudgetAllocated(period="2026S1", money=won(-1), on=date(2026, 1, 5)),
    ],
)
def test_money_below_zero_is_a_correction_and_no_fact_but_where_it_was_spent_and_came_back(fact):
    refused = refusal(fact)
    path = "contribution" if isinstance(fact, ProjectPartnerJoined) else "money"
    assert (refused.code, refused.facts["path"]) == ("number.below_zero", f"$.data.{path}")
    restated = refusal(EntryCorrected(entry=1, reason="CLERICAL", occurred_at=FIRST, data=fact))
    assert (restated.code, restated.facts["path"]) == ("number.below_zero", f"$.data.data.{path}")
    bounds.check_bounds(entry(FundingSpent(money=won(-1), funder="KR")))
    bounds.check_bounds(entry(ContractSigned(contract_ref="k", money=won(0))))


def test_numbers_that_the_tables_would_round_are_refused_where_no_fact_looks():
    fine = CheckOpened(period="2025S1", due_on=TODAY, hubs=(), indicators={}, materiality=Decimal("1e-13"))
    assert refusal(fine).facts["path"] == "$.data.materiality"
    for wrong in ("NaN", "sNaN", "Infinity"):
        with pytest.raises(ValueError, match="materiality"):
            CheckOpened(period="2025S1", due_on=TODAY, hubs=(), indicators={}, materiality=Decimal(wrong))
    bounds.check_bounds(entry(SupportDelivered(service="legal", hours=Decimal("0.25"))))


@pytest.mark.parametrize("minutes", [5_270_401, 2**53, 10**30])
def test_a_promise_is_at_most_ten_years(minutes):
    promise = SlaPolicyPublished(version=1, first_response_minutes={"low": 1}, resolve_minutes={"low": minutes})
    assert refusal(promise).facts["path"] == "$.data.resolve_minutes"
    bounds.check_bounds(entry(replace(promise, resolve_minutes={"low": 5_270_400})))


FIRST = datetime(1999, 12, 31, 15, tzinfo=UTC)


@pytest.mark.parametrize("years", [1, 205, 1925, 1970, 1975, 1999])
def test_nothing_happened_before_2000_in_seoul(years):
    early = datetime(years, 6, 1, tzinfo=UTC)
    for at in (early, FIRST - timedelta(microseconds=1)):
        refused = refusal(CaseOpened(topic="visa"), occurred_at=at)
        assert (refused.code, refused.facts["path"]) == ("time.too_early", "$.time")
    bounds.check_bounds(replace(entry(CaseOpened(topic="visa")), occurred_at=FIRST))


def test_a_correction_is_bounded_as_what_it_restates():
    correction = EntryCorrected(entry=1, reason="CLERICAL", occurred_at=FIRST, data=CaseResolved())
    bounds.check_bounds(entry(correction))
    early = refusal(replace(correction, occurred_at=FIRST - timedelta(microseconds=1)))
    assert (early.code, early.facts["path"]) == ("time.too_early", "$.data.occurred_at")
    inside = refusal(replace(correction, data=FundingCommitted(money=won("1e20"), funder="KR")))
    assert (inside.code, inside.facts["path"]) == ("number.out_of_range", "$.data.data.money")


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "Factory", "posix/Asia/Seoul", "right/Asia/Seoul"])
def test_a_zone_that_is_nowhere_is_no_zone(zone):
    with pytest.raises(Refused) as refused:
        check_terms(entry(replace(CALENDAR, tz=zone)))
    assert refused.value.code == "vocabulary.unknown_zone"
    for good in ("Asia/Seoul", "UTC", "Etc/GMT-9", "EST5EDT"):
        check_terms(entry(replace(CALENDAR, tz=good)))


def test_what_was_stored_by_the_first_version_of_every_type_is_within_the_bounds(golden):
    for line in golden:
        bounds.check_bounds(entries.decode(line))
