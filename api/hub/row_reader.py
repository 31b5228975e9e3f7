"""Reads the cells of a row in the ways a mapping asks for: text, conditions, templates, times, values of a fact."""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from msgspec import UNSET

from api.hub.mapping import PLACEHOLDER, Condition, Fold, Form, MappingError, Mark, OneOrMany, ValueForm, many, zone
from domain.messages import Message, sentence

Cells: TypeAlias = Sequence[str]
Get: TypeAlias = Callable[[Cells], str | None]
"""Reads text from a row; None where there is none."""
Moment: TypeAlias = tuple[int, datetime]
"""Which of the columns for a time had it (0: the preferred one), and the time in UTC."""

WHOLE_ROW, FACT_TYPE = "whole row", "fact type"
_NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9._~-]+")
_CODED = re.compile(r"[^A-Za-z0-9._-]")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LONGEST_KEY = 128
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+")
"""A long number as a spreadsheet shows it; it saves it so, and its last digits are gone."""
_NUMBERS = {
    mark: re.compile(
        rf"([-+]?)((?=[0-9{re.escape(mark)}])[0-9]*|[1-9][0-9]{{0,2}}"
        rf"([{group} \u00a0\u202f'’])[0-9]{{3}}(?:\3[0-9]{{3}})*)(?:{re.escape(mark)}([0-9]+))?"
    )
    for mark, group in ((".", ","), (",", "."))
}
_DAY_NUMBER = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")


class RowError(Message):
    """A fact that a row means to state and cannot: the column to look at and why (which of `row`), never the value."""

    def __init__(self, column: str, which: str, /, **facts: object) -> None:
        super().__init__("row", which, **facts)
        self.column = column


class Columns:
    """The columns of one table. Everything here raises MappingError for an unknown column.

    `people` are the places of columns whose cells are people.
    """

    def __init__(self, form: Form, header: Cells, people: Iterable[str] = ()) -> None:
        self.form, self.header = form, [name.strip() for name in header]
        self.zone = zone(form.time.zone, "[time] zone")
        self._missing = {text.strip() for text in form.file.missing} | {""}
        self.people = {self.place(name, "person"): self.column(name, "person") for name in sorted(people)}
        self.activity = self.column(form.file.activity, "[file] activity") if form.file.activity else None
        self._unnamed([form.file.activity] if form.file.activity else (), "[file] activity")

    def column(self, name: str, where: str) -> Get:
        """Reads a column without the space around its text; a marker of a missing value reads as None."""
        index, missing = self.place(name, where), self._missing
        return lambda cells: None if (text := cells[index].strip()) in missing else text

    def place(self, name: str, where: str) -> int:
        """Which column a name means, the first being 0."""
        places = [index for index, column in enumerate(self.header) if column == name]
        stem, mark, nth = name.rpartition("#")
        if not places and mark and nth.isdecimal():
            places = [index for index, column in enumerate(self.header) if column == stem]
            places = places[int(nth) - 1 : int(nth)]
        if not places:
            # By the letters (자모) of a syllable: a word of two syllables has one that is right at most.
            letters = {unicodedata.normalize("NFD", it): it for it in self.header}
            close = difflib.get_close_matches(unicodedata.normalize("NFD", name), letters, 1)
            there = {it: self.header.index(it) for it in self.header if it}
            known = [sentence("mapping", "column", column=it, letters=column_letters(at)) for it, at in there.items()]
            if close:
                raise MappingError(where, "no_column_near", column=name, near=letters[close[0]], known=known)
            raise MappingError(where, "no_column", column=name, known=known)
        if len(places) > 1:
            which = [sentence("mapping", "letters", letters=column_letters(it)) for it in places]
            raise MappingError(where, "columns_alike", column=name, count=len(places), letters=which)
        return places[0]

    def test(self, form: Condition, where: str) -> Callable[[Cells], bool]:
        """Whether a row meets a condition."""
        if form.activity and not self.activity:
            raise MappingError(f"{where} activity", "no_activity")
        self._unnamed([*form.when, *form.unless], f"{where} condition")
        wanted = [(self.column(name, f"{where} when"), _matcher(values), True) for name, values in form.when.items()]
        wanted += [(self.column(k, f"{where} unless"), _matcher(values), False) for k, values in form.unless.items()]
        wanted += [(self.activity, _matcher(form.activity), True)] if self.activity and form.activity else []
        given = [self.column(name, f"{where} given") for name in many(form.given)]
        return lambda cells: (
            all(match(get(cells)) is yes for get, match, yes in wanted) and all(get(cells) is not None for get in given)
        )

    def _unnamed(self, names: Iterable[str], where: str) -> None:
        """Raises MappingError for a condition on who somebody is: a mapping names nobody."""
        for name in names:
            if self.place(name, where) in self.people:
                raise MappingError(where, "of_people", column=name)

    def template(self, text: str, type_: str, where: str, *, needed: bool = True) -> Get:
        """Fills a template in. Where a column in it is empty: None, or Unfit when the text is needed."""
        if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
            raise MappingError(where, "brace")
        fixed, names = PLACEHOLDER.split(text)[::2], PLACEHOLDER.split(text)[1::2]
        special: dict[str, Get] = {WHOLE_ROW: row_digest, FACT_TYPE: lambda _: type_}
        gets = [special[name] if name in special else self.column(name, where) for name in names]

        def filled(cells: Cells) -> str | None:
            parts = [fixed[0]]
            for name, get, after in zip(names, gets, fixed[1:], strict=True):
                if (value := get(cells)) is None:
                    if needed:
                        raise RowError(name, "needed", what=where.rpartition(" ")[2])
                    return None
                if needed and "E+" in value and _SHORTENED.fullmatch(value):
                    raise RowError(name, "shortened")
                parts += value, after
            return "".join(parts)

        return filled

    def moment(
        self, columns: OneOrMany, formats: OneOrMany, where: str, fold: Fold = None
    ) -> Callable[[Cells], Moment]:
        """Reads a time from the first of the columns that is given; without an offset it is one of the zone."""
        names, here, styles = many(columns), self.zone, many(formats or self.form.time.format)
        fold = fold or self.form.time.fold
        if not names:
            raise MappingError(where, "no_time")
        gets = [self.column(name, where) for name in names]

        def read(cells: Cells) -> Moment:
            for rank, get in enumerate(gets):
                if (text := get(cells)) is not None:
                    return rank, _time(text, styles, here, fold, names[rank])
            raise RowError(names[-1], "needed_time")

        return read


