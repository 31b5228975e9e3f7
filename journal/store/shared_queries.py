"""What both databases are asked in the same words: entries, identities and kept contents, read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from journal.store.recorder import KeptContent, Packed, Row, StoredColumns, pack_rows


class SharedQueries(ABC):
    """The reading part of an `EntryRecorder`: a database says how its tables are called and how it is asked."""

    events: ClassVar[str]
    position: ClassVar[str]
    identities: ClassVar[str]
    contents: ClassVar[str]
    among: ClassVar[str]
    """Behind a column: that it is one of the values of the next operand, which `_operand` makes of a list."""

    @abstractmethod
    def format(self) -> int: ...

    @abstractmethod
    def _all(self, select: str, *operands: object) -> list[Any]:
        """All rows as tuples; a question mark stands for each operand."""

    @abstractmethod
    def _operand(self, values: Sequence[object]) -> object: ...

    @abstractmethod
    def _keeps_contents(self) -> bool:
        """Whether there is a table of them: not in a record that is only read and was not brought up to date yet."""

    def names(self, after: int, upto: int) -> list[tuple[int, bytes]] | None:
        if not self.format():
            return None
        select = (
            f"SELECT position, digest FROM {self.identities} WHERE position > ? AND position <= ? ORDER BY position"
        )
        return [(position, bytes(digest)) for position, digest in self._all(select, after, upto)]

    def last_named(self) -> int:
        return int(self._all(f"SELECT coalesce(max(position), 0) FROM {self.identities}")[0][0])

    def rows(self, after: int, limit: int) -> list[Row]:
        return self._rows(f"{self.position} > ? ORDER BY {self.position} LIMIT ?", after, limit)

    def packed(self, after: int, limit: int) -> Packed:
        return pack_rows(self.rows(after, limit))

    def at(self, positions: Sequence[int]) -> list[Row]:
        return self._rows(f"{self.position} {self.among} ORDER BY {self.position}", self._operand(positions))

    def stream(self, name: str) -> list[Row]:
        return self._rows("originator_id = ? ORDER BY originator_version", name)

    def streams(self, kind: str) -> list[str]:
        return self._names(kind, "originator_version = 1")

    def streams_with(self, kind: str, type_: str) -> list[str]:
        return self._names(kind, "topic = ?", type_)

    def typed(self, kind: str, types: Sequence[str]) -> list[Row]:
        condition = f"originator_id >= ? AND originator_id < ? AND topic {self.among} ORDER BY {self.position}"
        return self._rows(condition, f"{kind}:", f"{kind};", self._operand(types))

    def last(self) -> Row | None:
        return next(iter(self._rows(f"true ORDER BY {self.position} DESC LIMIT 1")), None)

    def columns(self, after: int, limit: int) -> list[StoredColumns]:
        select = f"SELECT originator_id, originator_version FROM {self.events}"
        behind = f"WHERE {self.position} > ? ORDER BY {self.position} LIMIT ?"
        return [StoredColumns(*row) for row in self._all(f"{select} {behind}", after, limit)]

    def redactions(self, stream: str | None = None) -> list[Row]:
        if stream is not None:
            return self._rows("topic = 'entry.redacted' AND originator_id = ? ORDER BY originator_version", stream)
        return self._rows(f"topic = 'entry.redacted' ORDER BY {self.position}")

    def kept(self, digest: str) -> KeptContent | None:
        select = f"SELECT digest, content, made_by FROM {self.contents} WHERE digest = ?"
        found = self._all(select, digest) if self._keeps_contents() else []
        return KeptContent(*found[0]) if found else None

    def all_kept(self) -> list[str]:
        select = f"SELECT digest FROM {self.contents} ORDER BY digest"
        return [digest for (digest,) in self._all(select)] if self._keeps_contents() else []

    def strays(self) -> list[int]:
        select = (
            f"SELECT position FROM {self.identities} AS identity WHERE NOT EXISTS"
            f" (SELECT 1 FROM {self.events} AS event WHERE event.{self.position} = identity.position)"
            " ORDER BY position LIMIT 1"
        )
        return [position for (position,) in self._all(select)]

    def _names(self, kind: str, condition: str, *operands: object) -> list[str]:
        """The streams of a kind that have an entry of which the condition holds."""
        select = f"SELECT DISTINCT originator_id FROM {self.events}"
        of = f"WHERE originator_id >= ? AND originator_id < ? AND {condition}"
        return [name for (name,) in self._all(f"{select} {of}", f"{kind}:", f"{kind};", *operands)]

    def _rows(self, condition: str, *operands: object) -> list[Row]:
        select = f"SELECT {self.position}, topic, state FROM {self.events} WHERE {condition}"
        return [Row(*row) for row in self._all(select, *operands)]
