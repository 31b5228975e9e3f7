"""Tables as JSON, NDJSON, CSV, Parquet or Arrow, by `?format=` or `Accept`."""

from __future__ import annotations

import io

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from aiohttp import web

from api.problems import Problem
from projections.plain import rows, values

TYPES = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


def wanted(request: web.Request) -> str:
    """The format asked for. Raises Problem naming those there are."""
    asked = request.query.get("format")
    if asked is None:
        accept = request.headers.get("Accept", "")
        return next((name for name, type_ in TYPES.items() if type_ in accept), "json")
    if asked not in TYPES:
        raise Problem(400, "query.invalid", "this format is not there", parameter="format", formats=list(TYPES))
    return asked


def encoded(table: pa.Table, format_: str) -> bytes:
    """A table in one of the formats of TYPES, without anything around the rows."""
    sink = io.BytesIO()
    match format_:
        case "json":
            sink.write(msgspec.json.encode(rows(table)))
        case "ndjson":
            for row in rows(table):
                sink.write(msgspec.json.encode(row) + b"\n")
        case "csv":
            sink.write("\ufeff".encode())  # spreadsheets take UTF-8 for Korean only when told so
            pa.csv.write_csv(_flat(table), sink)
        case "parquet":
            pa.parquet.write_table(table, sink)
        case _:
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
    return sink.getvalue()


def _flat(table: pa.Table) -> pa.Table:
    """Lists, maps and structs as JSON text: CSV has no other place for them."""
    for n, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):
            texts = [None if it is None else msgspec.json.encode(it).decode() for it in values(table[n])]
            table = table.set_column(n, field.name, pa.array(texts, pa.string()))
    return table
