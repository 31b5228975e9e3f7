"""Tables as JSON, NDJSON, CSV, Parquet or Arrow, by `?format=` or `Accept`."""

from __future__ import annotations

import io

import msgspec
import pyarrow as pa
import pyarrow.parquet
from aiohttp import web

from api.problems import Problem
from projections import spreadsheet
from projections.plain import rows, zoned

TYPES = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8; header=present",
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


def encoded(table: pa.Table, format_: str, *, raw: bool = False) -> bytes:
    """A table in one of the formats of TYPES, without anything around the rows. Moments say that they are UTC.

    In CSV no text is a formula to a spreadsheet, unless `raw`.
    """
    sink = io.BytesIO()
    match format_:
        case "json":
            sink.write(msgspec.json.encode(rows(table)))
        case "ndjson":
            for row in rows(table):
                sink.write(msgspec.json.encode(row) + b"\n")
        case "csv":
            spreadsheet.write(table, sink, raw=raw)
        case "parquet":
            pa.parquet.write_table(zoned(table), sink)
        case _:
            table = zoned(table)
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
    return sink.getvalue()
