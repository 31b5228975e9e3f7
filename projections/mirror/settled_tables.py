"""Which tables of figures a mirror keeps at the head, how they are made, and how a reading finds them.

`settled.state` has the position that they are of, and `settled.failing` those that cannot be made from the record as it
is; a reader of one of those reads its view.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from projections.definitions import INDICATORS, Indicator
from projections.mirror.control_tower import by_level, control_tower
from projections.mirror.figure_tables import (
    CONTROL_TOWER,
    FIGURE,
    LEVEL_FIGURE,
    PERFORMANCE,
    STAGES,
    SUMS,
    FigureTable,
    MadeTables,
    catalogue,
    evidence_tables,
    performance,
)
from projections.mirror.put_together import put_together, sums_up

PERFORMANCE_ROWS = performance(f"settled.{FIGURE}")
PERFORMANCE_ON = ("hubs", "period", "hub_assignment")
_TOWER_ON = {name: f"settled.{name}" for name in (*PERFORMANCE_ON, "targets")}
_TOWER = f"({control_tower(by_level(f'settled.{FIGURE}', f'settled.{LEVEL_FIGURE}'), _TOWER_ON)})"


class SettledTables(NamedTuple):
    """The tables of the head. `failing` are the views without one: a reading makes its `own`, or its reader gets the
    error."""

    failing: frozenset[str]
    own: MadeTables

    def of(self, view: str) -> str:
        kept = view in kept_tables() or view in SUMS
        if view == CONTROL_TOWER and view not in self.failing:
            return _TOWER
        return f"settled.{catalogue()[view].name}" if kept and view not in self.failing else self.own.of(view)

    def kept_figure(self, it: Indicator) -> str | None:
        if it.view not in kept_tables() or it.view in self.failing:
            return None
        return f"(FROM settled.{FIGURE} WHERE code = '{it.code}')"


def settled_ddl() -> Iterator[str]:
    """The statements that make the tables, empty, behind those of the views."""
    yield "CREATE SCHEMA settled"
    yield "CREATE TABLE settled.state (position BIGINT NOT NULL)"
    yield "INSERT INTO settled.state VALUES (0)"
    yield "CREATE TABLE settled.failing (view VARCHAR NOT NULL)"
    for table in kept_tables().values():
        yield f"CREATE TABLE settled.{table.name} AS {table.select} LIMIT 0"
        if table.name in STAGES:
            yield f"CREATE OR REPLACE TEMP VIEW {table.name} AS FROM settled.{table.name}"
    yield (
        f"CREATE TABLE settled.{FIGURE} (code VARCHAR, hub VARCHAR, period VARCHAR, value DOUBLE, evidence BIGINT, "
        "missing BIGINT, earlier_rate BIGINT, rate_sets VARCHAR[])"
    )
    yield (
        f"CREATE TABLE settled.{LEVEL_FIGURE} (code VARCHAR, level VARCHAR, unit VARCHAR, period VARCHAR, "
        "value DOUBLE, evidence BIGINT, missing BIGINT, earlier_rate BIGINT, rate_sets VARCHAR[])"
    )
    for it in INDICATORS.values():
        if it.column in sum_tables():
            rows = put_together(it, f"settled.{it.column}").rows
            yield f"CREATE TABLE settled.{sum_tables()[it.column]} AS FROM {rows} LIMIT 0"
    yield f"CREATE TABLE settled.{PERFORMANCE} AS {PERFORMANCE_ROWS} LIMIT 0"


@cache
def kept_tables() -> dict[str, FigureTable]:
    """Every settled table by its view, each after those it is made of."""
    return {it.view: it for it in [*(catalogue()[name] for name in STAGES), *evidence_tables()]}


@cache
def sum_tables() -> dict[str, str]:
    """By the table of its evidence, the table of an indicator that can be summed up by hub and half-year: figures, and
    those of levels, are made from these few rows."""
    return {it.column: f"sums_{it.column}" for it in INDICATORS.values() if sums_up(it)}
