"""Figures for people: thousands apart, money in its everyday unit, what is absent with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from markupsafe import Markup

from domain.period import SEOUL
from domain.words import PAGES, TERMS, Phrase
from projections.definitions import INDICATORS
from replay.report.numbers import MINUS, MOST_PLACES, agreeing_places, format_figure, places_apart, scaled


class Amount(NamedTuple):
    """A number and what is written before and behind it in a language."""

    before: str
    number: str
    behind: str


def amount(value: Any, unit: str, language: str, places: int = 2) -> Amount:
    """A figure as a language writes it."""
    number = format_figure(str(scaled(value, unit, language)), places)
    words = TERMS.amounts[unit][language == "en"]
    if language == "en" and number == "1":
        words = TERMS.one.get(unit, words)
    before, _, behind = words.partition("{n}")
    return Amount(before, number, behind)


def in_words(value: Any, unit: str, language: str, places: int = 2) -> str:
    """The same as one text."""
    return "".join(amount(value, unit, language, places))


def row_places(row: Mapping[str, Any], language: str) -> int:
    """How many decimals it takes to show that a figure differs from what was published, and from a missed target."""
    missed = row.get("target") if row.get("attained") is False else None
    others = [it for it in (row.get("published"), missed) if it is not None]
    value = round(Decimal(str(row["value"])), MOST_PLACES)
    return places_apart(*(scaled(it, row["unit"], language) for it in (value, *others)))


def today_places(row: Mapping[str, Any], language: str) -> int:
    """How many decimals it takes to show that the figure of a row differs from its figure of today."""
    values = [it for it in (row["value"], row["today"]["value"]) if it is not None]
    return places_apart(*(scaled(round(Decimal(str(it)), MOST_PLACES), row["unit"], language) for it in values))


def moved_by(moved: str, code: str, language: str) -> str:
    """By how much an entry moves the figure of an indicator, with its sign."""
    by = Decimal(moved)
    before, number, behind = amount(abs(by), INDICATORS[code].unit, language)
    return f"{before}{'+' if by > 0 else '−'}{number}{behind}"


def changed(value: Any, previous: Any, unit: str, language: str, places: int = 2) -> str:
    """By how much a figure differs from another, to two decimals, or as many as it takes not to be zero."""
    return format_figure(str(abs(scaled(value, unit, language) - scaled(previous, unit, language))), places)


def sides_places(before: Any, after: Any, unit: str, language: str) -> int:
    """To how many decimals two figures and their difference are shown together: enough that it is the difference of the
    two as shown."""
    if before is None or after is None:
        return 2
    was, is_ = (scaled(it, unit, language) for it in (before, after))
    return agreeing_places(str(was), str(is_), str(is_ - was))


def plain(value: Any) -> str:
    """A number as it is, thousands apart, without the zeros at its end."""
    text = f"{Decimal(str(value)):,f}".replace("-", MINUS)
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


def timed(at: datetime | date | None) -> str | Markup:
    """The same on a page: an element that says an instant to the second, with its offset."""
    match at:
        case None:
            return moment(at)
        case datetime():
            exact = at.astimezone(SEOUL).isoformat(timespec="seconds")
        case _:
            exact = at.isoformat()
    return Markup('<time datetime="{}">{}</time>').format(exact, moment(at))
