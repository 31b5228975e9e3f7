"""The overview: the state of all indicators, over all and by hub, what is overdue, and whether the record is whole."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from api.problems import unknown_word
from api.reads import catalogue
from api.reads.tables import UNKNOWN, edition_figures
from api.web.numbers import in_words
from api.web.page import Page, Row
from api.web.since import mark_changed
from domain.nearest import UnknownWord
from domain.period import SEOUL, HalfYear
from domain.words import PAGES, Phrase
from projections.mirror.control_tower import UNASSIGNED
from replay.editions.control_tower import AS_PUBLISHED, cell_of
from replay.editions.editions import NotAsPublished, parse_edition_name
from replay.editions.period_figures import Figure, UnknownVersion
from replay.report.numbers import MOST_PLACES
from replay.report.summary import HEADLINES

SAID = 3
"""How many indicators at most are listed as best, and as worst."""

HALF_YEARS = 4
"""How many half-years a headline covers."""

Cell = tuple[str, str | None, str | None]
"""An indicator, by what it is sliced and of what."""

TOWER: Mapping[str, str] = {"view": "control_tower"}


class Empty(Exception):
    """The record has nothing that is counted, so there is no half-year to show."""


def overview(page: Page) -> Mapping[str, Any]:
    all_rows = page.rows(catalogue.VIEW, TOWER)
    period, periods = half_years(page, all_rows)
    rows = [row for row in all_rows if row["period"] == period]
    mark_moved(page, rows)
    mark_changed(page, rows, f"period={period}")
    nation = {row["code"]: row for row in rows if row["level"] == "nation"}
    deadlines = page.rows(catalogue.VIEW, {"view": "deadlines"})
    withheld = page.withheld
    overdue = [row for row in deadlines if row["overdue"]]
    there = _hubs_of(page, period, rows)
    hubs = [row for row in rows if row["level"] == "hub" and row["code"] == HEADLINES[0] and row["key"] in there]
    return {
        "period": period,
        "periods": periods,
        "nation": nation,
        "shown": [row for row in rows if row["level"] in ("nation", "hub", UNASSIGNED) and row["code"] in HEADLINES],
        "withheld": withheld,
        "headlines": [nation[code] for code in HEADLINES if code in nation],
        "courses": {code: _course(all_rows, code, period) for code in HEADLINES},
        "regions": _regions(hubs, rows),
        "states": _states(page, rows, overdue),
        "hubs": len(there),
        "figures": {(row["key"], row["code"]): row for row in rows if row["level"] == "hub"},
        "unassigned": {row["code"]: row for row in counted_for_no_hub(rows) if row["code"] in HEADLINES},
        "codes": HEADLINES,
        "said": said(nation.values()),
        "well": [(row, reason(row, page)) for row in best(nation.values())],
        "badly": [(row, reason(row, page)) for row in worst(nation.values())],
        "overdue": sorted(overdue, key=lambda row: str(row["due_on"])),
        "editions": editions_known(page),
        "moved": sorted((row for row in nation.values() if row["published"] is not None), key=_moved_by, reverse=True),
        "late": _late(page, period) if any(row["edition"] for row in nation.values()) else {},
        "compared": page.source.sealer.compared,
        "sealed": page.source.sealer.position,
        "witnessed": page.source.witnessed(),
    }


def _hubs_of(page: Page, period: str, rows: Iterable[Row]) -> set[str]:
    """The hubs of a half-year: those that were designated before it ended, or did something in it."""
    end = HalfYear.parse(period).ends_at.astimezone(SEOUL).date()
    designated = {code for code, hub in page.hubs.items() if hub["designated_on"] and hub["designated_on"] < end}
    return designated | {row["key"] for row in rows if row["level"] == "hub" and row["evidence"]}


def _course(rows: Iterable[Row], code: str, last: str) -> list[Row]:
    """The figure of all hubs together over the half-years up to one, as many as are shown."""
    total = [row for row in rows if (row["level"], row["code"]) == ("nation", code) and row["period"] <= last]
    return sorted((row for row in total if row["value"] is not None), key=lambda row: str(row["period"]))[-HALF_YEARS:]


def _moved_by(row: Row) -> float:
    """By which share of what was published a figure moved."""
    published = float(row["published"])
    return abs(float(row["value"]) - published) / (abs(published) or 1.0)


class HubState(NamedTuple):
    """The state of a hub: its status, how many of its indicators improved and worsened, how much is overdue."""

    status: str
    better: int
    worse: int
    overdue: int


def _states(page: Page, rows: Iterable[Row], overdue: Iterable[Row]) -> dict[str, HubState]:
    own = [row for row in rows if row["level"] == "hub"]
    better, worse = (Counter(row["key"] for row in own if row["improved"] is it) for it in (True, False))
    late = Counter(row["hub"] for row in overdue)
    return {code: HubState(hub["status"], better[code], worse[code], late[code]) for code, hub in page.hubs.items()}


def _late(page: Page, period: str) -> Mapping[str, int]:
    """How many entries came since the cut-off of a half-year on what it counted: reported late, corrected, voided."""
    table = page.table(
        catalogue.VIEW, {"view": "late_entries"}, ("where", f"period={period}"), ("fields", "position,why")
    )
    return Counter({row["position"]: row["why"] for row in table.to_pylist()}.values())


def editions_known(page: Page) -> list[Row]:
    """The editions that were published by the point of the page, as the API lists them."""
    there = {(row["period"], row["edition"]): row for row in page.rows(catalogue.VIEW, {"view": "editions"})}
    listed: list[Row] = page.document(catalogue.EDITIONS, {})["editions"]
    found = []
    for it in listed:
        period, _, number = it["edition"].partition("/")
        if row := there.get((period, int(number))):
            found.append(it if row["withdrawn"] else it | {"withdrawn": None})
    return found


def tower(page: Page, *where: str) -> tuple[str, dict[str, str], list[Row]]:
    """The half-year that the page shows, all there are by their state, and the rows of the one shown."""
    rows = page.rows(catalogue.VIEW, TOWER, *(("where", it) for it in where))
    period, periods = half_years(page, rows)
    return period, periods, [row for row in rows if row["period"] == period]


def counted_for_no_hub(rows: Iterable[Row]) -> list[Row]:
    """The rows of what belongs to no designated hub (미지정), where something does."""
    return [row for row in rows if row["level"] == UNASSIGNED and row["why"] != "no_evidence"]


def half_years(page: Page, rows: Sequence[Row]) -> tuple[str, dict[str, str]]:
    """The half-year that the page shows, and all that rows of the tower have, by their state.

    It is the one asked for; or else that of the edition of the page; or else, for a point of time, the one that ran
    then, and for now the last that was published, or that has ended where none was. Raises Problem for an unknown one,
    Empty where there is none.
    """
    names = {row["period"]: row["state"] for row in sorted(rows, key=lambda row: str(row["period"]))}
    ended = [name for name, state in names.items() if state == "ended"]
    begun = [name for name, state in names.items() if state in ("ended", "running")]
    published = [row["period"] for row in rows if row["edition"] is not None]
    of_a_point = begun if {"known", "valid"} & page.query.keys() else []
    if not names:
        raise Empty
    edition = parse_edition_name(page.query.get("known", ""))
    own = edition[0] if edition and edition[0] in names and "valid" not in page.query else None
    wanted = page.query.get("period") or own or max(of_a_point or published or ended or begun or names)
    if wanted not in names:
        raise unknown_word(400, UNKNOWN, UnknownWord("half_year", wanted, names), parameter="period")
    page.chosen["period"] = wanted
    return wanted, names


def mark_moved(page: Page, rows: Sequence[Row]) -> None:
    """Sets `published` on each row: what its edition published where that is another value, else None."""
    named = sorted({(row["period"], row["edition"]) for row in rows if row["edition"] is not None})
    figures = {(period, number): _figures_of(page, period, number) for period, number in named}
    for row in rows:
        row["published"] = None
        if row["edition"] is None or row["why"] == AS_PUBLISHED or row["value"] is None:
            continue
        published = figures[row["period"], row["edition"]].get(cell_of(row))
        if published is None or published.value is None:
            continue
        if round(Decimal(str(row["value"])), MOST_PLACES) != Decimal(published.value):
            row["published"] = published.value


def _figures_of(page: Page, period: str, number: int) -> Mapping[Cell, Figure]:
    """The figures of an edition; none of one that cannot be reproduced as it was published."""
    with contextlib.suppress(NotAsPublished, UnknownVersion):
        published = edition_figures(page.source, period, number).figures
        return {(it.indicator, it.by, it.of): it for it in published}
    return {}


def said(rows: Iterable[Row]) -> list[Phrase]:
    """In words, how many indicators reached their target, and how many are better than before."""
    seen = [*rows]
    aimed = [row["attained"] for row in seen if row["attained"] is not None]
    turned = [row["improved"] for row in seen if row["improved"] is not None]
    return [
        PAGES["attained_of"].filled(targets=len(aimed), attained=sum(aimed)) if aimed else PAGES["no_targets"],
        PAGES["improved_and_not"].filled(better=sum(turned), worse=len(turned) - sum(turned)),
    ]


def best(rows: Iterable[Row]) -> Sequence[Row]:
    """Those that reached their target, by how far; then those that improved most, by their share."""
    return _first([row for row in rows if row["attained"] or (row["attained"] is None and row["improved"])])


def worst(rows: Iterable[Row]) -> Sequence[Row]:
    return _first(
        [row for row in rows if row["attained"] is False or (row["attained"] is None and row["improved"] is False)]
    )


def _first(rows: Sequence[Row]) -> Sequence[Row]:
    def weight(row: Row) -> tuple[bool, float]:
        measure = row["target"] if row["attained"] is not None else row["previous"]
        part = abs(float(row["value"]) / float(measure) - 1) if measure else 0.0
        return row["attained"] is not None, part

    return sorted(rows, key=weight, reverse=True)[:SAID]


def reason(row: Row, page: Page) -> str:
    """Why a figure is listed, in words."""
    if row["attained"] is not None:
        name, measure = "reached" if row["attained"] else "fell_short", row["target"]
    else:
        name, measure = "better_than" if row["improved"] else "worse_than", row["previous"]
    text = in_words(measure, row["unit"], page.language)
    return page.say(PAGES[name].filled(target=text, previous=text))


def _regions(hubs: Sequence[Row], rows: Sequence[Row]) -> list[tuple[Row, list[Row]]]:
    """Each region with its hubs."""
    regions = [row for row in rows if row["level"] == "region" and row["code"] == HEADLINES[0]]
    return [(region, [hub for hub in hubs if hub["region"] == region["key"]]) for region in regions]
