"""A figure updated row by row: the same that SQL computes from all rows, kept as rows come and go."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeVar

import pyarrow as pa

Number = Fraction | int
Share = tuple[Number, Number]
"""A fraction of two numbers: whole ones are divided once, and rounded once."""

Key = TypeVar("Key")

SCALE = 10**12 << 64
"""Amounts are exact whole multiples of 1/SCALE: decimals of twelve places, and nearly every float."""

_FORM = re.compile(r"(?:(?P<times>\d+) \* )?(?P<of>.+?)(?: / (?P<by>\d[\d.]*))?")


class Row(NamedTuple):
    """What a figure uses of one row of evidence; None where it uses no such column, or the row has no value."""

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


class Kept:
    """The state that an aggregate keeps of the rows added and not removed."""

    def begin(self, rows: Iterable[Row]) -> None:
        """Adds many rows to an empty state."""
        for row in rows:
            self.count(row, 1)

    def count(self, row: Row, by: int) -> None:
        """Adds a row (`by` is 1) or removes it (-1)."""
        raise NotImplementedError

    def share(self) -> Share | None:
        """The value of the aggregate; None where it has none."""
        raise NotImplementedError


class _Sums(Kept):
    def __init__(self, share: Callable[[_Sums], Share | None]) -> None:
        self._share = share
        self.rows = self.with_amount = 0
        self.total: Number = 0
        self.against: Number = 0

    def count(self, row: Row, by: int) -> None:
        self.rows += by
        if row.against is not None:
            self.against += by * row.against
        if row.amount is not None:
            self.with_amount += by
            self.total += by * row.amount

    def share(self) -> Share | None:
        return self._share(self)


class _Keys(Kept):
    def __init__(self) -> None:
        self._keys: Counter[str] = Counter()

    def count(self, row: Row, by: int) -> None:
        if row.key is not None:
            _recount(self._keys, row.key, by)

    def share(self) -> Share:
        return len(self._keys), 1


class _Amounts(Kept):
    """All amounts, sorted."""

    def __init__(self, quantile: Fraction) -> None:
        self._quantile = quantile
        self._amounts: list[Number] = []

    def begin(self, rows: Iterable[Row]) -> None:
        self._amounts = sorted(row.amount for row in rows if row.amount is not None)

    def count(self, row: Row, by: int) -> None:
        if row.amount is None:
            return
        if by > 0:
            insort(self._amounts, row.amount)
        else:
            del self._amounts[bisect_left(self._amounts, row.amount)]

    def share(self) -> Share | None:
        if not self._amounts:
            return None
        at, part = divmod(self._quantile.numerator * (len(self._amounts) - 1), self._quantile.denominator)
        low = self._amounts[at]
        between = part * (self._amounts[at + 1] - low) if part else 0
        return low * self._quantile.denominator + between, SCALE * self._quantile.denominator


class _Pairs(Kept):
    """Each pair of key and amount once."""

    def __init__(self) -> None:
        self._pairs: Counter[tuple[str | None, Number]] = Counter()

    def count(self, row: Row, by: int) -> None:
        if row.amount is not None:
            _recount(self._pairs, (row.key, row.amount), by)

    def share(self) -> Share | None:
        return (sum(amount for _, amount in self._pairs), SCALE) if self._pairs else None


class _Places(Kept):
    """The weight of each country."""

    def __init__(self) -> None:
        self._total: Number = 0
        self._places: dict[str, Number] = defaultdict(int)

    def count(self, row: Row, by: int) -> None:
        if row.amount is None:
            return
        self._total += by * row.amount
        if row.country is not None:
            self._places[row.country] += by * row.amount

    def share(self) -> Share | None:
        if not self._total:
            return None
        squared = self._total * self._total
        return squared - sum(weight * weight for weight in self._places.values()), squared


class RunningFigure:
    """The value of a figure over the rows added and not removed."""

    def __init__(self, kept: Kept, factor: Fraction) -> None:
        self._kept = kept
        self._factor = factor

    @classmethod
    def of(cls, aggregate: str) -> RunningFigure | None:
        """None for an aggregate that only SQL can compute."""
        found = _FORM.fullmatch(aggregate)
        assert found
        if (kept := _FORMS.get(found["of"].replace("::DOUBLE", ""))) is None:
            return None
        return cls(kept(), Fraction(found["times"] or 1) / Fraction(found["by"] or 1))

    @property
    def value(self) -> float | None:
        if (share := self._kept.share()) is None:
            return None
        over, under = share
        return float(over * self._factor.numerator / (under * self._factor.denominator))

    def begin(self, rows: Iterable[Row]) -> None:
        """Adds many rows to an empty state."""
        self._kept.begin(rows)

    def add(self, row: Row) -> None:
        self._kept.count(row, 1)

    def remove(self, row: Row) -> None:
        self._kept.count(row, -1)


def _recount(counter: Counter[Key], key: Key, by: int) -> None:
    counter[key] += by
    if not counter[key]:
        del counter[key]


def _sum(it: _Sums) -> Share | None:
    return (it.total, SCALE) if it.with_amount else None


def _mean(it: _Sums) -> Share | None:
    return (it.total, SCALE * it.with_amount) if it.with_amount else None


def _ratio(it: _Sums) -> Share | None:
    return (it.total, it.against) if it.with_amount and it.against else None


def _known_ratio(it: _Sums) -> Share | None:
    return None if not it.total and it.with_amount < it.rows else _ratio(it)


_FORMS: dict[str, Callable[[], Kept]] = {
    "count(*)": lambda: _Sums(lambda it: (it.rows, 1)),
    "count(DISTINCT key)": _Keys,
    "sum(amount)": lambda: _Sums(_sum),
    "avg(amount)": lambda: _Sums(_mean),
    "median(amount)": lambda: _Amounts(Fraction(1, 2)),
    "quantile_cont(amount, 0.9)": lambda: _Amounts(Fraction(9, 10)),
    "sum(amount) / nullif(sum(against), 0)": lambda: _Sums(_ratio),
    "ratio(list(amount), list(against))": lambda: _Sums(_known_ratio),
    "each_once(list(key), list(amount))": _Pairs,
    "diversity(list(country), list(amount))": _Places,
}
