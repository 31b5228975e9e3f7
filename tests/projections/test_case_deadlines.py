"""Clocks of open cases: which one, what was promised, how much ran, when it is due, and what is breached next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.acts.calendar import Opening, WorkCalendarPublished
from domain.acts.sla import SlaPolicyPublished
from domain.facts import helpdesk
from domain.record import FOREVER
from projections.mirror import public_views
from projections.mirror.snapshot import Reading
from tests.mirrors import empty
from tests.projections import clocks
from tests.projections.histories import History, at, histories
from tests.projections.oracle import Oracle, folded, place, rows

FAR = timedelta(days=180)
"""A moment that far ahead need not be told."""

OPEN = ("open", "triaged", "in_progress", "waiting")
MONDAY = 24 * 4.0
"""Hours from the start of May 2025 to Monday, 5 May, 09:00 in Seoul."""


def desk(*happened: tuple[str, helpdesk.CaseFact, float]) -> History:
    """A desk that is open from nine to six on weekdays in Seoul and promises an answer in 60 minutes, an end in 600."""
    history = History()
    weekly = tuple(Opening(it, "09:00", "18:00") for it in range(1, 6))
    history.add("calendar:A", WorkCalendarPublished(version=1, tz="Asia/Seoul", weekly_open=weekly, source="x"), 0)
    promised = SlaPolicyPublished(
        version=1, first_response_minutes={"normal": 60}, resolve_minutes={"normal": 600}, stop_reasons=("x",)
    )
    history.add("sla:desk", promised, 0)
    for key, fact, hour in happened:
        history.add(f"case:{key}", fact, hour)
    return history


OPENED = helpdesk.CaseOpened(topic="visa")
BOUND = helpdesk.SlaBound(policy="desk", policy_version=1, calendar="A", calendar_version=1)


def shown(history: History, valid: float) -> dict[tuple[str, str], tuple[Any, ...]]:
    mirror = empty()
    mirror.apply(history.page())
    mirror.settle()
    with mirror.reading(valid=at(valid)) as own, mirror.figure_reading(valid=at(valid)) as shared:
        found = [public_views.view(it, "case_deadlines").to_pylist() for it in (own, shared)]
        assert found[0] == found[1]
        assert {it["stream"]: it["clocks"] for it in public_views.view(own, "cases").to_pylist() if it["clocks"]} == {
            stream: [
                {name: row[name] for name in row.keys() - {"stream", "hub", "breached"}}
                for row in sorted(found[0], key=lambda row: str(row["clock"]))
                if row["stream"] == stream
            ]
            for stream in {row["stream"] for row in found[0]}
        }
    mirror.close()
    names = ("promised_minutes", "run_minutes", "due", "state", "breached", "breaches_next")
    return {(it["stream"][5:], it["clock"]): tuple(it[name] for name in names) for it in found[0]}


def utc(hour: float) -> datetime:
    return at(hour).replace(tzinfo=None)


def test_a_running_clock_says_what_ran_and_when_it_is_due_and_the_nearer_is_breached_next() -> None:
    history = desk(("1", OPENED, MONDAY), ("1", BOUND, MONDAY))
    assert shown(history, MONDAY + 0.5) == {
        ("1", "first_response"): (60, 30, utc(MONDAY + 1), "running", False, True),
        ("1", "resolve"): (600, 30, utc(MONDAY + 25), "running", False, False),
    }
    assert shown(history, MONDAY + 1)["1", "first_response"][3] == "running", "the last moment is in time"
    late = shown(history, MONDAY + 2)
    assert late["1", "first_response"] == (60, 120, utc(MONDAY + 1), "breached", True, False)
    assert late["1", "resolve"][3:] == ("running", False, True)


def test_a_clock_that_ended_says_whether_in_time_and_a_stopped_one_is_not_due() -> None:
    history = desk(
        ("1", OPENED, MONDAY), ("1", BOUND, MONDAY), ("1", helpdesk.FirstResponseSent(), MONDAY + 0.75),
        ("1", helpdesk.ClockStopped(why="x"), MONDAY + 2),
        ("2", OPENED, MONDAY), ("2", BOUND, MONDAY), ("2", helpdesk.FirstResponseSent(), MONDAY + 1.5),
        ("2", helpdesk.ClockStopped(why="a reason that the policy does not list"), MONDAY + 2),
    )  # fmt: skip
    assert shown(history, MONDAY + 48) == {
        ("1", "first_response"): (60, 45, utc(MONDAY + 1), "met", False, False),
        ("1", "resolve"): (600, 120, None, "stopped", False, False),
        ("2", "first_response"): (60, 90, utc(MONDAY + 1), "breached", True, False),
        ("2", "resolve"): (600, 1080, utc(MONDAY + 25), "breached", True, False),
    }


def test_what_is_promised_nothing_or_has_no_calendar_says_so_and_what_is_over_has_no_clocks() -> None:
    unknown = helpdesk.SlaBound(policy="desk", policy_version=1, calendar="B", calendar_version=1)
    history = desk(
        ("1", OPENED, MONDAY), ("2", OPENED, MONDAY), ("2", unknown, MONDAY),
        ("3", OPENED, MONDAY), ("3", helpdesk.CaseResolved(), MONDAY + 1), ("4", OPENED, MONDAY),
        ("4", helpdesk.CaseMerged(into="1"), MONDAY), ("5", OPENED, MONDAY), ("5", BOUND, MONDAY),
        ("5", helpdesk.CaseResolved(), MONDAY + 1), ("5", helpdesk.CaseReopened(why="x"), MONDAY + 2),
    )  # fmt: skip
    found = shown(history, MONDAY + 3)
    assert {it: row[3] for it, row in found.items()} == {
        ("1", "first_response"): "unpromised",
        ("1", "resolve"): "unpromised",
        ("2", "first_response"): "unknown",
        ("2", "resolve"): "unknown",
        ("5", "first_response"): "breached",
        ("5", "resolve"): "running",
    }
    assert [found["1", "resolve"][at_] for at_ in (0, 1, 2, 4)] == [None] * 4
    assert found["2", "resolve"] == (600, None, None, "unknown", None, False)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), valid=st.one_of(st.none(), st.integers(0, 1990)))
def test_clocks_of_any_record_are_those_that_walking_over_days_gives(history: History, valid: int | None) -> None:
    mirror = empty(threads=1)
    mirror.apply(history.page())
    moment = None if valid is None else at(valid)
    with mirror.reading(valid=moment) as reading:
        assert told(reading) == walked(history, moment)
    mirror.close()


def told(reading: Reading) -> dict[tuple[str, str], Any]:
    ((now,),) = reading.rows("SELECT ends_at FROM cut")
    return {
        (it["stream"], it["clock"]): (
            it["promised_minutes"],
            _rounded(it["run_minutes"]),
            it["due"] if it["due"] is None or it["due"] <= now + FAR else None,
            it["state"],
        )
        for it in public_views.view(reading, "case_deadlines").to_pylist()
    }


def walked(history: History, valid: datetime | None) -> dict[tuple[str, str], Any]:
    oracle = Oracle(history, FOREVER, valid)
    found = {}
    for held in oracle.of("case"):
        opened = rows(held, helpdesk.CaseOpened)
        if not opened or folded(helpdesk, held).status not in OPEN:
            continue
        since = opened[0].entry.occurred_at
        reopened = max((place(row) for row in rows(held, helpdesk.CaseReopened)), default=None)
        standing = [row for row in held if reopened is None or place(row) > reopened]
        done = rows(standing, helpdesk.CaseResolved) or rows(standing, helpdesk.CaseClosed)
        ends = {"answer": rows(held, helpdesk.FirstResponseSent)[:1], "resolve": done[-1:]}
        version, spans = oracle.clocks.calendar_of(held), oracle.clocks.running(held)
        promised = oracle.clocks.promises(held)
        for clock, name in (("answer", "first_response"), ("resolve", "resolve")):
            ended = next((row.entry.occurred_at for row in ends[clock]), None)
            stops = folded(helpdesk, oracle.clocks.allowed(held)).stops
            still = stops[-1].began if stops and stops[-1].ended is None else None
            now = ended or still or oracle.cut
            known = version is not None and clocks.told(version, since, max(since, now))
            begun = version is not None and clocks.told(version, since)
            run = clocks.minutes(spans or [], now) if known else None
            due = oracle.clocks.deadline(spans or [], promised[clock]) if begun and clock in promised else None
            if clock not in promised:
                state = "unpromised"
            elif due and now > due:
                state = "breached"
            elif run is None:
                state = "unknown"
            elif ended:
                state = "met"
            else:
                state = "stopped" if still else "running"
            stream = held[0].entry.stream
            far = due is not None and due > oracle.cut + FAR
            shown_due = None if due is None or far else due.astimezone(UTC).replace(tzinfo=None)
            found[stream, name] = (promised.get(clock), _rounded(run), shown_due, state)
    return found


def _rounded(minutes: float | None) -> Any:
    return None if minutes is None else pytest.approx(minutes)
