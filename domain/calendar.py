"""Work calendar (근무 달력) of a place, in versions: an act of the house, judged as it is made.

A version never changes. A clock runs on the version that it was bound to; a holiday announced later (임시공휴일) is a
new version, so that what was counted before stays as it was counted.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, TypeAlias, assert_never

import msgspec
from msgspec import Meta

from domain.record import Entry, Fact, Refused
from domain.values import Text, Zone

Clock: TypeAlias = Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""A time of day on the wall, 00:00 to 24:00."""


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Open hours of a weekday, 1 (Monday) to 7 (Sunday) as in ISO 8601."""

    weekday: int
    opens: Clock
    closes: Clock

    def __post_init__(self) -> None:
        if not 1 <= self.weekday <= 7:
            raise ValueError("weekday is 1 (Monday) to 7 (Sunday)")
        if self.opens >= self.closes:
            raise ValueError("an opening closes after it opens")


class WorkCalendarPublished(Fact, frozen=True, tag="calendar.published"):
    """A version, whole: the zone, the hours of each weekday, and the days on which it is closed."""

    version: int
    tz: Zone
    weekly_open: tuple[Opening, ...]
    source: Text
    closed_days: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        hours = sorted((it.weekday, it.opens, it.closes) for it in self.weekly_open)
        for (day, _, closes), (next_day, opens, _) in pairwise(hours):
            if day == next_day and opens < closes:
                raise ValueError(f"the openings of weekday {day} overlap")


class ClosureDeclared(Fact, frozen=True, tag="calendar.closure_declared"):
    """One more closed day (대체공휴일, 임시공휴일): makes the version after the last, which differs in nothing else."""

    version: int
    day: date
    announced_on: date | None = None
    name: Text | None = None


CalendarFact: TypeAlias = WorkCalendarPublished | ClosureDeclared


class Version(msgspec.Struct, frozen=True):
    tz: str
    weekly_open: tuple[Opening, ...]
    closed_days: frozenset[date]


class Calendar(msgspec.Struct, frozen=True):
    """Where it stands.

    version 1 > version 2 > ... ; each published whole, or declared as one more closed day than the version before
    """

    versions: tuple[Version, ...] = ()

    @property
    def status(self) -> str:
        return "published" if self.versions else "none"


initial = Calendar()


def judge(calendar: Calendar, entry: Entry[CalendarFact]) -> None:
    """Raises Refused unless this is the version that follows, and a closure closes a day that was open."""
    expected = len(calendar.versions) + 1
    if entry.fact.version != expected:
        raise Refused(
            "calendar.wrong_version",
            f"the next version of this calendar is {expected}; a version never changes",
            version=entry.fact.version,
            expected=expected,
        )
    match entry.fact:
        case ClosureDeclared(day=day):
            if not calendar.versions:
                raise Refused("calendar.unpublished", "a closure changes a calendar that is published", day=day)
            if day in calendar.versions[-1].closed_days:
                raise Refused("calendar.already_closed", f"{day} is a closed day already", day=day)
        case WorkCalendarPublished():
            return


def evolve(calendar: Calendar, entry: Entry[CalendarFact]) -> Calendar:
    match entry.fact:
        case WorkCalendarPublished(tz=tz, weekly_open=weekly_open, closed_days=closed_days):
            return Calendar((*calendar.versions, Version(tz, weekly_open, frozenset(closed_days))))
        case ClosureDeclared(day=day):
            last = calendar.versions[-1] if calendar.versions else Version("UTC", (), frozenset())
            return Calendar((*calendar.versions, Version(last.tz, last.weekly_open, last.closed_days | {day})))
        case unknown:
            assert_never(unknown)
