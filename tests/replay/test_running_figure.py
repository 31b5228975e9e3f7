"""Figures that follow their rows one by one, beside what SQL makes of the same rows."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.definitions import VERSIONS
from projections.mirror.shared_sql import in_force
from replay.editions.period_figures import exact_text
from replay.editions.running_figure import RunningFigure, rows_of

AGGREGATES = sorted({it.aggregate for it in VERSIONS.values()})
ROW = st.fixed_dictionaries(
    {
        "amount": st.one_of(st.none(), st.decimals(-999, 9999, places=2)),
        "against": st.one_of(st.none(), st.decimals(0, 99, places=2)),
        "key": st.one_of(st.none(), st.sampled_from("abc")),
        "country": st.one_of(st.none(), st.sampled_from(["DE", "FR", "JP"])),
    }
)


TYPES = {
    "amount": pa.decimal128(38, 12),
    "against": pa.decimal128(38, 12),
    "key": pa.string(),
    "country": pa.string(),
}


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.table({name: pa.array([it[name] for it in rows], type_) for name, type_ in TYPES.items()})


def test_every_aggregate_of_the_tree_is_followed() -> None:
    assert [it for it in AGGREGATES if RunningFigure.of(it) is None] == []
    assert RunningFigure.of("stddev_samp(amount)") is None


@pytest.mark.parametrize("aggregate", AGGREGATES)
@settings(max_examples=30, deadline=None)
@given(rows=st.lists(ROW, max_size=8), gone=st.lists(ROW, max_size=4))
def test_a_figure_that_follows_its_rows_is_what_sql_makes_of_those_that_are_left(aggregate, rows, gone) -> None:
    if "diversity" in aggregate:  # weights are shares of projects, and every row has a country
        rows, gone = ([it | {"amount": abs(it["amount"] or 0) + 1, "country": it["country"] or "DE"} for it in those]
                      for those in (rows, gone))  # fmt: skip
    running = RunningFigure.of(aggregate)
    assert running
    said = table(rows)
    running.begin(rows_of(table(gone)))
    for row in rows_of(said):
        running.add(row)
    for row in rows_of(table(gone)):
        running.remove(row)
    with duckdb.connect() as connection:
        for macro in ("diversity", "ratio", "each_once"):
            connection.execute(in_force()[macro].text)
        connection.register("said", said)
        ((made,),) = connection.execute(f"SELECT {aggregate} FROM said").fetchall()
    told, made = (Decimal(exact_text(it) or 0) for it in (running.value, made))
    assert abs(told - made) <= Decimal("0.000001")


@given(amounts=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=6))
def test_floats_are_followed_exactly(amounts: list[float]) -> None:
    running = RunningFigure.of("sum(amount)")
    assert running
    running.begin(rows_of(pa.table({"amount": pa.array(amounts, pa.float64())})))
    assert running.value == float(sum(map(Fraction, amounts)))
