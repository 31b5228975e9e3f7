"""What a report gathers for a reader in a hurry."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.editions.editions import Adjustment
from replay.editions.period_figures import Move
from replay.editions.restatement import RestatedFigure
from replay.report.content import EditionReport
from replay.report.page import short_name
from replay.report.summary import by_weight, restated_once


def move(before: str | None, delta: str | None, by: str | None = None, *, withheld: bool = False) -> Move:
    return Move("JR-01", 3, by, "EU-BRU" if by else None, before, None, delta, withheld)


def test_small_moves_are_told_in_a_line_and_large_ones_come_first() -> None:
    tenth, half, small, new = move("100", "-10"), move("2", "1"), move("100", "4"), move(None, None)
    hidden, of_a_hub = move(None, None, withheld=True), move("1", "1", "hub")
    large, rest = by_weight(Adjustment("2025S1", 1, (small, hidden, tenth, of_a_hub, new, half)), Decimal("0.05"))
    assert large == [half, tenth, new, of_a_hub, hidden]
    assert rest == [small]


NUMBERS = st.none() | st.integers(-50, 50).map(str)


@given(st.lists(st.builds(move, NUMBERS, NUMBERS, st.sampled_from([None, "hub"]))), st.sampled_from(["0.01", "0.5"]))
def test_no_move_is_lost_or_told_twice(moves: list[Move], materiality: str) -> None:
    large, small = by_weight(Adjustment("2025S1", 1, tuple(moves)), Decimal(materiality))
    assert sorted(map(str, large + small)) == sorted(map(str, moves))


def restated(by: str | None, of: str | None) -> RestatedFigure:
    return RestatedFigure("JR-01", 3, by, of, "1", "2", "1", before_withheld=False, after_withheld=False)


@pytest.mark.parametrize("stated_in", ["this edition", "the one before"])
def test_what_is_not_stated_is_told_beside_what_is(stated_in: str) -> None:
    """A restatement leaves out the total that repeats itself, and nothing that is a part."""
    total, of_fields, of_countries, of_hubs = (restated(by, None) for by in (None, "field", "country", "hub"))
    german = restated("country", "DE")
    moved = (total, of_fields, of_countries, of_hubs, *([german] if stated_in == "the one before" else []))
    now = [SimpleNamespace(indicator="JR-01", by="country", of="DE")] if stated_in == "this edition" else []
    report = SimpleNamespace(restatement=SimpleNamespace(figures=moved), content=SimpleNamespace(figures=now))
    assert restated_once(cast("EditionReport", report)) == [it for it in moved if it is not of_fields]


def test_a_bar_is_called_by_what_tells_its_hub_from_others() -> None:
    assert short_name(("브뤼셀 거점센터", "Brussels")) == ("브뤼셀", "Brussels")
    assert short_name(("거점센터", "Hub")) == ("거점센터", "Hub")
