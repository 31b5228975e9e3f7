"""The server's clock, checked against one that nobody sets.

A jump is refused, not followed: with a clock fifty years ahead, one entry would be recorded in that time for ever. An
operator who vouches for the clock (`domain/acts/clock.py`) makes it the right one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.messages import Message, sentence
from domain.phrase import Phrase

JUMP = timedelta(minutes=1)
"""How far the clock may be from where it should be, apart from what slewing gains or loses."""

SLEW = 0.001
"""What slewing may gain in a second: NTP slews by at most half of that."""

HOLD = timedelta(hours=1)
"""How long one reading is the reference for the next. Small steps within it add up to no more than a jump."""

FAR = timedelta(days=5 * 366)
"""How long after its newest entry a record is opened with the clock believed. A machine that wakes in 2076 has no other
clock to compare with; a record without an entry for so long can wait for an operator's word."""

SECOND = "%Y-%m-%d %H:%M:%S"


def now() -> datetime:
    """The time by the machine's clock."""
    return datetime.now(UTC)


def steady() -> float:
    """Seconds of a clock that nobody sets, and that runs on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class ClockJumped(Message):
    """The clock cannot be trusted; nothing is recorded until it can, or until an operator vouches for it."""


class TrustedClock:
    """A clock. `newest` is when the last entry of the record was recorded: a clock before that is wrong."""

    def __init__(self, wall: Callable[[], datetime] = now, steady: Callable[[], float] = steady) -> None:
        self.wall = wall
        self._steady = steady
        self._lock = threading.Lock()
        self._at, self._since = wall(), steady()
        self._newest: datetime | None = None
        self._far = False

    def begin(self, newest: datetime | None, elsewhere: datetime | None) -> None:
        """Sets the references at start: the record's newest entry, and another clock if there is one."""
        self._newest = newest
        self._at, self._since = elsewhere or self.wall(), self._steady()
        self._far = newest is not None and self._at - newest > FAR
        if newest and self._far:
            self._at = newest

    def __call__(self) -> datetime:
        """The time. Raises ClockJumped."""
        with self._lock:
            at, since = self.wall(), self._steady()
            if wrong := self._wrong(at, since):
                raise ClockJumped("clock.jumped").saying(wrong)
            if since - self._since > HOLD.total_seconds():
                self._at, self._since = at, since
            return at

    def believed(self) -> datetime:
        """The time it should be by all that is known, whatever the clock shows."""
        with self._lock:
            expected = self._at + timedelta(seconds=self._steady() - self._since)
            return max(expected, self._newest) if self._newest else expected

    def trouble(self) -> Phrase | None:
        """Why the clock cannot be trusted, None while it can."""
        with self._lock:
            return self._wrong(self.wall(), self._steady())

    def accept(self) -> None:
        """An operator vouched for the clock as it is."""
        with self._lock:
            self._at, self._since, self._newest, self._far = self.wall(), self._steady(), None, False

    def _wrong(self, at: datetime, since: float) -> Phrase | None:
        if self._far and self._newest:
            if at - self._newest > FAR:
                return sentence("clock.jumped", "far", at=f"{at:{SECOND}}", newest=f"{self._newest:{SECOND}}")
            self._at, self._since, self._far = at, since, False  # it was set right
        passed = since - self._since
        expected = self._at + timedelta(seconds=passed)
        if abs(at - expected) > JUMP + timedelta(seconds=SLEW * passed):
            return sentence("clock.jumped", "expected", at=f"{at:{SECOND}}", expected=f"{expected:{SECOND}}")
        if self._newest and at < self._newest - JUMP:
            return sentence("clock.jumped", "newest", at=f"{at:{SECOND}}", newest=f"{self._newest:{SECOND}}")
        return None
