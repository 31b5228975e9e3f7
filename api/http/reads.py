"""Reading as of any point: views, streams, indicators with their evidence, and what changed between two points."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa
from aiohttp import web

from api import formats, tables
from api.http import authorization
from api.http.query import json, moment, rate_sets, switch, unknown, whole_number
from api.problems import Problem
from api.server.engine import ENGINE, Engine
from domain import history, visibility
from domain.nearest import UnknownWord
from domain.record import FOREVER
from domain.registry import KINDS, kind_of, tag
from projections import conditions
from projections.definitions import INDICATORS, QUALITATIVE
from projections.mirror.comparison import TABLES, rows_as_of
from projections.mirror.public_views import VIEWS, irregular
from projections.plain import rows
from projections.visibility import Seen
from replay.as_of import Points, rates
from replay.audit import diff
from replay.editions.editions import checked, find, named
from replay.editions.published_figures import Released


async def points(request: web.Request, engine: Engine) -> Points:
    """What `known=`, `valid=`, `fx=` and `after=` ask for. Waits for the mirror where it must.

    `known` as an edition (`2025S1/1`) is its position and, unless `valid` says otherwise, its valid cut-off; its money
    is that of its position. Raises Problem, NoEdition, NoRates.
    """
    at = await _times(request, engine)
    if not (texts := request.query.getall("fx", [])):
        return at
    await engine.caught_up(engine.journal.position)
    fx = await asyncio.to_thread(rates, engine.follower.reading, at.known, rate_sets(texts))
    return msgspec.structs.replace(at, fx=fx)


async def _times(request: web.Request, engine: Engine) -> Points:
    known, valid = request.query.get("known"), request.query.get("valid")
    await engine.caught_up(whole_number(request, "after", 0))
    if known is not None and (edition := named(known)) is not None:
        key = (await asyncio.to_thread(find, engine.journal, *edition)).key
        await engine.caught_up(key.position)
        return Points(key.position, key.valid_cutoff if valid is None else moment(valid, "valid"))
    position = None if known is None else await _position(request, engine, "known")
    return Points(position, None if valid is None else moment(valid, "valid"))


async def _position(request: web.Request, engine: Engine, name: str) -> int:
    """The position that a parameter names, or the last one by the instant it names, once the mirror has it."""
    text = request.query[name]
    if text.isdecimal():
        position = whole_number(request, name, 0)
    else:
        position = await asyncio.to_thread(engine.journal.last_at, moment(text, name))
    await engine.caught_up(position)
    return position


async def table(request: web.Request) -> web.Response:
    """A table as of the points asked for, in the format asked for, with the position it is as of."""
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    format_, raw = formats.wanted(request), switch(request, "raw")
    query = tables.published(
        tables.Query.of(request.path, {**request.query, "where": request.query.getall("where", [])}), actor
    )
    at = await points(request, engine)
    if query.outsider and tables.concerns_persons(request.path):
        query = msgspec.structs.replace(query, released=await asyncio.to_thread(_released, engine, request.query))

    def read() -> tuple[bytes, int, Seen]:
        with engine.follower.reading(at.known, at.valid, at.fx) as reading:
            seen = tables.table(reading, request.path, query)
            position = min(reading.position, FOREVER if at.known is None else at.known)
        if format_ != "json":
            return formats.encoded(authorization.noted(seen), format_, raw=raw), position, seen
        about: dict[str, Any] = _about(request) | {"position": position, "valid": at.valid}
        money = {"fx": at.fx} if at.fx is not None else {}
        kept: dict[str, Any] = {"withheld": seen.withheld} if seen.withheld else {}
        kept |= {"withheld_columns": seen.emptied} if seen.emptied else {}
        if aside := engine.follower.touched(position):
            kept["set_aside"] = aside
        answer = about | money | kept | {"rows": rows(seen.table)}
        return msgspec.json.encode(answer), position, seen

    try:
        body, position, seen = await asyncio.to_thread(read)
    except Problem as problem:
        if problem.code != tables.UNKNOWN:
            raise
        # A hub that was designated a moment ago is known to the record, and the tables may not have it yet.
        await engine.caught_up(engine.journal.position)
        body, position, seen = await asyncio.to_thread(read)
    headers = {"Sagwan-Position": str(position), "Content-Type": formats.TYPES[format_]}
    return web.Response(body=body, headers=headers | authorization.told(seen.withheld, seen.emptied))


def _released(engine: Engine, asked: Mapping[str, str]) -> Released | None:
    """The edition that a question names by `known`, and nothing beside it. Raises NoEdition, NotAsPublished."""
    edition = named(asked.get("known", ""))
    if edition is None or {"valid", "fx"} & {*asked}:
        return None
    published = find(engine.journal, *edition)
    if published.withdrawn:
        return None
    period, number = edition
    content = checked(engine.journal, engine.abacus, period, published)
    return Released(f"{period}/{number}", period, content.figures)


def _about(request: web.Request) -> dict[str, str | int]:
    """What stands beside the rows in JSON."""
    if view := request.match_info.get("view"):
        return {"view": view}
    it = tables.indicator(request.match_info["code"])
    return {"code": it.code, "ko": it.ko, "en": it.en, "unit": it.unit, "version": it.version}


async def views(request: web.Request) -> web.Response:
    request.app[ENGINE].access.actor(request)
    return json({"views": sorted(VIEWS)})


async def indicators(request: web.Request) -> web.Response:
    request.app[ENGINE].access.actor(request)
    if formats.wanted(request) == "json":
        return json({"indicators": list(INDICATORS.values()), "qualitative": list(QUALITATIVE.values())})
    return await table(request)


async def changes(request: web.Request) -> web.Response:
    """Which figures differ between two positions, and the entries that moved them, but those not for who asks."""
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    if missing := {"a", "b"} - {*request.query}:
        raise Problem(400, "query.invalid", "a and b are positions or instants; name both", parameter=min(missing))
    a, b = await _position(request, engine, "a"), await _position(request, engine, "b")

    def read() -> diff.Diff:
        return diff.between(engine.follower.reading, min(a, b), max(a, b))

    found = await asyncio.to_thread(read)
    found = diff.publishable(found, visibility.reader(actor))
    closed = await authorization.closed(engine, actor, {mover.position for it in found.changes for mover in it.movers})
    found = diff.without(found, closed)
    return json(found, headers={"Sagwan-Position": str(max(a, b))} | authorization.told(found.withheld))


async def mirror_table(request: web.Request) -> web.Response:
    """A table of the mirror with its time columns, for whoever compares it with one made anew."""
    engine = request.app[ENGINE]
    authorization.reads_all(engine.access.actor(request), "does not take tables whole: it would read everything")
    position = whole_number(request, "position", engine.journal.position)
    await engine.caught_up(position)
    name = request.match_info["table"]

    if name not in TABLES:
        raise unknown(404, "mirror.no_table", UnknownWord("no table of this name", name, TABLES), tables=TABLES)

    def read() -> bytes:
        return formats.encoded(rows_as_of(engine.follower.mirror, name, position), "arrow")

    return web.Response(body=await asyncio.to_thread(read), content_type=formats.TYPES["arrow"])


async def stream(request: web.Request) -> web.Response:
    """A stream's state, its history with what still holds, and its irregularities. The version is the ETag."""
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    name = request.match_info["stream"]
    try:
        conditions.stream(name)
    except UnknownWord as error:
        raise unknown(404, "stream.unknown_kind", error, kinds=sorted(KINDS)) from None
    except ValueError as error:
        raise Problem(404, "stream.malformed", str(error)) from None
    at = await points(request, engine)
    past = await asyncio.to_thread(engine.journal.stream, name)
    known = at.known if at.known is not None else FOREVER
    past = [row for row in past if row.position <= known]
    if not past:
        raise Problem(404, "stream.none", "the record has no entry on this stream as of this point", stream=name)
    await authorization.shown(engine, actor, name)
    await engine.caught_up(past[-1].position)
    version, hub = past[-1].entry.version, past[0].entry.hub
    asked = [row.position for row in past if visibility.may_concern(name, tag(row.entry.fact))]
    closed = await authorization.closed(engine, actor, asked)
    last, past = past[-1].position, [row for row in past if row.position not in closed]
    state = history.state(name, past, known=known, valid=at.valid)
    held = {row.position: row.entry for row in history.effective(past, known=known, valid=at.valid)}

    def found() -> pa.Table:
        with engine.follower.reading(at.known, at.valid) as reading:
            return irregular(reading, name)

    irregularities = [it for it in rows(await asyncio.to_thread(found)) if it["position"] not in closed]
    body = {
        "stream": name,
        "kind": kind_of(name),
        "hub": hub,
        "version": version,
        "state": {"status": state.status} | msgspec.to_builtins(state),
        "history": [{"position": row.position, "entry": row.entry, "holds": held.get(row.position)} for row in past],
        "irregularities": irregularities,
    } | ({"withheld": len(closed)} if closed else {})
    headers = {"Sagwan-Position": str(last), "ETag": f'"{version}"'}
    return json(body, headers=headers | authorization.told(len(closed)))
