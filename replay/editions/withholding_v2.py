"""Version 2 of the rule of disclosure, as statistical offices withhold: see docs/disclosure.md and docs/decisions/0068.

A figure with few persons behind it is withheld, and the fewest others of its table that keep it from being derived;
totals last, and never one over all hubs with enough persons behind it. An edition is one table with those before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import count
from typing import NamedTuple, TypeAlias

from projections.disclosure import LINKED_TABLES, PARTS
from projections.suppression import price, suppress
from replay.editions.contributors import WITHIN, Cell, Contributors
from replay.editions.period_figures import DIMENSIONS

Named: TypeAlias = tuple[int, str, str | None, str | None]
"""A figure named by the first edition that has it made of the same rows: in all of these it is the same figure."""
Wanted: TypeAlias = tuple[set[Cell], dict[Named, int]]
"""What must not be derivable: the figures of this edition that it is about, and the sum."""

ALL: tuple[None, None] = (None, None)
"""The slice of all hubs together."""


class EarlierPublication(NamedTuple):
    """An earlier publication: who was behind its figures, and which of them it withheld."""

    contributors: Contributors
    hidden: frozenset[Cell]


class Withheld(NamedTuple):
    """`few` are those with few persons behind them; the others would reveal these. `unproven` are the codes that still
    reveal something about few persons, from this edition and those before it together."""

    hidden: frozenset[Cell]
    few: frozenset[Cell]
    unproven: frozenset[str]


def withhold(earlier: Sequence[EarlierPublication], now: Contributors, least: int) -> Withheld:
    """What a publication withholds after earlier ones."""
    codes = sorted({code for code, _, _ in now.rows})
    parts = {code for them in PARTS.values() for code in them}
    hidden: set[Cell] = set()
    few = {cell for cell, people in now.people().items() if 0 < len(people) < least}
    unproven: set[str] = set()
    for code in sorted({*codes} - parts, key=lambda code: (code in LINKED_TABLES.values(), code)):
        family = {code, *PARTS.get(code, ())}
        linked = {(code, *cell[1:]) for cell in hidden if LINKED_TABLES.get(cell[0]) == code}
        secret = {(code, *cell[1:]) for cell in few if LINKED_TABLES.get(cell[0]) == code}
        table = _Table(family, [it.contributors for it in earlier], [it.hidden for it in earlier], now, least)
        found, failed = table.withheld(linked, secret)
        hidden |= found
        unproven |= failed
    return Withheld(frozenset(hidden), frozenset(few), frozenset(unproven))


class _Table:
    """The figures of an indicator, or of one and its parts, in all editions of a half-year."""

    def __init__(
        self,
        codes: Collection[str],
        earlier: list[Contributors],
        hidden: list[frozenset[Cell]],
        now: Contributors,
        least: int,
    ) -> None:
        self.earlier, self.now, self.least, self.last = earlier, now, least, len(earlier)
        editions = [*earlier, now]
        self.people = [{cell: it for cell, it in made.people().items() if cell[0] in codes} for made in editions]
        self.named = {
            (n, cell): (next(m for m in count() if editions[m].rows.get(cell) == editions[n].rows[cell]), *cell)
            for n, cells in enumerate(self.people)
            for cell in sorted(cells, key=str)
        }
        self.sums = [[*_sums(made, cells)] for made, cells in zip(editions, self.people, strict=True)]
        self.known = {at for (n, cell), at in self.named.items() if n < self.last and cell not in hidden[n]}
        """Figures that an earlier edition shows."""
        totals = [cell for cell in self.people[self.last] if cell[1:] == ALL]
        apart = [cell for cell in totals if any(cell[0] in them for them in PARTS.values())]
        given = {*apart} if any(self._few(it.get(cell, ())) for it in self.people for cell in apart) else set()
        self.kept = {it for it in totals if it not in given and not self._few(self.people[self.last][it])}
        """Totals over all hubs; those of parts too, unless the total of another part is of few persons."""

    def _few(self, people: Collection[str]) -> bool:
        return 0 < len(people) < self.least

    def withheld(self, published: Collection[Cell], secret: Collection[Cell]) -> tuple[set[Cell], set[str]]:
        """The cells withheld, and the codes that cannot be protected by any withholding."""
        cells = self.people[self.last]
        small = {cell for cell, people in cells.items() if self._few(people)}
        always = small | ({*published} & cells.keys() - self.kept)
        secret = small | ({*secret} & always)
        here = {cell: self.named[self.last, cell] for cell in cells}
        past = {at for (n, _), at in self.named.items() if n < self.last} - self.known - {*here.values()}
        hidden = past | ({here[cell] for cell in always} - self.known)
        prices = {at: self._price(cell) for cell, at in here.items() if cell not in self.kept}
        prices = {at: it for at, it in prices.items() if at not in self.known | hidden}
        wanted = [({cell}, {here[cell]: 1}) for cell in sorted(secret, key=str)]
        wanted += [*self._earlier(), *self._together(), *self._late()]
        wanted = [(about, it) for about, it in wanted if not it.keys() <= self.known]
        sums = [[self.named[n, cell] for cell in line] for n, lines in enumerate(self.sums) for line in lines]
        found = suppress(sums, [it for _, it in wanted], prices, hidden)
        away = always | {cell for cell, at in here.items() if at in found.hidden}
        failed = [wanted[n] for n in found.failed]
        if about := set().union(*(about for about, _ in failed)):
            away |= self._same_lines(away, about, secret)
        return away, {code for _, it in failed for _, code, _, _ in it}

    def _same_lines(self, away: set[Cell], failed: set[Cell], secret: set[Cell]) -> frozenset[Cell]:
        """Where totals over all hubs, together or with earlier ones, reveal what few did: at least the slice stays
        hidden from a reader who does not know which figures have not moved, nor what belongs to no part."""
        targets = [{cell: 1} for cell in sorted(failed | secret, key=str)]
        sums = self.sums[self.last]
        if not any(total[1:] == ALL and total[0] != part[0] for total, *_, part in sums):
            sums = [line for line in sums if line[0][0] == line[-1][0]]
        cells = self.people[self.last].keys() - away - self.kept
        prices = {cell: 1 if cell in failed else self._price(cell) for cell in cells}
        return suppress(sums, targets, prices, away).hidden

    def _price(self, cell: Cell) -> int:
        margin = 2 if cell[1:] == ALL else 1 if cell[1] in WITHIN else 0
        return price(len(self.people[self.last][cell]), margin)

    def _earlier(self) -> Iterator[Wanted]:
        """What earlier editions withheld because few persons are behind it."""
        for n, cells in enumerate(self.people[:-1]):
            for cell in sorted(cells, key=str):
                if self._few(cells[cell]):
                    yield set(), {self.named[n, cell]: 1}

    def _together(self) -> Iterator[Wanted]:
        """Figures of few persons in a line that are few even together: their sum must be hidden as each of them."""
        for n, (cells, sums) in enumerate(zip(self.people, self.sums, strict=True)):
            for _, *parts in sums:
                small = [cell for cell in parts if self._few(cells[cell])]
                if 1 < len(small) < len(parts) and self._few(set().union(*(cells[cell] for cell in small))):
                    yield set(), {self.named[n, cell]: 1 for cell in small}

    def _late(self) -> Iterator[Wanted]:
        """Slices that few persons moved since an earlier edition, and by how much: a figure of few persons too; and
        those of a line that few persons moved together."""
        cells = self.people[self.last]
        for n, before in enumerate(self.earlier):
            movers = self.now.movers(before)
            there = cells.keys() | self.people[n].keys()
            slices = [{cell} for cell in sorted(there, key=str) if cell[1:] != ALL and self._few(movers[cell])]
            for _, *parts in self.sums[self.last]:
                moved = [cell for cell in parts if movers[cell]]
                few = {cell for cell in moved if {cell} in slices}
                if 1 < len(few) < len(moved) and self._few(set().union(*(movers[cell] for cell in few))):
                    slices.append(few)
            for about in slices:
                ends = [(m, cell, by) for cell in sorted(about, key=str) for m, by in ((self.last, 1), (n, -1))]
                target = {self.named[m, cell]: by for m, cell, by in ends if (m, cell) in self.named}
                yield about & cells.keys() if len(about) == 1 else set(), target


def _sums(made: Contributors, cells: Collection[Cell]) -> Iterator[list[Cell]]:
    """What adds up, its sum first: all together and the slices of each dimension, hubs and what they make up, and a
    figure and its parts if every row is one of a part: rows of no part yet are a part that nobody is shown."""
    ordered = sorted(cells, key=str)
    for code in sorted({code for code, _, _ in cells}):
        for dimension in DIMENSIONS:
            yield [(code, *ALL), *(cell for cell in ordered if cell[:2] == (code, dimension))]
        for by, of in sorted({whole for whole, _ in made.within}, key=str):
            hubs = {hub for whole, hub in made.within if whole == (by, of)}
            if (code, by, of) in cells:
                yield [(code, by, of), *(it for it in ordered if it[:2] == (code, "hub") and it[2] in hubs)]
    for whole, parts in PARTS.items():
        for cell in (cell for cell in ordered if cell[0] == whole):
            there = [it for it in ((part, *cell[1:]) for part in parts) if it in cells]
            if made.rows[cell] == sum((made.rows[it] for it in there), type(made.rows[cell])()):
                yield [cell, *there]
