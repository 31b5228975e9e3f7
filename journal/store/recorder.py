"""What the journal asks of a database, whichever it is. One suite runs over every implementation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeAlias

from eventsourcing.persistence import StoredEvent

FORMAT = 3
"""What a database is written in, raised whenever an older release could not read what a newer one writes.

0.1.0 wrote no number; 2 has the content of editions and the identities by space; 3 the writers of a PostgreSQL
database, who would not know of each other otherwise.
"""


class Newer(Exception):
    """A newer release wrote this record; the message says what to do."""


class Unprepared(Exception):
    """The user of the database may not bring it up to date; the message ends with the statements that do."""


class Displaced(Exception):
    """Another writer took the place of this one: nothing that this one gives the database is taken any more."""

    def __init__(self) -> None:
        super().__init__(
            "another server writes to this record since; this one records nothing any more. Stop one of them"
        )


def check_format(format_: int) -> None:
    """Raises Newer for a record in a format of a release after this one."""
    if format_ > FORMAT:
        raise Newer(
            f"this record is written in format {format_}, and this release of Sagwan knows formats up to {FORMAT}; "
            "use the release that wrote it, or a newer one"
        )


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


class StreamHead(NamedTuple):
    """Where a stream ends, and the JSON of its first entry, which says whose it is."""

    version: int
    first: bytes


LeafRow: TypeAlias = tuple[int, bytes, bytes]
"""What the sealed log is made from: position; stream, version and type, each with a line feed; the stored JSON."""


class StoredColumns(NamedTuple):
    """What the database holds beside an entry."""

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


class EntryRecorder(Protocol):
    """Inserts are durable when they return, all or none. Identities (digests of `domain.identity`) are unique."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, digests: Sequence[bytes] = (), **kwargs: Any
    ) -> Sequence[int]: ...

    def claim(self) -> None:
        """Takes the place of whoever wrote until now; what that one gives the database raises Displaced."""

    def clock(self) -> datetime | None:
        """What the clock of the database says, None where it has none of its own."""

    def format(self) -> int:
        """The format of the database, 0 where 0.1.0 wrote it."""

    def take(self, entries: Sequence[Stored]) -> None:
        """Inserts the next entries of another record at their positions; what is inserted later comes behind them."""

    def known(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        """The positions of those identities that the record has."""

    def name(self, identities: Sequence[tuple[bytes, int]]) -> None:
        """Adds identities of entries that are there."""

    def names(self, after: int, upto: int) -> list[tuple[int, bytes]] | None:
        """Positions and identities of entries behind `after`, in order; None in a format that has no digests."""

    def last_named(self) -> int:
        """The last position that has an identity, 0 before there is one."""

    def heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        """The heads of those streams that have entries."""

    def rows(self, after: int, limit: int) -> list[Row]:
        """Up to `limit` rows behind position `after`, in order."""

    def leaves(self, after: int, limit: int) -> list[LeafRow]:
        """`rows(after, limit)` as the sealed log reads them; other threads go on meanwhile."""

    def packed(self, after: int, limit: int) -> Packed:
        """The same as `rows`, without a Python object for each."""

    def at(self, positions: Sequence[int]) -> list[Row]:
        """The rows at these positions that exist, in order."""

    def stream(self, name: str) -> list[Row]:
        """All rows of one stream by version."""

    def streams(self, kind: str) -> list[str]:
        """The names of all streams of one kind."""

    def streams_with(self, kind: str, type_: str) -> list[str]:
        """The names of the streams of one kind that have an entry of a type."""

    def typed(self, kind: str, types: Sequence[str]) -> list[Row]:
        """All rows of some types on streams of one kind, in order."""

    def last(self) -> Row | None: ...

    def columns(self, after: int, limit: int) -> list[StoredColumns]:
        """What is stored beside the entries of `rows(after, limit)`."""

    def redactions(self, stream: str | None = None) -> list[Row]:
        """Every act of redaction, or those on one stream, in order."""

    def destroy(self, bodies: Sequence[tuple[int, bytes]], contents: Sequence[tuple[str, bytes]] = ()) -> None:
        """Puts these, each at its position, in the place of what an act of redaction names, and the contents of
        editions, each by its digest, in the place of what they were; all or none.

        When it returns, no table or log of the database holds what stood there (PostgreSQL: but see
        docs/decisions/0019). Called with none it finishes what a crash cut short.
        """

    def keep(self, content: Sequence[KeptContent]) -> None:
        """Keeps what editions say, durably when it returns. What is kept under a digest stays as it was kept first."""

    def kept(self, digest: str) -> KeptContent | None:
        """What the edition of this digest says, None where it was never kept."""

    def all_kept(self) -> list[str]:
        """The digests of all that is kept, in order."""

    def strays(self) -> list[int]:
        """Positions that the identity table names and that have no entry."""

    def damage(self) -> str | None:
        """What the database itself finds wrong with its files, None when nothing."""


def pack_rows(rows: Sequence[Row]) -> Packed:
    """Rows in columns."""
    positions, types, entries = zip(*rows, strict=True) if rows else ((), (), ())
    return Packed(positions, types, [len(entry) for entry in entries], b"".join(entries))
