"""What of the record the asking credential may read, and how an answer says what it withholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from typing import TypeVar

import msgspec
import pyarrow as pa

from api.problems import Problem
from api.source import Source
from domain import visibility
from domain.input_policy.authority import Actor
from journal.store.recorder import Row
from projections.mirror.snapshot import Reading
from projections.mirror.visibility import VisibleTable, closed_entries, hidden_streams

T = TypeVar("T", str, int)

HEADER = "Sagwan-Withheld"
"""How many rows or entries of an answer are withheld from who asks; absent where none is."""

COLUMNS = "Sagwan-Withheld-Columns"
"""Which columns of a table are empty in some rows, because they are not for who asks."""

WHY = (
    "projects of the classes SENSITIVE and SECURED are read by the hubs with a share in them; stays, ratings and what "
    "else tells of single persons, reviews and findings by their hub; why a centre answered by that centre and the "
    "hubs of the project or case; the secretariat, auditors and operators read everything"
)


class _Typed(msgspec.Struct):
    type: str


class _Named(msgspec.Struct):
    stream: str
    fact: _Typed


stream_of = msgspec.json.Decoder(_Named).decode


def withheld_headers(withheld: int, columns: Sequence[str] = ()) -> dict[str, str]:
    """The headers that say it."""
    return ({HEADER: str(withheld)} if withheld else {}) | ({COLUMNS: ", ".join(columns)} if columns else {})


def with_withheld_metadata(seen: VisibleTable) -> pa.Table:
    """A table that carries it, where its format can."""
    said = {"withheld": str(seen.withheld)} if seen.withheld else {}
    said |= {"withheld_columns": ",".join(seen.emptied)} if seen.emptied else {}
    return seen.table.replace_schema_metadata(said) if said else seen.table


def require_reads_all(actor: Actor, what: str) -> None:
    """Raises Problem 403 unless somebody reads everything."""
    if visibility.reader(actor) is not None:
        may = sorted(visibility.READS_ALL)
        raise Problem(403, "authority.role", f"the role {actor.role} {what}", may=may)


def closed_positions(source: Source, actor: Actor, positions: Iterable[int]) -> frozenset[int]:
    """Those of the positions whose entries the actor may not read, by everything recorded so far."""
    return _kept_from(source, actor, {*positions}, closed_entries)


def _kept_from(
    source: Source, actor: Actor, asked: Set[T], find: Callable[[Reading, str | None, Set[T]], frozenset[T]]
) -> frozenset[T]:
    """What of the asked is not for the actor. Who reads everything, or asks nothing, waits for no table."""
    reader = visibility.reader(actor)
    if reader is None or not asked:
        return frozenset()
    source.wait_for_tables(source.journal.position)
    with source.reading(None, None) as reading:
        return find(reading, reader, asked)


def require_visible_stream(source: Source, actor: Actor, stream: str) -> None:
    """Raises Problem 403 when the actor may not read a stream."""
    if visibility.may_concern(stream) and _kept_from(source, actor, {stream}, hidden_streams):
        raise _refused(actor)


def require_visible_entry(source: Source, actor: Actor, position: int, stored: bytes) -> None:
    """Raises Problem 403 when the actor may not read an entry."""
    it = stream_of(stored)
    if visibility.may_concern(it.stream, it.fact.type) and closed_positions(source, actor, [position]):
        raise _refused(actor)


def visible_rows(source: Source, actor: Actor, rows: Sequence[Row]) -> list[Row]:
    """The rows that the actor may read."""
    if visibility.reader(actor) is None:
        return [*rows]
    asked = [row.position for row in rows if visibility.may_concern(stream_of(row.entry).stream, row.type)]
    away = closed_positions(source, actor, asked)
    return [row for row in rows if row.position not in away]


def _refused(actor: Actor) -> Problem:
    return Problem(403, "authority.withheld", f"this is not for {actor.hub or f'the role {actor.role}'}: {WHY}")
