"""A figure of several hubs is the same over what is put together by hub and half-year as over the evidence itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.definitions import VERSIONS, Indicator
from projections.mirror.put_together import put_together
from projections.mirror.shared_sql import in_force

FORMS = {(re.sub(r"[^a-z]+", " ", it.aggregate), it.in_money): it for it in VERSIONS.values()}
"""A version of an indicator by how its amounts are put together, whatever they are multiplied by."""

HALVES = [f"20{n}S1" for n in range(10, 20)]
AMOUNT = st.none() | st.sampled_from([Decimal(0), Decimal(1), Decimal("1e10")]) | st.decimals(-90, 90, places=3)
ROW = st.tuples(
    st.sampled_from(["AS-SIN", "EU-BER", "EU-BRU", "", None]),
    st.sampled_from([*HALVES, None]),
    AMOUNT,
    AMOUNT,
    st.sampled_from(["one", "two", "three", None]),
    st.sampled_from(["DE", "FR", None]),
    st.sampled_from(["fx:a/1", "fx:b/2", None]),
    st.sampled_from([0, 3, None]),
)
ROWS = st.lists(ROW, max_size=80)
"""Each half-year is a case of its own."""

COLUMNS = {
    **{
        "hub": "VARCHAR",
        "period": "VARCHAR",
        "amount": "DECIMAL(38, 12)",
        "against": "DECIMAL(38, 12)",
        "key": "VARCHAR",
    },
    **{"country": "VARCHAR", "rate_set": "VARCHAR", "rate_age": "INTEGER"},
}
LEVELS = "GROUP BY GROUPING SETS ((period), (period, hub[:2]), (period, hub))"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as it:
        for name in ("diversity", "each_once", "ratio"):
            it.execute(in_force()[name].text)
        yield it


def levels(connection: duckdb.DuckDBPyConnection, columns: str, rows: str) -> list[str]:
    """As texts, in which NaN is NaN, and an average of sums the same as one of amounts."""
    named = f"SELECT period, hub[:2], hub, grouping(hub[:2], hub), {columns} FROM {rows} AS evidence {LEVELS}"
    found = connection.execute(named).fetchall()
    return sorted(str([f"{it:.14g}" if isinstance(it, float) else it for it in row]) for row in found)


def filled(connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]], **types: str) -> None:
    columns = COLUMNS | types
    values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
    cast = ", ".join(f"unnest(?::{type_}[]) AS {name}" for name, type_ in columns.items())
    connection.execute(f"CREATE OR REPLACE TABLE evidence AS SELECT {cast}", values)


@pytest.mark.parametrize("it", FORMS.values(), ids=lambda it: f"{it.code}/{it.version}")
@settings(max_examples=25)
@given(rows=ROWS)
def test_every_form_of_figure_is_the_same(
    connection: duckdb.DuckDBPyConnection, it: Indicator, rows: list[tuple[Any, ...]]
) -> None:
    filled(connection, rows)
    together = put_together(it, "evidence")
    assert levels(connection, together.columns, together.rows) == levels(connection, it.all_columns, "evidence")


@pytest.mark.parametrize("type_", ["DOUBLE", "DECIMAL(38, 12)", "INTEGER"])
@settings(max_examples=40)
@given(rows=ROWS)
def test_a_median_is_the_same_around_those_of_hubs(
    connection: duckdb.DuckDBPyConnection, type_: str, rows: list[tuple[Any, ...]]
) -> None:
    it = FORMS["median amount ", False]
    whole = [(*row[:2], row[2] if row[2] is None or type_ != "INTEGER" else int(row[2] % 90), *row[3:]) for row in rows]
    filled(connection, [(*row[:3], None, *row[4:]) for row in whole], amount=type_)
    own = f"SELECT '{it.code}' AS code, hub, period, {it.all_columns} FROM evidence GROUP BY hub, period"
    connection.execute(f"CREATE OR REPLACE TABLE figure AS {own}")
    together = put_together(it, "evidence", "figure")
    assert together.rows != "evidence"
    assert levels(connection, together.columns, together.rows) == levels(connection, it.all_columns, "evidence")


def test_what_is_put_together_in_a_way_that_is_not_known_is_left_as_it_is() -> None:
    it = FORMS["quantile cont amount ", False]
    assert put_together(it, "evidence") == ("evidence", it.all_columns)
