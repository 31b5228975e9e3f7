"""Moving a record to another database: the same entries at the same positions, so the same tree and the same seal."""

from __future__ import annotations

from collections.abc import Callable

from domain.messages import Invalid
from journal.store import identities
from journal.store.journal import Journal
from journal.store.recorder import Stored

CHUNK = 512
"""Entries that are read at once."""
TRANSACTION_ENTRIES = 8192
TRANSACTION_BYTES = 16 * 1024 * 1024
"""The most that one transaction of the target takes, roughly: PostgreSQL ends one that waits five seconds for its next
statement, and takes no statement of a gigabyte."""


def move_record(source: Journal, target: Journal, progress: Callable[[int], None] = lambda _: None) -> int:
    """Copies all entries, and the contents of editions, into an empty record; returns how many entries.

    The source must not be written to meanwhile.

    The identities are rebuilt from the entries. Raises ValueError when the target is not empty or an entry of the
    source cannot be read.
    """
    if target.position:
        raise Invalid("move.not_empty")
    for digest in source.entries.all_kept():
        if content := source.entries.kept(digest):
            target.entries.keep([content])
    count = after = 0
    other: dict[bytes, int] = {}
    stored: list[Stored] = []
    size = 0

    def take() -> None:
        target.entries.take(stored)
        target.grown(stored[-1].position)
        progress(count)
        stored.clear()

    while rows := source.entries.rows(after, CHUNK):
        for row, it in zip(rows, source.entries.columns(after, CHUNK), strict=True):
            try:
                written, *in_nfc = identities.stored_identity_digests(row)
            except ValueError:
                raise Invalid("move.unreadable", position=row.position) from None
            other |= dict.fromkeys((it for it in in_nfc if it not in other), row.position)
            stored.append(Stored(row.position, it.stream, it.version, row.type, row.entry, written))
            size += len(row.entry)
            count += 1
            if len(stored) >= TRANSACTION_ENTRIES or size >= TRANSACTION_BYTES:
                take()
                size = 0
        after = rows[-1].position
    if stored:
        take()
    known = target.entries.known(list(other))
    target.entries.name([(digest, position) for digest, position in other.items() if digest not in known])
    return count
