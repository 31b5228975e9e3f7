"""Tables as plain values, fit for JSON, and with moments that say their zone."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any

import pyarrow as pa

_ZERO = Decimal(0)
"""Zero in plain form: a decimal of twelve places would be written 0E-12."""


def json_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON values: moments are UTC and say so, maps are objects."""
    names = table.column_names  # a property that builds a new list on each access
    columns = [json_values(column) for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def json_values(column: pa.ChunkedArray) -> list[Any]:
    """A column as JSON values."""
    found: list[Any] = column.to_pylist()
    if pa.types.is_timestamp(column.type) and column.type.tz is None:
        return [it and it.replace(tzinfo=UTC) for it in found]
    plain = not pa.types.is_nested(column.type) and not pa.types.is_decimal(column.type)
    return found if plain else [_value(it, column.type) for it in found]


def with_utc(table: pa.Table) -> pa.Table:
    """The same table with moments typed as UTC, however deeply nested."""
    fields = [field.with_type(_zoned(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields, table.schema.metadata))


def _zoned(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(type_):
        return pa.timestamp(type_.unit, "UTC")
    if pa.types.is_struct(type_):
        return pa.struct([field.with_type(_zoned(field.type)) for field in type_])
    if pa.types.is_map(type_):
        return pa.map_(_zoned(type_.key_type), _zoned(type_.item_type))
    if pa.types.is_list(type_):
        return pa.list_(type_.value_field.with_type(_zoned(type_.value_type)))
    return type_


def _value(value: Any, type_: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_timestamp(type_):
        return value.replace(tzinfo=UTC) if type_.tz is None else value
    if pa.types.is_decimal(type_):
        return value or _ZERO
    if pa.types.is_map(type_):
        return {key: _value(it, type_.item_type) for key, it in value}
    if pa.types.is_struct(type_):
        return {field.name: _value(value[field.name], field.type) for field in type_}
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return [_value(it, type_.value_type) for it in value]
    return value
