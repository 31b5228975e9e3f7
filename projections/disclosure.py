"""Small cells (소수 응답 셀): figures with persons behind them, made fit to leave the house. See docs/disclosure.md.

A cell with fewer persons than the threshold is withheld, and with it the fewest others that keep it from following from
those that are shown and the totals of its lines. Each half-year is protected by itself, so that what is told of a
closed one never changes; a sum over half-years is told only where it gives none of them away.

Editions are published by version `RULE` of this; another way of withholding is another version beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import pyarrow as pa

from projections import evidence, public
from projections.definitions import INDICATORS, Indicator
from projections.evidence import Where
from projections.reading import Reading
from projections.suppression import price, suppress

LEAST = 5
"""The threshold: a published figure has at least so many persons behind it, or none."""

RULE = 2

PARTS = {"EX-01": ("EX-01I", "EX-01O")}
"""Figures that are the sum of others, but for what is of no part yet (a stay whose direction is not told)."""

TELLERS = {"HD-07": "HD-07R"}
"""Figures that tell by how many persons are behind another: the share of cases that were rated, who rated."""

TELLING = ("value", "evidence", "missing", "attained")
"""The columns of a figure from which persons could be counted."""

Cell: TypeAlias = tuple[str | None, ...]


class Crowd(NamedTuple):
    """Who is behind a cell, and how many entries."""

    persons: frozenset[int]
    entries: int

    def few(self, least: int) -> bool:
        return 0 < len(self.persons) < least


Table: TypeAlias = Mapping[Cell, Crowd]
"""By cells: the code of an indicator and then its slices. Codes beside each other are a figure and its parts."""


class Withheld(NamedTuple):
    """The cells that are withheld, and those of them that must not follow from what is shown."""

    hidden: frozenset[Cell] = frozenset()
    secret: frozenset[Cell] = frozenset()

    def of(self, code: str, teller: str) -> Withheld:
        """The same cells of the figure that tells by how many."""
        return Withheld(*(frozenset((teller, *cell[1:]) for cell in them if cell[0] == code) for them in self))


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
    """The slices of a figure that are withheld, by `by`. A figure and its parts are one table."""
    family = next(((whole, *parts) for whole, parts in PARTS.items() if it.code in (whole, *parts)), (it.code,))
    slices = [name for name in by if name != "period"]
    table = _table(reading, family, slices)
    told = Withheld()
    for code, teller in TELLERS.items():
        if teller == it.code:
            told = withheld(_table(reading, (code,), slices), least, over_all="period" not in by).of(code, teller)
    hidden = withheld(table, least, told, over_all="period" not in by).hidden
    place = [*slices, "period"].index
    return {
        tuple(cell[1:][place(name)] for name in by)
        for cell in hidden
        if cell[0] == it.code and len(cell) == len(by) + 1
    }


def _table(reading: Reading, family: Sequence[str], slices: Sequence[str]) -> Table:
    """By code, slices and half-year."""
    found = {code: evidence.crowds(reading, INDICATORS[code], [*slices, "period"]) for code in family}
    return {(code, *cell): Crowd(*crowd) for code, cells in found.items() for cell, crowd in cells.items()}


def withheld(table: Table, least: int, told: Withheld = Withheld(), *, over_all: bool = False) -> Withheld:  # noqa: B008
    """What is withheld of each half-year of a table by code, slices and half-year, each by itself; `over_all` also what
    is withheld of the sums over all half-years, by code and slices, so that they give none of these away.

    `told` is withheld in any case, but for what has enough persons behind it and is no slice.
    """
    halves: dict[str | None, dict[Cell, Crowd]] = defaultdict(dict)
    for cell, crowd in table.items():
        if crowd.persons:
            halves[cell[-1]][cell] = crowd
    found = [_protected(half, least, told) for _, half in sorted(halves.items(), key=str)]
    apart = Withheld(*(frozenset().union(*them) for them in zip(*found, strict=True))) if found else Withheld()
    return _over_all(halves, apart, least, told) if over_all else apart


def _protected(half: Table, least: int, told: Withheld) -> Withheld:
    few = {cell for cell, crowd in half.items() if crowd.few(least)}
    kept = {cell for cell in half if len(cell) == 2 and _is_whole(cell[0]) and cell not in few}
    hidden = few | ((told.hidden & half.keys()) - kept)
    secret = few | (told.secret & hidden)
    sums = list(_sums(half, at_end=True))
    targets = [*({cell: 1} for cell in sorted(secret, key=str)), *_together(sums, half, few, least)]
    whole = len(next(iter(half))) == 2
    prices = {
        cell: price(len(crowd.persons), margin=whole) for cell, crowd in half.items() if cell not in hidden | kept
    }
    return Withheld(suppress(sums, targets, prices, hidden).hidden, frozenset(secret))


def _over_all(halves: Mapping[str | None, Table], apart: Withheld, least: int, told: Withheld) -> Withheld:
    """The sums over half-years: what is withheld of a half-year stays what it is, and only sums are withheld for it."""
    persons: dict[Cell, set[int]] = defaultdict(set)
    entries: dict[Cell, int] = defaultdict(int)
    spread: dict[Cell, list[Cell]] = defaultdict(list)
    crowds: dict[Cell, Crowd] = {}
    sums: list[list[Cell]] = []
    for _, half in sorted(halves.items(), key=str):
        crowds |= half
        sums += _sums(half, at_end=True)
        for cell, crowd in sorted(half.items(), key=str):
            persons[cell[:-1]] |= crowd.persons
            entries[cell[:-1]] += crowd.entries
            spread[cell[:-1]].append(cell)
    totals = {cell: Crowd(frozenset(them), entries[cell]) for cell, them in persons.items()}
    crowds |= totals
    sums += [[cell, *them] for cell, them in spread.items()]
    sums += _sums(totals, at_end=False)
    few = {cell for cell, crowd in totals.items() if crowd.few(least)}
    hidden = apart.hidden | few | {cell for cell in told.hidden & totals.keys() if len(cell) > 1}
    secret = apart.secret | few | (told.secret & hidden)
    small = {cell for cell in secret if crowds[cell].few(least)}
    targets = [*({cell: 1} for cell in sorted(secret, key=str)), *_together(sums, crowds, small, least)]
    prices = {cell: price(len(crowd.persons)) for cell, crowd in totals.items() if cell not in hidden}
    return Withheld(suppress(sums, targets, prices, hidden).hidden, frozenset(secret))


def _is_whole(code: str | None) -> bool:
    return not any(code in parts for parts in PARTS.values())


def _sums(table: Table, *, at_end: bool) -> Iterator[list[Cell]]:
    """What adds up, its sum first: the lines of the table, whose sums stand in other tables, and a figure and its parts
    wherever all entries are of one of these. `at_end` where the last of a cell is its half-year and no slice.
    """
    lines: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in sorted(table, key=str):
        for axis in range(1, len(cell) - at_end):
            lines[(None, str(axis), *cell[:axis], *cell[axis + 1 :])].append(cell)
    yield from ([total, *line] for total, line in lines.items() if len(line) > 1)
    for whole, parts in PARTS.items():
        for cell in sorted((cell for cell in table if cell[0] == whole), key=str):
            there = [part for part in ((code, *cell[1:]) for code in parts) if part in table]
            if sum(table[part].entries for part in there) == table[cell].entries:
                yield [cell, *there]


def _together(
    sums: Sequence[Sequence[Cell]], table: Table, few: Collection[Cell], least: int
) -> Iterator[Mapping[Cell, int]]:
    """The cells of few persons in a line that are few persons together as well: their sum is no better than each."""
    for _, *parts in sums:
        small = [cell for cell in parts if cell in few]
        if 1 < len(small) < len(parts) and len(frozenset().union(*(table[cell].persons for cell in small))) < least:
            yield dict.fromkeys(small, 1)


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
