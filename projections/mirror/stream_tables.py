"""The evidence of some streams alone, as known at several positions at once, computed by the same views.

The facts of each stream and step get a stream name of their own, so that one pass over them makes the evidence of all
steps: formulas join facts by their stream, and order those of one stream by time and position. Names that join several
streams differ in each step as well.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import duckdb
import pyarrow as pa

from domain.record import FOREVER
from projections.definitions import Indicator
from projections.mirror.figure_tables import MadeTables, catalogue, types_behind
from projections.mirror.parts import Parts
from projections.mirror.schema import holds, more, table_of, without_withdrawn
from projections.mirror.shared_sql import in_force
from projections.mirror.snapshot import Reading

ASKED = pa.schema({"number": pa.int64(), "stream": pa.string(), "known": pa.int64()})

STEP = 1 << 40
"""Positions of a step are after those of all earlier steps."""


class Step(NamedTuple):
    """Streams of one part as known at a position; `number` counts the steps of all parts from 1."""

    number: int
    streams: Sequence[str]
    known: int


class StepEvidence(NamedTuple):
    """The evidence of steps, seen from a reading."""

    reading: Reading

    def rows(self, it: Indicator, period: str) -> pa.Table:
        """The rows of a half-year for each step: its number as `step`, and the columns of the evidence."""
        for view in catalogue()[it.view].builds_on:
            self.reading.of(view)
        return self.reading.table(f"SELECT position // {STEP} AS step, * FROM {it.view} WHERE period = ?", [period])


def streams_together(reading: Reading, parts: Parts, streams: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Each of these streams, and what is of one part with one of them, with all streams of its part."""
    if not parts.joined_by:
        return {stream: (stream,) for stream in streams}
    names: dict[str, set[str]] = defaultdict(set)
    for shared in parts.shared:
        for stream, name in reading.rows(shared):
            names[stream].add(name)
            names[name].add(stream)
    parts_of_streams: dict[str, tuple[str, ...]] = {}
    for first in streams:
        if first in parts_of_streams:
            continue
        reached, ahead = {first}, [first]
        while ahead:
            new = names[ahead.pop()] - reached
            reached |= new
            ahead += new
        together = tuple(sorted(it for it in reached if it.partition(":")[0] in parts.kinds))
        parts_of_streams |= dict.fromkeys(together, together)
    return parts_of_streams


@contextlib.contextmanager
def evidence_of(
    reading: Reading, parts: Parts, steps: Sequence[Step], asked_for: Iterable[Indicator]
) -> Iterator[StepEvidence]:
    """The evidence of indicators of parts at these steps; all other data are those of the reading."""
    with reading.another_cursor() as cursor:
        asked = [(step.number, stream, step.known) for step in steps for stream in step.streams]
        cursor.register("asked", pa.Table.from_pylist([dict(zip(ASKED.names, it, strict=True)) for it in asked], ASKED))
        if parts.kinds == ("entry",):
            _show_entries(cursor)
        else:
            _show_facts(cursor, parts, {tag for it in asked_for for tag in types_behind(it.view)})
        yield StepEvidence(reading._replace(cursor=cursor, tables=MadeTables.own(cursor)))


def _show_facts(cursor: duckdb.DuckDBPyConnection, parts: Parts, types: Collection[str]) -> None:
    """Replaces the facts of all kinds of the parts, as far as of these types, with those of each step. A fact that is a
    stream of its own keeps its stream, so that it belongs to the same speaker in every step."""
    joined: dict[str, set[str]] = defaultdict(set)
    for table, column, _ in parts.joined_by:
        joined[table].add(column)
    for tag in (it for it in types if it.partition(".")[0] in parts.kinds and parts.makes_rows(table_of(it))):
        table = table_of(tag)
        joined_by = "".join(f", {column} || '@' || asked.number AS {column}" for column in sorted(joined[table]))
        kept = table in parts.apart
        cursor.execute(
            f"CREATE TEMP TABLE {table} AS "
            f"SELECT {_in_steps('* EXCLUDE (since, until)', joined_by, kept)}, since AS stated_by{more(tag)} "
            f"FROM record.{table} AS said JOIN asked ON asked.stream = {parts.stream_of(table, 'said.')}"
            f"{without_withdrawn(tag, 'asked.known')} WHERE {holds(tag, 'asked.known')}"
        )


def _show_entries(cursor: duckdb.DuckDBPyConnection) -> None:
    """Replaces all entries, and what restates them, with those of each step."""
    for table in ("event", "entry_corrected", "entry_voided"):
        entry = "" if table == "event" else f", said.entry + asked.number * {STEP} AS entry"
        cursor.execute(
            f"CREATE TEMP TABLE asked_{table} AS SELECT {_in_steps('*', entry)} "
            f"FROM record.{table} AS said JOIN asked USING (stream) WHERE position <= asked.known"
        )
    cursor.execute("CREATE TEMP VIEW event AS FROM asked_event WHERE by_valid(effective_at, occurred_at)")
    for name in ("restatement", "stated", "effective"):
        text = in_force()[name].text.replace("record.", "asked_").replace("CREATE VIEW", "CREATE TEMP VIEW")
        cursor.execute(text.replace("$KNOWN", str(FOREVER)))


def _in_steps(columns: str, more: str = "", kept: bool = False) -> str:
    """The columns of rows `said`, with positions moved to the step of their stream, and the stream renamed unless
    `kept`."""
    stream = "" if kept else ", concat(said.stream, '@', asked.number) AS stream"
    return f"said.{columns} REPLACE (said.position + asked.number * {STEP} AS position{stream}{more})"
