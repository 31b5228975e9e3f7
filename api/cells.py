"""Reads the cells of a row in the ways a mapping asks for: text, conditions, templates, times, values of a fact."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TypeAlias

from msgspec import UNSET

from api.mapping import PLACEHOLDER, Condition, Form, MappingError, OneOrMany, ValueForm, many, zone

Cells: TypeAlias = Sequence[str]
Get: TypeAlias = Callable[[Cells], str | None]
"""Reads text from a row; None where there is none."""
Moment: TypeAlias = tuple[int, datetime]
"""Which of the columns that may tell a time told it (0: the preferred one), and the time."""

WHOLE_ROW, FACT_TYPE = "whole row", "fact type"
_NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9._~-]+")
_LONGEST_KEY = 128


class Unfit(Exception):
    """A fact that a row means to state and cannot: the column to look at and why, never the value."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


class Columns:
    """The columns of one table. Everything here raises MappingError for a column that is not there.

    `people` are the places of columns whose cells are people.
    """

    def __init__(self, form: Form, header: Cells, people: Iterable[str] = ()) -> None:
        self.form, self.header = form, [name.strip() for name in header]
        self.zone = zone(form.time.zone, "[time] zone")
        self._missing = {text.strip() for text in form.file.missing} | {""}
        self.people = {self.place(name, "person"): self.column(name, "person") for name in people}
        self.activity = self.column(form.file.activity, "[file] activity") if form.file.activity else None
        self._unnamed([form.file.activity] if form.file.activity else (), "[file] activity")

    def column(self, name: str, where: str) -> Get:
        """Reads a column without the space around its text; a marker of what is missing reads as None."""
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
            close = difflib.get_close_matches(name, self.header, 1)
            known = ", ".join(dict.fromkeys(filter(None, self.header)))
            mend = f'did you mean "{close[0]}"? ' if close else ""
            raise MappingError(where, f'the file has no column "{name}"', f"{mend}its columns are: {known}")
        if len(places) > 1:
            mend = f'write "{name}#1" for the first of them'
            raise MappingError(where, f'the file has {len(places)} columns "{name}"', mend)
        return places[0]

    def test(self, form: Condition, where: str) -> Callable[[Cells], bool]:
        """Whether a row meets a condition."""
        if form.activity and not self.activity:
            raise MappingError(f"{where} activity", "[file] names no activity", 'add activity = "COLUMN" to [file]')
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
                raise MappingError(where, f'the cells of "{name}" are people', 'ask for given = "COLUMN" at most')

    def template(self, text: str, type_: str, where: str, *, needed: bool = True) -> Get:
        """Fills a template in. Where a column in it is empty: None, or Unfit when the text is needed."""
        if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
            raise MappingError(where, "a brace stands alone", "write each column as {its name}")
        fixed, names = PLACEHOLDER.split(text)[::2], PLACEHOLDER.split(text)[1::2]
        special: dict[str, Get] = {WHOLE_ROW: digest, FACT_TYPE: lambda _: type_}
        gets = [special[name] if name in special else self.column(name, where) for name in names]

        def filled(cells: Cells) -> str | None:
            parts = [fixed[0]]
            for name, get, after in zip(names, gets, fixed[1:], strict=True):
                if (value := get(cells)) is None:
                    if needed:
                        raise Unfit(name, f"{where.rpartition(' ')[2]} needs it, and it is empty")
                    return None
                parts += value, after
            return "".join(parts)

        return filled

    def moment(self, columns: OneOrMany, formats: OneOrMany, where: str) -> Callable[[Cells], Moment]:
        """Reads a time from the first of the columns that is given; without an offset it is one of the zone."""
        names, here, styles = many(columns), self.zone, many(formats or self.form.time.format)
        if not names:
            raise MappingError(where, "no column tells the time", 'add column = "COLUMN" to [time]')
        gets = [self.column(name, where) for name in names]

        def read(cells: Cells) -> Moment:
            for rank, get in enumerate(gets):
                if (text := get(cells)) is not None:
                    return rank, _time(text, styles, here, names[rank])
            raise Unfit(names[-1], "it tells the time, and it is empty")

        return read


def value_of(columns: Columns, form: ValueForm, type_: str, where: str) -> Callable[[Cells], object]:
    """Reads one value of a fact; None leaves the field out."""
    if form.constant is not UNSET:
        constant = form.constant if isinstance(form.constant, list | bool | int | float) else str(form.constant)
        return lambda _: constant
    if form.date_in or form.format:
        moment = columns.moment(form.column, form.format, where)
        where_on = zone(form.date_in, where) if form.date_in else None
        given = [columns.column(name, where) for name in many(form.column)]

        def date(cells: Cells) -> str | None:
            if all(get(cells) is None for get in given):
                return None
            time = moment(cells)[1]
            return (time.astimezone(where_on) if where_on else time).date().isoformat()

        return date
    if form.person:
        return columns.column(form.person, where)
    if form.template is not None:
        gets = [columns.template(form.template, type_, where, needed=False)]
    else:
        gets = [columns.column(name, where) for name in many(form.column)]
    into = columns.form.maps.get(form.map or "", {})
    currency = columns.column(form.currency_column, where) if form.currency_column else lambda _: form.currency

    def value(cells: Cells) -> object:
        text = next((text for get in gets if (text := get(cells)) is not None), None)
        if text is None:
            return None
        if form.split:
            return [mapped for part in text.split(form.split) if (mapped := into.get(part.strip(), part.strip()))]
        text = into.get(text, text)
        if form.currency or form.currency_column:
            return {"amount": _plain(text, columns.form.file.decimal), "currency": currency(cells)}
        return text or None

    return value


def _plain(amount: str, decimal: str) -> str:
    """A number without the marks between its thousands; one that is written otherwise stays as it is."""
    group = re.escape("." if decimal == "," else ",")
    if re.fullmatch(rf"-?\d{{1,3}}({group}\d{{3}})+({re.escape(decimal)}\d+)?|-?\d+({re.escape(decimal)}\d+)?", amount):
        return amount.translate({ord("." if decimal == "," else ","): None}).replace(decimal, ".")
    return amount


def _matcher(patterns: OneOrMany) -> Callable[[str | None], bool]:
    exact = {pattern for pattern in many(patterns) if "*" not in pattern}
    loose = [".*".join(map(re.escape, pattern.split("*"))) for pattern in many(patterns) if "*" in pattern]
    pattern = re.compile("|".join(loose), re.DOTALL) if loose else None
    return lambda text: (text or "") in exact or bool(pattern and text is not None and pattern.fullmatch(text))


def _time(text: str, formats: Iterable[str], zone: tzinfo, column: str) -> datetime:
    for style in tuple(formats) or ("ISO",):
        try:
            if style == "ISO":
                time = datetime.fromisoformat(text)
            else:
                plain = text.replace("오전", "AM").replace("오후", "PM") if "%p" in style else text
                time = datetime.strptime(plain, style)  # noqa: DTZ007
            return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(zone)
        except (ValueError, OverflowError):
            continue
    raise Unfit(column, "it does not read as a time in the format of the mapping")


def digest(cells: Cells) -> str:
    """128 bits of SHA-256 over every cell of the row, mapped or not."""
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()[:32]


def stream_key(key: str) -> str:
    """A key as a stream name takes it: every run of other characters becomes a hyphen."""
    return _NOT_IN_A_KEY.sub("-", key).lstrip("._~-")[:_LONGEST_KEY]
