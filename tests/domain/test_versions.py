"""Calendars, SLA policies and rate sets come in versions that never change."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.acts.calendar import (
    CalendarWithdrawn,
    ClosureDeclared,
    Hours,
    HoursDeclared,
    Opening,
    SpecialDay,
    WorkCalendarPublished,
)
from domain.acts.fx import FxRateSetPublished, FxRateSetWithdrawn
from domain.acts.sla import SlaPolicyPublished, SlaPolicyWithdrawn
from tests.domain.given import given, refusal

SHARED = Path(os.environ.get("SAGWAN_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
MOST_BYTES = 59 * 1024
"""Of an event, less its envelope."""

OFFICE = tuple(Opening(day, "09:00", "18:00") for day in range(1, 6))
CHUSEOK, EXTRA = date(2025, 10, 6), date(2025, 1, 27)


def calendar(version, **more):
    it: dict[str, Any] = {"tz": "Asia/Seoul", "weekly_open": OFFICE, "closed_days": (CHUSEOK,), "source": "관보"}
    if not {"covers_from", "covers_until"} & more.keys():
        it |= {"covers_from": date(2014, 1, 1), "covers_until": date(2030, 12, 31)}
    return WorkCalendarPublished(version=version, **it | more)


def policy(version, minutes=480):
    return SlaPolicyPublished(
        version=version,
        first_response_minutes={"normal": minutes},
        resolve_minutes={"normal": 2400},
        stop_reasons=("requester",),
    )


def rates(version, rate="1432.5", code="USD"):
    by_day = {date(2025, 3, 3): Decimal(rate)}
    return FxRateSetPublished(version=version, as_of=date(2025, 7, 1), source="BOK", rates={code: by_day})


@pytest.mark.parametrize(
    ("kind", "of", "code"),
    [
        ("calendar", calendar, "calendar.wrong_version"),
        ("sla", policy, "sla.wrong_version"),
        ("fx", rates, "fx.wrong_version"),
    ],
)
def test_versions_follow_each_other_and_none_is_said_twice(kind, of, code):
    stream = given(kind, of(1))
    assert len(stream.when(of(2)).versions) == 2
    for wrong in (1, 3):
        refused = refusal(stream, of(wrong))
        assert (refused.code, refused.facts) == (code, {"version": wrong, "expected": 2})
        assert "a version never changes" in str(refused)
    assert given(kind).state.status == "none"
    assert stream.state.status == "published"


@pytest.mark.parametrize(
    ("kind", "of", "withdrawal", "code"),
    [
        ("calendar", calendar, CalendarWithdrawn, "calendar.not_standing"),
        ("sla", policy, SlaPolicyWithdrawn, "sla.not_standing"),
        ("fx", rates, FxRateSetWithdrawn, "fx.not_standing"),
    ],
)
def test_a_version_is_withdrawn_once_and_its_number_is_not_used_again(kind, of, withdrawal, code):
    def withdrawn(version):
        return withdrawal(version=version, reason="hours of another place")

    after = given(kind, of(1), of(2), withdrawn(2))
    assert (after.state.standing.keys(), after.state.status) == ({1}, "published")
    assert after.when(of(3)).standing.keys() == {1, 3}
    assert refusal(after, of(2)).facts["expected"] == 3
    assert after.when(withdrawn(1)).status == "none"
    for version in (2, 3, 0):
        refused = refusal(after, withdrawn(version))
        assert (refused.code, refused.facts) == (code, {"version": version, "standing": [1]})


def test_what_another_version_was_declared_on_is_withdrawn_after_it():
    declared = given("calendar", calendar(1), ClosureDeclared(version=2, day=EXTRA), hours(3))
    for version, on_it in ((1, [2]), (2, [3])):
        refused = refusal(declared, CalendarWithdrawn(version=version, reason="x"))
        assert (refused.code, refused.facts) == (
            "calendar.built_upon", {"version": version, "declared_on_it": on_it, "later": max(on_it)},
        )  # fmt: skip
    assert declared.when(CalendarWithdrawn(version=3, reason="x")).standing.keys() == {1, 2}


def test_what_is_declared_changes_the_last_version_that_stands():
    withdrawn = CalendarWithdrawn(version=2, reason="x")
    after = given("calendar", calendar(1), calendar(2, tz="Asia/Tokyo"), withdrawn)
    declared = after.when(ClosureDeclared(version=3, day=EXTRA)).standing[3]
    assert (declared.tz, declared.closed_days, declared.on) == ("Asia/Seoul", {CHUSEOK, EXTRA}, 1)


MORNING = (Hours("09:00", "13:00"),)


def hours(version, day=date(2025, 3, 8)):
    return HoursDeclared(version=version, special=SpecialDay(day, MORNING))


def test_a_working_day_or_a_shortened_one_is_the_version_before_and_one_more_special_day():
    after = given("calendar", calendar(1)).when(hours(2))
    first, second = after.versions
    assert second == msgspec.structs.replace(first, special_days=(SpecialDay(date(2025, 3, 8), MORNING),), on=1)
    again = refusal(given("calendar", calendar(1), hours(2)), hours(3))
    assert (again.code, again.facts) == ("calendar.already_special", {"day": date(2025, 3, 8)})
    assert refusal(given("calendar", calendar(1), hours(2)), ClosureDeclared(version=3, day=date(2025, 3, 8)))


def test_what_is_declared_lies_in_what_the_calendar_covers():
    covering = calendar(1, covers_from=date(2025, 1, 1), covers_until=date(2025, 12, 31))
    for fact in (ClosureDeclared(version=2, day=date(2026, 1, 1)), hours(2, date(2024, 12, 31))):
        beyond = refusal(given("calendar", covering), fact)
        assert beyond.code == "calendar.not_covered"
        assert "covers 2025-01-01 to 2025-12-31" in str(beyond)
    assert given("calendar", covering).when(ClosureDeclared(version=2, day=date(2025, 12, 31)))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"covers_from": EXTRA}, "given together"),
        ({"covers_from": EXTRA, "covers_until": date(2025, 1, 26)}, "ends before it starts"),
        ({"special_days": (SpecialDay(EXTRA, MORNING), SpecialDay(EXTRA, MORNING))}, "named once"),
    ],
)
def test_a_coverage_or_a_special_day_that_cannot_be_is_no_calendar(more, why):
    with pytest.raises(ValueError, match=why):
        calendar(1, **more)
    with pytest.raises(ValueError, match="after it opens"):
        Hours("13:00", "09:00")
    with pytest.raises(ValueError, match="overlap"):
        SpecialDay(EXTRA, (Hours("09:00", "13:00"), Hours("12:00", "15:00")))


def test_a_closure_is_the_version_before_and_one_more_closed_day():
    after = given("calendar", calendar(1)).when(ClosureDeclared(version=2, day=EXTRA, announced_on=date(2025, 1, 14)))
    first, second = after.versions
    assert (first.closed_days, second.closed_days) == ({CHUSEOK}, {CHUSEOK, EXTRA})
    assert (second.tz, second.weekly_open) == (first.tz, first.weekly_open)


def test_a_closure_needs_a_calendar_and_a_day_that_was_open():
    unpublished = refusal(given("calendar"), ClosureDeclared(version=1, day=EXTRA))
    assert (unpublished.code, unpublished.facts) == ("calendar.unpublished", {"day": EXTRA})
    closed = refusal(given("calendar", calendar(1)), ClosureDeclared(version=2, day=CHUSEOK))
    assert (closed.code, closed.facts) == ("calendar.already_closed", {"day": CHUSEOK})


@pytest.mark.parametrize(
    ("openings", "why"),
    [
        ([(0, "09:00", "18:00")], "weekday is 1"),
        ([(1, "18:00", "09:00")], "after it opens"),
        ([(1, "09:00", "13:00"), (1, "12:59", "18:00")], "overlap"),
    ],
)
def test_hours_that_cannot_be_kept_are_no_calendar(openings, why):
    with pytest.raises(ValueError, match=why):
        calendar(1, weekly_open=tuple(Opening(*it) for it in openings))


def test_a_day_may_have_two_openings():
    assert calendar(1, weekly_open=(Opening(1, "13:00", "24:00"), Opening(1, "09:00", "13:00")))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: policy(1, 0), "more than 0"),
        (
            lambda: SlaPolicyPublished(version=1, first_response_minutes={}, resolve_minutes={"low": 1}),
            "at least one severity",
        ),
        (lambda: rates(1, "0"), "more than 0"),
        (lambda: rates(1, "NaN"), "finite"),
        (lambda: rates(1, code="KRW"), "KRW itself"),
        (lambda: rates(1, code="XXL"), "currency is a code of ISO 4217"),
        (lambda: FxRateSetPublished(version=1, as_of=CHUSEOK, source="x", rates={}), "at least one currency"),
    ],
)
def test_a_promise_or_a_rate_of_nothing_is_no_fact(wrong, why):
    with pytest.raises(ValueError, match=why):
        wrong()


def test_a_half_year_of_twelve_currencies_by_the_day_fits_one_event():
    days = {date(2025, 7, 1) + timedelta(days=n): Decimal("1432.50") for n in range(184)}
    codes = ("USD", "EUR", "JPY", "CNY", "GBP", "CAD", "SGD", "VND", "CHF", "INR", "THB", "SEK")
    published = FxRateSetPublished(version=1, as_of=CHUSEOK, source="BOK", rates=dict.fromkeys(codes, days))
    assert len(msgspec.json.encode(published)) < MOST_BYTES


@pytest.mark.skipif(not SHARED.exists(), reason="the reference data is not here")
def test_the_holidays_of_sixteen_countries_are_calendars_that_fit():
    holidays: dict[str, set[date]] = defaultdict(set)
    with (SHARED / "reference_lists" / "public_holidays_16_countries_2014_2030.csv").open() as file:
        for row in csv.DictReader(file):
            holidays[row["country"]].add(date.fromisoformat(row["date"]))
    assert len(holidays) == 16
    for days in holidays.values():
        published = calendar(1, closed_days=tuple(sorted(days)), source="holidays 0.109")
        assert len(msgspec.json.encode(published)) < MOST_BYTES
        assert given("calendar").when(published).versions[0].closed_days == days
    assert CHUSEOK in holidays["KR"]
