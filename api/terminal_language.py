"""The language of the terminal: `--lang`, else what the environment says (as POSIX: LC_ALL, LC_MESSAGES, LANG)."""

from __future__ import annotations

import os

from domain.messages import reason, sentence
from domain.phrase import LANGUAGES, Phrase

_chosen: list[str] = []


def choose_language(language: str) -> None:
    """From now on this process speaks it."""
    _chosen[:] = [language]


def language() -> str:
    if _chosen:
        return _chosen[0]
    locale = next(filter(None, (os.environ.get(it) for it in ("SAGWAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))), "")
    found = locale[:2].lower()
    return found if found in LANGUAGES else "en"


def tell(code: str, which: str = "", /, **facts: object) -> str:
    """A sentence of the catalogue, in the language of the terminal."""
    return said(sentence(code, which, **facts))


def said(phrase: Phrase) -> str:
    return phrase.said(language())


def why(error: Exception) -> str:
    """What an exception says, in the language of the terminal."""
    return said(reason(error))
