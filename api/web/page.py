"""What a page is made from: who reads, in which language, as of which point; and the reads that answer it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pyarrow as pa
from aiohttp import web

from api.accepting import language_of
from api.formats import encode_json
from api.problems import unknown_word
from api.reads import catalogue
from api.reads.asked import LANGUAGES, ReadRequest, parse_language
from api.reads.read import Document, File, Read, TableAnswer
from api.server.engine import Engine
from api.source import Source
from api.web.numbers import moment, timed
from api.web.wording import KEYS, ministry_of, region_of, status_of, value_in_words
from domain.descriptions import Words, common_fields, described
from domain.input_policy.authority import Actor
from domain.messages import Message
from domain.nearest import UnknownWord
from domain.period import SEOUL
from domain.words import PAGES, REPORT, STATE, STREAMS, TERMS, VALUES, Phrase, in_both
from projections.mirror.control_tower import UNASSIGNED
from replay.as_of import Points
from replay.editions.editions import parse_edition_name
from replay.report.content import edition_name, edition_title, of_edition

POINT = ("known", "valid", "lang")
"""The parameters that every link keeps: the point in time, and the language."""

WITHOUT_LIST = re.compile(r"\s*\([^()]*\)$")
"""The text after the name of a field: its values by their codes, examples."""

LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
"""A time as our forms send it, without an offset: in Seoul."""

Row = dict[str, Any]


def preferred_language(request: web.Request) -> str:
    """The language that the address names, or else the first that the browser prefers; Korean where neither says one.

    An unknown one is reported by `check_language`.
    """
    if (wanted := request.query.get("lang")) in LANGUAGES:
        return wanted
    return language_of(request, "ko")


def check_language(request: web.Request) -> None:
    """Raises Problem where the address names an unknown language."""
    if (wanted := request.query.get("lang")) is not None:
        parse_language(wanted)


def absolute_point(source: Source, text: str) -> str:
    """A point of time as links carry it: `now` as its position, a time without an offset as Seoul time."""
    if text == "now":
        return str(source.journal.position)
    stripped = text.strip()
    return f"{stripped}+09:00" if LOCAL_TIME.fullmatch(stripped) else stripped


def in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Page:
    """A page as it was requested. Its methods wait, so they are called on a thread."""

    def __init__(self, source: Engine, request: web.Request, actor: Actor, proof: str) -> None:
        self.source = source
        self.actor = actor
        self.proof = proof
        self.path = request.path
        self.names = request.match_info
        self.query = {
            name: absolute_point(source, value) if name in ("known", "valid") else value
            for name, value in request.query.items()
            if value or name not in ("known", "valid")
        }
        self.language = preferred_language(request)
        self.position: int | None = None
        """The last entry that the page counts, once it has read something."""
        self.withheld = 0
        """How many rows of its last read are withheld from the reader."""
        self.calls: dict[str, str] = {}
        """The API calls that answer the same, by path, each as it was made last: with every column."""
        self.chosen: dict[str, str] = {}
        """Defaults that the page shows and its address does not name, by parameter."""
        self.changed: int | None = None
        """How many of its figures would differ today, None where that was not asked."""
        self.called: Mapping[str, str] = {}
        """The names of the partners, centres and hubs whose keys it shows."""
        self.of_persons = False
        """Whether it shows single persons, and so is not kept."""
        self.mistyped: dict[str, str] = {}
        """The values given for its point, where there is no such point and the page is of now."""

    @property
    def flaws(self) -> list[Phrase]:
        """What the page reports as wrong with the record: not as signed, entries set aside."""
        aside = self.source.set_aside(self.position)
        return [
            *([PAGES["not_as_signed"]] if self.source.sealer.alarm else []),
            *([PAGES["set_aside"].filled(positions=", ".join(map(str, aside)))] if aside else []),
        ]

    def table(self, read: Read, path: Mapping[str, str], *more: tuple[str, str]) -> pa.Table:
        """A table as of the point of the page."""
        answer = self._answer(read, path, more)
        assert isinstance(answer, TableAnswer)
        self.position, self.withheld = answer.position, answer.seen.withheld
        return _in_utc(answer.seen.table)

    def rows(self, read: Read, path: Mapping[str, str], *more: tuple[str, str]) -> list[Row]:
        """The rows of a table as of the point of the page."""
        rows: list[Row] = self.table(read, path, *more).to_pylist()
        return rows

    def beside(self, view: str, *more: tuple[str, str]) -> list[Row]:
        """Rows of a view that the page needs besides: they change neither its counts nor the calls that it names."""
        kept = self.position, self.withheld, dict(self.calls)
        found = self.rows(catalogue.VIEW, {"view": view}, *more)
        self.position, self.withheld, self.calls = kept
        return found

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
        address = read.path.format_map(path)
        text = urlencode([it for it in query if it[0] != "fields"], safe="=,:/")
        self.calls[address] = f"{address}?{text}" if text else address
        return read.made(self.source, ReadRequest(lambda: self.actor, path, query, format_))

    @cached_property
    def at(self) -> Points:
        """The points in time of the page. Raises Problem, NoEdition for unknown ones."""
        points = [(name, self.query[name]) for name in ("known", "valid") if name in self.query]
        return ReadRequest(lambda: self.actor, {}, points).times(self.source)

    def as_known_today(self) -> Page | None:
        """The same page by all that is known today, as of the moment that this one is of; None where it is of today."""
        if self.at.known is None:
            return None
        last = self.source.journal.entry(self.at.known)
        moment = self.at.valid or (last.entry.recorded_at if last else None)
        return self.of_point(valid=moment)

    def of_point(self, known: str | None = None, valid: datetime | None = None) -> Page:
        """The same page of another point."""
        other = copy.copy(self)
        other.query = {name: value for name, value in self.query.items() if name not in ("known", "valid")}
        other.calls = {}
        other.query |= {"known": known} if known else {}
        other.query |= {"valid": in_utc(valid)} if valid else {}
        for name in ("at", "hubs"):
            other.__dict__.pop(name, None)
        return other

    def of_a_point(self) -> Page:
        """The same page, or that of now where its point does not exist, so that its links lead somewhere."""
        try:
            _ = self.at
        except Message:
            other = self.of_point()
            other.mistyped = {name: self.query[name] for name in ("known", "valid") if name in self.query}
            return other
        return self

    def permalink(self) -> str:
        """The permanent address of this view: as known at the last entry that it counts, as of its moment."""
        edition = parse_edition_name(self.query.get("known", ""))
        position = self.position if self.at.known is None else self.at.known
        known = self.query["known"] if edition else str(self.source.journal.position if position is None else position)
        valid = self.query.get("valid") or (in_utc(self.source.clock()) if self.at.known is None else None)
        return self.here(**self.chosen, known=known, valid=valid, lang=self.language)

    def say(self, phrase: Phrase | Sequence[str]) -> str:
        return phrase[self.language == "en"]

    @property
    def day(self) -> date:
        """The day of the page, by which names are chosen."""
        given = self.query.get("valid", "")
        try:
            at = datetime.fromisoformat(given)
        except ValueError:
            at = self.source.clock()
        return at.date() if at.tzinfo is None else at.astimezone(SEOUL).date()

    def value(self, field: str, value: Any, kind: str = "") -> str:
        """A value of a field in words."""
        return self.say(value_in_words(field, value, kind, self.day))

    def values(self, field: str, values: Iterable[Any]) -> str:
        """Several values of a field in words, each once; a dash for none."""
        return ", ".join(self.value(field, it) for it in sorted({it for it in values if it is not None})) or "–"

    def key(self, field: str, name: str) -> str:
        """A key of a map that a field holds."""
        return self.value(KEYS[field], name) if field in KEYS else name

    def status(self, kind: str, name: str) -> str:
        return self.say(status_of(kind, name))

    def ministry(self, code: str) -> str:
        return self.say(ministry_of(code, self.day))

    def slice(self, by: str, of: str) -> str:
        """The name of a value of a slice, but for a hub."""
        match by:
            case "ministry":
                return self.ministry(of)
            case "region":
                return self.region(of)
            case _:
                return self.value("topic" if of in VALUES["topic"] else by, of)

    def stream(self, name: str) -> str:
        """A stream by the name of its kind, and its key."""
        kind, _, key = name.partition(":")
        called = self.say(STREAMS.kinds[kind])
        return f"{called[0].upper()}{called[1:]} {key}"

    def hub(self, code: str | None) -> str:
        """A hub by its code and name; a dash where nothing is of a hub, and 미지정 for what is of no designated one."""
        if not code:
            return "–" if code is None else self.say(TERMS.levels[UNASSIGNED])
        name = self.named(self.hubs.get(code, {}))
        return f"{code} {name}" if name else code

    @cached_property
    def hubs(self) -> Mapping[str, Row]:
        """All hubs by their codes, as of the point of the page."""
        return {row["hub"]: row for row in self.beside("hubs")}

    def hub_code(self, name: str) -> str:
        """The code of a hub that an address names, in capitals or not. Raises Problem for an unknown one."""
        if (code := name if name in self.hubs else name.upper()) not in self.hubs:
            raise unknown_word(404, "hub.none", UnknownWord("hub", name, self.hubs))
        return code

    def region(self, code: str) -> str:
        return self.say(region_of(code))

    def numbered(self, edition: int) -> str:
        """The number of an edition, for use next to its half-year."""
        ko, en = REPORT.edition.filled(number=edition)
        return self.say((ko, en[0].lower() + en[1:]))

    def edition(self, name: str) -> str:
        """The name of an edition, for use alone."""
        return self.say(edition_title(name))

    def restates(self, name: str) -> str:
        """That an edition replaces the one of this name."""
        return self.say(of_edition(PAGES["restates"], name))

    def known(self) -> str:
        """The point of knowledge that the page is of, in words."""
        return self.point(self.query.get("known", ""))

    def moment(self) -> str:
        """The moment that the page is of, in words."""
        return self._day_or_instant(self.query.get("valid", ""))

    def point(self, text: str) -> str:
        """The name of a point: an edition by its name, a position by its number."""
        if parse_edition_name(text):
            return self.say(edition_name(text))
        return self.say(PAGES["at_position"].filled(position=text)) if text.isdecimal() else self._day_or_instant(text)

    def _day_or_instant(self, text: str) -> str:
        """A day as it was given, an instant in Seoul time."""
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return text
        return text if at.tzinfo is None else self.say(PAGES["at_seoul"].filled(moment=moment(at)))

    def type_title(self, tag: str) -> str:
        """The name of a type of event; its tag where this program does not know it."""
        found = described().get(tag)
        return self.say((found.title, found.title_en)) if found else tag

    def field(self, name: str, tag: str = "", kind: str = "", *, inner: bool = False) -> str:
        """The label of a field of a type, else of a state of streams of a kind, without the list of its values. A field
        that has the English of another one has a label of its own. `inner` is for what a field holds: it has the label
        that such fields have everywhere, for a type may use the name for its own.
        """
        label = self._label(name, tag, kind, inner)
        if name.endswith("_en") and label == self._label(name.removesuffix("_en"), tag, kind, inner):
            return self.say(PAGES["in_english"].filled(text=label))
        return label

    def _label(self, name: str, tag: str, kind: str, inner: bool) -> str:
        words = self._field(name, tag, kind, inner)
        label = words.ko if self.language == "ko" else words.label if isinstance(words, Words) else words.en
        return WITHOUT_LIST.sub("", label)

    def described(self, name: str, tag: str = "", kind: str = "") -> str:
        """The description of a field; its name where it has none."""
        words = self._field(name, tag, kind)
        return words.ko if self.language == "ko" else words.en

    def _field(self, name: str, tag: str, kind: str, inner: bool = False) -> Words | Phrase:
        if not tag and (of_kind := STATE.get(f"{kind}.{name}")):
            return of_kind
        every = described()
        types = [every[tag]] if tag in every else []
        types += [it for type_, it in every.items() if kind and type_.startswith(f"{kind}.")]
        own = next((it.fields[name] for it in types if name in it.fields), None)
        shared = (STATE.get(name) if not tag else None) or common_fields().get(name)
        first, second = (shared, own) if inner and not tag else (own, shared)
        return first or second or Phrase(name, name)

    def is_field(self, name: str) -> bool:
        """Whether a key of a state is the name of a field, and not one that a hub chose."""
        return name in STATE or name in common_fields()

    def is_said(self, name: str, value: Any, kind: str = "") -> bool:
        """Whether a field of a state has a value that is not empty."""
        return value not in (None, [], {}) and not (f"{kind}.{name}" == "calendar.on" and value == 0)

    def instant(self, text: str) -> str:
        return timed(datetime.fromisoformat(text))

    def seoul_day(self, text: str) -> date:
        """On which day in Seoul an instant is."""
        return datetime.fromisoformat(text).astimezone(SEOUL).date()

    def named(self, row: Row, ko: str = "name_ko", en: str = "name_en") -> str:
        """The name of a row in the language of the page; where it has none, that in the other, marked as such."""
        return self.say(in_both(row.get(ko), row.get(en)))

    def link(self, path: str, **query: str | None) -> str:
        """An address of the site that keeps point and language, unless it names others; None leaves one out."""
        kept = {name: self.query[name] for name in POINT if name in self.query} | query
        text = urlencode({name: value for name, value in kept.items() if value is not None}, quote_via=quote)
        return f"{quote(path)}?{text}" if text else quote(path)

    def here(self, **query: str | None) -> str:
        """This page with other parameters."""
        return self.link(self.path, **(dict(self.query) | query))


def _in_utc(table: pa.Table) -> pa.Table:
    """A table whose moments say that they are in UTC, or a server elsewhere would take them for its own time."""
    fields = [
        it.with_type(pa.timestamp(it.type.unit, "UTC")) if pa.types.is_timestamp(it.type) and it.type.tz is None else it
        for it in table.schema
    ]
    return table.cast(pa.schema(fields))
