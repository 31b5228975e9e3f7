"""The columns of views as the contract has them: `python -m tests.written`."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa

from projections.mirror.public_views import PUBLIC_VIEWS
from projections.mirror.snapshot import Reading


def view_rows(at: Reading) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each column of each view."""
    return {
        name: {it.name: value_schema(it.type) for it in at.few(f"FROM {name} LIMIT 0").schema}
        for name in sorted(PUBLIC_VIEWS)
    }


def value_schema(type_: pa.DataType) -> dict[str, Any]:
    """What JSON has of a value of a type (`projections.plain`); each may be null."""
    if pa.types.is_list(type_):
        return {"type": ["array", "null"], "items": value_schema(type_.value_type)}
    if pa.types.is_map(type_):
        return {"type": ["object", "null"], "additionalProperties": value_schema(type_.item_type)}
    if pa.types.is_struct(type_):
        return {"type": ["object", "null"], "properties": {it.name: value_schema(it.type) for it in type_}}
    for holds, said in (
        (pa.types.is_boolean, {"type": ["boolean", "null"]}),
        (pa.types.is_integer, {"type": ["integer", "null"]}),
        (pa.types.is_floating, {"type": ["number", "null"]}),
        (pa.types.is_decimal, {"type": ["string", "null"], "format": "decimal"}),
        (pa.types.is_date, {"type": ["string", "null"], "format": "date"}),
        (pa.types.is_timestamp, {"type": ["string", "null"], "format": "date-time"}),
        (pa.types.is_string, {"type": ["string", "null"]}),
    ):
        if holds(type_):
            return said
    raise TypeError(f"no schema for {type_}")


def encoded(rows: dict[str, dict[str, Any]]) -> bytes:
    """A column a line."""
    views = (
        f'"{name}": {{\n' + ",\n".join(f'  "{it}": {msgspec.json.encode(said).decode()}' for it, said in row.items())
        for name, row in rows.items()
    )
    return ("{\n" + "\n},\n".join(views) + "\n}}\n").encode()
