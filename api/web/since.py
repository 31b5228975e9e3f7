"""Which figures of a page of the past would differ today: as of the same moment, by what was recorded since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.reads import catalogue
from api.web.page import Page, Row
from replay.editions.control_tower import AS_PUBLISHED, cell_of
from replay.editions.published_figures import Released
from replay.report.numbers import MOST_PLACES
from replay.report.page import Cell

NOT_TOLD = ("withheld", "not_in_edition")
"""Why a figure is not shown to the reader: then whether it changed is not shown either."""


def mark_changed(page: Page, rows: Iterable[Row], *where: str) -> None:
    """Sets `today` on each row of the tower to its row of today, where the value differs; `where` narrows what is read.
    The page counts these rows."""
    there = [*rows]
    for row in there:
        row["today"] = None
    if (now := page.as_known_today()) is None:
        return
    current = {
        _key(row): row for row in now.rows(catalogue.VIEW, {"view": "control_tower"}, *(("where", it) for it in where))
    }
    page.changed = page.changed or 0
    for row in there:
        today = current.get(_key(row))
        if today is None or any(it["value"] is None and it["why"] in NOT_TOLD for it in (row, today)):
            continue
        if _shown(row["value"]) != _shown(today["value"]):
            row["today"] = today
            page.changed += 1


def otherwise_now(page: Page, edition: Released) -> dict[Cell, str | None]:
    """The figures of an edition that would differ now, with their new values, by indicator and what they are of. What
    is withheld on either side is not compared, nor what goes by another formula now."""
    published = {(it.indicator, it.by, it.of): it for it in edition.figures}
    found: dict[Cell, str | None] = {}
    for row in page.rows(catalogue.VIEW, {"view": "control_tower"}, ("where", f"period={edition.period}")):
        it = published.get(cell_of(row))
        if it is None or it.withheld or it.version != row["version"] or row["why"] in (*NOT_TOLD, AS_PUBLISHED):
            continue
        if _shown(row["value"]) != _shown(it.value):
            found[cell_of(row)] = None if row["value"] is None else str(_shown(row["value"]))
    return found


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in ("period", "level", "key", "code", "version"))


def _shown(value: Any) -> float | None:
    return None if value is None else round(float(value), MOST_PLACES)
