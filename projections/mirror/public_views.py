"""The public views besides the fact tables, and those made by definitions: indicators, irregularities, their sums."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pyarrow as pa

from domain.nearest import UnknownWord
from domain.visibility import Reader
from projections.definitions import INDICATORS, IRREGULARITIES, NAMES, READERS, VERSIONS
from projections.filters import Filters, as_filter, where_clause
from projections.mirror import visibility
from projections.mirror.control_tower import control_tower, level_figures
from projections.mirror.figure_tables import figure_select, performance, stages_of
from projections.mirror.irregular import rules_of, rules_that_may_find, rules_together
from projections.mirror.put_together import put_together
from projections.mirror.snapshot import Reading
from projections.mirror.visibility import VisibleTable

PUBLIC_VIEWS = NAMES.public_views
"""The public views besides the fact tables, and how their rows are ordered."""

IRREGULARITIES_VIEW = "irregularities"

FROM_STAGES = ("backlog", "case_deadlines", "cases", "centres", "hubs", "network", "network_nodes")
"""Views read from the tables of figures, so that what is costly to plan or compute, such as clocks, is made once."""


def view(reading: Reading, name: str, where: Filters | None = None) -> pa.Table:
    """A public view, rows in the order of its first columns. `where` compares columns with one value as text.

    Raises UnknownWord for a view or a column that does not exist, ValueError for a value of the wrong kind.
    """
    return visible_view(reading, name, where).table


def visible_view(
    reading: Reading,
    name: str,
    where: Filters | None = None,
    reader: Reader | None = None,
    fields: Collection[str] = (),
) -> VisibleTable:
    """The same as a reader sees it, with the rows and columns that `readers.toml` allows; only `fields`, if all of them
    exist, so that nothing else is computed.

    Withheld rows are counted over the whole view: under conditions, a count would reveal what is in those rows.
    """
    if name not in PUBLIC_VIEWS:
        raise UnknownWord("view", name, PUBLIC_VIEWS)
    if name in FROM_STAGES:
        for stage in stages_of(name):
            if (table := reading.of(stage)) not in (stage, f"temp.{stage}"):
                reading.cursor.execute(f"CREATE OR REPLACE TEMP VIEW {stage} AS FROM {table}")
    columns = _columns(reading, name)
    source_table = reading.of(name)
    if name == IRREGULARITIES_VIEW:
        whole = reader is not None and visibility.restricted_condition(name)
        code = as_filter(where["code"]) if where and "code" in where and not whole else None
        reading.cursor.register(source_table := "found_irregular", reading.irregularities(code))
    if reader is not None and not READERS[name].figures:
        columns = {column: type_ for column, type_ in columns.items() if column in READERS[name].named}
    values: dict[str, object] = {}

    def place(value: object) -> str:
        values[of := f"value{len(values)}"] = value
        return f"${of}"

    condition = where_clause(where or {}, columns, name, place)
    kept = [column for column in columns if column in fields] if {*fields} <= {*columns} else []
    order = PUBLIC_VIEWS[name]
    of_all = ", ".join(f'"{it}"' for it in dict.fromkeys((*kept, *order))) if kept else "*"

    def ordered(source: str) -> pa.Table:
        rows = reading.table(f"SELECT {of_all} FROM {source} WHERE {condition}", values, order=", ".join(order))
        return rows.select(kept) if kept else rows

    if reader is None:
        return VisibleTable(ordered(source_table))
    withheld, (shown, emptied) = 0, visibility.shown_columns(name, columns, reader)
    source = f"(SELECT {'*' if READERS[name].figures else shown} FROM {source_table}"
    if kept_back := visibility.restricted_condition(name):
        ((withheld,),) = reading.rows(
            f"SELECT count(*) FROM {source_table} WHERE {kept_back}", {"reader": reader.as_parameter()}
        )
        source += f" WHERE NOT ({kept_back})"
    if "$reader" in source:
        values["reader"] = reader.as_parameter()
    return VisibleTable(ordered(f"{source})"), withheld, emptied)


_described: dict[str, dict[str, str]] = {}


def _columns(reading: Reading, name: str) -> dict[str, str]:
    """The columns of a public view with their types; remembered, since every mirror of this program has the same and
    asking plans the view."""
    if name not in _described:
        _described[name] = {column: type_ for (column, type_, *_) in reading.rows(f"DESCRIBE FROM {reading.of(name)}")}
    return _described[name]


def irregularities_of(reading: Reading, stream: str) -> pa.Table:
    """The irregularities of one stream, as the view `irregularities` has them, by the rules that can concern it."""
    asked = rules_that_may_find(reading.cursor, rules_of(stream.partition(":")[0]))
    asked = asked or [*IRREGULARITIES.values()][:1]  # finds nothing, but gives the columns
    query = rules_together(asked, " WHERE stream = $stream")
    return reading.few(f"{query} ORDER BY code, position", {"stream": stream})


def views_ddl() -> Iterator[str]:
    """The views of all indicators and irregularities, and of their sums per hub and half-year."""
    for it in (VERSIONS[key] for key in sorted(VERSIONS)):
        period = "period" if it.own_period else "half_year(occurred_at) AS period"
        against = "against" if it.uses("against") else "NULL::DECIMAL(38, 12) AS against"
        key = "key" if it.uses("key") else "NULL::VARCHAR AS key"
        slices = "field::VARCHAR AS field, country::VARCHAR AS country"
        rates = ", rate_set, rate_age" if it.in_money else ""
        columns = f"position, hub, occurred_at, {slices}, amount, {against}, {key}, {period}{rates}"
        yield f"CREATE VIEW {it.view} AS SELECT {columns} FROM ({it.sql})"
    for rule in IRREGULARITIES.values():
        yield f"CREATE VIEW {rule.view} AS SELECT position, hub, occurred_at, stream FROM ({rule.sql})"
    yield f"CREATE VIEW {IRREGULARITIES_VIEW} AS {rules_together(IRREGULARITIES.values())}"
    yield _hub_performance()
    levels = " UNION ALL ".join(
        level_figures(it, put_together(it, it.view), by=("ministry", "region", "hub")) for it in INDICATORS.values()
    )
    yield f"CREATE VIEW control_tower AS {control_tower(f'({levels})')}"


def _hub_performance() -> str:
    """The view for SQL queries as of any point: every figure is computed."""
    figure = " UNION ALL ".join(figure_select(it, it.view) for it in INDICATORS.values())
    return f"CREATE VIEW hub_performance AS {performance(f'({figure})')}"
