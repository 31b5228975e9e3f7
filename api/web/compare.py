"""Two points of the record side by side: what differs, and which entries caused it. For an edition and another of its
half-year, or what is known at a point: all that they say of all hubs, and the late register between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from api.reads import catalogue
from api.reads.asked import ReadRequest, parse_half_year
from api.reads.tables import edition_figures, named_indicator
from api.web.overview import TOWER, Cell
from api.web.page import Page, Row, absolute_point
from api.web.time_machine import to_come
from projections.definitions import INDICATORS, VERSIONS, Indicator
from replay.editions.control_tower import AS_PUBLISHED, cell_of
from replay.editions.editions import NoEdition, editions_of, find_edition, parse_edition_name
from replay.editions.restatement import proposal_of
from replay.report.content import half_year_name, reason_in_words
from replay.report.numbers import MOST_PLACES

MOST = 50
"""Differences, and late entries, that a page shows; the data has all of them."""

MOST_MOVERS = 3
"""Entries that are named behind one difference."""


class SideValue(NamedTuple):
    """The value of a cell on one side; `why` says why a figure has none."""

    value: Decimal | None
    why: str | None
    about: Indicator


Side = Mapping[Cell, SideValue]


def compare(page: Page) -> Mapping[str, Any]:
    narrowed = _narrowing(page)
    listed = page.document(catalogue.EDITIONS, {})["editions"]
    start: dict[str, Any] = {
        "editions": listed,
        "narrowed": narrowed,
        "narrowed_to": _narrowed_to(page, narrowed),
        "most": MOST,
        "movers": MOST_MOVERS,
    }
    start |= dict.fromkeys(("a", "b", "sides", "diff", "late", "untold", "reasons", "to_come"))
    if not page.query.get("a"):
        return start
    points = {name: absolute_point(page.source, page.query.get(name) or otherwise) for name, otherwise in _points(page)}
    for name in points:
        ReadRequest(lambda: page.actor, {}, points.items()).position(page.source, name)
    a, b = points.values()
    page.chosen["b"] = b
    start |= points | {"to_come": any(to_come(page, it) for it in points.values())}
    edition, other = parse_edition_name(a), parse_edition_name(b)
    if edition and (other is None or other[0] == edition[0]):
        narrowed.pop("period", None)  # it is that of the edition
        start["narrowed_to"] = _narrowed_to(page, narrowed)
        return start | _editions(page, edition, b, other, narrowed)
    found = page.document(catalogue.DIFF, {}, ("a", a), ("b", b))
    found["changes"] = [it for it in found["changes"] if all(it[name] == said for name, said in narrowed.items())]
    return start | {"diff": found, "untold": _named(page, found["untold"])}


def _points(page: Page) -> tuple[tuple[str, str], tuple[str, str]]:
    """The parameters of both points with their defaults: none, and the point of the page."""
    return ("a", ""), ("b", page.query.get("known", "now"))


def _narrowing(page: Page) -> dict[str, str]:
    """The indicator, hub and half-year to which the comparison is narrowed. Raises Problem for unknown ones."""
    conditions = {name: page.query[name] for name in ("code", "hub", "period") if page.query.get(name)}
    if code := conditions.get("code"):
        conditions["code"] = named_indicator(code).code
    if hub := conditions.get("hub"):
        conditions["hub"] = page.hub_code(hub)
    if period := conditions.get("period"):
        parse_half_year(period)
    return conditions


def _narrowed_to(page: Page, narrowed: Mapping[str, str]) -> list[str]:
    """The same in words."""
    hub, code, period = (narrowed.get(name) for name in ("hub", "code", "period"))
    named = [page.hub(hub)] if hub else []
    named += [_named(page, [code])] if code else []
    return named + ([page.say(half_year_name(period))] if period else [])


def _editions(
    page: Page, edition: tuple[str, int], b: str, other: tuple[str, int] | None, narrowed: Mapping[str, str]
) -> dict[str, Any]:
    period = edition[0]
    published = find_edition(page.source.journal, *edition)
    first = _published(page, *edition)
    second = _published(page, *other) if other else _known(page, period, b, published.key.valid_cutoff)
    now = not {"b", "known"} & page.query.keys()
    whole = {} if other else _known(page, period, None if now else b, None)
    between = _register(page, period, published.key.position, b)
    if between:
        between["entries"] = [
            it
            for it in between["entries"]
            if ("hub" not in narrowed or it["hub"] == narrowed["hub"])
            and ("code" not in narrowed or narrowed["code"] in (*it["moves"], *it.get("withheld", ())))
        ]
    untold = _named(page, between.get("untold", ())) if between else None
    rows = _rows(first, second, between, narrowed)
    for row in rows:
        row["beyond"] = _beyond(row["b"], whole.get(row["cell"]))
    return {
        "sides": rows,
        "late": between,
        "period": period,
        "untold": untold,
        "cut": published.key.position,
        "reasons": dict(_reasons(page, edition, other)) if other else {},
    }


def _reasons(page: Page, edition: tuple[str, int], other: tuple[str, int]) -> Iterator[tuple[str, str]]:
    """By its name, why each edition after the earlier of two, up to the later, restates one before it."""
    period, first, last = edition[0], *sorted((edition[1], other[1]))
    for it in editions_of(page.source.journal, period)[first:last]:
        if it.restates:
            reason = reason_in_words(proposal_of(page.source.journal, period, it))
            yield f"{period}/{it.number}", page.say(reason)


def _named(page: Page, codes: Iterable[str]) -> str:
    """Indicators by their names and codes."""
    named = ((it.code, it.ko, it.en) for it in map(named_indicator, codes))
    return ", ".join(page.say((f"{ko}({code})", f"{en} ({code})")) for code, ko, en in named)


def _register(page: Page, period: str, cut: int, known: str) -> Row | None:
    """The late register of the entries behind a cut-off, as known at a point; None where none was fixed by then, or
    another since: it would be incomplete."""
    try:
        found: Row = page.document(catalogue.LATE_REGISTER, {"period": period}, ("known", known))
    except NoEdition:
        return None
    return found if found["position"] == cut else None


def _published(page: Page, period: str, number: int) -> Side:
    figures = edition_figures(page.source, period, number).figures
    return {
        (it.indicator, it.by, it.of): SideValue(
            None if it.value is None else Decimal(it.value),
            "withheld" if it.withheld else None if it.evidence else "no_evidence",
            _about(it.indicator, it.version),
        )
        for it in figures
    }


def _known(page: Page, period: str, position: str | None, valid: Any) -> Side:
    """The same figures as known at a position, or now, of what had happened by a moment, or of all that had."""
    then = page.of_point(known=position, valid=valid)
    return {
        cell_of(row): SideValue(
            None if row["value"] is None else round(Decimal(str(row["value"])), MOST_PLACES),
            row["why"],
            _about(row["code"], row["version"]),
        )
        for row in then.rows(catalogue.VIEW, TOWER, ("where", f"period={period}"))
        if row["level"] in ("nation", "hub")
    }


def _about(code: str, version: int) -> Indicator:
    return VERSIONS.get((code, version), INDICATORS[code])


def _rows(first: Side, second: Side, late: Row | None, narrowed: Mapping[str, str]) -> list[Row]:
    """Every figure of all hubs together, and for how many hubs it differs; of a named indicator also those of each
    hub, of a named hub all of its own."""
    hub, code, hubs = narrowed.get("hub"), narrowed.get("code"), Counter[str]()
    rows = list[Row]()
    cells = {it for it in first.keys() | second.keys() if it[1] in (None, "hub") and it[1:] != ("hub", None)}
    for cell in sorted(cells, key=lambda it: (it[0], it[2] is not None, it[2] or "")):
        a, b = first.get(cell), second.get(cell)
        side = a or b
        assert side
        differs = bool(a and b and a.value != b.value and "withheld" not in (a.why, b.why))
        if differs and cell[2]:
            hubs[cell[0]] += 1
        if (code and cell[0] != code) or (hub and cell[2] != hub) or not (code or hub or cell[1] is None):
            continue
        rows.append(
            {
                "cell": cell,
                "code": cell[0],
                "of": cell[2],
                "about": side.about,
                "a": a,
                "b": b,
                "differs": differs,
                "entries": len([*_movers(late, cell)]) if late and differs else None,
            }
        )
    return [row | {"hubs": 0 if row["of"] or code or hub else hubs[row["code"]]} for row in rows]


def _beyond(value: SideValue | None, whole: SideValue | None) -> Decimal | None:
    """The figure of all events, where it differs from that of the events up to the cut-off."""
    if value is None or whole is None or whole.why == AS_PUBLISHED or None in (value.value, whole.value):
        return None
    return None if whole.value == value.value else whole.value


def _movers(late: Row, cell: Cell) -> Iterator[Row]:
    for it in late["entries"]:
        if cell[0] in (*it["moves"], *it.get("withheld", ())) and cell[2] in (None, it["hub"]):
            yield it
