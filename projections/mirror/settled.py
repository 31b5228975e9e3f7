"""The figures' tables at the head, kept in the mirror beside the record: made anew where entries touched them.

`settled.state` says which entry they are of, and `settled.failing` which of them cannot be made as the record is; who
asks for one of those asks its view. Each pass is one transaction, so that a reader sees the tables of one position.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import NamedTuple

import duckdb

from projections.definitions import INDICATORS, Indicator
from projections.mirror.damage import damaged
from projections.mirror.figure_tables import FIGURE, STAGES, FigureTable, OwnTables, catalogue, evidence_tables


class SettledTables(NamedTuple):
    """The tables of the head. `failing` are the views that have none: a reading makes its `own`, or what goes wrong is
    told to who asks for them."""

    failing: frozenset[str]
    own: OwnTables

    def of(self, view: str) -> str:
        if view in self.failing or (view == FIGURE and self.failing):
            return self.own.of(view)
        return f"settled.{catalogue()[view].name}" if view == FIGURE or view in _settled() else self.own.of(view)


def settled_ddl() -> Iterator[str]:
    """The statements that make the tables, empty, behind those of the views."""
    yield "CREATE SCHEMA settled"
    yield "CREATE TABLE settled.state (position BIGINT NOT NULL)"
    yield "INSERT INTO settled.state VALUES (0)"
    yield "CREATE TABLE settled.failing (view VARCHAR NOT NULL)"
    for it in _settled().values():
        yield f"CREATE TABLE settled.{it.name} AS {it.select} LIMIT 0"
        if it.name in STAGES:
            yield _in_place(it)
    yield (
        f"CREATE TABLE settled.{FIGURE} (code VARCHAR, hub VARCHAR, period VARCHAR, value DOUBLE, evidence BIGINT, "
        "missing BIGINT)"
    )


def settle(cursor: duckdb.DuckDBPyConnection) -> int:
    """Brings the tables up to the record that the cursor sees; the position reached. Raises what DuckDB does."""
    failing: set[str] = set()
    while True:
        cursor.begin()
        try:
            reached = _settle(cursor, failing)
            cursor.commit()
            return reached
        except _Failed as failed:
            cursor.rollback()
            if damaged(failed.error) or isinstance(failed.error, duckdb.InterruptException):
                raise failed.error from None
            failing |= {failed.view}
        except BaseException:
            cursor.rollback()
            raise


class _Failed(Exception):
    def __init__(self, view: str, error: duckdb.Error) -> None:
        self.view = view
        self.error = error


def _settle(cursor: duckdb.DuckDBPyConnection, failing: AbstractSet[str]) -> int:
    ((position,),) = cursor.execute("SELECT position FROM record.mirror").fetchall()
    ((before,),) = cursor.execute("SELECT position FROM settled.state").fetchall()
    if position == before:
        return int(position)
    touched = _kinds(cursor, f"WHERE position > {before}")
    there = _kinds(cursor)
    was = {view for (view,) in cursor.execute("FROM settled.failing").fetchall()}
    left = failing | {view for view in was if not _settled()[view].stale(touched, there)}
    made = []
    for it in _settled().values():
        if it.view in left:
            continue
        if it.stale(touched, there):
            _fill(cursor, it)
            made.append(it.view)
        if it.name in STAGES:
            cursor.execute(_in_place(it))
    _fill_figures(cursor, [it for it in INDICATORS.values() if it.view in made])
    _empty_figures(cursor, [it for it in INDICATORS.values() if it.view in left])
    cursor.execute("DELETE FROM settled.failing")
    for view in sorted(left):
        cursor.execute("INSERT INTO settled.failing VALUES (?)", [view])
    cursor.execute("UPDATE settled.state SET position = ?", [position])
    return int(position)


def _fill(cursor: duckdb.DuckDBPyConnection, it: FigureTable) -> None:
    try:
        cursor.execute(f"DELETE FROM settled.{it.name}")
        cursor.execute(f"INSERT INTO settled.{it.name} {it.select}")
    except duckdb.Error as error:
        raise _Failed(it.view, error) from error


def _fill_figures(cursor: duckdb.DuckDBPyConnection, made: Sequence[Indicator]) -> None:
    _empty_figures(cursor, made)
    for it in made:
        columns = it.figure_columns(f"({it.aggregate})::DOUBLE")
        rows = f"SELECT '{it.code}', hub, period, {columns} FROM settled.{it.column} GROUP BY hub, period"
        try:
            cursor.execute(f"INSERT INTO settled.{FIGURE} {rows}")
        except duckdb.Error as error:
            raise _Failed(it.view, error) from error


def _empty_figures(cursor: duckdb.DuckDBPyConnection, of: Sequence[Indicator]) -> None:
    codes = [it.code for it in of]
    cursor.execute(f"DELETE FROM settled.{FIGURE} WHERE code IN (SELECT unnest(?::VARCHAR[]))", [codes])


def _kinds(cursor: duckdb.DuckDBPyConnection, where: str = "") -> set[str]:
    return {kind for (kind,) in cursor.execute(f"SELECT DISTINCT kind FROM record.event {where}").fetchall()}


def _in_place(it: FigureTable) -> str:
    """Lets what is made behind a stage build on its table."""
    return f"CREATE OR REPLACE TEMP VIEW {it.name} AS FROM settled.{it.name}"


@cache
def _settled() -> dict[str, FigureTable]:
    """Every table that is settled, by its view, each behind what it is made of."""
    return {it.view: it for it in [*(catalogue()[name] for name in STAGES), *evidence_tables()]}
