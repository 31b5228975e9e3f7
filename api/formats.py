"""Tables as JSON, NDJSON, CSV, Parquet or Arrow."""

from __future__ import annotations

import io

import msgspec
import pyarrow as pa
import pyarrow.parquet

from projections import spreadsheet
from projections.plain import json_rows, with_utc

MEDIA_TYPES = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


encode_json = msgspec.json.Encoder(decimal_format="number").encode
"""A value as JSON, decimals as numbers."""


def encode_table(table: pa.Table, format_: str, *, raw: bool = False) -> bytes:
    """A table in one of the formats of MEDIA_TYPES, without anything around the rows. Moments say that they are UTC.

    In CSV no text is a formula to a spreadsheet, unless `raw`.
    """
    sink = io.BytesIO()
    match format_:
        case "json":
            sink.write(msgspec.json.encode(json_rows(table)))
        case "ndjson":
            for row in json_rows(table):
                sink.write(msgspec.json.encode(row) + b"\n")
        case "csv":
            spreadsheet.write_csv(table, sink, raw=raw)
        case "parquet":
            pa.parquet.write_table(with_utc(table), sink)
        case _:
            table = with_utc(table)
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
    return sink.getvalue()
