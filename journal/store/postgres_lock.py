"""The advisory lock of the one writer of a PostgreSQL database."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg

from journal.folder import Busy
from journal.store.postgres_schema import AWAY_SECONDS, WRITER_LOCK

SILENT_SECONDS = 20
"""How long a server may take to answer on a connection."""


@contextlib.contextmanager
def unless_silent(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Cuts a connection on which a server says nothing for too long: libpq would wait for it for ever."""
    watch = threading.Timer(SILENT_SECONDS, _cut, [connection])
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _cut(connection: psycopg.Connection[Any]) -> None:
    with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


class WriterLock:
    """The advisory lock of the one writer of a database, on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None

    def take(self) -> None:
        """Raises Busy when another server holds it."""
        self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=AWAY_SECONDS)
        if self._connection.execute("SELECT pg_try_advisory_lock(%s)", (WRITER_LOCK,)).fetchone() != (True,):
            self.release()
            raise Busy("record.busy", "database")

    def retake(self) -> None:
        """Takes it again where it went with its connection; whether the place did is for the epoch to say."""
        try:
            assert self._connection
            with unless_silent(self._connection):
                self._connection.execute("SELECT 1")
        except psycopg.Error:
            self.release()
            with contextlib.suppress(Busy, psycopg.Error):
                self.take()

    def release(self) -> None:
        if self._connection:
            self._connection.close()
