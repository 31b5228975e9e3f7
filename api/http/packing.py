"""Answers packed as `Accept-Encoding` wishes (RFC 9110 12.5.3): zstd or gzip.

Small bodies and formats that are packed already go as they are; so does what may not be stored, unless it says that it
is to be packed, and every answer but to a GET. What is packed has no secret together with words of the request, or its
length could reveal it (BREACH): tokens are answered to a POST, persons are not to be stored, a page masks its proof in
another way each time.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from api.accepting import PACKABLE, accepted
from api.problems import Problem

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEAST_BYTES = 1024
SHORT_BYTES = 64 * 1024
"""Up to so many bytes are packed on the loop; more on a thread."""

PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstd.compress(body, 3),
    "gzip": lambda body: gzip.compress(body, 4, mtime=0),
}
"""By coding, the better one first."""

TYPES = frozenset(
    {"application/json", "application/x-ndjson", "application/vnd.apache.arrow.stream", "text/csv", "text/html"}
    | {"text/plain", "application/schema+json"}
)


@web.middleware
def pack_answer(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> Awaitable[web.StreamResponse]:
    """Raises Problem 406 where nothing that can be sent is accepted."""
    return _packed(request, handler) if request.method in ("GET", "HEAD") else handler(request)


async def _packed(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    coding, plain = _accepted_coding(request)
    response = await handler(request)
    if response.prepared:
        return response
    packable = isinstance(response, web.Response) and (response.content_type in TYPES or PACKABLE in response)
    if (packable and not _unstored(response)) or response.status == 304:
        response.headers["Vary"] = ", ".join(filter(None, (response.headers.get("Vary"), "Accept-Encoding")))
    body = response.body if isinstance(response, web.Response) else None
    if coding is None or not isinstance(body, bytes) or not body:
        return response
    if plain and (not packable or len(body) < LEAST_BYTES or _unstored(response)):
        return response
    assert isinstance(response, web.Response)
    pack = PACKED[coding]
    response.body = pack(body) if len(body) <= SHORT_BYTES else await asyncio.to_thread(pack, body)
    response.headers["Content-Encoding"] = coding
    return response


def _unstored(response: web.StreamResponse) -> bool:
    return "no-store" in response.headers.get("Cache-Control", "") and PACKABLE not in response


def _accepted_coding(request: web.Request) -> tuple[str | None, bool]:
    """The coding that is wished most, None where none is, and whether an answer may go as it is."""
    wishes = accepted(request, "Accept-Encoding")
    rest = wishes.get("*", 0.0)
    plain = wishes.get("identity", wishes.get("*", 1.0))
    best = max(PACKED, key=lambda name: wishes.get(name, rest))
    quality = wishes.get(best, rest)
    if quality == 0 and plain == 0:
        raise Problem(406, "http.accept_encoding", codings=[*PACKED, "identity"])
    told_plain = "identity" in wishes and wishes["identity"] > quality
    return (None if quality == 0 or told_plain else best), plain > 0
