"""Bounds on the values of a new fact, for the sake of what is computed with them: days, times, amounts, digits.

A rule of admission: stored facts are not checked again. What an older record holds beyond these bounds can be read as
before, and voided, corrected or withdrawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias, get_args

import msgspec

from domain.effect import APART, days_apart, effective_day
from domain.facts.partner import PartnerRegistered
from domain.facts.project_work import FundingSpent
from domain.field_paths import FieldPath, field_paths, values_at
from domain.record import Entry, Fact, Refused
from domain.registry import TYPES, EntryCorrected, tag
from domain.values import Period

FIRST_MOMENT = datetime(1999, 12, 31, 15, tzinfo=UTC)
"""2000-01-01 in Seoul. No hub did anything before it: such a time is a default value of the sending system."""
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
"""The range of days that a fact names: terms, due days, calendars. For "for ever" the day is left out."""
FIRST_DAY_DONE = date(2000, 1, 1)
"""The earliest day (`on`) on which something was done."""
DIGITS = 18
"""Digits before the point of a number: the tables can hold the sum of a hundred million such amounts."""
MINUTES = 10 * 366 * 24 * 60
"""A promise is at most ten years long, counted day and night."""
PROMISES = ("first_response_minutes", "resolve_minutes")

_ROR = re.compile("[0-9a-z]{9}")
_PERIOD = re.compile(get_args(Period)[1].pattern, re.ASCII)

Constraint: TypeAlias = type | re.Pattern[str]
"""What is at the end of a path: a day, a moment, a number, or text in this shape."""


def check_day(entry: Entry[Any], now: datetime) -> None:
    """Raises Refused if the day of an observation is still to come; a decision may name such a day."""
    fact, path = _said(entry)
    if not fact.decided and days_apart(fact, now) < -APART:
        raise Refused(
            "date.future", path=f"{path}{fact.effective_on}", day=effective_day(fact), field=fact.effective_on
        )


def _said(entry: Entry[Any]) -> tuple[Fact, str]:
    """The fact that an entry states, or that a correction restates, and the path to it."""
    fact = entry.fact
    return (fact.data, "$.data.data.") if isinstance(fact, EntryCorrected) else (fact, "$.data.")


def check_bounds(entry: Entry[Any]) -> None:
    """Raises Refused with the path of a value that no record of the world can hold, and how to correct it."""
    fact, path = _said(entry)
    if entry.occurred_at < FIRST_MOMENT:
        raise _too_early("$.time", "time")
    if isinstance(entry.fact, EntryCorrected) and entry.fact.occurred_at < FIRST_MOMENT:
        raise _too_early("$.data.occurred_at", "occurred_at")
    if isinstance(fact, PartnerRegistered) and fact.ror is not None:
        _shape(_ROR, fact.ror, "ror", path + "ror")
    for field, given, way in constraints_of(tag(fact)):
        for value in values_at(getattr(fact, field), way):
            if isinstance(given, re.Pattern):
                _shape(given, value, field, path + field)
            elif given is date:
                _day(value, field, path + field)
            elif given is datetime and value < FIRST_MOMENT:
                raise _too_early(path + field, field)
            elif given is Decimal:
                _number(value, field, path + field)
                if value < 0 and way[-1:] == (".amount",) and not isinstance(fact, FundingSpent):
                    # agreed, paid out or promised; what was spent and is paid back is spent below zero
                    raise Refused("number.below_zero", field=field, path=path + field)
            elif given is int and field in PROMISES and value > MINUTES:
                raise Refused("number.out_of_range", "minutes", field=field, path=path + field, most=MINUTES)


@cache
def constraints_of(type_: str) -> tuple[tuple[str, Constraint, FieldPath], ...]:
    """For a fact type, each field that holds a day, a moment, a number or a text in some shape, and the path to it."""
    fields: tuple[msgspec.structs.FieldInfo, ...] = msgspec.structs.fields(TYPES[type_])
    return tuple((it.name, told, way) for it in fields for told, way in field_paths(it.type, _constraints))


def _constraints(type_: Any, metas: tuple[Any, ...]) -> Iterator[Constraint]:
    if type_ in (date, datetime, Decimal, int):
        yield type_
    for meta in metas:
        if isinstance(meta, msgspec.Meta) and meta.pattern is not None:
            yield re.compile(meta.pattern, re.ASCII)


def _shape(shape: re.Pattern[str], value: str, field: str, path: str) -> None:
    """Applies the pattern of a field strictly: digits are 0 to 9, and nothing follows its end, not even a line
    break."""
    if not shape.fullmatch(value):
        raise Refused("text.shape", field=field, path=path, form=shape.pattern)
    if shape == _PERIOD and value < "2000S1":
        raise Refused("date.out_of_range", "half_year", field=field, path=path)


def _day(value: date, field: str, path: str) -> None:
    first = FIRST_DAY_DONE if field == "on" else FIRST_DAY
    if not first <= value <= LAST_DAY:
        raise Refused("date.out_of_range", "day", field=field, path=path, first=first, last=LAST_DAY)


def _number(value: Decimal, field: str, path: str) -> None:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -12 or value.adjusted() >= DIGITS:
        raise Refused("number.out_of_range", "digits", field=field, path=path, digits=DIGITS)


def _too_early(path: str, field: str) -> Refused:
    return Refused("time.too_early", path=path, first=FIRST_MOMENT, field=field)
