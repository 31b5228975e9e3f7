"""Whether another hand changed the file of a mirror that is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb


class FileWatch:
    """Of a file as it was remembered last; of none where the mirror has none of its own.

    DuckDB writes to the file when its log is moved there, and in the midst of a transaction: what is longer than a row
    group, as when many figures are settled, it writes ahead into blocks that it has taken for it.
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
        """Whether the file changed since, and DuckDB took no blocks for that."""
        if self._path is None or (stamp := _stamp(self._path)) == self._stamp:
            return False
        if stamp is None or self._stamp is None or stamp[0] != self._stamp[0] or self._blocks == self._blocks_in_use():
            return True
        self.remember()
        return False

    def _blocks_in_use(self) -> tuple[int, int]:
        # Points of the past are in a database of their own beside it.
        query = "SELECT used_blocks, total_blocks FROM pragma_database_size() WHERE database_name = current_database()"
        ((used, total),) = self._cursor().execute(query).fetchall()
        return used, total


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes when somebody writes to a file, its inode first; None when it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
