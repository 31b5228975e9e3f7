"""The helpdesk (헬프데스크): what is open at each hub, and what is late next by the hub's own calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from icalendar import Calendar, Event

from api.reads import catalogue
from api.web.listing import checked, chosen, hub_choice, narrowed, sheet
from api.web.page import Page, Row
from domain.words import PAGES

OPEN = ("open", "triaged", "in_progress", "waiting")
"""The statuses of a case that is not done."""

STATES = ("breached", "running", "stopped", "met", "unpromised", "unknown")
"""How a clock may stand, the worst first."""

FIELDS = "stream,hub,status,topic,severity,opened_at,level,referred_to,referral_due_on"


def helpdesk(page: Page) -> Mapping[str, Any]:
    of_hub = chosen(page, "hub")
    whole = page.table(catalogue.VIEW, {"view": "case_deadlines"}, *of_hub)
    withheld, clocks = page.withheld, whole.to_pylist()
    first = sorted(range(len(clocks)), key=lambda at: (STATES.index(clocks[at]["state"]), str(clocks[at]["due"])))
    listed = narrowed(page, whole.take(pa.array(first, pa.int64())), "state")
    cases = page.rows(
        *(catalogue.VIEW, {"view": "cases"}),
        *(*of_hub, ("where", f"status={','.join(OPEN)}"), ("fields", FIELDS)),
    )
    queues = _queues(page, cases, clocks)
    return {
        "sheet": sheet(page, listed),
        "withheld": withheld,
        "cases": {row["stream"]: row for row in cases},
        "queues": queues,
        "most": max((it["cases"].total() for it in queues), default=0),
        "next": sorted((row for row in clocks if row["breaches_next"]), key=lambda row: row["due"])[:10],
        "states": Counter(row["state"] for row in clocks),
        "choices": checked(page, {"hub": hub_choice(page), "state": _state_choice(page)}),
        "statuses": OPEN,
        "at_the_hub": at_the_hub,
    }


def _state_choice(page: Page) -> tuple[str, list[tuple[str, str]]]:
    return page.say(PAGES["clock_state"]), [(it, page.say(PAGES[f"clock_{it}"])) for it in STATES]


def _queues(page: Page, cases: Iterable[Row], clocks: Iterable[Row]) -> list[dict[str, Any]]:
    """What is open at each hub: cases by their status, clocks that are late, and the next that will be."""
    open_: dict[str, Counter[str]] = {}
    for row in cases:
        open_.setdefault(row["hub"], Counter())[row["status"]] += 1
    late, next_ = Counter[str](), dict[str, datetime]()
    for row in clocks:
        late[row["hub"]] += row["state"] == "breached"
        if row["breaches_next"]:
            next_[row["hub"]] = min(row["due"], next_.get(row["hub"], row["due"]))
    return [
        {"hub": hub, "cases": open_[hub], "late": late[hub], "next": next_.get(hub), "of": page.hubs.get(hub, {})}
        for hub in sorted(open_)
    ]


def at_the_hub(at: datetime, zone: str | None) -> str:
    """A moment as the clock of a hub shows it."""
    return f"{at.astimezone(ZoneInfo(zone or 'Asia/Seoul')):%Y-%m-%d %H:%M}"


def deadlines_file(page: Page) -> bytes:
    """The moments until which running clocks keep their promise (처리기한), as a file of iCalendar (RFC 5545)."""
    rows = page.rows(
        *(catalogue.VIEW, {"view": "case_deadlines"}),
        *(*chosen(page, "hub"), ("where", "state=running"), ("order", "due")),
    )
    file = Calendar()
    file.add("prodid", "-//Sagwan//Sagwan//KO")
    file.add("version", "2.0")
    file.add("x-wr-calname", page.say(PAGES["ics_name"]))
    for row in rows:
        file.add_component(_deadline(page, row))
    written: bytes = file.to_ical()
    return written


def _deadline(page: Page, row: Row) -> Event:
    """A moment of a clock; under its `uid` a calendar finds it again."""
    clock = page.say(PAGES[f"clock_{row['clock']}"])
    it = Event()
    it.add("uid", f"{row['stream']}/{row['clock']}@sagwan")
    for name in ("dtstamp", "dtstart"):
        it.add(name, row["due"].astimezone(UTC))
    it.add("summary", page.say(PAGES["ics_summary"].filled(clock=clock, case=row["stream"].partition(":")[2])))
    it.add("description", page.hub(row["hub"]))
    it.add("transp", "TRANSPARENT")
    return it
