"""Indicators and targets are set in advance, or flagged."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.acts.indicator import IndicatorDefined, IndicatorRetired, Target, TargetSet, TargetWithdrawn
from domain.registry import tag
from tests.domain.given import given, refusal


def defined(version=1, first_period="2025S2", **more):
    it = {"name_ko": "접수", "name_en": "Intake", "unit": "case", "measures": "PROCESS", "formula": "ab" * 32}
    return IndicatorDefined(version=version, first_period=first_period, **it | more)


def target(period, value=10, hub="EU"):
    return TargetSet(period=period, hub=hub, value=Decimal(value))


def test_a_definition_before_its_half_year_is_in_time():
    assert not given("indicator").when(defined(first_period="2025S2")).late
    assert given("indicator").when(defined(first_period="2025S1")).late


def test_a_target_after_its_half_year_began_is_recorded_and_flagged():
    indicator = given("indicator", defined())
    assert indicator.when(target("2025S2")).targets == {"2025S2/EU": Target(Decimal(10), late=False)}
    assert indicator.when(target("2025S1")).targets == {"2025S1/EU": Target(Decimal(10), late=True)}
    assert indicator.when(target("2024S1", hub=None)).targets == {"2024S1/": Target(Decimal(10), late=True)}


def test_a_later_target_replaces_the_one_before():
    indicator = given("indicator", defined(), target("2025S2"))
    assert indicator.when(target("2025S2", 20)).targets["2025S2/EU"].value == 20


def test_a_version_follows_the_last():
    indicator = given("indicator", defined())
    assert indicator.when(defined(2)).version == 2
    refused = refusal(indicator, defined(1))
    assert (refused.code, refused.facts) == ("indicator.wrong_version", {"version": 1, "expected": 2})


def test_what_is_not_defined_or_retired_has_no_target():
    nothing = refusal(given("indicator"), target("2025S2"))
    assert (nothing.code, str(nothing)) == ("indicator.out_of_turn", "indicator.target_set while none")
    retired = given("indicator", defined(), IndicatorRetired(reason="merged"))
    for fact in (target("2025S2"), defined(2), IndicatorRetired(reason="again")):
        assert refusal(retired, fact).facts == {"status": "retired", "type": tag(fact)}


def test_a_target_set_wrongly_is_withdrawn_and_may_be_set_again():
    indicator = given("indicator", defined(), target("2025S2"))
    withdrawn = TargetWithdrawn(period="2025S2", hub="EU", reason="meant for another half-year")
    assert indicator.when(withdrawn).targets == {}
    assert given("indicator", defined(), target("2025S2"), withdrawn).when(target("2025S2", 9)).targets
    assert given("indicator", defined(), target("2025S2"), IndicatorRetired(reason="x")).when(withdrawn).targets == {}
    other = refusal(indicator, TargetWithdrawn(period="2025S2", reason="x"))
    assert (other.code, other.facts["targets"]) == ("indicator.no_target", ["2025S2/EU"])


def test_a_target_of_no_half_year_that_an_older_record_holds_folds_and_is_withdrawn():
    for period in ("2\u066025S1", "2025S1\n"):
        indicator = given("indicator", defined(), target(period))
        assert indicator.state.targets == {f"{period}/EU": Target(Decimal(10), late=False)}
        assert indicator.when(TargetWithdrawn(period=period, hub="EU", reason="x")).targets == {}


def test_an_indicator_is_computed_or_qualitative():
    assert given("indicator", defined(formula=None, qualitative=True)).state.qualitative
    assert not given("indicator").when(defined()).qualitative
    for wrong in ({"formula": None}, {"qualitative": True}):
        with pytest.raises(ValueError, match="a formula or is qualitative"):
            defined(**wrong)


def test_a_target_is_a_number():
    with pytest.raises(ValueError, match="finite"):
        target("2025S2", "Infinity")
