"""The mirror: a DuckDB file with the record as tables, each page applied together with its position.

DuckDB's own write-ahead log makes a page whole or absent after a crash; the journal has the rest.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa

from domain.record import FOREVER
from projections import public, schema, spill
from projections.page import Misfit as Misfit
from projections.page import Page, Sorted, sort
from projections.reading import Reading
from projections.shared import Digests

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "preserve_insertion_order": False,
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "memory_limit": f"{spill.memory()}B",
    "max_temp_directory_size": spill.MOST,
}
"""Nothing that a query says makes the mirror's process read another file or the network, nor fill memory or disk."""

REBUILDING, LIVE = "4GB", "64MB"
"""How much may wait in DuckDB's log before it is moved into the file."""


DAMAGED = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)
"""What DuckDB raises when a file is not what it wrote."""


class MirrorUnusable(Exception):
    """The file is no mirror, is damaged, or was made for another schema: make a new one."""


class MirrorBusy(Exception):
    """Another process has the file open."""


class Mirror:
    """One writer (`apply`) and any number of readers, each with a cursor and a snapshot of its own.

    `redacting` until it is known that it holds nothing that the acts of redaction it has seen destroyed.
    """

    def __init__(
        self, path: Path | None = None, *, threads: int | None = None, wanted: Digests = MappingProxyType({})
    ) -> None:
        """Opens the mirror of a file or makes it; without a path it is in memory. Raises MirrorUnusable, MirrorBusy.

        `wanted` are macros and views in their texts of before (`projections.shared`), for figures of then.
        """
        self.path = path
        self.redacting = True
        self._applying = threading.Lock()
        self._position: int
        self._opening = threading.Lock()
        temporary = spill.folder(path)
        settings = SETTINGS | {"temp_directory": str(temporary)} | ({"threads": threads} if threads else {})
        statements = [*schema.ddl(wanted), *public.ddl()]
        made_for = schema.digest([duckdb.__version__, *statements])
        if path and not path.exists():
            path.write_bytes(_empty_file(made_for))
        try:
            self._root = duckdb.connect(str(path) if path else ":memory:", config=settings)
            spill.emptied(temporary)
            self._connection = self._root.cursor()
            made = self._connection.execute("FROM duckdb_tables() WHERE schema_name = 'record'").fetchall()
            if not made:
                _make(self._connection, statements, made_for, partly=bool(wanted))
            ((found, self._position),) = self._connection.execute("FROM record.mirror").fetchall()
        except DAMAGED as error:
            if "Could not set lock" in str(error):
                raise MirrorBusy(str(error)) from error
            raise MirrorUnusable(f"{path}: {error}") from error
        if found != made_for:
            self.close()
            raise MirrorUnusable(f"{path} was made for another schema")
        self._connection.execute(f"SET checkpoint_threshold = '{LIVE}'")

    @property
    def position(self) -> int:
        """The position of the last entry applied, 0 before the first."""
        return self._position

    def apply(self, page: pa.Table | Sorted) -> int:
        """Applies a page of the record that follows `position`, all of it or nothing; the new position.

        Raises Misfit when an entry lacks what its struct demands, ValueError when the page is not the next one.
        """
        ready = page if isinstance(page, Sorted) else sort(page)
        positions = ready.page["position"]
        with self._applying:
            if not len(positions):
                return self._position
            first: int = positions[0].as_py()
            last: int = positions[-1].as_py()
            if first <= self._position:
                raise ValueError(f"the page begins at {first}, the mirror is at {self._position} already")
            self._connection.begin()
            try:
                Page(self._connection, ready).apply()
                self._connection.execute("UPDATE record.mirror SET position = ?", [last])
                self._connection.commit()
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    self._connection.rollback()
                raise
            self.redacting |= "entry.redacted" in ready.rows
            self._position = last
            return self._position

    @contextlib.contextmanager
    def bulk(self) -> Iterator[None]:
        """While many large pages are applied: the log is moved into the file once, at the end."""
        self._connection.execute(f"SET checkpoint_threshold = '{REBUILDING}'")
        yield
        self._connection.execute(f"SET checkpoint_threshold = '{LIVE}'")
        self.checkpoint()

    def checkpoint(self) -> None:
        """Moves the log into the file, unless readers are in the way."""
        with contextlib.suppress(duckdb.TransactionException):
            self._connection.execute("CHECKPOINT").fetchall()

    def cursor(
        self, known: int | None = None, valid: datetime | None = None, fx: Mapping[str, int] | None = None
    ) -> duckdb.DuckDBPyConnection:
        """A cursor on what was known at a position and had happened by a moment (now, everything).

        `fx` names versions of rate sets to convert by; without it the newest that is known of each.
        """
        if valid is not None:
            valid = valid.astimezone(UTC).replace(tzinfo=None)
        with self._opening:
            cursor = self._root.cursor()
        cursor.execute("SET VARIABLE known = ?::BIGINT", [None if known is None else min(known, FOREVER - 1)])
        cursor.execute("SET VARIABLE valid = ?::TIMESTAMP", [valid])
        if fx is not None:
            cursor.execute("SET VARIABLE fx = MAP(?::VARCHAR[], ?::BIGINT[])", [[*fx.keys()], [*fx.values()]])
        return cursor

    @contextlib.contextmanager
    def reading(
        self, known: int | None = None, valid: datetime | None = None, fx: Mapping[str, int] | None = None
    ) -> Iterator[Reading]:
        """Reads in one snapshot of the record, whatever is applied meanwhile."""
        with contextlib.closing(self.cursor(known, valid, fx)) as cursor:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            ((position,),) = cursor.execute("SELECT position FROM record.mirror").fetchall()
            yield Reading(cursor, position, known, valid, fx)

    def close(self) -> None:
        """Readers in flight finish; the file is whole."""
        self._connection.close()
        with self._opening:
            self._root.close()

    def abandon(self) -> None:
        """Leaves the file to be removed: readers in flight finish, nothing is written any more."""
        with contextlib.suppress(duckdb.Error):
            self._connection.execute("PRAGMA disable_checkpoint_on_shutdown")


def _make(connection: duckdb.DuckDBPyConnection, statements: list[str], made_for: str, *, partly: bool = False) -> None:
    """Makes an empty mirror, whole or not at all; `partly` without views that texts of before do not bear.

    What such a view is asked for raises then, and no figure of then needs one.
    """
    if not partly:
        connection.begin()
    for statement in statements:
        with contextlib.suppress(*(duckdb.CatalogException, duckdb.BinderException) if partly else ()):
            connection.execute(statement)
    connection.execute("INSERT INTO record.mirror VALUES (?, 0)", [made_for])
    if not partly:
        connection.commit()


@cache
def _empty_file(made_for: str) -> bytes:
    """A mirror without entries, to begin every file with: making its views takes most of a second, a copy does not."""
    with tempfile.TemporaryDirectory(prefix="sagwan-") as folder:
        path = Path(folder) / "mirror.duckdb"
        with duckdb.connect(str(path), config=SETTINGS) as connection:
            _make(connection, [*schema.ddl(), *public.ddl()], made_for)
        return path.read_bytes()
