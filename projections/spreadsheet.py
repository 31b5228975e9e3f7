"""A table as CSV that is safe in a spreadsheet: marked as UTF-8, moments with their zone, and nothing to calculate.

A text that begins like a formula (`=1+1`, `+82 2 …`, `-`, `@`, a tab, a carriage return; full-width too, and after
quotes, blanks or invisible characters) gets an apostrophe before it, as OWASP's "CSV Injection" advises; so does one
that begins with an apostrophe: without its first apostrophe a text is what it was. Numbers are never touched.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from projections.plain import json_values, with_utc

MARKED = r"""^(?:'|[\s\pZ\pC"`]*[=+\-@＝＋－＠﹢﹣﹦﹫]|[\t\r\n])"""
"""The texts that get an apostrophe before them (RE2)."""


def write_csv(table: pa.Table, sink: Any, *, raw: bool = False) -> None:
    """Writes the rows after a header; `raw` leaves every text as it is, for programs."""
    sink.write("\ufeff".encode())  # spreadsheets read Korean UTF-8 only with a byte order mark
    table = with_utc(table)
    for n, field in enumerate(table.schema):
        table = table.set_column(n, field.name, _marked(_flat(table[n]), raw))
    pa.csv.write_csv(table, sink)


def cells(column: pa.ChunkedArray, *, raw: bool = False) -> list[Any]:
    """A column as the cells of a sheet: moments and days as such, what is nested as JSON, texts as in CSV."""
    if pa.types.is_timestamp(column.type):
        return json_values(column)
    return _marked(_flat(column), raw).to_pylist()  # type: ignore[no-any-return]


def _marked(column: pa.ChunkedArray, raw: bool) -> pa.ChunkedArray:
    if raw or not pa.types.is_string(column.type):
        return column
    marked = pc.binary_join_element_wise("'", column, "")
    return pc.if_else(pc.match_substring_regex(column, MARKED), marked, column)


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments as text marked UTC; lists, maps and structs as JSON: CSV has no other place for them."""
    if pa.types.is_nested(column.type):
        texts = [None if it is None else msgspec.json.encode(it).decode() for it in json_values(column)]
        return pa.chunked_array([texts], pa.string())
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    return column.cast(pa.string()) if _texts(column.type) else column


def _texts(type_: pa.DataType) -> bool:
    inner = type_.value_type if pa.types.is_dictionary(type_) else type_
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner))
