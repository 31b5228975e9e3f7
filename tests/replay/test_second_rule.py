"""What editions withhold by the second rule: the few and the fewest beside them; totals over all hubs are shown."""

from __future__ import annotations

from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from projections.disclosure import PARTS
from replay.editions.contributors import Cell, Contributors
from replay.editions.withholding import IN_FORCE, measured_withholding
from tests.replay.stays import LISTS, OTHER, PART, STAYS, WHOLE, Stay, behind, follow, sums, withheld_figures
from tests.replay.test_first_rule import FIRST, TOGETHER

LEAST = IN_FORCE.least
TOTALS = {(code, None, None) for code in (WHOLE, PART, OTHER)}
MANY = [
    Stay(n, (PART, OTHER)[n % 2], "ABCDE"[n % 5], ("ai", "bio")[n % 3 % 2], ("BE", "SG", "US")[n % 3], f"p-{n}", n % 60)
    for n in range(1, 181)
]
"""Enough of everything that nothing is withheld."""


def few(crowd: Contributors) -> set[Cell]:
    return {cell for cell, count in crowd.persons().items() if count < LEAST}


def told(crowd: Contributors, hidden: frozenset[Cell], *, parts: bool = True) -> list[dict[object, int]]:
    """What a reader knows of withheld figures; a figure is the sum of its parts only where it is."""
    lines: list[dict[object, int]] = []
    for line in sums(crowd.rows):
        whole = next((it for it, sign in line.items() if sign < 0), None)
        if whole and len(line) > 1 and (len({it[0] for it in line}) == 1 or (parts and adds_up(crowd, whole))):
            lines.append({it: sign for it, sign in line.items() if it in hidden})
    return lines


def adds_up(crowd: Contributors, whole: Cell) -> bool:
    there = [crowd.rows[it] for it in ((code, *whole[1:]) for code in PARTS[WHOLE]) if it in crowd.rows]
    return sum((it.total() for it in there), 0) == crowd.rows[whole].total()


@settings(max_examples=150, deadline=None)
@given(LISTS)
@example(TOGETHER)
def test_no_figure_of_few_persons_follows_from_what_is_shown(stays: list[Stay]) -> None:
    crowd = behind(stays)
    found = measured_withholding([(crowd, IN_FORCE)])
    assert found.few == few(crowd) <= found.hidden
    assert not found.unproven
    assert follow(told(crowd, found.hidden), [{it: 1} for it in few(crowd)]) == []


@settings(max_examples=150, deadline=None)
@given(LISTS, st.lists(STAYS, max_size=8))
def test_a_total_over_all_hubs_is_shown_unless_it_is_the_last_way_to_a_part_of_few(
    stays: list[Stay], late: list[Stay]
) -> None:
    now = [*stays, *(it._replace(position=1000 + n) for n, it in enumerate(late))]
    for editions in ([stays], [stays, now]):
        crowds = [behind(them) for them in editions]
        hidden = withheld_figures((it, IN_FORCE) for it in crowds)
        small = {cell for it in crowds for cell in few(it) & TOTALS}
        shown = TOTALS & crowds[-1].rows.keys() - few(crowds[-1])
        assert (WHOLE, None, None) not in shown & hidden
        assert small or not shown & hidden


@settings(max_examples=100, deadline=None)
@given(LISTS, st.lists(STAYS.map(lambda it: it._replace(part=None, field=None, country="?")), min_size=1, max_size=6))
def test_a_stay_whose_direction_is_not_told_is_withheld_or_that_is_said(stays: list[Stay], none: list[Stay]) -> None:
    crowd = behind([*stays, *(it._replace(position=1000 + n) for n, it in enumerate(none))])
    found = measured_withholding([(crowd, IN_FORCE)])
    assert few(crowd) <= found.hidden
    asked: list[dict[object, int]] = [{it: 1} for it in few(crowd)]
    assert follow(told(crowd, found.hidden, parts=False), asked) == [], "not even then in which slice it is"
    if not found.unproven:
        assert follow(told(crowd, found.hidden), asked) == []


@settings(max_examples=150, deadline=None)
@given(LISTS, st.sets(st.integers(1, 90), max_size=3), st.lists(STAYS, max_size=8))
def test_two_editions_beside_each_other_give_away_no_more_or_that_is_said(
    stays: list[Stay], voided: set[int], late: list[Stay]
) -> None:
    """Even to somebody who knows which figures have not moved; and without knowing it, nobody is told of a slice."""
    now = [it for it in stays if it.position not in voided]
    now += [it._replace(position=1000 + n) for n, it in enumerate(late)]
    crowds = behind(stays), behind(now)
    found = [measured_withholding((it, IN_FORCE) for it in crowds[:n]) for n in (1, 2)]
    unknown: list[dict[object, int]] = []
    for n, crowd in enumerate(crowds):
        unknown += [{(n, it): sign for it, sign in line.items()} for line in told(crowd, found[n].hidden)]
    small: list[dict[object, int]] = [{(n, it): 1} for n in (0, 1) for it in few(crowds[n])]
    late_ones: list[dict[object, int]] = [
        {(n, it): sign for n, sign in ((0, -1), (1, 1)) if it in crowds[n].rows and it in found[n].hidden}
        for it, count in crowds[1].moved(crowds[0]).items()
        if 0 < count < LEAST and it not in TOTALS
    ]
    assert follow(unknown, small) == []
    moved = crowds[1].moved(crowds[0])
    unknown += [
        {(n, it): sign for n, sign in ((0, 1), (1, -1)) if it in found[n].hidden}
        for it in crowds[0].rows.keys() & crowds[1].rows.keys()
        if not moved[it]
    ]
    if not found[1].unproven:
        assert follow(unknown, small + late_ones) == []


