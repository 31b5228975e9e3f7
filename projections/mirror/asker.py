"""Who waits for an answer. What runs for one who has left is interrupted, but for what others wait for as well."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import duckdb

PATIENCE_SECONDS = 0.1
"""How often who waits for another looks whether anybody waits for him still."""


class Left(Exception):
    """Nobody waits for this answer any more."""


class Asker:
    """What runs for somebody, on whatever threads have him as `ASKER`."""

    def __init__(self) -> None:
        self._gone = threading.Event()
        self._stops: set[Callable[[], None]] = set()
        self._lock = threading.Lock()

    @property
    def gone(self) -> bool:
        return self._gone.is_set()

    def check(self) -> None:
        """Raises Left where he is gone."""
        if self.gone:
            raise Left

    def leave(self) -> None:
        """Interrupts what runs. To be said again until nothing does: what is between two queries is not reached."""
        self._gone.set()
        with self._lock:
            stops = [*self._stops]
        for stop in stops:
            with contextlib.suppress(duckdb.Error):
                stop()

    @contextlib.contextmanager
    def stopped_by(self, stop: Callable[[], None]) -> Iterator[None]:
        """While he leaves meanwhile, `stop` is called. Raises Left where he is gone already."""
        self.check()
        with self._lock:
            self._stops.add(stop)
        try:
            yield
        finally:
            with self._lock:
                self._stops.discard(stop)


ASKER: ContextVar[Asker | None] = ContextVar("asker", default=None)
"""For whom this thread computes; None for one who never leaves."""


def check_asker() -> None:
    """Raises Left where the asker of this thread is gone."""
    if asker := ASKER.get():
        asker.check()


@contextlib.contextmanager
def interruptible(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """While what runs on a cursor is for the asker of this thread alone. Raises Left."""
    asker = ASKER.get()
    with asker.stopped_by(cursor.interrupt) if asker else contextlib.nullcontext():
        yield


def threads(number: int | None = None) -> ThreadPoolExecutor:
    """Threads, by default one for each core, that compute for the asker of this one."""
    return ThreadPoolExecutor(number or os.cpu_count(), initializer=ASKER.set, initargs=(ASKER.get(),))


class Shared:
    """A lock for what several askers wait for: whoever holds it works for all, and is interrupted when all are gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Asker | None] = []
        self._interrupt: Callable[[], None] | None = None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Raises Left where the asker of this thread leaves before it is his turn."""
        asker = ASKER.get()
        with asker.stopped_by(self._leaving) if asker else contextlib.nullcontext():
            self._waiting.append(asker)
            try:
                while not self._lock.acquire(timeout=PATIENCE_SECONDS):
                    check_asker()
                try:
                    yield
                finally:
                    self._interrupt = None
                    self._lock.release()
            finally:
                self._waiting.remove(asker)

    def works_on(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Says what the holder is interrupted by."""
        self._interrupt = cursor.interrupt

    def _leaving(self) -> None:
        interrupt = self._interrupt
        if interrupt and all(it and it.gone for it in [*self._waiting]):
            interrupt()
