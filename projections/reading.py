"""A reader's own view of the mirror: one snapshot, as of `known` and `valid`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

DAMAGED = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)

Parameters = Sequence[Any] | Mapping[str, Any] | None


def damaged(error: duckdb.Error) -> bool:
    """Whether DuckDB may have found a file that is not what it wrote. A block with a wrong sum is of no class."""
    return isinstance(error, DAMAGED) or type(error) is duckdb.Error


class Reading(NamedTuple):
    """`position` is the last entry of the snapshot; `known`, `valid` and `fx` are what was asked for, None for now."""

    cursor: duckdb.DuckDBPyConnection
    position: int
    known: int | None
    valid: datetime | None
    fx: Mapping[str, int] | None = None

    def rows(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Every row, as Python values; a TIMESTAMP is a datetime in UTC without a zone."""
        return self.cursor.execute(sql, parameters).fetchall()

    def table(self, sql: str, parameters: Parameters = None) -> pa.Table:
        """The result as an Arrow table."""
        return self.cursor.sql(sql, params=parameters).to_arrow_table()

    def batches(self, sql: str, rows: int) -> pa.RecordBatchReader:
        """The result a batch of so many rows at a time, so that a long one is never in memory whole."""
        return self.cursor.sql(sql).to_arrow_reader(rows)

    def select(self, sql: str) -> pa.Table:
        """What somebody else's SQL asks, as an Arrow table; it changes nothing and reads nothing but the mirror.

        Raises ValueError unless it is one statement that only reads, or when DuckDB refuses it.
        """
        try:
            statements = self.cursor.extract_statements(sql)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise ValueError("one SELECT at a time, and nothing else")
            return self.cursor.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            if damaged(error):
                raise
            raise ValueError(str(error)) from None
