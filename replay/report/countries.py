"""The names of countries in Korean and English: from the list of countries, else from CLDR."""

from __future__ import annotations

from functools import cache

from babel import Locale

from domain.vocabulary import COUNTRIES
from domain.words import Phrase


@cache
def country_name(code: str) -> Phrase:
    """The name of a country of ISO 3166-1; its code if it has no name."""
    term = COUNTRIES.find(code)
    if term and term.ko and term.en:
        return Phrase(term.ko, term.en)
    ko, en = (Locale(language).territories.get(code, code) for language in ("ko", "en"))
    return Phrase(ko, en)
