"""Secondary suppression: the fewest figures, no kept one among them, and what was hidden follows from nothing."""

from __future__ import annotations

from itertools import combinations
from random import Random
from time import perf_counter
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.suppression import follows, price, suppress

At: TypeAlias = tuple[str, str]
LEAST = 5
TABLES = st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), st.integers(1, 14), min_size=1)


def lines(cells: dict[At, int]) -> list[list[At]]:
    """Rows and columns with their totals, but for those of one cell: it is its own total."""
    rows = [[("row", row), *(it for it in cells if it[0] == row)] for row in "abc"]
    columns = [[("column", column), *(it for it in cells if it[1] == column)] for column in "xyz"]
    return [line for line in rows + columns if len(line) > 2]


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_no_cheaper_choice_hides_what_must_be_hidden(cells: dict[At, int]) -> None:
    small = {it for it, persons in cells.items() if persons < LEAST}
    prices = {it: price(persons) for it, persons in cells.items() if it not in small}
    found = suppress(lines(cells), [{it: 1} for it in sorted(small)], prices, small)
    assert small <= found.hidden <= cells.keys(), "the totals have no price"
    lost = {sorted(small)[n] for n in found.failed}
    assert all(follows(lines(cells), {it: 1}, cells) for it in lost)

    def safe(hidden: set[At]) -> bool:
        return not any(follows(lines(cells), {it: 1}, hidden) for it in small - lost)

    assert safe({*found.hidden})
    paid = sum(prices[it] for it in found.hidden - small)
    for n in range(len(found.hidden - small) + 1):
        for more in combinations(prices, n):
            if sum(prices[it] for it in more) < paid:
                assert not safe(small | {*more})


@settings(max_examples=60, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_the_order_of_things_decides_nothing(cells: dict[At, int], random: Random) -> None:
    small = sorted(it for it, persons in cells.items() if persons < LEAST)
    prices = {it: price(persons) for it, persons in cells.items() if it not in small}
    once = suppress(lines(cells), [{it: 1} for it in small], prices, small).hidden
    sums, named = lines(cells), list(prices)
    for line in sums:
        line[1:] = random.sample(line[1:], len(line) - 1)
    random.shuffle(sums)
    random.shuffle(named)
    again = suppress(
        sums, [{it: 1} for it in random.sample(small, len(small))], {it: prices[it] for it in named}, small
    )
    assert again.hidden == once


def test_a_margin_is_withheld_only_where_no_inner_figure_can_do_it() -> None:
    sums = [["total", "north", "south"], ["north", "a", "b"], ["south", "c"]]
    prices = {"b": price(900), "north": price(902, margin=1), "south": price(6, margin=1), "c": price(6)}
    assert suppress(sums, [{"a": 1}], prices, ["a"]).hidden == {"a", "b"}
    alone = [["total", "north", "south"], ["north", "a"], ["south", "c"]]
    assert suppress(alone, [{"a": 1}], prices, ["a"]).hidden == {"a", "north", "south", "c"}


def test_what_follows_whatever_is_withheld_is_said_and_hides_nothing() -> None:
    sums = [["total", "a", "b"], ["total", "a", "c"], ["known", "b"]]
    found = suppress(sums, [{"a": 1}], {"c": price(9)}, ["a"])
    assert (found.hidden, found.failed) == (frozenset({"a"}), (0,))


def test_a_sum_that_must_not_be_told_is_not() -> None:
    """One and two persons are withheld, and both together are three: the total less the others would tell that."""
    sums = [["total", "a", "b", "c", "d"]]
    prices = {"c": price(7), "d": price(6)}
    assert suppress(sums, [{"a": 1}, {"b": 1}], prices, ["a", "b"]).hidden == {"a", "b"}
    assert suppress(sums, [{"a": 1}, {"b": 1}, {"a": 1, "b": 1}], prices, ["a", "b"]).hidden == {"a", "b", "d"}


def test_a_large_table_takes_seconds() -> None:
    random = Random(7)
    cells = {(f"r{n}", f"c{m}"): random.choice([9, 9, 20, 20, 30, 60]) for n in range(40) for m in range(25)}
    small = random.sample(sorted(cells), 40)
    sums = [[("row", row), *(it for it in cells if it[0] == row)] for row in sorted({it[0] for it in cells})]
    sums += [[("column", at), *(it for it in cells if it[1] == at)] for at in sorted({it[1] for it in cells})]
    started = perf_counter()
    prices = {it: price(persons) for it, persons in cells.items() if it not in small}
    found = suppress(sums, [{it: 1} for it in small], prices, small)
    assert perf_counter() - started < 30
    assert found.failed == ()
    assert len(found.hidden) < 3 * len(small)
