"""FX rate set (환율표), in versions: an act, judged as it is made.

A version never changes; an edition names the version it was computed with, and keeps it when it is withdrawn (철회), as
one that was published wrongly is. One event holds about 2,500 rates, a
half-year of twelve currencies by the day, so that a set is kept for each half-year (`fx:2025S1`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeAlias, assert_never

from domain.acts.versions import Versions
from domain.messages import Invalid
from domain.record import Entry, Fact
from domain.values import Currency, Text, check_currency, check_exact


class FxRateSetPublished(Fact, frozen=True, tag="fx.published"):
    """KRW for one unit of each currency on each day; `as_of` is the day on which the source was read."""

    version: int
    as_of: date
    source: Text
    rates: dict[Currency, dict[date, Decimal]]

    def __post_init__(self) -> None:
        if not self.rates:
            raise Invalid("value.rates")
        for code, by_day in self.rates.items():
            check_currency(code)
            if code == "KRW":
                raise Invalid("value.rate_of_krw")
            for day, rate in by_day.items():
                check_exact(rate, f"the rate of {code} on {day}")
                if rate <= 0:
                    raise Invalid("value.rate", currency=code, day=day)


class FxRateSetWithdrawn(Fact, frozen=True, tag="fx.withdrawn"):
    """A version of a rate set was wrong (공표 철회). It counts as not there; its number is not used again."""

    version: int
    reason: Text


FxFact: TypeAlias = FxRateSetPublished | FxRateSetWithdrawn


initial = Versions[FxRateSetPublished]()


def judge(rate_set: Versions[FxRateSetPublished], entry: Entry[FxFact]) -> None:
    """Raises Refused unless this is the next version, or withdraws one in force."""
    if isinstance(entry.fact, FxRateSetWithdrawn):
        rate_set.check_standing("fx.not_standing", entry.fact.version)
    else:
        rate_set.check_next("fx.wrong_version", entry.fact.version)


def evolve(rate_set: Versions[FxRateSetPublished], entry: Entry[FxFact]) -> Versions[FxRateSetPublished]:
    match entry.fact:
        case FxRateSetPublished() as published:
            return rate_set.followed_by(published)
        case FxRateSetWithdrawn(version=version):
            return rate_set.without(version)
        case unknown:
            assert_never(unknown)
