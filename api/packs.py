"""`/v1/export/evidence`: the evidence pack as of a position, sent while it is made."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from api import reads, tables
from api.engine import CATCH_UP_SECONDS, ENGINE
from api.problems import Problem
from domain.record import Role
from journal.seal import Seal
from replay import pack, sealed

READERS: frozenset[Role] = frozenset({"auditor", "secretariat", "operator"})
"""Who takes the whole record away."""

CHUNK = 256 * 1024

log = logging.getLogger("sagwan.api")


async def evidence(request: web.Request) -> web.StreamResponse:
    """A zip file of everything up to `known`, or of the `indicator`s asked for. A body that is cut off has no end."""
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    if actor.role not in READERS:
        raise Problem(403, "authority.role", f"the role {actor.role} takes no evidence packs", may=sorted(READERS))
    chosen = [tables.indicator(code) for code in request.query.getall("indicator", [])]
    at = await reads.points(request, engine)
    position = engine.journal.position if at.known is None else at.known
    # All of the record, not only up to the position: what was redacted since is to be gone from the tables.
    await engine.caught_up(engine.journal.position)
    await engine.sealed(position)

    def signed(last: int) -> Seal:
        if not engine.sealer.wait(last, CATCH_UP_SECONDS) or not engine.sealer.current:
            raise TimeoutError(f"position {last} is not sealed")
        return engine.witnessed.with_lines(engine.sealer.at(engine.sealer.current.ranks.upto(last)))

    record = pack.Record(engine.journal.entries, signed, [str(it) for it in sealed.adopted(engine.journal)])
    name = f"sagwan-evidence-{position}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Sagwan-Position": str(position)}
    response = web.StreamResponse(headers=headers | {"Content-Type": "application/zip"})
    await response.prepare(request)
    sink = _Sink(response, asyncio.get_running_loop())

    def make() -> None:
        with engine.follower.reading(position) as reading:
            pack.write(sink, record, position, reading, chosen)
        sink.send()

    try:
        await asyncio.to_thread(make)
    except ConnectionError:
        log.info("nobody waits for the evidence pack any more")
    except Exception:
        # The answer has begun: what is missing from it is seen by its end, not by its status.
        log.exception("an evidence pack was cut off")
        if request.transport:
            request.transport.abort()
    return response


class _Sink:
    """Takes bytes on a thread and sends them from the loop, no faster than they are read."""

    def __init__(self, response: web.StreamResponse, loop: asyncio.AbstractEventLoop) -> None:
        self._response, self._loop = response, loop
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
        asyncio.run_coroutine_threadsafe(self._response.write(data), self._loop).result()
