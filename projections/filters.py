"""Tests on the columns of a table: one value or another, none of them, or a range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias

import msgspec

from domain.messages import Invalid
from domain.nearest import UnknownWord
from domain.period import end_of_day

Operator: TypeAlias = Literal["=", "!=", ">=", "<=", ">", "<"]

OPERATORS: tuple[Operator, ...] = ("!=", ">=", "<=", "=", ">", "<")
"""Longer ones first, since they are tried in this order."""

Place: TypeAlias = Callable[[object], str]
"""Takes a value, and returns its placeholder in SQL."""


class Filter(msgspec.Struct, frozen=True):
    """Tests of one column, all of which hold: an operator with the values that it is held against.

    With `=` a row is kept that has one of them, with `!=` one that has none, or nothing at all.
    """

    tests: tuple[tuple[Operator, tuple[str, ...]], ...]

    @property
    def only(self) -> str | None:
        """The one value that is kept, None if the filter is not just that."""
        if len(self.tests) == 1 and self.tests[0][0] == "=" and len(self.tests[0][1]) == 1:
            return self.tests[0][1][0]
        return None

    @property
    def options(self) -> tuple[str, ...]:
        """The values of which a kept row has one, none if the filter does not list them."""
        return next((values for operator, values in self.tests if operator == "="), ())

    def keeps(self, text: str | None) -> bool:
        """Whether a text is kept."""
        return all(_holds(operator, values, text) for operator, values in self.tests)

    def condition(self, column: str, type_: str, place: Place) -> str:
        """The tests in SQL of a column of a type. Raises ValueError where it cannot be compared so."""
        clauses = [_condition(operator, values, column, type_, place) for operator, values in self.tests]
        return " AND ".join(clauses)


Filters: TypeAlias = Mapping[str, str | Filter]


def as_filter(wanted: str | Filter) -> Filter:
    return Filter((("=", (wanted,)),)) if isinstance(wanted, str) else wanted


def where_clause(where: Filters, columns: Mapping[str, str], what: str, place: Place) -> str:
    """A condition on columns, given with their types. Raises UnknownWord for one that does not exist, ValueError."""
    if strange := where.keys() - columns.keys():
        raise UnknownWord("column_of", min(strange), columns, what=what)
    clauses = [as_filter(it).condition(f'"{name}"', columns[name], place) for name, it in where.items()]
    return " AND ".join(clauses) or "true"


def _holds(operator: Operator, values: tuple[str, ...], text: str | None) -> bool:
    match operator:
        case "=":
            return text in values
        case "!=":
            return text not in values
        case ">=":
            return text is not None and text >= values[0]
        case "<=":
            return text is not None and text <= values[0]
        case ">":
            return text is not None and text > values[0]
        case "<":
            return text is not None and text < values[0]


def _condition(operator: Operator, values: tuple[str, ...], column: str, type_: str, place: Place) -> str:
    name, kind = column.rpartition(".")[2].strip('"'), type_.partition("(")[0]
    if operator in ("=", "!="):
        either = [f"{column}::VARCHAR = {place(it)}" for it in values]
        if kind.startswith("TIMESTAMP"):
            either += [_within(column, span, place) for it in values if (span := _span(it))]
        if _numeric(kind):  # 3 is 3.0 too; a text with commas is a list of numbers
            either += [f"{column} = {_numbered(it, name, kind, place)}" for it in values[: len(values) - 1 or 1]]
        same = f"coalesce({' OR '.join(either)}, false)"
        return same if operator == "=" else f"NOT {same}"
    (text,) = values
    if kind.startswith("TIMESTAMP"):
        if (span := _span(text)) is None:
            raise Invalid("question.moment", column=name)
        edge = span[0] if operator in (">=", "<") else span[1]
        return f"{column} {operator} {place(edge)}::TIMESTAMP"
    if kind == "DATE":
        try:
            return f"{column} {operator} {place(date.fromisoformat(text))}::DATE"
        except ValueError:
            raise Invalid("question.date", column=name) from None
    if _numeric(kind):
        return f"{column} {operator} {_numbered(text, name, kind, place)}"
    if kind in ("VARCHAR", "ENUM"):
        return f"{column}::VARCHAR {operator} {place(text)}"
    raise Invalid("question.order_compare", column=name)


def _numeric(kind: str) -> bool:
    return kind in ("DECIMAL", "DOUBLE", "FLOAT", "INTEGER") or kind.endswith("INT")


def _numbered(text: str, name: str, kind: str, place: Place) -> str:
    return f"{place(_number(text, name))}::{'DECIMAL(38, 12)' if kind == 'DECIMAL' else 'DOUBLE'}"


def _within(column: str, span: tuple[datetime, datetime], place: Place) -> str:
    return f"{column} BETWEEN {place(span[0])}::TIMESTAMP AND {place(span[1])}::TIMESTAMP"


def _span(text: str) -> tuple[datetime, datetime] | None:
    """The first and the last moment of a day in Seoul, or an instant twice, in UTC; None for what is neither."""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            first = end_of_day(day - timedelta(days=1)) + timedelta(microseconds=1)
            return _plain(first), _plain(end_of_day(day))
        at = datetime.fromisoformat(text.replace(" ", "+"))  # in a query, + reads as a space
        return (_plain(at), _plain(at)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _plain(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _number(text: str, name: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= Decimal(10) ** 25:
        raise Invalid("question.number", column=name)
    return number
