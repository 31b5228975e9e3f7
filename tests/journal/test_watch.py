"""The wall clock is held against one that nobody sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from journal.trusted_clock import ClockJumped, TrustedClock

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clocks:
    def __init__(self) -> None:
        self.passed, self.off = 0.0, 0.0
        self.watch = TrustedClock(lambda: START + timedelta(seconds=self.passed + self.off), lambda: self.passed)

    def read(self, passed: float, off: float) -> bool:
        """Whether the clock is believed so many seconds later, so far off."""
        self.passed += passed
        self.off = off
        try:
            self.watch()
        except ClockJumped:
            return False
        return True


def test_what_slewing_gains_over_weeks_is_no_jump() -> None:
    clocks = Clocks()
    assert all(clocks.read(86_400, 43.0 * day) for day in range(1, 30))


@pytest.mark.parametrize("off", [-3600.0, -90.0, 90.0, 1e9])
def test_a_jump_stays_one_however_long_it_lasts(off: float) -> None:
    clocks = Clocks()
    assert clocks.read(10, 0)
    assert not any(clocks.read(600, off) for _ in range(6))
    assert clocks.read(600, 0)


def test_small_steps_do_not_add_up_unseen() -> None:
    clocks = Clocks()
    assert not all(clocks.read(1, 20.0 * n) for n in range(1, 10))


def test_a_clock_before_the_newest_entry_is_not_believed_until_a_word_or_the_time_has_come() -> None:
    clocks = Clocks()
    clocks.watch.begin(START + timedelta(hours=1), None)
    assert not clocks.read(10, 0)
    assert clocks.read(3600, 0)
    clocks.watch.begin(START + timedelta(days=9), None)
    assert not clocks.read(10, 0)
    clocks.watch.accept()
    assert clocks.read(10, 0)
    clocks.watch.begin(None, START + timedelta(days=400))
    assert not clocks.read(10, 0)


def test_a_clock_that_stands_years_behind_the_newest_entry_at_start_is_not_believed_until_a_word_or_it_is_set() -> None:
    clocks = Clocks()
    newest = START - timedelta(days=9)
    years = 50 * 365 * 86_400.0
    for way_on in ("word", "set"):
        clocks.off = years
        clocks.watch.begin(newest, None)
        assert not any(clocks.read(10, years) for _ in range(3))
        assert clocks.watch.believed() - START < timedelta(days=1)
        if way_on == "word":
            clocks.watch.accept()
            assert clocks.read(10, years)
        else:
            assert clocks.read(10, 0)
            assert not clocks.read(10, years)
    clocks.off = 4 * 365 * 86_400.0  # a record that rested
    clocks.watch.begin(newest, None)
    assert clocks.read(10, clocks.off)
