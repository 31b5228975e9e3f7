"""Figures for people: thousands apart, money in its everyday unit, what is absent with its reason."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.period import SEOUL
from domain.words import PAGES, TERMS, Phrase
from replay.report.content import format_figure

EOK = Decimal(100_000_000)
"""억, in which Korean administration tells money."""

MILLION = Decimal(1_000_000)


def value_of(value: Any, unit: str, language: str) -> tuple[str, str]:
    """A figure and its unit, as words of a language."""
    number = Decimal(str(value))
    if unit == "KRW":
        return (
            (format_figure(str(number / EOK)), "억원")
            if language == "ko"
            else (format_figure(str(number / MILLION)), "million KRW")
        )
    return format_figure(str(number)), TERMS.units[unit][language == "en"]


def in_words(value: Any, unit: str, language: str) -> str:
    """The same as one text."""
    number, named = value_of(value, unit, language)
    return f"{number}{'' if named in ('%', '억원', '건', '원') else ' '}{named}"


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
