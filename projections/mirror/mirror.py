"""The mirror: a DuckDB file with the record as tables, each page applied together with its position.

DuckDB's own write-ahead log makes a page whole or absent after a crash; the journal has the rest.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import duckdb
import pyarrow as pa

from domain.record import FOREVER
from domain.redaction import digest_of
from journal.log.leaves import stored_stream
from projections.mirror import empty, schema, settled, spill
from projections.mirror.asker import about_to_compute, interruptible
from projections.mirror.figure_tables import MadeTables
from projections.mirror.file_watch import FileWatch
from projections.mirror.irregular import IrregularRows
from projections.mirror.page import RESTATING, PageWriter, Sorted, page_as_text, sorted_page
from projections.mirror.page import Misfit as Misfit
from projections.mirror.points import RememberedPoints
from projections.mirror.settled_tables import SettledTables
from projections.mirror.shared_sql import Digests, digests_in_tree
from projections.mirror.snapshot import Reading, in_utc, look_from, moment_of

LONGEST_LOG, LONG_LOG = "4GB", 64 * 1024 * 1024
"""Size of DuckDB's log at which any commit moves it into the file, and at which `tidy` does."""


STALE = timedelta(minutes=1)
"""Current figures are at most this old when they are read, whether or not entries come."""

LEAVING_SECONDS = 2.0
"""How long readers in flight have to finish before a closing mirror interrupts them."""


class SetAside(NamedTuple):
    """An entry that does not fit the tables; `until` is the position of its restatement, FOREVER without one."""

    position: int
    until: int
    type: str
    why: str


class MirrorUnusable(Exception):
    """The file is no mirror, is damaged, or was made for another schema: make a new one."""


class MirrorBusy(Exception):
    """Another process has the file open."""


