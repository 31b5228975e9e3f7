"""Version 1 of the rule of disclosure, under which editions were published until version 2: it must not change.

A figure with few persons behind it is withheld, and others of each of its sums, totals too, until no figure of few
persons can be derived; and so is what differs by few persons from the edition before. See docs/decisions/0048.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from projections.disclosure import LINKED_TABLES, PARTS
from replay.editions.contributors import Cell, Contributors, Slice
from replay.editions.period_figures import DIMENSIONS

At = TypeVar("At", bound=Hashable)


def withhold(hidden: Collection[Cell], before: Contributors | None, now: Contributors, least: int) -> set[Cell]:
    """What a publication withholds after an earlier one, which withheld `hidden`."""
    away = {*hidden}
    persons = now.persons()
    if before is not None:
        moved = now.moved(before)
        away |= secondary_suppression(moved, sum_lines(moved, now.within | before.within), least)
    away = secondary_suppression(persons, sum_lines(persons, now.within), least, away)
    tellers = {(LINKED_TABLES[code], dimension, of) for code, dimension, of in away if code in LINKED_TABLES}
    away = secondary_suppression(persons, sum_lines(persons, now.within), least, away | tellers)
    away = _unsolvable(persons, list(sum_lines(persons, now.within)), least, away)
    if before is not None:
        moving = list(sum_lines(moved, now.within | before.within))
        away = _unsolvable(moved, moving, least, away)
    return away


def secondary_suppression(
    persons: Mapping[At, int], lines: Iterable[Sequence[At]], least: int, already: Collection[At] = ()
) -> set[At]:
    """What is withheld where the members of a line add up to a known figure, or one of them is the sum of the others.

    `already` are withheld in any case. A figure with no person behind it is never withheld.
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


def _unsolvable(counts: dict[Cell, int], sums: Sequence[list[Cell]], least: int, hidden: set[Cell]) -> set[Cell]:
    """Adds withheld figures until no figure of few persons can be derived from several lines together."""
    few = {cell for cell, count in counts.items() if 0 < count < least}
    while derivable := few & derivable_figures(sums, hidden):
        shown = {cell for cell, count in counts.items() if count} - hidden
        if not shown:
            break
        neighbours = {cell for line in sums if derivable & {*line} for cell in line} & shown
        another = min(neighbours or shown, key=lambda cell: (counts[cell], str(cell)))
        hidden = hidden | secondary_suppression(counts, sums, least, hidden | {another})
    return hidden


def derivable_figures(sums: Iterable[list[Cell]], hidden: Collection[Cell]) -> set[Cell]:
    """The hidden figures that can be derived, by elimination, from sums (total first) and the shown figures."""
    solving: dict[Cell, dict[Cell, Fraction]] = {}
    for whole, *parts in (line for line in sums if len(line) > 1):
        row = {cell: Fraction(1) for cell in parts if cell in hidden}
        if whole in hidden:
            row[whole] = Fraction(-1)
        for cell in solving.keys() & row.keys():
            row = _less(row, solving[cell], row[cell])
        if not row:
            continue
        pivot, factor = next(iter(row.items()))
        row = {cell: n / factor for cell, n in row.items()}
        for other, known in solving.items():
            if factor := known.get(pivot, Fraction(0)):
                solving[other] = _less(known, row, factor)
        solving[pivot] = row
    return {cell for cell, row in solving.items() if len(row) == 1}


def _less(row: dict[Cell, Fraction], other: dict[Cell, Fraction], factor: Fraction) -> dict[Cell, Fraction]:
    both = {cell: row.get(cell, Fraction(0)) - factor * other.get(cell, Fraction(0)) for cell in {**row, **other}}
    return {cell: n for cell, n in both.items() if n}


def sum_lines(cells: Collection[Cell], within: set[tuple[Slice, str | None]]) -> Iterator[list[Cell]]:
    """The figures of which the first is the sum of the others: what hubs make up first, since the fewest stand there.

    The order is the same for the same figures, since it decides which of two is withheld with a third.
    """
    for code in sorted({code for code, _, _ in cells}):
        for by, of in sorted({whole for whole, _ in within}, key=str):
            hubs = [(code, "hub", hub) for whole, hub in within if whole == (by, of)]
            yield [cell for cell in [(code, by, of), *hubs] if cell in cells]
        for by in DIMENSIONS:
            yield [(code, None, None), *(cell for cell in cells if cell[:2] == (code, by))]
    for whole, parts in PARTS.items():
        for _, by, of in sorted((cell for cell in cells if cell[0] == whole), key=str):
            yield [cell for cell in ((code, by, of) for code in (whole, *parts)) if cell in cells]
