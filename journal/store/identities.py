"""The identities of a record as a table of digests, which can be rebuilt from the entries."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import msgspec

from domain.identity import identity_digests, identity_space
from domain.record import Role
from journal.store.recorder import EntryRecorder, StoredEntry

log = logging.getLogger("sagwan.journal")

CHUNK = 8192


class _Said(msgspec.Struct, gc=False):
    hub: str
    role: Role
    source: str
    id: str


_said = msgspec.json.Decoder(_Said)


def stored_identity_digests(row: StoredEntry) -> list[bytes]:
    """The digests of a stored entry, the one as written first. Raises ValueError if it cannot be read."""
    it = _said.decode(row.entry)
    return identity_digests(identity_space(it.role, it.hub, it.source, row.type), it.source, it.id)


def stored_identity_space(row: StoredEntry) -> str | None:
    """The name space of the source and id of a stored entry, None if it cannot be read."""
    try:
        it = _said.decode(row.entry)
    except ValueError:
        return None
    return identity_space(it.role, it.hub, it.source, row.type)


def fill_identities(entries: EntryRecorder) -> None:
    """Adds the digests of entries that an earlier release recorded without them. If interrupted, it is done again."""
    last = entries.last()
    if last is None or entries.last_named() >= last.position:
        return
    log.info("the identities of %d positions are made by space; it is done once", last.position)
    other: dict[bytes, int] = {}
    rows = entries.rows(0, CHUNK)
    while rows:
        following = entries.rows(rows[-1].position, CHUNK)
        named: dict[bytes, int] = {}
        for position, (written, *in_nfc) in _readable(rows):
            named.setdefault(written, position)
            for it in in_nfc:
                other.setdefault(it, position)
        if not following:
            # The name of an entry as written takes precedence over the NFC name of another.
            named = other | named
        known = entries.known(list(named))
        entries.name([(digest, position) for digest, position in named.items() if digest not in known])
        rows = following


def _readable(rows: Iterable[StoredEntry]) -> Iterator[tuple[int, list[bytes]]]:
    for row in rows:
        try:
            yield row.position, stored_identity_digests(row)
        except ValueError:
            log.critical("entry %s does not read, so it has no identity; see `sagwan verify`", row.position)
