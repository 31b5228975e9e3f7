"""A figure that follows its rows one by one: what SQL makes of all of them, kept up as rows come and go."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

Number = Fraction | int

_FORM = re.compile(r"(?:(?P<times>\d+) \* )?(?P<of>.+?)(?: / (?P<by>\d[\d.]*))?")


class RunningFigure:
    """Rows are dicts of `amount`, and of `against`, `key` and `country` where the aggregate uses them."""

    def __init__(self, value: Callable[[RunningFigure], Number | None]) -> None:
        self._value = value
        self.rows = 0
        self.amounts: list[Fraction] = []
        self.total = Fraction()
        self.against = Fraction()
        self.keys: Counter[str] = Counter()
        self.pairs: Counter[tuple[str | None, Fraction]] = Counter()
        self.places: dict[str | None, Fraction] = {}

    @classmethod
    def of(cls, aggregate: str) -> RunningFigure | None:
        """None for an aggregate that is known to SQL alone."""
        found = _FORM.fullmatch(aggregate)
        assert found
        if (value := _FORMS.get(found["of"].replace("::DOUBLE", ""))) is None:
            return None
        factor = Fraction(found["times"] or 1) / Fraction(found["by"] or 1)
        return cls(lambda it: None if (told := value(it)) is None else factor * told)

    @property
    def value(self) -> float | None:
        told = self._value(self)
        return None if told is None else float(told)

    def add(self, row: dict[str, Any]) -> None:
        self._count(row, 1)

    def remove(self, row: dict[str, Any]) -> None:
        self._count(row, -1)

    def _count(self, row: dict[str, Any], by: int) -> None:
        self.rows += by
        if row.get("key") is not None:
            self.keys[row["key"]] += by
            self.keys += Counter()
        if row.get("against") is not None:
            self.against += by * Fraction(row["against"])
        if row["amount"] is None:
            return
        amount = Fraction(row["amount"])
        self.total += by * amount
        self.pairs[row.get("key"), amount] += by
        self.pairs += Counter()
        place = row.get("country")
        self.places[place] = self.places.get(place, Fraction()) + by * amount
        if by > 0:
            insort(self.amounts, amount)
        else:
            del self.amounts[bisect_left(self.amounts, amount)]


def _mean(it: RunningFigure) -> Number | None:
    return it.total / len(it.amounts) if it.amounts else None


def _quantile(it: RunningFigure, share: Fraction) -> Number | None:
    if not it.amounts:
        return None
    at = share * (len(it.amounts) - 1)
    low, part = it.amounts[int(at)], at - int(at)
    return low + part * (it.amounts[int(at) + 1] - low) if part else low


def _ratio(it: RunningFigure) -> Number | None:
    return it.total / it.against if it.amounts and it.against else None


def _told_ratio(it: RunningFigure) -> Number | None:
    return None if not it.total and len(it.amounts) < it.rows else _ratio(it)


def _each_once(it: RunningFigure) -> Number | None:
    return sum((amount for _, amount in it.pairs), Fraction()) if it.amounts else None


def _diversity(it: RunningFigure) -> Number | None:
    return 1 - sum((weight / it.total) ** 2 for weight in it.places.values()) if it.total else None


_FORMS: dict[str, Callable[[RunningFigure], Number | None]] = {
    "count(*)": lambda it: it.rows,
    "count(DISTINCT key)": lambda it: len(it.keys),
    "sum(amount)": lambda it: it.total if it.amounts else None,
    "avg(amount)": _mean,
    "median(amount)": lambda it: _quantile(it, Fraction(1, 2)),
    "quantile_cont(amount, 0.9)": lambda it: _quantile(it, Fraction(9, 10)),
    "sum(amount) / nullif(sum(against), 0)": _ratio,
    "ratio(list(amount), list(against))": _told_ratio,
    "each_once(list(key), list(amount))": _each_once,
    "diversity(list(country), list(amount))": _diversity,
}
