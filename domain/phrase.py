"""A word or sentence in both languages, and the values that it is filled with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from domain import josa

LANGUAGES = ("ko", "en")


class Phrase(NamedTuple):
    """A word or sentence in both languages."""

    ko: str
    en: str

    def filled(self, **values: object) -> Phrase:
        """With values in place of `{name}`; Korean particles (`{name}은(는)`) fit the value.

        A value that is itself a phrase is put in by its language, and a list with commas between its items. English has
        `{name:row|rows}` for the first word if the value is one, and the second if not.
        Raises KeyError for a value that is missing.
        """
        return Phrase(josa.filled(self.ko, _in(0, values)), _in_english(self.en, _in(1, values)))

    def said(self, language: str) -> str:
        """Its text in one of LANGUAGES."""
        return self[LANGUAGES.index(language)]


def any_of(words: Iterable[str]) -> Phrase:
    """One of several words, whichever."""
    there = [*words]
    return Phrase(" 또는 ".join(there), " or ".join(there))


def all_of(words: Iterable[str]) -> Phrase:
    """Several words together."""
    there = [*words]
    return Phrase(", ".join(there), " and ".join(there))


_NUMBER = re.compile(r"\{(\w+):([^{}|]*)\|([^{}|]*)\}")


def _in_english(text: str, values: Mapping[str, object]) -> str:
    plain = _NUMBER.sub(lambda found: found[2] if str(values[found[1]]) == "1" else found[3], text)
    return plain.format_map(values)


def _in(language: int, values: Mapping[str, object]) -> dict[str, Any]:
    return {name: _text(language, value) for name, value in values.items()}


def _text(language: int, value: object) -> object:
    match value:
        case Phrase():
            return value[language]
        case tuple() | list() | set() | frozenset():
            return ", ".join(str(_text(language, it)) for it in value)
        case _:
            return value
