"""The composition root of servers: a running record, its background workers, and the HTTP server in front of it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from aiohttp import web

from api.connections import UNKNOWN_OF_AN_ADDRESS, Runner
from api.http.app import application
from api.http.parameters import MORE
from api.server.engine import Engine, running_engine
from api.server.front import Front
from api.server.grants import Grants
from api.server.issuer import Issuer
from api.server.kept_editions import keeping_editions
from api.server.own_checkpoints import keeping_checkpoints
from api.server.quotas import Limits, Quotas
from api.server.restatement_proposals import proposing_restatements
from api.server.warm_points import keeping_points_warm
from api.web.site import add_pages
from domain.messages import sentences

THREADS = 64
SWITCH_SECONDS = 0.001
"""How soon the loop gets the interpreter back from a thread that computes."""

ARENAS = 2
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8

GIVING_BACK_SECONDS = 30.0
"""How often what was freed is given back to the kernel: some milliseconds, 50 where it is hundreds of megabytes."""


def bound_freed_memory() -> None:
    """Freed memory is kept for the next request, and does not grow the longer a server runs. Call before any thread.

    glibc gives threads arenas of their own, eight for each core: what each once needed stays there, and is of no use
    to the others. So all take from a few, Arrow too (`api/__init__.py`). What is large goes back to the kernel, but not
    asyncio's buffer of 256 KiB for each read: to allocate that again is a third of a request.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, ARENAS)
        mallopt(_M_TRIM_THRESHOLD, 16 * 1024 * 1024)
        mallopt(_M_MMAP_THRESHOLD, 1024 * 1024)


def give_freed_memory_back() -> None:
    """Gives the kernel what lies free between what is in use; by itself glibc gives back the ends of arenas alone.
    Rebuilt tables, and a large answer, leave such holes all over."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.asynccontextmanager
async def giving_memory_back() -> AsyncIterator[None]:
    """Gives it back from time to time until left."""

    async def give_back() -> None:
        while True:
            await asyncio.sleep(GIVING_BACK_SECONDS)
            await asyncio.to_thread(give_freed_memory_back)

    task = asyncio.create_task(give_back())
    try:
        yield
    finally:
        task.cancel()


@contextlib.asynccontextmanager
async def serving(
    path: Path,
    database: str | None,
    host: str,
    port: int,
    *,
    clock: Callable[[], datetime] | None = None,
    origin: str | None = None,
    unknown_of_an_address: int = UNKNOWN_OF_AN_ADDRESS,
    front: Front | None = None,
    grants: Grants | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[tuple[str, str | None, Engine]]:
    """Serves a record until left: the server's URL, the operator's token of a new record, the engine.

    Port 0 takes a free one. Raises Busy when the record has another owner, ValueError when it has another origin,
    OSError when the port is taken.
    """
    bound_freed_memory()
    await asyncio.to_thread(sentences)  # or the first refusal would hold the loop while the catalogue is read
    sys.setswitchinterval(SWITCH_SECONDS)
    # Many threads wait for the tables or the seal, each for one request; those that compute must not wait behind them.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "door"))
    async with (
        running_engine(path, database, clock=clock, origin=origin) as (engine, token),
        keeping_editions(engine),
        proposing_restatements(engine),
        keeping_checkpoints(engine),
        keeping_points_warm(engine),
        giving_memory_back(),
        engine.last_use.being_kept(),
        engine.evidence.being_swept(),
    ):
        front = front or Front()
        engine.issuer = Issuer(grants) if grants else None
        engine.quotas = Quotas(limits or Limits())
        app = application(engine, front)
        app[MORE].update(add_pages(app))
        runner = Runner(app, unknown_of_an_address, front.trusts, front.tls, shutdown_timeout=2.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            bound = runner.addresses[0]
            url = f"https://{bound[0]}:{bound[1]}" if front.tls else f"http://{bound[0]}:{bound[1]}"
            if front.tls and front.url:
                url = front.url  # what the certificate is of
            engine.folder.announce(url)
            async with runner.sweeping():
                yield url, token, engine
        finally:
            await runner.cleanup()
