"""What editions withhold: nobody is found in a figure, in what it adds up to, or in what became of it since."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.edition import Disclosure
from projections.disclosure import PARTS
from replay.figures import DIMENSIONS, UnknownVersion
from replay.withholding import IN_FORCE, Cell, Crowd, withheld

LEAST = IN_FORCE.least
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
    part: str
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


def behind(stays: Iterable[Stay]) -> Crowd:
    rows: dict[Cell, Counter[tuple[int, int]]] = defaultdict(Counter)
    for it in stays:
        for code in (WHOLE, it.part):
            for by, of in it.slices.items():
                rows[code, by, of][it.position, it.days] += 1
    within = {((by, it.slices[by]), it.hub) for it in stays for by in ("ministry", "region")}
    return Crowd(dict(rows), {it.position: it.person for it in stays}, within)


def sums(cells: Iterable[Cell]) -> list[dict[Cell, int]]:
    """What whoever reads an edition knows of its figures: each of these adds up to 0."""
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


TOGETHER = [
    *(Stay(n, PART, "A", "ai", "BE", f"p-{p}", 1) for n, p in enumerate((0, 0, 0, 1, 3, 4, 5), 1)),
    Stay(8, PART, "B", "ai", "BE", "p-0", 1),
    *(Stay(n, PART, "E", "ai", "BE", f"p-{p}", 1) for n, p in enumerate((1, 3, 4, 5, 6), 9)),
    Stay(14, OTHER, "A", "ai", "BE", "p-2", 1),
    Stay(15, OTHER, "C", "ai", "BE", "p-0", 1),
]
"""Every line has two figures withheld, and yet several lines together tell one of them."""


@settings(max_examples=300, deadline=None)
@given(LISTS)
@example(TOGETHER)
def test_no_withheld_figure_of_few_persons_follows_from_what_is_shown(stays: list[Stay]) -> None:
    crowd = behind(stays)
    hidden = withheld([(crowd, IN_FORCE)])
    few = {cell for cell, count in crowd.persons().items() if count < LEAST}
    assert few <= hidden
    unknown = [{it: n for it, n in line.items() if it in hidden} for line in sums(crowd.rows)]
    assert follow(unknown, [{it: 1} for it in few]) == []


@settings(max_examples=300, deadline=None)
@given(LISTS, st.sets(st.integers(1, 90), max_size=3), st.lists(STAYS, max_size=8))
def test_two_editions_beside_each_other_give_away_no_more(
    stays: list[Stay], voided: set[int], late: list[Stay]
) -> None:
    """Even to somebody who knows which figures have not moved."""
    now = [it for it in stays if it.position not in voided] + [
        it._replace(position=1000 + n) for n, it in enumerate(late)
    ]
    crowds = behind(stays), behind(now)
    hidden = [withheld((it, IN_FORCE) for it in crowds[:n]) for n in (1, 2)]
    persons, moved = [it.persons() for it in crowds], crowds[1].moved(crowds[0])
    unknown: list[dict[object, int]] = []
    for n, crowd in enumerate(crowds):
        away = {it for it in crowd.rows if it in hidden[n]}
        unknown += [{(n, it): sign for it, sign in line.items() if it in away} for line in sums(crowd.rows)]
    there = [{*it.rows} for it in crowds]
    unknown += [
        {(n, it): sign for n, sign in ((0, 1), (1, -1)) if it in hidden[n]}
        for it in there[0] & there[1]
        if not moved[it]
    ]
    asked: list[dict[object, int]] = [{(n, it): 1} for n in (0, 1) for it, count in persons[n].items() if count < LEAST]
    asked += [
        {(n, it): sign for n, sign in ((0, -1), (1, 1)) if it in there[n] and it in hidden[n]}
        for it, count in moved.items()
        if 0 < count < LEAST
    ]
    assert follow(unknown, asked) == []


@settings(max_examples=100, deadline=None)
@given(LISTS, st.lists(STAYS, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_record_decides_nothing(stays: list[Stay], late: list[Stay], random: Random) -> None:
    now = [*stays, *(it._replace(position=1000 + n) for n, it in enumerate(late))]
    once = withheld((behind(them), IN_FORCE) for them in (stays, now))
    for them in (stays, now):
        random.shuffle(them)
    assert withheld((behind(them), IN_FORCE) for them in (stays, now)) == once


def test_what_was_withheld_stays_so_although_many_came_since() -> None:
    few = [Stay(n, PART, "A", "ai", "BE", f"p-{n}", 9) for n in range(1, 4)]
    many = [Stay(n, PART, "D", "ai", "SG", f"p-{n}", 9) for n in range(10, 30)]
    more = [Stay(n, PART, "A", "ai", "BE", f"p-{n}", 9) for n in range(40, 60)]
    first, second = behind([*few, *many]), behind([*few, *many, *more])
    small = (PART, "hub", "A")
    assert small in withheld([(first, IN_FORCE)])
    assert small in withheld([(first, IN_FORCE), (second, IN_FORCE)])
    assert small not in withheld([(second, IN_FORCE)])
    assert small not in withheld([(first, None), (second, IN_FORCE)]), "the one before the rule showed it"


def test_one_who_comes_late_is_not_found_in_the_difference_of_two_editions() -> None:
    many = [Stay(n, PART, "AD"[n % 2], "ai", "SG", f"p-{n}", 9) for n in range(1, 30)]
    late = Stay(99, PART, "A", "ai", "SG", "p-late", 31)
    hidden = withheld([(behind(many), IN_FORCE), (behind([*many, late]), IN_FORCE)])
    assert {(WHOLE, None, None), (WHOLE, "hub", "A"), (PART, "hub", "A")} <= hidden
    assert not hidden & {(WHOLE, "hub", "D"), (PART, "hub", "D")}


def test_a_rule_that_is_not_in_the_tree_publishes_nothing() -> None:
    with pytest.raises(UnknownVersion, match="version 9 of the rule of disclosure"):
        withheld([(behind([]), Disclosure(9, 5))])
