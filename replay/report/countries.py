"""What countries are called in Korean and English: as the list of countries says it, else as CLDR does."""

from __future__ import annotations

from functools import cache

from babel import Locale

from domain.vocabulary import COUNTRIES
from domain.words import Phrase


@cache
def country_name(code: str) -> Phrase:
    """A country of ISO 3166-1 by its name; its code where nobody names it."""
    term = COUNTRIES.find(code)
    if term and term.ko and term.en:
        return Phrase(term.ko, term.en)
    ko, en = (Locale(language).territories.get(code, code) for language in ("ko", "en"))
    return Phrase(ko, en)
