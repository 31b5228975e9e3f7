"""The helpdesk (헬프데스크): what is open at each hub, and what is late next by the hub's own calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from icalendar import Calendar, Event

from api.reads import catalogue
from api.web.counting import among, counted, grouped
from api.web.listing import checked, chosen, hub_choice, narrowed, sheet
from api.web.page import Page, Row
from domain.words import PAGES

OPEN = ("open", "triaged", "in_progress", "waiting")
"""The statuses of a case that is not done."""

STATES = ("breached", "running", "stopped", "met", "unpromised", "unknown")
"""The states of a clock, the worst first."""

NEXT = 10
"""How many of the next deadlines are listed."""


def helpdesk(page: Page) -> Mapping[str, Any]:
    of_hub = chosen(page, "hub")
    clocks = page.table(catalogue.VIEW, {"view": "case_deadlines"}, *of_hub)
    withheld, listed = page.withheld, narrowed(page, _worst_first(clocks), "state")
    cases = page.table(
        *(catalogue.VIEW, {"view": "cases"}),
        *(*of_hub, ("where", f"status={','.join(OPEN)}"), ("fields", "stream,hub,status,topic,severity")),
    )
    shown = sheet(page, listed)
    next_ = clocks.filter(clocks["breaches_next"]).sort_by("due").slice(0, NEXT).to_pylist()
    named = among(cases, "stream", [row["stream"] for row in (*shown.rows, *next_)]).to_pylist()
    queues = _queues(page, cases, clocks)
    return {
        "sheet": shown,
        "withheld": withheld,
        "count": cases.num_rows,
        "cases": {row["stream"]: row for row in named},
        "queues": queues,
        "most": max((it["cases"].total() for it in queues), default=0),
        "next": next_,
        "states": counted(clocks, "state"),
        "choices": checked(page, {"hub": hub_choice(page), "state": _state_choice(page)}),
        "statuses": OPEN,
        "at_the_hub": at_the_hub,
    }


def _worst_first(clocks: pa.Table) -> pa.Table:
    """Clocks by state, then by moment, those without one last."""
    rank = pc.index_in(clocks["state"], value_set=pa.array(STATES, clocks["state"].type))
    keys = pa.table({"rank": rank, "due": clocks["due"], "row": pa.array(range(clocks.num_rows), pa.int64())})
    return clocks.take(pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in keys.column_names]))


def _state_choice(page: Page) -> tuple[str, list[tuple[str, str]]]:
    return page.say(PAGES["clock_state"]), [(it, page.say(PAGES[f"clock_{it}"])) for it in STATES]


def _queues(page: Page, cases: pa.Table, clocks: pa.Table) -> list[dict[str, Any]]:
    """What is open at each hub: cases by their status, clocks that are late, and the next that will be."""
    open_: dict[str, Counter[str]] = {}
    for (hub, status), number in counted(cases, "hub", "status").items():
        open_.setdefault(hub, Counter())[status] = number
    late = counted(among(clocks, "state", ["breached"]), "hub")
    soonest = grouped(clocks.filter(clocks["breaches_next"]).select(["hub", "due"]), ("hub",), due="min")
    next_ = {row["hub"]: row["due"] for row in soonest.to_pylist()}
    return [
        {"hub": hub, "cases": open_[hub], "late": late[hub], "next": next_.get(hub), "of": page.hubs.get(hub, {})}
        for hub in sorted(open_)
    ]


def clocks_of(page: Page, case: str) -> list[Row]:
    """The clocks of a case that is open; none of another."""
    return page.beside("case_deadlines", ("where", f"stream={case.replace(',', chr(92) + ',')}"))


def at_the_hub(at: datetime, zone: str | None) -> str:
    """A moment in the local time of a hub."""
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
    """The deadline of a clock; by its `uid` a calendar finds it again."""
    clock = page.say(PAGES[f"clock_{row['clock']}"])
    it = Event()
    it.add("uid", f"{row['stream']}/{row['clock']}@sagwan")
    for name in ("dtstamp", "dtstart"):
        it.add(name, row["due"].astimezone(UTC))
    it.add("summary", page.say(PAGES["ics_summary"].filled(clock=clock, case=row["stream"].partition(":")[2])))
    it.add("description", page.hub(row["hub"]))
    it.add("transp", "TRANSPARENT")
    return it
