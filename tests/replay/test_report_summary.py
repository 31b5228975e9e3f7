"""What a report gathers for a reader in a hurry."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from replay.editions.editions import Adjustment
from replay.editions.period_figures import Move
from replay.report.page import short_name
from replay.report.summary import by_weight


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


def test_a_bar_is_called_by_what_tells_its_hub_from_others() -> None:
    assert short_name(("브뤼셀 거점센터", "Brussels")) == ("브뤼셀", "Brussels")
    assert short_name(("거점센터", "Hub")) == ("거점센터", "Hub")
