"""Tables as JSON, NDJSON, CSV, Parquet, Arrow or a spreadsheet."""

from __future__ import annotations

import io

import msgspec
import pyarrow as pa
import pyarrow.parquet

from projections import spreadsheet
from projections.plain import json_rows, with_utc
from replay.report.table_sheet import write_sheet

MEDIA_TYPES = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


SPREADSHEETS = ("csv", "xlsx")
"""Those that are read by what calculates texts."""

SLICE = 1000
"""Rows that are Python values at a time: as such they take ten times their room, and a view may have every entry."""

encode_json = msgspec.json.Encoder(decimal_format="number").encode
"""A value as JSON, decimals as numbers."""
encode_lines = msgspec.json.Encoder().encode_lines


def encode_rows(table: pa.Table) -> bytes:
    """The rows of a table as an array of JSON."""
    slices = (table.slice(first, SLICE) for first in range(0, table.num_rows, SLICE))
    return b"[" + b",".join(msgspec.json.encode(json_rows(it))[1:-1] for it in slices) + b"]"


def encode_table(table: pa.Table, format_: str, language: str = "en", name: str = "", *, raw: bool = False) -> bytes:
    """A table in one of the formats of MEDIA_TYPES, without anything around the rows. Moments say that they are UTC.

    In CSV and XLSX no text is a formula to a spreadsheet, unless `raw`, which is of these alone. Columns are named in
    the language in XLSX, by their keys elsewhere. Raises TooLarge, NoWriter.
    """
    sink = io.BytesIO()
    match format_:
        case "json":
            sink.write(encode_rows(table))
        case "ndjson":
            for first in range(0, table.num_rows, SLICE):
                sink.write(encode_lines(json_rows(table.slice(first, SLICE))))
        case "csv":
            spreadsheet.write_csv(table, sink, raw=raw)
        case "parquet":
            pa.parquet.write_table(with_utc(table), sink)
        case "xlsx":
            write_sheet(table, sink, language, name, raw=raw)
        case _:
            table = with_utc(table)
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
    return sink.getvalue()
