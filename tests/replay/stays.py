"""Stays of people at hubs, who is behind the figures of them, and what a reader can work out of what is shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from hypothesis import strategies as st

from domain.acts.edition import Disclosure
from projections.disclosure import PARTS
from replay.editions.contributors import Cell, Contributors, Slice
from replay.editions.period_figures import DIMENSIONS
from replay.editions.withholding import measured_withholding

HUBS = {
    "A": ("MSIT", "EUROPE"),
    "B": ("MSIT", "EUROPE"),
    "C": ("MOTIE", "EUROPE"),
    "D": ("MSIT", "ASIA"),
    "E": ("MOTIE", "ASIA"),
}
((WHOLE, (PART, OTHER)),) = PARTS.items()


class Stay(NamedTuple):
    position: int
    part: str | None
    hub: str
    field: str | None
    country: str
    person: str
    days: int

    @property
    def slices(self) -> dict[str | None, str | None]:
        ministry, region = HUBS[self.hub]
        return {
            None: None,
            "hub": self.hub,
            "ministry": ministry,
            "region": region,
            "field": self.field,
            "country": self.country,
        }


def behind(stays: Iterable[Stay]) -> Contributors:
    rows: dict[Cell, Counter[tuple[int, int]]] = defaultdict(Counter)
    for it in stays:
        for code in filter(None, (WHOLE, it.part)):
            for by, of in it.slices.items():
                rows[code, by, of][it.position, it.days] += 1
    within: set[tuple[Slice, str | None]] = {
        ((by, it.slices[by]), it.hub) for it in stays for by in ("ministry", "region")
    }
    return Contributors(dict(rows), {it.position: it.person for it in stays}, within)


def sums(cells: Iterable[Cell]) -> list[dict[Cell, int]]:
    """What whoever reads an edition knows of its figures where every stay is of a part: each of these adds up to 0."""
    found = []
    cells = set(cells)
    for code in (WHOLE, PART, OTHER):
        total = (code, None, None)
        found += [{total: -1} | {it: 1 for it in cells if it[:2] == (code, by)} for by in DIMENSIONS]
        for n, by in enumerate(("ministry", "region")):
            for value in {places[n] for places in HUBS.values()}:
                hubs = {it: 1 for it in cells if it[:2] == (code, "hub") and HUBS[str(it[2])][n] == value}
                found.append({(code, by, value): -1} | hubs)
    found += [{(WHOLE, *at): -1, (PART, *at): 1, (OTHER, *at): 1} for at in {it[1:] for it in cells}]
    return [{it: sign for it, sign in line.items() if it in cells} for line in found]


def follow(equations: list[dict[object, int]], asked: list[dict[object, int]]) -> list[dict[object, int]]:
    """Which of the sums asked for follow from the equations: by elimination, exactly."""
    basis: dict[object, dict[object, Fraction]] = {}

    def reduced(line: dict[object, int]) -> dict[object, Fraction]:
        rest = {it: Fraction(n) for it, n in line.items() if n}
        while at := next((it for it in rest if it in basis), None):
            factor = rest[at]
            for it, n in basis[at].items():
                rest[it] = rest.get(it, Fraction(0)) - factor * n
            rest = {it: n for it, n in rest.items() if n}
        return rest

    for line in equations:
        if rest := reduced(line):
            at = next(iter(rest))
            row = {it: n / rest[at] for it, n in rest.items()}
            for other, known in basis.items():
                if factor := known.get(at):
                    mixed = {
                        it: known.get(it, Fraction(0)) - factor * row.get(it, Fraction(0)) for it in {*known, *row}
                    }
                    basis[other] = {it: n for it, n in mixed.items() if n}
            basis[at] = row
    return [line for line in asked if not reduced(line)]


STAYS = st.builds(
    Stay,
    st.just(0),
    st.sampled_from([PART, OTHER]),
    st.sampled_from([*HUBS]),
    st.sampled_from(["ai", "bio", None]),
    st.sampled_from(["BE", "SG", "US"]),
    st.integers(0, 40).map("p-{}".format),
    st.integers(1, 90),
)
LISTS = st.lists(STAYS, max_size=90).map(lambda them: [it._replace(position=n) for n, it in enumerate(them, 1)])


def withheld_figures(crowds: Iterable[tuple[Contributors, Disclosure | None]]) -> frozenset[Cell]:
    """What the last of several tellings withholds."""
    return measured_withholding(crowds).hidden
