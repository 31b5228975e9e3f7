"""The figures that indicators make, sliced and narrowed, and the entries behind a figure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from domain.nearest import UnknownWord
from projections.definitions import INDICATORS, Indicator
from projections.filters import Filter
from projections.mirror.figure_tables import FIGURE
from projections.mirror.parts import own_stream
from projections.mirror.snapshot import Reading

SLICES = {
    "hub": "evidence.hub",
    "ministry": "hubs.ministry",
    "region": "hubs.region",
    "period": "evidence.period",
    "field": "evidence.field",
    "country": "evidence.country",
}
"""What a figure may be sliced by, and its column. Ministry and region are those at the end of the half-year."""


Where = Mapping[str, str | Sequence[str | None] | Filter | None]


def figures(
    reading: Reading, it: Indicator, by: Sequence[str] = (), where: Where | None = None, period: str | None = None
) -> pa.Table:
    """The figure per slice: the columns `by`, then

    - `value`,
    - `contributing_entries`, how many entries are behind it,
    - `missing`, how many of them have an unknown amount and are left out,
    - of what is in money `earlier_rate`, how many were converted by the rate of an earlier day, and `rate_sets`, by
      which rate sets and versions (`fx:2025S1/2`),
    - by half-year alone or by hub and half-year, narrowed by nothing else, also `target`, `late_set`, whether it was
      set too late, and `attained`, whether the value is as good as it (NULL where higher is no better than lower).

    `where` keeps one value of a slice, or several, or what a filter keeps; `period` is short for where["period"].
    Without `by` there is exactly one row. Raises ValueError for an unknown slice.
    """
    where = {**(where or {}), **({"period": period} if period else {})}
    condition, values = _condition(where)
    columns = it.figure_columns(f"({it.aggregate})::{it.value_type}") + (f", {it.rate_columns}" if it.in_money else "")
    if {*by} == {"hub", "period"} and {*where} <= {*by} and (kept := reading.tables.kept_figure(it)):
        columns = f"value::{it.value_type} AS value, evidence, missing" + (", earlier_rate, rate_sets" * it.in_money)
        found = f"SELECT {', '.join(by)}, {columns} FROM {kept} AS evidence WHERE {condition}"
    else:
        found = _figure(reading, it, by, where, condition, columns)
    order = "ORDER BY ALL" if by else ""
    return reading.few(f"{_with_targets(reading, found, by, repr(it.code), where)} {order}", values)


def all_figures(
    reading: Reading,
    by: Sequence[str] = ("hub", "period"),
    where: Where | None = None,
    versions: Collection[Indicator] | None = None,
) -> pa.Table:
    """Every indicator at once: `code, version`, then the columns of `figures`; those of money are NULL for others. The
    newest versions, unless others are asked for. Raises ValueError for an unknown slice."""
    if tuple(by) == ("hub", "period") and not where and versions is None:
        versions_ = ", ".join(f"('{it.code}', {it.version})" for it in INDICATORS.values())
        found = (
            "SELECT figure.code, version, figure.* EXCLUDE (code) "
            f"FROM {reading.of(FIGURE)} AS figure JOIN (VALUES {versions_}) AS newest (code, version) USING (code)"
        )
        return reading.few(f"{_with_targets(reading, found, by, 'figure.code')} ORDER BY ALL")
    condition, values = _condition(where or {})
    asked = INDICATORS.values() if versions is None else versions
    found = " UNION ALL ".join(
        f"SELECT '{it.code}' AS code, {it.version} AS version, * FROM ("
        f"{_figure(reading, it, by, where or {}, condition, it.all_columns)})"
        for it in asked
    )
    with_targets = _with_targets(reading, found, by, "figure.code", where or {})
    return reading.few(f"{with_targets} ORDER BY ALL", values * len(asked))


def cell_contributors(
    reading: Reading, it: Indicator, by: Sequence[str]
) -> dict[tuple[str | None, ...], tuple[frozenset[int], int]]:
    """Who is behind each cell of a figure sliced by `by`: its persons, each as a hash, and how many entries.

    A stay or case whose person is not known counts as a person of its own.
    """
    slices = "".join(f"{_slice(name)}, " for name in by)
    rows = reading.rows(
        f"SELECT {slices}list(DISTINCT hash(coalesce(behind.person, entry.stream))), count(*)"
        f" FROM {_with_persons(reading, it, by)} {'GROUP BY ALL' if by else ''}"
    )
    return {tuple(cell): (frozenset(persons or ()), entries) for *cell, persons, entries in rows}


def figure_rows(reading: Reading, it: Indicator, dimensions: Sequence[str], period: str) -> pa.Table:
    """The rows that the figures of a half-year are made of, with the person behind each, as `cell_contributors`.

    Columns: the dimensions, `position`, `person`, `amount`, and `against` or `key` where the aggregate uses them.
    """
    slices = "".join(f"{_slice(name)}::VARCHAR AS {name}, " for name in dimensions)
    more = "".join(f", {column}" for column in ("against", "key") if it.uses(column))
    return reading.table(
        f"SELECT {slices}evidence.position, coalesce(behind.person, entry.stream) AS person, amount{more} "
        f"FROM {_with_persons(reading, it, dimensions)} WHERE evidence.period = ?",
        [period],
    )


def figures_by_dimension(reading: Reading, it: Indicator, dimensions: Sequence[str], period: str) -> pa.Table:
    """The figure of all together and of every value of each dimension, in one pass.

    Columns: `by` (the dimension, NULL for all together), `of` (its value), `value`, `evidence`, `missing`,
    `earlier_rate`, `rate_sets`.
    """
    slices = [_slice(name) for name in dimensions]
    by = "".join(f"WHEN grouping({it}) = 0 THEN '{name}' " for name, it in zip(dimensions, slices, strict=True))
    of = "".join(f"WHEN grouping({it}) = 0 THEN {it}::VARCHAR " for it in slices)
    return reading.few(
        f'SELECT CASE {by}END AS "by", CASE {of}END AS "of", {it.figure_columns(it.aggregate)}, '
        f"{it.rate_columns} FROM {_sliced(reading, it, dimensions)} "
        f"WHERE evidence.period = ? GROUP BY GROUPING SETS ((), {', '.join(slices)})",
        [period],
    )


def amount_columns(it: Indicator) -> list[str]:
    """The columns of the evidence that the aggregate uses; `amount` in any case."""
    return ["amount", *(name for name in ("against", "key", "country") if it.uses(name))]


class MovedEvidence(NamedTuple):
    """The rows behind the figures at two points: `position, stream, hub, period`, and the columns of the aggregate;
    `moved` are the streams, hubs and half-years of rows that one point has more often than the other."""

    before: pa.Table
    after: pa.Table
    moved: frozenset[tuple[str, str, str]]


def moved_evidence(
    before: Reading, after: Reading, it: Indicator, period: str | None = None, apart: Collection[str] = ()
) -> MovedEvidence:
    """What is behind the figures of all half-years or one, at two points. Each entry of the kinds `apart` is treated as
    a stream of its own."""
    columns = ["position", "stream", "hub", "period", *amount_columns(it)]
    condition, values = _condition({"period": period} if period else {})
    own = own_stream("entry.stream", "entry.position")
    is_apart = " OR ".join(f"entry.kind = '{kind}'" for kind in apart) or "false"
    stream = f"CASE WHEN {is_apart} THEN {own} ELSE entry.stream END"
    selected = ", ".join(f"{stream} AS stream" if name == "stream" else f"evidence.{name}" for name in columns)
    was, is_ = (
        reading.table(f"SELECT {selected} FROM {_with_entries(reading, it)} WHERE {condition}", values)
        for reading in (before, after)
    )
    with after.another_cursor() as scratch:
        scratch.register("was", was)
        scratch.register("now", is_)
        more = "SELECT *, 1 AS more FROM now UNION ALL SELECT *, -1 FROM was"
        rows = f"SELECT stream, hub, period FROM ({more}) GROUP BY {', '.join(columns)} HAVING sum(more) <> 0"
        moved = scratch.execute(f"SELECT DISTINCT * FROM ({rows})").fetchall()
    return MovedEvidence(was, is_, frozenset(moved))


def contributing_entries(
    reading: Reading, it: Indicator, where: Where | None = None, period: str | None = None
) -> pa.Table:
    """The entries behind a figure: `position, period, hub, ministry, region, field, country, occurred_at, effective_at`
    (the moment that counts, `domain.effect`), `amount`, `against` or `key` where its aggregate uses them, `rate_set`
    and `rate_age` of money, and `stream`. Raises ValueError for an unknown slice."""
    condition, values = _condition({**(where or {}), **({"period": period} if period else {})})
    more = "".join(f", {column}" for column in ("against", "key") if it.uses(column))
    more += ", rate_set, rate_age" if it.in_money else ""
    last = ", key" if it.uses("key") else ""
    return reading.table(
        "SELECT evidence.position, period, evidence.hub, ministry, region, field, country, "
        "coalesce(evidence.occurred_at, entry.occurred_at) AS occurred_at, "
        "CASE WHEN evidence.occurred_at <> coalesce(stated.occurred_at, entry.occurred_at) THEN evidence.occurred_at "
        f"ELSE coalesce(stated.effective_at, entry.effective_at) END AS effective_at, amount{more}, entry.stream "
        # A void entry is no longer stated, but it counts where corrections and voids are counted (GV-04R).
        f"FROM {_with_entries(reading, it, SLICES)} LEFT JOIN stated ON stated.position = evidence.position "
        f"WHERE {condition}",
        values,
        order=f"position, period, hub, country{last}",
    )


def _with_targets(
    reading: Reading, figures: str, by: Sequence[str], code: str, where: Collection[str] = frozenset()
) -> str:
    """Targets are set by half-year, for one hub or for all together; figures sliced in other ways have none, nor do
    figures narrowed by something they are not sliced by."""
    if "period" not in by or not {*by} <= {"hub", "period"} or not {*where} <= {*by}:
        return figures
    hub = "figure.hub" if "hub" in by else "NULL"
    higher, lower = (
        ", ".join(repr(it.code) for it in INDICATORS.values() if it.better == better) for better in ("higher", "lower")
    )
    attained = (  # of the figure as an edition rounds it, so that both say the same
        f"CASE WHEN {code} IN ({higher}) THEN round(figure.value::DOUBLE, 6) >= target.value "
        f"WHEN {code} IN ({lower}) THEN round(figure.value::DOUBLE, 6) <= target.value END"
    )
    return (
        f"SELECT figure.*, target.value::DOUBLE AS target, target.late AS late_set, {attained} AS attained "
        f"FROM ({figures}) AS figure "
        f"LEFT JOIN {reading.of('targets')} AS target ON target.code = {code} AND target.period = figure.period "
        f"AND target.hub IS NOT DISTINCT FROM {hub}"
    )


def _figure(reading: Reading, it: Indicator, by: Sequence[str], where: Where, condition: str, columns: str) -> str:
    slices = "".join(f"{_slice(name)} AS {name}, " for name in by)
    grouping = "GROUP BY ALL" if by else ""
    rows = _sliced(reading, it, by, where)
    return f"SELECT {slices}{columns} FROM {rows} WHERE {condition} {grouping}"


def _sliced(reading: Reading, it: Indicator, *slices: Iterable[str]) -> str:
    """The evidence, with the ministry and region of each hub if a slice needs them."""
    if not {"ministry", "region"} & set().union(*slices):
        return f"{reading.of(it.view)} AS evidence"
    return (
        f"{reading.of(it.view)} AS evidence ASOF LEFT JOIN {reading.of('hub_assignment')} AS hubs "
        "ON hubs.hub = evidence.hub AND evidence.period >= hubs.since"
    )


def _with_entries(reading: Reading, it: Indicator, by: Iterable[str] = ()) -> str:
    """The evidence joined with the entry of each row."""
    return f"{_sliced(reading, it, by)} JOIN record.event AS entry ON entry.position = evidence.position"


def _with_persons(reading: Reading, it: Indicator, by: Sequence[str]) -> str:
    """The evidence joined with its entries and the person behind the stream of each, where known."""
    rows, person_of = _with_entries(reading, it, by), reading.of("person_of")
    return f"{rows} LEFT JOIN {person_of} AS behind ON behind.stream = entry.stream"


def _slice(name: str) -> str:
    if name not in SLICES:
        raise UnknownWord("slice", name, SLICES)
    return SLICES[name]


def _condition(where: Where) -> tuple[str, list[object]]:
    """A condition with a parameter for each value, and the values."""
    conditions, values = ["true"], list[object]()

    def place(value: object) -> str:
        values.append(value)
        return "?"

    for name, wanted in where.items():
        if isinstance(wanted, Filter):
            conditions.append(wanted.condition(_slice(name), "VARCHAR", place))
            continue
        options = [wanted] if wanted is None or isinstance(wanted, str) else list(wanted)
        either = [f"{_slice(name)} IS NOT DISTINCT FROM {place(it)}::VARCHAR" for it in options]
        conditions.append(f"({' OR '.join(either) or 'false'})")
    return " AND ".join(conditions), values
