"""The journal: an `eventsourcing` application that keeps entries, on SQLite or PostgreSQL."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import pyarrow as pa
from eventsourcing.application import Application

from domain.acts.clock import STREAM as CLOCK
from domain.messages import Invalid, reason
from domain.record import FOREVER, Recorded
from domain.registry import entries
from journal.store import identities, redaction
from journal.store.recorder import EntryRecorder, StoredEntry, check_format

PAGE = pa.schema([("position", pa.int64()), ("type", pa.string()), ("entry", pa.binary())])
"""Pages of the record as Arrow: position, fact tag, JSON of the entry."""

_FETCH = 8192

T = TypeVar("T")


class NoRecord(Invalid, FileNotFoundError):
    """There is no record at a place."""


class UnreadEntry(Invalid):
    """A stored entry cannot be read: it was damaged or altered."""


class _Stamp(msgspec.Struct):
    recorded_at: datetime


class Journal(Application[str]):
    """Reads the record, and appends to it when opened to write. One process writes; any number read."""

    name = "Journal"

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__(env | {"ORIGINATOR_ID_TYPE": "text", "IS_SNAPSHOTTING_ENABLED": "n"})
        self.entries = cast("EntryRecorder", self.recorder)
        self._end: int | None = None
        self._retake: Callable[[], None] | None = None

    @classmethod
    @contextlib.contextmanager
    def at(cls, place: Path | str, *, write: bool = False) -> Iterator[Journal]:
        """Opens the record in a file (Path) or a PostgreSQL database (URL). Raises Busy for a second writer, Newer for
        a record of a newer release, Unprepared if the user of a database may not bring it up to date.

        Opened to write, it first destroys what acts of redaction name and a crash or an older backup left in place, and
        adds the identity digests of entries of an earlier release.
        """
        with contextlib.ExitStack() as stack:
            retake: Callable[[], None] | None = None
            if isinstance(place, Path):
                if not write and not place.exists():
                    raise NoRecord("record.none", place=place)
                mode = "rwc" if write else "ro"
                env = {
                    "PERSISTENCE_MODULE": "journal.store.sqlite",
                    "SQLITE_DBNAME": f"file:{_uri(place)}?mode={mode}",
                    "CREATE_TABLE": "yes" if write else "no",
                }
            else:
                from journal.store import postgres_lock, postgres_schema

                if write:
                    postgres_schema.prepare(place)
                    lock = postgres_lock.WriterLock(place)
                    lock.take()
                    retake = lock.retake
                    stack.callback(lock.release)
                env = postgres_schema.library_settings(place) | {"CREATE_TABLE": "no"}
            journal = cls(env)
            stack.callback(journal.close)
            check_format(journal.entries.format())
            if write:
                journal.entries.claim()
                journal._retake = retake
                redaction.carry_out(journal.entries)
                identities.fill_identities(journal.entries)
                journal._end = journal.position
            yield journal

    @property
    def position(self) -> int:
        """The position of the last entry, 0 in an empty record. A writer knows it without asking the database."""
        if self._end is not None:
            return self._end
        last = self.entries.last()
        return last.position if last else 0

    def grown(self, position: int) -> None:
        """Entries up to a position are on disk."""
        if self._end is not None:
            self._end = max(self._end, position)

    def resume(self) -> None:
        """Called when the database was away, before anything is recorded again."""
        last = self.entries.last()  # if it is still away, nobody else waits for the lock
        if self._retake:
            self._retake()
        self.grown(last.position if last else 0)

    def page(self, after: int, limit: int) -> pa.Table:
        """Up to `limit` entries after `after` as an Arrow table of the schema PAGE, in batches of some thousand."""
        batches = []
        while limit > 0 and len((rows := self.entries.packed(after, min(limit, _FETCH))).positions):
            ends = array("i", accumulate(rows.lengths, initial=0))
            buffers = [None, pa.py_buffer(ends), pa.py_buffer(rows.entries)]
            entry = pa.Array.from_buffers(pa.binary(), len(rows.lengths), buffers)
            arrays = [pa.array(rows.positions, pa.int64()), pa.array(rows.types, pa.string()), entry]
            batches.append(pa.record_batch(arrays, schema=PAGE))
            after = rows.positions[-1]
            limit -= len(rows.positions)
        return pa.Table.from_batches(batches, PAGE)

    def entry(self, position: int) -> Recorded[Any] | None:
        """The entry at a position, None where there is none."""
        found = self.entries.at([position]) if 0 < position < FOREVER else []
        return decoded_row(found[0]) if found else None

    def stream(self, name: str) -> list[Recorded[Any]]:
        return [decoded_row(row) for row in self.entries.stream(name)]

    def last_at(self, moment: datetime) -> int:
        """The position of the last entry recorded at or before a moment, 0 before all of them.

        If an operator vouched for the clock (`domain/acts/clock.py`), in the newest stretch that begins so early.
        """
        low, high = 0, self.position
        for row in reversed(self.entries.stream(CLOCK)):
            if recorded_at_of(row.entry) <= moment:
                low = row.position
                break
            high = row.position - 1
        while low < high:
            middle = (low + high + 1) // 2
            row = next(iter(self.entries.rows(middle - 1, 1)))
            if recorded_at_of(row.entry) <= moment:
                low = max(middle, row.position)
            else:
                high = middle - 1
        return low

    def newest(self) -> datetime | None:
        """When the last entry was recorded, None in an empty record."""
        return recorded_at_of(last.entry) if (last := self.entries.last()) else None


def decoded_row(row: StoredEntry) -> Recorded[Any]:
    """Raises UnreadEntry."""
    return Recorded(row.position, read_stored(entries.decode, row.position, row.entry))


def read_stored(decode: Callable[[bytes], T], position: int, stored: bytes) -> T:
    """What a decoder reads from a stored entry. Raises UnreadEntry."""
    try:
        return decode(stored)
    except ValueError as error:
        raise UnreadEntry("record.unread", position=position, because=reason(error)) from error


def recorded_at_of(stored: bytes) -> datetime:
    """When an entry was recorded, even if it can no longer be read as a whole."""
    return msgspec.json.decode(stored, type=_Stamp).recorded_at


def _uri(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
