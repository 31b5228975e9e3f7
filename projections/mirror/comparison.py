"""The tables of a mirror as of a position, in an order that two mirrors of one record share."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import duckdb
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


class SettledDigests(NamedTuple):
    """What the tables of figures are as of: a position and a moment (in UTC, without a zone; None before the first
    entry). Each table's row count and sum of row hashes."""

    position: int
    moment: datetime | None
    tables: dict[str, tuple[object, ...]]


def settled_digests(mirror: Mirror) -> SettledDigests:
    """The tables of figures of a mirror as they are."""
    with mirror.figure_reading() as reading:
        tables = reading.rows(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'settled' AND table_name <> 'failing'"
        )
        digest = "SELECT count(*), sum(hash(said::VARCHAR)::HUGEINT) FROM settled.{} AS said"
        digests = {f"settled.{name}": reading.rows(digest.format(name))[0] for (name,) in tables}
        return SettledDigests(reading.position, reading.rows("SELECT getvariable('now')")[0][0], digests)


def settled_or_why_not(mirror: Mirror) -> tuple[SettledDigests | None, str]:
    """The tables of figures of a mirror, settled to its position, None if they never were; and why one cannot be
    read. Raises DuckDB's error if it was stopped, or the file could not be read or written."""
    try:
        if not mirror.settled:
            return None, ""
        mirror.settle()
        return settled_digests(mirror), ""
    except (duckdb.InterruptException, duckdb.IOException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        return None, str(error)


def difference(old: Mirror, fresh: Mirror, figures: SettledDigests | None) -> str:
    """The tables in which a mirror differs from a fresh one as of the last position that both have, those of its
    `figures` if they are given, or why one cannot be read; nothing where they are the same."""
    try:
        upto = min(old.position, fresh.position)
        ours, theirs = digests_as_of(old, upto), digests_as_of(fresh, upto)
        differing = [it for it in TABLES if ours[it] != theirs[it]]
        if figures:
            made = settled_digests(fresh).tables
            differing += [name for name, digest in figures.tables.items() if digest != made.get(name)]
        return ", ".join(differing)
    except duckdb.Error as damage:
        return str(damage)


def _as_of(table: str) -> tuple[str, str]:
    """The query of all rows as of `$position`, and the column by which they follow each other at one position."""
    if table not in TABLES:
        raise ValueError(f"the mirror has no table {table}")
    since, until = "since", f"* REPLACE (CASE WHEN until > $position THEN {FOREVER} ELSE until END AS until)"
    if table == "event":
        since, until = "position", "*, position AS since"
    return f"SELECT {until} FROM record.{table} WHERE {since} <= $position", since
