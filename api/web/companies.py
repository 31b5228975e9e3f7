"""Companies on their way abroad (디지털기업 해외진출): where to, what they were given, what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from api.reads import catalogue
from api.web.listing import checked, chosen, hub_choice, narrowed, sheet, status_choice
from api.web.money import Label, rate_sets, sums
from api.web.page import Page, Row
from api.web.partners import names
from domain.words import PAGES

MOST = 15
"""Countries and services that are named."""

FIELDS = "stream,hub,status,company,target_countries,services,partners,entities,contracts,investments,result"


def companies(page: Page) -> Mapping[str, Any]:
    whole = page.table(catalogue.VIEW, {"view": "expansions"}, *chosen(page, "hub"), ("fields", FIELDS))
    withheld, listed = page.withheld, narrowed(page, whole, "status")
    rows = listed.to_pylist()
    shown = {row["stream"] for row in rows}
    deals = [
        row
        for row in page.rows(catalogue.VIEW, {"view": "expansion_deals"}, *chosen(page, "hub"))
        if row["stream"] in shown
    ]
    support = [
        row
        for row in page.rows(catalogue.VIEW, {"view": "expansion_support"}, *chosen(page, "hub"))
        if row["stream"] in shown
    ]

    def label(row: Row) -> Label:
        proof = PAGES["evidenced" if row["evidenced"] else "unevidenced"]
        return page.value("kind", row["kind"]), page.say(proof)

    return {
        "sheet": sheet(page, listed),
        "withheld": withheld,
        "count": len({row["company"] or row["stream"] for row in rows}),
        "targets": Counter(it for row in rows for it in {*row["target_countries"]}).most_common(),
        "entities": Counter(it for row in rows for it in row["entities"]),
        "services": Counter(row["service"] for row in support).most_common(),
        "sums": sums(sorted(deals, key=lambda row: (row["kind"], not row["evidenced"])), label),
        "sets": rate_sets(deals),
        "names": names(page),
        "shown": MOST,
        "choices": checked(page, {"hub": hub_choice(page), "status": status_choice(page, "expansion")}),
    }
