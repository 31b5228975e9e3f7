"""Long answers while they are made: shared by all who request the same, with their progress, and kept for a while.

One that is to be fetched later is made even if nobody waits; any other is then given up.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine, Hashable, Mapping
from typing import Any, BinaryIO, NamedTuple

from aiohttp import web

from api.problems import Problem
from api.server.bounded_threads import answered
from domain.input_policy.authority import Actor
from projections.mirror.asker import Asker

KEPT_SECONDS = 600.0
"""How long an answer is kept that is to be fetched."""

MOST_KEPT = 8


class MadeAnswer(NamedTuple):
    """An answer: its bytes, where they are few, or a file that has no name and is gone with this."""

    headers: Mapping[str, str]
    body: bytes | BinaryIO


class Work:
    """An answer that is being made, or was, for a credential or a role, `of` a position and of tables.

    `progress` is what is being done, how much of it, and of how much.
    """

    def __init__(self, who: str, asked: str, of: tuple[int, Hashable] | None) -> None:
        self.id = secrets.token_urlsafe(12)
        self.who = who
        self.asked = asked
        self.of = of
        self.to_be_fetched = False
        self.waiting = 0
        self.progress: tuple[str, int, int] | None = None
        self.asker = Asker(self._report)
        self.given_up = False
        self.ended: float | None = None
        self.task: asyncio.Task[MadeAnswer]

    def _report(self, what: str, done: int, total: int) -> None:
        self.progress = (what, done, total)

    @property
    def failure(self) -> BaseException | None:
        """Why there is no answer."""
        if self.ended is None:
            return None
        return _given_up() if self.task.cancelled() else self.task.exception()

    def give_up(self) -> None:
        self.given_up = True
        self.task.cancel()


class Works:
    """The long answers of a server. `position` is that of the record, `tables` names the present ones: what was
    made of others is forgotten, since they may have said what was destroyed since."""

    def __init__(self, position: Callable[[], int], tables: Callable[[], Hashable]) -> None:
        self._position = position
        self._tables = tables
        self._works: dict[str, Work] = {}

    def join(
        self,
        who: str,
        asked: str,
        make: Callable[[Asker], Coroutine[Any, Any, MadeAnswer]],
        *,
        to_be_fetched: bool = False,
        again: bool = False,
    ) -> Work:
        """The work that is making this answer or, unless it is to be made `again`, has made it of the record as it is;
        else one that begins now."""
        for work in self._there():
            now = work.ended is None or (work.of == self._of() and not (work.failure or again))
            if (work.who, work.asked) == (who, asked) and now and not work.given_up:
                work.to_be_fetched |= to_be_fetched
                return work
        work = Work(who, asked, None if again else self._of())
        work.to_be_fetched = to_be_fetched
        work.task = asyncio.create_task(make(work.asker))
        work.task.add_done_callback(lambda _: self._ended(work))
        self._works[work.id] = work
        return work

    async def answer(self, work: Work, request: web.Request) -> MadeAnswer:
        """Waits for it. Raises Problem where there is none, or nobody waits any more."""
        work.waiting += 1
        try:
            await answered(work.task, request)
            if work.task.cancelled():
                raise _given_up()
            return work.task.result()
        finally:
            work.waiting -= 1
            if not work.waiting and not work.to_be_fetched and not work.task.done():
                work.give_up()

    def of(self, actor: Actor) -> list[Work]:
        """Those that somebody may see: his own, and those for his role."""
        return [work for work in self._there() if work.who in (actor.means, actor.role)]

    def named(self, actor: Actor, id_: str) -> Work:
        """Raises Problem 404."""
        if found := next((work for work in self.of(actor) if work.id == id_), None):
            return found
        raise Problem(404, "work.none")

    def drop(self, work: Work) -> None:
        """Drops a work that nobody will fetch."""
        work.to_be_fetched = False
        if not work.waiting:
            work.give_up()
            self._works.pop(work.id, None)

    async def stop(self) -> None:
        for work in self._works.values():
            work.give_up()
        await asyncio.gather(*(work.task for work in self._works.values()), return_exceptions=True)

    def _of(self) -> tuple[int, Hashable]:
        return self._position(), self._tables()

    def _ended(self, work: Work) -> None:
        work.ended = time.monotonic()
        if not work.task.cancelled():
            work.task.exception()  # it is raised for those who wait for it
        if not work.to_be_fetched:
            self._works.pop(work.id, None)

    def _there(self) -> list[Work]:
        """Those that are being made, and those that are kept, the last MOST_KEPT that ended."""
        tables, since = self._tables(), time.monotonic() - KEPT_SECONDS
        ended = sorted((it.ended, it.id) for it in self._works.values() if it.ended is not None)
        for at, id_ in ended:
            of = self._works[id_].of
            if at < since or (at, id_) not in ended[-MOST_KEPT:] or (of and of[1] != tables):
                del self._works[id_]
        return [*self._works.values()]


def _given_up() -> Problem:
    return Problem(503, "work.given_up")
