"""The evidence of some streams alone, as known at several positions at once, computed by the same views.

The facts of each stream and step stand under a name of their own, so that one pass over them makes the evidence of all
steps: formulas join facts by their stream, and order those of one stream by time and position.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import duckdb
import pyarrow as pa

from domain.record import FOREVER
from domain.registry import TYPES
from projections.definitions import Indicator
from projections.mirror.figure_tables import REFERENCE, OwnTables, catalogue
from projections.mirror.schema import VALID, holds, table_of
from projections.mirror.shared_sql import in_force
from projections.mirror.snapshot import Reading

KINDS = {"case", "exchange", "project", "expansion"}
"""Kinds of stream whose evidence follows from the facts of each stream, and from reference data."""

ACROSS = {"DX-02", "EX-03", "JR-06", "JR-07"}
"""Indicators in which the facts of one stream change the evidence of another."""

ASKED = pa.schema({"number": pa.int64(), "stream": pa.string(), "known": pa.int64()})

STEP = 1 << 40
"""Positions of a step are behind those of all steps before."""


class Step(NamedTuple):
    """A stream as known at a position; `number` counts the steps of all streams from 1."""

    number: int
    stream: str
    known: int


def kind_of(it: Indicator) -> str | None:
    """The kind of stream by which the evidence of an indicator is in parts (`entry` for any kind); None where it is one
    whole."""
    kinds = catalogue()[it.view].kinds
    own = kinds & KINDS or kinds & {"entry"} if not kinds - KINDS - REFERENCE - {"map"} else set[str]()
    return min(own) if len(own) == 1 and it.code not in ACROSS else None


class StreamEvidence(NamedTuple):
    """The evidence of steps of streams of one kind, seen from a reading."""

    reading: Reading

    def rows(self, it: Indicator, period: str) -> pa.Table:
        """Of each step the rows of a half-year: its number as `step`, and the columns of the evidence."""
        for view in catalogue()[it.view].builds_on:
            self.reading.of(view)
        return self.reading.table(f"SELECT position // {STEP} AS step, * FROM {it.view} WHERE period = ?", [period])


@contextlib.contextmanager
def evidence_of(reading: Reading, kind: str, steps: Sequence[Step]) -> Iterator[StreamEvidence]:
    """The evidence of streams of a kind at these steps; all other data are those of the reading."""
    with contextlib.closing(reading.another_cursor()) as cursor:
        cursor.register("asked", pa.Table.from_pylist([it._asdict() for it in steps], schema=ASKED))
        if kind == "entry":
            _show_entries(cursor)
        else:
            _show_facts(cursor, kind)
        yield StreamEvidence(reading._replace(cursor=cursor, tables=OwnTables(cursor)))


def _show_facts(cursor: duckdb.DuckDBPyConnection, kind: str) -> None:
    """Puts the facts of each step in the place of all of their kind."""
    for tag in (it for it in TYPES if it.partition(".")[0] == kind):
        cursor.execute(
            f"CREATE TEMP TABLE {table_of(tag)} AS "
            f"SELECT {_in_steps('* EXCLUDE (since, until)')}, since AS stated_by "
            f"FROM record.{table_of(tag)} AS said JOIN asked USING (stream) WHERE {holds(tag, 'asked.known')}"
        )


def _show_entries(cursor: duckdb.DuckDBPyConnection) -> None:
    """Puts the entries of each step in the place of all, and what restates them."""
    for table in ("event", "entry_corrected", "entry_voided"):
        entry = "" if table == "event" else f", said.entry + asked.number * {STEP} AS entry"
        cursor.execute(
            f"CREATE TEMP TABLE asked_{table} AS SELECT {_in_steps('*', entry)} "
            f"FROM record.{table} AS said JOIN asked USING (stream) WHERE position <= asked.known"
        )
    cursor.execute(f"CREATE TEMP VIEW event AS FROM asked_event WHERE occurred_at <= {VALID}")
    for name in ("restatement", "effective"):
        text = in_force()[name].text.replace("record.", "asked_").replace("CREATE VIEW", "CREATE TEMP VIEW")
        cursor.execute(text.replace("$KNOWN", str(FOREVER)).replace("$VALID", VALID))


def _in_steps(columns: str, more: str = "") -> str:
    """The columns of rows `said` with the names and positions of the steps of their streams."""
    return (
        f"said.{columns} REPLACE (said.position + asked.number * {STEP} AS position, "
        f"concat(said.stream, '@', asked.number) AS stream{more})"
    )
