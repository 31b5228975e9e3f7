"""FX rate set (환율표), in versions: an act, judged as it is made.

A version never changes; an edition names the version it was computed with, and keeps it when it is withdrawn (철회), as
one that was published wrongly is. One event holds about 2,500 rates, a
half-year of twelve currencies by the day, so that a set is kept for each half-year (`fx:2025S1`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.record import Entry, Fact, Refused
from domain.values import Currency, Text, check_currency, check_exact


class FxRateSetPublished(Fact, frozen=True, tag="fx.published"):
    """KRW for one unit of each currency on each day; `as_of` is the day on which the source was read."""

    version: int
    as_of: date
    source: Text
    rates: dict[Currency, dict[date, Decimal]]

    def __post_init__(self) -> None:
        if not self.rates:
            raise ValueError("rates name at least one currency")
        for code, by_day in self.rates.items():
            check_currency(code)
            if code == "KRW":
                raise ValueError("rates are in KRW; KRW itself has none")
            for day, rate in by_day.items():
                check_exact(rate, f"the rate of {code} on {day}")
                if rate <= 0:
                    raise ValueError(f"the rate of {code} on {day} is more than 0")


class FxRateSetWithdrawn(Fact, frozen=True, tag="fx.withdrawn"):
    """A version was published wrongly (공표 철회). It counts as not there; its number is not used again."""

    version: int
    reason: Text


FxFact: TypeAlias = FxRateSetPublished | FxRateSetWithdrawn


class FxRateSet(msgspec.Struct, frozen=True):
    """Where it stands.

    version 1 > version 2 > ... ; each published whole ; any > withdrawn
    """

    versions: tuple[FxRateSetPublished, ...] = ()
    withdrawn: frozenset[int] = frozenset()

    @property
    def standing(self) -> dict[int, FxRateSetPublished]:
        return {number: it for number, it in enumerate(self.versions, 1) if number not in self.withdrawn}

    @property
    def status(self) -> str:
        return "published" if self.standing else "none"


initial = FxRateSet()


def judge(rate_set: FxRateSet, entry: Entry[FxFact]) -> None:
    """Raises Refused unless this is the version that follows, or withdraws one that stands."""
    if isinstance(entry.fact, FxRateSetWithdrawn):
        if entry.fact.version not in rate_set.standing:
            raise Refused(
                "fx.not_standing",
                "no version of this number stands; what is withdrawn was published and not withdrawn before",
                version=entry.fact.version,
                standing=sorted(rate_set.standing),
            )
        return
    expected = len(rate_set.versions) + 1
    if entry.fact.version != expected:
        raise Refused(
            "fx.wrong_version",
            f"the next version of this rate set is {expected}; a version never changes",
            version=entry.fact.version,
            expected=expected,
        )


def evolve(rate_set: FxRateSet, entry: Entry[FxFact]) -> FxRateSet:
    match entry.fact:
        case FxRateSetPublished() as published:
            return replace(rate_set, versions=(*rate_set.versions, published))
        case FxRateSetWithdrawn(version=version):
            return replace(rate_set, withdrawn=rate_set.withdrawn | {version})
        case unknown:
            assert_never(unknown)