def value_of(columns: Columns, form: ValueForm, type_: str, where: str, *, number: bool) -> Callable[[Cells], object]:
    """Reads one value of a fact, which may be a `number`; None leaves the field out."""
    if form.constant is not UNSET:
        constant = form.constant if isinstance(form.constant, list | bool | int | float) else str(form.constant)
        return lambda _: constant
    if form.date_in or form.format:
        # The hour does not matter where the date is taken as it is written.
        moment = columns.moment(form.column, form.format, where, None if form.date_in else "first")
        where_on = zone(form.date_in, where) if form.date_in else columns.zone
        given = [columns.column(name, where) for name in many(form.column)]

        def date(cells: Cells) -> str | None:
            if all(get(cells) is None for get in given):
                return None
            return moment(cells)[1].astimezone(where_on).date().isoformat()

        return date
    if form.person:
        return columns.column(form.person, where)
    if form.template is not None:
        gets = [columns.template(form.template, type_, where, needed=False)]
    else:
        gets = [columns.column(name, where) for name in many(form.column)]
    into = columns.form.maps.get(form.map or "", {})
    mark, named = form.decimal or columns.form.file.decimal, ", ".join(many(form.column))
    currency = columns.column(form.currency_column, where) if form.currency_column else lambda _: form.currency

    def value(cells: Cells) -> object:
        text = next((text for get in gets if (text := get(cells)) is not None), None)
        if text is None:
            return None
        if form.split:
            return [mapped for part in text.split(form.split) if (mapped := into.get(part.strip(), part.strip()))]
        text = into.get(text, text)
        if number and text:
            text = plain_number(text, mark, named)
        if form.currency or form.currency_column:
            return {"amount": text, "currency": currency(cells)}
        return text or None

    return value


