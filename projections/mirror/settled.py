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
from projections.mirror.figure_tables import (
    FIGURE,
    PERFORMANCE,
    REFERENCE,
    STAGES,
    FigureTable,
    OwnTables,
    catalogue,
    evidence_tables,
    figure_rows,
    performance,
)
from projections.mirror.shared_sql import name_of

_NEXT_DAY = "SELECT (seoul(ends_at + INTERVAL 1 MICROSECOND)::DATE + 1)::TIMESTAMP - INTERVAL 9 HOUR FROM settled.cut"
_NEXT_FACT = (
    "SELECT min(occurred_at) FROM (SELECT occurred_at FROM record.event UNION ALL "
    "SELECT fact_occurred_at FROM record.entry_corrected) WHERE occurred_at > (SELECT ends_at FROM settled.cut)"
)
_NEVER = "SELECT NULL::TIMESTAMP"


def _matures(table: str, months: int) -> str:
    moment = f"months_later(occurred_at, {months})"
    return f"SELECT min({moment}) FROM {table} WHERE {moment} > (SELECT ends_at FROM settled.cut)"


_CALENDAR_ENDS = (
    "SELECT min(known_until) FROM settled.case_calendar_bound WHERE known_until > (SELECT ends_at FROM settled.cut)"
)
_OPENS = "SELECT min(opens_at) FROM settled.open_hours WHERE opens_at > (SELECT ends_at FROM settled.cut)"

_SUMS = {FIGURE, PERFORMANCE}
"""What lacks something as soon as one other table does."""

_PERFORMANCE = performance(f"settled.{FIGURE}")

_CHANGES_AT = {
    "targets": _NEVER,
    "open_hours": "SELECT (ends_at::DATE + 1)::TIMESTAMP FROM settled.cut",
    "case_calendar": _CALENDAR_ENDS,
    "exchange_stay": _NEXT_DAY,
    "DX-03/1": _matures("expansion_company_enrolled", 24),
    "EX-01/1": _NEXT_DAY,
    "EX-01I/1": _NEXT_DAY,
    "EX-01O/1": _NEXT_DAY,
    "EX-03/1": _matures("exchange_returned", 24),
    "GV-01/1": _NEXT_DAY,
    "GV-03/1": _NEXT_DAY,
    "HD-03/2": (
        "SELECT min(deadline) FROM settled.case_deadline WHERE deadline >= (SELECT ends_at FROM settled.cut) "
        f"UNION ALL {_CALENDAR_ENDS}"
    ),
    "HD-05/1": _NEVER,
    "HD-06A/2": f"{_NEXT_FACT} UNION ALL {_OPENS} UNION ALL {_CALENDAR_ENDS}",
    "JR-03/1": _NEXT_DAY,
    "JR-08/1": _NEXT_FACT,
    "JR-10/1": _matures("project_completed", 12),
    "NW-01/1": _NEXT_FACT,
}
"""Of stages, and of versions of indicators, that depend on the time: the next moment at which rows change that nobody
touched. What else depends on it, such as a version that comes later, is made anew whatever comes."""

CHANGES_AT = {name: _CHANGES_AT[name] for name in STAGES if name in _CHANGES_AT} | {
    it.view: _CHANGES_AT[name_of(it)] for it in INDICATORS.values() if name_of(it) in _CHANGES_AT
}
"""The same by view."""


class SettledTables(NamedTuple):
    """The tables of the head. `failing` are the views that have none: a reading makes its `own`, or what goes wrong is
    told to who asks for them."""

    failing: frozenset[str]
    own: OwnTables

    def of(self, view: str) -> str:
        kept = view in _settled() or view in _SUMS
        return f"settled.{catalogue()[view].name}" if kept and view not in self.failing else self.own.of(view)


