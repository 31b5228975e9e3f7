"""Counts over the columns of a table, which may have very many rows: no row of it becomes a value of Python."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def counted(table: pa.Table, *columns: str) -> Counter[Any]:
    """How many rows have each value of a column, or each combination of several, in order of first appearance."""
    found = _grouped(table.select([*columns]), columns, [([], "count_all")])
    counts = found["count_all"].to_pylist()
    values = [found[name].to_pylist() for name in columns]
    return Counter(dict(zip(values[0] if len(columns) == 1 else zip(*values, strict=True), counts, strict=True)))


def distinct(table: pa.Table, *columns: str) -> pa.Table:
    """Each combination of values of some columns, once."""
    return _grouped(table.select([*columns]), columns, [])


def count_values(table: pa.Table, column: str) -> int:
    """How many rows have a value in a column."""
    return int(table.num_rows - table[column].null_count)


def each(table: pa.Table, column: str) -> pa.Table:
    """A row for each item of a list in a column."""
    items = table[column].combine_chunks()
    rows = table.take(pc.list_parent_indices(items))  # with the column: a table of none has no rows
    return rows.set_column(rows.column_names.index(column), column, pc.list_flatten(items))


def among(table: pa.Table, column: str, values: pa.ChunkedArray | list[str]) -> pa.Table:
    """The rows that have one of some values in a column."""
    there = values if isinstance(values, list) else values.combine_chunks()
    return table.filter(pc.is_in(table[column], value_set=pa.array(there, table[column].type)))


def grouped(table: pa.Table, by: tuple[str, ...], **sums: str) -> pa.Table:
    """Aggregates of columns (`krw="sum"`) under their own names, by others."""
    found = _grouped(table, by, [*sums.items()])
    return found.rename_columns([*by, *sums])


def _grouped(table: pa.Table, by: tuple[str, ...], wanted: list[Any]) -> pa.Table:
    found = table.group_by([*by], use_threads=False).aggregate(wanted)
    return found.select([*by, *(it for it in found.column_names if it not in by)])
