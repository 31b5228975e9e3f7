"""Whether somebody else changed the file of an open mirror."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb


class FileWatch:
    """Watches a file for changes since it was last remembered; nothing, if the mirror has no file of its own.

    DuckDB writes to the file when its log is moved there, but also during a transaction: data longer than a row group,
    as when many figures are settled, is written ahead into blocks newly taken for it.
    """

    def __init__(self, path: Path | None, cursor: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._path, self._cursor = path, cursor
        self._blocks = (0, 0)
        self._stamp: tuple[int, ...] | None = None

    def remember(self) -> None:
        """Remembers the file as it is now."""
        if self._path:
            # Blocks first: what is written between the two is in the stamp already.
            self._blocks = self._blocks_in_use()
            self._stamp = _stamp(self._path)

    def touched(self) -> bool:
        """Whether the file changed since, and not because DuckDB took blocks."""
        if self._path is None or (stamp := _stamp(self._path)) == self._stamp:
            return False
        if stamp is None or self._stamp is None or stamp[0] != self._stamp[0] or self._blocks == self._blocks_in_use():
            return True
        self.remember()
        return False

    def _blocks_in_use(self) -> tuple[int, int]:
        # Points of the past are in a separate database.
        query = "SELECT used_blocks, total_blocks FROM pragma_database_size() WHERE database_name = current_database()"
        ((used, total),) = self._cursor().execute(query).fetchall()
        return used, total


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes when somebody writes to a file, its inode first; None when it is gone."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
