"""Which figures of linked tables are withheld so that none of few persons can be derived from those that are shown.

Pure arithmetic over sums; who counts as few, and which sums hold, is the caller's. Primary and secondary suppression
and the audit that solves the equations are those of the tau-Argus manual and of Eurostat's Handbook on Statistical
Disclosure Control.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Generic, NamedTuple, TypeAlias, TypeVar

At = TypeVar("At", bound=Hashable)

CELL = 10_000
"""The cost of withholding one more figure; its number of persons is added, so that as few as possible are lost."""

ROUNDS = 20
"""How often the cheapest choice is made again; after that it is kept and more is added, until all is safe."""

CHOICES = 300
"""How many choices are tried for the cheapest one; the best of these is taken."""

Row: TypeAlias = dict[int, "int | Fraction"]
Equation: TypeAlias = frozenset[int]
"""Figures of which at least one must be withheld, or something can be derived."""


class Suppression(NamedTuple, Generic[At]):
    """What is withheld in all, and which of the targets can be derived whatever else is withheld."""

    hidden: frozenset[At]
    failed: tuple[int, ...]


def price(persons: int, margin: int = 0) -> int:
    """The cost of withholding a figure. `margin` is the rank of a total: each rank costs more than all those below."""
    return int(CELL ** (1 + margin)) + min(persons, CELL - 1)


def suppress(
    sums: Iterable[Sequence[At]], targets: Sequence[Mapping[At, int]], prices: Mapping[At, int], hidden: Collection[At]
) -> Suppression[At]:
    """The cheapest figures to withhold together with `hidden` so that no target can be derived by arithmetic.

    The first member of each sum is the total of the others. A target is a figure, or a sum of figures times whole
    numbers. Only figures with a price may be withheld. The same figures in any order give the same result.

    Whatever way a target is derived, one of the figures on that way has to be withheld. Such ways are found by
    elimination and collected; the cheapest figures that meet them all are withheld, until no target can be derived
    (Fischetti and Salazar, Management Science 47(7), 2001). So the result is proven, by exact arithmetic.
    """
    lines = [line for line in sums if len(line) > 1]
    figures = {*hidden, *prices, *(at for it in [*lines, *targets] for at in it)}
    order = sorted(figures, key=str)
    number = {at: n for n, at in enumerate(order)}
    rows = sorted(([(number[at], 1 if n else -1) for n, at in enumerate(line)] for line in lines), key=sorted)
    wanted = [{number[at]: n for at, n in it.items()} for it in targets]
    cost = {number[at]: n for at, n in prices.items()}
    always = {number[at] for at in hidden}
    away, ways, failed = always, dict[int, list[Equation]]((n, []) for n in range(len(wanted))), list[int]()
    rounds, changed = 0, True
    while changed:
        rounds, changed, lost = rounds + 1, False, len(failed)
        basis = _basis(rows, away)
        for n in [*ways]:
            rest = _reduced(wanted[n], basis)
            if rest.keys() & away:
                continue
            changed = True
            if way := frozenset(rest.keys() & cost.keys()):
                ways[n].append(way)
            else:
                del ways[n]
                failed.append(n)
        if changed and (rounds < ROUNDS or len(failed) > lost):  # what hid one that follows anyway is shown again
            away = always | _cheapest({way for them in ways.values() for way in them}, cost)
        elif changed:
            last = {them[-1] for them in ways.values() if them and not them[-1] & away}
            away = away | {min(way, key=lambda at: (cost[at], at)) for way in last}
    return Suppression(frozenset(order[n] for n in away), tuple(sorted(failed)))


def follows(sums: Iterable[Sequence[At]], target: Mapping[At, int], hidden: Collection[At]) -> bool:
    """Whether a target can be derived from the figures that are not hidden: the audit of what `suppress` returns."""
    return 0 in suppress(sums, [target], {}, hidden).failed


def _basis(rows: Iterable[Sequence[tuple[int, int]]], away: Collection[int]) -> dict[int, Row]:
    """The sums solved for withheld figures; each row keeps its terms in shown figures.

    Figures that are in only one of the remaining sums go first: they need no substitution.
    """
    basis: dict[int, Row] = {}
    left = {n: dict[int, "int | Fraction"](row) for n, row in enumerate(rows)}
    found: dict[int, set[int]] = {}
    for n, row in left.items():
        for at in row.keys() & away:
            found.setdefault(at, set()).add(n)
    alone = sorted((at for at, them in found.items() if len(them) == 1), reverse=True)
    while alone:
        if not found[at := alone.pop()]:
            continue
        (n,) = found[at]
        basis[at] = _solved_for(at, left.pop(n))
        for other in sorted(basis[at].keys() & away):
            found[other].discard(n)
            if len(found[other]) == 1:
                alone.append(other)
    for row in left.values():
        rest = _reduced(row, basis)
        if pivots := sorted(rest.keys() & away):
            pivot = min(pivots, key=lambda at: abs(rest[at]) != 1)
            basis[pivot] = _solved_for(pivot, rest)
    return basis


def _solved_for(at: int, row: Row) -> Row:
    by = row[at]
    return {other: n * by if abs(by) == 1 else Fraction(n) / by for other, n in row.items()}


def _reduced(row: Mapping[int, int | Fraction], basis: Mapping[int, Row]) -> Row:
    """A row minus what the basis determines, so that it has no figure that the basis is solved for."""
    rest = dict(row)
    for at, known in basis.items():
        if factor := rest.get(at):
            for other, n in known.items():
                if left := rest.get(other, 0) - factor * n:
                    rest[other] = left
                else:
                    del rest[other]
    return rest


def _cheapest(ways: Collection[Equation], cost: Mapping[int, int]) -> set[int]:
    """The cheapest figures that include one of each way."""
    ordered = sorted(ways, key=lambda way: (len(way), sorted(way)))
    best = {min(way, key=lambda at: (cost[at], at)) for way in ordered}
    spent, tried = sum(cost[at] for at in best), 0

    def choose(chosen: frozenset[int], barred: frozenset[int], paid: int) -> None:
        nonlocal best, spent, tried
        tried += 1
        left = [way - barred for way in ordered if not way & chosen]
        if not left:
            if paid < spent:
                best, spent = set(chosen), paid
            return
        apart: set[int] = set()
        least = paid
        for way in left:
            if not way:
                return
            if not way & apart:
                least += min(cost[at] for at in way)
                apart |= way
        if least >= spent:
            return
        fewest = min(left, key=lambda way: len(way))
        for at in sorted(fewest, key=lambda at: (cost[at], at)):
            if tried > CHOICES:
                return
            choose(chosen | {at}, barred, paid + cost[at])
            barred = barred | {at}

    choose(frozenset(), frozenset(), 0)
    return best
