"""Cancellation: what runs for somebody who left is interrupted, unless others wait for it too."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Generic, TypeVar

import duckdb

T = TypeVar("T")

PATIENCE_SECONDS = 0.1
"""How often a thread that waits for another checks whether its own asker is still there."""


class Cancelled(Exception):
    """The answer was cancelled: nobody waits for it any more."""


class NotBuilt(Exception):
    """The result is not built yet."""


class Asker:
    """A cancellation token: work for somebody has it as `ASKER` on all its threads; `given_up` is set when he leaves.

    `on_progress` is called with the name of the work, how much is done, and the total.
    """

    def __init__(self, on_progress: Callable[[str, int, int], None] = lambda *_: None) -> None:
        self.given_up = threading.Event()
        self.on_progress = on_progress
        self._stops: set[Callable[[], None]] = set()
        self._lock = threading.Lock()

    @property
    def cancelled(self) -> bool:
        return self.given_up.is_set()

    def check(self) -> None:
        """Raises Cancelled where he left."""
        if self.cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """Interrupts what runs. Call it again until nothing runs: work between two queries is not reached."""
        self.given_up.set()
        with self._lock:
            stops = [*self._stops]
        for stop in stops:
            with contextlib.suppress(duckdb.Error):
                stop()

    @contextlib.contextmanager
    def stopped_by(self, stop: Callable[[], None]) -> Iterator[None]:
        """`stop` is called when he leaves meanwhile. Raises Cancelled where he left already."""
        self.check()
        with self._lock:
            self._stops.add(stop)
        try:
            yield
        finally:
            with self._lock:
                self._stops.discard(stop)


ASKER: ContextVar[Asker | None] = ContextVar("asker", default=None)
"""The asker for whom this thread computes; None for one who never leaves."""


READY: ContextVar[bool] = ContextVar("ready", default=False)
"""Whether this thread wants only results that are already built."""


def ready_only(make: Callable[[], T]) -> T:
    """Computes from existing tables only. Raises NotBuilt if another table would have to be built."""
    token = READY.set(True)
    try:
        return make()
    finally:
        READY.reset(token)


def about_to_compute() -> None:
    """Called before work that may take long. Raises NotBuilt."""
    if READY.get():
        raise NotBuilt


@contextlib.contextmanager
def working_for(asker: Asker | None) -> Iterator[None]:
    """While this thread computes for somebody."""
    token = ASKER.set(asker)
    try:
        yield
    finally:
        ASKER.reset(token)


def report_progress(what: str, done: int, total: int) -> None:
    """Reports progress to the asker of this thread."""
    if asker := ASKER.get():
        asker.on_progress(what, done, total)


def check_cancelled() -> None:
    """Raises Cancelled where the asker of this thread left."""
    if asker := ASKER.get():
        asker.check()


@contextlib.contextmanager
def interruptible(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """While what runs on a cursor is for the asker of this thread alone. Raises Cancelled."""
    asker = ASKER.get()
    with asker.stopped_by(cursor.interrupt) if asker else contextlib.nullcontext():
        yield


def threads(number: int | None = None) -> ThreadPoolExecutor:
    """Threads, by default one for each core, that compute for the asker of this one."""
    return ThreadPoolExecutor(number or os.cpu_count(), initializer=ASKER.set, initargs=(ASKER.get(),))


class Waiters:
    """Those who wait for one result. `stopped` is called when all of them have left."""

    def __init__(self, stopped: Callable[[], None]) -> None:
        self._stopped = stopped
        self._waiting: list[Asker | None] = []

    @contextlib.contextmanager
    def joined(self) -> Iterator[None]:
        """While the asker of this thread waits. Raises Cancelled."""
        asker = ASKER.get()
        with asker.stopped_by(self._left) if asker else contextlib.nullcontext():
            self._waiting.append(asker)
            try:
                yield
            finally:
                self._waiting.remove(asker)

    def report_progress(self, what: str, done: int, total: int) -> None:
        for asker in filter(None, [*self._waiting]):
            asker.on_progress(what, done, total)

    def _left(self) -> None:
        if all(it and it.cancelled for it in [*self._waiting]):
            self._stopped()


class SharedLock:
    """A lock for what several askers wait for: its holder works for all, and is interrupted when all left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupt: Callable[[], None] = _nothing
        self._waiters = Waiters(lambda: self._interrupt())

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Raises Cancelled where the asker of this thread leaves before it is his turn."""
        with self._waiters.joined():
            while not self._lock.acquire(timeout=PATIENCE_SECONDS):
                check_cancelled()
            try:
                yield
            finally:
                self._interrupt = _nothing
                self._lock.release()

    def works_on(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Sets the cursor to interrupt when all askers have left."""
        self._interrupt = cursor.interrupt


class Shared(Generic[T]):
    """A result computed once for all who ask for it meanwhile; it is cancelled when all of them have left."""

    def __init__(self) -> None:
        self._asker = Asker(lambda *progress: self._waiters.report_progress(*progress))
        self._waiters = Waiters(self._asker.cancel)
        self._made: Future[T] = Future()

    def make(self, make: Callable[[], T]) -> T:
        """Computes it on this thread, for as long as one asker is there."""
        try:
            with self._waiters.joined(), working_for(self._asker):
                made = make()
        except BaseException as failure:
            self._made.set_exception(Cancelled() if self._asker.cancelled or isinstance(failure, NotBuilt) else failure)
            raise
        self._made.set_result(made)
        return made

    def wait(self) -> T:
        """Waits for another thread's result. Raises its error; Cancelled if it was, or if our asker leaves."""
        about_to_compute()
        with self._waiters.joined():
            while True:
                with contextlib.suppress(TimeoutError):
                    return self._made.result(PATIENCE_SECONDS)
                check_cancelled()


def _nothing() -> None:
    """What is interrupted while nobody works."""
