"""How many acts of redaction the tables of a running record show."""

from __future__ import annotations

from projections.mirror.follower import Follower


class RedactionCount:
    """Counted once for each position that is asked for in a row."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._counted = (-1, 0)

    def upto(self, position: int) -> int:
        counted = self._counted
        if counted[0] != position:
            with self._follower.reading() as reading:
                ((found,),) = reading.rows(
                    "SELECT count(*) FROM record.event WHERE type = 'entry.redacted' AND position <= ?", [position]
                )
            self._counted = counted = (position, int(found))
        return counted[1]
