"""Extracts in the manner of the AICPA Audit Data Standards: a pipe-delimited UTF-8 text for each table, the
definition of each field, and totals to check completeness with.

A line is a row, the first names the fields. A value that holds the delimiter, a quote or a line break is in double
quotes, a quote in it twice. Nothing between two delimiters is a missing value. Dates are YYYY-MM-DD, moments UTC;
numbers have a point and no grouping; lists and maps are JSON.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, cast, get_args

import msgspec
from duckdb.sqltypes import DuckDBPyType

from domain.record import Entry, Role
from domain.registry import TYPES
from projections.mirror.schema import ENVELOPE, table_of
from projections.mirror.snapshot import Reading

BATCH = 65_536
TABLES = {"event": ""} | {table_of(tag): tag for tag in TYPES}
"""The extracted tables, and the fact type whose effective entries each holds."""


class Wording(msgspec.Struct, frozen=True):
    """`meanings` of the fields of an entry beside its fact; `sorts` of values by the types of their columns."""

    meanings: dict[str, str]
    sorts: dict[str, str]


WORDING = msgspec.toml.decode(Path(__file__).with_name("extracts.toml").read_bytes(), type=Wording)


class ExtractField(NamedTuple):
    """A field of an extract: its name, what sort of value it holds, and the SQL of the value."""

    name: str
    sort: str
    sql: str


def extract_files(reading: Reading) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Each file by its name, in pieces: the list of tables, the fields, totals, and then table by table."""
    layout = {table: _fields(reading, table) for table in TABLES}
    counted = {table: _counted(reading, table, fields) for table, fields in layout.items()}
    yield "contents", _contents({table: rows for table, (rows, _) in counted.items()})
    yield "field_definitions", _definitions(layout)
    yield "control_totals", [TOTALS, *(f"{line}\n".encode() for _, lines in counted.values() for line in lines)]
    for table, fields in layout.items():
        yield table, _rows(reading, table, fields)


def _fields(reading: Reading, table: str) -> list[ExtractField]:
    """The fields of a table in order; a structure such as money takes a field for each of its parts."""
    found = reading.cursor.sql(f"FROM {table} LIMIT 0")
    made = []
    for name, type_ in zip(found.columns, found.types, strict=True):
        if type_.id == "struct":
            for part, it in cast("list[tuple[str, DuckDBPyType]]", type_.children):
                made.append(ExtractField(f"{name}_{part}", WORDING.sorts.get(it.id, "text"), f'"{name}"."{part}"'))
        else:
            made.append(ExtractField(name, WORDING.sorts.get(type_.id, "text"), f'"{name}"'))
    return made


def _counted(reading: Reading, table: str, fields: list[ExtractField]) -> tuple[int, list[str]]:
    """How many rows a table has, and the line of each field in the control totals."""
    lines = ", ".join(_total(table, field) for field in fields)
    ((rows, made),) = reading.rows(f"SELECT count(*), [{lines}] FROM {table}")
    return rows, made


def _contents(rows: dict[str, int]) -> Iterator[bytes]:
    yield _line(("table", "type", "rows", "meaning"))
    for table, tag in TABLES.items():
        meaning = (inspect.getdoc(TYPES[tag] if tag else Entry) or "").partition("\n")[0]
        yield _line((table, tag, str(rows[table]), meaning))


def _definitions(layout: dict[str, list[ExtractField]]) -> Iterator[bytes]:
    yield _line(("table", "number", "field", "sort", "meaning"))
    for table, tag in TABLES.items():
        for number, field in enumerate(layout[table], 1):
            yield _line((table, str(number), field.name, field.sort, _meaning(tag, field)))


def _meaning(tag: str, field: ExtractField) -> str:
    if not tag or field.name in ENVELOPE:
        return WORDING.meanings[field.name].format(roles=", ".join(get_args(Role)))
    return f"data.{field.sql.replace(chr(34), '').removeprefix('fact_')} of {tag}"


ZEROS = r"\.?0+$|(\.\d*?[1-9])0+$"
"""The zeros that fill up a number with a scale after the point."""

TOTALS = b"table|field|rows|filled|sum|least|greatest\n"


def _total(table: str, field: ExtractField) -> str:
    """SQL of a line of the totals: rows of the table, values present, their sum, minimum and maximum."""
    number, ordered = field.sort in ("integer", "number"), field.sort in ("date", "datetime")
    cells = [f"'{table}|{field.name}'", "count(*)", f"count(nullif(({field.sql})::VARCHAR, ''))"]
    cells.append(_sum(field) if number else "''")
    cells += [_text(field._replace(sql=f"{end}({field.sql})")) if number or ordered else "''" for end in ("min", "max")]
    return " || '|' || ".join(cells)


def _sum(field: ExtractField) -> str:
    """SQL that writes the exact sum of a column. Digits before and after the points are added up separately: together
    they may be more than a decimal holds."""
    if field.sort == "integer":
        return _text(field._replace(sql=f"sum({field.sql})"))
    whole = f"sum(trunc({field.sql})::DECIMAL(38, 0))"
    rest = f"sum(({field.sql} - trunc({field.sql}))::DECIMAL(38, 12))"
    carried = f"({whole} + floor({rest})::DECIMAL(38, 0))"
    behind = f"({rest} - floor({rest}))"
    # Below zero the whole part is rounded up, and the part after the point counts from there.
    below = f"{carried} < 0 AND {behind} > 0"
    digits = f"right(CASE WHEN {below} THEN 1 - {behind} ELSE {behind} END::VARCHAR, 13)"
    sign = f"CASE WHEN {below} AND {carried} = -1 THEN '-' ELSE '' END"
    total = f"{sign} || (CASE WHEN {below} THEN {carried} + 1 ELSE {carried} END)::VARCHAR || {digits}"
    return f"coalesce(regexp_replace({total}, '{ZEROS}', '\\1'), '')"


def _rows(reading: Reading, table: str, fields: list[ExtractField]) -> Iterator[bytes]:
    """The extract of a table, some thousand lines at a time."""
    yield _line(field.name for field in fields)
    row = " || '|' || ".join(_text(field) for field in fields)
    for batch in reading.batches(f"SELECT {row} AS line FROM {table} ORDER BY position", BATCH):
        yield "".join(f"{line}\n" for line in batch["line"].to_pylist()).encode()


def _line(values: Iterable[str]) -> bytes:
    return ("|".join(_quoted(value) for value in values) + "\n").encode()


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if any(it in value for it in '|"\n\r') else value


def _text(field: ExtractField) -> str:
    """SQL that writes a value in the form of the extract."""
    value = field.sql
    match field.sort:
        case "datetime":
            return f"coalesce(strftime({value}::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%fZ'), '')"
        case "number":
            # Without the zeros that fill a decimal up to its scale.
            return f"coalesce(regexp_replace(({value})::VARCHAR, '{ZEROS}', '\\1'), '')"
        case "list" | "map":
            value = f"to_json({value})"
        case "integer" | "date" | "boolean":
            return f"coalesce(({value})::VARCHAR, '')"
    text = f"({value})::VARCHAR"
    quoted = f"""'"' || replace({text}, '"', '""') || '"'"""
    return f"""coalesce(CASE WHEN regexp_matches({text}, '[|"\\n\\r]') THEN {quoted} ELSE {text} END, '')"""
