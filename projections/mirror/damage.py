"""What DuckDB raises over a file that is not what it wrote."""

from __future__ import annotations

import duckdb

DAMAGED = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)


def damaged(error: duckdb.Error) -> bool:
    """Whether DuckDB may have found a file that is not what it wrote. A block with a wrong sum is of no class."""
    return isinstance(error, DAMAGED) or type(error) is duckdb.Error
