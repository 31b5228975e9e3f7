"""What figures leave out when they leave the house (소수 셀 비공개): see docs/disclosure.md.

A figure of persons stands beside others: the total and the slices of each dimension, hubs and the ministry and region
they make up, a figure and its parts. And it stands beside what was published of the same half-year before: the
difference of two figures is a figure too, of those whom it is about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from msgspec.structs import replace

from domain.edition import Disclosure
from projections import evidence
from projections.definitions import VERSIONS, Indicator
from projections.disclosure import LEAST, PARTS, RULE, TELLERS, closed
from projections.reading import Reading
from replay.figures import DIMENSIONS, Abacus, Cut, Figure, Move, UnknownVersion, indicators
from replay.points import Opener

IN_FORCE = Disclosure(RULE, LEAST)
"""What editions are published by from now on."""

WITHIN = ("ministry", "region")
"""Dimensions whose values are made up of hubs."""

Slice: TypeAlias = tuple[str | None, str | None]
Cell: TypeAlias = tuple[str, str | None, str | None]
"""A figure: the code of its indicator, and its slice."""
Row: TypeAlias = tuple[Any, ...]
"""An entry behind a figure: its position and its amounts."""


class Telling(NamedTuple):
    """Figures of a half-year as they were or will be told, in full where there was no rule."""

    cut: Cut
    by: Disclosure | None


class Crowd(NamedTuple):
    """Who is behind figures: the rows of each, the person of each position, and which hubs make up what."""

    rows: dict[Cell, Counter[Row]]
    person: dict[int, str]
    within: set[tuple[Slice, str | None]]

    def persons(self) -> dict[Cell, int]:
        return {cell: len({self.person[position] for position, *_ in rows}) for cell, rows in self.rows.items()}

    def moved(self, before: Crowd) -> dict[Cell, int]:
        """Of each figure, how many persons its rows differ by."""
        person, nothing = before.person | self.person, Counter[Row]()
        found = {}
        for cell in self.rows.keys() | before.rows.keys():
            now, was = self.rows.get(cell, nothing), before.rows.get(cell, nothing)
            found[cell] = len({person[position] for position, *_ in (now - was) + (was - now)})
        return found


def shown(abacus: Abacus, tellings: Sequence[Telling]) -> tuple[Figure, ...]:
    """The figures of the last telling, fit to be read beside those before it. Raises UnknownVersion."""
    told = tuple(tellings)
    hidden = abacus.once(told, lambda: withheld((crowd(abacus.opened, it.cut), it.by) for it in told))
    return tuple(
        replace(it, value=None, evidence=None, missing=None, withheld=True)
        if (it.indicator, it.by, it.of) in hidden
        else it
        for it in abacus.figures(told[-1].cut)
    )


def untold(moves: Sequence[Move]) -> list[Move]:
    """Of indicators with persons behind them only that they moved: what comes late is mostly about one or two."""
    kept: dict[tuple[str, str | None, str | None], Move] = {}
    for it in moves:
        if VERSIONS[it.indicator, it.version].persons:
            it = Move(it.indicator, it.version, None, None, None, None, None, withheld=True)
        kept[it.indicator, it.by, it.of] = it
    return [*kept.values()]


def sign(by: Disclosure | None) -> str:
    """What stands where a figure is withheld."""
    return f"‹{by.least}" if by else ""


def legend(by: Disclosure) -> dict[str, str]:
    """What that means, in Korean and English."""
    n = by.least
    return {
        "sign": sign(by),
        "ko": f"비공개: 근거가 되는 사람이 {n}명 미만이거나, 공표하면 그런 수치를 뺄셈으로 알 수 있음.",
        "en": f"Withheld: fewer than {n} persons are behind it, or it would give such a figure away by subtraction.",
    }


def withheld(crowds: Iterable[tuple[Crowd, Disclosure | None]]) -> frozenset[Cell]:
    """What the last of several tellings of the same half-year withholds, given who is behind each.

    What the one before withheld stays so. Beside that: figures with few persons behind them, those whose difference
    from the one before is about few persons, of every line as many as it takes to give none of them away, and what
    tells how many are behind one of them.
    Raises UnknownVersion.
    """
    hidden: set[Cell] = set()
    before: Crowd | None = None
    for now, by in crowds:
        if by is not None:
            if by.rule != RULE:
                raise UnknownVersion(f"there is no version {by.rule} of the rule of disclosure")
            persons = now.persons()
            if before is not None:
                moved = now.moved(before)
                hidden |= closed(moved, lines(moved, now.within | before.within), by.least)
            hidden = closed(persons, lines(persons, now.within), by.least, hidden)
            tellers = {(TELLERS[code], dimension, of) for code, dimension, of in hidden if code in TELLERS}
            hidden = closed(persons, lines(persons, now.within), by.least, hidden | tellers)
            hidden = _unsolvable(persons, list(lines(persons, now.within)), by.least, hidden)
            if before is not None:
                moving = list(lines(moved, now.within | before.within))
                hidden = _unsolvable(moved, moving, by.least, hidden)
        before = now
    return frozenset(hidden)


def _unsolvable(counts: dict[Cell, int], sums: Sequence[list[Cell]], least: int, hidden: set[Cell]) -> set[Cell]:
    """With as many more as it takes that no figure of few persons follows from several lines put together."""
    few = {cell for cell, count in counts.items() if 0 < count < least}
    while told := few & solved(sums, hidden):
        shown = {cell for cell, count in counts.items() if count} - hidden
        if not shown:
            break
        beside = {cell for line in sums if told & {*line} for cell in line} & shown
        another = min(beside or shown, key=lambda cell: (counts[cell], str(cell)))
        hidden = hidden | closed(counts, sums, least, hidden | {another})
    return hidden


def solved(sums: Iterable[list[Cell]], hidden: Collection[Cell]) -> set[Cell]:
    """Which of the hidden figures follow from sums, each with its whole first and the others shown: by elimination."""
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


def crowd(opened: Opener, cut: Cut) -> Crowd:
    """Who is behind the figures of a cut that have persons behind them. Raises UnknownVersion."""
    rows: dict[Cell, Counter[Row]] = defaultdict(Counter)
    person: dict[int, str] = {}
    within: set[tuple[Slice, str | None]] = set()
    with opened(cut.position, cut.valid_cutoff, cut.rates) as reading, evidence.made_once(reading):
        for it in (it for it in indicators(cut) if it.persons):
            for position, name, slices, amounts in _rows(reading, it, cut.period):
                person[position] = name
                row = (position, *amounts)
                rows[it.code, None, None][row] += 1
                for by, of in slices.items():
                    rows[it.code, by, of][row] += 1
                within |= {((by, slices[by]), slices["hub"]) for by in WITHIN}
    return Crowd(dict(rows), person, within)


def lines(cells: Collection[Cell], within: set[tuple[Slice, str | None]]) -> Iterator[list[Cell]]:
    """The figures of which the first is the sum of the others: what hubs make up first, since the fewest stand there.

    In the same order for the same figures, since that decides which of two goes with a third.
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


def _rows(reading: Reading, it: Indicator, period: str) -> Iterator[tuple[int, str, dict[str, str | None], Row]]:
    table = evidence.behind(reading, it, DIMENSIONS, period)
    columns = {name: table[name].to_pylist() for name in table.column_names}
    slices = zip(*(columns.pop(by) for by in DIMENSIONS), strict=True)
    positions, persons = columns.pop("position"), columns.pop("person")
    for position, person, of, *amounts in zip(positions, persons, slices, *columns.values(), strict=True):
        yield position, person, dict(zip(DIMENSIONS, of, strict=True)), tuple(amounts)
