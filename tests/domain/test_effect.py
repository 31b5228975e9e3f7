"""When a fact takes effect: on the day that it names, in Seoul; without one, when it happened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.effect import days_apart, effective_at
from domain.facts.exchange import ExchangeArrived
from domain.facts.expansion import LocalEntityEstablished
from domain.facts.helpdesk import CaseClosed
from domain.facts.project import ProjectLaunched
from domain.period import SEOUL, HalfYear
from domain.registry import TYPES

MOMENTS = st.integers(-7300, 47500).map(
    lambda days: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days, hours=days % 24)
)
DAYS = st.dates(date(1950, 1, 1), date(2100, 1, 1))


@given(MOMENTS, DAYS)
def test_it_takes_effect_on_its_day_in_seoul_whenever_it_is_told(at: datetime, day: date) -> None:
    effect = effective_at(ProjectLaunched(on=day), at)
    assert effect.astimezone(SEOUL).date() == day
    assert (effect == at) == (at.astimezone(SEOUL).date() == day)


@given(MOMENTS, MOMENTS, DAYS)
def test_what_is_told_for_a_later_time_of_the_same_day_takes_effect_no_earlier(
    first: datetime, second: datetime, day: date
) -> None:
    first, second = sorted((first, second))
    fact = ExchangeArrived(on=day)
    assert effective_at(fact, first) <= effective_at(fact, second)


@given(MOMENTS)
def test_without_a_day_it_takes_effect_when_it_happened(at: datetime) -> None:
    for fact in (CaseClosed(), LocalEntityEstablished(country="DE")):
        assert (effective_at(fact, at), days_apart(fact, at)) == (at, 0)


@pytest.mark.parametrize(
    ("told", "half"), [("2025-06-30T18:00:00-04:00", "2025S1"), ("2025-07-02T09:00:00+09:00", "2025S1")]
)
def test_a_civil_day_counts_in_its_own_half_year_where_it_is_tomorrow_in_seoul(told: str, half: str) -> None:
    effect = effective_at(ProjectLaunched(on=date(2025, 6, 30)), datetime.fromisoformat(told).astimezone(UTC))
    assert str(HalfYear.of(effect)) == half


@pytest.mark.parametrize("days", [-2, -1, 0, 1, 2])
def test_a_day_is_so_many_days_of_seoul_behind_its_time(days: int) -> None:
    at = datetime(2025, 3, 3, 3, tzinfo=UTC)
    assert days_apart(ProjectLaunched(on=(at - timedelta(days)).date()), at) == days


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_day_there_are_have_a_moment(day: date) -> None:
    assert effective_at(ProjectLaunched(on=day), datetime(2025, 1, 1, tzinfo=UTC)).year in (1, 9999)


def test_every_day_of_effect_is_a_field_and_a_decision_has_one() -> None:
    for name, type_ in TYPES.items():
        if type_.effective_on is not None:
            assert type_.effective_on in type_.__struct_fields__, name
        assert not type_.decided or type_.effective_on, name
