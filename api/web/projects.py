"""Joint projects (국제공동연구 과제): how far they came, with whom, at which technology readiness, with what money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from api.reads import catalogue
from api.web.listing import checked, chosen, field_choice, hub_choice, narrowed, sheet, status_choice
from api.web.money import rate_sets, sums
from api.web.page import Page, Row
from domain.words import STREAMS

STEPS = {
    "proposed": "proposed_at",
    "classified": "security_class",
    "agreed": "agreed_at",
    "launched": "launched_on",
    "completed": "completed_on",
}
"""The steps of a project, by the column that says that it took one."""

KINDS = ("committed", "disbursed", "spent")
"""What becomes of money (협약·지급·집행), in this order."""

FIELDS = "stream,hub,status,work,title_ko,title_en,field,security_class,partners,trl,ends_on," + ",".join(
    it for it in STEPS.values() if it != "security_class"
)


def projects(page: Page) -> Mapping[str, Any]:
    whole = page.table(catalogue.VIEW, {"view": "projects"}, *chosen(page, "hub"), ("fields", FIELDS))
    withheld, of_field = page.withheld, narrowed(page, whole, "field")
    listed = narrowed(page, of_field, "status")
    steps, rows = of_field.to_pylist(), listed.to_pylist()
    shown = {row["stream"] for row in rows}
    money = page.rows(catalogue.VIEW, {"view": "project_money"}, *chosen(page, "hub"))
    told = sorted(
        (row for row in money if row["stream"] in shown), key=lambda row: (KINDS.index(row["kind"]), row["funder"])
    )
    now = Counter(row["status"] for row in steps)
    return {
        "sheet": sheet(page, listed),
        "withheld": withheld,
        "count": len(rows),
        "steps": {step: sum(row[column] is not None for row in steps) for step, column in STEPS.items()},
        "now": {it: now[it] for it in STREAMS.statuses["project"] if it in STEPS or now[it]},
        "trl": Counter(row["trl"] for row in rows if row["trl"] is not None),
        "countries": Counter(
            country for row in rows for country in {it for _, it in row["partners"] if it}
        ).most_common(),
        "sums": sums(told, lambda row: (page.value("kind", row["kind"]), page.value("funder", row["funder"]))),
        "sets": rate_sets(told),
        "committed": _committed(told),
        "choices": checked(
            page,
            {
                "hub": hub_choice(page),
                "field": field_choice(page, {*whole["field"].to_pylist()}),
                "status": status_choice(page, "project"),
            },
        ),
    }


def _committed(rows: Iterable[Row]) -> Mapping[str, Decimal]:
    """What is committed to each project, in won, where it can be told."""
    found: dict[str, Decimal] = {}
    for row in rows:
        if row["kind"] == "committed" and row["krw"] is not None:
            found[row["stream"]] = found.get(row["stream"], Decimal(0)) + Decimal(str(row["krw"]))
    return found
