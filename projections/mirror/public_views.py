"""The public views beside the fact tables, and those that definitions make: indicators, irregularities, their sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

import pyarrow as pa

from domain.nearest import UnknownWord
from projections.definitions import INDICATORS, IRREGULARITIES, NAMES, VERSIONS, Irregularity
from projections.filters import Filter, Filters, as_filter, where_clause
from projections.mirror import visibility
from projections.mirror.control_tower import control_tower, level_figures
from projections.mirror.figure_tables import figure_rows, kinds_of, performance, stages_of
from projections.mirror.snapshot import Reading
from projections.mirror.visibility import VisibleTable

PUBLIC_VIEWS = NAMES.public_views
"""The public views beside the fact tables, and how their rows are ordered."""

IRREGULAR = "irregularities"
IRREGULAR_COLUMNS = "code VARCHAR, position BIGINT, hub VARCHAR, occurred_at TIMESTAMP, stream VARCHAR"

OF_ANY_STREAM = ("hub",)
"""Kinds whose rules look at all that a hub does; those of others find nothing but on streams of their kind."""

FROM_STAGES = ("cases", "case_deadlines")
"""Views that are read from the tables of figures: clocks are computed once."""


def view(reading: Reading, name: str, where: Filters | None = None) -> pa.Table:
    """A public view, rows in the order of its first columns. `where` compares columns with one value as text.

    Raises UnknownWord for a view or a column that is not there, ValueError for a value of the wrong kind.
    """
    return visible_view(reading, name, where).table


def visible_view(reading: Reading, name: str, where: Filters | None = None, reader: str | None = None) -> VisibleTable:
    """The same as a reader sees it.

    What is withheld is counted over the whole view: with conditions, a count would tell what stands in those rows.
    """
    if name not in PUBLIC_VIEWS:
        raise UnknownWord("no view is called so", name, PUBLIC_VIEWS)
    if name in FROM_STAGES:
        for stage in stages_of(name):
            if (table := reading.of(stage)) not in (stage, f"temp.{stage}"):
                reading.cursor.execute(f"CREATE OR REPLACE TEMP VIEW {stage} AS FROM {table}")
    columns = _columns(reading, name)
    if name == IRREGULAR:
        whole = reader is not None and visibility.restricted_condition(name, columns)
        told = _irregularities(reading, {} if whole else where or {})
    else:
        told = reading.of(name)
    values: dict[str, object] = {}

    def place(value: object) -> str:
        values[of := f"value{len(values)}"] = value
        return f"${of}"

    condition = where_clause(where or {}, columns, name, place)
    if reader is None:
        return VisibleTable(
            reading.table(f"FROM {told} WHERE {condition} ORDER BY {', '.join(PUBLIC_VIEWS[name])}", values)
        )
    withheld, emptied = 0, visibility.EMPTIED.get(name, visibility.Emptied())
    source = f"(SELECT {visibility.emptied_columns(emptied)} FROM {told}"
    if kept_back := visibility.restricted_condition(name, columns):
        ((withheld,),) = reading.rows(f"SELECT count(*) FROM {told} WHERE {kept_back}", {"reader": reader})
        source += f" WHERE NOT ({kept_back})"
    if kept_back or emptied.columns:
        values["reader"] = reader
    found = reading.table(f"FROM {source}) WHERE {condition} ORDER BY {', '.join(PUBLIC_VIEWS[name])}", values)
    return VisibleTable(found, withheld, emptied.columns)


_described: dict[str, dict[str, str]] = {}


def _columns(reading: Reading, name: str) -> dict[str, str]:
    """The columns of a public view with their types: in every mirror of this program the same, and to ask for them
    plans the view."""
    if name not in _described:
        _described[name] = {column: type_ for (column, type_, *_) in reading.rows(f"DESCRIBE FROM {reading.of(name)}")}
    return _described[name]


def _irregularities(reading: Reading, where: Filters) -> str:
    """A table with the rows of the view `irregularities`, by the rules that what is asked for and the record leave.

    The rules of a kind are planned together: to plan all of them takes more than as long again, most of it for rules of
    kinds that the record has no stream of.
    """
    code = as_filter(where["code"]) if "code" in where else Filter(())
    kinds = {*kinds_of(reading.cursor), *OF_ANY_STREAM}
    reading.rows(f"CREATE OR REPLACE TEMP TABLE irregular ({IRREGULAR_COLUMNS})")
    asked = [rule for rule in IRREGULARITIES.values() if rule.kind in kinds and code.keeps(rule.code)]
    of_kind = attrgetter("kind")
    for _, rules in groupby(sorted(asked, key=of_kind), of_kind):
        reading.rows(f"INSERT INTO irregular {_all_of(rules)}")
    return "temp.irregular"


def _all_of(rules: Iterable[Irregularity], condition: str = "") -> str:
    return " UNION ALL ".join(f"SELECT '{rule.code}' AS code, * FROM {rule.view}{condition}" for rule in rules)


def irregularities_of(reading: Reading, stream: str) -> pa.Table:
    """The irregularities of one stream, as the view `irregularities` has them, by the rules that can concern it."""
    kinds = (stream.partition(":")[0], *OF_ANY_STREAM)
    rules = (rule for rule in IRREGULARITIES.values() if rule.kind in kinds)
    found = _all_of(rules, " WHERE stream = $stream")
    return reading.few(f"{found} ORDER BY code, position", {"stream": stream})


def views_ddl() -> Iterator[str]:
    """The views of all indicators and irregularities, and of their sums per hub and half-year."""
    for it in (VERSIONS[key] for key in sorted(VERSIONS)):
        period = "period" if it.own_period else "half_year(occurred_at) AS period"
        against = "against" if it.uses("against") else "NULL::DECIMAL(38, 12) AS against"
        key = "key" if it.uses("key") else "NULL::VARCHAR AS key"
        slices = "field::VARCHAR AS field, country::VARCHAR AS country"
        rates = ", rate_set, rate_age" if it.in_money else ""
        told = f"position, hub, occurred_at, {slices}, amount, {against}, {key}, {period}{rates}"
        yield f"CREATE VIEW {it.view} AS SELECT {told} FROM ({it.sql})"
    for rule in IRREGULARITIES.values():
        yield f"CREATE VIEW {rule.view} AS SELECT position, hub, occurred_at, stream FROM ({rule.sql})"
    yield f"CREATE VIEW irregularities AS {_all_of(IRREGULARITIES.values())}"
    yield _hub_performance()
    levels = " UNION ALL ".join(level_figures(it, it.view) for it in INDICATORS.values())
    yield f"CREATE VIEW control_tower AS {control_tower(f'({levels})')}"


def _hub_performance() -> str:
    """The view for who asks in SQL of any point: every figure is computed."""
    figure = " UNION ALL ".join(figure_rows(it, it.view) for it in INDICATORS.values())
    return f"CREATE VIEW hub_performance AS {performance(f'({figure})')}"
