"""Half-year (상반기 / 하반기): the period of the national check, in Asia/Seoul."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

import msgspec

from domain.messages import Invalid

SEOUL = timezone(timedelta(hours=9))
"""Asia/Seoul has kept +09:00 since 1988, so a period needs no zone database."""


class HalfYear(msgspec.Struct, frozen=True, order=True):
    """`2025S1` is January to June 2025 in Seoul; it starts at 2024-12-31T15:00Z."""

    year: int
    half: int

    @classmethod
    def parse(cls, text: str) -> HalfYear:
        """Raises ValueError unless `text` reads like 2025S1."""
        if not (found := re.fullmatch("([12][0-9]{3})S([12])", text)):
            raise Invalid("value.half_year", text=repr(text))
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: datetime) -> HalfYear:
        local = moment.astimezone(SEOUL)
        return cls(local.year, 1 if local.month <= 6 else 2)

    @property
    def starts_at(self) -> datetime:
        return datetime(self.year, 1 if self.half == 1 else 7, 1, tzinfo=SEOUL).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment that no longer belongs to it."""
        return self.next.starts_at

    @property
    def last_moment(self) -> datetime:
        """The last microsecond that belongs to it."""
        return self.ends_at - timedelta(microseconds=1)

    @property
    def next(self) -> HalfYear:
        return HalfYear(self.year, 2) if self.half == 1 else HalfYear(self.year + 1, 1)

    @property
    def previous(self) -> HalfYear:
        return HalfYear(self.year, 1) if self.half == 2 else HalfYear(self.year - 1, 2)

    def __str__(self) -> str:
        return f"{self.year}S{self.half}"


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day in Seoul, in UTC: what `valid=2025-06-30` means."""
    return datetime.combine(day, time(14, 59, 59, 999999), UTC)
