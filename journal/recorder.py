"""What the journal asks of a database, whichever it is. One suite runs over every implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from eventsourcing.persistence import StoredEvent

Identity = tuple[str, str]
"""CloudEvents source and id."""


class Row(NamedTuple):
    """A stored entry: its position, its tag and its JSON."""

    position: int
    type: str
    entry: bytes


class Packed(NamedTuple):
    """Rows in columns: positions, tags, how long the JSON of each is, and all JSON behind one another."""

    positions: Sequence[int]
    types: Sequence[str]
    lengths: Sequence[int]
    entries: bytes


class Head(NamedTuple):
    """Where a stream ends, and the JSON of its first entry, which says whose it is."""

    version: int
    first: bytes


Leaf: TypeAlias = tuple[int, bytes, bytes]
"""What the sealed log is made from: position; stream, version and type, each with a line feed; the stored JSON."""


class Columns(NamedTuple):
    """What the database holds beside an entry; source and id are None where the identity is missing."""

    stream: str
    version: int
    source: str | None
    id: str | None


class Stored(NamedTuple):
    """All that a database holds of an entry."""

    position: int
    stream: str
    version: int
    type: str
    entry: bytes
    source: str
    id: str


class EntryRecorder(Protocol):
    """Inserts are durable when they return, all or none; identities are unique over the record."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, identities: Sequence[Identity] = (), **kwargs: Any
    ) -> Sequence[int]: ...

    def take(self, entries: Sequence[Stored]) -> None:
        """Inserts the next entries of another record at their positions; what is inserted later comes behind them."""

    def known(self, identities: Sequence[Identity]) -> dict[Identity, int]:
        """The positions of those identities that the record has."""

    def heads(self, streams: Sequence[str]) -> dict[str, Head]:
        """The heads of those streams that have entries."""

    def rows(self, after: int, limit: int) -> list[Row]:
        """Up to `limit` rows behind position `after`, in order."""

    def leaves(self, after: int, limit: int) -> list[Leaf]:
        """`rows(after, limit)` as the sealed log reads them; other threads go on meanwhile."""

    def packed(self, after: int, limit: int) -> Packed:
        """The same as `rows`, without a Python object for each."""

    def at(self, positions: Sequence[int]) -> list[Row]:
        """The rows at these positions that exist, in order."""

    def stream(self, name: str) -> list[Row]:
        """All rows of one stream by version."""

    def streams(self, kind: str) -> list[str]:
        """The names of all streams of one kind."""

    def last(self) -> Row | None: ...

    def columns(self, after: int, limit: int) -> list[Columns]:
        """What is stored beside the entries of `rows(after, limit)`."""

    def strays(self) -> list[int]:
        """Positions that the identity table names and that have no entry."""

    def damage(self) -> str | None:
        """What the database itself finds wrong with its files, None when nothing."""


def pack(rows: Sequence[Row]) -> Packed:
    """Rows in columns."""
    positions, types, entries = zip(*rows, strict=True) if rows else ((), (), ())
    return Packed(positions, types, [len(entry) for entry in entries], b"".join(entries))
