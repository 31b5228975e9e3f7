"""How figures are written for people: the number of decimals, and money in the units of each language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from domain.phrase import LANGUAGES, Phrase
from domain.words import TERMS
from replay.editions.comparisons import Comparison

MINUS = "−"
MOST_PLACES = 6
"""The number of decimals of figures in editions."""

PARTS: Mapping[str, Mapping[str, int]] = {"KRW": {"ko": 100_000_000, "en": 1_000_000}}
"""The display unit of money in each language: 억 and millions, as in `TERMS.amounts`."""

NEITHER = Phrase("–", "–")
ATTAINED: Mapping[bool, Phrase] = {True: TERMS.attained.yes, False: TERMS.attained.no}


def format_figure(value: str | None, places: int = 2) -> str:
    """A figure for people: thousands separated, two decimals at most, or as many as it takes not to show zero."""
    if value is None:
        return "–"
    number = Decimal(value)
    text = f"{number:,.{max(places, -number.adjusted()) if number else places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)


def format_change(delta: str | None, places: int = 2) -> str:
    if delta is None:
        return "–"
    text = format_figure(delta, places)
    return f"+{text}" if Decimal(delta) > 0 else text


def agreeing_places(before: str | None, after: str | None, delta: str | None) -> int:
    """The number of decimals, two at least, with which a shown change is the difference of the two shown figures."""
    if before is None or after is None or delta is None:
        return 2
    was, is_, by = map(Decimal, (before, after, delta))
    least = max(2, -by.adjusted()) if by else 2
    for places in range(least, MOST_PLACES):
        if round(is_, places) - round(was, places) == round(by, places):
            return places
    return MOST_PLACES


def places_apart(value: Decimal, *others: Decimal) -> int:
    """The number of decimals, two at least, with which a figure looks different from others that it does not equal."""
    differ = [it for it in others if it != value]
    places = 2
    while any(format_figure(str(it), places) == format_figure(str(value), places) for it in differ):
        places += 1
    return places


def scaled(value: object, unit: str, language: str) -> Decimal:
    """A figure in the display unit of a language."""
    return Decimal(str(value)) / PARTS.get(unit, {}).get(language, 1)


def unit_in_report(unit: str) -> Phrase:
    """What figures of a unit count: money in the display unit of each language (억 원, million KRW)."""
    if unit not in PARTS:
        return TERMS.units[unit]
    return Phrase(*(it.replace("{n}", "").strip() for it in TERMS.amounts[unit]))


def exact(value: object, unit: str) -> Phrase | None:
    """The full amount, if it is shown in a display unit; None if it is shown as it is."""
    if unit not in PARTS:
        return None
    number = format_figure(str(value), MOST_PLACES)
    return Phrase(f"{number}{TERMS.units[unit].ko}", f"{number} {TERMS.units[unit].en}")


def target_places(it: Comparison | None, unit: str, language: str) -> int:
    """The number of decimals with which a figure that missed its target looks different from it."""
    if it is None or it.attained is not False or it.value is None or it.target is None:
        return 2
    return places_apart(scaled(it.value, unit, language), scaled(it.target, unit, language))


def compared_places(it: Comparison | None, unit: str, language: str) -> int:
    """The number of decimals with which a figure, the one before, the change and the target are shown together."""
    if it is None:
        return 2
    agreeing = agreeing_places(*(_part(value, unit, language) for value in (it.before, it.value, it.change)))
    return max(agreeing, target_places(it, unit, language))


def figure_told(
    value: str | None,
    unit: str,
    compared: Comparison | None = None,
    places: Callable[[Comparison | None, str, str], int] = compared_places,
) -> Phrase:
    """A figure in each language, with as many decimals as `places` gives for what it is compared with."""
    return Phrase(*(format_figure(_part(value, unit, it), places(compared, unit, it)) for it in LANGUAGES))


def told_apart(value: str | None, other: str | None, unit: str) -> Phrase:
    """A figure in each language, with enough decimals to look different from another that it does not equal."""
    if value is None or other is None:
        return figure_told(value, unit)
    places = (places_apart(scaled(value, unit, it), scaled(other, unit, it)) for it in LANGUAGES)
    return Phrase(*(format_figure(_part(value, unit, it), of) for it, of in zip(LANGUAGES, places, strict=True)))


class Moved(NamedTuple):
    """Two figures and their difference, each in both languages."""

    before: Phrase
    after: Phrase
    delta: Phrase


def moved(before: str | None, after: str | None, delta: str | None, unit: str) -> Moved:
    """Two figures and their difference, with enough decimals that it is the difference of the two as shown."""

    def in_language(language: str) -> tuple[str, str, str]:
        was, is_, by = (_part(it, unit, language) for it in (before, after, delta))
        places = agreeing_places(was, is_, by)
        return format_figure(was, places), format_figure(is_, places), format_change(by, places)

    ko, en = map(in_language, LANGUAGES)
    return Moved(*map(Phrase, ko, en))


def trend(it: Comparison | None, unit: str) -> Phrase:
    """The change since the half-year before, and whether that is better."""
    if it is None or it.change is None:
        return NEITHER
    by = [format_change(_part(it.change, unit, at), compared_places(it, unit, at)) for at in LANGUAGES]
    turned = TERMS.turned[it.turned] if it.turned else ("", "")
    return Phrase(*(f"{said} {word}".rstrip() for said, word in zip(by, turned, strict=True)))


def attainment(it: Comparison | None) -> Phrase:
    """Whether the target is attained, as a sign and a word; a dash if there is nothing to compare."""
    return NEITHER if it is None or it.attained is None else ATTAINED[it.attained]


def _part(value: str | None, unit: str, language: str) -> str | None:
    return None if value is None else str(scaled(value, unit, language))
