"""The advisory lock of the one writer of a PostgreSQL database."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import psycopg

from journal.folder import Busy
from journal.store.postgres_schema import AWAY_SECONDS, WRITER_LOCK
from journal.store.postgres_silence import unless_silent

LET_GO_SECONDS = 2.0
"""How long a server that just ended may still hold the lock: a busy database takes a while to notice that its client
is gone."""


class WriterLock:
    """The advisory lock of the one writer of a database, on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None

    def take(self, patience: float = LET_GO_SECONDS) -> None:
        """Raises Busy when another server still holds it after `patience` seconds."""
        until = time.monotonic() + patience
        self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=AWAY_SECONDS)
        while not self._is_taken(self._connection):
            if time.monotonic() > until:
                self.release()
                raise Busy("record.busy", "database")
            time.sleep(0.05)

    @staticmethod
    def _is_taken(connection: psycopg.Connection[Any]) -> bool:
        with unless_silent(connection):
            taken = connection.execute("SELECT pg_try_advisory_lock(%s)", (WRITER_LOCK,)).fetchone()
        return taken == (True,)

    def retake(self) -> None:
        """Takes the lock again if it was lost with its connection; the epoch decides whether the place was lost too."""
        try:
            assert self._connection
            with unless_silent(self._connection):
                self._connection.execute("SELECT 1")
        except psycopg.Error:
            self.release()
            with contextlib.suppress(Busy, psycopg.Error):
                self.take(patience=0)

    def release(self) -> None:
        if self._connection:
            self._connection.close()
