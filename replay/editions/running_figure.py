"""A figure that follows its rows one by one: what SQL makes of all of them, kept up as rows come and go."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pyarrow as pa

Number = Fraction | int
Share = tuple[Number, Number]
"""A number as one of these over the other: whole ones are divided once, and rounded once."""

SCALE = 10**12 << 64
"""Amounts are whole numbers of so many parts of one, exactly: decimals of twelve places, and nearly every float."""

_FORM = re.compile(r"(?:(?P<times>\d+) \* )?(?P<of>.+?)(?: / (?P<by>\d[\d.]*))?")


class Row(NamedTuple):
    """What a figure makes of one row of its evidence; None where it uses no such column, or the row has nothing."""

    amount: Number | None
    against: Number | None
    key: str | None
    country: str | None


def rows_of(table: pa.Table) -> list[Row]:
    """The rows of evidence with the columns `amount`, and `against`, `key` and `country` where they are used."""

    def column(name: str) -> list[object]:
        return table[name].to_pylist() if name in table.column_names else [None] * table.num_rows

    amounts, against = (map(_scaled, column(name)) for name in ("amount", "against"))
    return [*map(Row, amounts, against, column("key"), column("country"))]  # type: ignore[arg-type]


def _scaled(said: object) -> Number | None:
    match said:
        case None:
            return None
        case int():
            return said * SCALE
        case float() | Decimal():
            over, under = said.as_integer_ratio()
            times, rest = divmod(SCALE, under)
            return Fraction(over * SCALE, under) if rest else over * times
    raise TypeError(f"an amount is no {type(said)}")


class RunningFigure:
    """The value of a figure over the rows that came and have not gone."""

    def __init__(self, told: Callable[[RunningFigure], Share | None], factor: Fraction, ordered: bool) -> None:
        self._told = told
        self._factor = factor
        self._ordered = ordered
        self.rows = 0
        self.told = 0
        self.amounts: list[Number] = []
        self.total: Number = 0
        self.against: Number = 0
        self.keys: Counter[str] = Counter()
        self.pairs: Counter[tuple[str | None, Number]] = Counter()
        self.places: Counter[str] = Counter()

    @classmethod
    def of(cls, aggregate: str) -> RunningFigure | None:
        """None for an aggregate that is known to SQL alone."""
        found = _FORM.fullmatch(aggregate)
        assert found
        if (told := _FORMS.get(found["of"].replace("::DOUBLE", ""))) is None:
            return None
        factor = Fraction(found["times"] or 1) / Fraction(found["by"] or 1)
        return cls(told, factor, found["of"].startswith(("median", "quantile")))

    @property
    def value(self) -> float | None:
        if (told := self._told(self)) is None:
            return None
        over, under = told
        return float(over * self._factor.numerator / (under * self._factor.denominator))

    def begin(self, rows: Iterable[Row]) -> None:
        """Adds many rows to none."""
        ordered, self._ordered = self._ordered, False
        for row in rows:
            self._count(row, 1)
            if ordered and row.amount is not None:
                self.amounts.append(row.amount)
        self.amounts.sort()
        self._ordered = ordered

    def add(self, row: Row) -> None:
        self._count(row, 1)

    def remove(self, row: Row) -> None:
        self._count(row, -1)

    def _count(self, row: Row, by: int) -> None:
        self.rows += by
        amount, against, key, country = row
        if key is not None:
            self.keys[key] += by
            if not self.keys[key]:
                del self.keys[key]
        if against is not None:
            self.against += by * against
        if amount is None:
            return
        self.told += by
        self.total += by * amount
        pair = key, amount
        self.pairs[pair] += by
        if not self.pairs[pair]:
            del self.pairs[pair]
        if country is not None:
            self.places[country] += by * amount  # type: ignore[assignment]
        if not self._ordered:
            return
        if by > 0:
            insort(self.amounts, amount)
        else:
            del self.amounts[bisect_left(self.amounts, amount)]


def _sum(it: RunningFigure) -> Share | None:
    return (it.total, SCALE) if it.told else None


def _mean(it: RunningFigure) -> Share | None:
    return (it.total, SCALE * it.told) if it.told else None


def _quantile(it: RunningFigure, share: Fraction) -> Share | None:
    if not it.amounts:
        return None
    at, part = divmod(share.numerator * (len(it.amounts) - 1), share.denominator)
    low = it.amounts[at]
    between = part * (it.amounts[at + 1] - low) if part else 0
    return low * share.denominator + between, SCALE * share.denominator


def _ratio(it: RunningFigure) -> Share | None:
    return (it.total, it.against) if it.told and it.against else None


def _told_ratio(it: RunningFigure) -> Share | None:
    return None if not it.total and it.told < it.rows else _ratio(it)


def _each_once(it: RunningFigure) -> Share | None:
    return (sum(amount for _, amount in it.pairs), SCALE) if it.told else None


def _diversity(it: RunningFigure) -> Share | None:
    if not it.total:
        return None
    squared = it.total * it.total
    return squared - sum(weight * weight for weight in it.places.values()), squared


_FORMS: dict[str, Callable[[RunningFigure], Share | None]] = {
    "count(*)": lambda it: (it.rows, 1),
    "count(DISTINCT key)": lambda it: (len(it.keys), 1),
    "sum(amount)": _sum,
    "avg(amount)": _mean,
    "median(amount)": lambda it: _quantile(it, Fraction(1, 2)),
    "quantile_cont(amount, 0.9)": lambda it: _quantile(it, Fraction(9, 10)),
    "sum(amount) / nullif(sum(against), 0)": _ratio,
    "ratio(list(amount), list(against))": _told_ratio,
    "each_once(list(key), list(amount))": _each_once,
    "diversity(list(country), list(amount))": _diversity,
}
