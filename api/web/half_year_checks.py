"""Half-year checks (반기별 점검): how far each is, the status of every hub, what is owed and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from api.problems import unknown_word
from api.reads import catalogue
from api.reads.tables import UNKNOWN
from api.web.page import Page, Row
from domain.nearest import UnknownWord
from domain.words import STREAMS

STEPS = tuple(it for it in STREAMS.statuses["check"] if it not in ("WITHDRAWN", "RESTATED"))
"""The steps of a check in their order."""


def checks(page: Page) -> Mapping[str, Any]:
    every = page.rows(catalogue.VIEW, {"view": "checks"})
    there = [row["period"] for row in every]
    named = page.names.get("period")
    wanted = named or page.query.get("period") or max(there, default="")
    if wanted not in there and (named or there):
        absent = UnknownWord("half_year", wanted, there)
        raise (
            unknown_word(404, "check.none", absent) if named else unknown_word(400, UNKNOWN, absent, parameter="period")
        )
    reviews = page.rows(catalogue.VIEW, {"view": "reviews"})
    away = page.withheld
    findings = page.rows(catalogue.VIEW, {"view": "findings"})
    away += page.withheld
    owed = page.rows(catalogue.VIEW, {"view": "deadlines"})
    one = next((row for row in every if row["period"] == wanted), None)
    by_hub = {_hub_of(row, wanted): row for row in reviews if row["stream"].startswith(f"review:{wanted}-")}
    return {
        "checks": every,
        "period": wanted,
        "all": not named and len(every) > 1,
        "one": one,
        "acts": page.document(catalogue.STREAM, {"stream": one["stream"]})["history"] if one else (),
        "steps": STEPS,
        "reached": _reached(one),
        "reviews": {hub: by_hub.get(hub) for hub in sorted({*(one["hubs"] if one else ()), *by_hub})},
        "findings": sorted(
            (row for row in findings if row["period"] == wanted or row["overdue"]),
            key=lambda row: (not row["overdue"], row["due_on"] or date.max, row["stream"]),
        ),
        "owed": sorted(
            (row for row in owed if row["period"] == wanted or (row["overdue"] and row["period"] < wanted)),
            key=lambda row: (row["due_on"] is None, row["due_on"] or date.max, row["hub"]),
        ),
        "withheld": away,
    }


def _hub_of(row: Row, period: str) -> str:
    return str(row["stream"]).removeprefix(f"review:{period}-")


def _reached(check: Row | None) -> int:
    """How many of the steps a check has taken; all of them where it was restated."""
    if check is None or check["status"] == "WITHDRAWN":
        return 0
    return len(STEPS) if check["status"] == "RESTATED" else STEPS.index(check["status"]) + 1
