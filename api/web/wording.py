"""Codes and values in words: statuses, ministries, fields of technology, what a fact chooses from a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from api.web.numbers import moment, plain
from domain.registry import STREAM
from domain.vocabulary import ACTIVITY_KINDS, CENTRE_KINDS, COOP_TYPES, LINK_KINDS, SCHEMES, Vocabulary, ministry
from domain.words import HANGUL, PAGES, STREAMS, TERMS, VALUES, Phrase, in_both
from replay.report.countries import country_name

LISTS: Mapping[str, tuple[Vocabulary, ...]] = {
    "kind": (CENTRE_KINDS, LINK_KINDS, ACTIVITY_KINDS),
    "coop_type": (COOP_TYPES,),
}
"""By field, the lists that it may choose from besides `VALUES`."""

STATUSES = ("status", "work")

COUNTRIES = ("country", "countries", "target_countries", "entities", "partners", "established")
"""Fields of countries; of partners a state says by their keys of which they are."""

CODED = (
    *("partner", "partners", "proposed_partners", "participants", "merged_into", "from_org", "to_org"),
    *("other", "others", "other_centre", "hub", "hubs", "shares"),
)
"""Fields that hold the key of a partner, a centre or a hub, or have a value for each."""

UNSORTED = ("closed_days", "decisions", "tested")
"""Fields that hold values in no order."""

ALIKE = {"coop_types": "coop_type", "items": "kind", "screened": "result"}
"""Fields of states that hold values of another by some key."""

KEYS = {"first_response_minutes": "severity", "resolve_minutes": "severity", "established": "country"}
"""Fields that hold a value for each of those of another."""

TOLD_AS_TEXT = ("rates", "value")
"""Fields whose numbers a state writes as texts, to the last digit."""

NUMBER = re.compile(r"-?\d+(\.\d+)?")

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def status_of(kind: str, name: str) -> Phrase:
    """The status of a stream of a kind in words; the word of the record where it has no others."""
    try:
        return STREAMS.status(kind, name)
    except KeyError:
        return Phrase(name, name)


def value_in_words(field: str, value: Any, kind: str, day: date) -> Phrase:
    """The value of a field in words, in an entry or a state of a stream of a kind; itself where it is a text."""
    if isinstance(value, bool):
        return PAGES["yes" if value else "no"]
    if isinstance(value, int | float) and field not in VALUES:
        return _same(plain(value) if field not in ("year", "reference_year") else str(value))
    text = str(value)
    field = ALIKE.get(field, field)
    if field in TOLD_AS_TEXT and NUMBER.fullmatch(text):
        return _same(plain(text))
    if field == "unit" and text in TERMS.units:
        return TERMS.units[text]
    if field in STATUSES:
        return status_of(kind, text)
    if named := VALUES.get(field, {}).get(text):
        return named
    if field == "ministry":
        return ministry_of(text, day)
    if field in COUNTRIES:
        return country_of(text)
    if is_instant(text):
        return _same(moment(datetime.fromisoformat(text)))
    scheme, slash, class_ = text.partition("/")
    lists = (SCHEMES[scheme],) if slash and scheme in SCHEMES else LISTS.get(field, ())
    term = next((found for it in lists if (found := it.find(class_ or text))), None)
    return in_both(term.ko, term.en, text) if term else _same(text)


def is_instant(value: Any) -> bool:
    """Whether a value is an instant as the record writes it."""
    return isinstance(value, str) and INSTANT.fullmatch(value) is not None


def is_stream(value: Any) -> bool:
    """Whether a value is the name of a stream, of a kind that there is."""
    return isinstance(value, str) and STREAM.fullmatch(value) is not None and value.partition(":")[0] in STREAMS.kinds


def ministry_of(code: str, day: date) -> Phrase:
    """The name of a ministry on a day; its code where the list has no name for it."""
    term = ministry(code, day)
    return in_both(term.ko, term.en, code) if term else _same(code)


def country_of(code: str) -> Phrase:
    """A country by its name, with its code."""
    ko, en = country_name(code)
    return Phrase(code, code) if ko == code else Phrase(f"{ko}({code})", f"{en} ({code})")


def region_of(code: str) -> Phrase:
    return TERMS.regions.get(code, _same(code))


def korean(text: str) -> bool:
    """Whether there is Korean in a text, which a page in English says is Korean."""
    return HANGUL.search(text) is not None


def money_in_words(amount: str, currency: str) -> Phrase:
    """A sum as it was reported, in its own currency."""
    number = plain(amount)
    return Phrase(f"{number}원" if currency == "KRW" else f"{number} {currency}", f"{number} {currency}")


def _same(text: str) -> Phrase:
    return Phrase(text, text)
