"""Moving a record to another database: the same entries at the same positions, so the same tree and the same seal."""

from __future__ import annotations

from collections.abc import Callable

from domain.messages import Invalid
from journal.store import identities
from journal.store.journal import Journal
from journal.store.recorder import Stored

CHUNK = 8192


def move_record(source: Journal, target: Journal, progress: Callable[[int], None] = lambda _: None) -> int:
    """Copies all entries, and what editions say, into an empty record; how many entries.

    The source must not be written to meanwhile.

    The identities are made again from the entries. Raises ValueError when the target is not empty or an entry of the
    source does not read.
    """
    if target.position:
        raise Invalid("move.not_empty")
    for digest in source.entries.all_kept():
        if content := source.entries.kept(digest):
            target.entries.keep([content])
    count = after = 0
    other: dict[bytes, int] = {}
    while rows := source.entries.rows(after, CHUNK):
        stored = []
        for row, it in zip(rows, source.entries.columns(after, CHUNK), strict=True):
            try:
                written, *in_nfc = identities.stored_identity_digests(row)
            except ValueError:
                raise Invalid("move.unreadable", position=row.position) from None
            other |= dict.fromkeys((it for it in in_nfc if it not in other), row.position)
            stored.append(Stored(row.position, it.stream, it.version, row.type, row.entry, written))
        target.entries.take(stored)
        target.grown(rows[-1].position)
        after, count = rows[-1].position, count + len(rows)
        progress(count)
    known = target.entries.known(list(other))
    target.entries.name([(digest, position) for digest, position in other.items() if digest not in known])
    return count
