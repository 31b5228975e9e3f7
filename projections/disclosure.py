"""Small cells (소수 셀): figures with persons behind them, made fit to leave the house. See docs/disclosure.md.

A cell with fewer persons than the threshold is withheld, and, so that no total of its row or column gives it away,
others of that row or column with it: until at least two are withheld there and together reach the threshold.

Editions are published by version `RULE` of this; another way of withholding is another version beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

import pyarrow as pa

from projections import evidence, public
from projections.definitions import INDICATORS, Indicator
from projections.evidence import Where
from projections.reading import Reading

LEAST = 5
"""The threshold: a published figure has at least so many persons behind it, or none."""

RULE = 1

PARTS = {"EX-01": ("EX-01I", "EX-01O")}
"""Figures that are the sum of others in every slice: two of them tell the third."""

TELLERS = {"HD-07": "HD-07R"}
"""Figures that tell by how many persons are behind another: the share of cases that were rated, who rated."""

TELLING = ("value", "evidence", "missing", "attained")
"""The columns of a figure from which persons could be counted."""

Cell: TypeAlias = tuple[str | None, ...]
At = TypeVar("At", bound=Hashable)


def figures(
    reading: Reading,
    it: Indicator,
    by: Sequence[str] = (),
    where: Where | None = None,
    period: str | None = None,
    *,
    least: int = LEAST,
) -> pa.Table:
    """As `evidence.figures`, with a column `suppressed`; where it is true, the columns of TELLING are null.

    A condition cuts a cell out of the table that has its dimension: the same cell is withheld however it is asked for.
    """
    table = evidence.figures(reading, it, by, where, period)
    conditions = dict(where or {}) | ({"period": period} if period else {})
    dimensions = [*by, *(name for name in conditions if name not in by)]
    hidden = _hidden(reading, it, dimensions, least)
    wanted = {n: _options(conditions[name]) for n, name in enumerate(dimensions) if name in conditions}
    closed = {cell[: len(by)] for cell in hidden if all(cell[n] in options for n, options in wanted.items())}
    cells = list(zip(*(table[name].to_pylist() for name in by), strict=True)) if by else [()]
    suppressed = [cell in closed for cell in cells]
    kept = _without(table, [name for name in TELLING if name in table.column_names], suppressed)
    return kept.append_column("suppressed", pa.array(suppressed, pa.bool_()))


def performance(reading: Reading, where: Mapping[str, str] | None = None, *, least: int = LEAST) -> pa.Table:
    """The view `hub_performance`, with a column `suppressed`: the names of the columns withheld in each row."""
    table = public.view(reading, "hub_performance", where)
    rows = list(zip(table["hub"].to_pylist(), table["period"].to_pylist(), strict=True))
    names: list[list[str]] = [[] for _ in rows]
    for it in INDICATORS.values():
        if it.persons:
            hidden = _hidden(reading, it, ["hub", "period"], least)
            suppressed = [row in hidden for row in rows]
            table = _without(table, [it.column], suppressed)
            for at, closed in zip(names, suppressed, strict=True):
                at += [it.column] * closed
    return table.append_column("suppressed", pa.array(names, pa.list_(pa.string())))


def _hidden(reading: Reading, it: Indicator, by: Sequence[str], least: int) -> set[Cell]:
    """The cells of a figure's table that are withheld. A figure and its parts are one table with one more dimension."""
    family = next(((whole, *parts) for whole, parts in PARTS.items() if it.code in (whole, *parts)), (it.code,))
    persons = {
        (code, *cell): count
        for code in family
        for cell, count in evidence.persons(reading, INDICATORS[code], by).items()
    }
    told = [_hidden(reading, INDICATORS[code], by, least) for code, teller in TELLERS.items() if teller == it.code]
    already = {(it.code, *cell) for cells in told for cell in cells}
    return {cell[1:] for cell in withheld(persons, least, already) if cell[0] == it.code}


def withheld(persons: Mapping[Cell, int], least: int, already: Collection[Cell] = ()) -> set[Cell]:
    """The cells of a table that are withheld, given how many persons are behind each; `already` are in any case."""
    lines: dict[tuple[int, Cell], list[Cell]] = defaultdict(list)
    for cell in sorted(persons, key=str):
        for axis in range(len(cell)):
            lines[axis, cell[:axis] + cell[axis + 1 :]].append(cell)
    return closed(persons, lines.values(), least, already)


def closed(
    persons: Mapping[At, int], lines: Iterable[Sequence[At]], least: int, already: Collection[At] = ()
) -> set[At]:
    """What is withheld where the members of a line add up to something known, or one of them is the sum of the others.

    `already` are withheld in any case. What no person is behind is never withheld.
    """
    hidden = {at for at, count in persons.items() if 0 < count < least or (count and at in already)}
    ordered = [sorted(line, key=lambda at: (persons[at], str(at))) for line in lines]
    changed = True
    while changed:
        changed = False
        for line in ordered:
            away = [at for at in line if at in hidden]
            shown = [at for at in line if at not in hidden and persons[at]]
            if away and shown and (len(away) == 1 or sum(persons[at] for at in away) < least):
                hidden.add(shown[0])
                changed = True
    return hidden


def _options(wanted: str | Sequence[str | None] | None) -> set[str | None]:
    return {wanted} if wanted is None or isinstance(wanted, str) else set(wanted)


def _without(table: pa.Table, names: Sequence[str], suppressed: Sequence[bool]) -> pa.Table:
    """The table with nulls in these columns where a row is suppressed."""
    for name in names:
        column = table[name]
        kept = pa.array(
            [None if closed else value for value, closed in zip(column.to_pylist(), suppressed, strict=True)],
            column.type,
        )
        table = table.set_column(table.column_names.index(name), name, kept)
    return table
