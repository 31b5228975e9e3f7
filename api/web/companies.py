"""Companies on their way abroad (디지털기업 해외진출): where to, what they were given, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc

from api.reads import catalogue
from api.web.counting import among, counted, distinct, each
from api.web.listing import checked, chosen, hub_choice, narrowed, sheet, status_choice, with_more
from api.web.money import Label, rate_sets, sums
from api.web.page import Page, Row
from api.web.partners import names
from domain.words import PAGES

MOST = 15
"""Countries and services that are named."""

COUNTED = "stream,status,company,target_countries,entities"
"""The columns of all companies; those of a sheet have more."""

SHOWN = "hub,services,partners,contracts,investments,result"


def companies(page: Page) -> Mapping[str, Any]:
    whole = page.table(catalogue.VIEW, {"view": "expansions"}, *chosen(page, "hub"), ("fields", COUNTED))
    withheld, listed = page.withheld, narrowed(page, whole, "status")
    deals, support = (
        among(page.table(catalogue.VIEW, {"view": it}, *chosen(page, "hub")), "stream", listed["stream"])
        for it in ("expansion_deals", "expansion_support")
    )
    aims = distinct(
        each(listed.select(["stream", "target_countries"]), "target_countries"), "stream", "target_countries"
    )
    shown = with_more(page, "expansions", sheet(page, listed), SHOWN)

    def label(row: Row) -> Label:
        proof = PAGES["evidenced" if row["evidenced"] else "unevidenced"]
        return page.value("kind", row["kind"]), page.say(proof)

    return {
        "sheet": shown,
        "withheld": withheld,
        "count": len(pc.unique(pc.coalesce(listed["company"], listed["stream"]))),
        "targets": sorted(counted(aims, "target_countries").items(), key=lambda it: (-it[1], it[0])),
        "entities": counted(each(listed.select(["entities"]), "entities"), "entities"),
        "services": counted(support, "service").most_common(),
        "sums": sums(deals, ("kind", "evidenced"), lambda row: (row["kind"], not row["evidenced"]), label),
        "sets": rate_sets(deals),
        "names": names(page, (it for row in shown.rows for it in row["partners"])),
        "shown": MOST,
        "choices": checked(page, {"hub": hub_choice(page), "status": status_choice(page, "expansion")}),
    }
