"""Exchanges of persons (인력교류): between which countries and organisations, and where each stay stands.

A stay tells of a single person, so it is shown to who reads it; the figures of editions are for everybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from api.reads import catalogue
from api.web.listing import checked, chosen, field_choice, hub_choice, narrowed, sheet, status_choice
from api.web.page import Page
from api.web.partners import names
from domain.words import PAGES, VALUES
from projections.definitions import INDICATORS

STAYED = ("departed", "arrived", "returned", "recognised")
"""The statuses of a stay that began."""

MOST = 15
"""Countries and pairs of organisations that are named."""

FIELDS = "stream,hub,status,direction,country,from_org,to_org,field,project,planned_from,arrived_on,until,returned_on"


def exchanges(page: Page) -> Mapping[str, Any]:
    whole = page.table(catalogue.VIEW, {"view": "exchanges"}, *chosen(page, "hub"), ("fields", FIELDS))
    withheld, listed = page.withheld, narrowed(page, whole, "direction", "field", "status")
    rows = listed.to_pylist()
    began = [row for row in rows if row["status"] in STAYED]
    flows = Counter((row["country"] or "", row["direction"] or "") for row in began)
    countries = Counter(row["country"] or "" for row in began).most_common()
    between = Counter((row["from_org"] or "", row["to_org"] or "") for row in began if row["from_org"] or row["to_org"])
    directions = VALUES["direction"]
    return {
        "sheet": sheet(page, listed),
        "withheld": withheld,
        "count": len(rows),
        "now": Counter(row["status"] for row in rows),
        "directions": directions,
        "countries": countries,
        "flows": flows,
        "most": max(flows.values(), default=0),
        "between": between.most_common(),
        "shown": MOST,
        "figures": [it for code, it in INDICATORS.items() if code.startswith("EX-")],
        "names": names(page),
        "choices": checked(
            page,
            {
                "hub": hub_choice(page),
                "direction": (page.say(PAGES["direction"]), [(it, page.say(said)) for it, said in directions.items()]),
                "field": field_choice(page, {*whole["field"].to_pylist()}),
                "status": status_choice(page, "exchange"),
            },
        ),
    }
