"""The file of a vault: an SQLite database whose pages keep nothing that was deleted.

One process, which owns the data folder, has it open. There is no write-ahead log: a transaction's old pages are in the
rollback journal, which is removed when it ends.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


class SweptDatabase:
    """When a block of `changing` is left, changes are on disk and deletions are out of the file."""

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for setting in ("journal_mode = DELETE", "synchronous = EXTRA", "secure_delete = ON", "temp_store = MEMORY"):
            self.connection.execute(f"PRAGMA {setting}")
        self.connection.executescript(schema)
        if self._unswept():
            self._sweep()

    def close(self) -> None:
        self.connection.close()

    def damage(self) -> str | None:
        """What the database finds wrong with the file."""
        ((said,), *_) = self.all("PRAGMA integrity_check")
        return None if said == "ok" else str(said)

    def all(self, select: str, *operands: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self.connection.execute(select, operands).fetchall()

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """One transaction, all or nothing."""
        with self._lock:
            with self.connection:
                self.connection.execute("BEGIN IMMEDIATE")
                yield
            # What was deleted cannot come back from here on; the sweep removes copies that page splits left.
            if self._unswept():
                self._sweep()

    def delete(self, table: str, column: str, values: Iterable[str]) -> None:
        """Deletes the rows with these values, inside `changing`."""
        deleted = self.connection.executemany(
            f"DELETE FROM {table} WHERE {column} = ?",  # noqa: S608
            [(value,) for value in values],
        )
        if deleted.rowcount > 0:
            # In the same transaction: a crash before the sweep leaves it to the next opening.
            self.connection.execute("PRAGMA user_version = 1")

    def _unswept(self) -> bool:
        return bool(self.connection.execute("PRAGMA user_version").fetchone()[0])

    def _sweep(self) -> None:
        """Rewrites the file without what was deleted: `secure_delete` alone misses data between the cells."""
        self.connection.execute("VACUUM")
        self.connection.execute("PRAGMA user_version = 0")
