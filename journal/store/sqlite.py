"""The record in SQLite: WAL, every commit on disk before it is answered, append-only by trigger.

One update is allowed: an entry named by an act of redaction loses content. `secure_delete` overwrites what is freed,
and the write-ahead log is truncated after it.

Never open the same file with a second copy of the SQLite library in one process (ADBC and DuckDB bring
theirs): POSIX locks belong to the process, so closing the other copy's handle drops ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from eventsourcing import sqlite as stock
from eventsourcing.persistence import InterfaceError, StoredEvent

from journal.folder import Busy
from journal.store.recorder import (
    FORMAT,
    EntryRecorder,
    KeptContent,
    LeafRow,
    Packed,
    Stored,
    StreamHead,
    check_format,
    pack_rows,
)

SCHEMA = Path(__file__).with_name("sqlite.sql").read_text(encoding="utf-8")


T = TypeVar("T")
_MOST_ROWS = 256
_SEPARATOR = b"\x1e"


class _Pool(stock.SQLiteConnectionPool):
    def _create_connection(self) -> stock.SQLiteConnection:
        # The stock pool keeps one prepared statement a connection, and so prepares each again every time.
        try:
            connection = sqlite3.connect(
                self.db_name,
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                cached_statements=128,
                timeout=self.lock_timeout or stock.SQLITE3_DEFAULT_LOCK_TIMEOUT,
            )
        except sqlite3.Error as error:
            raise InterfaceError(error) from error
        for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {setting}")
        connection.row_factory = sqlite3.Row
        return stock.SQLiteConnection(sqlite_conn=connection, max_age=self.max_age)


class SQLiteRecorder(stock.SQLiteApplicationRecorder, EntryRecorder):  # type: ignore[misc]  # it never returns None
    """An `EntryRecorder`. The one writer assigns positions itself: the highest ever given, plus one."""

    events, position = "stored_events", "rowid"
    identities, contents = "identity", "edition_content"
    among = "IN (SELECT value FROM json_each(?))"

    def create_table(self) -> None:
        """Brings the file up to date. Raises Newer."""
        check_format(self.format())
        if self._all("SELECT 1 FROM pragma_table_info('identity') WHERE name = 'source'"):
            # The table of 0.1.0, over the whole record and in plain text; the entries have all that it had.
            with self.datastore.transaction(commit=True) as c:
                c.execute("DROP TABLE identity")
        super().create_table()

    def claim(self) -> None:
        """Nothing to do: the lock of the folder is the writer's place, and ends only with its process."""

    def clock(self) -> datetime | None:
        return None

    def format(self) -> int:
        ((found,),) = self._all("PRAGMA user_version")
        return int(found)

    def construct_create_table_statements(self) -> list[str]:
        statements, rest = [], SCHEMA
        while ";" in rest:
            end = rest.index("END;") + 4 if rest.lstrip().startswith("CREATE TRIGGER") else rest.index(";") + 1
            statements.append(rest[:end])
            rest = rest[end:]
        return [*statements, f"PRAGMA user_version = {FORMAT}"]

    def _insert_events(
        self,
        c: stock.SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        *,
        digests: Sequence[bytes] = (),
        **_: Any,
    ) -> Sequence[int]:
        c.execute("SELECT seq FROM sqlite_sequence WHERE name = 'stored_events'")
        first = ((c.fetchone() or (0,))[0]) + 1
        positions = range(first, first + len(stored_events))
        _insert(
            c,
            "stored_events",
            [
                (position, event.originator_id, event.originator_version, event.topic, event.state)
                for position, event in zip(positions, stored_events, strict=True)
            ],
        )
        _insert(c, "identity", [*zip(digests, positions, strict=True)])
        return positions

    def take(self, entries: Sequence[Stored]) -> None:
        with self.datastore.transaction(commit=True) as c:
            _insert(c, "stored_events", [it[:5] for it in entries])
            _insert(c, "identity", [(it.digest, it.position) for it in entries])

    def name(self, identities: Sequence[tuple[bytes, int]]) -> None:
        with self.datastore.transaction(commit=True) as c:
            _insert(c, "identity", identities)

    def known(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for some in _chunks(digests):
            marks = ", ".join("?" * len(some))
            found |= dict(self._all(f"SELECT digest, position FROM identity WHERE digest IN ({marks})", *some))  # noqa: S608
        return found

    def heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        found = self._all(
            "SELECT asked.value, stored_events.rowid, state,"
            " (SELECT max(originator_version) FROM stored_events WHERE originator_id = asked.value)"
            " FROM json_each(?) AS asked CROSS JOIN stored_events"
            " ON originator_id = asked.value AND originator_version = 1",
            self._operand(streams),
        )
        return {stream: StreamHead(version, position, first) for stream, position, first, version in found}

    def leaves(self, after: int, limit: int) -> list[LeafRow]:
        # As one row: a statement releases the interpreter lock once per row, and a recording thread waits for it.
        inner = (
            "SELECT rowid, CAST(originator_id || char(10) || originator_version || char(10) || topic || char(10)"
            " AS BLOB) AS head, CAST(state AS BLOB) AS state FROM stored_events WHERE rowid > ? ORDER BY rowid LIMIT ?"
        )
        select = (
            "SELECT count(*), min(count(head), count(state)), min(rowid), max(rowid),"
            " CAST(group_concat(head, char(30)) AS BLOB), CAST(group_concat(state, char(30)) AS BLOB)"
        )
        ((count, whole, first, last, heads, states),) = self._all(f"{select} FROM ({inner})", after, limit)
        if count and last - first + 1 == count == whole:
            # Neither names nor JSON hold the separator; if somebody put one there, there are too many parts.
            parts = heads.split(_SEPARATOR), states.split(_SEPARATOR)
            if [len(it) for it in parts] == [count, count]:
                return [*zip(range(first, last + 1), *parts, strict=True)]
        return self._all(inner, after, limit)

    def packed(self, after: int, limit: int) -> Packed:
        select = (
            "SELECT count(*), min(rowid), max(rowid), CAST(group_concat(topic, char(10)) AS BLOB),"
            " group_concat(length(state)), CAST(group_concat(state, '') AS BLOB)"
            " FROM (SELECT rowid, topic, CAST(state AS BLOB) AS state FROM stored_events"
            " WHERE rowid > ? ORDER BY rowid LIMIT ?)"
        )
        ((count, first, last, topics, lengths, states),) = self._all(select, after, limit)
        if count == 0:
            return pack_rows([])
        types = topics.decode().split("\n")
        if last - first + 1 == count == len(types):
            return Packed(range(first, last + 1), types, [*map(int, lengths.split(","))], states)
        return pack_rows(self.rows(after, limit))

    def destroy(self, bodies: Sequence[tuple[int, bytes]], contents: Sequence[tuple[str, bytes]] = ()) -> None:
        if bodies:
            with self.datastore.transaction(commit=True) as cursor:
                cursor.executemany("UPDATE stored_events SET state = ?2 WHERE rowid = ?1", bodies)
                cursor.executemany("UPDATE edition_content SET content = ?2 WHERE digest = ?1", contents)
        # The table no longer holds it; the log still holds the pages as they were. A crash here is finished at the
        # next opening to write. A reader in the way is waited for as long as a lock is.
        with self.datastore.get_connection(commit=True) as connection:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if cursor.fetchone()[0]:
                raise Busy("record.busy", "log")

    def keep(self, content: Sequence[KeptContent]) -> None:
        with self.datastore.transaction(commit=True) as c:
            for it in content:
                c.execute(
                    "INSERT INTO edition_content SELECT ?1, ?2, ?3"
                    " WHERE NOT EXISTS (SELECT 1 FROM edition_content WHERE digest = ?1)",
                    it,
                )

    def damage(self) -> str | None:
        ((found,),) = self._all("PRAGMA integrity_check(1)")
        return None if found == "ok" else str(found)

    def _keeps_contents(self) -> bool:
        return bool(self._all("SELECT 1 FROM sqlite_master WHERE name = 'edition_content'"))

    def _operand(self, values: Sequence[object]) -> str:
        return msgspec.json.encode(values).decode()

    def _all(self, select: str, *operands: object) -> list[Any]:
        with self.datastore.get_connection(commit=False) as connection:
            cursor = connection._sqlite_conn.cursor()
            cursor.row_factory = None
            return cursor.execute(select, operands).fetchall()


def _insert(c: stock.SQLiteCursor, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts many rows per statement: each statement releases the interpreter lock once, not once per row.

    Chunks are powers of two, so that few statements are ever prepared.
    """
    for some in _chunks(rows):
        values = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(some))
        c.execute(f"INSERT INTO {table} VALUES {values}", [*chain.from_iterable(some)])  # noqa: S608


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    done = 0
    while done < len(rows):
        size = min(_MOST_ROWS, 1 << (len(rows) - done).bit_length() - 1)
        yield rows[done : done + size]
        done += size


class Factory(stock.SQLiteFactory):
    """Named by PERSISTENCE_MODULE; wires the recorder to connections that sync on every commit."""

    application_recorder_class = SQLiteRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        pool = self.datastore.pool
        self.datastore.pool = _Pool(db_name=pool.db_name, lock_timeout=pool.lock_timeout)
        pool.close()
