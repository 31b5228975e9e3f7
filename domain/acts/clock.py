"""Clock (시계): an operator vouches for the time, after the server's clock could not be trusted. An act.

After it `recorded_at` is what the clock says now, even if earlier entries were recorded at a later time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

import msgspec

from domain.record import Entry, Fact, Refused
from domain.values import Text, check_utc

STREAM = "clock:record"
"""The one stream of this kind."""

NEAR = timedelta(minutes=10)
"""How far the operator's watch may be from the server's clock: he says that the clock is right, not that it runs."""


class ClockAccepted(Fact, frozen=True, tag="clock.accepted"):
    """The server's clock is right: an operator's own watch says `now`. Why it was doubted is the `reason`."""

    now: datetime
    reason: Text

    def __post_init__(self) -> None:
        check_utc(self.now, "now")


ClockFact: TypeAlias = ClockAccepted


class Clock(msgspec.Struct, frozen=True):
    """Whether anybody ever had to give his word.

    none > accepted > accepted (another time)
    """

    status: Literal["none", "accepted"] = "none"


initial = Clock()


def judge(_: Clock, entry: Entry[ClockFact]) -> None:
    """Raises Refused unless an operator states the time, and the server's clock agrees."""
    if entry.role != "operator":
        raise Refused("clock.not_yours", role=entry.role)
    if entry.stream != STREAM:
        raise Refused("clock.elsewhere", path="$.subject", stream=STREAM)
    if abs(entry.fact.now - entry.occurred_at) > NEAR:
        raise Refused("clock.not_so", path="$.data.now", server=entry.occurred_at.astimezone(UTC))


def evolve(_: Clock, __: Entry[ClockFact]) -> Clock:
    return Clock("accepted")
