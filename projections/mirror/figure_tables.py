"""Tables in place of the views that figures are made of: each has the rows of its view, computed once.

They belong to one reading (`MadeTables.own`), to a point that many readers share (`projections.mirror.points`), or to
the head, where they are kept settled (`projections.mirror.settled`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache
from typing import NamedTuple, Protocol

import duckdb

from domain.registry import FACTS, TYPES, WITHDRAWN
from domain.words import TERMS
from projections.definitions import INDICATORS, VERSIONS, Indicator
from projections.mirror.asker import SharedLock, about_to_compute, check_cancelled, report_progress
from projections.mirror.control_tower import UNASSIGNED, by_level, control_tower, level_figures
from projections.mirror.emptiness import Rows, types_of
from projections.mirror.parts import ENTRIES, PARTS, Parts
from projections.mirror.put_together import PutTogether, put_together
from projections.mirror.schema import table_of
from projections.mirror.shared_sql import SharedStatement, in_force, name_of, plain_sql

STAGES = (
    "cut",
    "halves",
    "period",
    "hub_assignment",
    "hubs",
    "targets",
    "person_of",
    "case_topic",
    "case_absorbed",
    "hub_calendar",
    "usable_calendars",
    "case_calendar_named",
    "case_calendar_bound",
    "calendar_use",
    "open_hours",
    "case_end",
    "case_clock",
    "case_promise",
    "case_deadline",
    "backlog_case",
    "project_slice",
    "project_slice_abroad",
    "project_credit",
    "verified_outputs",
    "krw_rate",
    "exchange_slice",
    "exchange_stay",
    "exchange_days",
    "map_in_force",
    "project_reports",
)
"""Views that several figures build on, each after those it builds on."""

FIGURE = "figure"
"""The figure of each indicator by hub and half-year: `code, hub, period, value, evidence, missing, earlier_rate,
rate_sets`."""

PERFORMANCE = "hub_performance"
"""All figures of each hub and half-year in one row."""

LEVEL_FIGURE = "level_figure"
"""The figure of each indicator by half-year, over all, by ministry and by region (`code, level, unit, period`); the
other columns are those of FIGURE."""

CONTROL_TOWER = "control_tower"
"""Every figure of every level with its target, the half-year before and the nation; at the head a query of FIGURE and
LEVEL_FIGURE."""

SUMS = {FIGURE, PERFORMANCE, LEVEL_FIGURE, CONTROL_TOWER}
"""The tables made of all figures."""

LONG_ROWS = 10_000
"""Rows of a table that need not be kept when memory is short."""

ALWAYS = {"event", "cut", "period", *(table_of(tag) for tag in TYPES if tag.startswith("entry."))}
"""What builds on these may change with any entry: it depends on the time, or on entries of any kind."""

REFERENCE = {"hub", "calendar", "sla", "fx", "indicator", "entry"}
"""Kinds of stream that facts refer to."""

_NONE = SharedStatement("", "")


class FigureTable(NamedTuple):
    """A table that replaces a view, and how it is made.

    It builds on the tables of `stages`, and those on the rest of `builds_on`, in their order. It depends on facts of
    `types`; if `evidenced`, also on whether they have evidence. Without `parts` it cannot be split. Rows of a `passing`
    one change with time, or with entries of any type.
    """

    name: str
    view: str
    select: str
    builds_on: tuple[str, ...]
    known_as: str
    stages: frozenset[str]
    types: frozenset[str]
    parts: Parts | None
    passing: bool
    evidenced: bool = False


class FigureTables(Protocol):
    """The tables of a point."""

    def of(self, view: str) -> str:
        """The name of the table to read in place of a view; the view itself if there is none."""

    def kept_figure(self, it: Indicator) -> str | None:
        """Rows of FIGURE of an indicator, if more than one reading finds them kept."""


@cache
def catalogue() -> dict[str, FigureTable]:
    """Every table by the view that it replaces: the stages in their order, the evidence of each version of an
    indicator, and SUMS. Evidence has no stream, and its `occurred_at` is NULL if it equals the entry's, as it mostly
    does: otherwise half of the file would repeat the entries."""
    stages = {name: _table(name, name, f"FROM main.{name}", in_force()[name].text, name) for name in STAGES}
    evidence = {
        it.view: _table(
            it.view.partition(".")[2],
            it.view,
            "SELECT evidence.* REPLACE (nullif(evidence.occurred_at, entry.occurred_at) AS occurred_at) "
            f"FROM {it.view} AS evidence JOIN record.event AS entry USING (position)",
            it.sql + " half_year",
            name_of(it),
        )
        for it in VERSIONS.values()
    }
    on = (*STAGES, *(it.view for it in INDICATORS.values()))
    columns = {it.code: it.column for it in INDICATORS.values()}
    sums = {
        FIGURE: _sum(FIGURE, _of_each(FIGURE, columns), on),
        PERFORMANCE: _sum(PERFORMANCE, performance(FIGURE), (*on, FIGURE)),
        LEVEL_FIGURE: _sum(LEVEL_FIGURE, _of_each(LEVEL_FIGURE, columns), on),
        CONTROL_TOWER: _sum(CONTROL_TOWER, control_tower(by_level(FIGURE, LEVEL_FIGURE)), (*on, FIGURE, LEVEL_FIGURE)),
    }
    return stages | evidence | sums


def _of_each(name: str, evidence: Mapping[str, str]) -> str:
    """The query of FIGURE or LEVEL_FIGURE over the evidence of indicators, by code."""
    named = [(INDICATORS[code], table) for code, table in evidence.items()]
    if name == FIGURE:
        return " UNION ALL ".join(figure_select(it, table) for it, table in named)
    return " UNION ALL ".join(level_figures(it, put_together(it, table)) for it, table in named)


def figure_select(it: Indicator, evidence: str) -> str:
    """The rows of FIGURE that a table of evidence makes."""
    lists = "list(" in it.aggregate  # lists are costly, and shorter over rows put together
    return figures_from(it, put_together(it, evidence) if lists else PutTogether(evidence, it.all_columns))


def figures_from(it: Indicator, put: PutTogether) -> str:
    """The same from rows that are put together."""
    return f"SELECT '{it.code}' AS code, hub, period, {put.columns} FROM {put.rows} GROUP BY hub, period"


def performance(figures: str) -> str:
    """All figures of a hub and half-year in one row, from figures by code, hub and half-year; a hub that nobody
    designated is named so.

    By column, `missing` counts the amounts left out of a figure, `earlier_rate` those converted by a rate of an earlier
    day, where there are any; `rate_sets` names the rate sets that all money of the row was converted by.
    """
    pivot = ", ".join(f"max(CASE WHEN code = '{it.code}' THEN value END) AS {it.column}" for it in INDICATORS.values())
    counted = ", ".join(
        f"map_from_entries(coalesce(list((shown, {it}) ORDER BY shown) FILTER (shown IS NOT NULL AND {it} > 0), []))"
        f" AS {it}"
        for it in ("missing", "earlier_rate")
    )
    columns = ", ".join(f"('{it.code}', '{it.column}')" for it in INDICATORS.values() if not it.persons)
    nobody = TERMS.levels[UNASSIGNED]
    return (
        f"WITH figure_ AS (SELECT hub, period, code, value, shown, missing, earlier_rate, rate_sets FROM {figures} "
        f"LEFT JOIN (VALUES {columns}) AS named (code, shown) USING (code) UNION ALL "
        "SELECT hub, period, NULL, NULL, NULL, NULL, NULL, [] FROM hubs, period) "
        f"SELECT figure_.hub, coalesce(hubs.name_en, '{nobody.en}') AS name, "
        f"coalesce(hubs.name_ko, '{nobody.ko}') AS name_ko, "
        "held.ministry, held.region, period, "
        f"{pivot}, {counted}, "
        "list_sort(list_distinct(flatten(list(coalesce(rate_sets, []))))) AS rate_sets "
        "FROM figure_ ASOF LEFT JOIN hub_assignment AS held "
        "ON held.hub = figure_.hub AND figure_.period >= held.since "
        "LEFT JOIN hubs ON hubs.hub = figure_.hub WHERE figure_.hub <> '' GROUP BY ALL"
    )


def evidence_tables() -> list[FigureTable]:
    """The evidence of the newest version of each indicator, in the order of their codes."""
    return [catalogue()[it.view] for it in INDICATORS.values()]


def _sum(name: str, select: str, on: tuple[str, ...]) -> FigureTable:
    none = frozenset[str]()
    return FigureTable(name, name, select, on, name, none, none, None, passing=True)


def _table(name: str, view: str, select: str, text: str, known_as: str) -> FigureTable:
    words, near = _words(text) - {name}, _words(text, STAGES) - {name}
    types = {tag for tag in TYPES if table_of(tag) in near and not tag.startswith("entry.")}
    types |= {WITHDRAWN[tag][0] for tag in types & WITHDRAWN.keys()}
    parts = PARTS.get(known_as)
    if parts == ENTRIES:
        types = {tag for tag in TYPES if tag.partition(".")[0] in FACTS}
    return FigureTable(
        name=name,
        view=view,
        select=select,
        builds_on=tuple(it for it in STAGES if it in words),
        known_as=known_as,
        stages=frozenset(near.intersection(STAGES)),
        types=frozenset(types),
        parts=parts,
        passing=not near.isdisjoint(ALWAYS),
        evidenced="evidenced" in near,
    )


@cache
def types_behind(view: str) -> frozenset[str]:
    """The types of facts that a table depends on, also through its stages."""
    it = catalogue()[view]
    return it.types.union(*(catalogue()[stage].types for stage in it.builds_on))


@cache
def own_types(view: str) -> frozenset[str]:
    """Those types of which only facts of its own streams make rows of a table, directly and through its stages."""

    def of(it: FigureTable) -> set[str]:
        return {tag for tag in types_behind(it.view) if it.parts and it.parts.have(tag)}

    it = catalogue()[view]
    foreign = (catalogue()[stage].types - of(catalogue()[stage]) for stage in it.builds_on)
    return frozenset(of(it).difference(*foreign))


@cache
def stages_of(view: str) -> tuple[str, ...]:
    """The stages that a view builds on, in their order."""
    words = _words(in_force()[view].text) - {view}
    return tuple(it for it in STAGES if it in words)


def _words(text: str, ends: Container[str] = ()) -> set[str]:
    """Every table, view and macro that a query depends on, directly or not, stopping at the `ends`."""
    found, ahead = set[str](), [text]
    while ahead:
        new = {*_named(plain_sql(ahead.pop()))} - found
        found |= new
        ahead += [in_force()[name].text for name in new & in_force().keys() if name not in ends]
    return found


def _named(sql: str) -> Iterator[str]:
    """The names in the place of a table, the texts that may name one, and those of macros."""
    words = sql.replace("record . ", "record.").split(" ")
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        name = word.strip("'").removeprefix("record.")
        joined = before == "," and after not in ("FROM", "AS")
        if name != word or before in ("FROM", "JOIN") or joined or "MACRO" in in_force().get(name, _NONE).text:
            yield name


class MadeTables:
    """The tables of one point, each made on first use; others who ask meanwhile wait, and one of them goes on with it
    if the first leaves.

    The tables are in `schema`; `cursor` opens the cursor that makes them, as of their point.
    """

    def __init__(self, schema: str, cursor: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]) -> None:
        self.schema = schema
        self._cursor = cursor
        self._temporary = "TEMP" if schema == "temp" else ""
        self._lock = SharedLock()
        self._made: dict[str, str] = {}
        self._figures = set[str]()
        self._long = set[str]()
        self._without_rows = set[str]()
        self._rows: Rows | None = None
        self._in_force = False

    @classmethod
    def own(cls, cursor: duckdb.DuckDBPyConnection) -> MadeTables:
        """Temporary tables of one reading, which every query of it finds in place of the views."""
        return cls("temp", lambda: contextlib.nullcontext(cursor))

    def of(self, view: str) -> str:
        """Raises DuckDB's error if a table cannot be made."""
        if (it := catalogue().get(view)) is None:
            return view
        if view not in self._made:
            about_to_compute()
            with self._lock.held(), self._cursor() as cursor:
                self._lock.works_on(cursor)
                for n, wanted in enumerate(on := (*(catalogue()[stage] for stage in it.builds_on), it)):
                    check_cancelled()  # if another waits, he goes on with it
                    if it.view in SUMS:
                        report_progress("tables", n, len(on))
                    self._stand(cursor, wanted)
        return self._made[view]

    def kept_figure(self, it: Indicator) -> str | None:
        """Raises DuckDB's error if a table cannot be made."""
        if self._temporary or INDICATORS.get(it.code) is not it:
            return None
        if FIGURE in self._made:
            return f"(FROM {self._made[FIGURE]} WHERE code = '{it.code}')"
        table = f"{self.schema}.{FIGURE}_{it.column}"
        if table not in self._figures:
            evidence = self.of(it.view)
            about_to_compute()
            with self._lock.held(), self._cursor() as cursor:
                self._lock.works_on(cursor)
                if table not in self._figures:
                    cursor.execute(f"CREATE TABLE {table} AS {figure_select(it, evidence)}")
                    self._figures.add(table)
        return table

    def drop_long(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Drops tables with many rows, which take nearly all of the memory; they are made again on use. Nobody may be
        reading."""
        for view in [*self._long]:
            cursor.execute(f"DROP TABLE {self._made[view]}")
            del self._made[view]
            self._long.remove(view)

    def _stand(self, cursor: duckdb.DuckDBPyConnection, it: FigureTable) -> None:
        """Makes a table unless it exists, and shows it to those made after it."""
        if it.view not in self._made:
            select = self._select(cursor, it)
            try:
                make = f"CREATE {self._temporary} TABLE {self.schema}.{it.name} AS {select}"
                ((count,),) = cursor.execute(make).fetchall()
                if not count:
                    self._without_rows.add(it.view)
                if count > LONG_ROWS and it.view not in SUMS:
                    self._long.add(it.view)
                self._made[it.view] = f"{self.schema}.{it.name}"
            except duckdb.CatalogException:
                self._made[it.view] = it.view  # a mirror by earlier texts has no such view
        if not self._temporary and it.view in (*STAGES, *SUMS) and self._made[it.view] != it.view:
            cursor.execute(f"CREATE TEMP VIEW {it.name} AS FROM {self._made[it.view]}")

    def _select(self, cursor: duckdb.DuckDBPyConnection, it: FigureTable) -> str:
        """The query of a table, without sources that have no rows, as judged from the texts in force."""
        if it.view in (FIGURE, LEVEL_FIGURE):
            evidence = {one.code: self._made[one.view] for one in INDICATORS.values()}
            some = {code: table for code, table in evidence.items() if INDICATORS[code].view not in self._without_rows}
            return _of_each(it.view, some or evidence)
        if self._rows is None:
            self._in_force = _has_schema(cursor, "settled")
            self._rows = Rows(types_of(cursor), self._without_rows)
        spared = self._in_force and not self._rows.may_have(it.view)
        return f"FROM settled.{it.name} LIMIT 0" if spared else it.select


def _has_schema(cursor: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a mirror has a schema: one by earlier texts keeps nothing settled."""
    return bool(cursor.execute("FROM duckdb_schemas() WHERE schema_name = ?", [name]).fetchall())
