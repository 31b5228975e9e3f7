"""What of the record the asking credential may read, and how an answer says what it withholds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import msgspec
import pyarrow as pa

from api.engine import Engine
from api.problems import Problem
from domain import visibility
from domain.authority import Actor
from journal.recorder import Row
from projections.visibility import hidden as hidden_in

HEADER = "Sagwan-Withheld"
"""How many rows or entries of an answer are withheld from who asks; absent where none is."""

WHY = (
    "projects of the classes SENSITIVE and SECURED, and stays on them, are read by the hubs with a share in them, "
    "reviews and findings by their hub; the secretariat, auditors and operators read everything"
)


class _Named(msgspec.Struct):
    stream: str


stream_of = msgspec.json.Decoder(_Named).decode


def told(withheld: int) -> dict[str, str]:
    """The header that says it."""
    return {HEADER: str(withheld)} if withheld else {}


def noted(table: pa.Table, withheld: int) -> pa.Table:
    """A table that carries it, where its format can."""
    return table.replace_schema_metadata({"withheld": str(withheld)}) if withheld else table


def reads_all(actor: Actor, what: str) -> None:
    """Raises Problem 403 unless somebody reads everything."""
    if visibility.reader(actor) is not None:
        may = sorted(visibility.READS_ALL)
        raise Problem(403, "authority.role", f"the role {actor.role} {what}: it would read everything", may=may)


async def hidden(engine: Engine, actor: Actor, streams: Iterable[str]) -> frozenset[str]:
    """Those of the streams that the actor may not read, by everything recorded so far."""
    reader, asked = visibility.reader(actor), {it for it in streams if visibility.may_concern(it)}
    if reader is None or not asked:
        return frozenset()
    await engine.caught_up(engine.journal.position)

    def read() -> frozenset[str]:
        with engine.follower.reading() as reading:
            return hidden_in(reading, reader, asked)

    return await asyncio.to_thread(read)


async def shown(engine: Engine, actor: Actor, stream: str) -> None:
    """Raises Problem 403 when the actor may not read a stream."""
    if await hidden(engine, actor, [stream]):
        raise Problem(403, "authority.withheld", f"this is not for {actor.hub or f'the role {actor.role}'}: {WHY}")


async def rows_shown(engine: Engine, actor: Actor, rows: Sequence[Row]) -> list[Row]:
    """The rows that the actor may read."""
    if visibility.reader(actor) is None:
        return [*rows]
    streams = [stream_of(row.entry).stream for row in rows]
    closed = await hidden(engine, actor, streams)
    return [row for row, stream in zip(rows, streams, strict=True) if stream not in closed]
