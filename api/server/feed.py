"""What is recorded, for its followers: read once for all, and sent to those whose filter keeps it.

A follower whose filter keeps nothing is not woken, so that he costs as little as his connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from journal.store.recorder import StoredEntry

PAGE = 200
"""How many entries are read and sent at once: a follower who reads nothing keeps them in memory."""
TURNS = 2
"""How many followers are read for, and sent to, at once. The others wait for their turn: a thousand who begin at the
first entry delay each other and nobody else."""
KEPT = 5_000
"""How many entries are kept for followers; one who is behind them reads the record."""
CHECKED = 1_000
"""How many filters are remembered."""
PACE_SECONDS = 0.05
"""The time between two looks at a record that grows."""

log = logging.getLogger("sagwan.api")


class Wanted(NamedTuple):
    """What a follower gets; None where that is everything."""

    type: frozenset[str] | None = None
    hub: frozenset[str] | None = None
    stream: frozenset[str] | None = None
    kind: frozenset[str] | None = None

    def keeps(self, it: Seen) -> bool:
        return (
            (self.type is None or it.row.type in self.type)
            and (self.hub is None or it.hub in self.hub)
            and (self.stream is None or it.stream in self.stream)
            and (self.kind is None or it.stream.partition(":")[0] in self.kind)
        )


EVERYTHING = Wanted()


class Seen(NamedTuple):
    """An entry, and what filters go by."""

    row: StoredEntry
    stream: str
    hub: str


class _Said(msgspec.Struct):
    stream: str
    hub: str


_said = msgspec.json.Decoder(_Said).decode


class Following:
    """One follower: `woken` is set when there may be something for him, or his token may have ended."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.woken = asyncio.Event()


class Feed:
    """The end of the record, watched while anybody follows it. Everything here belongs to one event loop."""

    def __init__(
        self,
        rows: Callable[[int, int], Sequence[StoredEntry]],
        position: Callable[[], int],
        grown: Callable[[int, float], Awaitable[None]],
        credentials_changed: Callable[[], None],
    ) -> None:
        self._rows, self._position, self._grown, self._changed = rows, position, grown, credentials_changed
        self._kept: deque[Seen] = deque()
        self._begin = self._end = 0
        self._followers = set[Following]()
        self._looking: asyncio.Task[None] | None = None
        self._checked = set[Wanted]()
        self.turns = asyncio.Semaphore(TURNS)

    def checked(self, wanted: Wanted) -> bool:
        """Whether its words are known to be those of the record: a word that the record has it has for ever, and a
        thousand followers who come back at once ask for the same."""
        return wanted in self._checked

    def note_checked(self, wanted: Wanted) -> None:
        if len(self._checked) >= CHECKED:
            self._checked.clear()
        self._checked.add(wanted)

    @contextlib.contextmanager
    def following(self, wanted: Wanted) -> Iterator[Following]:
        it = Following(wanted)
        self._followers.add(it)
        if self._looking is None:
            self._kept.clear()
            self._begin = self._end = self._position()
            self._looking = asyncio.create_task(self._look())
        try:
            yield it
        finally:
            self._followers.discard(it)
            if not self._followers:
                self.stop()

    async def next(self, it: Following, at: int, seconds: float) -> tuple[list[StoredEntry], int]:
        """The entries for a follower after a position, and up to where these are all; none after some seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while at >= self._begin and not it.woken.is_set() and not self._for(it, at):
                    await it.woken.wait()
        it.woken.clear()
        if at < self._begin:
            async with self.turns:
                rows = await asyncio.to_thread(self._rows, at, PAGE)
            found = [row for row in rows if it.wanted == EVERYTHING or it.wanted.keeps(_seen(row))]
            return found, rows[-1].position if len(rows) == PAGE else max(self._begin, *(row.position for row in rows))
        found = self._for(it, at)
        return found, found[-1].position if len(found) == PAGE else max(at, self._end)

    def stop(self) -> None:
        if self._looking:
            self._looking.cancel()
            self._looking = None

    def _for(self, it: Following, at: int) -> list[StoredEntry]:
        found = list[StoredEntry]()
        if at >= self._end:
            return found
        for seen in self._kept:
            if seen.row.position > at and it.wanted.keeps(seen):
                found.append(seen.row)
                if len(found) == PAGE:
                    break
        return found

    async def _look(self) -> None:
        while True:
            try:
                await self._grown(self._end, 60.0)
                rows = await asyncio.to_thread(self._rows, self._end, PAGE)
                if may_end := any(row.type.startswith("credential.") for row in rows):
                    await asyncio.to_thread(self._changed)
                self._tell(rows, all_=may_end)
                if len(rows) < PAGE:
                    await asyncio.sleep(PACE_SECONDS)
            except Exception:
                log.exception("the feed could not be read; it is tried again")
                await asyncio.sleep(1.0)

    def _tell(self, rows: Sequence[StoredEntry], *, all_: bool) -> None:
        if not rows:
            return
        new = [_seen(row) for row in rows]
        self._kept.extend(new)
        self._end = rows[-1].position
        while len(self._kept) > KEPT:
            self._begin = self._kept.popleft().row.position
        concerned: dict[Wanted, bool] = {}
        for it in self._followers:
            if it.wanted not in concerned:
                concerned[it.wanted] = all_ or any(it.wanted.keeps(seen) for seen in new)
            if concerned[it.wanted]:
                it.woken.set()


def _seen(row: StoredEntry) -> Seen:
    try:
        parts = _said(row.entry)
    except ValueError:  # it does not read any more; `sagwan verify` says why
        return Seen(row, "", "")
    return Seen(row, parts.stream, parts.hub)
