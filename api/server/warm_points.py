"""The cut-offs of editions are the points that are asked for most: their tables are made before anybody asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from itertools import islice

from api.server.engine import Engine
from journal.supervision import resting
from projections.mirror.mirror import Mirror
from projections.mirror.points import At
from replay.editions.editions import editions_of

HALF_YEARS = 4
"""For how many half-years the current edition is kept warm, the last first, as far as there is room for points."""

LOOKS_SECONDS = 2.0
"""How often what is to be kept is looked at, and how soon again while others wait for long answers."""


@contextlib.asynccontextmanager
async def keeping_points_warm(engine: Engine) -> AsyncIterator[None]:
    """Makes them a table at a time, while nobody waits for a long answer."""
    leaving, warm = asyncio.Event(), _Warm(engine)

    async def step() -> bool:
        if engine.long_reads.running or engine.past_reads.running or not await asyncio.to_thread(warm.one_more):
            await resting(leaving, LOOKS_SECONDS)
        return True

    async with engine.worker("warming", leaving, step):
        yield


class _Warm:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mirror: Mirror | None = None
        self._points: list[At] = []
        self._ahead: Iterator[bool] = iter(())

    def one_more(self) -> bool:
        """Makes the next table. Returns whether there was one to make."""
        mirror = self._engine.follower.current
        points = [*self._wanted(mirror.position)] if mirror else []
        if mirror and (mirror is not self._mirror or points != self._points):
            self._mirror, self._points = mirror, points
            self._ahead = mirror.points.warm(points)
        try:
            with mirror.in_use() if mirror else contextlib.nullcontext():
                return next(self._ahead, False)
        except Exception:
            if self._engine.follower.current is mirror:
                raise
            return False  # it was replaced

    def _wanted(self, position: int) -> Iterator[At]:
        """The current edition of each of the last half-years that have one, as far as the tables go."""
        journal = self._engine.journal
        periods = sorted((it.partition(":")[2] for it in journal.entries.streams("check")), reverse=True)
        found = (it for period in periods for it in editions_of(journal, period)[::-1])
        current = (it for it in found if it.superseded_by is None and not it.withdrawn)
        for it in islice(current, HALF_YEARS):
            if it.key.position <= position:
                yield it.key.position, it.key.valid_cutoff, None
