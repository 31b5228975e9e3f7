"""Small cells (소수 응답 셀): figures with persons behind them, made fit to be published. See docs/disclosure.md.

A cell with fewer persons than the threshold is withheld, and with it the fewest others that keep it from being derived
from those that are shown and the totals of its lines. Each half-year is protected by itself, so that what is shown of a
closed one never changes; a sum over half-years is shown only if it reveals none of them.

Editions are published by version `RULE` of this; another way of withholding would be a new version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import product
from typing import NamedTuple, TypeAlias

import pyarrow as pa

from projections import figures as evidence
from projections.definitions import INDICATORS, Indicator
from projections.figures import Where
from projections.filters import Filter, Filters
from projections.mirror import public_views
from projections.mirror.snapshot import Reading
from projections.suppression import price, suppress

LEAST = 5
"""The threshold: a published figure has at least this many persons behind it, or none."""

RULE = 2

PARTS = {"EX-01": ("EX-01I", "EX-01O")}
"""Figures that are the sum of others, except for what is of no part yet (a stay with no direction recorded)."""

LINKED_TABLES = {"HD-07": "HD-07R"}
"""Figures that reveal how many persons are behind another: the share of rated cases reveals who rated."""

VALUE_COLUMNS = ("value", "evidence", "missing", "attained")
"""The columns of a figure that reveal how many persons are behind it."""

TOTAL = "\0"
"""Used in place of a slice for all of them together. No text of the record has it."""

DERIVABLE = 300
"""A table with more cells than this, totals included, is protected line by line: its lines are not solved together."""

Cell: TypeAlias = tuple[str | None, ...]
"""The code of an indicator, its slices, and the half-year."""


class CellContributors(NamedTuple):
    """Who is behind a cell, and how many entries."""

    persons: frozenset[int]
    entries: int

    def few(self, least: int) -> bool:
        return 0 < len(self.persons) < least


CellTable: TypeAlias = Mapping[Cell, CellContributors]


class WithheldCells(NamedTuple):
    """The cells that are withheld, and those of them that must not follow from what is shown."""

    hidden: frozenset[Cell] = frozenset()
    secret: frozenset[Cell] = frozenset()

    def of(self, code: str, teller: str) -> WithheldCells:
        """The same cells of the figure that reveals how many persons there are."""
        return WithheldCells(*(frozenset((teller, *cell[1:]) for cell in them if cell[0] == code) for them in self))


def suppressed_figures(
    reading: Reading,
    it: Indicator,
    by: Sequence[str] = (),
    where: Where | None = None,
    period: str | None = None,
    *,
    least: int = LEAST,
) -> pa.Table:
    """As `evidence.figures`, with a column `suppressed`; where it is true, the columns VALUE_COLUMNS are null.

    A condition only selects cells of the table with its dimension: the same cell is withheld however it is asked for.
    """
    table = evidence.figures(reading, it, by, where, period)
    conditions = dict(where or {}) | ({"period": period} if period else {})
    dimensions = [*by, *(name for name in conditions if name not in by)]
    hidden = Measured(reading, least).hidden(it, dimensions)
    wanted = {n: _kept(conditions[name]) for n, name in enumerate(dimensions) if name in conditions}
    closed = {cell[: len(by)] for cell in hidden if all(keeps(cell[n]) for n, keeps in wanted.items())}
    cells = list(zip(*(table[name].to_pylist() for name in by), strict=True)) if by else [()]
    suppressed = [cell in closed for cell in cells]
    kept = _without(table, [name for name in VALUE_COLUMNS if name in table.column_names], suppressed)
    return kept.append_column("suppressed", pa.array(suppressed, pa.bool_()))


def suppressed_performance(reading: Reading, where: Filters | None = None, *, least: int = LEAST) -> pa.Table:
    """The view `hub_performance`, with a column `suppressed`: the names of the columns withheld in each row."""
    table, measured = public_views.view(reading, "hub_performance", where), Measured(reading, least)

    def shown(it: Indicator) -> Shown:
        hidden = measured.hidden(it, ["hub", "period"])
        cells = zip(_rows(table), table[it.column].to_pylist(), strict=True)
        return {row: value for row, value in cells if row not in hidden}

    return performance_shown(table, shown)


Shown: TypeAlias = Mapping[tuple[str | None, str | None], float | None]
"""The shown figures of an indicator, by hub and half-year."""


def performance_shown(table: pa.Table, shown: Callable[[Indicator], Shown]) -> pa.Table:
    """The view `hub_performance` with no figures of persons but those that are `shown`, and a column `suppressed`: the
    names of the columns withheld in each row."""
    rows = _rows(table)
    names: list[list[str]] = [[] for _ in rows]
    for it in (it for it in INDICATORS.values() if it.persons):
        cells = shown(it)
        column = pa.array([cells.get(row) for row in rows], pa.float64())
        table = table.set_column(table.column_names.index(it.column), it.column, column)
        for at, row in zip(names, rows, strict=True):
            at += [it.column] * (row not in cells)
    return table.append_column("suppressed", pa.array(names, pa.list_(pa.string())))


def _rows(table: pa.Table) -> list[tuple[str | None, str | None]]:
    return list(zip(table["hub"].to_pylist(), table["period"].to_pylist(), strict=True))


class Measured:
    """What is withheld of the figures of a reading; each table of linked figures is measured once."""

    def __init__(self, reading: Reading, least: int) -> None:
        self._withheld = cache(partial(self._measure, reading, least))

    def hidden(self, it: Indicator, by: Sequence[str]) -> set[Cell]:
        """The slices of a figure, by `by`, that are withheld."""
        over_all = "period" not in by
        slices = tuple(name for name in by if name != "period")
        place = [it.code, *slices, "period"].index
        return {
            tuple(cell[place(name)] for name in by)
            for cell in self._withheld(_family(it), slices, over_all).hidden
            if cell[0] == it.code and TOTAL not in cell[1:-1] and (cell[-1] == TOTAL) is over_all
        }

    def _measure(
        self, reading: Reading, least: int, family: tuple[str, ...], slices: tuple[str, ...], over_all: bool
    ) -> WithheldCells:
        withheld = WithheldCells()
        for code, teller in LINKED_TABLES.items():
            if family == (teller,):
                withheld = self._withheld((code,), slices, over_all).of(code, teller)
        return withheld_cells(_table(reading, family, slices), least, withheld, over_all=over_all)


def _family(it: Indicator) -> tuple[str, ...]:
    """A figure and its parts are one table."""
    return next(((whole, *parts) for whole, parts in PARTS.items() if it.code in (whole, *parts)), (it.code,))


def _table(reading: Reading, family: Sequence[str], slices: Sequence[str]) -> CellTable:
    found = {code: evidence.cell_contributors(reading, INDICATORS[code], [*slices, "period"]) for code in family}
    return {(code, *cell): CellContributors(*them) for code, cells in found.items() for cell, them in cells.items()}


def withheld_cells(
    table: CellTable,
    least: int,
    withheld: WithheldCells = WithheldCells(),  # noqa: B008
    *,
    over_all: bool = False,
) -> WithheldCells:
    """What is withheld of a table and of its totals, which are tables of fewer slices: each half-year by itself, and
    `over_all` the sums over half-years too, so that none of these reveals what is withheld of a half-year.

    Totals first: what is withheld of a table does not depend on finer slices. `withheld` stays withheld in any case,
    except a half-year's total over all slices with enough persons behind it, which is always shown.
    """
    cells = _with_totals(table)
    periods = [*sorted({cell[-1] for cell in table}, key=str), *([TOTAL] if over_all else ())]
    found = WithheldCells()
    for period in periods:
        for level in sorted({_level(cell) for cell in cells}, key=lambda it: (sum(it), it)):
            found = _protected(cells, period, level, least, withheld, found)
    return found


def _protected(
    cells: CellTable,
    period: str | None,
    level: tuple[bool, ...],
    least: int,
    withheld: WithheldCells,
    before: WithheldCells,
) -> WithheldCells:
    """Adds what is withheld of the table of a half-year and level, after what is `before`."""
    among = {
        cell: contributors
        for cell, contributors in cells.items()
        if (cell[-1] == period or period == TOTAL) and all(a <= b for a, b in zip(_level(cell), level, strict=True))
    }
    here = {cell: it for cell, it in among.items() if _level(cell) == level and cell[-1] == period}
    few = {cell for cell, contributors in here.items() if contributors.few(least)}
    kept = here.keys() - few if period != TOTAL and not any(level) else set[Cell]()
    if any(cell[0] in parts for cell in few for parts in PARTS.values()):
        kept = {cell for cell in kept if cell[0] in PARTS}
    hidden = (before.hidden & among.keys()) | few | ((withheld.hidden & here.keys()) - kept)
    secret = (before.secret & among.keys()) | few | (withheld.secret & here.keys() & hidden)
    sums = list(_sums(among))
    targets = [*({cell: 1} for cell in sorted(secret, key=str)), *_together(sums, among, secret, least)]
    prices = {cell: price(len(it.persons)) for cell, it in here.items() if cell not in hidden | kept}
    found, failed = suppress(sums, targets, prices, hidden) if len(among) <= DERIVABLE else (frozenset(hidden), (0,))
    if failed:
        found = _line_by_line(sums, among, prices, found, least)
    return WithheldCells(before.hidden | (found & here.keys()), before.secret | secret)


def _line_by_line(
    sums: Sequence[Sequence[Cell]], cells: CellTable, prices: Mapping[Cell, int], hidden: Collection[Cell], least: int
) -> frozenset[Cell]:
    """Used where several tables together reveal something whatever this one withholds, or it is too large to solve: at
    least no single line reveals what is withheld in it."""
    found, changed = {*hidden}, True
    while changed:
        changed = False
        for line in sums:
            away = [cell for cell in line if cell in found]
            left = [cell for cell in line if cell in prices and cell not in found]
            people: frozenset[int] = frozenset().union(*(cells[cell].persons for cell in away))
            if left and (len(away) == 1 or (away and line[0] not in found and len(people) < least)):
                found.add(min(left, key=lambda cell: (prices[cell], str(cell))))
                changed = True
    return frozenset(found)


def _level(cell: Cell) -> tuple[bool, ...]:
    """Which slices are made."""
    return tuple(of != TOTAL for of in cell[1:-1])


def _with_totals(table: CellTable) -> dict[Cell, CellContributors]:
    """With the total of every line, over half-years too, and totals of totals."""
    persons: dict[Cell, set[int]] = defaultdict(set)
    entries: dict[Cell, int] = defaultdict(int)
    for cell, contributors in table.items():
        for of in product(*((it, TOTAL) for it in cell[1:])):
            persons[(cell[0], *of)] |= contributors.persons
            entries[(cell[0], *of)] += contributors.entries
    return {
        cell: CellContributors(frozenset(persons[cell]), count)
        for cell, count in sorted(entries.items(), key=str)
        if count
    }


def _sums(cells: CellTable) -> Iterator[list[Cell]]:
    """What adds up, its sum first: lines, and a figure and its parts if all entries belong to one of these.

    A line of one slice is left out: its total is the same figure again, in a table of its own.
    """
    lines: dict[tuple[Cell, int], list[Cell]] = defaultdict(list)
    for cell in cells:
        for axis in range(1, len(cell)):
            total = (*cell[:axis], TOTAL, *cell[axis + 1 :])
            if cell[axis] != TOTAL and total in cells:
                lines[total, axis].append(cell)
    yield from ([total, *line] for (total, axis), line in lines.items() if len(line) > 1 or axis == len(total) - 1)
    for whole, parts in PARTS.items():
        for cell in (cell for cell in cells if cell[0] == whole):
            there = [part for part in ((code, *cell[1:]) for code in parts) if part in cells]
            if sum(cells[part].entries for part in there) == cells[cell].entries:
                yield [cell, *there]


def _together(
    sums: Sequence[Sequence[Cell]], cells: CellTable, secret: Collection[Cell], least: int
) -> Iterator[Mapping[Cell, int]]:
    """The cells of few persons in a line that are few even together: their sum must be hidden as each of them."""
    for _, *parts in sums:
        small = [cell for cell in parts if cell in secret]
        if 1 < len(small) < len(parts) and len(frozenset().union(*(cells[cell].persons for cell in small))) < least:
            yield dict.fromkeys(small, 1)


def _kept(wanted: str | Sequence[str | None] | Filter | None) -> Callable[[str | None], bool]:
    """Whether a condition keeps a value."""
    if isinstance(wanted, Filter):
        return wanted.keeps
    options = {wanted} if wanted is None or isinstance(wanted, str) else {*wanted}
    return options.__contains__


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
