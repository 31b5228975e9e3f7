"""Work calendar (근무 달력) of a place, in versions: an act, judged as it is made.

A version never changes. A clock runs on the version that it was bound to; a holiday announced later (임시공휴일) is a
new version, so that what was counted before stays as it was counted. A version that was published wrongly is withdrawn
(철회): clocks bound to it are missing until they are bound to another.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, TypeAlias, assert_never

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from domain.acts.versions import Versions
from domain.messages import Invalid
from domain.record import Entry, Fact, Refused
from domain.values import Text, Zone, check_order

TimeOfDay: TypeAlias = Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""A time of day on the wall, 00:00 to 24:00."""


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Open hours of a weekday, 1 (Monday) to 7 (Sunday) as in ISO 8601."""

    weekday: int
    opens: TimeOfDay
    closes: TimeOfDay

    def __post_init__(self) -> None:
        if not 1 <= self.weekday <= 7:
            raise Invalid("value.weekday")
        if self.opens >= self.closes:
            raise Invalid("value.opening")


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Open hours of one day."""

    opens: TimeOfDay
    closes: TimeOfDay

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise Invalid("value.opening")


class SpecialDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day with hours of its own in place of its weekday's, whether it would be closed or open: a working day moved to
    a weekend (대체근무), a shortened one (단축근무)."""

    day: date
    hours: Annotated[tuple[Hours, ...], Meta(min_length=1, max_length=8)]

    def __post_init__(self) -> None:
        hours = sorted((it.opens, it.closes) for it in self.hours)
        if any(opens < closes for (_, closes), (opens, _) in pairwise(hours)):
            raise Invalid("value.day_overlap", day=self.day)


class WorkCalendarPublished(Fact, frozen=True, tag="calendar.published"):
    """A version, whole: the zone, the hours of each weekday, the closed days, and the days with other hours.

    It covers the days from `covers_from` to `covers_until`, both included: for those its closed days are known. Before
    and beyond, no clock can be told. Versions of before there was a coverage say nothing of it and go on for ever.
    """

    version: int
    tz: Zone
    weekly_open: tuple[Opening, ...]
    source: Text
    closed_days: tuple[date, ...] = ()
    covers_from: date | None = None
    covers_until: date | None = None
    special_days: tuple[SpecialDay, ...] = ()

    def __post_init__(self) -> None:
        hours = sorted((it.weekday, it.opens, it.closes) for it in self.weekly_open)
        for (day, _, closes), (next_day, opens, _) in pairwise(hours):
            if day == next_day and opens < closes:
                raise Invalid("value.weekday_overlap", day=day)
        if (self.covers_from is None) != (self.covers_until is None):
            raise Invalid("value.coverage")
        check_order(self.covers_from, self.covers_until, "what the calendar covers")
        if len({it.day for it in self.special_days}) != len(self.special_days):
            raise Invalid("value.special_twice")


class ClosureDeclared(Fact, frozen=True, tag="calendar.closure_declared"):
    """One more closed day (대체공휴일, 임시공휴일): makes the version after the last, which differs in nothing else."""

    version: int
    day: date
    announced_on: date | None = None
    name: Text | None = None


class HoursDeclared(Fact, frozen=True, tag="calendar.hours_declared"):
    """One more day with hours of its own (대체근무, 단축근무): makes the version after the last, which differs in
    nothing else."""

    version: int
    special: SpecialDay
    announced_on: date | None = None
    name: Text | None = None


class CalendarWithdrawn(Fact, frozen=True, tag="calendar.withdrawn"):
    """A version of a calendar was wrong (공표 철회). It counts as not there; its number is not used again."""

    version: int
    reason: Text


CalendarFact: TypeAlias = WorkCalendarPublished | ClosureDeclared | HoursDeclared | CalendarWithdrawn


class Version(msgspec.Struct, frozen=True):
    """`on` is the version that it is with one more day, 0 of one that was published whole."""

    tz: str
    weekly_open: tuple[Opening, ...]
    closed_days: frozenset[date]
    special_days: tuple[SpecialDay, ...] = ()
    covers_from: date | None = None
    covers_until: date | None = None
    on: int = 0

    def covers(self, day: date) -> bool:
        return (self.covers_from or day) <= day <= (self.covers_until or day)


class Calendar(Versions[Version], frozen=True):
    """The state of a calendar, folded from its facts.

    version 1 > version 2 > ... ; each published whole, or declared as one more day than the last that stands ;
    any > withdrawn, unless one that stands was declared on it
    """


initial = Calendar()


def judge(calendar: Calendar, entry: Entry[CalendarFact]) -> None:
    """Raises Refused unless this is the next version, and a declaration changes the last version in force; or it
    withdraws a version in force on which no other was declared."""
    match entry.fact:
        case CalendarWithdrawn(version=version):
            _judge_withdrawal(calendar, version)
            return
        case ClosureDeclared(version=version, day=day):
            last = _judge_day(calendar, day)
            if last is not None and day in last.closed_days:
                raise Refused("calendar.already_closed", day=day)
        case HoursDeclared(version=version, special=SpecialDay(day=day)):
            _judge_day(calendar, day)
        case WorkCalendarPublished(version=version, covers_from=covered):
            if covered is None:
                raise Refused("calendar.no_coverage")
    calendar.check_next("calendar.wrong_version", version)


def _judge_withdrawal(calendar: Calendar, version: int) -> None:
    calendar.check_standing("calendar.not_standing", version)
    if upon := [number for number, it in calendar.standing.items() if it.on == version]:
        raise Refused("calendar.built_upon", version=version, declared_on_it=upon, later=max(upon))


def _judge_day(calendar: Calendar, day: date) -> Version | None:
    """The last version in force. Raises Refused unless one more day can be declared on it."""
    standing = calendar.standing
    if not standing:
        raise Refused("calendar.unpublished", day=day)
    last = standing[max(standing)]
    if not last.covers(day):
        raise Refused("calendar.not_covered", day=day, covers_from=last.covers_from, covers_until=last.covers_until)
    if any(it.day == day for it in last.special_days):
        raise Refused("calendar.already_special", day=day)
    return last


def evolve(calendar: Calendar, entry: Entry[CalendarFact]) -> Calendar:
    match entry.fact:
        case WorkCalendarPublished() as it:
            closed, special = frozenset(it.closed_days), it.special_days
            made = Version(it.tz, it.weekly_open, closed, special, it.covers_from, it.covers_until)
        case ClosureDeclared(day=day):
            last = _last(calendar)
            made = replace(last, closed_days=last.closed_days | {day})
        case HoursDeclared(special=declared):
            last = _last(calendar)
            made = replace(last, special_days=(*last.special_days, declared))
        case CalendarWithdrawn(version=version):
            return calendar.without(version)
        case unknown:
            assert_never(unknown)
    return calendar.followed_by(made)


def _last(calendar: Calendar) -> Version:
    """The last version in force, as the base that another is declared on."""
    standing = calendar.standing
    number = max(standing, default=0)
    return replace(standing.get(number, Version("UTC", (), frozenset())), on=number)
