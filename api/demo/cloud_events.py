"""CloudEvents as a demo posts them, and the days on which it does."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from domain.period import SEOUL

YEAR = 2025

Event = dict[str, Any]
"""A CloudEvent; one that corrects has `corrects`, the id of what it corrects, in place of data.entry, and one that
deposits a file has `file`, its bytes."""


class Posting(NamedTuple):
    """What reaches the record at one moment, and who posts it."""

    now: datetime
    posts: dict[str, list[Event]]


def cloud_event(stream: str, type_: str, at: datetime, data: Event, id_: str = "") -> Event:
    return {
        "specversion": "1.0",
        "id": id_ or f"{stream}/{type_}/{at.astimezone(UTC):%m%dT%H%M}",
        "source": f"demo/{stream.partition(':')[0]}",
        "type": type_,
        "subject": stream,
        "time": at.isoformat(),
        "data": data,
    }


def morning(day: date) -> datetime:
    """Ten in the morning, in Seoul."""
    return in_seoul(datetime.combine(day, time(10)))


def office_hours(day: date) -> datetime:
    """A moment between ten and half past five in Seoul, of each day another."""
    return in_seoul(datetime.combine(day, time(10)) + timedelta(minutes=day.toordinal() * 197 % 450))


def in_seoul(moment: datetime) -> datetime:
    """A moment given in Seoul time, in UTC."""
    return moment.replace(tzinfo=SEOUL).astimezone(UTC)
