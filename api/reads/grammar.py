"""How rows are asked for wherever there are rows: `where`, `order`, `fields`, `limit`, and `cursor` for the rest."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from api.problems import Problem, unknown_word
from api.reads.asked import ReadRequest
from api.source import Source
from domain.messages import Invalid
from domain.nearest import UnknownWord
from projections.filters import OPERATORS, Filter, Operator
from replay.as_of import Points

ROWS = "where* order fields limit cursor"
"""The parameters of this grammar."""

PAGE_PARAMETERS = ("order", "fields", "limit", "cursor")
MOST = 10_000
"""Rows of a page."""

OF_NO_PAGE = {"cursor", "limit", "format", "raw", "after"}
"""The parameters that do not make another question."""

CONDITION = re.compile(rf"(\w+)({'|'.join(OPERATORS)})(.*)", re.DOTALL)


def parse_where(texts: Iterable[str]) -> dict[str, Filter]:
    """Conditions by column, from `hub=EU-BRU,AS-SIN`, `hub!=EU-BRU`, `occurred_at>=2025-03-01` and so on.

    Values are parted by commas; a comma of a value is written `\\,`. A value that has one counts as a whole too, as it
    did before there were lists. Raises Problem.
    """
    found: dict[str, dict[Operator, tuple[str, ...]]] = {}
    for text in texts:
        name, operator, value = _parted(text)
        tests = found.setdefault(name, {})
        if operator in tests:
            which = "where_twice" if operator in ("=", "!=") else "where_range"
            raise Problem(400, "query.invalid", which, parameter="where", condition=f"{name}{operator}")
        tests[operator] = _values(value) if operator in ("=", "!=") else (value,)
    return {name: Filter(tuple(tests.items())) for name, tests in found.items()}


def _parted(text: str) -> tuple[str, Operator, str]:
    if it := CONDITION.fullmatch(text):
        operator = next(one for one in OPERATORS if one == it[2])
        return it[1], operator, it[3]
    name, equals, value = text.partition("=")
    if not equals:
        raise Problem(400, "query.invalid", "where", parameter="where", operators=" ".join(OPERATORS))
    return name, "=", value


def _values(text: str) -> tuple[str, ...]:
    parts = [it.replace("\\,", ",") for it in re.split(r"(?<!\\),", text)]
    return tuple(dict.fromkeys([*parts, *([text] if len(parts) > 1 else [])]))


class Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Where a page begins, of which question, and as of what: the position, the moment, how many rows there are and
    how many redactions there were."""

    question: str
    position: int
    moment: datetime | None
    first: int
    rows: int
    redactions: int

    @property
    def text(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises Problem."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            return msgspec.json.decode(raw, type=cls)
        except ValueError:
            raise Problem(400, "cursor.invalid", parameter="cursor") from None


class RowsAsked(NamedTuple):
    """Which of the rows are asked for, and as of which points."""

    at: Points
    question: str
    order: tuple[tuple[str, bool], ...] = ()
    fields: tuple[str, ...] = ()
    limit: int | None = None
    cursor: Cursor | None = None

    @classmethod
    def of(cls, asked: ReadRequest, source: Source) -> RowsAsked:
        """Raises Problem for what cannot be parsed, and for a cursor of another question or another state."""
        at = asked.points(source)
        order = [(it.removeprefix("-"), it.startswith("-")) for it in asked.listed("order")]
        if len({name for name, _ in order}) < len(order):
            raise Problem(400, "query.invalid", "name_twice", parameter="order")
        limit = asked.bounded("limit", MOST, 1, MOST) if {"limit", "cursor"} & asked.names else None
        question, cursor = _question(asked), None
        if (text := asked.text("cursor")) is not None:
            cursor = Cursor.parse(text)
            if cursor.question != question:
                raise Problem(400, "cursor.other_question", parameter="cursor")
            if cursor.redactions != source.redacted():
                raise Problem(410, "cursor.gone", "redacted", parameter="cursor")
            source.wait_for_tables(cursor.position)
            at = msgspec.structs.replace(at, known=cursor.position, valid=cursor.moment)
        return cls(at, question, tuple(order), asked.listed("fields"), limit, cursor)

    def cut(
        self, table: pa.Table, source: Source, position: int, moment: datetime | None
    ) -> tuple[pa.Table, str | None]:
        """The rows of the page with the columns asked for, and the cursor of the next page.

        Raises ValueError, Problem.
        """
        rows = table.num_rows
        if self.cursor and self.cursor.rows != rows:
            raise Problem(410, "cursor.gone", "scope", parameter="cursor")
        for parameter, name in (*(("order", name) for name, _ in self.order), *(("fields", it) for it in self.fields)):
            if name not in table.column_names:
                error = UnknownWord("column", name, table.column_names)
                raise unknown_word(400, "query.unknown_word", error, parameter=parameter)
        if self.order:
            table = table.take(_sorted(table, self.order))
        next_ = None
        if self.limit is not None:
            first = self.cursor.first if self.cursor else 0
            if first + self.limit < rows:
                at = self.cursor.moment if self.cursor else moment
                redactions = self.cursor.redactions if self.cursor else source.redacted()
                next_ = Cursor(self.question, position, at, first + self.limit, rows, redactions).text
            table = table.slice(first, self.limit)
        return (table.select(list(self.fields)) if self.fields else table), next_


def _question(asked: ReadRequest) -> str:
    of = [*asked.path.items()], [it for it in asked.query if it[0] not in OF_NO_PAGE], asked.actor
    return hashlib.sha256(msgspec.json.encode(of)).hexdigest()[:16]


def _sorted(table: pa.Table, order: Sequence[tuple[str, bool]]) -> pa.Array:
    """The rows in an order; those that are the same in it as they were, those without a value last."""
    keys: dict[str, pa.ChunkedArray] = {}
    for name, _ in order:
        column = table[name]
        if pa.types.is_nested(column.type):
            raise Invalid("question.order", column=name)
        keys[name] = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    keys["\0"] = pa.array(range(table.num_rows), pa.int64())
    directions = [(name, "descending" if down else "ascending") for name, down in order]
    return pc.sort_indices(pa.table(keys), sort_keys=[*directions, ("\0", "ascending")])
