"""What came since the last pass of the settler: the touched streams, and their facts in place of all facts."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import cache
from typing import NamedTuple

import duckdb

from domain.registry import TYPES
from projections.mirror.figure_tables import FigureTable, catalogue
from projections.mirror.moments import OCCURRED, PASSING
from projections.mirror.page import RESTATING
from projections.mirror.parts import ENTRIES, PARTS, Parts
from projections.mirror.schema import holds, more, reader_sql, table_of, without_withdrawn
from projections.mirror.shared_sql import in_force

MOST = 0.5
"""The share of all entries above which separating the touched streams from others no longer pays."""

_RESTATING = ", ".join(f"'{tag}'" for tag in TYPES if tag.startswith("entry."))
_COLUMNS = "position, type, kind, stream, hub, occurred_at, effective_at, recorded_at, imported, evidence"
"""What figures need of an entry."""


class Touched(NamedTuple):
    """`types` are those of new or restated facts, `near` those of all facts of touched streams, `older` the kinds of
    touched streams with earlier entries. By time alone, tables have `other_rows` of touched streams, or must be rebuilt
    (`anew`)."""

    types: AbstractSet[str]
    near: AbstractSet[str]
    older: AbstractSet[str]
    other_rows: AbstractSet[str]
    anew: AbstractSet[str]


def touched(cursor: duckdb.DuckDBPyConnection, before: int) -> Touched | None:
    """Returns what came after a position, and writes the streams into `touched` and their entries into `near_event`.

    None if that is much of the record, or time went backwards: then all tables must be rebuilt.
    """
    cursor.execute(
        "CREATE TEMP TABLE moment AS SELECT was.ends_at AS was, cut.ends_at AS now "
        "FROM settled.cut AS was, main.cut AS cut"
    )
    if not cursor.execute("FROM moment WHERE now >= was").fetchall():
        return None
    came = f"FROM record.event WHERE position > {before}"
    cursor.execute(
        f"CREATE TEMP TABLE restated AS {OCCURRED} UNION ALL SELECT stream {came} AND type IN ({_RESTATING}) "
        f"UNION ALL SELECT stream FROM record.event WHERE position IN ({_restated(before)})"
    )
    cursor.execute(f"CREATE TEMP TABLE touched AS FROM restated UNION SELECT stream {came}")
    types = _types(cursor, came) | _types(cursor, "FROM record.event SEMI JOIN restated USING (stream)")
    other_rows = {name for name, it in PASSING.items() if it.streams and _touch(cursor, it.streams)}
    kinds = cursor.execute("SELECT DISTINCT split_part(stream, ':', 1) FROM touched").fetchall()
    if together := _together(frozenset(kind for (kind,) in kinds)):
        _touch(cursor, together)
    rows = "SELECT rowid FROM record.event SEMI JOIN touched USING (stream)"  # of all, only their streams are read
    cursor.execute(f"CREATE TEMP TABLE near_event AS SELECT {_COLUMNS} FROM record.event WHERE rowid IN ({rows})")
    ((near, all_),) = cursor.execute("SELECT (SELECT count(*) FROM near_event), count(*) FROM record.event").fetchall()
    if near > MOST * all_:
        return None
    types_near = _types(cursor, "FROM near_event")
    restates = not types_near.isdisjoint(RESTATING)
    conditions = (f"({it.anew}) OR ({it.restated})" if restates else f"({it.anew})" for it in PASSING.values())
    (passed,) = cursor.execute(f"SELECT {', '.join(conditions)} FROM moment").fetchall()
    anew = {name for name, has in zip(PASSING, passed, strict=True) if has}
    older = cursor.execute(f"SELECT DISTINCT kind FROM near_event WHERE position <= {before}").fetchall()
    return Touched(types, types_near, {kind for (kind,) in older}, other_rows, anew)


@cache
def _together(kinds: frozenset[str]) -> str | None:
    """Finds the streams of one part with touched ones of these kinds, through shared names; None if they share none."""
    among: set[Parts] = set()
    while further := {it for it in PARTS.values() if not kinds.isdisjoint(it.kinds)} - among:
        among |= further
        kinds = kinds.union(*(it.kinds for it in further))
    if not (shared := sorted({it for parts in among for it in parts.shared})):
        return None
    return f"""
