"""The pages behind the overview: hubs, indicators with the entries behind them, streams, editions, irregularities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.problems import Problem, unknown_word
from api.reads import catalogue
from api.reads.tables import IN_EDITIONS, named_indicator
from api.web.overview import TOWER, half_years, tower
from api.web.page import Page
from domain.nearest import UnknownWord
from projections.definitions import INDICATORS, IRREGULARITIES

MOST = 200
"""Rows of a list that a page shows; the rest is there as data."""

Context = Mapping[str, Any]


def hubs(page: Page) -> Context:
    return {"hubs": page.rows(catalogue.VIEW, {"view": "hubs"})}


def hub(page: Page) -> Context:
    name = page.names["hub"]
    named = {row["hub"]: row for row in page.rows(catalogue.VIEW, {"view": "hubs"})}
    if name not in named:
        raise unknown_word(404, "hub.none", UnknownWord("no hub has this code", name, named))
    period, periods, rows = tower(page, "level=hub", f"hub={name}")
    deadlines = page.rows(catalogue.VIEW, {"view": "deadlines"}, ("where", f"hub={name}"))
    return {
        "hub": named[name],
        "period": period,
        "periods": periods,
        "rows": rows,
        "overdue": [row for row in deadlines if row["overdue"]],
    }


def indicators(page: Page) -> Context:
    period, periods, rows = tower(page, "level=nation")
    return {"period": period, "periods": periods, "figures": {row["code"]: row for row in rows}, "all": INDICATORS}


def indicator(page: Page) -> Context:
    it = named_indicator(page.names["code"])
    rows = page.rows(catalogue.VIEW, TOWER, ("where", f"code={it.code}"))
    period, periods = half_years(page, rows)
    narrowed = [("where", page.query["where"])] if "where" in page.query else []
    try:
        entries = page.rows(catalogue.EVIDENCE, {"code": it.code}, ("period", period), *narrowed)
    except Problem as refused:
        if refused.code != IN_EDITIONS:
            raise
        entries = None
    return {
        "it": it,
        "period": period,
        "periods": periods,
        "course": [row for row in rows if row["level"] == "nation"],
        "rows": [row for row in rows if row["level"] == "hub" and row["period"] == period],
        "entries": entries and entries[:MOST],
        "count": len(entries or ()),
    }


def stream(page: Page) -> Context:
    return {"it": page.document(catalogue.STREAM, {"stream": page.names["stream"]}), "rules": IRREGULARITIES}


def entry(page: Page) -> Context:
    """An entry with its proof, for the browser to check."""
    position = page.names["position"]
    proof = page.file(catalogue.PROOF, {}, ("position", position), ("event", "true"), format_="tlog-proof")
    return {
        "it": page.document(catalogue.EVENT, {"position": position}),
        "proof": proof.body.decode(),
        "key": page.source.sealer.verifier,
    }


def editions(page: Page) -> Context:
    return {"editions": page.document(catalogue.EDITIONS, {})["editions"]}


def irregularities(page: Page) -> Context:
    rows = page.rows(catalogue.VIEW, {"view": "irregularities"})
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["code"], []).append(row)
    return {"found": found, "rules": IRREGULARITIES, "most": MOST}
