"""A reader's own view of the mirror: one snapshot, as of `known` and `valid`."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import duckdb
import pyarrow as pa

from domain.record import FOREVER
from projections.filters import Filter
from projections.mirror.adhoc import run_query
from projections.mirror.asker import interruptible
from projections.mirror.figure_tables import FigureTables
from projections.mirror.irregular import IrregularRows

warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)

Parameters = Sequence[Any] | Mapping[str, Any] | None

LONG = 100_000
"""Results of longer records are not held in memory more than once."""

NEAR = 1000
"""Among this many entries there is nearly always one that is no redaction; otherwise all are searched."""


def look_from(
    cursor: duckdb.DuckDBPyConnection,
    known: int | None,
    valid: datetime | None,
    fx: Mapping[str, int] | None,
    now: datetime | None,
) -> None:
    """Makes a new cursor look at what was known at a position and had taken effect by a moment.

    Without a position everything is known. Without a moment it is `now` (`moment_of`). `fx` names the versions of rate
    sets to convert by; without it, the newest known of each.
    """
    if known is not None:
        cursor.execute("SET VARIABLE known = ?::BIGINT", [min(known, FOREVER - 1)])
    if valid is not None:
        cursor.execute("SET VARIABLE valid = ?::TIMESTAMP", [in_utc(valid)])
    else:
        cursor.execute("SET VARIABLE now = ?::TIMESTAMP", [now])
    if fx is not None:
        cursor.execute("SET VARIABLE fx = MAP(?::VARCHAR[], ?::BIGINT[])", [[*fx.keys()], [*fx.values()]])


def moment_of(cursor: duckdb.DuckDBPyConnection, known: int | None, clock: datetime | None = None) -> datetime | None:
    """The moment as of which is read what was known at a position: when the last known entry was recorded (a redaction
    does not count), or the `clock` if everything is known and the clock is later. None for an empty record."""
    now = _recorded_last(cursor, known)
    return max(now, in_utc(clock)) if now is not None and clock is not None and known is None else now


def in_utc(moment: datetime) -> datetime:
    """A moment as the tables hold it: in UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _recorded_last(cursor: duckdb.DuckDBPyConnection, known: int | None) -> datetime | None:
    """When the last known entry was recorded, None for an empty record. A redaction does not count."""
    ((last,),) = cursor.execute("SELECT position FROM record.mirror").fetchall()
    last = last if known is None else min(known, last)
    among = "position > ? AND position <= ? AND type <> 'entry.redacted'"
    for before in (last - NEAR, 0):
        ((found,),) = cursor.execute(
            f"SELECT max(recorded_at) FROM record.event WHERE {among}", [before, last]
        ).fetchall()
        if found is not None:
            return cast("datetime", found)
    return None


class Reading(NamedTuple):
    """`position` is the last entry of the snapshot; `known`, `valid` and `fx` are what was asked for, None for now.

    `tables` replace the views that figures are made of, `irregular` remembers the irregularities of points.
    """

    cursor: duckdb.DuckDBPyConnection
    position: int
    known: int | None
    valid: datetime | None
    fx: Mapping[str, int] | None
    tables: FigureTables
    irregular: IrregularRows

    def of(self, view: str) -> str:
        """What to read a view from: the table that replaces it, or the view itself."""
        return self.tables.of(view)

    def irregularities(self, code: Filter | None = None) -> pa.Table:
        """The rows of the view `irregularities` in no order, at least those of codes that a filter keeps; current rows
        are at most a minute old."""
        fx = None if self.fx is None else tuple(sorted(self.fx.items()))
        return self.irregular.of(self.cursor, (self.position, self.known, self.valid, fx), code)

    @contextlib.contextmanager
    def another_cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor that looks from the same point, without temporary tables of this one."""
        with contextlib.closing(self.cursor.cursor()) as cursor, interruptible(cursor):
            ((now,),) = self.rows("SELECT getvariable('now')")
            look_from(cursor, self.position if self.known is None else self.known, self.valid, self.fx, now)
            yield cursor

    def rows(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Every row, as Python values; a TIMESTAMP is a datetime in UTC without a zone."""
        return self.cursor.execute(sql, parameters).fetchall()

    def table(self, sql: str, parameters: Parameters = None, order: str = "") -> pa.Table:
        """The result as an Arrow table, ordered by columns of it. Unless the record is long, the query is planned once
        and the result sorted in memory."""
        if self.position > LONG:
            return self._ordered(f"{sql} ORDER BY {order}" if order else sql, parameters)
        found: pa.Table = self.cursor.execute(sql, parameters).to_arrow_table()
        return self.cursor.from_arrow(found).order(order).to_arrow_table() if order else found

    def few(self, sql: str, parameters: Parameters = None) -> pa.Table:
        """The same for a query of few rows that has its own order; planning costs most, and is done once.

        More rows than a chunk would lose their order, so they are queried again.
        """
        found: pa.Table = self.cursor.execute(sql, parameters).to_arrow_table()
        return found if found.num_rows <= duckdb.__standard_vector_size__ else self._ordered(sql, parameters)

    def _ordered(self, sql: str, parameters: Parameters) -> pa.Table:
        """A result of any length in the query's order, which `execute` and then Arrow would lose; planned twice."""
        return self.cursor.sql(sql, params=parameters).to_arrow_table()

    def batches(self, sql: str, rows: int) -> pa.RecordBatchReader:
        """The result a batch of so many rows at a time, so that a long one is never in memory whole."""
        return self.cursor.sql(sql).to_arrow_reader(rows)

    def select(self, sql: str, given_up: threading.Event | None = None) -> pa.Table:
        """The result of a user's SQL as an Arrow table; it changes nothing and reads nothing but the mirror.

        Raises ValueError unless it is one statement that only reads, if DuckDB refuses it, or if it asks too much.
        """
        return run_query(self.cursor, sql, given_up, self.tables.of)
