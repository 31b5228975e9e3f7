"""The outbox: events on the hub's own disk until the record has answered for each.

What is in it survives a crash and a lost network and is sent again; the identity of each event makes that safe.
What was acknowledged is forgotten: no file holds its bytes once the outbox is closed, nor, where a process was
killed, once it is opened again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from filelock import FileLock, Timeout

from domain.messages import Invalid
from journal.folder import close_to_others

MOST_BYTES = 4 * 1024 * 1024
"""A batch is at most about this long, so that a slow line delivers one before it times out."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS pending (number INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER, event BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refused (number INTEGER PRIMARY KEY, row INTEGER, event BLOB NOT NULL, reason TEXT NOT NULL);
"""


class OutboxBusy(Invalid):
    """Another command is sending from this outbox."""


class Pending(NamedTuple):
    """An event that waits: its number in the outbox, the row of the table that stated it, its JSON."""

    number: int
    row: int | None
    event: bytes


class Outbox:
    """One process at a time. Every change is on disk when the method returns."""

    def __init__(self, path: Path) -> None:
        """Raises OutboxBusy while another process has it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"), thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise OutboxBusy("sending.busy", path=path) from None
        known = path.exists()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        close_to_others(path)
        self._connection = sqlite3.connect(path, isolation_level=None)
        settings = ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY")
        for statement in settings:
            self._connection.execute(f"PRAGMA {statement}")
        self._connection.executescript(SCHEMA)
        self._deleted = False
        if known:
            self._forget()

    def __enter__(self) -> Outbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._deleted:
            self._forget()
        self._connection.close()
        self._lock.release()

    def _forget(self) -> None:
        """Takes what was deleted out of the files: pages are rewritten, since those in use may hold pieces of it."""
        self._connection.execute("VACUUM")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._deleted = False

    def put(self, events: Iterable[tuple[int | None, bytes]]) -> None:
        """Adds events with the rows that stated them, all or none."""
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT INTO pending (row, event) VALUES (?, ?)", events)

    def waiting(self) -> int:
        ((count,),) = self._connection.execute("SELECT count(*) FROM pending").fetchall()
        return int(count)

    def batch(self, most: int) -> list[Pending]:
        """The next events to send, oldest first: up to `most` of them and about MOST_BYTES."""
        rows: list[Pending] = []
        size = 0
        for row in self._connection.execute("SELECT number, row, event FROM pending ORDER BY number LIMIT ?", (most,)):
            size += len(row[2])
            if rows and size > MOST_BYTES:
                break
            rows.append(Pending(*row))
        return rows

    def settle(self, sent: Sequence[Pending], refused: dict[int, str]) -> None:
        """The record answered for these: they are forgotten, but those refused (number, reason) are kept apart."""
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany(
                "INSERT INTO refused VALUES (?, ?, ?, ?)",
                [(*it, refused[it.number]) for it in sent if it.number in refused],
            )
            self._connection.executemany("DELETE FROM pending WHERE number = ?", [(it.number,) for it in sent])
        self._deleted = True

    def refusals(self) -> list[tuple[int | None, bytes, str]]:
        """Row, event and reason of everything refused and not yet taken out."""
        return self._connection.execute("SELECT row, event, reason FROM refused ORDER BY number").fetchall()

    def drop_refusals(self) -> None:
        """Forgets the refused events, once they are in a file that the hub can mend."""
        self._connection.execute("DELETE FROM refused")
        self._deleted = True
