"""A PostgreSQL server that does not answer: a query fails within a bounded time, and later ones at once."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import psycopg
from eventsourcing.persistence import OperationalError, PersistenceError
from psycopg_pool import PoolTimeout

SILENT_SECONDS = 20
"""How long a server may take to answer on a connection."""

AGAIN_SECONDS = 2.0
"""How long nobody asks a server that did not answer; then one does."""


class Silent(psycopg.OperationalError):
    """A connection was cut because the server did not answer on it."""


@contextlib.contextmanager
def unless_silent(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Cuts a connection on which a server is silent for too long: libpq would wait forever. Raises Silent."""
    cut = threading.Event()
    watch = threading.Timer(SILENT_SECONDS, _cut, [connection, cut])
    watch.daemon = True
    watch.start()
    try:
        yield
    except psycopg.Error as error:
        if cut.is_set():
            raise Silent("the server said nothing") from error
        raise
    finally:
        watch.cancel()


def _cut(connection: psycopg.Connection[Any], cut: threading.Event) -> None:
    cut.set()
    with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


class Silence:
    """Whether the server of one database answers. While it does not, one at a time waits for it and the others fail at
    once: a caller with several queries, or behind others in a queue, would wait as many times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._silent = False
        self._asked_again = 0.0

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """Used around all queries on one connection, and around getting it. Raises OperationalError at once while the
        server is silent."""
        with self._lock:
            if self._silent:
                if time.monotonic() < self._asked_again:
                    _refuse()
                self._asked_again = math.inf  # until this one knows
        try:
            yield
        except BaseException as error:
            silent = isinstance(error, PersistenceError) and isinstance(error.__cause__, (Silent, PoolTimeout))
            self._heard(silent=silent)
            if silent:
                _refuse(error)
            raise
        self._heard(silent=False)

    def _heard(self, *, silent: bool) -> None:
        with self._lock:
            self._silent, self._asked_again = silent, time.monotonic() + AGAIN_SECONDS


def _refuse(cause: BaseException | None = None) -> NoReturn:
    """Raises in one place for all callers, so that a worker that is refused repeatedly reports it once."""
    raise OperationalError("the database does not answer") from cause