class Mirror:
    """One writer (`apply`) and any number of readers, each with a cursor and a snapshot of its own.

    `redacting` stays true until the mirror is known to hold nothing that a redaction it has seen destroyed. Current
    reads are as of the `clock`; without one, as of when the last entry was recorded.
    """

    def __init__(
        self, path: Path | None = None, *, threads: int | None = None, wanted: Digests = MappingProxyType({})
    ) -> None:
        """Opens or creates a mirror file; without a path the mirror is temporary, and removed when it is closed.

        `wanted` are earlier texts of macros and views (`projections.mirror.shared_sql`), for figures made with them.
        If they are the texts in force, this is an ordinary mirror. Raises MirrorUnusable, MirrorBusy.
        """
        self.path = path
        self.redacting = True
        self.clock: Callable[[], datetime] | None = None
        self.aside: tuple[SetAside, ...] = ()
        self.irregular = IrregularRows()
        self.hindrance: duckdb.Error | None = None
        self._applying = threading.Lock()
        self._position: int
        self._opening = threading.Lock()
        self._reading: set[duckdb.DuckDBPyConnection] = set()
        self._users = 0
        self._retired = False
        self._left = threading.Condition()
        self._settling = threading.Lock()
        self._settler: duckdb.DuckDBPyConnection | None = None
        self._moment: datetime | None = None
        self._own = contextlib.ExitStack()
        file = path or self._folder() / "mirror.duckdb"
        temporary = spill.spill_folder(path)
        settings = empty.SETTINGS | {"temp_directory": str(temporary)} | ({"threads": threads} if threads else {})
        self._keeps_settled = not wanted or wanted.items() <= digests_in_tree().items()
        statements = empty.mirror_statements(wanted, self._keeps_settled) if wanted else empty.statements_in_force()
        made_for = schema.schema_digest([duckdb.__version__, *statements])
        if not file.exists():
            file.write_bytes(empty.empty_file(made_for, statements))
        try:
            self._root = duckdb.connect(str(file), config=settings)
            spill.empty_spill_folder(temporary)
            self._connection = self._root.cursor()
            (made,) = self._connection.execute(
                "SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'record'"
            ).fetchall()
            if made == (0,):
                empty.make(self._connection, statements, made_for)
            ((stored_schema, self._position, self.digest),) = self._connection.execute("FROM record.mirror").fetchall()
            if stored_schema == made_for:
                self.aside = self._aside()
        except (duckdb.Error, ValueError) as error:
            if "Could not set lock" in str(error):
                raise MirrorBusy(str(error)) from error
            raise MirrorUnusable(f"{path}: {error}") from error
        if stored_schema != made_for:
            self.close()
            raise MirrorUnusable(f"{path} was made for another schema")
        self._connection.execute(f"SET checkpoint_threshold = '{LONGEST_LOG}'")
        self.points = RememberedPoints(self._root, self.cursor)
        self.file_watch = FileWatch(path, self._open)

    @property
    def position(self) -> int:
        """The position of the last entry applied, 0 before the first."""
        return self._position

    def apply(self, page: pa.Table | Sorted) -> int:
        """Applies the page of the record that follows `position`, all or nothing; returns the new position.

        Raises Misfit when an entry lacks what its struct demands, ValueError when the page is not the next one.
        """
        ready = page if isinstance(page, Sorted) else sorted_page(page)
        positions = ready.page["position"]
        with self._applying:
            if not len(positions):
                return self._position
            first: int = positions[0].as_py()
            last: int = positions[-1].as_py()
            if first <= self._position:
                raise ValueError(f"the page begins at {first}, the mirror is at {self._position} already")
            self._connection.begin()
            with self._committed():
                PageWriter(self._connection, ready).apply()
                digest = digest_of(ready.page["entry"][-1].as_py().encode())
                self._connection.execute("UPDATE record.mirror SET position = ?, digest = ?", [last, digest])
            self.redacting |= "entry.redacted" in ready.rows
            if self.aside and not ready.rows.keys().isdisjoint(RESTATING):
                self.aside = self._aside()
            self._position, self.digest = last, digest
            return self._position

    def set_aside(self, line: pa.Table, why: str) -> int:
        """Skips an entry (a page of one) that does not fit the tables; returns the new position.

        Its envelope is kept if it can be read, so that an act may still restate it; its content is not.
        """
        position: int
        ((position,), (type_,), (entry,)) = (column.to_pylist() for column in line.columns)
        stored: bytes = entry.encode() if isinstance(entry, str) else entry
        digest = digest_of(stored)
        with self._applying:
            if position <= self._position:
                raise ValueError(f"{position} is not the next entry, the mirror is at {self._position} already")
            if not self._enveloped(line):
                self._connection.begin()
            with self._committed():
                row = [position, FOREVER, type_, stored_stream(stored), why]
                self._connection.execute("INSERT INTO record.set_aside VALUES (?, ?, ?, ?, ?)", row)
                self._connection.execute("UPDATE record.mirror SET position = ?, digest = ?", [position, digest])
            self.aside = self._aside()
            self._position, self.digest = position, digest
            return position

    def set_aside_positions(self, known: int | None = None) -> list[int]:
        """The positions of entries that are set aside as of a position: the tables lack their content."""
        at = self._position if known is None else known
        return [it.position for it in self.aside if it.position <= at < it.until]

    def check(self) -> None:
        """Reads every row of every table. Raises DuckDB's error if the file is damaged."""
        with self.reading() as reading:
            tables = "SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name IN ('record', 'settled')"
            for schema_name, table in reading.rows(tables):
                reading.rows(f"SELECT bit_xor(hash(said)) FROM {schema_name}.{table} AS said")

    @contextlib.contextmanager
    def _committed(self) -> Iterator[None]:
        """Commits what was begun, whole or not at all."""
        try:
            yield
            self._connection.commit()
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                self._connection.rollback()
            raise

    def _enveloped(self, line: pa.Table) -> bool:
        """Begins a transaction and inserts the envelope of an entry; returns whether that worked."""
        self._connection.begin()
        try:
            PageWriter(self._connection, Sorted(page_as_text(line), {})).apply()
        except (Misfit, duckdb.Error, pa.ArrowInvalid):
            with contextlib.suppress(duckdb.Error):
                self._connection.rollback()
            return False
        return True

    def _aside(self) -> tuple[SetAside, ...]:
        select = "SELECT position, until, type, why FROM record.set_aside ORDER BY position"
        return tuple(SetAside(*row) for row in self._connection.execute(select).fetchall())

    @contextlib.contextmanager
    def bulk(self) -> Iterator[None]:
        """While many large pages are applied: the log is moved into the file once, at the end."""
        yield
        self.checkpoint()

    def tidy(self) -> bool:
        """Moves the log into the file if it is long; returns whether it may have. Nothing else changes the file, so the
        caller knows a change as his own."""
        log = self.path and self.path.with_name(f"{self.path.name}.wal")
        if long := log is not None and log.exists() and log.stat().st_size > LONG_LOG:
            self.checkpoint()
        return long

    def checkpoint(self) -> None:
        """Moves the log into the file, unless readers are in the way."""
        with contextlib.suppress(duckdb.TransactionException):
            self._connection.execute("CHECKPOINT").fetchall()

    def cursor(
        self, known: int | None = None, valid: datetime | None = None, fx: Mapping[str, int] | None = None
    ) -> duckdb.DuckDBPyConnection:
        """A cursor that looks from a point, as `look_from` says."""
        cursor = self._open()
        now = None if valid else moment_of(cursor, known, self.clock and self.clock())
        look_from(cursor, known, valid, fx, now)
        return cursor

    def _open(self) -> duckdb.DuckDBPyConnection:
        with self._opening:
            return self._root.cursor()

    @contextlib.contextmanager
    def reading(
        self, known: int | None = None, valid: datetime | None = None, fx: Mapping[str, int] | None = None
    ) -> Iterator[Reading]:
        """Reads in one snapshot of the record, whatever is applied meanwhile."""
        if (known, valid, fx) != (None, None, None):
            about_to_compute()
        with self.in_use(), self._reader(self.cursor(known, valid, fx)) as cursor:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            ((position,),) = cursor.execute("SELECT position FROM record.mirror").fetchall()
            yield Reading(cursor, position, known, valid, fx, MadeTables.own(cursor), self.irregular)

    @contextlib.contextmanager
    def figure_reading(
        self, known: int | None = None, valid: datetime | None = None, fx: Mapping[str, int] | None = None
    ) -> Iterator[Reading]:
        """Reads figures from the tables of a point; those of the head are of the position to which they are settled."""
        if (known, valid, fx) == (None, None, None) and self._keeps_settled:
            with self.in_use(), self._reader(self._open()) as cursor:
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                ((position,),) = cursor.execute("SELECT position FROM settled.state").fetchall()
                # What has no table is computed as of the same position and moment.
                cursor.execute("SET VARIABLE known = ?::BIGINT", [position])
                cursor.execute("SET VARIABLE now = (SELECT ends_at FROM settled.cut)")
                failing = frozenset(view for (view,) in cursor.execute("FROM settled.failing").fetchall())
                tables = SettledTables(failing, MadeTables.own(cursor))
                yield Reading(cursor, position, None, None, None, tables, self.irregular)
        else:
            position = self._position if known is None else min(known, self._position)
            with (
                self.in_use(),
                self.points.at(position, valid, fx) as point,
                self._reader(self._open()) as cursor,
            ):
                look_from(cursor, position, valid, fx, point.now)
                yield Reading(cursor, position, known, valid, fx, point.tables, self.irregular)

    @property
    def settled(self) -> int:
        """The position to which the tables of figures at the head are settled."""
        ((position,),) = self.cursor().execute("SELECT position FROM settled.state").fetchall()
        return int(position)

    def settle(self, now: datetime | None = None) -> int:
        """Settles the tables of figures at the head; returns the position reached. One at a time. Without `now`,
        nothing is done if no entry came and little time passed.

        `hindrance` is then the error that forced all tables to be rebuilt, None if there was none.
        """
        with self._settling, self.in_use(), self._reader(self.cursor()) as cursor:
            if now is not None:
                cursor.execute("SET VARIABLE now = greatest(getvariable('now'), ?::TIMESTAMP)", [in_utc(now)])
            self._settler = cursor
            try:
                stale = STALE if now is None else timedelta(0)
                reached, self._moment, self.hindrance = settled.settle(cursor, stale)
                return reached
            finally:
                self._settler = None

    @property
    def stale(self) -> bool:
        """Whether the tables of figures at the head are too old."""
        return bool(self.clock and self._moment and in_utc(self.clock()) > self._moment + STALE)

    def stop_settling(self) -> None:
        """Interrupts a running `settle`, which raises; the tables stay as they were."""
        if settler := self._settler:
            settler.interrupt()

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Keeps the mirror open, even if another replaces it; in that case the last user closes it."""
        with self._left:
            self._users += 1
        try:
            yield
        finally:
            with self._left:
                self._users -= 1
            self._close_if_left()

    @contextlib.contextmanager
    def _reader(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor that is interrupted when its asker leaves. A closing mirror waits for it, then interrupts it too."""
        with contextlib.closing(cursor), interruptible(cursor):
            with self._left:
                self._reading.add(cursor)
            try:
                yield cursor
            finally:
                with self._left:
                    self._reading.discard(cursor)
                    self._left.notify_all()

    def close(self) -> None:
        """Closes the file, whole; readers in flight finish, or are interrupted if they take long."""
        with self._left:
            if not self._left.wait_for(lambda: not self._reading, LEAVING_SECONDS):
                for cursor in self._reading:
                    cursor.interrupt()
                self._left.wait_for(lambda: not self._reading, LEAVING_SECONDS)
        for connection in (self._connection, self._root):
            with self._opening, contextlib.suppress(duckdb.ResourceInUseException):
                connection.close()  # unless a reader could not be interrupted
        self._own.close()

    def _folder(self) -> Path:
        """A temporary folder, removed when the mirror is closed or the process ends."""
        made = tempfile.TemporaryDirectory(prefix="sagwan-", ignore_cleanup_errors=True)
        return Path(self._own.enter_context(made))

    def abandon(self) -> None:
        """Leaves the file to be removed: nothing is written any more."""
        with contextlib.suppress(duckdb.Error):
            self._connection.execute("PRAGMA disable_checkpoint_on_shutdown")

    def retire(self) -> None:
        """Called when another mirror replaces this one and its file is removed: readers in flight finish, and the last
        one closes it. Its memory is not left to Python's garbage collector, which runs late or never (`gc.freeze`)."""
        self.abandon()
        self._retired = True
        self._close_if_left()

    def _close_if_left(self) -> None:
        if self._retired and not self._users:
            with contextlib.suppress(duckdb.Error):
                self.close()
