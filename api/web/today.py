"""My hub today (오늘 할 일): what waits for a hub, for its own people, each with the place where it is done or seen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import pyarrow.compute as pc

from api.reads import catalogue
from api.server.evidence_files import WAITS
from api.web.counting import counted
from api.web.page import Page, Row
from domain.period import SEOUL
from projections.definitions import IRREGULARITIES

MOST = 10
"""How many of each kind are listed."""

GONE = ("withdrawn", "terminated")
"""The statuses of a project that nobody answers for any more."""


class Awaited(NamedTuple):
    """What somebody asks of the hub: a share in a project, a case, a link, a stay; `by` is the one who asks for it."""

    what: str
    link: str
    named: str
    by: str | None = None
    due: date | None = None


class Irregular(NamedTuple):
    """A rule of irregularities that the hub can mend, and how many entries meet it."""

    code: str
    entries: int


class Waiting(NamedTuple):
    """A file that was handed in and waits for the item that names it, until when."""

    sha256: str
    size: int
    until: datetime


def today(page: Page, hub: str, deadlines: Sequence[Row]) -> Mapping[str, Any]:
    """What is to be done; stays are among it, so the page shows single persons."""
    page.of_persons = True
    clocks = page.rows(
        *(catalogue.VIEW, {"view": "case_deadlines"}),
        *(("where", f"hub={hub}"), ("where", "state=breached,running"), ("order", "due")),
    )
    pressing = [row for row in clocks if row["state"] == "breached" or row["breaches_next"]]
    answered = _answered(page, hub)
    awaited = [
        *_links(page, hub),
        *_shares(page, hub, answered),
        *_referrals(page, hub, answered),
        *_stays(page, hub),
    ]
    return {
        "late": sum(row["state"] == "breached" for row in pressing),
        "clocks": pressing[:MOST],
        "more_clocks": max(0, len(pressing) - MOST),
        "due": sorted(deadlines, key=lambda row: (row["due_on"] is None, row["due_on"] or date.max, row["subject"])),
        "awaited": awaited[:MOST],
        "more_awaited": max(0, len(awaited) - MOST),
        "irregular": _irregular(page, hub),
        "waiting": _waiting(page, hub),
        "count": len(pressing) + len(deadlines) + len(awaited),
    }


def _answered(page: Page, hub: str) -> set[str]:
    """The projects and cases that the hub has answered."""
    rows = page.rows(catalogue.VIEW, {"view": "centre_answers"}, ("where", f"centre={hub}"), ("fields", "subject"))
    return {row["subject"] for row in rows}


def _shares(page: Page, hub: str, answered: Collection[str]) -> Iterator[Awaited]:
    """Shares in projects of others that the hub neither accepted nor declined."""
    table = page.table(
        *(catalogue.VIEW, {"view": "projects"}),
        *(("where", f"hub!={hub}"), ("fields", "stream,hub,status,title_ko,title_en,shares")),
    )
    share = pc.map_lookup(table["shares"], hub, "first")
    rows = table.filter(pc.fill_null(pc.greater(share, 0), fill_value=False)).drop(["shares"]).to_pylist()
    for row in rows:
        if row["stream"] not in answered and row["status"] not in GONE:
            named = page.named(row, "title_ko", "title_en") or row["stream"]
            yield Awaited("share", f"/streams/{row['stream']}", named, row["hub"])


def _referrals(page: Page, hub: str, answered: Collection[str]) -> Iterator[Awaited]:
    """Cases that others referred to the hub, and it has not answered."""
    rows = page.rows(
        *(catalogue.VIEW, {"view": "cases"}),
        *(("where", f"referred_to={hub},hub:{hub},centre:{hub}"), ("where", "status=waiting")),
        ("fields", "stream,hub,referral_due_on"),
    )
    for row in rows:
        if row["stream"] not in answered and row["hub"] != hub:
            key = row["stream"].partition(":")[2]
            yield Awaited("referral", f"/streams/{row['stream']}", key, row["hub"], row["referral_due_on"])


def _links(page: Page, hub: str) -> Iterator[Awaited]:
    """Links that another centre reported, and the hub neither confirmed nor declined."""
    rows = page.rows(catalogue.VIEW, {"view": "links"}, ("where", f"other={hub}"), ("where", "status=told"))
    for row in rows:
        named = page.value("kind", row["kind"]) if row["kind"] else row["stream"]
        yield Awaited("link", f"/entries/{row['position']}", named, row["centre"])


def _stays(page: Page, hub: str) -> Iterator[Awaited]:
    """Stays that are nominated, and neither accepted nor declined."""
    rows = page.rows(
        *(catalogue.VIEW, {"view": "exchanges"}),
        *(("where", f"hub={hub}"), ("where", "status=nominated"), ("fields", "stream,planned_from")),
        ("order", "planned_from"),
    )
    for row in rows:
        yield Awaited("stay", f"/streams/{row['stream']}", row["stream"].partition(":")[2], due=row["planned_from"])


def _irregular(page: Page, hub: str) -> list[Irregular]:
    """The irregularities of the hub that it can mend, by their rules, the most frequent first."""
    table = page.table(catalogue.VIEW, {"view": "irregularities"}, ("where", f"hub={hub}"), ("fields", "code"))
    found = counted(table, "code").most_common()
    return [Irregular(code, count) for code, count in found if "hub" in IRREGULARITIES[code].said.by.split()]


def _waiting(page: Page, hub: str) -> list[Waiting]:
    """The files of the hub that wait for their items, now: they are stored outside the record, and have no history."""
    if page.at.known is not None:
        return []
    own = (it for it in page.source.evidence.waiting.copy().values() if it.hub == hub)
    found = [
        Waiting(it.sha256, it.size, (datetime.fromisoformat(it.uploaded_at) + WAITS).astimezone(SEOUL)) for it in own
    ]
    return sorted(found, key=lambda it: it.until)
