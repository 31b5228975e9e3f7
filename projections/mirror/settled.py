"""Passes over the tables of figures at the head: rows of the streams that entries touched are rebuilt, or all rows if
reference data or time touched more. Each is one transaction, so a reader sees the tables of one position."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import duckdb

from projections.definitions import INDICATORS, Indicator
from projections.mirror.control_tower import level_figures
from projections.mirror.damage import damaged
from projections.mirror.emptiness import Rows, types_of
from projections.mirror.figure_tables import (
    FIGURE,
    LEVEL_FIGURE,
    PERFORMANCE,
    STAGES,
    SUMS,
    FigureTable,
    figure_select,
    figures_from,
    own_types,
)
from projections.mirror.moments import PASSING, RUNNING
from projections.mirror.put_together import put_together
from projections.mirror.settled_tables import PERFORMANCE_ON, PERFORMANCE_ROWS, kept_tables, sum_tables
from projections.mirror.touched import Names, Touched, touched, touched_streams

_MOVING = {"cut", "period"}
"""Stages that every entry changes: what builds on them lists its own changes (`PASSING`)."""


MANY = 10_000
"""Rows that are taken at a time."""


class Settled(NamedTuple):
    """The position that a pass reached, its moment (in UTC, without a zone; None for an empty record), and the error
    that kept it from rebuilding only the rows of touched streams."""

    position: int
    moment: datetime | None
    hindrance: duckdb.Error | None


def settle(cursor: duckdb.DuckDBPyConnection, stale: timedelta = timedelta(0)) -> Settled:
    """Brings the tables up to the record that the cursor sees and to its moment, unless no entry came and they are
    not stale. Raises DuckDB's error.
    """
    failing: set[str] = set()
    hindrance: duckdb.Error | None = None
    while True:
        cursor.begin()
        try:
            reached = _settle(cursor, failing, stale, near=not hindrance)
            cursor.commit()
            moments = [moment for (moment,) in cursor.execute("SELECT ends_at FROM settled.cut").fetchall()]
            return Settled(reached, moments[0] if moments else None, hindrance)
        except _Failed as failed:
            cursor.rollback()
            if damaged(failed.error) or isinstance(failed.error, duckdb.InterruptException):
                raise failed.error from None
            if failed.view is None:
                hindrance = failed.error  # all is rebuilt, and what fails then is reported
            else:
                failing |= {failed.view}
        except BaseException:
            cursor.rollback()
            raise


class _Failed(Exception):
    """A view failed; None for a step that serves all views together."""

    def __init__(self, view: str | None, error: duckdb.Error) -> None:
        self.view = view
        self.error = error


def _settle(cursor: duckdb.DuckDBPyConnection, failing: AbstractSet[str], stale: timedelta, near: bool) -> int:
    ((position,),) = cursor.execute("SELECT position FROM record.mirror").fetchall()
    ((before,),) = cursor.execute("SELECT position FROM settled.state").fetchall()
    age = "SELECT getvariable('now')::TIMESTAMP - ends_at FROM settled.cut"
    if position == before and not any(it and abs(it) > stale for (it,) in cursor.execute(age).fetchall()):
        return int(position)
    came = _touched(cursor, before) if before and near else None
    work = _Pass(cursor, came, failing)
    for it in kept_tables().values():
        work.make(it)
    work.sum_up()
    cursor.execute("UPDATE settled.state SET position = ?", [position])
    return int(position)


def _touched(cursor: duckdb.DuckDBPyConnection, before: int) -> Touched | None:
    try:
        return touched(cursor, before)
    except duckdb.Error as error:
        raise _Failed(None, error) from error


class _Pass:
    """Brings tables up to date: the rows of touched streams, or all rows.

    `left` are the views without a table. `anew` are the tables in which any row may have changed, `near` those in which
    only rows of touched streams may have; `moved` are the hubs and half-years of changed evidence.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, came: Touched | None, failing: AbstractSet[str]) -> None:
        self._cursor = cursor
        self._was = {view for (view,) in cursor.execute("FROM settled.failing").fetchall()}
        self._left = {*failing}
        self._came = came
        self._names = Names(cursor, came)
        self._anew = set[str]()
        self._near = set[str]()
        self._without_rows = set[str]()
        types = types_of(cursor)
        self._ever, self._rows = Rows(types), Rows(types, self._without_rows)
        self._types = types
        self._moved = defaultdict[str, set[tuple[str, str]]](set)

    def make(self, it: FigureTable) -> None:
        if it.view in self._left:
            return
        if not self._ever.may_have(it.view):
            self._without_rows.add(it.name)  # and had none before: a type that was ever there stays
            return
        try:
            rebuild = self._needs_rebuild(it)
            near = not rebuild and self._is_near(it)
            if rebuild or (near and it.view in self._was):
                self._rebuild(it)
            elif it.view in self._was:
                self._left.add(it.view)
            elif near:
                self._make_near(it)
            elif it.known_as == RUNNING:
                self._make_running(it)
        except duckdb.Error as error:
            raise _Failed(it.view, error) from error

    def _needs_rebuild(self, it: FigureTable) -> bool:
        came = self._came
        if came is None or it.known_as in came.anew or not self._anew.isdisjoint(it.stages - _MOVING):
            return True
        if not self._left.isdisjoint(it.builds_on):
            return True  # it is made from what the views say
        if it.passing and it.known_as not in PASSING and it.known_as != RUNNING:
            return True  # nothing is known of how it changes
        if "period" in it.stages and "halves" in self._anew:
            return True
        foreign = (tag for tag in it.types if not (it.parts and it.parts.have(tag)))
        return not came.types.isdisjoint(foreign) or (not it.parts and not self._near.isdisjoint(it.stages))

    def _is_near(self, it: FigureTable) -> bool:
        came = self._came
        assert came
        touches = not came.types.isdisjoint(it.types) or it.known_as in came.other_rows
        return touches or not self._near.isdisjoint(it.stages)

    def _rebuild(self, it: FigureTable) -> None:
        if self._came is None or it.parts:
            self._cursor.execute(f"DELETE FROM settled.{it.name}")
            if not self._insert(it):
                self._without_rows.add(it.name)
            self._anew.add(it.name)
            return
        self._names.show(it, False, self._left)
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE made AS {it.select}")
        if it.view in self._was or self._digest(f"settled.{it.name}") != self._digest("made"):
            self._cursor.execute(f"DELETE FROM settled.{it.name}")
            self._cursor.execute(f"INSERT INTO settled.{it.name} FROM made")
            self._anew.add(it.name)

    def _insert(self, it: FigureTable) -> int:
        """Inserts all rows of a table; returns how many."""
        if not self._rows.may_have(it.view):
            return 0
        self._names.show(it, False, self._left)
        ((count,),) = self._cursor.execute(f"INSERT INTO settled.{it.name} {it.select}").fetchall()
        return int(count)

    def _digest(self, table: str) -> tuple[Any, ...]:
        (digest,) = self._cursor.execute(f"SELECT count(*), sum(hash(said)) FROM {table} AS said").fetchall()
        return digest

    def _make_near(self, it: FigureTable) -> None:
        if it.name in STAGES:
            of, near = "stream", touched_streams(it)
        else:
            of, near = "position", "(SELECT position FROM temp.near_event)"
        gone = self._change(it, f"DELETE FROM settled.{it.name} WHERE {of} IN {near}") if self._had_rows(it) else 0
        new = 0
        if self._may_have_near(it):
            self._names.show(it, True, self._left)
            rows = f"FROM ({it.select.replace('record.event', 'temp.near_event')}) WHERE {of} IN {near}"
            if it.name in STAGES:
                self._cursor.execute(f"CREATE TEMP TABLE near_{it.name} AS {rows}")
                self._names.near.add(it.name)
                rows = f"FROM temp.near_{it.name}"
            new = self._change(it, f"INSERT INTO settled.{it.name} {rows}")
        if it.name in STAGES and not new:
            self._names.without.add(it.name)
        if gone or new:
            self._near.add(it.name)
        if it.known_as == RUNNING:
            self._make_running(it)

    def _may_have_near(self, it: FigureTable) -> bool:
        """Whether touched streams may have rows, by the types of their facts."""
        assert self._came
        types = (self._types - own_types(it.view)) | self._came.near
        return Rows(types, self._names.without | self._without_rows).may_have(it.view)

    def _had_rows(self, it: FigureTable) -> bool:
        """Whether there may have been rows of touched streams before."""
        assert self._came
        assert it.parts
        return it.parts.of_kinds(self._came.older)

    def _make_running(self, it: FigureTable) -> None:
        """Makes the rows of half-years that had not ended."""
        self._names.show(it, False, self._left)
        halves = "(SELECT period FROM settled.period, moment WHERE period.ends_at > moment.was)"
        self._change(it, f"DELETE FROM settled.{it.name} WHERE period IN {halves}")
        self._change(it, f"INSERT INTO settled.{it.name} FROM ({it.select}) WHERE period IN {halves}")
        self._near.add(it.name)

    def _change(self, it: FigureTable, change: str) -> int:
        """Deletes or inserts rows, and remembers whose figures they change; returns how many."""
        if it.name in STAGES:
            ((count,),) = self._cursor.execute(change).fetchall()
            return int(count)
        changed, count = self._cursor.execute(f"{change} RETURNING hub, period"), 0
        while rows := changed.fetchmany(MANY):
            count += len(rows)
            self._moved[it.name].update(rows)
        return count

    def sum_up(self) -> None:
        """Computes the figures whose rows have changed."""
        other = self._anew | self._near
        moving = [it for it in INDICATORS.values() if it.column in other]
        all_ = {it.code for it in moving if self._moves_all(it)}
        gone = all_ | {it.code for it in INDICATORS.values() if it.view in self._left}
        slots = [(it.code, *slot) for it in moving if it.code not in gone for slot in self._moved[it.column]]
        self._cursor.execute("CREATE TEMP TABLE moved (code VARCHAR, hub VARCHAR, period VARCHAR)")
        if slots:
            self._cursor.execute(
                "INSERT INTO moved SELECT unnest(?), unnest(?), unnest(?)", list(zip(*slots, strict=True))
            )
        if gone or slots:
            whole = f"code IN ({', '.join(sorted(map(_text, gone)))}) OR " if gone else ""
            among = "(code, hub, period) IN (FROM moved)"
            self._cursor.execute(f"DELETE FROM settled.{FIGURE} WHERE {whole}{among}")
        for it in INDICATORS.values():
            if it.view in self._left and it.column in sum_tables():
                self._cursor.execute(f"DELETE FROM settled.{sum_tables()[it.column]}")
        moved = [it for it in moving if it.code in all_ or self._moved[it.column]]
        made = {it.view: self._figures(it, it.code in all_) for it in moved}
        self._put(FIGURE, {it.view: made[it.view] for it in moved if it.column not in self._without_rows})
        self._sum_levels(other)
        if not other.isdisjoint({*PERFORMANCE_ON, *(it.column for it in INDICATORS.values())}):
            for stage in PERFORMANCE_ON:
                self._cursor.execute(f"CREATE OR REPLACE TEMP VIEW {stage} AS FROM settled.{stage}")
            self._cursor.execute(f"DELETE FROM settled.{PERFORMANCE}")
            self._cursor.execute(f"INSERT INTO settled.{PERFORMANCE} {PERFORMANCE_ROWS}")
        if self._left or self._was:
            self._cursor.execute("DELETE FROM settled.failing")
            for view in sorted(self._left | SUMS if self._left else ()):
                self._cursor.execute("INSERT INTO settled.failing VALUES (?)", [view])

    def _sum_levels(self, other: AbstractSet[str]) -> None:
        """The same for the levels above: for half-years with changed rows, or for all if hubs changed units."""
        resliced = not other.isdisjoint({"hub_assignment", "hubs"})
        gone, made = [], {}
        for it in INDICATORS.values():
            left = it.view in self._left
            if not (resliced or left or it.column in other):
                continue
            halves = "true" if resliced or left else self._moved_halves(it)
            gone.append(f"code = '{it.code}' AND {halves}")
            if not left and halves != "false" and it.column not in self._without_rows:
                rows = put_together(it, f"(FROM settled.{it.column} WHERE {halves})", f"settled.{FIGURE}")
                if it.column in sum_tables():
                    rows = rows._replace(rows=f"(FROM settled.{sum_tables()[it.column]} WHERE {halves})")
                made[it.view] = level_figures(it, rows, "settled.hub_assignment")
        if gone:
            self._cursor.execute(f"DELETE FROM settled.{LEVEL_FIGURE} WHERE {' OR '.join(gone)}")
        self._put(LEVEL_FIGURE, made)

    def _put(self, table: str, made: Mapping[str, str]) -> None:
        together: Mapping[str | None, str] = (
            {None: " UNION ALL ".join(made.values())} if made and self._came else dict(made.items())
        )
        for view, rows in together.items():
            try:
                self._cursor.execute(f"INSERT INTO settled.{table} {rows}")
            except duckdb.Error as error:
                raise _Failed(view, error) from error

    def _figures(self, it: Indicator, all_: bool) -> str:
        """The query of the figures to rebuild, of all hubs and half-years or of those in `moved`; sums kept of them are
        rebuilt first."""
        moved = f"(FROM moved WHERE code = '{it.code}') AS moved"
        among = "" if all_ else f" SEMI JOIN {moved} USING (hub, period)"
        evidence = f"(FROM settled.{it.column}{among})"
        if (sums := sum_tables().get(it.column)) is None:
            return figure_select(it, evidence)
        rows = put_together(it, evidence)
        gone = "" if all_ else f" WHERE (hub, period) IN (SELECT hub, period FROM {moved})"
        try:
            self._cursor.execute(f"DELETE FROM settled.{sums}{gone}")
            if it.column not in self._without_rows:
                self._cursor.execute(f"INSERT INTO settled.{sums} FROM {rows.rows}")
        except duckdb.Error as error:
            raise _Failed(it.view, error) from error
        return figures_from(it, rows._replace(rows=f"(FROM settled.{sums}{among})"))

    def _moved_halves(self, it: Indicator) -> str:
        """A condition true of half-years in which rows of an indicator have changed, and of those between: a range is
        read faster than a list, also if there are many."""
        if self._moves_all(it):
            return "true"
        halves = {_text(period) for _, period in self._moved[it.column]}
        return f"period BETWEEN {min(halves)} AND {max(halves)}" if halves else "false"

    def _moves_all(self, it: Indicator) -> bool:
        """Whether all rows may have changed, or some have no hub or half-year."""
        return it.column in self._anew or any(None in slot for slot in self._moved[it.column])


def _text(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
