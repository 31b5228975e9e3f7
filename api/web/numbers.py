"""Figures for people: thousands apart, money in its everyday unit, what is absent with its reason."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from domain.period import SEOUL
from domain.words import PAGES, TERMS, Phrase
from replay.report.content import format_figure

SCALES = {"KRW": {"ko": Decimal(100_000_000), "en": Decimal(1_000_000)}}
"""In which part of a unit each language tells it: 억 and millions, as `TERMS.amounts` writes them."""


class Amount(NamedTuple):
    """A number and what is written before and behind it in a language."""

    before: str
    number: str
    behind: str


def amount(value: Any, unit: str, language: str) -> Amount:
    """A figure as a language tells it."""
    number = Decimal(str(value)) / SCALES.get(unit, {}).get(language, 1)
    said = format_figure(str(number))
    words = TERMS.amounts[unit][language == "en"]
    if language == "en" and said == "1":
        words = TERMS.one.get(unit, words)
    before, _, behind = words.partition("{n}")
    return Amount(before, said, behind)


def in_words(value: Any, unit: str, language: str) -> str:
    """The same as one text."""
    return "".join(amount(value, unit, language))


def changed(value: Any, previous: Any, unit: str, language: str) -> str:
    """By how much a figure differs from the one before, as the difference of both as they are shown; to more decimals
    where it would be none."""
    is_, was = (Decimal(str(it)) / SCALES.get(unit, {}).get(language, 1) for it in (value, previous))
    shown = round(is_, 2) - round(was, 2)
    return format_figure(str(abs(shown or is_ - was)))


def plain(value: Any) -> str:
    """A number as it is, thousands apart, without the zeros at its end."""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def absent(why: str | None) -> Phrase:
    """Why a figure has no value."""
    return PAGES[f"why_{why or 'no_evidence'}"]


def moment(at: datetime | date | None) -> str:
    """A day, or an instant in Seoul."""
    match at:
        case datetime():
            return f"{at.astimezone(SEOUL):%Y-%m-%d %H:%M}"
        case None:
            return "–"
        case _:
            return at.isoformat()
