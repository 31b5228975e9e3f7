"""The settler: keeps the tables of figures a moment behind the mirror of a running record."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from datetime import datetime

import duckdb

from journal.supervision import WorkerHealth
from journal.worker import BackgroundWorker
from projections.mirror.follower import Follower, Unready
from projections.mirror.mirror import Mirror
from projections.mirror.snapshot import Reading

BEHIND_SECONDS = 1.5
"""How far current figures fall behind while entries keep coming, if each pass takes as long as the last. Passes that
take longer, and the ways of an entry and of an answer, may make it two seconds."""

LEAST_PAUSE = 0.1
"""How long a server has no pass at least, as a share of the last one."""

FLOOD = 200.0
"""With more entries a second than this a server is busy enough: current figures may fall further behind."""

FLOOD_SHARE = 16
"""Passes then take one part in this many of the time, unless somebody waits for an entry."""

FIRST_SECONDS = 10.0
"""How long a reader of figures waits for tables that were never settled, or not since entries came."""

ATTENTION_SECONDS = 60.0
"""How long after somebody read current figures the tables are kept up to date; then passes rest."""

RESTING_SECONDS = 60.0
"""How long passes rest at most while nobody reads: so whoever reads next does not wait long."""

PAGE_SECONDS = 0.3
"""How long a pass waits for the entries since the last page, while entries keep coming."""

AGAIN_SECONDS = 0.02
"""How often a running pass is asked again to end."""


class Settler(BackgroundWorker):
    """Settles the current mirror of a follower. Failures are reported (`health`) and retried."""

    def __init__(self, follower: Follower) -> None:
        super().__init__("settler", grown=True)
        self.health = WorkerHealth("settler")
        self._follower = follower
        self._mirror: Mirror | None = None
        self._settled = 0
        self._settled_at = 0.0
        self._took = 0.0
        self._asked_at = 0.0
        self._overdue = False
        self._busy: Mirror | None = None
        follower.subscribe(lambda _: self.wake())

    @property
    def position(self) -> int:
        """The position to which current figures are settled, 0 before they ever were."""
        return self._settled if self._follower.current is self._mirror else 0

    @property
    def halted(self) -> Exception | None:
        return None

    @contextlib.contextmanager
    def reading(
        self, known: int | None = None, valid: datetime | None = None, fx: Mapping[str, int] | None = None
    ) -> Iterator[Reading]:
        """Reads figures from tables: current ones are at most a moment behind the record, and as of a moment at most a
        minute ago. Raises Unready."""
        if (known, valid, fx) == (None, None, None):
            with self._changed:
                wanted = max(self._follower.position, 1) if self._rests() else 1
                self._asked_at = time.monotonic()
                self._overdue |= self._mirror is not None and self._mirror.stale
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self._overdue or self._stopping, FIRST_SECONDS)
            if not self.wait(wanted, FIRST_SECONDS) and not self.position:
                raise Unready("mirror.unready", "figures")
        with self._follower.figure_reading(known, valid, fx) as reading:
            yield reading

    def stop(self) -> None:
        """Gives up a running pass; the next start repeats it."""
        self._stopping = True
        while self.is_alive():
            self.wake()
            if busy := self._busy:
                busy.stop_settling()  # repeated, as an interrupt between two statements is lost
            self.join(AGAIN_SECONDS)

    def run(self) -> None:
        self._settled_at = time.monotonic()  # unless somebody reads at once, a starting server has other work first
        while not self._stopping:
            try:
                self._await_work()
                if hindrance := self._settle():
                    self.health.failed(hindrance)  # it goes on, but all is rebuilt each time
                else:
                    self.health.well()
            except Exception as failure:
                self._overdue = False
                self.wake()
                self.rest(self.health.failed(failure))

    def _settle(self) -> Exception | None:
        mirror, began = self._follower.current, time.monotonic()
        if mirror is None:
            return None
        self._busy = mirror
        try:
            settled = mirror.settle()
        except duckdb.Error:
            if self._follower.current is mirror and not self._stopping:
                raise
            self.wake()
            return None  # it was replaced, or the settler ends
        finally:
            self._busy = None
        with self._changed:
            self._mirror, self._settled, self._settled_at = mirror, settled, time.monotonic()
            self._took = self._settled_at - began
            self._overdue = False
            self._changed.notify_all()
        return mirror.hindrance

    def _await_work(self) -> None:
        with self._changed:
            keeps_coming = self._grown
            self._changed.wait_for(lambda: self._grown or self._overdue or self._stopping)
            # An entry that came when a pass had begun waits for its end, for the next to begin, and for that one's end.
            due = self._settled_at + max(self._took * LEAST_PAUSE, BEHIND_SECONDS - 2 * self._took)
            self._pause(due)
            since = time.monotonic() - self._settled_at + self._took  # a pass has what there was when it began
            if self._follower.position - self._settled > FLOOD * since:
                self._pause(self._settled_at + (FLOOD_SHARE - 1) * self._took)
            self._changed.wait_for(lambda: not self._rests() or self._hurried() or self._stopping, RESTING_SECONDS)
        if keeps_coming:
            self._follower.wait(self._follower.position + 1, PAGE_SECONDS)  # the pass takes what came up to now
        with self._changed:
            self._grown = False

    def _pause(self, until: float) -> None:
        self._changed.wait_for(lambda: self._hurried() or self._stopping, max(0.0, until - time.monotonic()))

    def _hurried(self) -> bool:
        return self._overdue or super()._hurried()

    def _rests(self) -> bool:
        """Whether nobody has read current figures for long."""
        return self._settled > 0 and time.monotonic() > self._asked_at + ATTENTION_SECONDS
