"""A year of ten hubs that never was: seeded, with late facts, corrections, irregularities and duplicates."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from api.demo.cloud_events import YEAR, Event, Posting, cloud_event, morning
from api.demo.course import HUBS, STORY, SimulatedHub
from api.demo.hub_history import find_in_ledger, load_history
from api.demo.hub_teller import END
from api.demo.hub_year import HubYear
from domain.period import SEOUL

OF_DESIGNATION = ("name_ko", "name_en", "ministry", "region", "city", "country", "tz")


def designations() -> Iterator[tuple[SimulatedHub, Event]]:
    """What the secretariat posts first."""
    for hub in HUBS:
        data: dict[str, Any] = {name: getattr(hub, name) for name in OF_DESIGNATION}
        data |= {"designated_on": "2024-12-06", "decision_ref": "GRDSC-2024-12"}
        yield hub, cloud_event(f"hub:{hub.id}", "hub.designated", datetime(2024, 12, 6, 1, tzinfo=UTC), data)


def calendars() -> Iterator[Event]:
    """The working week of each hub, published by the secretariat, and that the hub works by it."""
    week = [{"weekday": day, "opens": "09:00", "closes": "18:00"} for day in range(1, 6)]
    closed = [f"{year}-{day}" for year in (YEAR, YEAR + 1) for day in ("01-01", "12-25")]
    covered = {"covers_from": f"{YEAR}-01-01", "covers_until": f"{YEAR + 1}-12-31"}
    for hub in HUBS:
        at = datetime(2024, 12, 6, 1, 30, tzinfo=UTC)
        data = {"version": 1, "tz": hub.tz, "weekly_open": week, "closed_days": closed, "source": "simulated"}
        data |= covered
        yield cloud_event(f"calendar:{hub.id}", "calendar.published", at, data)
        yield cloud_event(f"hub:{hub.id}", "hub.calendar_adopted", at, {"calendar": hub.id, "calendar_version": 1})


def year(seed: int, scale: float = 1.0) -> list[Posting]:
    """The year in days. `scale` multiplies how much happens; 1 is about 12,000 events."""
    posts: dict[datetime, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for hub in HUBS:
        hub_year = HubYear(hub, random.Random(f"{seed}/{hub.id}"))  # noqa: S311  a story, not a secret
        for happens, count in (
            (hub_year.case, 100),
            (hub_year.exchange, 60),
            (hub_year.project, 9),
            (hub_year.expansion, 6),
        ):
            for n in range(round(count * scale)):
                happens(n)
        hub_year.events = _outside_suspension(hub, hub_year.events)
        load_history(hub_year)
        if hub == HUBS[0]:
            find_in_ledger(hub_year)
        for recorded_at, event in hub_year.events:
            if recorded_at < END:
                posts[_evening(recorded_at)][hub.id].append(event)
    return [Posting(now, dict(posts[now])) for now in sorted(posts)]


def _outside_suspension(hub: SimulatedHub, events: list[tuple[datetime, Event]]) -> list[tuple[datetime, Event]]:
    """A suspended hub does nothing meanwhile: without the streams on which it would have."""
    if hub.id != STORY.suspension.hub:
        return events
    began, ended = morning(STORY.suspension.on) - timedelta(hours=10), morning(STORY.suspension.until)
    at_work = {
        event["subject"]
        for _, event in events
        if "corrects" not in event and began <= datetime.fromisoformat(event["time"]) <= ended
    }
    return [it for it in events if it[1]["subject"] not in at_work]


def _evening(moment: datetime) -> datetime:
    """The end of the day in Seoul: then a hub posts what it got round to on it."""
    local = moment.astimezone(SEOUL)
    return (local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).astimezone(UTC)
