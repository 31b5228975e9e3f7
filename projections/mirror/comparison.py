"""The tables of a mirror as of a position, in an order that two mirrors of one record share."""

from __future__ import annotations

import pyarrow as pa

from domain.record import FOREVER
from domain.registry import TYPES
from projections.mirror.mirror import Mirror
from projections.mirror.schema import table_of

TABLES = ("event", *(table_of(tag) for tag in TYPES))
"""Every table of the mirror that holds rows of the record."""


def rows_as_of(mirror: Mirror, table: str, position: int) -> pa.Table:
    """All rows stated up to a position, ended ones too; a row ended later still holds. By position and since.

    Raises ValueError for a table that is not in TABLES.
    """
    rows, since = _as_of(table)
    with mirror.reading() as reading:
        return reading.table(rows, {"position": position}, order=f"position, {since}")


def digests_as_of(mirror: Mirror, position: int) -> dict[str, tuple[object, ...]]:
    """Row count and sum of row hashes of each table as of a position: two mirrors with the same rows have the same.
    Not for comparison with a mirror that another release of DuckDB made."""
    with mirror.reading() as reading:
        digests = (
            f"SELECT '{table}', count(*), sum(hash(said)::HUGEINT) FROM ({_as_of(table)[0]}) AS said"
            for table in TABLES
        )
        digests_of = reading.rows(" UNION ALL ".join(digests), {"position": position})
    return {table: (number, sum_) for table, number, sum_ in digests_of}


def settled_digests(mirror: Mirror) -> tuple[int, dict[str, tuple[object, ...]]]:
    """The position to which the tables of figures are settled, and each table's row count and sum of row hashes."""
    with mirror.figure_reading() as reading:
        tables = reading.rows(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'settled' AND table_name <> 'failing'"
        )
        digest = "SELECT count(*), sum(hash(said::VARCHAR)::HUGEINT) FROM settled.{} AS said"
        return reading.position, {f"settled.{name}": reading.rows(digest.format(name))[0] for (name,) in tables}


def _as_of(table: str) -> tuple[str, str]:
    """The query of all rows as of `$position`, and the column by which they follow each other at one position."""
    if table not in TABLES:
        raise ValueError(f"the mirror has no table {table}")
    since, until = "since", f"* REPLACE (CASE WHEN until > $position THEN {FOREVER} ELSE until END AS until)"
    if table == "event":
        since, until = "position", "*, position AS since"
    return f"SELECT {until} FROM record.{table} WHERE {since} <= $position", since
