"""What a page is made from: who reads, in which language, as of which point; and the reads that answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from aiohttp import web

from api.formats import encode_json
from api.reads.asked import ReadRequest
from api.reads.read import Document, File, Read, TableAnswer
from api.source import Source
from api.web.numbers import moment
from domain.descriptions import common_fields, described
from domain.input_policy.authority import Actor
from domain.words import Phrase

LANGUAGES = {"ko": "한국어", "en": "English"}

STATE = ("known", "valid", "lang")
"""The parameters that every link carries on: as of which point, and in which language."""

Row = dict[str, Any]


def preferred_language(request: web.Request) -> str:
    """The language that the address names, or else the first that the browser prefers; Korean where it says neither."""
    if (said := request.query.get("lang")) in LANGUAGES:
        return said
    for part in request.headers.get("Accept-Language", "").split(","):
        if (found := part.split(";")[0].strip()[:2].lower()) in LANGUAGES:
            return found
    return "ko"


class Page:
    """A page that somebody asks for. Its methods wait, so they are called on a thread."""

    def __init__(self, source: Source, request: web.Request, actor: Actor) -> None:
        self.source = source
        self.actor = actor
        self.path = request.path
        self.names = request.match_info
        self.query = dict(request.query)
        self.language = preferred_language(request)
        self.position: int | None = None
        """The last entry that the page counts, once it has read something."""

    def rows(self, read: Read, path: Mapping[str, str], *more: tuple[str, str]) -> list[Row]:
        """The rows of a table as of the point of the page."""
        answer = self._answer(read, path, more)
        assert isinstance(answer, TableAnswer)
        self.position = answer.position
        rows: list[Row] = answer.seen.table.to_pylist()
        return rows

    def document(self, read: Read, path: Mapping[str, str], *more: tuple[str, str]) -> Any:
        """What a read answers, as JSON values."""
        answer = self._answer(read, path, more)
        assert isinstance(answer, Document)
        return msgspec.json.decode(encode_json(answer.value))

    def file(self, read: Read, path: Mapping[str, str], *more: tuple[str, str], format_: str = "json") -> File:
        answer = self._answer(read, path, more, format_)
        assert isinstance(answer, File)
        return answer

    def _answer(
        self, read: Read, path: Mapping[str, str], more: Sequence[tuple[str, str]], format_: str = "json"
    ) -> Any:
        point = [(name, self.query[name]) for name in ("known", "valid") if name in self.query]
        takes = {word.removesuffix("*") for word in read.takes.split()}
        query = [*more, *((name, value) for name, value in point if name in takes)]
        return read.answer(self.source, ReadRequest(lambda: self.actor, path, query, format_))

    def say(self, phrase: Phrase | Sequence[str]) -> str:
        return phrase[self.language == "en"]

    def type_title(self, tag: str) -> str:
        """What a type of event is called; its tag where the language has no other name."""
        found = described().get(tag)
        return found.title if found and self.language == "ko" else tag

    def field(self, name: str, tag: str = "") -> str:
        """What a field is called, as its type or all of them say."""
        found = described().get(tag)
        words = (found.fields.get(name) if found else None) or common_fields().get(name)
        return words[self.language == "ko"] if words else name

    def instant(self, text: str) -> str:
        return moment(datetime.fromisoformat(text))

    def named(self, row: Row, ko: str = "name_ko", en: str = "name_en") -> str:
        """What a row calls itself in the language of the page, in the other where it lacks that."""
        names = (row.get(ko), row.get(en))
        return str(names[self.language == "en"] or names[0] or names[1] or "")

    def link(self, path: str, **query: str | None) -> str:
        """An address of the site that keeps point and language, unless it names others; None leaves one out."""
        kept = {name: self.query[name] for name in STATE if name in self.query} | query
        told = urlencode({name: value for name, value in kept.items() if value is not None}, quote_via=quote)
        return f"{quote(path)}?{told}" if told else quote(path)

    def here(self, **query: str | None) -> str:
        """This page otherwise."""
        return self.link(self.path, **(dict(self.query) | query))
