"""A reader's own view of the mirror: one snapshot, as of `known` and `valid`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

Parameters = Sequence[Any] | Mapping[str, Any] | None


class Reading(NamedTuple):
    """`position` is the last entry of the snapshot; `known` and `valid` are what was asked for, None for now."""

    cursor: duckdb.DuckDBPyConnection
    position: int
    known: int | None
    valid: datetime | None

    def rows(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Every row, as Python values; a TIMESTAMP is a datetime in UTC without a zone."""
        return self.cursor.execute(sql, parameters).fetchall()

    def table(self, sql: str, parameters: Parameters = None) -> pa.Table:
        """The result as an Arrow table."""
        return self.cursor.sql(sql, params=parameters).to_arrow_table()
