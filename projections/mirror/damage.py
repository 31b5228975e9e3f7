"""The errors that DuckDB raises for a damaged file."""

from __future__ import annotations

import duckdb

DAMAGED = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)


def damaged(error: duckdb.Error) -> bool:
    """Whether the error may mean a damaged file. A block with a wrong checksum raises a plain `duckdb.Error`."""
    return isinstance(error, DAMAGED) or type(error) is duckdb.Error
