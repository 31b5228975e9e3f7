"""What a read is asked: its parameters and the points in time they name, in one grammar wherever it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime

import msgspec

from api.problems import Problem, unknown_word
from api.source import Source
from domain.input_policy.authority import Actor
from domain.nearest import UnknownWord
from domain.period import HalfYear, end_of_day
from replay.as_of import Points, rate_versions
from replay.editions.editions import PublishedEdition, find_edition, parse_edition_name

LANGUAGES = {"ko": "한국어", "en": "English"}
"""The languages of pages and reports, as each calls itself."""


class ReadRequest:
    """A read as somebody asks it: `path` and `query` by name, the `format` of the answer.

    `origin` gives the server's address for links in an answer, empty where there is none. Each method raises Problem
    naming the parameter that is not as it should be.
    """

    def __init__(
        self,
        who: Callable[[], Actor],
        path: Mapping[str, str],
        query: Iterable[tuple[str, str]],
        format_: str = "json",
        origin: Callable[[], str] = str,
    ) -> None:
        self.who = who
        self.path = path
        self.format = format_
        self.origin = origin
        self._query: dict[str, list[str]] = {}
        self._editions: dict[tuple[str, int], PublishedEdition] = {}
        for name, value in query:
            self._query.setdefault(name, []).append(value)

    @property
    def actor(self) -> Actor:
        """The actor. Raises Problem 401 without a live token."""
        return self.who()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._query)

    @property
    def query(self) -> list[tuple[str, list[str]]]:
        """Every parameter with what was said for it, by name."""
        return sorted(self._query.items())

    def text(self, name: str, default: str | None = None) -> str | None:
        return self._query[name][0] if name in self._query else default

    def several(self, name: str) -> list[str]:
        return self._query.get(name, [])

    def listed(self, name: str) -> tuple[str, ...]:
        """Names with commas, none where nothing is said."""
        return parse_names(self.text(name), name)

    def whole_number(self, name: str, default: int) -> int:
        text = self.text(name)
        return default if text is None else parse_number(text, name)

    def bounded(self, name: str, default: int, low: int, high: int) -> int:
        value = self.whole_number(name, default)
        if not low <= value <= high:
            raise Problem(400, "query.invalid", "range", parameter=name, low=low, high=high)
        return value

    def switch(self, name: str) -> bool:
        text = self.text(name, "false")
        if text not in ("true", "false"):
            raise Problem(400, "query.invalid", "switch", parameter=name)
        return text == "true"

    def half_year(self) -> str:
        """The half-year that the path names, whether it is known or not."""
        return parse_half_year(self.path["period"])

    def points(self, source: Source) -> Points:
        """What `known`, `valid`, `fx` and `after` ask for. Waits for the tables where it must.

        `known` as an edition (`2025S1/1`) is its position and, unless `valid` says otherwise, its valid cut-off; its
        money is that of its position. Raises Problem, NoEdition, NoRates.
        """
        at = self.times(source)
        if not (texts := self.several("fx")):
            return at
        source.wait_for_tables(source.journal.position)
        return msgspec.structs.replace(at, fx=rate_versions(source.reading, at.known, parse_rate_sets(texts)))

    def times(self, source: Source) -> Points:
        """The same without `fx`."""
        known, valid = self.text("known"), self.text("valid")
        source.wait_for_tables(self.whole_number("after", 0))
        if known is not None and (edition := parse_edition_name(known)) is not None:
            key = self.edition(source, *edition).key
            source.wait_for_tables(key.position)
            return Points(key.position, key.valid_cutoff if valid is None else parse_moment(valid, "valid"))
        position = None if known is None else self.position(source, "known")
        return Points(position, None if valid is None else parse_moment(valid, "valid"))

    def edition(self, source: Source, period: str, number: int) -> PublishedEdition:
        """One that was published, looked for once. Raises NoEdition."""
        if (found := self._editions.get((period, number))) is None:
            found = self._editions[period, number] = find_edition(source.journal, period, number)
        return found

    def position(self, source: Source, name: str) -> int:
        """The position that a parameter names, once the tables have it.

        It is named by its number, by `now`, by an instant or a date (the last position by then), or by an edition
        (its cut-off).
        """
        text = self.text(name) or ""
        if text.isdecimal():
            position = parse_number(text, name)
        elif text == "now":
            position = source.journal.position
        elif edition := parse_edition_name(text):
            position = self.edition(source, *edition).key.position
        else:
            position = source.journal.last_at(parse_moment(text, name, "point"))
        source.wait_for_tables(position)
        return position


def parse_language(text: str) -> str:
    """Raises Problem for an unknown language."""
    if text not in LANGUAGES:
        error = UnknownWord("language", text, LANGUAGES)
        raise unknown_word(400, "query.unknown_language", error, parameter="lang", languages=list(LANGUAGES))
    return text


ANYTHING = "*"
"""Taken by a path that another protocol calls: parameters that we do not know are ignored there."""


def check_parameter_names(given: Iterable[str], takes: str) -> None:
    """Raises Problem unless these are names that `takes` has, where a star marks what may be given several times."""
    if takes == ANYTHING:
        return
    several = {word.removesuffix("*"): word.endswith("*") for word in takes.split()}
    seen = set[str]()
    for name in given:
        if name not in several:
            error = UnknownWord("parameter", name, several, name=repr(name))
            raise unknown_word(400, "query.unknown_parameter", error, parameters=sorted(several))
        if name in seen and not several[name]:
            raise Problem(400, "query.repeated_parameter", parameter=name)
        seen.add(name)


def parse_names(text: str | None, name: str) -> tuple[str, ...]:
    """Names with commas. Raises Problem for one that is empty, or said twice."""
    found = () if text is None else tuple(text.split(","))
    if not all(found):
        raise Problem(400, "query.invalid", "empty_name", parameter=name)
    if len({*found}) < len(found):
        raise Problem(400, "query.invalid", "name_twice", parameter=name)
    return found


def parse_number(text: str, name: str) -> int:
    """A whole number of at most 18 digits. Raises Problem naming what it was to be."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Problem(400, "query.invalid", "whole", parameter=name)
    return int(text)


def parse_half_year(text: str) -> str:
    """Raises Problem unless it reads as a half-year."""
    try:
        return str(HalfYear.parse(text))
    except ValueError:
        raise Problem(400, "query.invalid", "half_year", parameter="period") from None


def parse_rate_sets(texts: Iterable[str]) -> dict[str, int]:
    """Versions of rate sets by their names, from `2025S1:2,2024S2:1`. Raises Problem."""
    found: dict[str, int] = {}
    for text in ",".join(texts).split(","):
        name, colon, version = text.rpartition(":")
        if not (name and colon and version.isascii() and version.isdecimal() and len(version) < 10) or name in found:
            raise Problem(400, "query.invalid", "fx", parameter="fx")
        found[name] = int(version)
    return found


def parse_moment(text: str, name: str, what: str = "moment") -> datetime:
    """An instant with its offset, or a date meaning the end of that day in Seoul. Raises Problem, which says `what`
    was expected there."""
    try:
        if len(text) == 10:
            return end_of_day(date.fromisoformat(text))
        # In a query, + reads as a space.
        at = datetime.fromisoformat(text.replace(" ", "+"))
        at = at if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(400, "query.invalid", what, parameter=name)
    return at
