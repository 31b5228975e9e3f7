"""What the TOML files next to this one hold: words, parameters, headers, and the codes of problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from api.problems import STATUS
from api.reads import catalogue
from api.reads.asked import LANGUAGES
from domain.record import Entry
from domain.registry import TYPES
from journal.vault.vault import Personal
from projections.definitions import INDICATORS
from projections.figures import SLICES
from projections.mirror.comparison import TABLES
from projections.mirror.public_views import PUBLIC_VIEWS

HERE = Path(__file__).parent
T = TypeVar("T")

WORDS = {
    "types": sorted(TYPES),
    "views": sorted(PUBLIC_VIEWS),
    "indicators": sorted(INDICATORS),
    "slices": [*SLICES],
    "tables": [*TABLES],
    "members": [*Entry.__struct_fields__],
    "personal": [*Personal.__struct_fields__],
    "languages": [*LANGUAGES],
}
"""The lists that a parameter may name its words by."""


class Sentence(NamedTuple):
    en: str
    ko: str


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`words` is the list that its values, or the items of it, are of; `refused` are codes of problems."""

    says: Sentence
    schema: dict[str, Any]
    words: str = ""
    required: bool = False
    refused: str = ""

    @property
    def whole_schema(self) -> dict[str, Any]:
        if not self.words:
            return self.schema
        enum = {"enum": WORDS[self.words]}
        if self.schema["type"] == "array":
            return {**self.schema, "items": {**self.schema["items"], **enum}}
        return {**self.schema, **enum}


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    says: Sentence
    schema: dict[str, Any]


class RouteWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a route is called and says: `id` is how clients call it, `refused` the codes of problems that are its own.
    What it records may be refused by the record: `records` are the first words of those codes, a star for any."""

    id: str
    says: Sentence
    refused: str = ""
    records: str = ""


class Every(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Codes of problems: of any route, of those that want a token, that record, take a body, have formats, take long;
    and of a server that cannot just now. `coded` says in which codings a body may come."""

    coded: Sentence
    any: str
    token: str
    failing: str
    recording: str
    body: str
    format: str
    long: str


class Operations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    every: Every
    routes: dict[str, RouteWords]
    answers: dict[str, Sentence]
    tags: dict[str, Sentence]


class _Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    record: str
    answered: dict[str, str]


def _read(name: str, type_: type[T]) -> T:
    try:
        return msgspec.toml.decode((HERE / name).read_bytes(), type=type_)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


PARAMETERS = _read("parameters.toml", dict[str, dict[str, Parameter]])
HEADERS = _read("headers.toml", dict[str, Header])
DECLARED = _read("operations.toml", Operations)
_CODES = _read("codes.toml", _Codes)
CODES = {int(status): {*codes.split()} for status, codes in _CODES.answered.items()}
"""Codes that the door answers with, by HTTP status."""
for it in (code for read in catalogue.ALL for code in read.refused.split() if "@" in code):
    CODES[int(it.partition("@")[2])].add(it.partition("@")[0])
RECORD_CODES = frozenset(_CODES.record.split())
"""Codes by which the record refuses."""


def parameter(route: str, place: str, name: str) -> Parameter:
    """What a parameter of a route is. Raises KeyError for one that nobody declared."""
    if (found := PARAMETERS.get(route, {}).get(name) or PARAMETERS[place].get(name)) is None:
        raise KeyError(f"{route} takes {name}: say in parameters.toml, under {place}, what it is")
    return found


def is_shared(route: str, name: str) -> bool:
    """Whether a parameter means on this route what it means elsewhere."""
    return name not in PARAMETERS.get(route, {})


def statuses(code: str) -> list[int]:
    """With which HTTP statuses a problem is answered; `code@404` says the one of several.

    Raises KeyError for a code that nobody declared.
    """
    code, at, status = code.partition("@")
    if at:
        return [int(status)]
    if found := [status for status, codes in CODES.items() if code in codes]:
        return found
    raise KeyError(f"{code}: say its status where a read is refused with it ({code}@404), or in codes.toml")


def record_codes(words: str) -> list[str]:
    """The codes by which the record refuses, of those that begin with these words."""
    return [it for it in sorted(RECORD_CODES) if words == "*" or it.partition(".")[0] in words.split()]


def refusal_status(code: str) -> int:
    """The HTTP status of what the record refuses."""
    return STATUS.get(code) or STATUS.get(code.partition(".")[0], 422)
