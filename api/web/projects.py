"""Joint projects (국제공동연구 과제): how far they came, with whom, at which technology readiness, with what money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from api.reads import catalogue
from api.web.counting import among, count_values, counted, distinct, grouped
from api.web.listing import checked, chosen, field_choice, hub_choice, narrowed, sheet, status_choice, with_more
from api.web.money import rate_sets, sums
from api.web.page import Page
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

COUNTED = "stream,status,field,trl," + ",".join(STEPS.values())
"""The columns of all projects; those of a sheet have more."""

SHOWN = "hub,title_ko,title_en,partners,ends_on"


def projects(page: Page) -> Mapping[str, Any]:
    whole = page.table(catalogue.VIEW, {"view": "projects"}, *chosen(page, "hub"), ("fields", COUNTED))
    withheld, of_field = page.withheld, narrowed(page, whole, "field")
    listed = narrowed(page, of_field, "status")
    part = page.table(catalogue.VIEW, {"view": "project_participants"}, ("fields", "stream,country"))
    money = among(
        page.table(catalogue.VIEW, {"view": "project_money"}, *chosen(page, "hub")), "stream", listed["stream"]
    )
    countries = distinct(among(part, "stream", listed["stream"]), "stream", "country")
    now, trl = counted(of_field, "status"), counted(listed, "trl")
    shown = with_more(page, "projects", sheet(page, listed), SHOWN)
    return {
        "sheet": shown,
        "withheld": withheld,
        "count": listed.num_rows,
        "steps": {step: count_values(of_field, column) for step, column in STEPS.items()},
        "now": {it: now[it] for it in STREAMS.statuses["project"] if it in STEPS or now[it]},
        "trl": Counter({level: number for level, number in trl.items() if level is not None}),
        "countries": [(it, number) for it, number in counted(countries, "country").most_common() if it],
        "sums": sums(
            money,
            ("kind", "funder"),
            lambda row: (KINDS.index(row["kind"]), row["funder"]),
            lambda row: (page.value("kind", row["kind"]), page.value("funder", row["funder"])),
        ),
        "sets": rate_sets(money),
        "committed": _committed(money, [row["stream"] for row in shown.rows]),
        "choices": checked(
            page,
            {
                "hub": hub_choice(page),
                "field": field_choice(page, {*whole["field"].unique().to_pylist()}),
                "status": status_choice(page, "project"),
            },
        ),
    }


def _committed(money: pa.Table, streams: list[str]) -> Mapping[str, Decimal]:
    """The won committed to each of some projects that have any, of what could be converted."""
    committed = money.filter(pc.and_(pc.equal(money["kind"], "committed"), pc.is_valid(money["krw"])))
    rows = grouped(among(committed, "stream", streams).select(["stream", "krw"]), ("stream",), krw="sum").to_pylist()
    return {row["stream"]: Decimal(str(row["krw"])) for row in rows}
