"""Somebody else's SQL, asked on threads of its own: few at once, one of a credential, and no longer than he waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiohttp import web

from api.problems import Problem

AT_ONCE = 2
"""Queries that run at the same time; what else the server does has other threads."""
WAITING = 8
"""Queries of other credentials that may wait for their turn."""

T = TypeVar("T")


class AdhocQueries:
    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "query")
        self._asking = set[str]()

    @property
    def running(self) -> int:
        """How many run or wait."""
        return len(self._asking)

    async def ask(self, who: str, query: Callable[[threading.Event], T], request: web.Request | None = None) -> T:
        """What a query answers, run on a thread; its event is set when nobody waits for it any more.

        Raises Problem 503 while one of the same credential runs, or too many wait.
        """
        if who in self._asking or len(self._asking) >= AT_ONCE + WAITING:
            whose = "another query of this credential runs" if who in self._asking else "too many queries wait"
            raise Problem(503, "query.busy", f"{whose}; ask again when it is answered")
        given_up = threading.Event()
        self._asking.add(who)
        asked = asyncio.get_running_loop().run_in_executor(self._threads, query, given_up)
        asked.add_done_callback(lambda _: self._asking.discard(who))
        try:
            while not (await asyncio.wait({asked}, timeout=0.25))[0]:
                if request is not None and request.transport is None:
                    raise Problem(408, "query.left", "nobody waits for this answer any more")
            return asked.result()
        finally:
            given_up.set()
            if not asked.done():
                asked.add_done_callback(lambda it: it.cancelled() or it.exception())
