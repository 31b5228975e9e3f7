"""Clocks of cases once more, by walking over days: what the calendars leave open, less what stopped them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from domain.acts import calendar, sla
from domain.facts import helpdesk, hub
from domain.record import Recorded

MINUTE = timedelta(minutes=1)
FIRST, LAST = date(2022, 1, 1), date(2026, 6, 30)
"""No history of the tests goes beyond these days."""

Span = tuple[datetime, datetime]
Held = list[Recorded[Any]]


@cache
def open_hours(version: calendar.Version) -> list[tuple[date, Span]]:
    """Every opening, by day."""
    zone = ZoneInfo(version.tz)
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days)]
    return sorted(
        (day, (_at(day, hours.opens, zone), _at(day, hours.closes, zone)))
        for day in days
        if version.covers(day)
        for hours in _hours(version, day)
    )


def _hours(version: calendar.Version, day: date) -> list[Any]:
    """The last that was said of a day's own hours, else those of its weekday."""
    special = {it.day: it.hours for it in version.special_days}
    if day in special:
        return [*special[day]]
    return [it for it in version.weekly_open if it.weekday == day.isoweekday() and day not in version.closed_days]


def told(version: calendar.Version, *moments: datetime) -> bool:
    """Whether the calendar covers the days of these moments."""
    return all(version.covers(it.astimezone(ZoneInfo(version.tz)).date()) for it in moments)


def after(version: calendar.Version) -> datetime:
    """The first moment that the calendar does not cover."""
    assert version.covers_until is not None
    return _at(version.covers_until, "24:00", ZoneInfo(version.tz))


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime.combine(day + timedelta(days=hour // 24), time(hour % 24, minute), zone).astimezone(UTC)


class Clocks:
    """The versions of calendars and policies that a record knows, and when each hub adopted which."""

    def __init__(self, recorded: Iterable[Recorded[Any]], streams: dict[str, Held]) -> None:
        calendars: dict[str, calendar.Calendar] = {}
        self.policies: dict[tuple[str, int], sla.SlaPolicyPublished] = {}
        for row in recorded:
            kind, _, key = row.entry.stream.partition(":")
            if kind == "calendar":
                calendars[key] = calendar.evolve(calendars.get(key, calendar.initial), row.entry)
            if kind == "sla":
                self.policies[key, row.entry.fact.version] = row.entry.fact
        self.versions = {(key, n): it for key, all_ in calendars.items() for n, it in all_.standing.items()}
        self.adopted = {
            name.partition(":")[2]: [row.entry for row in held if isinstance(row.entry.fact, hub.HubCalendarAdopted)]
            for name, held in streams.items()
        }

    def calendar_of(self, held: Held) -> calendar.Version | None:
        """The version that the clocks of a case run on; it must have been opened."""
        bound = [row.entry.fact for row in held if isinstance(row.entry.fact, helpdesk.SlaBound)]
        if bound:
            return self.versions.get((bound[-1].calendar, bound[-1].calendar_version))
        opened = next(row.entry for row in held if isinstance(row.entry.fact, helpdesk.CaseOpened))
        adopted = self.adopted.get(opened.hub, [])
        in_force = [it for it in adopted if it.occurred_at <= opened.occurred_at][-1:] or adopted[:1]
        return self.versions.get((in_force[0].fact.calendar, in_force[0].fact.calendar_version)) if in_force else None

    def running(self, held: Held) -> list[Span] | None:
        """When the clocks of a case ran, None where no calendar says so."""
        version = self.calendar_of(held)
        if version is None:
            return None
        state = helpdesk.initial
        for row in self.allowed(held):
            state = helpdesk.evolve(state, row.entry)
        assert state.opened_at is not None
        spans = [(max(start, state.opened_at), end) for _, (start, end) in open_hours(version) if end > state.opened_at]
        for stop in state.stops:
            spans = [it for span in spans for it in _without(span, stop.began, stop.ended)]
        return spans

    def allowed(self, held: Held) -> Held:
        """Without the stops for which the policy in force at that time lists no reason."""
        found, policy = [], None
        for row in held:
            if isinstance(row.entry.fact, helpdesk.SlaBound):
                policy = self.policies.get((row.entry.fact.policy, row.entry.fact.policy_version))
            stops = isinstance(row.entry.fact, helpdesk.ClockStopped)
            if not (stops and policy and row.entry.fact.why not in policy.stop_reasons):
                found.append(row)
        return found

    def deadline(self, spans: list[Span], minutes: int) -> datetime | None:
        """The last moment at which no more than so many minutes have run."""
        left = minutes * MINUTE
        for start, end in spans:
            if end - start > left:
                return start + left
            left -= end - start
        return None

    def promises(self, held: Held) -> dict[str, int]:
        """Minutes promised, by clock."""
        bound = [row.entry.fact for row in held if isinstance(row.entry.fact, helpdesk.SlaBound)]
        severity = [
            row.entry.fact.severity
            for row in held
            if isinstance(row.entry.fact, helpdesk.CaseOpened | helpdesk.CaseTriaged)
        ]
        policy = self.policies.get((bound[-1].policy, bound[-1].policy_version)) if bound else None
        if policy is None or not severity:
            return {}
        promised = {"answer": policy.first_response_minutes, "resolve": policy.resolve_minutes}
        return {name: by[severity[-1]] for name, by in promised.items() if severity[-1] in by}


def _without(span: Span, began: datetime, ended: datetime | None) -> list[Span]:
    start, end = span
    before = (start, min(end, began))
    after = (max(start, ended), end) if ended else (end, end)
    return [it for it in (before, after) if it[0] < it[1]] if began < end else [span]


def minutes(spans: list[Span], until: datetime) -> float:
    run = sum((min(end, until) - start for start, end in spans if start < until), timedelta())
    return run / MINUTE


def working_days(version: calendar.Version, begin: datetime, end: datetime) -> int:
    """Days whose opening lies behind one moment, up to another."""
    return len({day for day, (start, _) in open_hours(version) if start <= end}) - len(
        {day for day, (start, _) in open_hours(version) if start <= begin}
    )
