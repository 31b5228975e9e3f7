"""What of the record the asking credential may read, and how an answer says what it withholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import TypeVar

import msgspec
import pyarrow as pa

from api.problems import Problem
from api.source import Source
from domain import visibility
from domain.input_policy.authority import Actor
from domain.messages import sentence
from domain.visibility import Reader
from journal.store.journal import read_stored
from journal.store.recorder import StoredEntry
from projections.mirror.snapshot import Reading
from projections.mirror.visibility import (
    VisibleTable,
    assigned_hubs,
    closed_entries,
    hidden_files,
    hidden_streams,
)

T = TypeVar("T", str, int)

NOTHING_MORE: Mapping[str, str] = MappingProxyType({})

HEADER = "Sagwan-Withheld"
"""How many rows or entries of an answer are withheld from the reader; absent where none is."""

COLUMNS = "Sagwan-Withheld-Columns"
"""Which columns of a table are empty in some rows, because the reader may not see them."""


class _Typed(msgspec.Struct):
    type: str


class _Named(msgspec.Struct):
    stream: str
    fact: _Typed


_named = msgspec.json.Decoder(_Named).decode


def withheld_headers(withheld: int, columns: Sequence[str] = ()) -> dict[str, str]:
    """The headers that say what is withheld."""
    return ({HEADER: str(withheld)} if withheld else {}) | ({COLUMNS: ", ".join(columns)} if columns else {})


def with_metadata(seen: VisibleTable, more: Mapping[str, str] = NOTHING_MORE) -> pa.Table:
    """A table that says what is withheld, where its format can, and the `cursor` of the next page."""
    metadata = {"withheld": str(seen.withheld)} if seen.withheld else {}
    metadata |= {"withheld_columns": ",".join(seen.emptied)} if seen.emptied else {}
    metadata |= more
    return seen.table.replace_schema_metadata(metadata) if metadata else seen.table


def reader(source: Source, actor: Actor) -> Reader | None:
    """The reader that an actor is, None for one who reads everything. One who reads by ministry or region waits for
    the tables, which say whose a hub is now."""
    scope, assigned = actor.scope, frozenset[str]()
    if scope and (scope.ministries or scope.regions):
        source.wait_for_tables(source.journal.position)
        with source.reading(None, None) as reading:
            assigned = assigned_hubs(reading, scope.ministries, scope.regions)
    return visibility.reader(actor, assigned)


def require_reads_all(actor: Actor, which: str) -> None:
    """Raises Problem 403 unless somebody reads everything, saying what others may not (`authority.reads_all`)."""
    if not visibility.reads_all(actor):
        may = sorted(visibility.READS_ALL)
        kind = "reads_scope" if actor.scope else "reads"
        what = sentence("authority.reads_all", which)
        raise Problem(403, "authority.role", kind, may=may, role=actor.role, what=what)


def closed_positions(source: Source, actor: Actor, positions: Iterable[int]) -> frozenset[int]:
    """Those of the positions whose entries the actor may not read, by everything recorded so far."""
    return _kept_from(source, actor, {*positions}, closed_entries)


def closed_files(source: Source, actor: Actor, streams: Iterable[str]) -> frozenset[str]:
    """Those of the streams of evidence items whose files the actor may not read."""
    return _kept_from(source, actor, {*streams}, hidden_files)


def _kept_from(
    source: Source, actor: Actor, asked: Set[T], find: Callable[[Reading, Reader | None, Set[T]], frozenset[T]]
) -> frozenset[T]:
    """What of `asked` the actor may not read. One who reads everything, or asks nothing, waits for no table."""
    if visibility.reads_all(actor) or not asked:
        return frozenset()
    as_whom = reader(source, actor)
    source.wait_for_tables(source.journal.position)
    with source.reading(None, None) as reading:
        return find(reading, as_whom, asked)


def require_visible_streams(source: Source, actor: Actor, streams: Iterable[str]) -> None:
    """Raises Problem 403 when the actor may not read one of the streams; however many, they are asked for at once."""
    if _kept_from(source, actor, {it for it in streams if visibility.may_concern(it)}, hidden_streams):
        raise _refused(actor)


def require_visible_entry(source: Source, actor: Actor, position: int, stored: bytes) -> None:
    """Raises Problem 403 when the actor may not read an entry."""
    it = read_stored(_named, position, stored)
    if visibility.may_concern(it.stream, it.fact.type) and closed_positions(source, actor, [position]):
        raise _refused(actor)


def visible_rows(source: Source, actor: Actor, rows: Sequence[StoredEntry]) -> list[StoredEntry]:
    """The rows that the actor may read. One that cannot be parsed has no known owner: it is not among them."""
    if visibility.reads_all(actor):
        return [*rows]
    streams = {row.position: _stream_or_none(row.entry) for row in rows}
    asked = [row.position for row in rows if visibility.may_concern(streams[row.position] or "", row.type)]
    away = closed_positions(source, actor, asked) | {it for it, stream in streams.items() if stream is None}
    return [row for row in rows if row.position not in away]


def _stream_or_none(stored: bytes) -> str | None:
    try:
        return _named(stored).stream
    except ValueError:
        return None


def _refused(actor: Actor) -> Problem:
    why = sentence("authority.withheld", "why")
    if actor.hub:
        return Problem(403, "authority.withheld", "hub", hub=actor.hub, why=why)
    return Problem(403, "authority.withheld", "role", role=actor.role, why=why)
