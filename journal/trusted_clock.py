"""The server's clock, held against one that nobody sets.

A jump is refused, not followed: one entry from a clock that stands fifty years ahead would be recorded in that time
for ever. An operator's word (`domain/acts/clock.py`) makes the clock the right one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.messages import Message, sentence
from domain.phrase import Phrase

JUMP = timedelta(minutes=1)
"""How far the clock may be from where it should be, beside what a clock that is slewed gains or loses."""

SLEW = 0.001
"""What slewing may gain in a second: NTP slews by half of that at most."""

HOLD = timedelta(hours=1)
"""How long one reading is what the next are held against. Small steps add up to no more than a jump in it."""

FAR = timedelta(days=5 * 366)
"""How long after its newest entry a record is opened and the clock believed. A machine that wakes in 2076 has no other
clock to be held against; a record in which nobody wrote a word for so long can wait for an operator's."""

SECOND = "%Y-%m-%d %H:%M:%S"


def now() -> datetime:
    """What the machine's clock says."""
    return datetime.now(UTC)


def steady() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class ClockJumped(Message):
    """The clock is not to be believed; nothing is recorded until it is, or until an operator gives his word for it."""


class TrustedClock:
    """A clock. `newest` is when the last entry of the record was recorded: no clock that stands before it is right."""

    def __init__(self, wall: Callable[[], datetime] = now, steady: Callable[[], float] = steady) -> None:
        self.wall = wall
        self._steady = steady
        self._lock = threading.Lock()
        self._at, self._since = wall(), steady()
        self._newest: datetime | None = None
        self._far = False

    def begin(self, newest: datetime | None, elsewhere: datetime | None) -> None:
        """What it is held against at start: the record's newest entry, and another clock where there is one."""
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
        """What the time should be by all that is known, whatever the clock says."""
        with self._lock:
            expected = self._at + timedelta(seconds=self._steady() - self._since)
            return max(expected, self._newest) if self._newest else expected

    def trouble(self) -> Phrase | None:
        """Why the clock is not to be believed, None while it is."""
        with self._lock:
            return self._wrong(self.wall(), self._steady())

    def accept(self) -> None:
        """An operator gave his word for the clock as it stands."""
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
