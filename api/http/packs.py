"""`/v1/export/evidence` and the `.zip` of an edition: evidence packs, sent while they are made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web

from api import tables
from api.http import reads
from api.problems import Problem
from api.server.engine import CATCH_UP_SECONDS, ENGINE, Engine
from domain.record import Role
from journal.log.sealer import Seal
from replay.audit import sealed
from replay.editions.editions import find
from replay.pack import pack
from replay.report.content import as_published

READERS: frozenset[Role] = frozenset({"auditor", "secretariat", "operator"})
"""Who takes the whole record away."""

CHUNK = 256 * 1024
STALLED_SECONDS = 60.0
"""Who has not read a chunk by then is not waited for."""

log = logging.getLogger("sagwan.api")


async def evidence(request: web.Request) -> web.StreamResponse:
    """A zip file of everything up to `known`, or of the `indicator`s asked for, figures as of `valid` and in `fx`."""
    engine = _asked(request)
    chosen = tables.indicators(request.query.getall("indicator", []))
    at = await reads.points(request, engine)
    position = engine.journal.position if at.known is None else at.known
    record = await _record(engine, position)

    def make(sink: _Sink) -> None:
        with engine.follower.reading(position, at.valid, at.fx) as reading:
            pack.write(sink, record, reading, chosen)

    return await _sent(request, f"sagwan-evidence-{position}.zip", position, make)


async def edition(request: web.Request, period: str, number: int) -> web.StreamResponse:
    """A zip file of an edition as it was published: what it says, the act, the entries behind its figures."""
    engine = _asked(request)
    published = await asyncio.to_thread(find, engine.journal, period, number)
    record = await _record(engine, published.position)
    told = await asyncio.to_thread(as_published, engine.journal, engine.abacus, period, published)
    key = published.key

    def make(sink: _Sink) -> None:
        with engine.follower.reading(key.position, key.valid_cutoff, key.fx) as reading:
            pack.write_edition(sink, record, told, reading)

    return await _sent(request, f"sagwan-edition-{period}-{number}.zip", key.position, make)


def _asked(request: web.Request) -> Engine:
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    if actor.role not in READERS:
        raise Problem(403, "authority.role", f"the role {actor.role} takes no evidence packs", may=sorted(READERS))
    return engine


async def _record(engine: Engine, position: int) -> pack.Record:
    """The record to pack, once it is sealed up to a position."""
    # All of the record, not only up to the position: what was redacted since is to be gone from the tables.
    await engine.caught_up(engine.journal.position)
    await engine.sealed(position)

    def signed(last: int) -> Seal:
        if not engine.sealer.wait(last, CATCH_UP_SECONDS) or not engine.sealer.current:
            raise Problem(503, "seal.behind", f"position {last} is not sealed yet; ask again soon")
        return engine.witnessed.with_lines(engine.sealer.at(engine.sealer.current.ranks.upto(last)))

    adopted = await asyncio.to_thread(sealed.adopted, engine.journal)
    return pack.Record(engine.journal.entries, signed, [str(it) for it in adopted], engine.sealer.sign)


async def _sent(request: web.Request, name: str, position: int, make: Callable[[_Sink], None]) -> web.StreamResponse:
    """What fails before its first bytes are made is answered as an error; a body that is cut off later has no end."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Sagwan-Position": str(position)}
    response = web.StreamResponse(headers=headers | {"Content-Type": "application/zip"})
    sink = _Sink(request, response, asyncio.get_running_loop())

    def made() -> None:
        make(sink)
        sink.send()

    try:
        await asyncio.to_thread(made)
    except ConnectionError:
        log.info("nobody waits for the evidence pack any more")
    except Exception:
        if not response.prepared:
            raise
        # The answer has begun: what is missing from it is seen by its end, not by its status.
        log.exception("an evidence pack was cut off")
        if request.transport:
            request.transport.abort()
    return response


class _Sink:
    """Takes bytes on a thread and sends them from the loop, no faster than they are read."""

    def __init__(self, request: web.Request, response: web.StreamResponse, loop: asyncio.AbstractEventLoop) -> None:
        self._request, self._response, self._loop = request, response, loop
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        if len(self._waiting) >= CHUNK:
            self.send()
        return len(data)

    def flush(self) -> None:
        """A zip file flushes after every file; that is no reason to send little."""

    def send(self) -> None:
        data, self._waiting = bytes(self._waiting), bytearray()
        asyncio.run_coroutine_threadsafe(self._write(data), self._loop).result()

    async def _write(self, data: bytes) -> None:
        if not self._response.prepared:
            await self._response.prepare(self._request)
        async with asyncio.timeout(STALLED_SECONDS):  # a thread waits for it
            await self._response.write(data)