def settled_ddl() -> Iterator[str]:
    """The statements that make the tables, empty, behind those of the views."""
    yield "CREATE SCHEMA settled"
    yield "CREATE TABLE settled.state (position BIGINT NOT NULL)"
    yield "INSERT INTO settled.state VALUES (0)"
    yield "CREATE TABLE settled.failing (view VARCHAR NOT NULL)"
    yield "CREATE TABLE settled.changes (view VARCHAR NOT NULL, due TIMESTAMP)"
    for it in _settled().values():
        yield f"CREATE TABLE settled.{it.name} AS {it.select} LIMIT 0"
        if it.name in STAGES:
            yield f"CREATE OR REPLACE TEMP VIEW {it.name} AS FROM settled.{it.name}"
    yield (
        f"CREATE TABLE settled.{FIGURE} (code VARCHAR, hub VARCHAR, period VARCHAR, value DOUBLE, evidence BIGINT, "
        "missing BIGINT, earlier_rate BIGINT, rate_sets VARCHAR[])"
    )
    yield f"CREATE TABLE settled.{PERFORMANCE} AS {_PERFORMANCE} LIMIT 0"


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
    touch = _touch(cursor, before)
    was = {view for (view,) in cursor.execute("FROM settled.failing").fetchall()}
    left, made, in_place = {*failing}, list[str](), set[str]()
    for it in _settled().values():
        if it.view in was and not touch.reaches(it):
            left.add(it.view)
        elif it.view not in left and touch.reaches(it):
            for stage in it.builds_on:
                if stage not in in_place and stage not in left:
                    in_place.add(stage)
                    cursor.execute(f"CREATE OR REPLACE TEMP VIEW {stage} AS FROM settled.{stage}")
            touch = _fill(cursor, it, touch)
            made.append(it.view)
    _fill_figures(cursor, [it for it in INDICATORS.values() if it.view in made])
    _empty_figures(cursor, [it for it in INDICATORS.values() if it.view in left])
    for stage in ("hubs", "period", "hub_assignment"):
        cursor.execute(f"CREATE OR REPLACE TEMP VIEW {stage} AS FROM settled.{stage}")
    cursor.execute(f"DELETE FROM settled.{PERFORMANCE}")
    cursor.execute(f"INSERT INTO settled.{PERFORMANCE} {_PERFORMANCE}")
    cursor.execute("DELETE FROM settled.failing")
    for view in sorted(left | _SUMS if left else left):
        cursor.execute("INSERT INTO settled.failing VALUES (?)", [view])
    cursor.execute("UPDATE settled.state SET position = ?", [position])
    return int(position)


class _Touch(NamedTuple):
    """What came since a pass: the kinds of stream of the new entries and of all, whether half-years came or went with
    them, and the tables of which rows changed that nobody touched."""

    kinds: AbstractSet[str]
    there: AbstractSet[str]
    halves: bool
    due: AbstractSet[str]

    def reaches(self, it: FigureTable) -> bool:
        """Whether a table may have other rows now."""
        own = it.kinds - REFERENCE
        if own and own.isdisjoint(self.there):
            return False  # and had none before
        touched = not (it.kinds - {"entry"}).isdisjoint(self.kinds) or (self.halves and "period" in it.builds_on)
        return touched or (it.always and (it.view not in CHANGES_AT or it.view in self.due))


def _touch(cursor: duckdb.DuckDBPyConnection, before: int) -> _Touch:
    kinds, there = _kinds(cursor, before), _kinds(cursor, 0)
    latest = f"(SELECT greatest(max(recorded_at), max(occurred_at)) FROM record.event WHERE position > {before})"
    due = cursor.execute(f"SELECT view FROM settled.changes WHERE due <= {latest}").fetchall()
    return _Touch(kinds, there, False, {view for (view,) in due})


def _fill(cursor: duckdb.DuckDBPyConnection, it: FigureTable, touch: _Touch) -> _Touch:
    """Makes a table anew; what that reaches."""
    halves = "SELECT list(period ORDER BY period) FROM settled.period"
    try:
        old = cursor.execute(halves).fetchall() if it.view == "period" else []
        cursor.execute(f"DELETE FROM settled.{it.name}")
        cursor.execute(f"INSERT INTO settled.{it.name} {it.select}")
        if it.view == "period" and cursor.execute(halves).fetchall() != old:
            touch = touch._replace(halves=True)
        if it.view in CHANGES_AT:
            cursor.execute("DELETE FROM settled.changes WHERE view = ?", [it.view])
            cursor.execute(
                f"INSERT INTO settled.changes SELECT '{it.view}', min(due) FROM ({CHANGES_AT[it.view]}) AS next (due)"
            )
    except duckdb.Error as error:
        raise _Failed(it.view, error) from error
    return touch


def _fill_figures(cursor: duckdb.DuckDBPyConnection, made: Sequence[Indicator]) -> None:
    _empty_figures(cursor, made)
    for it in made:
        try:
            cursor.execute(f"INSERT INTO settled.{FIGURE} {figure_rows(it, f'settled.{it.column}')}")
        except duckdb.Error as error:
            raise _Failed(it.view, error) from error


def _empty_figures(cursor: duckdb.DuckDBPyConnection, of: Sequence[Indicator]) -> None:
    codes = [it.code for it in of]
    cursor.execute(f"DELETE FROM settled.{FIGURE} WHERE code IN (SELECT unnest(?::VARCHAR[]))", [codes])


def _kinds(cursor: duckdb.DuckDBPyConnection, after: int) -> set[str]:
    """The kinds of stream of the entries behind a position."""
    select = f"SELECT DISTINCT kind FROM record.event WHERE position > {after}"
    return {kind for (kind,) in cursor.execute(select).fetchall()}


@cache
def _settled() -> dict[str, FigureTable]:
    """Every table that is settled, by its view, each behind what it is made of."""
    return {it.view: it for it in [*(catalogue()[name] for name in STAGES), *evidence_tables()]}
