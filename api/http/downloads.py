"""Files that are sent while they are made: no faster than they are read, and made no slower for it.

What is made goes into a file without a name. A slow reader holds that file, and no thread, turn or snapshot of tables.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Mapping

from aiohttp import web

from api.problems import Problem
from api.reads.read import Download
from api.server.bounded_threads import BoundedThreads
from replay.pack.archive import Sink

CHUNK = 256 * 1024
STALLED_SECONDS = 60.0
"""A client that has not read a chunk by then is dropped."""
MOST_AT_ONCE = 16
MOST_OF_ONE = 4
"""How many are sent at once, in all and to one credential; each is a file on the disk."""

log = logging.getLogger("sagwan.api")
SENDING = web.AppKey("files on their way", list[str])
"""The credential of each."""


class Spool(Sink):
    """Takes bytes on a thread; `grown` is set, on the loop, when a chunk more is there."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it goes with the answer
        self.size = self._reported = 0
        self.grown = asyncio.Event()

    def write(self, data: bytes) -> int:
        view = memoryview(data).cast("B")
        while view:
            view = view[self._file.write(view) :]
        self.size += len(data)
        if self.size - self._reported >= CHUNK:
            self._reported = self.size
            self._loop.call_soon_threadsafe(self.grown.set)
        return len(data)

    def flush(self) -> None:
        """A zip file flushes after every file; that is no reason to send little."""

    def read(self, at: int) -> bytes:
        return os.pread(self._file.fileno(), CHUNK, at)

    def close(self) -> None:
        self._file.close()


async def send_download(
    request: web.Request, download: Download, headers: Mapping[str, str], turns: BoundedThreads, who: str
) -> web.StreamResponse:
    """A failure before the first bytes is answered as an error; a body that is cut off later has no end.

    Raises Problem 503 where too many are made or on their way.
    """
    response = web.StreamResponse(headers=headers)
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    sending = request.app[SENDING]
    if len(sending) >= MOST_AT_ONCE or sending.count(who) >= MOST_OF_ONE:
        raise Problem(503, "read.busy", "others", running=len(sending), retry_after=10)
    spool = Spool(asyncio.get_running_loop())
    sending.append(who)
    making = asyncio.ensure_future(turns.run(who, lambda _: download.make(spool, lambda *_: None), request))
    making.add_done_callback(lambda _: spool.grown.set())
    try:
        await _sent(request, response, spool, making)
    except ConnectionError:
        log.info("nobody waits for the evidence pack any more")
    except Exception:
        if not response.prepared:
            raise
        # The answer has begun: what is missing from it is seen by its end, not by its status.
        if request.transport:
            log.exception("an evidence pack was cut off")
            request.transport.abort()
    finally:
        sending.remove(who)
        making.cancel()
        making.add_done_callback(lambda it: it.cancelled() or it.exception())
    return response


async def _sent(
    request: web.Request, response: web.StreamResponse, spool: Spool, making: asyncio.Future[object]
) -> None:
    at = 0
    while True:
        made = making.done()  # looked at before what is there, or its last bytes may be missed
        if made:
            making.result()
        spool.grown.clear()
        while at < spool.size - (0 if made else CHUNK):
            if not response.prepared:
                await response.prepare(request)
            piece = await asyncio.to_thread(spool.read, at)
            async with asyncio.timeout(STALLED_SECONDS):
                await response.write(piece)
            at += len(piece)
        if made:
            return
        if not making.done():
            await spool.grown.wait()