def plain_number(text: str, mark: Mark, column: str) -> str:
    """A number in digits with a point, of which `mark` is the decimal mark. Raises RowError.

    Where a mapping does not say the mark it is the point, but not for what reads as another number with a comma.
    """
    found = _number(text, mark or ".")
    if mark is None and (other := _number(text, ",")) is not None and found not in (None, other):
        raise RowError(column, "number_twice")
    if found is None:
        raise RowError(column, "number", mark=mark or ".")
    return found


def _number(text: str, mark: str) -> str | None:
    if not (found := _NUMBERS[mark].fullmatch(text.replace("\u2212", "-"))):
        return None
    sign, whole, _, fraction = found.groups()
    return ("-" if sign == "-" else "") + (re.sub("[^0-9]", "", whole) or "0") + (f".{fraction}" if fraction else "")


def _matcher(patterns: OneOrMany) -> Callable[[str | None], bool]:
    exact = {pattern for pattern in many(patterns) if "*" not in pattern}
    loose = [".*".join(map(re.escape, pattern.split("*"))) for pattern in many(patterns) if "*" in pattern]
    pattern = re.compile("|".join(loose), re.DOTALL) if loose else None
    return lambda text: (text or "") in exact or bool(pattern and text is not None and pattern.fullmatch(text))


def _time(text: str, formats: Iterable[str], zone: ZoneInfo, fold: Fold, column: str) -> datetime:
    for style in tuple(formats) or ("ISO",):
        try:
            if style == "ISO":
                time = datetime.fromisoformat(text)
            else:
                plain = text.replace("오전", "AM").replace("오후", "PM") if "%p" in style else text
                time = datetime.strptime(plain, style)  # noqa: DTZ007
            return (time if time.tzinfo else _local(time, zone, fold, column)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    if _DAY_NUMBER.fullmatch(text):
        raise RowError(column, "day_number")
    raise RowError(column, "time")


def _local(time: datetime, zone: ZoneInfo, fold: Fold, column: str) -> datetime:
    """A time of the zone. Raises RowError for one that came twice or never there, unless it is said how to take it."""
    first, second = time.replace(tzinfo=zone), time.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    assert before is not None
    assert after is not None
    if before == after or fold == "first":
        return first
    if fold == "second":
        return second
    raise RowError(column, "never_came" if before < after else "came_twice", zone=zone.key)


def row_digest(cells: Cells) -> str:
    """128 bits of SHA-256 over every cell of the row, mapped or not."""
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()[:32]


def stream_key(key: str, form: Form) -> str:
    """A key as a stream name takes it: each run of spaces and marks becomes a hyphen. Raises RowError.

    What would lose letters or digits is refused, unless the mapping says what stands for them.
    """
    for word in sorted(form.keys, key=len, reverse=True):
        key = key.replace(word, form.keys[word])
    if form.event.keys == "coded":
        clean = _CODED.sub(lambda it: f"~{ord(it[0]):04X}", key.translate(_WIDE))
        if not clean[:1].isalnum():
            raise RowError("", "key_begins", example="{…}")
    elif not key.isascii() and any(not it.isascii() and unicodedata.category(it)[0] not in "PZ" for it in key):
        raise RowError("", "key_letters")
    else:
        clean = _NOT_IN_A_KEY.sub("-", key).lstrip("._~-")
    if not clean:
        raise RowError("", "key_empty")
    if len(clean) > _LONGEST_KEY:
        raise RowError("", "key_long", most=_LONGEST_KEY)
    return clean


def column_letters(place: int) -> str:
    """What a spreadsheet calls a column, the first being 0: A, B, …, Z, AA, …"""
    letters = ""
    while place >= 0:
        place, letter = divmod(place, 26)
        letters, place = chr(ord("A") + letter) + letters, place - 1
    return letters


def cell_rank(text: str | None) -> tuple[int, float, str]:
    """Where a cell puts its row among others: numbers by their size, then other texts, what is empty last."""
    if text is None:
        return 2, 0.0, ""
    return (0, float(text), text) if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text) else (1, 0.0, text)
