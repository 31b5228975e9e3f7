"""Who is behind the figures of a half-year: what is withheld of them depends on that alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from projections import figures
from projections.definitions import Indicator
from projections.mirror.snapshot import Reading
from replay.editions.period_figures import DIMENSIONS, Cut, FigureCache, indicator_versions

WITHIN = ("ministry", "region")
"""Dimensions whose values are made up of hubs."""

Slice: TypeAlias = tuple[str | None, str | None]
Cell: TypeAlias = tuple[str, str | None, str | None]
"""A figure: the code of its indicator, and its slice."""
Row: TypeAlias = tuple[Any, ...]
"""An entry behind a figure: its position and its amounts."""


class Contributors(NamedTuple):
    """Who is behind figures: the rows of each, the person of each position, and which hubs make up what."""

    rows: dict[Cell, Counter[Row]]
    person: dict[int, str]
    within: set[tuple[Slice, str | None]]

    def people(self) -> dict[Cell, set[str]]:
        return {cell: {self.person[position] for position, *_ in rows} for cell, rows in self.rows.items()}

    def persons(self) -> dict[Cell, int]:
        return {cell: len(people) for cell, people in self.people().items()}

    def movers(self, before: Contributors) -> dict[Cell, set[str]]:
        """The persons whose rows have changed, by figure."""
        person, nothing = before.person | self.person, Counter[Row]()
        found = {}
        for cell in self.rows.keys() | before.rows.keys():
            now, was = self.rows.get(cell, nothing), before.rows.get(cell, nothing)
            found[cell] = {person[position] for position, *_ in (now - was) + (was - now)}
        return found

    def moved(self, before: Contributors) -> dict[Cell, int]:
        """The number of persons by whom its rows differ, by figure."""
        return {cell: len(people) for cell, people in self.movers(before).items()}


def contributors(cache: FigureCache, cut: Cut) -> Contributors:
    """Who is behind the figures of persons of a cut. Raises UnknownVersion."""
    with cache.reading_of(cut) as reading:
        return contributors_of(reading, indicator_versions(cut), cut.period)


def contributors_of(reading: Reading, indicators: Iterable[Indicator], period: str) -> Contributors:
    """Who is behind the figures of persons of a half-year."""
    rows: dict[Cell, Counter[Row]] = defaultdict(Counter)
    person: dict[int, str] = {}
    within: set[tuple[Slice, str | None]] = set()
    for it in (it for it in indicators if it.persons):
        for position, name, slices, amounts in _rows(reading, it, period):
            person[position] = name
            row = (position, *amounts)
            rows[it.code, None, None][row] += 1
            for by, of in slices.items():
                rows[it.code, by, of][row] += 1
            within |= {((by, slices[by]), slices["hub"]) for by in WITHIN}
    return Contributors(dict(rows), person, within)


def _rows(reading: Reading, it: Indicator, period: str) -> Iterator[tuple[int, str, dict[str, str | None], Row]]:
    table = figures.figure_rows(reading, it, DIMENSIONS, period)
    columns = {name: table[name].to_pylist() for name in table.column_names}
    slices = zip(*(columns.pop(by) for by in DIMENSIONS), strict=True)
    positions, persons = columns.pop("position"), columns.pop("person")
    for position, person, of, *amounts in zip(positions, persons, slices, *columns.values(), strict=True):
        yield position, person, dict(zip(DIMENSIONS, of, strict=True)), tuple(amounts)
