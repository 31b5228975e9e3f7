"""What editions withheld by the first rule: nobody is found in a figure, its sums, or in what became of it since."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.acts.edition import Disclosure
from replay.editions.period_figures import UnknownVersion
from tests.replay.stays import LISTS, OTHER, PART, STAYS, WHOLE, Stay, behind, follow, sums, withheld_figures

FIRST = Disclosure(1, 5)
LEAST = FIRST.least
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
    hidden = withheld_figures([(crowd, FIRST)])
    few = {cell for cell, count in crowd.persons().items() if count < LEAST}
    assert few <= hidden
    unknown: list[dict[object, int]] = [{it: n for it, n in line.items() if it in hidden} for line in sums(crowd.rows)]
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
    hidden = [withheld_figures((it, FIRST) for it in crowds[:n]) for n in (1, 2)]
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
    once = withheld_figures((behind(them), FIRST) for them in (stays, now))
    for them in (stays, now):
        random.shuffle(them)
    assert withheld_figures((behind(them), FIRST) for them in (stays, now)) == once


def test_what_was_withheld_stays_so_although_many_came_since() -> None:
    few = [Stay(n, PART, "A", "ai", "BE", f"p-{n}", 9) for n in range(1, 4)]
    many = [Stay(n, PART, "D", "ai", "SG", f"p-{n}", 9) for n in range(10, 30)]
    more = [Stay(n, PART, "A", "ai", "BE", f"p-{n}", 9) for n in range(40, 60)]
    first, second = behind([*few, *many]), behind([*few, *many, *more])
    small = (PART, "hub", "A")
    assert small in withheld_figures([(first, FIRST)])
    assert small in withheld_figures([(first, FIRST), (second, FIRST)])
    assert small not in withheld_figures([(second, FIRST)])
    assert small not in withheld_figures([(first, None), (second, FIRST)]), "the one before the rule showed it"


def test_one_who_comes_late_is_not_found_in_the_difference_of_two_editions() -> None:
    many = [Stay(n, PART, "AD"[n % 2], "ai", "SG", f"p-{n}", 9) for n in range(1, 30)]
    late = Stay(99, PART, "A", "ai", "SG", "p-late", 31)
    hidden = withheld_figures([(behind(many), FIRST), (behind([*many, late]), FIRST)])
    assert {(WHOLE, None, None), (WHOLE, "hub", "A"), (PART, "hub", "A")} <= hidden
    assert not hidden & {(WHOLE, "hub", "D"), (PART, "hub", "D")}


def test_a_rule_that_is_not_in_the_tree_publishes_nothing() -> None:
    with pytest.raises(UnknownVersion, match="version 9 of the rule of disclosure"):
        withheld_figures([(behind([]), Disclosure(9, 5))])
