"""When a fact takes effect (효력 발생): by the civil day that it names, else when it happened.

A fact says two things about time: `time`, when somebody says that it happened, and, of some types, the day (`on`) on
which it takes effect. That day is what counts: for half-years, for what holds at a moment, for order. A civil day is a
day of the national calendar, in Asia/Seoul.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from domain.period import SEOUL, end_of_day
from domain.record import Fact

APART = 1
"""So many days the day and the time of what was seen may be apart: everywhere on Earth it is then the same day."""


def effective_day(fact: Fact) -> date | None:
    """The civil day that a fact names; None where it takes effect when it happened."""
    return None if fact.effective_on is None else getattr(fact, fact.effective_on)


def effective_at(fact: Fact, occurred_at: datetime) -> datetime:
    """The moment from which a fact holds, in UTC: when it happened, or the nearest moment of the day that it names."""
    if (day := effective_day(fact)) is None:
        return occurred_at
    return max(_start_of(day), min(occurred_at, end_of_day(day)))


def days_apart(fact: Fact, occurred_at: datetime) -> int:
    """By how many days of Seoul the day of a fact is behind its time (ahead: less than 0); 0 without a day."""
    day = effective_day(fact)
    return 0 if day is None else (occurred_at.astimezone(SEOUL).date() - day).days


def _start_of(day: date) -> datetime:
    """The first moment of a day in Seoul, in UTC; of the first day that there is, the first moment there is."""
    midnight = datetime.combine(day, time(), UTC)
    return midnight - timedelta(hours=9) if day > date.min else midnight
