"""Strategy maps (글로벌 R&D 전략지도): how far countries are in a technology, and with whom Korea works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow.compute as pc

from api.reads import catalogue
from api.web.counting import among, counted, distinct, each
from api.web.listing import check_word
from api.web.page import Page, Row

HOME = "KR"

SHADES = 5
"""How many shades a heat map has."""

Basis = tuple[int | None, str | None, str | None]
"""Year, unit and method of levels: only those that agree in all three are compared."""


class Cell(NamedTuple):
    """A country in a technology: its level, its shade from 1 (behind) to SHADES, how many joint projects were launched
    with it; a `gap` where it is ahead of Korea and there is none."""

    score: Decimal | None
    rank: int | None
    shade: int
    projects: int
    gap: bool


class HeatMap(NamedTuple):
    """Levels of countries, a line for each of some names; the countries that are furthest on average come first."""

    countries: list[str]
    lines: dict[str, dict[str, Cell]]


def maps(page: Page) -> Mapping[str, Any]:
    editions = page.rows(catalogue.VIEW, {"view": "strategy_maps"})
    there = {row["stream"]: row for row in editions}
    held = page.rows(catalogue.VIEW, {"view": "map_in_force"})
    in_force = {row["stream"]: row for row in held if row["first_day"] <= page.day <= row["last_day"]}
    check_word(page, "map", there)
    wanted = page.query.get("map")
    levels = among(
        page.table(catalogue.VIEW, {"view": "map_levels"}), "stream", [*in_force, *([wanted] if wanted else [])]
    ).to_pylist()
    basis, shown, others = _comparable(levels)
    launched = _launched(page)
    by_field = [row | {"line": row["field"]} for row in shown if row["stream"] in in_force]
    one = [row | {"line": row["sub_tech"]} for row in shown if row["stream"] == wanted]
    return {
        "editions": editions,
        "in_force": in_force,
        "one": there.get(wanted or ""),
        "basis": basis,
        "others": others,
        "heat": heat(by_field, launched),
        "heat_of_one": heat(one, launched),
        "coop": dict(there[wanted]["coop_types"]) if wanted in there else {},
        "withheld": page.withheld,
        "one_place": Decimal("0.1"),
    }


def _comparable(rows: Iterable[Row]) -> tuple[Basis | None, list[Row], int]:
    """The levels of the newest year, in its most frequent unit and method; how many others there are."""
    found: dict[Basis, list[Row]] = {}
    for row in rows:
        found.setdefault((row["reference_year"], row["unit"], row["method"]), []).append(row)
    if not found:
        return None, [], 0
    basis = max(found, key=lambda it: (it[0] or 0, len(found[it]), str(it)))
    return basis, found[basis], sum(map(len, found.values())) - len(found[basis])


def _launched(page: Page) -> Counter[tuple[str, str]]:
    """How many projects were launched, by field and partner country, of those that the reader sees."""
    part = page.table(catalogue.VIEW, {"view": "project_participants"}, ("fields", "stream,country"))
    launched = page.table(
        *(catalogue.VIEW, {"view": "projects"}),
        *(("where", "work=launched,completed"), ("fields", "stream,fields")),
    )
    with_whom = distinct(part.filter(pc.is_valid(part["country"])), "stream", "country")
    on_what = distinct(each(launched, "fields"), "stream", "fields")
    return counted(on_what.join(with_whom, "stream", join_type="inner"), "fields", "country")


def heat(rows: Iterable[Row], launched: Mapping[tuple[str, str], int]) -> HeatMap:
    """The levels of `line` and country; several of one (the sub-technologies of a field) by their mean."""
    scores: dict[tuple[str, str], list[Decimal]] = {}
    ranks: dict[tuple[str, str], list[int]] = {}
    fields: dict[str, str] = {}
    for row in rows:
        at = row["line"], row["country"]
        fields[row["line"]] = row["field"]
        scores.setdefault(at, []).extend([Decimal(str(row["score"]))] if row["score"] is not None else [])
        ranks.setdefault(at, []).extend([row["rank"]] if row["rank"] is not None else [])
    means = {at: sum(values, Decimal(0)) / len(values) for at, values in scores.items() if values}
    countries = {country for _, country in scores}
    cells = {
        line: {
            country: _cell(line, country, field, means, ranks, launched)
            for country in countries
            if (line, country) in scores
        }
        for line, field in sorted(fields.items())
    }
    return HeatMap(sorted(countries, key=lambda it: (it != HOME, -_average(means, it), it)), cells)


def _cell(
    line: str,
    country: str,
    field: str,
    means: Mapping[tuple[str, str], Decimal],
    ranks: Mapping[tuple[str, str], list[int]],
    launched: Mapping[tuple[str, str], int],
) -> Cell:
    score, home = means.get((line, country)), means.get((line, HOME))
    places = ranks[line, country]
    projects = launched.get((field, country), 0)
    ahead = score is not None and home is not None and score > home
    lowest, highest = min(means.values(), default=Decimal(0)), max(means.values(), default=Decimal(0))
    part = (score - lowest) / (highest - lowest) if score is not None and highest > lowest else Decimal(0)
    shade = 0 if score is None else 1 + min(SHADES - 1, int(part * SHADES))
    return Cell(score, min(places) if len(places) == 1 else None, shade, projects, ahead and not projects)


def _average(means: Mapping[tuple[str, str], Decimal], country: str) -> Decimal:
    scores = [mean for (_, of), mean in means.items() if of == country]
    return sum(scores, Decimal(0)) / len(scores) if scores else Decimal(-1)
