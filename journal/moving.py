"""Moving a record to another database: the same entries at the same positions, so the same tree and the same seal."""

from __future__ import annotations

from collections.abc import Callable

from journal.journal import Journal
from journal.recorder import Stored

CHUNK = 8192


def move(source: Journal, target: Journal, progress: Callable[[int], None] = lambda _: None) -> int:
    """Copies all entries, and what editions say, into an empty record; how many entries.

    The source must not be written to meanwhile.

    Raises ValueError when the target is not empty or an entry of the source lacks its identity.
    """
    if target.position:
        raise ValueError(
            "the record to move to is not empty; a move that was broken off is begun again on an empty one"
        )
    for digest in source.entries.all_kept():
        if content := source.entries.kept(digest):
            target.entries.keep([content])
    count = after = 0
    while rows := source.entries.rows(after, CHUNK):
        stored = []
        for row, it in zip(rows, source.entries.columns(after, CHUNK), strict=True):
            if it.source is None or it.id is None:
                raise ValueError(f"the entry at position {row.position} has no identity; see `sagwan verify`")
            stored.append(Stored(row.position, it.stream, it.version, row.type, row.entry, it.source, it.id))
        target.entries.take(stored)
        after, count = rows[-1].position, count + len(rows)
        progress(count)
    return count
