"""Threads of their own for what takes long: few at once, a bounded number that waits, and nobody who has left."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiohttp import web

from api.problems import Problem

AT_ONCE = 2
"""What runs at the same time; what else the server does has other threads."""

WAITING = 8
"""What may wait for its turn."""

T = TypeVar("T")


class BoundedThreads:
    """Of one kind of long work; `busy` makes the Problem of why nothing is taken and when to ask again, in seconds."""

    def __init__(self, name: str, busy: Callable[[str, int], Problem]) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, name)
        self._busy = busy
        self._name = name
        self._took = 1.0
        self._running = list[str]()

    @property
    def running(self) -> int:
        """How many run or wait."""
        return len(self._running)

    async def run(
        self,
        who: str,
        make: Callable[[threading.Event], T],
        request: web.Request | None = None,
        *,
        one_at_a_time: bool = False,
    ) -> T:
        """What is made on a thread; its event is set when nobody waits for it any more.

        Raises Problem 503 where too many wait, with the seconds after which it may be asked again, or while something
        of the same credential runs that has `one_at_a_time`.
        """
        if one_at_a_time and who in self._running:
            raise self._busy(f"another {self._name} of this credential runs; ask again when it is answered", 2)
        if self.running >= AT_ONCE + WAITING:
            seconds = math.ceil(self._took * self.running / AT_ONCE)
            raise self._busy(f"{self.running} others run or wait; ask again in {seconds} seconds", seconds)
        given_up = threading.Event()
        self._running.append(who)
        asked = asyncio.get_running_loop().run_in_executor(self._threads, self._made, make, given_up)
        asked.add_done_callback(lambda _: self._running.remove(who))
        try:
            while not (await asyncio.wait({asked}, timeout=0.25))[0]:
                if request is not None and request.transport is None:
                    raise Problem(408, "query.left", "nobody waits for this answer any more")
            return asked.result()
        finally:
            given_up.set()
            if not asked.done():
                asked.add_done_callback(lambda it: it.cancelled() or it.exception())

    def _made(self, make: Callable[[threading.Event], T], given_up: threading.Event) -> T:
        if given_up.is_set():  # while it waited
            raise Problem(408, "query.left", "nobody waits for this answer any more")
        began = time.monotonic()
        try:
            return make(given_up)
        finally:
            self._took += (time.monotonic() - began - self._took) / 4
