"""Clocks run while the calendar that was bound is open, and stand while they are stopped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.acts.calendar import ClosureDeclared, Hours, HoursDeclared, Opening, SpecialDay, WorkCalendarPublished
from domain.acts.sla import SlaPolicyPublished
from domain.facts.helpdesk import CaseOpened, CaseResolved, ClockStarted, ClockStopped, FirstResponseSent, SlaBound
from domain.facts.hub import HubCalendarAdopted
from projections import figures
from projections.definitions import INDICATORS, VERSIONS
from tests.mirrors import empty
from tests.projections.histories import START, History

WEEK = tuple(Opening(day, "09:00", "18:00") for day in range(1, 6))
CHUSEOK = tuple(date(2025, 10, day) for day in (3, 6, 7, 8, 9))


def hour(text: str) -> float:
    """Hours since the start of a history."""
    return (datetime.fromisoformat(text).astimezone(UTC) - START) / timedelta(hours=1)


def published(tz: str, *closed: date, version: int = 1) -> WorkCalendarPublished:
    return WorkCalendarPublished(version=version, tz=tz, weekly_open=WEEK, closed_days=closed, source="test")


def bound(calendar: str, version: int = 1) -> SlaBound:
    return SlaBound(policy="desk", policy_version=1, calendar=calendar, calendar_version=version)


def minutes(history: History, code: str = "HD-02", version: int | None = None, **at: Any) -> list[float | None]:
    """The amounts behind a figure, case by case."""
    mirror = empty()
    mirror.apply(history.page())
    it = VERSIONS[code, version] if version else INDICATORS[code]
    with mirror.reading(**at) as reading:
        return figures.contributing_entries(reading, it)["amount"].to_pylist()


def answered(opened: str, *between: tuple[str, object], by: str) -> History:
    history = History()
    history.add("case:1", CaseOpened(topic="visa"), hour(opened))
    for when, fact in between:
        history.add("case:1", fact, hour(when))  # type: ignore[arg-type]
    history.add("case:1", FirstResponseSent(), hour(by))
    return history


@pytest.mark.parametrize(
    ("tz", "closed", "hours"),
    [
        ("Asia/Seoul", CHUSEOK, 9),
        ("Europe/Brussels", (), 54),
        ("America/New_York", (), 54),
        ("America/Los_Angeles", (), 54),
        ("Asia/Ho_Chi_Minh", (), 54),
    ],
)
def test_the_same_days_are_nine_hours_in_seoul_and_fifty_four_elsewhere(
    tz: str, closed: tuple[date, ...], hours: int
) -> None:
    history = answered("2025-10-02T08:00Z", by="2025-10-10T08:00Z")
    history.add("calendar:here", published(tz, *closed))
    history.add("case:1", bound("here"), hour("2025-10-02T08:01Z"))
    assert minutes(history) == [hours * 60]


def test_a_later_version_of_the_calendar_moves_nothing_that_was_bound_to_an_earlier() -> None:
    history = answered("2025-10-02T08:00Z", by="2025-10-10T08:00Z")
    history.add("calendar:KR", published("Asia/Seoul"))
    history.add("case:1", bound("KR"), hour("2025-10-02T08:01Z"))
    before = minutes(history)
    for n, day in enumerate(CHUSEOK, 2):
        history.add("calendar:KR", ClosureDeclared(version=n, day=day))
    assert minutes(history) == before == [54 * 60]
    history.add("case:1", bound("KR", 4), hour("2025-10-02T08:02Z"))
    assert minutes(history) == [27 * 60]


@pytest.mark.parametrize(
    ("opened", "by"),
    [("2025-03-28T08:00Z", "2025-03-31T07:00Z"), ("2025-10-24T07:00Z", "2025-10-27T08:00Z")],
    ids=["summer time begins", "summer time ends"],
)
def test_the_wall_clock_is_what_is_open_when_it_changes(opened: str, by: str) -> None:
    """Friday to Monday in Brussels, 09:00 to 09:00 on the wall: one working day."""
    history = answered(opened, by=by)
    history.add("calendar:BE", published("Europe/Brussels"))
    history.add("case:1", bound("BE"), hour(opened))
    assert minutes(history) == [9 * 60]


def test_stops_are_taken_off_where_the_calendar_is_open() -> None:
    history = answered(
        "2025-06-02T09:00Z",
        ("2025-06-02T10:00Z", ClockStopped(why="wait")),
        ("2025-06-02T10:30Z", ClockStopped(why="wait")),
        ("2025-06-02T11:00Z", ClockStarted()),
        ("2025-06-02T17:00Z", ClockStopped(why="wait")),
        ("2025-06-03T10:00Z", ClockStarted()),
        by="2025-06-03T12:00Z",
    )
    history.add("calendar:UTC", published("UTC"))
    history.add("case:1", bound("UTC"), hour("2025-06-02T09:00Z"))
    assert minutes(history) == [(9 + 3 - 1 - 1 - 1) * 60]


def test_a_case_without_an_sla_goes_by_what_its_hub_adopted_when_it_was_opened() -> None:
    history = answered("2025-06-02T09:00Z", by="2025-06-03T09:00Z")
    history.add("calendar:A", published("UTC"))
    history.add("calendar:A", published("UTC", date(2025, 6, 2), version=2))
    first = history.add("hub:EU", HubCalendarAdopted(calendar="A", calendar_version=1), hour("2025-06-20T00:00Z"))
    assert minutes(history) == [9 * 60]
    history.correct(
        first, HubCalendarAdopted(calendar="A", calendar_version=1), hour("2025-05-20T00:00Z"), "LATE_EVIDENCE"
    )
    history.add("hub:EU", HubCalendarAdopted(calendar="A", calendar_version=2), hour("2025-06-01T00:00Z"))
    assert minutes(history) == [0]


def test_without_a_calendar_there_is_no_figure_and_it_says_so() -> None:
    history = answered("2025-06-02T09:00Z", by="2025-06-03T09:00Z")
    history.add("case:1", bound("nobody"), hour("2025-06-02T09:00Z"))
    assert minutes(history) == [None]
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        assert figures.figures(reading, INDICATORS["HD-02"]).to_pylist() == [
            {"value": None, "evidence": 1, "missing": 1}
        ]
    assert minutes(history, version=1) == [24 * 60]


def test_what_was_answered_before_it_was_opened_took_no_time() -> None:
    history = answered("2025-06-03T09:00Z", by="2025-06-02T09:00Z")
    history.add("calendar:UTC", published("UTC"))
    history.add("case:1", bound("UTC"))
    assert minutes(history) == [0]


YEAR = {"covers_from": date(2025, 1, 1), "covers_until": date(2025, 12, 31)}
NEW_YEAR = (date(2025, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("by", "told"),
    [("2025-12-31T18:00Z", 120), ("2025-12-31T23:59Z", 120), ("2026-01-01T00:00Z", None), ("2026-01-02T09:00Z", None)],
)
def test_beyond_what_a_calendar_covers_a_clock_is_missing_and_irregular(by: str, told: int | None) -> None:
    history = answered("2025-12-31T16:00Z", by=by)
    case = history.position
    history.add("calendar:UTC", replace(published("UTC", *NEW_YEAR[:1]), **YEAR))
    first = history.add("case:1", bound("UTC"), hour("2025-12-31T16:00Z"))
    history.add("case:1", CaseResolved(), hour(by))
    assert (minutes(history), minutes(history, "HD-04")) == ([told], [told])
    assert irregular(history) == ([] if told else [case - 1])
    # A version that covers the days heals it.
    more = replace(published("UTC", *NEW_YEAR, version=2), **YEAR | {"covers_until": date(2026, 12, 31)})
    history.add("calendar:UTC", more)
    history.correct(first, bound("UTC", 2), hour("2025-12-31T16:00Z"))
    assert (minutes(history), minutes(history, "HD-04")) == ([120], [120])
    assert irregular(history) == []
    # What a calendar of before there was a coverage said, it says for ever.
    history.add("calendar:UTC", published("UTC", *NEW_YEAR[:1], version=3))
    history.correct(first, bound("UTC", 3), hour("2025-12-31T16:00Z"))
    assert minutes(history) == [660 if by == "2026-01-02T09:00Z" else 120]


def test_before_what_a_calendar_covers_a_clock_is_missing() -> None:
    history = answered("2024-12-31T16:00Z", by="2025-01-02T10:00Z")
    history.add("calendar:UTC", replace(published("UTC"), **YEAR))
    history.add("case:1", bound("UTC"), hour("2024-12-31T16:00Z"))
    assert (minutes(history), irregular(history)) == ([None], [1])


def test_what_a_calendar_covers_is_of_its_own_zone() -> None:
    history = answered("2025-12-31T06:00Z", by="2025-12-31T16:00Z")
    history.add("calendar:KR", replace(published("Asia/Seoul"), **YEAR))
    history.add("case:1", bound("KR"), hour("2025-12-31T06:00Z"))
    history.add("case:1", CaseResolved(), hour("2025-12-31T16:00Z"))
    assert (minutes(history), irregular(history)) == ([None], [1])


def irregular(history: History) -> list[int]:
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        return [
            it for (it,) in reading.rows("SELECT position FROM irregularity.case_clock_beyond_calendar ORDER BY ALL")
        ]


def desk_of_2025() -> History:
    """Two open cases of a desk whose calendar covers 2025: one promised an hour and a working day at the end of it."""
    history = History()
    history.add("case:1", CaseOpened(topic="visa"), hour("2025-12-30T09:00Z"))
    history.add("calendar:UTC", replace(published("UTC"), **YEAR))
    history.add("sla:desk", PROMISE)
    history.add("case:1", bound("UTC"), hour("2025-12-30T09:00Z"))
    return history


def test_an_open_case_has_working_days_in_the_half_years_that_its_calendar_covers_and_none_beyond() -> None:
    history = desk_of_2025()
    history.add("case:2", CaseOpened(topic="visa"), hour("2026-01-20T09:00Z"))
    assert minutes(history, "HD-06A", valid=datetime.fromisoformat("2025-12-31T14:00Z")) == [1]
    assert minutes(history, "HD-06A", valid=datetime.fromisoformat("2026-01-20T20:00Z")) == [1, None, None]


def test_a_promise_broken_within_the_days_that_the_calendar_covers_stays_broken_beyond_them() -> None:
    history = desk_of_2025()
    for now in ("2025-12-31T20:00Z", "2026-01-20T20:00Z", "2030-01-01T00:00Z"):
        assert minutes(history, "HD-03", valid=datetime.fromisoformat(now)) == [0]
    history.add("case:1", FirstResponseSent(), hour("2025-12-30T09:30Z"))
    history.add("case:1", CaseResolved(), hour("2026-01-20T09:30Z"))
    assert minutes(history, "HD-03", valid=datetime.fromisoformat("2030-01-01T00:00Z")) == [0]


def test_a_promise_whose_time_the_calendar_does_not_cover_is_missing_from_then_on() -> None:
    history = desk_of_2025()
    history.add("case:1", FirstResponseSent(), hour("2025-12-30T09:30Z"))
    history.add("case:1", ClockStopped(why="wait"), hour("2025-12-30T10:00Z"))
    history.add("case:1", ClockStarted(), hour("2025-12-31T12:00Z"))
    mirror = empty()
    mirror.apply(history.page())
    for now, told in (
        ("2025-12-31T23:59Z", []),
        ("2026-01-01T00:00Z", [(None, "2026-01-01 00:00")]),
        ("2030-01-01T00:00Z", [(None, "2026-01-01 00:00")]),
    ):
        with mirror.reading(valid=datetime.fromisoformat(now)) as reading:
            rows = figures.contributing_entries(reading, INDICATORS["HD-03"]).to_pylist()
        assert [(row["amount"], f"{row['occurred_at']:%Y-%m-%d %H:%M}") for row in rows] == told
    history.add("case:1", CaseResolved(), hour("2026-01-20T09:30Z"))
    assert minutes(history, "HD-03") == [None]


SPECIAL = date(2025, 6, 7)
"""A Saturday."""


@pytest.mark.parametrize(
    ("day", "hours", "told"),
    [
        (SPECIAL, (Hours("09:00", "13:00"),), 9 + 4),
        (date(2025, 6, 6), (Hours("09:00", "12:00"), Hours("14:00", "15:00")), 4),
        (date(2025, 6, 9), (Hours("09:00", "10:00"),), 9),
        (date(2025, 6, 8), (Hours("00:00", "24:00"),), 9 + 24),
    ],
)
def test_a_day_of_its_own_hours_counts_by_those(day: date, hours: tuple[Hours, ...], told: int) -> None:
    """From Friday 09:00 to Monday 09:00, on which the week alone leaves 9 hours."""
    for closed in ((), (day,)):
        history = answered("2025-06-06T09:00Z", by="2025-06-09T09:00Z")
        history.add("calendar:UTC", replace(published("UTC", *closed), special_days=(SpecialDay(day, hours),)))
        history.add("case:1", bound("UTC"), hour("2025-06-06T09:00Z"))
        assert minutes(history) == [told * 60]
    history = answered("2025-06-06T09:00Z", by="2025-06-09T09:00Z")
    history.add("calendar:UTC", published("UTC"))
    history.add("calendar:UTC", HoursDeclared(version=2, special=SpecialDay(day, hours)))
    history.add("calendar:UTC", ClosureDeclared(version=3, day=date(2025, 6, 10)))
    for version, expected in ((1, 9), (2, told), (3, told)):
        history.add("case:1", bound("UTC", version), hour("2025-06-06T09:00Z"))
        assert minutes(history) == [expected * 60]


PROMISE = SlaPolicyPublished(
    version=1, first_response_minutes={"normal": 60}, resolve_minutes={"normal": 540}, stop_reasons=("wait",)
)


def compliance(*facts: tuple[str, object], now: str) -> list[tuple[object, ...]]:
    """Amount and day of each case behind HD-03, promised an hour and a working day from Monday 09:00 on."""
    history = History()
    history.add("calendar:UTC", published("UTC"))
    history.add("sla:desk", PROMISE)
    history.add("case:1", CaseOpened(topic="visa"), hour("2025-06-02T09:00Z"))
    history.add("case:1", bound("UTC"), hour("2025-06-02T09:00Z"))
    for when, fact in facts:
        history.add("case:1", fact, hour(when))  # type: ignore[arg-type]
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading(valid=datetime.fromisoformat(now)) as reading:
        rows = figures.contributing_entries(reading, INDICATORS["HD-03"]).to_pylist()
    assert all(row["effective_at"] == row["occurred_at"] for row in rows), "a promise counts when it is decided"
    return [(row["amount"], f"{row['occurred_at']:%m-%d %H:%M}") for row in rows]


def test_a_promise_is_kept_to_the_last_minute_over_night_and_broken_after_it() -> None:
    kept = ("2025-06-02T10:00Z", FirstResponseSent())
    late = ("2025-06-02T10:01Z", FirstResponseSent())
    done = ("2025-06-02T18:00Z", CaseResolved())
    overnight = ("2025-06-03T09:00Z", CaseResolved())
    after = ("2025-06-03T09:01Z", CaseResolved())
    assert compliance(kept, done, now="2025-06-30T00:00Z") == [(1, "06-02 18:00")]
    assert compliance(kept, overnight, now="2025-06-30T00:00Z") == [(1, "06-03 09:00")]
    assert compliance(kept, after, now="2025-06-30T00:00Z") == [(0, "06-03 09:00")]
    assert compliance(late, done, now="2025-06-30T00:00Z") == [(0, "06-02 18:00")]


def test_a_promise_runs_out_by_itself_while_its_clock_runs() -> None:
    kept = ("2025-06-02T10:00Z", FirstResponseSent())
    assert compliance(kept, now="2025-06-03T08:59Z") == []
    assert compliance(kept, now="2025-06-04T00:00Z") == [(0, "06-03 09:00")]
    stopped = ("2025-06-02T12:00Z", ClockStopped(why="wait"))
    started = ("2025-06-05T09:00Z", ClockStarted())
    assert compliance(kept, stopped, now="2025-06-30T00:00Z") == []
    assert compliance(kept, stopped, started, now="2025-06-30T00:00Z") == [(0, "06-05 15:00")]
