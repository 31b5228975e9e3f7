"""`/v1/log`: the sealed record as C2SP tlog-tiles, and its proofs. Needs no token: salted digests give nothing away."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Iterable

from aiohttp import web

from api import formats, tables
from api.http import authorization, reads
from api.http.query import json, switch, whole_number
from api.problems import Problem
from api.server.engine import ENGINE, Engine
from journal.log import leaves, note, tlog
from journal.log.proof import proven
from journal.log.sealer import Seal
from journal.log.tiles import LEVELS, WIDTH, Tile

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
BRIEFLY = {"Cache-Control": "public, max-age=1"}
PROOF = {"json": "application/json", "tlog-proof": "text/plain"}
EVIDENCE = formats.TYPES | {"tlog-proof": "application/zip"}
UNSAFE = {"Cache-Control": "private, no-store"}


async def checkpoint(request: web.Request) -> web.Response:
    """The newest checkpoint, `Sagwan-Witnessed` or not yet; with `witnessed=true` the newest that is.

    With `position` one that ends with the entry there, with `size` one over so many entries.
    """
    engine = request.app[ENGINE]
    seal = await _seal(request, engine, whole_number(request, "position", 0))
    counts = "true" if engine.witnessed.policy.witnessed(seal.note) else "false"
    headers = BRIEFLY | {"Sagwan-Witnessed": counts}
    return web.Response(text=seal.note, content_type="text/plain", charset="utf-8", headers=headers)


async def tile(request: web.Request) -> web.Response:
    """A tile of hashes or of entries, of those that a checkpoint covers."""
    engine = request.app[ENGINE]
    level, path = request.match_info["level"], request.match_info["path"]
    try:
        asked = Tile.parse(f"{0 if level == 'entries' else level}/{path}")
    except ValueError as error:
        raise Problem(400, "log.tile", str(error)) from None
    seal = engine.sealer.current
    if seal is None or asked.level >= LEVELS or asked.leaves > seal.tree.size:
        raise Problem(404, "log.no_tile", "no checkpoint covers this tile yet", size=seal.tree.size if seal else 0)
    if level == "entries":
        body = await asyncio.to_thread(_bundle, engine, seal, asked)
    else:
        body = await asyncio.to_thread(seal.tree.tile, asked)
    answer = web.Response(body=body, content_type="application/octet-stream", headers=FOR_EVER)
    if level == "entries":
        answer.enable_compression()
    return answer


def _bundle(engine: Engine, seal: Seal, asked: Tile) -> bytes:
    """Log entries, each behind its length in two bytes, made from the journal."""
    found = leaves.read(engine.journal.entries, seal.ranks.position(asked.nth * WIDTH) - 1, asked.width)
    entries = [leaves.log_entry(head, stored) for _, head, stored in found]
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


async def proof(request: web.Request) -> web.Response:
    """That the tree of `size` has the entry at `position`; or that the tree of `to` begins with that of `from`."""
    engine = request.app[ENGINE]
    if {"from", "to"} & {*request.query}:
        return await _consistency(request, engine)
    position = whole_number(request, "position", 0)
    with_event = switch(request, "event")
    actor = engine.access.actor(request) if with_event else None
    seal = await _seal(request, engine, covering=await engine.sealed(position))
    if seal.ranks.of(position) is None:
        raise Problem(422, "log.not_covered", "the tree of this size does not have the entry", position=position)
    entry, stored, made = await asyncio.to_thread(proven, engine.journal.entries, seal, position)
    if actor is not None:
        await authorization.entry_shown(engine, actor, position, stored)
    if formats.wanted(request, PROOF) == "tlog-proof":
        made = made._replace(extra=stored if with_event else entry)
        headers = {"Content-Disposition": f'attachment; filename="{position}.tlog-proof"'}
        return web.Response(text=made.text, content_type="text/plain", headers=headers | UNSAFE)
    body = {
        "position": position,
        "index": made.rank,
        "size": seal.tree.size,
        "entry": entry.decode(),
        "leaf": note.encoded(tlog.leaf_hash(entry)),
        "proof": [note.encoded(it) for it in made.hashes],
        "checkpoint": made.checkpoint,
    }
    return json(body)


async def _consistency(request: web.Request, engine: Engine) -> web.Response:
    if "from" not in request.query or {"position", "event", "format"} & {*request.query}:
        raise Problem(400, "query.invalid", "ask with from and to, sizes both, or with position", parameter="from")
    current = await _seal(request, engine)
    old, size = whole_number(request, "from", 0), whole_number(request, "to", current.tree.size)
    if not 0 < old <= size <= current.tree.size:
        raise Problem(422, "log.sizes", "from and to are sizes, 0 < from <= to <= the last", size=current.tree.size)
    seal = await asyncio.to_thread(engine.sealer.at, size)
    hashes = await asyncio.to_thread(tlog.consistency, old, size, seal.tree)
    before = await asyncio.to_thread(tlog.root, old, seal.tree)
    body = {
        "from": old,
        "to": size,
        "from_root": note.encoded(before),
        "to_root": note.encoded(seal.checkpoint.root),
        "proof": [note.encoded(it) for it in hashes],
        "checkpoint": seal.note,
    }
    return json(body)


async def evidence(request: web.Request) -> web.Response:
    """The evidence of an indicator; with `format=tlog-proof` a zip with the proof of each entry in it, by position.

    Where entries are withheld from who asks, a file `withheld` in it says how many.
    """
    if formats.wanted(request, EVIDENCE) != "tlog-proof":
        return await reads.table(request)
    engine = request.app[ENGINE]
    query = tables.Query.of(request.path, {**request.query, "where": request.query.getall("where", [])})
    query = tables.published(query, engine.access.actor(request))
    at = await reads.points(request, engine)

    def positions() -> tuple[list[int], int]:
        with engine.follower.reading(at.known, at.valid, at.fx) as reading:
            seen = tables.table(reading, request.path, query)
        return sorted(set(seen.table["position"].to_pylist())), seen.withheld

    found, withheld = await asyncio.to_thread(positions)
    seal = await _seal(request, engine, covering=await engine.sealed(found[-1]) if found else 0)
    body = await asyncio.to_thread(_zipped, engine, seal, found, withheld)
    headers = {"Content-Disposition": f'attachment; filename="{request.match_info["code"]}-proofs.zip"'}
    headers |= UNSAFE | authorization.told(withheld)
    return web.Response(body=body, content_type="application/zip", headers=headers)


def _zipped(engine: Engine, seal: Seal, positions: Iterable[int], withheld: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint", seal.note)
        if withheld:
            archive.writestr("withheld", f"{withheld} entries are withheld from this credential: {authorization.WHY}\n")
        for position in positions:
            _, stored, made = proven(engine.journal.entries, seal, position)
            archive.writestr(f"{position}.tlog-proof", made._replace(extra=stored).text)
    return file.getvalue()


async def _seal(request: web.Request, engine: Engine, position: int = 0, *, covering: int = 0) -> Seal:
    """The signed tree that is asked for: one that ends at `position`, one of `size` leaves, the newest `witnessed` one.

    Else the newest that witnesses stand by, if it covers `covering` leaves, and at last the newest. Its note has the
    cosignatures that it has so far.
    """
    size = await engine.sealed(position) if position else whole_number(request, "size", 0)
    current, witnessed = engine.sealer.current, engine.witnessed.size
    if current is None:
        raise Problem(404, "log.empty", "nothing is sealed yet")
    if switch(request, "witnessed"):
        if not witnessed:
            raise Problem(404, "log.unwitnessed", "no checkpoint is witnessed as the policy requires yet")
        size = witnessed
    elif not size:
        size = witnessed if 0 < covering <= witnessed else current.tree.size
    if size > current.tree.size:
        raise Problem(422, "log.not_covered", "no checkpoint covers so many entries", size=current.tree.size)
    return engine.witnessed.with_lines(await asyncio.to_thread(engine.sealer.at, size))
