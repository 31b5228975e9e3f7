"""Messages to people, in Korean and English: one catalogue of sentences, the code is the key, the facts are values.

A refusal gives a code and the facts that decided. The sentence is made where it is read, in the reader's language;
codes and the names of facts are the same in both, except for those with a name in Korean (`naming.py`). A code with
several sentences has a key for each: its own name, a slash, and which (`event.invalid/subject`). Sentences of libraries
are recognised by their English (`libraries.toml`).
The files are read when the first sentence is made.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Self

import msgspec

from domain.messages.naming import with_names
from domain.phrase import Phrase

HERE = Path(__file__).parent
LIBRARIES, HELP = "libraries.toml", "help.toml"
"""Files recognised by their English: sentences of libraries, and the help of commands."""
_PATH = re.compile(r"(?P<what>.*) - at (?P<path>`[^`]*`(?: in `[^`]*`)?)", re.DOTALL)


class Message(Exception):
    """A message to somebody: a `code`, `which` of its sentences, and the `facts` in it.

    A fact that is a phrase, such as a reason that somebody else gave, is shown but is no fact for a program. As text
    the message is in English, for logs.
    """

    def __init__(self, code: str, which: str = "", /, **facts: object) -> None:
        super().__init__(code, which)
        self.code = code
        self.which = which
        self._values = facts
        self._said: Phrase | None = None

    @property
    def facts(self) -> dict[str, object]:
        return {name: it for name, it in self._values.items() if not isinstance(it, Phrase)}

    @property
    def phrase(self) -> Phrase:
        return self._said or sentence(self.code, self.which, **self._values)

    def saying(self, phrase: Phrase) -> Self:
        """The same with somebody else's text, such as the reason of a decoder."""
        self._said = phrase
        return self

    def __str__(self) -> str:
        return self.phrase.en


class Invalid(Message, ValueError):
    """A value that is wrong in itself. Its code is one of the catalogue and stays inside: the refusal has its own."""


def sentence(code: str, which: str = "", /, **facts: object) -> Phrase:
    """A sentence of the catalogue with its facts; a code that is not in it is shown as it is."""
    found = sentences().get(f"{code}/{which}" if which else code)
    return uncatalogued(code, which) if found is None else found.filled(**with_names(code, facts))


def uncatalogued(code: str, which: str) -> Phrase:
    """The text shown where the catalogue lacks a sentence; no test lets that happen."""
    return unlisted(which or code)


def unlisted(text: str) -> Phrase:
    """A text that is neither our sentence nor one of a library that we know."""
    return Phrase(text, text)


def reason(error: Exception) -> Phrase:
    """Why something went wrong, whatever the source: a message of ours, or the sentence of a library with its path."""
    what, path = reason_at(error)
    return sentence("at", because=what, path=path) if path else what


def reason_at(error: Exception) -> tuple[Phrase, str]:
    """The same with the path separate, as a decoder writes it, empty if there is none."""
    if isinstance(error, Message):
        return error.phrase, ""
    text, inside = str(error), error.__cause__
    found = _PATH.fullmatch(text)
    what = inside.phrase if isinstance(inside, Message) else of_library(found["what"] if found else text)
    return what, found["path"] if found else ""


def of_library(text: str) -> Phrase:
    """A sentence that a library made, without its path."""
    for pattern, phrase in _library():
        if found := pattern.fullmatch(text):
            values = found.groupdict()
            inner = {"because": of_library(values["because"])} if "because" in values else {}
            return Phrase(phrase.filled(**values | inner).ko, text)
    return unlisted(text)


@cache
def sentences() -> dict[str, Phrase]:
    """Every sentence by its key. Raises ValueError for a key that two files have, or that lacks a language."""
    found: dict[str, Phrase] = {}
    for path in sorted(HERE.glob("*.toml")):
        if path.name not in (LIBRARIES, HELP):
            said = msgspec.toml.decode(path.read_bytes(), type=dict[str, Phrase])
            if twice := found.keys() & said.keys():
                raise ValueError(f"domain/messages/{path.name}: {min(twice)} stands in another file too")
            found |= said
    return found


@cache
def _library() -> list[tuple[re.Pattern[str], Phrase]]:
    said = msgspec.toml.decode((HERE / LIBRARIES).read_bytes(), type=dict[str, list[Phrase]])
    return [(_pattern(it.en), it) for some in said.values() for it in some]


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(?<!\{)\{(\w+)\}", text)
    plain = (re.escape(it.replace("{{", "{").replace("}}", "}")) for it in parts)
    pattern = "".join(f"(?P<{parts[n]}>.*?)" if n % 2 else it for n, it in enumerate(plain))
    return re.compile(pattern, re.DOTALL)