WITH RECURSIVE shared AS ({" UNION ALL ".join(shared)}),
edge AS (FROM shared UNION ALL SELECT name, stream FROM shared),
reached (stream) AS (
    SELECT stream FROM touched
    UNION SELECT edge.name FROM reached JOIN edge USING (stream)
) FROM reached ANTI JOIN touched USING (stream)
"""


def touched_streams(it: FigureTable) -> str:
    """The touched streams that a stage has rows of, by their kinds: DuckDB skips rows of others."""
    assert it.parts
    kinds = ", ".join(f"'{kind}'" for kind in it.parts.kinds)
    return f"(SELECT stream FROM touched WHERE split_part(stream, ':', 1) IN ({kinds}))"


def _restated(before: int) -> str:
    tables = ("entry_corrected", "entry_voided")
    return " UNION ALL ".join(f"SELECT entry FROM record.{it} WHERE position > {before}" for it in tables)


def _types(cursor: duckdb.DuckDBPyConnection, entries: str) -> set[str]:
    return {type_ for (type_,) in cursor.execute(f"SELECT DISTINCT type {entries}").fetchall()}


def _touch(cursor: duckdb.DuckDBPyConnection, streams: str) -> int:
    ((count,),) = cursor.execute(f"INSERT INTO touched {streams}").fetchall()
    return int(count)


class Names:
    """What the names in the query of a table refer to: all facts and settled tables, or only those of touched streams
    (`near`); of the stages `without`, touched streams have no rows."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, came: Touched | None) -> None:
        self._cursor = cursor
        self._came = came
        self._shown: dict[str, str] = {}
        self._ahead: list[str] = []
        self.near = set[str]()
        self.without = set[str]()

    def show(self, it: FigureTable, near: bool, left: AbstractSet[str]) -> None:
        """Makes the names in the query of a table refer to its sources; those `left` to their views."""
        for stage in it.stages:
            own = near and catalogue()[stage].parts is not None
            self._point(stage, None if stage in left else self._near_rows(stage) if own else f"settled.{stage}")
        entries = it.parts == ENTRIES
        self._point("event", "temp.near_event" if near and entries else None)
        self._point("effective", self._of_entries("effective", "stated") if near and entries else None)
        self._point("evidenced", self._of_entries("evidenced") if near and it.parts and it.evidenced else None)
        for tag in () if entries else it.types:
            own = near and it.parts is not None and it.parts.have(tag)
            self._point(table_of(tag), self._facts(tag) if own else None)
        if self._ahead:
            self._cursor.execute("; ".join(self._ahead))  # in one call: after each a busy server takes the lock
            self._ahead.clear()

    def _near_rows(self, stage: str) -> str:
        """The rows of touched streams."""
        if stage in self.without:
            return f"settled.{stage} WHERE false"
        if stage not in self.near:
            self.near.add(stage)
            rows = f"FROM settled.{stage} WHERE stream IN {touched_streams(catalogue()[stage])}"
            self._ahead.append(f"CREATE TEMP TABLE near_{stage} AS {rows}")
        return f"temp.near_{stage}"

    def _facts(self, tag: str) -> str:
        """The facts of touched streams; an empty query if there are none."""
        table = table_of(tag)
        assert self._came
        rows = f"SELECT said.* EXCLUDE (since, until), since AS stated_by{more(tag)} FROM record.{table} AS said"
        if tag not in self._came.near:
            return f"({rows} WHERE false)"
        if table not in self.near:
            self.near.add(table)
            among = f"SEMI JOIN temp.near_event USING (position){without_withdrawn(tag)} WHERE {holds(tag)}"
            self._ahead.append(f"CREATE TEMP TABLE near_{table} AS {rows} {among}")
        return f"temp.near_{table}"

    def _of_entries(self, view: str, on: str = "") -> str:
        """A view of entries, and one that it builds on, of touched streams."""
        if view not in self.near:
            self.near.add(view)
            for name in (on, view) if on else (view,):
                text = reader_sql(in_force()[name].text).replace(f"VIEW {name}", f"TEMP VIEW near_{name}")
                text = text.replace("record.event", "temp.near_event").replace("FROM stated", "FROM temp.near_stated")
                self._ahead.append(text)
        return f"temp.near_{view}"

    def _point(self, name: str, table: str | None) -> None:
        if self._shown.get(name) == table:
            return
        if table is None:
            del self._shown[name]
            self._ahead.append(f"DROP VIEW temp.{name}")
        else:
            self._shown[name] = table
            self._ahead.append(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {table}")
