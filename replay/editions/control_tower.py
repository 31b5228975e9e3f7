"""The view of all levels for readers who may not see every figure of persons: as an edition publishes them, or as a
table of its own that is fit to be published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from projections.definitions import INDICATORS
from projections.mirror.control_tower import COMPARED, TOLD, UNASSIGNED
from projections.mirror.snapshot import Reading
from replay.editions.contributors import contributors_of
from replay.editions.published_figures import Released
from replay.editions.withholding_v2 import withhold

Row: TypeAlias = dict[str, Any]

TELLING = (*TOLD, *COMPARED, "why")
"""The columns that could reveal a figure."""

UNPUBLISHED, WITHHELD = "not_in_edition", "withheld"

AS_PUBLISHED = "as_published"
"""The column that marks current rows whose value is that of their `edition`."""


def released_tower(table: pa.Table, editions: Sequence[Released], *, as_published: bool = False) -> pa.Table:
    """With figures of persons as the edition of their half-year publishes them, and whether each attains its target;
    without an edition, none. `as_published` marks those that are not as of the table's point."""
    published = {(it.period, one.indicator, one.by, one.of): one for it in editions for one in it.figures}

    def shown(row: Row) -> Row:
        one = published.get((row["period"], *cell_of(row)))
        if one is None or one.withheld:
            return _empty(WITHHELD if one else UNPUBLISHED)
        value = None if one.value is None else float(one.value)
        lacking = "missing" if one.missing else "undefined"
        whole = AS_PUBLISHED if as_published else None
        why = ("partly_missing" if one.missing else whole) if value is not None else lacking
        figure = {"version": one.version, "value": value, "evidence": one.evidence, "missing": one.missing}
        return _empty(why) | figure | {"attained": _attained(value, row["target"], row["better"])}

    return _with_persons(table, shown)


def suppressed_tower(reading: Reading, table: pa.Table, least: int) -> pa.Table:
    """Withholds figures of persons where fewer than `least` are behind one; all levels of a half-year are solved as one
    table, as for an edition."""
    periods = {row["period"] for row in table.select(["period", "persons"]).to_pylist() if row["persons"]}
    hidden = {
        it: withhold((), contributors_of(reading, INDICATORS.values(), it), least).hidden for it in sorted(periods)
    }

    def shown(row: Row) -> Row:
        if cell_of(row) in hidden[row["period"]]:
            return _empty(WITHHELD)
        return dict.fromkeys(COMPARED)

    return _with_persons(table, shown)


def own_tower(table: pa.Table) -> pa.Table:
    """As a hub reads its own rows: without what reveals persons of other hubs."""
    return _with_persons(table, lambda _: dict.fromkeys(("hubs_with_value", "hubs_median", "share_of_nation")))


def cell_of(row: Row) -> tuple[str, str | None, str | None]:
    """The cell of an edition for a row of the view: indicator, dimension and value. What belongs to no designated hub
    has no ministry."""
    match row["level"]:
        case "nation":
            return row["code"], None, None
        case level if level == UNASSIGNED:
            return row["code"], "ministry", None
        case level:
            return row["code"], level, row["key"]


def _attained(value: float | None, target: float | None, better: str) -> bool | None:
    """Whether a figure, rounded as in editions, attains its target; None without a target or a better direction."""
    if value is None or target is None or better == "neither":
        return None
    return value >= target if better == "higher" else value <= target


def _empty(why: str | None) -> Row:
    return {**dict.fromkeys(TELLING), "why": why}


def _with_persons(table: pa.Table, shown: Callable[[Row], Mapping[str, Any]]) -> pa.Table:
    """The rows of figures of persons with other values in some columns."""
    rows = [{**row, **(shown(row) if row["persons"] else {})} for row in table.to_pylist()]
    return pa.Table.from_pylist(rows, schema=table.schema)
