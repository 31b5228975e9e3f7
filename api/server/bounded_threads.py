"""Threads of their own for what takes long: few at once, a bounded number that waits, and nobody who has left."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from aiohttp import web

from api.problems import Problem
from projections.mirror.asker import Asker, working_for

AT_ONCE = 2
"""What runs at the same time; what else the server does has other threads."""

WAITING = 8
"""What may wait for its turn."""

AGAIN_SECONDS = 0.1
"""How often what runs for nobody is interrupted until it ends."""

STOPPING_SECONDS = 5.0
"""How long a server that stops waits for the end of what runs."""

T = TypeVar("T")


class BoundedThreads:
    """Of one kind of long work, which is called so: `queries`, or reads."""

    def __init__(self, name: str, *, queries: bool = False, waiting: int = WAITING) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, name)
        self._queries = queries
        self._waiting = waiting
        self._took = 1.0
        self._running = list[str]()
        self._asked = dict[asyncio.Future[Any], Asker]()
        self._leaving = set[asyncio.Task[None]]()

    @property
    def running(self) -> int:
        """How many run or wait."""
        return len(self._running)

    def check(self) -> None:
        """Raises Problem 503 where too many wait, with the seconds after which it may be asked again."""
        if self.running >= AT_ONCE + self._waiting:
            seconds = math.ceil(self._took * self.running / AT_ONCE)
            raise Problem(
                503, "query.busy" if self._queries else "read.busy", "others", running=self.running, retry_after=seconds
            )

    async def run(
        self,
        who: str,
        make: Callable[[threading.Event], T],
        request: web.Request | None = None,
        *,
        one_at_a_time: bool = False,
        asker: Asker | None = None,
    ) -> T:
        """What is made on a thread for an `asker`; once it leaves, or is cancelled, nothing runs for it any more.

        Raises Problem 503 as `check`, or while something of the same credential runs that has `one_at_a_time`.
        """
        if one_at_a_time and who in self._running:
            raise Problem(503, "query.busy", "own", retry_after=2)
        self.check()
        asker = asker or Asker()
        self._running.append(who)
        asked = asyncio.get_running_loop().run_in_executor(self._threads, self._made, make, asker)
        self._asked[asked] = asker
        asked.add_done_callback(lambda it: self._asked.pop(it, None))
        asked.add_done_callback(lambda _: self._running.remove(who))
        try:
            await answered(asked, request)
            return asked.result()
        finally:
            if not asked.done():
                leaving = asyncio.create_task(leave(asked, asker))
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)

    async def stop(self) -> None:
        """Ends everything that runs, for everybody."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOPPING_SECONDS):
                await asyncio.gather(*(leave(*it) for it in self._asked.items()))
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _made(self, make: Callable[[threading.Event], T], asker: Asker) -> T:
        if asker.cancelled:  # while it waited
            raise _left()
        began = time.monotonic()
        try:
            with working_for(asker):
                return make(asker.given_up)
        except Exception:
            if asker.cancelled:
                raise _left() from None
            raise
        finally:
            self._took += (time.monotonic() - began - self._took) / 4


async def answered(asked: asyncio.Future[Any], request: web.Request | None) -> None:
    """Returns when something is done. Raises Problem 408 where nobody waits for it any more."""
    while not (await asyncio.wait({asked}, timeout=0.25))[0]:
        if request is not None and request.transport is None:
            raise _left()


async def leave(asked: asyncio.Future[Any], asker: Asker) -> None:
    """Interrupts what runs for an asker until it ends."""
    while not asked.done():
        asker.cancel()
        await asyncio.wait({asked}, timeout=AGAIN_SECONDS)
    _ = asked.cancelled() or asked.exception()


def _left() -> Problem:
    return Problem(408, "query.left")
