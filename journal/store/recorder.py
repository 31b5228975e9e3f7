"""What the journal needs from a database, whichever it is. One test suite covers every implementation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, TypeAlias

from eventsourcing.persistence import StoredEvent

from domain.messages import Message

FORMAT = 3
"""The format of a database, raised whenever an older release could not read what a newer one writes.

0.1.0 wrote no number; 2 has the content of editions and the identities by space; 3 the writers of a PostgreSQL
database, who would not know of each other otherwise.
"""


class Newer(Message):
    """A newer release wrote this record; the message says what to do."""


class Unprepared(Message):
    """The user of the database may not bring it up to date; the message ends with the statements that do."""


class Displaced(Message):
    """Another writer took the place of this one: the database takes nothing more from this one."""

    def __init__(self) -> None:
        super().__init__("record.displaced")


def check_format(format_: int) -> None:
    """Raises Newer for a record in a format of a release after this one."""
    if format_ > FORMAT:
        raise Newer("record.newer", format=format_, known=FORMAT)


class StoredEntry(NamedTuple):
    """A stored entry: its position, its tag and its JSON."""

    position: int
    type: str
    entry: bytes


class Packed(NamedTuple):
    """Rows in columns: positions, tags, the length of each JSON, and all JSON concatenated."""

    positions: Sequence[int]
    types: Sequence[str]
    lengths: Sequence[int]
    entries: bytes


class StreamHead(NamedTuple):
    """Where a stream ends, and the JSON of its first entry, which names its owner, at its position."""

    version: int
    position: int
    first: bytes


LeafRow: TypeAlias = tuple[int, bytes, bytes]
"""The input of the sealed log: position; stream, version and type, each with a line feed; the stored JSON."""


class StoredColumns(NamedTuple):
    """The columns that the database stores with an entry."""

    stream: str
    version: int


class Stored(NamedTuple):
    """All that a database holds of an entry; `digest` is that of its identity as it is written."""

    position: int
    stream: str
    version: int
    type: str
    entry: bytes
    digest: bytes


class KeptContent(NamedTuple):
    """What an edition says: the SHA-256 of it in hex, its canonical JSON, and the releases that made it."""

    digest: str
    content: bytes
    made_by: str


class EntryRecorder(ABC):
    """Inserts are durable when they return, all or none. Identities (digests of `domain.identity`) are unique.

    Queries that are the same in both databases are here: each implementation names its tables.
    """

    events: ClassVar[str]
    position: ClassVar[str]
    identities: ClassVar[str]
    contents: ClassVar[str]
    among: ClassVar[str]
    """The SQL after a column that tests for one of the next operand's values, a list made by `_operand`."""

    @abstractmethod
    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, digests: Sequence[bytes] = (), **kwargs: Any
    ) -> Sequence[int]: ...

    @abstractmethod
    def claim(self) -> None:
        """Takes the place of the previous writer; whatever that one then sends raises Displaced."""

    @abstractmethod
    def clock(self) -> datetime | None:
        """The time by the clock of the database, None if it has none of its own."""

    @abstractmethod
    def format(self) -> int:
        """The format of the database, 0 where 0.1.0 wrote it."""

    @abstractmethod
    def take(self, entries: Sequence[Stored]) -> None:
        """Inserts the next entries of another record at their positions; what is inserted later comes behind them."""

    @abstractmethod
    def known(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        """The positions of those identities that the record has."""

    @abstractmethod
    def name(self, identities: Sequence[tuple[bytes, int]]) -> None:
        """Adds identities of existing entries."""

    @abstractmethod
    def heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        """The heads of those streams that have entries."""

    @abstractmethod
    def leaves(self, after: int, limit: int) -> list[LeafRow]:
        """`rows(after, limit)` as the sealed log reads them; other threads go on meanwhile."""

    @abstractmethod
    def destroy(self, bodies: Sequence[tuple[int, bytes]], contents: Sequence[tuple[str, bytes]] = ()) -> None:
        """Replaces what acts of redaction name with these bodies, each at its position, and with these contents of
        editions, each by its digest; all or none.

        When it returns, no table or log of the database holds the old content (PostgreSQL: see docs/decisions/0019).
        Called with none, it finishes what a crash cut short.
        """

    @abstractmethod
    def keep(self, content: Sequence[KeptContent]) -> None:
        """Stores the contents of editions, durable when it returns. A digest already stored keeps its first content."""

    @abstractmethod
    def damage(self) -> str | None:
        """What the database itself finds wrong with its files, None for nothing."""

    @abstractmethod
    def _all(self, select: str, *operands: object) -> list[Any]:
        """All rows as tuples; each question mark is an operand."""

    @abstractmethod
    def _operand(self, values: Sequence[object]) -> object: ...

    @abstractmethod
    def _keeps_contents(self) -> bool:
        """Whether that table exists: not in a record that is only read and was not brought up to date yet."""

    def names(self, after: int, upto: int) -> list[tuple[int, bytes]] | None:
        """Positions and identities of entries behind `after`, in order; None in a format that has no digests."""
        if not self.format():
            return None
        select = (
            f"SELECT position, digest FROM {self.identities} WHERE position > ? AND position <= ? ORDER BY position"
        )
        return [(position, bytes(digest)) for position, digest in self._all(select, after, upto)]

    def last_named(self) -> int:
        """The last position that has an identity, 0 before there is one."""
        return int(self._all(f"SELECT coalesce(max(position), 0) FROM {self.identities}")[0][0])

    def rows(self, after: int, limit: int) -> list[StoredEntry]:
        """Up to `limit` rows behind position `after`, in order."""
        return self._rows(f"{self.position} > ? ORDER BY {self.position} LIMIT ?", after, limit)

    def packed(self, after: int, limit: int) -> Packed:
        """The same as `rows`, without a Python object for each."""
        return pack_rows(self.rows(after, limit))

    def at(self, positions: Sequence[int]) -> list[StoredEntry]:
        """The rows at these positions that exist, in order."""
        return self._rows(f"{self.position} {self.among} ORDER BY {self.position}", self._operand(positions))

    def stream(self, name: str) -> list[StoredEntry]:
        """All rows of one stream by version."""
        return self._rows("originator_id = ? ORDER BY originator_version", name)

    def streams(self, kind: str) -> list[str]:
        """The names of all streams of one kind."""
        return self._names(kind, "originator_version = 1")

    def streams_with(self, kind: str, type_: str) -> list[str]:
        """The names of the streams of one kind that have an entry of a type."""
        return self._names(kind, "topic = ?", type_)

    def typed(self, kind: str, types: Sequence[str]) -> list[StoredEntry]:
        """All rows of some types on streams of one kind, in order."""
        condition = f"originator_id >= ? AND originator_id < ? AND topic {self.among} ORDER BY {self.position}"
        return self._rows(condition, f"{kind}:", f"{kind};", self._operand(types))

    def of_kind(self, kind: str) -> dict[str, list[StoredEntry]]:
        """All rows of all streams of one kind, each stream's by version, in a single query."""
        select = f"SELECT originator_id, {self.position}, topic, state FROM {self.events}"
        of = "WHERE originator_id >= ? AND originator_id < ? ORDER BY originator_id, originator_version"
        found: dict[str, list[StoredEntry]] = {}
        for stream, *row in self._all(f"{select} {of}", f"{kind}:", f"{kind};"):
            found.setdefault(stream, []).append(StoredEntry(*row))
        return found

    def last(self) -> StoredEntry | None:
        return next(iter(self._rows(f"true ORDER BY {self.position} DESC LIMIT 1")), None)

    def columns(self, after: int, limit: int) -> list[StoredColumns]:
        """The columns stored with the entries of `rows(after, limit)`."""
        select = f"SELECT originator_id, originator_version FROM {self.events}"
        behind = f"WHERE {self.position} > ? ORDER BY {self.position} LIMIT ?"
        return [StoredColumns(*row) for row in self._all(f"{select} {behind}", after, limit)]

    def redactions(self, stream: str | None = None) -> list[StoredEntry]:
        """Every act of redaction, or those on one stream, in order."""
        if stream is not None:
            return self._rows("topic = 'entry.redacted' AND originator_id = ? ORDER BY originator_version", stream)
        return self._rows(f"topic = 'entry.redacted' ORDER BY {self.position}")

    def kept(self, digest: str) -> KeptContent | None:
        """The content of the edition with this digest, None if it was never stored."""
        select = f"SELECT digest, content, made_by FROM {self.contents} WHERE digest = ?"
        found = self._all(select, digest) if self._keeps_contents() else []
        return KeptContent(*found[0]) if found else None

    def all_kept(self) -> list[str]:
        """The digests of all that is kept, in order."""
        select = f"SELECT digest FROM {self.contents} ORDER BY digest"
        return [digest for (digest,) in self._all(select)] if self._keeps_contents() else []

    def strays(self) -> list[int]:
        """Positions that the identity table names and that have no entry."""
        select = (
            f"SELECT position FROM {self.identities} AS identity WHERE NOT EXISTS"
            f" (SELECT 1 FROM {self.events} AS event WHERE event.{self.position} = identity.position)"
            " ORDER BY position LIMIT 1"
        )
        return [position for (position,) in self._all(select)]

    def _names(self, kind: str, condition: str, *operands: object) -> list[str]:
        """The streams of a kind that have an entry for which the condition holds."""
        select = f"SELECT DISTINCT originator_id FROM {self.events}"
        of = f"WHERE originator_id >= ? AND originator_id < ? AND {condition}"
        return [name for (name,) in self._all(f"{select} {of}", f"{kind}:", f"{kind};", *operands)]

    def _rows(self, condition: str, *operands: object) -> list[StoredEntry]:
        select = f"SELECT {self.position}, topic, state FROM {self.events} WHERE {condition}"
        return [StoredEntry(*row) for row in self._all(select, *operands)]


def pack_rows(rows: Sequence[StoredEntry]) -> Packed:
    """Rows in columns."""
    positions, types, entries = zip(*rows, strict=True) if rows else ((), (), ())
    return Packed(positions, types, [len(entry) for entry in entries], b"".join(entries))
