"""Sums of money in won, by the rates of the record, and what could not be converted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from api.web.counting import counted, grouped
from api.web.page import Row
from domain.words import PAGES, Phrase
from replay.report.content import half_year_name

Label = tuple[str, str]
"""What a sum is of, and a detail."""


class Sum(NamedTuple):
    """Money in won. Of its `entries`, `earlier` went by the rate of an earlier day; `unconverted` is, by currency, what
    had no rate and is not included."""

    label: Label
    krw: Decimal
    entries: int
    earlier: int
    unconverted: Mapping[str, Decimal]


def sums(table: pa.Table, by: tuple[str, ...], order: Callable[[Row], Any], label: Callable[[Row], Label]) -> list[Sum]:
    """The sums of a table of money (`krw`, `rate_age`, `amount`, `currency`) by some columns, in an order of those."""
    whole = (
        table.select([*by, "currency", "krw"])
        .append_column("entries", pa.array([1] * table.num_rows, pa.int64()))
        .append_column("earlier", pc.greater(pc.fill_null(table["rate_age"], 0), 0).cast(pa.int64()))
        .append_column("left_out", pc.if_else(pc.is_null(table["krw"]), table["amount"], None))
    )
    parts = grouped(whole, (*by, "currency"), krw="sum", entries="sum", earlier="sum", left_out="sum").to_pylist()
    found: dict[Label, Sum] = {}
    for row in sorted(parts, key=order):
        of = label(row)
        one = found.get(of, Sum(of, Decimal(0), 0, 0, {}))
        left_out = {row["currency"]: Decimal(str(row["left_out"]))} if row["left_out"] is not None else {}
        found[of] = Sum(
            of,
            one.krw + Decimal(str(row["krw"] or 0)),
            one.entries + row["entries"],
            one.earlier + row["earlier"],
            {**one.unconverted, **left_out},
        )
    return [*found.values()]


def rate_sets(table: pa.Table) -> list[tuple[str, Phrase]]:
    """The rate sets (환율표) by which rows were converted: their streams, and what each version is called."""
    return [(it.partition("/")[0], _called(it)) for it in sorted(it for it in counted(table, "rate_set") if it)]


def _called(rate_set: str) -> Phrase:
    """The half-year and the version of `fx:2025S1/2`."""
    period, _, version = rate_set.removeprefix("fx:").partition("/")
    return PAGES["rate_set"].filled(half_year=half_year_name(period), version=version)
