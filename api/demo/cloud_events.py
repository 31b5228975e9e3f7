"""CloudEvents as a demo posts them, and the days on which it does."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from domain.period import SEOUL

YEAR = 2025

Event = dict[str, Any]
"""A CloudEvent; one that corrects has `corrects`, the id of what it corrects, in place of data.entry."""


class Step(NamedTuple):
    """What reaches the record at one moment, by whoever posts it."""

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
    return datetime.combine(day, time(10), SEOUL).astimezone(UTC)
