"""Figures that leave the house: nobody is found in a small cell, nor by its totals."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.acts.indicator import TargetSet
from domain.facts.exchange import ExchangeArrived, ExchangeNominated, ExchangeReturned
from domain.facts.helpdesk import CaseClosed, CaseOpened, SatisfactionRated
from projections import disclosure, figures
from projections.definitions import INDICATORS
from projections.disclosure import LEAST, TOTAL, CellContributors, withheld_cells
from projections.mirror.snapshot import Reading
from tests import mirrors
from tests.mirrors import empty
from tests.projections.histories import History

CELLS = st.dictionaries(
    st.tuples(st.just("EX-02"), st.sampled_from("abcd"), st.sampled_from("xyz"), st.sampled_from(["2025S1", "2025S2"])),
    st.frozensets(st.integers(0, 15), min_size=1, max_size=12),
)


def table(people: dict[Any, frozenset[int]]) -> dict[Any, CellContributors]:
    return {cell: CellContributors(them, len(them)) for cell, them in people.items()}


@settings(deadline=None)
@given(CELLS)
def test_no_small_cell_is_shown_and_no_line_gives_one_away(people: dict[Any, frozenset[int]]) -> None:
    hidden = withheld_cells(table(people), LEAST).hidden
    assert {cell for cell, them in people.items() if len(them) < LEAST} <= hidden
    lines = defaultdict(list)
    for cell in people:
        for axis in (1, 2):
            lines[(*cell[:axis], TOTAL, *cell[axis + 1 :])].append(cell)
    for total, line in lines.items():
        closed = [cell for cell in line if cell in hidden]
        if len(line) > 1 and total not in hidden and any(len(people[cell]) < LEAST for cell in closed):
            assert len(closed) > 1
            assert len(frozenset().union(*(people[cell] for cell in closed))) >= LEAST


@settings(deadline=None)
@given(CELLS)
def test_a_half_year_is_withheld_the_same_whatever_is_told_of_others(people: dict[Any, frozenset[int]]) -> None:
    alone = {cell: them for cell, them in people.items() if cell[-1] == "2025S1"}
    together = withheld_cells(table(people), LEAST, over_all=True).hidden
    assert {cell for cell in together if cell[-1] == "2025S1"} == withheld_cells(table(alone), LEAST).hidden


@settings(deadline=None)
@given(CELLS)
def test_a_table_is_withheld_the_same_whatever_it_is_sliced_by_further(people: dict[Any, frozenset[int]]) -> None:
    of_hubs: dict[Any, frozenset[int]] = defaultdict(frozenset)
    for (code, hub, _, half), them in people.items():
        of_hubs[code, hub, half] |= them
    further = withheld_cells(table(people), LEAST, over_all=True).hidden
    assert {(code, hub, half) for code, hub, of, half in further if of == TOTAL} == withheld_cells(
        table(of_hubs), LEAST, over_all=True
    ).hidden


@settings(deadline=None)
@given(CELLS)
def test_a_sum_over_half_years_gives_none_of_them_away(people: dict[Any, frozenset[int]]) -> None:
    hidden = withheld_cells(table(people), LEAST, over_all=True).hidden
    for slices in {cell[:-1] for cell in people}:
        halves = [(*slices, half) for half in ("2025S1", "2025S2") if (*slices, half) in people]
        away = [cell for cell in halves if cell in hidden]
        if (*slices, TOTAL) not in hidden and any(len(people[cell]) < LEAST for cell in away):
            assert len(frozenset().union(*(people[cell] for cell in away))) >= LEAST
            assert len(away) > 1


@settings(deadline=None)
@given(CELLS)
def test_nothing_is_withheld_where_no_cell_is_small(people: dict[Any, frozenset[int]]) -> None:
    many = {cell: them | frozenset(range(100, 105)) for cell, them in people.items()}
    assert withheld_cells(table(many), LEAST, over_all=True).hidden == frozenset()


@pytest.fixture(scope="module")
def reading() -> Reading:
    """Stays at EU: 2 persons from FR in 6 stays, 6 from DE, 7 from NL, one of whom nobody knows; at US: 9 from FR."""
    history = History()
    stays: list[tuple[str, str, str | None]] = [("EU", "FR", f"p-fr{n % 2}") for n in range(6)]
    stays += [("EU", "DE", f"p-de{n}") for n in range(6)]
    stays += [("EU", "NL", f"p-nl{n}") for n in range(6)] + [("EU", "NL", None)]
    stays += [("US", "FR", f"p-us{n}") for n in range(9)]
    for n, (hub, country, person) in enumerate(stays):
        stream = f"exchange:{n}"
        history.add(stream, ExchangeNominated(direction="INBOUND", person=person, country=country), hub=hub)
        history.add(stream, ExchangeArrived(on=date(2025, 5, 2)), 30, hub=hub)
        history.add(stream, ExchangeReturned(on=date(2025, 5, 9)), 200, hub=hub)
    for n in range(3):
        history.add(f"case:{n}", CaseOpened(topic="visa", requester=f"p-{n}"), 1)
        history.add(f"case:{n}", SatisfactionRated(score=4), 2)
    mirror = empty()
    mirror.apply(history.page())
    return mirrors.reading(mirror)


def cells(reading: Reading, code: str, *by: str, **more: Any) -> dict[Any, tuple[Any, ...]]:
    rows = disclosure.suppressed_figures(reading, INDICATORS[code], by, **more).to_pylist()
    return {tuple(row[name] for name in by): (row["value"], row["evidence"], row["suppressed"]) for row in rows}


def test_persons_count_once_and_an_unknown_one_for_each_stay(reading: Reading) -> None:
    crowds = figures.cell_contributors(reading, INDICATORS["EX-01"], ["hub", "country"])
    counted = {cell: len(persons) for cell, (persons, _) in crowds.items()}
    assert counted == {
        ("EU", "FR"): 2,
        ("EU", "DE"): 6,
        ("EU", "NL"): 7,
        ("US", "FR"): 9,
    }


def test_a_small_cell_and_the_next_in_its_line_are_withheld(reading: Reading) -> None:
    shown = cells(reading, "EX-01", "hub", "country")
    # FR is small; DE goes with it for the total of EU, and US for the total of FR has no other to go with.
    assert {cell for cell, it in shown.items() if it[2]} == {("EU", "FR"), ("EU", "DE"), ("US", "FR")}
    assert shown["EU", "FR"] == (None, None, True)
    assert shown["EU", "NL"][1:] == (7, False)
    assert not any(it[2] for it in cells(reading, "EX-01", "hub").values())
    assert cells(reading, "EX-01")[()][1:] == (28, False)


def test_a_cell_is_withheld_however_it_is_asked_for(reading: Reading) -> None:
    whole = cells(reading, "EX-01", "hub", "country")
    row = cells(reading, "EX-01", "country", where={"hub": "EU"})
    assert row == {(country,): it for (hub, country), it in whole.items() if hub == "EU"}
    assert cells(reading, "EX-01", where={"hub": "EU", "country": "DE"})[()] == (None, None, True)
    assert cells(reading, "EX-01", where={"hub": "EU", "country": ["DE", "NL"]})[()] == (None, None, True)
    assert cells(reading, "EX-01", period="2025S1", where={"hub": "EU", "country": "FR"})[()] == (None, None, True)


def test_a_figure_is_not_told_by_its_parts() -> None:
    history = History()
    for n in range(12):
        nominated = ExchangeNominated(direction="INBOUND" if n < 9 else "OUTBOUND", person=f"p-{n}", country="DE")
        history.add(f"exchange:{n}", nominated)
        history.add(f"exchange:{n}", ExchangeArrived(on=date(2025, 5, 2)), 30)
        history.add(f"exchange:{n}", ExchangeReturned(on=date(2025, 5, 9)), 200)
    mirror = empty()
    mirror.apply(history.page())
    reading = mirrors.reading(mirror)
    away = {code: cells(reading, code, "hub")["EU",][2] for code in ("EX-01", "EX-01I", "EX-01O")}
    assert away == {"EX-01": False, "EX-01I": True, "EX-01O": True}


def test_the_share_that_answered_does_not_tell_how_few_did() -> None:
    history, mirror = History(), empty()
    for n in range(40):
        hub = "US" if n % 2 else "EU"
        history.add(f"case:{n}", CaseOpened(topic="visa", requester=f"p-{n}"), 1, hub=hub)
        history.add(f"case:{n}", CaseClosed(), 2, hub=hub)
        if hub == "US" or n < 6:
            history.add(f"case:{n}", SatisfactionRated(score=4), 3, hub=hub)
    mirror.apply(history.page())
    with mirror.reading() as reading:
        for code in ("HD-07", "HD-07R"):
            found = {hub: away for (hub,), (*_, away) in cells(reading, code, "hub").items()}
            assert found == {"EU": True, "US": True}, "three of EU answered; US would tell it from the total"
        assert cells(reading, "HD-07R")[()][2] is False


def test_whether_a_target_is_attained_is_withheld_with_the_figure() -> None:
    history, mirror = History(), empty()
    for n in range(6):
        hub = "US" if n else "EU"
        history.add(f"case:{n}", CaseOpened(topic="visa", requester=f"p-{n}"), 1, hub=hub)
        history.add(f"case:{n}", SatisfactionRated(score=4), 2, hub=hub)
    for whose in ("EU", "US", None):
        history.add("indicator:HD-07", TargetSet(period="2025S1", hub=whose, value=Decimal(3)), hub="")
    mirror.apply(history.page())
    with mirror.reading() as reading:
        by_hub = disclosure.suppressed_figures(reading, INDICATORS["HD-07"], ("hub", "period")).to_pylist()
        assert [(it["suppressed"], it["attained"]) for it in by_hub] == [(True, None), (True, None)]
        (together,) = disclosure.suppressed_figures(reading, INDICATORS["HD-07"], ("period",)).to_pylist()
        assert (together["suppressed"], together["attained"]) == (False, True)


def test_nothing_is_no_person(reading: Reading) -> None:
    assert cells(reading, "HD-07", where={"hub": "US"})[()] == (None, 0, False)
    assert cells(reading, "HD-07")[()] == (None, None, True)


def test_the_table_of_hubs_withholds_the_same(reading: Reading) -> None:
    row = next(row for row in disclosure.suppressed_performance(reading).to_pylist() if row["hub"] == "EU")
    assert row["suppressed"] == ["hd_07"]
    assert row["hd_07"] is None
    assert row["ex_01"] == pytest.approx(cells(reading, "EX-01", "hub", "period")["EU", "2025S1"][0])


def test_the_figures_with_persons_behind_them_say_so() -> None:
    marked = {it.code for it in INDICATORS.values() if it.persons}
    assert marked == {"EX-01", "EX-01I", "EX-01O", "EX-02", "EX-03", "HD-07", "HD-07R"}


def rated(*told: tuple[str, str, int, int]) -> Reading:
    """Cases that were closed and rated, by hub, half-year, how many, and from which requester on."""
    history, mirror = History(), empty()
    for hub, half, number, first in told:
        for n in range(first, first + number):
            key, hour = f"case:{hub}-{half}-{n}", {"2025S1": 0, "2025S2": 4_500}[half]
            history.add(key, CaseOpened(topic="visa", requester=f"p-{hub}{n}"), hour, hub=hub)
            history.add(key, CaseClosed(), hour + 1, hub=hub)
            history.add(key, SatisfactionRated(score=4), hour + 2, hub=hub)
    mirror.apply(history.page())
    return mirrors.reading(mirror)


def away(reading: Reading, code: str, *by: str, **more: Any) -> set[Any]:
    return {cell for cell, (*_, suppressed) in cells(reading, code, *by, **more).items() if suppressed}


def test_a_closed_half_year_is_shown_whatever_begins_after_it() -> None:
    closed = [("EU", "2025S1", 9, 0), ("US", "2025S1", 8, 0)]
    assert away(rated(*closed), "HD-07", "period") == set()
    begun = rated(*closed, ("EU", "2025S2", 2, 0))
    assert away(begun, "HD-07", "period") == {("2025S2",)}
    assert away(begun, "HD-07", "hub", "period") == {("EU", "2025S2")}
    assert away(begun, "HD-07", period="2025S1") == set()
    row = next(
        it
        for it in disclosure.suppressed_performance(begun).to_pylist()
        if (it["hub"], it["period"]) == ("EU", "2025S1")
    )
    assert row["suppressed"] == []
    assert row["hd_07"] == 4


def test_a_sum_over_half_years_is_withheld_where_it_less_those_shown_is_of_few() -> None:
    closed = [("EU", "2025S1", 9, 0), ("US", "2025S1", 8, 0)]
    assert away(rated(*closed), "HD-07") == away(rated(*closed), "HD-07", "hub") == set()
    begun = rated(*closed, ("EU", "2025S2", 2, 0))
    assert away(begun, "HD-07") == {()}
    assert ("EU",) in away(begun, "HD-07", "hub")
    assert away(rated(*closed, ("EU", "2025S2", 6, 0)), "HD-07") == set()


def test_two_half_years_of_few_are_summed_where_they_are_many_together() -> None:
    """Three persons each time: six in all; or the same three."""
    assert away(rated(("EU", "2025S1", 3, 0), ("EU", "2025S2", 3, 3)), "HD-07") == set()
    assert away(rated(("EU", "2025S1", 3, 0), ("EU", "2025S2", 3, 0)), "HD-07") == {()}


def test_one_stay_without_a_direction_withholds_no_total() -> None:
    history, mirror = History(), empty()
    for n in range(40):
        hub = ("EU", "US")[n % 2]
        nominated = ExchangeNominated(direction=("INBOUND", "OUTBOUND")[n // 2 % 2], person=f"p-{n}", country="DE")
        history.add(f"exchange:{n}", nominated, hub=hub)
        history.add(f"exchange:{n}", ExchangeArrived(on=date(2025, 5, 2)), 30, hub=hub)
    history.add("exchange:late", ExchangeArrived(on=date(2025, 5, 2)), 30, hub="EU")
    mirror.apply(history.page())
    with mirror.reading() as reading:
        for code in ("EX-01", "EX-01I", "EX-01O"):
            assert away(reading, code, "period") == away(reading, code, "hub", "period") == set()
        assert away(reading, "EX-01", "country", "period") == {("DE", "2025S1"), (None, "2025S1")}
