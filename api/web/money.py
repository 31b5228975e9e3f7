"""Sums of money in won, by the rates of the record, and what could not be converted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from api.web.page import Row

Label = tuple[str, str]
"""What a sum is of, and more closely."""


class Sum(NamedTuple):
    """Money in won. Of `entries` so many went by the rate of an `earlier` day; `unconverted` is, by currency, what no
    rate was there for, and is not in it."""

    label: Label
    krw: Decimal
    entries: int
    earlier: int
    unconverted: Mapping[str, Decimal]


def sums(rows: Iterable[Row], label: Callable[[Row], Label]) -> list[Sum]:
    """The sums of rows of money (`krw`, `rate_age`, `amount`, `currency`) that have the same label, as they come."""
    found: dict[Label, list[Row]] = {}
    for row in rows:
        found.setdefault(label(row), []).append(row)
    return [_sum(it, told) for it, told in found.items()]


def _sum(label: Label, rows: Iterable[Row]) -> Sum:
    krw, entries, earlier = Decimal(0), 0, 0
    missing: dict[str, Decimal] = {}
    for row in rows:
        entries += 1
        earlier += bool(row["rate_age"])
        if row["krw"] is None:
            missing[row["currency"]] = missing.get(row["currency"], Decimal(0)) + Decimal(str(row["amount"]))
        else:
            krw += Decimal(str(row["krw"]))
    return Sum(label, krw, entries, earlier, missing)


def rate_sets(rows: Iterable[Row]) -> list[str]:
    """The versions of rate sets (환율표) by which rows were converted."""
    return sorted({row["rate_set"] for row in rows if row["rate_set"]})
