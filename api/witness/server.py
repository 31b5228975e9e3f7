"""`sagwan witness serve`: the HTTP side of a witness (C2SP tlog-witness)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from aiohttp import web

from api.connections import Connection, Runner
from journal.log.note import MalformedNote, NoteError, SigningKey
from journal.log.tlog import NotProven
from journal.witness.witness import OtherSize, Proposal, UnknownOrigin, Witness

log = logging.getLogger("sagwan.witness")

MOST_BYTES = 128 * 1024
"""The longest request: 63 hashes, a checkpoint, and sixteen signatures of any kind that is known."""
READ_SECONDS = 10.0
"""A request whose body is not there by then is dropped."""
STRANGERS_OF_AN_ADDRESS = 256
"""Connections of one address that may be open before a checkpoint that a trusted key signed; more are refused."""


def witness_application(witness: Witness) -> web.Application:
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[_recognise])
    app.add_routes([web.post("/add-checkpoint", _adding(witness)), web.get("/livez", _alive)])
    return app


def _adding(witness: Witness) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def add_checkpoint(request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await request.read()
        except TimeoutError:
            return _said(408, "the request did not arrive in time")
        try:
            line = await asyncio.to_thread(witness.update, Proposal.parse(body))
        except OtherSize as error:
            return web.Response(status=409, body=f"{error.size}\n".encode(), headers={"Content-Type": SIZE_TYPE})
        except (NoteError, UnknownOrigin, NotProven) as error:
            return _said(next(status for type_, status in REFUSALS if isinstance(error, type_)), str(error))
        except Exception:
            log.exception("a checkpoint was not taken")
            return _said(500, "a fault of this witness; nothing was signed")
        return _said(200, line)

    return add_checkpoint


@web.middleware
async def _recognise(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A connection is known from its first checkpoint that a trusted key signed, whatever the answer was."""
    connection = request.protocol
    assert isinstance(connection, Connection)
    connection.begun()
    try:
        answer = await handler(request)
        if answer.status in SIGNED:
            connection.recognised()
        return answer
    finally:
        connection.over()


SIZE_TYPE = "text/x.tlog.size"
SIGNED = (200, 409, 422)
"""Statuses that answer only a checkpoint that a trusted key signed."""
REFUSALS = ((MalformedNote, 400), (NoteError, 403), (UnknownOrigin, 404), (NotProven, 422))


def _said(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n")


async def _alive(_: web.Request) -> web.Response:
    return _said(200, "alive")


@contextlib.asynccontextmanager
async def serving_witness(folder: Path, key: SigningKey, host: str, port: int) -> AsyncIterator[str]:
    """Serves a witness until left, and gives its URL. Port 0 takes a free one.

    Raises Busy when another process is this witness, OSError when the port is taken.
    """
    with contextlib.closing(Witness(folder, key)) as witness:
        app = witness_application(witness)
        runner = Runner(app, STRANGERS_OF_AN_ADDRESS, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            bound = runner.addresses[0]
            url = f"http://{bound[0]}:{bound[1]}"
            witness.folder.announce(url)
            async with runner.sweeping():
                yield url
        finally:
            await runner.cleanup()
