"""The advisory lock of the one writer of a PostgreSQL database."""

from __future__ import annotations

import contextlib
from typing import Any

import psycopg

from journal.folder import Busy
from journal.store.postgres_schema import AWAY_SECONDS, WRITER_LOCK
from journal.store.postgres_silence import unless_silent


class WriterLock:
    """The advisory lock of the one writer of a database, on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None

    def take(self) -> None:
        """Raises Busy when another server holds it."""
        self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=AWAY_SECONDS)
        with unless_silent(self._connection):
            taken = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (WRITER_LOCK,)).fetchone()
        if taken != (True,):
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
