"""When a fact takes effect (효력 발생): by the civil day that it names, else when it happened.

A fact has two times: `time`, when somebody says that it happened, and, for some types, the day (`on`) on which it takes
effect. That day is what counts: for half-years, for what holds at a moment, for order. A civil day is a day of the
national calendar, in Asia/Seoul.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from domain.period import SEOUL, end_of_day
from domain.record import Fact

APART = 1
"""How many days the day and the time of an observation may be apart: enough for every time zone on Earth."""


def effective_day(fact: Fact) -> date | None:
    """The civil day that a fact names; None where it takes effect when it happened."""
    return None if fact.effective_on is None else getattr(fact, fact.effective_on)


def effective_at(fact: Fact, occurred_at: datetime) -> datetime:
    """The moment from which a fact holds, in UTC: when it happened, or the nearest moment of the day that it names."""
    if (day := effective_day(fact)) is None:
        return occurred_at
    return max(_start_of(day), min(occurred_at, end_of_day(day)))


def days_apart(fact: Fact, occurred_at: datetime) -> int:
    """How many days of Seoul the day of a fact is after its time (before it: less than 0); 0 without a day."""
    day = effective_day(fact)
    return 0 if day is None else (occurred_at.astimezone(SEOUL).date() - day).days


def _start_of(day: date) -> datetime:
    """The first moment of a day in Seoul, in UTC; for the first possible day, the first possible moment."""
    midnight = datetime.combine(day, time(), UTC)
    return midnight - timedelta(hours=9) if day > date.min else midnight
