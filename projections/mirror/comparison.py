"""The tables of a mirror as of a position, in an order that two mirrors of one record share."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import duckdb
import pyarrow as pa

from domain.record import FOREVER
from domain.registry import TYPES
from projections.definitions import INDICATORS
from projections.mirror.figure_tables import FIGURE, SUMS, catalogue
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
    entry). Each table's row count and sum of row hashes, by code in that of all figures. `failing` are the views of
    which no table could be made."""

    position: int
    moment: datetime | None
    tables: dict[str, tuple[object, ...]]
    failing: frozenset[str]


def settled_digests(mirror: Mirror) -> SettledDigests:
    """The tables of figures of a mirror as they are."""
    with mirror.figure_reading() as reading:
        tables = reading.rows(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'settled' "
            f"AND table_name NOT IN ('failing', '{FIGURE}')"
        )
        digest = "count(*), sum(hash(said::VARCHAR)::HUGEINT)"
        digests = {name: reading.rows(f"SELECT {digest} FROM settled.{name} AS said")[0] for (name,) in tables}
        of_code = f"SELECT code, {digest} FROM settled.{FIGURE} AS said GROUP BY code"
        digests |= {f"{FIGURE} {code}": tuple(its) for code, *its in reading.rows(of_code)}
        ((moment,),) = reading.rows("SELECT getvariable('now')")
        failing = {view for (view,) in reading.rows("FROM settled.failing")}
        return SettledDigests(reading.position, moment, digests, frozenset(failing & catalogue().keys() - SUMS))


def settled_or_why_not(mirror: Mirror) -> tuple[SettledDigests | None, str]:
    """The tables of figures of a mirror, None if they never were settled; and why they cannot be read. Raises DuckDB's
    error if it was stopped, or the file could not be read or written."""
    try:
        found = settled_digests(mirror)
    except (duckdb.InterruptException, duckdb.IOException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        return None, str(error)
    except ValueError:
        return None, "settled.state"  # it has no row, or more than one
    if not isinstance(found.moment, datetime | None):
        return None, "settled.cut"  # DuckDB gives what Python's time does not reach as text
    return found if found.position else None, ""


def differing_figures(old: SettledDigests, fresh: SettledDigests) -> list[str]:
    """The tables of figures that differ, apart from those of views that failed in one of them."""
    if old.position != fresh.position:
        return ["settled.state"]
    failing = old.failing | fresh.failing
    left = {catalogue()[view].name for view in failing} | (SUMS if failing else set())
    for it in INDICATORS.values():
        left |= {f"{FIGURE} {it.code}", f"sums_{it.column}"} if it.view in failing else set()
    names = (old.tables.keys() | fresh.tables.keys()) - left
    return [f"settled.{name}" for name in sorted(names) if old.tables.get(name) != fresh.tables.get(name)]


def difference(old: Mirror, fresh: Mirror) -> str:
    """The tables of the record in which two mirrors of it differ as of the last position that both have, or why one
    cannot be read; nothing where they are the same."""
    try:
        upto = min(old.position, fresh.position)
        ours, theirs = digests_as_of(old, upto), digests_as_of(fresh, upto)
        return ", ".join(it for it in TABLES if ours[it] != theirs[it])
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