@settings(max_examples=60, deadline=None)
@given(LISTS, st.lists(STAYS, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_record_decides_nothing(stays: list[Stay], late: list[Stay], random: Random) -> None:
    now = [*stays, *(it._replace(position=1000 + n) for n, it in enumerate(late))]
    once = measured_withholding((behind(them), IN_FORCE) for them in (stays, now))
    for them in (stays, now):
        random.shuffle(them)
    assert measured_withholding((behind(them), IN_FORCE) for them in (stays, now)) == once


def test_one_arrival_without_a_direction_closes_no_total() -> None:
    assert withheld_figures([(behind(MANY), IN_FORCE)]) == frozenset()
    arrived = Stay(999, None, "A", None, "?", "p-new", 3)
    crowd = behind([*MANY, arrived])
    assert crowd.rows.keys() <= withheld_figures([(crowd, FIRST)]) | TOTALS, "the first rule hid nearly everything"
    found = measured_withholding([(crowd, IN_FORCE)])
    assert found.few == {(WHOLE, "field", None), (WHOLE, "country", "?")}
    assert len(found.hidden) <= 4, "each with one beside it"
    assert found.unproven == {WHOLE}, "the totals of the parts leave it over"


def test_five_of_them_are_as_good_as_any() -> None:
    arrived = [Stay(900 + n, None, "A", None, "?", f"p-new{n}", 3) for n in range(5)]
    found = measured_withholding([(behind([*MANY, *arrived]), IN_FORCE)])
    assert (found.hidden, found.unproven) == (frozenset(), frozenset())


def test_a_part_of_few_takes_another_with_it_and_the_whole_is_shown() -> None:
    stays = [it._replace(part=PART if it.position > 3 else OTHER) for it in MANY]
    hidden = withheld_figures([(behind(stays), IN_FORCE)])
    assert {(PART, None, None), (OTHER, None, None)} <= hidden
    assert (WHOLE, None, None) not in hidden


def test_one_small_hub_hides_one_other_and_no_ministry_or_region() -> None:
    """Four came to A; of the hubs of its ministry and region, B has fewer than C and D."""
    stays = [it for it in MANY if it.hub != "A" or it.position < 40]
    stays = [it._replace(part=PART) for it in stays if not (it.hub == "A" and it.position > 20)]
    crowd = behind(stays)
    assert few(crowd) == {(code, "hub", "A") for code in (WHOLE, PART)}
    assert withheld_figures([(crowd, IN_FORCE)]) == {(code, "hub", hub) for code in (WHOLE, PART) for hub in "AB"}


def test_one_who_comes_late_closes_no_total_and_is_not_found_in_a_slice() -> None:
    late = Stay(999, PART, "A", "ai", "SG", "p-late", 31)
    crowds = [behind(MANY), behind([*MANY, late])]
    found = measured_withholding((it, IN_FORCE) for it in crowds)
    assert not TOTALS & found.hidden
    moved = {cell for cell, count in crowds[1].moved(crowds[0]).items() if count} - TOTALS
    assert moved <= found.hidden
    assert follow(told(crowds[1], found.hidden), [{cell: 1} for cell in moved]) == []
    assert found.unproven == {WHOLE, PART}, "both editions show the totals; who takes the one from the other knows"
    assert not found.few


def test_what_an_edition_withheld_is_not_given_away_by_the_next() -> None:
    first = [it for it in MANY if it.hub != "A" or it.position < 20]
    more = [it for it in MANY if it.hub == "A" and it.position >= 20]
    crowds = [behind(first), behind([*first, *more])]
    hidden = [withheld_figures((it, IN_FORCE) for it in crowds[:n]) for n in (1, 2)]
    small = few(crowds[0])
    assert small
    assert not few(crowds[1])
    for n, crowd in enumerate(crowds):
        assert not follow(told(crowd, hidden[n]), [{it: 1} for it in small & hidden[n]])
    unmoved = {cell for cell, count in crowds[1].moved(crowds[0]).items() if not count}
    assert hidden[0] & unmoved <= hidden[1]


def test_what_the_first_rule_withheld_is_not_opened_by_the_second() -> None:
    stays = [it for it in MANY if it.hub != "A" or it.position < 20]
    hidden = withheld_figures([(behind(stays), FIRST), (behind(stays), IN_FORCE)])
    assert hidden >= few(behind(stays))
    assert follow(told(behind(stays), hidden), [{it: 1} for it in few(behind(stays))]) == []
