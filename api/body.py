"""The body of a request, read within bounds of length and of time; and work on it that lets others go on."""

from __future__ import annotations

import asyncio
import sys
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from api.cloudevents import JSON_TYPE
from api.digest_fields import BodyDigests, said_digests
from api.problems import Problem

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MOST_BODY_BYTES = 8 * 1024 * 1024
"""The longest body, also when it is unpacked: two of the batches that the client sends."""
FEW_BYTES = 1024 * 1024
"""The longest body that is no batch of events."""
READ_SECONDS = 300.0
"""A body arrives in this time: 28 KB/s for the longest."""
ENCODINGS = ("identity", "gzip", "deflate", "zstd")
SLICE_SECONDS = 0.002
PIECE = 64 * 1024
"""Bytes that are unpacked at once."""
PLAIN_BYTES = 1024 * 1024
MOST_RATIO = 200
"""Beyond so many bytes a body unpacks to at most so many times what was sent; events shrink to a tenth or less."""
WINDOW_LOG = 23
_BYTES = "application/octet-stream"
BROKEN_OFF = (HttpProcessingError, ClientPayloadError, web.RequestPayloadError, ConnectionError)
"""A body that does not come to its end, or not as its Transfer-Encoding says."""


def _not_counted(_: int) -> None:
    return


async def read_body(request: web.Request, most: int = FEW_BYTES, held: Callable[[int], None] = _not_counted) -> bytes:
    """The body. Raises Problem when it is too long, takes too long, or is not encoded as its headers say.

    `held` is called with how many bytes more are in memory, and raises where that is too much.
    """
    packed, digests = unpacker(request), BodyDigests(said_digests(request))
    if packed is None and request.content_length is not None and request.content_length > most:
        raise _too_long(most)
    try:
        if packed is None and request.content.is_eof():  # all of it came with the headers
            whole = request.content.read_nowait(-1)
            if len(whole) > most:
                raise _too_long(most)
            held(len(whole))
            digests.update(whole)
            _check_digests(digests)
            return whole
        body = bytearray()
        async with asyncio.timeout(READ_SECONDS):
            while chunk := await request.content.readany():
                digests.update(chunk)
                for piece in packed.pieces(chunk) if packed else (chunk,):
                    held(len(piece))
                    body += piece
                    if len(body) > most:
                        raise _too_long(most)
        if packed:
            packed.finish()
        _check_digests(digests)
        return bytes(body)
    except _UNREADABLE as error:
        raise _unreadable(error) from None


def in_utf8(request: web.Request) -> bool:
    """Whether a body is in UTF-8 by what is said of it, or nothing is said."""
    return (request.charset or "utf-8").lower() in ("utf-8", "utf8")


async def read_json(request: web.Request) -> bytes:
    """A body that says one thing in JSON, empty where there is none.

    Raises Problem for one of another type. Bytes of no type (`application/octet-stream`) are read as JSON: clients say
    so of their own accord where nobody gave a type, and so do the clients that hubs had before.
    """
    body = await read_body(request)
    if body:
        type_ = request.content_type
        if not (type_ in (JSON_TYPE, _BYTES) or type_.endswith("+json")) or not in_utf8(request):
            raise Problem(415, "body.content_type")
    return body


def _check_digests(digests: BodyDigests) -> None:
    if of := digests.other():
        raise Problem(422, "body.other_digest", **of)


async def read_pieces(request: web.Request) -> AsyncIterator[bytes]:
    """A body of any length, unpacked, as it comes: pieces of a few hundred KiB at most. Raises Problem."""
    packed = unpacker(request)
    try:
        while True:
            async with asyncio.timeout(READ_SECONDS):
                chunk = await request.content.readany()
            if not chunk:
                break
            for piece in packed.pieces(chunk) if packed else (chunk,):
                if packed:
                    packed.check_ratio()
                yield piece
        if packed:
            packed.finish()
    except _UNREADABLE as error:
        raise _unreadable(error) from None


class _Broken(Exception):
    """What does not unpack."""


_UNREADABLE = (TimeoutError, *BROKEN_OFF, _Broken)
"""What goes wrong with a body that is read."""


def _unreadable(error: Exception) -> Problem:
    if isinstance(error, TimeoutError):
        return Problem(408, "body.too_slow", seconds=f"{READ_SECONDS:.0f}")
    return Problem(400, "body.broken")


def unpacker(request: web.Request) -> Unpacker | None:
    """What unpacks a body, None where it comes as it is. Raises Problem for a coding that is not taken."""
    if "Content-Encoding" not in request.headers:
        return None
    if (coding := ", ".join(request.headers.getall("Content-Encoding")).lower()) == "identity":
        return None
    if coding not in ENCODINGS:
        raise Problem(415, "body.encoding", encodings=ENCODINGS)
    return Unpacker(coding)


class Unpacker:
    """A body in gzip, deflate or zstd, unpacked as it comes: one file of it, not several in a row.

    A window of zstd has at most 8 MiB (RFC 9659).
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._zlib: zlib._Decompress | None = None
        self._zstd = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: WINDOW_LOG})
        self._taken = self._given = 0

    def check_ratio(self) -> None:
        """Raises Problem where a body without a bound grows too much."""
        if self._given > PLAIN_BYTES + MOST_RATIO * self._taken:
            raise Problem(413, "body.too_large", "ratio", ratio=MOST_RATIO)

    def finish(self) -> None:
        """Raises unless all of it came, and its checksum is right."""
        ended = self._zstd.eof if self._encoding == "zstd" else self._zlib is not None and self._zlib.eof
        if not ended:
            raise _Broken

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What a chunk holds, PIECE bytes at a time."""
        self._taken += len(chunk)
        try:
            for piece in self._zstd_pieces(chunk) if self._encoding == "zstd" else self._zlib_pieces(chunk):
                self._given += len(piece)
                yield piece
        except (zlib.error, zstd.ZstdError, EOFError):
            raise _Broken from None

    def _zstd_pieces(self, chunk: bytes) -> Iterator[bytes]:
        while chunk or not (self._zstd.needs_input or self._zstd.eof):
            if piece := self._zstd.decompress(chunk, PIECE):
                yield piece
            chunk = b""
        if self._zstd.unused_data:
            raise _Broken

    def _zlib_pieces(self, chunk: bytes) -> Iterator[bytes]:
        if self._zlib is None:
            # Many send deflate without the header that it should have (RFC 9110, 8.4.1.2).
            bare = chunk[0] & 0x0F != zlib.DEFLATED
            wbits = -zlib.MAX_WBITS if bare else zlib.MAX_WBITS
            self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16 if self._encoding == "gzip" else wbits)
        piece = self._zlib.decompress(chunk, PIECE)
        while piece:
            yield piece
            piece = self._zlib.decompress(self._zlib.unconsumed_tail, PIECE)
        if self._zlib.unused_data:
            raise _Broken


def _too_long(most: int) -> Problem:
    return Problem(413, "body.too_large", "most", most=most)


class Pace:
    """Long work on the loop in slices: whatever waits for the loop gets it after each."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + SLICE_SECONDS

    async def rest(self) -> None:
        """Gives way when the slice is used up."""
        if time.perf_counter() >= self._until:
            await asyncio.sleep(0)
            self._until = time.perf_counter() + SLICE_SECONDS
