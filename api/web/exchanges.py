"""Exchanges of persons (인력교류): between which countries and organisations, and the status of each stay.

A stay is about a single person, so only those see it who may read it; the figures of editions are for everybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from api.reads import catalogue
from api.web.counting import among, counted
from api.web.listing import checked, chosen, field_choice, hub_choice, narrowed, sheet, status_choice, with_more
from api.web.page import Page
from api.web.partners import names
from domain.words import PAGES, VALUES
from projections.definitions import INDICATORS

STAYED = ("departed", "arrived", "returned", "recognised")
"""The statuses of a stay that began."""

CALLED_OFF = ("declined", "cancelled")
"""Those of a stay that does not go on as planned."""

MOST = 15
"""Countries and pairs of organisations that are named."""

COUNTED = "stream,hub,status,direction,country,from_org,to_org,field"
"""The columns of all stays; those of a sheet have more."""

SHOWN = "planned_from,arrived_on,until,returned_on"


def exchanges(page: Page) -> Mapping[str, Any]:
    whole = page.table(catalogue.VIEW, {"view": "exchanges"}, *chosen(page, "hub"), ("fields", COUNTED))
    withheld, listed = page.withheld, narrowed(page, whole, "direction", "field", "status")
    began = among(listed, "status", [*STAYED])
    flows = Counter(
        {(it or "", way or ""): number for (it, way), number in counted(began, "country", "direction").items()}
    )
    countries = Counter({it or "": number for it, number in counted(began, "country").items()}).most_common()
    pairs = counted(began, "from_org", "to_org")
    between = Counter({(one or "", other or ""): number for (one, other), number in pairs.items() if one or other})
    shown = with_more(page, "exchanges", sheet(page, listed), SHOWN)
    named = {
        *(org for pair, _ in between.most_common(MOST) for org in pair),
        *(row[end] for row in shown.rows for end in ("from_org", "to_org")),
    }
    directions = VALUES["direction"]
    return {
        "sheet": shown,
        "withheld": withheld,
        "count": listed.num_rows,
        "now": counted(listed, "status"),
        "directions": directions,
        "called_off": CALLED_OFF,
        "countries": countries,
        "flows": flows,
        "most": max(flows.values(), default=0),
        "between": between.most_common(),
        "shown": MOST,
        "figures": [it for code, it in INDICATORS.items() if code.startswith("EX-")],
        "names": names(page, named),
        "choices": checked(
            page,
            {
                "hub": hub_choice(page),
                "direction": (page.say(PAGES["direction"]), [(it, page.say(text)) for it, text in directions.items()]),
                "field": field_choice(page, {*whole["field"].unique().to_pylist()}),
                "status": status_choice(page, "exchange"),
            },
        ),
    }
