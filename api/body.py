"""The body of a request, read within bounds of length and of time; and work on it that lets others go on."""

from __future__ import annotations

import asyncio
import time
import zlib

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from api.problems import Problem

MOST_BODY_BYTES = 8 * 1024 * 1024
"""The longest body, also when it is unpacked: two of the batches that the client sends."""
FEW_BYTES = 1024 * 1024
"""The longest body that is no batch of events."""
READ_SECONDS = 300.0
"""A body arrives in this time: 28 KB/s for the longest."""
ENCODINGS = ("identity", "gzip", "deflate")
SLICE_SECONDS = 0.002


async def read_body(request: web.Request, most: int = FEW_BYTES) -> bytes:
    """The body. Raises Problem when it is too long, takes too long, or does not read as it is said to be sent."""
    if (said := request.headers.get("Content-Encoding", "identity").lower()) not in ENCODINGS:
        raise Problem(415, "body.encoding", encodings=ENCODINGS)
    if said == "identity" and request.content_length is not None and request.content_length > most:
        raise _too_long(most)
    body = bytearray()
    packed = _Packed(said) if said != "identity" else None
    try:
        async with asyncio.timeout(READ_SECONDS):
            while chunk := await request.content.readany():
                body += packed.unpacked(chunk, most + 1 - len(body)) if packed else chunk
                if len(body) > most:
                    raise _too_long(most)
        if packed and not packed.ended:
            raise zlib.error("cut off")
        return bytes(body)
    except TimeoutError:
        raise Problem(408, "body.too_slow", seconds=f"{READ_SECONDS:.0f}") from None
    except (HttpProcessingError, ClientPayloadError, web.RequestPayloadError, ConnectionError, zlib.error):
        raise Problem(400, "body.broken") from None


class _Packed:
    """A body in gzip or deflate, which is unpacked as it comes; one file of gzip, not several in a row."""

    def __init__(self, encoding: str) -> None:
        self._gzip = encoding == "gzip"
        self._stream: zlib._Decompress | None = None

    @property
    def ended(self) -> bool:
        """Whether all of it came, and its checksum is right."""
        return self._stream is not None and self._stream.eof

    def unpacked(self, chunk: bytes, most: int) -> bytes:
        """No more than `most` bytes of what a chunk holds; what is over that is left. Raises zlib.error."""
        if self._stream is None:
            # Many send deflate without the header that it should have (RFC 9110, 8.4.1.2).
            bare = chunk[0] & 0x0F != zlib.DEFLATED
            wbits = zlib.MAX_WBITS | 16 if self._gzip else -zlib.MAX_WBITS if bare else zlib.MAX_WBITS
            self._stream = zlib.decompressobj(wbits)
        found = self._stream.decompress(chunk, most)
        if self._stream.unused_data:
            raise zlib.error("something follows")
        return found


def _too_long(most: int) -> Problem:
    return Problem(413, "body.too_large", "most", most=most)


class Pace:
    """Long work on the loop in slices: whoever waits for the loop has it after each."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + SLICE_SECONDS

    async def rest(self) -> None:
        """Gives way when the slice is used up."""
        if time.perf_counter() >= self._until:
            await asyncio.sleep(0)
            self._until = time.perf_counter() + SLICE_SECONDS
