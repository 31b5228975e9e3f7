"""The network of centres (협력망): who works with whom, as a picture of arcs and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from api.reads import catalogue
from api.web.listing import sheet
from api.web.page import Page, Row
from domain.words import TERMS
from projections.definitions import INDICATORS

MOST = 30
"""Centres in the picture, those with most in common with others."""

STEP, LEFT, REACH = 26, 236, 300
"""Pixels from one centre to the next, up to the line they are on, and how far the longest arc reaches beyond it."""

WIDEST = 5

LONGEST = 26
"""Letters of a name in the picture; the tables have all of it."""

ROWS = 200
"""Links and centres that are named."""


class Node(NamedTuple):
    """A centre in the picture, `y` pixels down."""

    centre: str
    name: str
    lang: str
    is_hub: bool
    y: int


class Arc(NamedTuple):
    """Two centres that work together, and how much: `width` from 1 to WIDEST."""

    path: str
    width: int
    said: str


class Picture(NamedTuple):
    nodes: Sequence[Node]
    arcs: Sequence[Arc]
    width: int
    height: int


def network(page: Page) -> Mapping[str, Any]:
    nodes = page.rows(catalogue.VIEW, {"view": "network_nodes"})
    edges = page.table(catalogue.VIEW, {"view": "network"}, ("order", "-weight,centre,other"))
    centres = page.rows(catalogue.VIEW, {"view": "centres"})
    named = {row["centre"]: page.named(row) or row["centre"] for row in nodes}
    linked = [row for row in nodes if row["neighbours"]]
    return {
        "picture": picture(page.language, linked, edges.to_pylist()),
        "linked": len(linked),
        "shown": MOST,
        "sheet": sheet(page, edges),
        "centres": centres,
        "named": named,
        "links": page.rows(catalogue.VIEW, {"view": "links"}),
        "activities": page.rows(catalogue.VIEW, {"view": "joint_activities"}, ("order", "-on,activity,centre")),
        "rows": ROWS,
        "figures": [it for code, it in INDICATORS.items() if code.startswith("NW-")],
        "withheld": page.withheld,
    }


def picture(language: str, nodes: Sequence[Row], edges: Sequence[Row]) -> Picture:
    """Centres one below the other, those of a region together, and an arc for each two that work together.

    The title of an arc is in one language, as it cannot mark another: a centre without a name in it has its code.
    """
    regions = [*TERMS.regions, None]
    first = sorted(nodes, key=lambda row: -row["weight"])[:MOST]
    placed = sorted(first, key=lambda row: (regions.index(row["region"]), row["country"] or "", row["centre"]))
    drawn = [
        Node(row["centre"], *_name(language, row), row["is_hub"], STEP // 2 + STEP * at)
        for at, row in enumerate(placed)
    ]
    y = {it.centre: it.y for it in drawn}
    labels = {row["centre"]: row[f"name_{language}"] or row["centre"] for row in nodes}
    among = [row for row in edges if row["centre"] in y and row["other"] in y]
    most = max((row["weight"] for row in among), default=1)
    longest = max((abs(y[row["centre"]] - y[row["other"]]) for row in among), default=1)
    arcs = [
        Arc(
            _arc(y[row["centre"]], y[row["other"]], longest),
            max(1, round(WIDEST * row["weight"] / most)),
            f"{labels[row['centre']]} – {labels[row['other']]}: {row['weight']}",
        )
        for row in reversed(among)
    ]
    return Picture(drawn, arcs, LEFT + REACH + 2 * WIDEST, STEP * len(drawn))


def _name(language: str, row: Row) -> tuple[str, str]:
    """The name of a centre, in the language asked for if it has one, and the language of that name."""
    other = {"ko": "en", "en": "ko"}[language]
    lang = language if row[f"name_{language}"] or not row[f"name_{other}"] else other
    name = row[f"name_{lang}"] or row["centre"]
    return (name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"), lang


def _arc(one: int, other: int, longest: int) -> str:
    top, bottom = min(one, other), max(one, other)
    return f"M{LEFT} {top}A{REACH * (bottom - top) // longest} {(bottom - top) // 2} 0 0 1 {LEFT} {bottom}"
