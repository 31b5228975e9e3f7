"""`/v1/evidence/{sha256}`: files of evidence items come in and go out, named by their digest and by nothing else.

Every access is recorded before a file is given out. One that the client may not read is answered as missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from aiohttp import web

from api.body import BROKEN_OFF
from api.digest_fields import BodyDigests, digest_field, said_digests
from api.http.downloads import STALLED_SECONDS
from api.http.responses import json
from api.media_types import MEDIA_TYPES
from api.problems import Problem, unknown_word
from api.reads import authorization
from api.server.engine import ENGINE, Engine
from api.server.evidence_files import WAITS, Item
from domain.input_policy.authority import Actor
from domain.nearest import UnknownWord
from domain.record import Role
from journal.evidence.file_store import FileMissing, IncomingFile
from journal.evidence.sealed_file import FileHarmed
from journal.vault.file_keys import KeptBytes

log = logging.getLogger("sagwan.evidence")

HAND_IN: frozenset[Role] = frozenset({"hub", "secretariat"})
"""Roles that hand files in: hubs for their items, the secretariat for its own."""

MOST_FILE_BYTES = 256 * 1024 * 1024
PIECE = 512 * 1024
"""Bytes that are encrypted, or decrypted, at a time on a thread."""
FIRST_SECONDS, LEAST_BYTES_A_SECOND = 60.0, 8 * 1024
"""After a first minute that is free, a body arrives at this rate at least, on average."""

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""What a browser may do with a file that it shows in spite of all: nothing."""


async def put_file(request: web.Request) -> web.Response:
    """Takes a file in: 201 where it is kept for an item that states its digest, 200 where it was, 202 where it waits
    for one. An incomplete file, or one of another digest, is not kept."""
    engine, actor, sha256 = _asked(request)
    media_type, digests = _media_type(request), said_digests(request)
    for (field, name), digest in digests.items():
        if name == "sha-256" and digest.hex() != sha256:
            raise Problem(422, "evidence.other_digest", "path", field=field)
    length = request.content_length
    if length is not None and length > MOST_FILE_BYTES:
        raise _too_large()
    files = engine.evidence
    await engine.caught_up(engine.journal.position)
    items = await asyncio.to_thread(files.items, sha256, actor.hub)
    if items and all(it.state.status == "purged" for it in items):
        raise _purged(items[0])
    async with files.coming(actor, sha256, media_type, MOST_FILE_BYTES if length is None else length) as incoming:
        await _received(request, incoming, BodyDigests(digests))
        if incoming.writer.sha256 != sha256:
            raise Problem(422, "evidence.other_digest", "came")
        kept, receipts, fresh = await files.take(incoming)
    waits = kept.key_id in files.waiting
    streams = [it.stream for it in receipts]
    about: dict[str, Any] = {"sha256": sha256, "bytes": kept.size, "media_type": kept.media_type}
    if waits:
        about |= {"status": "waiting", "until": _until(kept), "for": "an evidence.deposited with this sha256"}
        return json(about, status=202)
    position = max((it.position for it in receipts), default=None)
    about |= {"status": "kept", "streams": streams} | ({"position": position} if position else {})
    headers = {"Sagwan-Position": str(position)} if position else {}
    if fresh:
        headers["Location"] = f"/v1/evidence/{sha256}"
    return json(about, status=201 if fresh else 200, headers=headers)


async def get_file(request: web.Request) -> web.StreamResponse:
    """The file as it came in, once this access is recorded on disk. HEAD describes the file and gives nothing out."""
    engine, actor, sha256 = _asked(request)
    item, kept = await _found(engine, actor, sha256)
    headers = {
        "Content-Type": kept.media_type,
        "Content-Length": str(kept.size),
        "Content-Disposition": f'attachment; filename="{sha256}.{MEDIA_TYPES.get(kept.media_type, "bin")}"',
        "Content-Security-Policy": SANDBOX,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Repr-Digest": digest_field(sha256),
        "Accept-Ranges": "none",
    }
    if request.method == "HEAD":
        return web.Response(headers=headers)
    try:
        parts = await asyncio.to_thread(engine.evidence.store.opened, kept)
    except (FileMissing, FileHarmed) as failure:
        missing = isinstance(failure, FileMissing)
        log.critical("the evidence file of %s is %s", item.stream, "not there" if missing else "harmed")
        raise (Problem(500, "evidence.missing", "disk") if missing else Problem(500, "evidence.harmed")) from None
    with contextlib.closing(parts):
        purpose = request.query.get("purpose")
        receipt = await engine.evidence.accessed(item.stream, actor, purpose, secrets.token_hex(12))
        response = web.StreamResponse(headers=headers | {"Sagwan-Position": str(receipt.position)})
        await response.prepare(request)
        await _sent(request, response, parts)
    return response


async def _sent(request: web.Request, response: web.StreamResponse, parts: Iterator[bytes]) -> None:
    try:
        while piece := await asyncio.to_thread(_piece, parts):
            async with asyncio.timeout(STALLED_SECONDS):
                await response.write(piece)
    except (FileHarmed, TimeoutError) as failure:
        # The answer has begun: what is missing from it is seen by its end, not by its status.
        if isinstance(failure, FileHarmed):
            log.critical("an evidence file is harmed, or was destroyed while it was read; its answer was cut off")
        if request.transport:
            request.transport.abort()
    except ConnectionError:
        log.info("nobody waits for the evidence file any more")


def _piece(parts: Iterator[bytes]) -> bytes:
    found = bytearray()
    for part in parts:
        found += part
        if len(found) >= PIECE:
            break
    return bytes(found)


async def _found(engine: Engine, actor: Actor, sha256: str) -> tuple[Item, KeptBytes]:
    """A file that somebody may read, by the first of his own items or of others that have it. Raises Problem."""
    files = engine.evidence
    await engine.caught_up(engine.journal.position)
    items = await asyncio.to_thread(files.items, sha256)
    closed = await asyncio.to_thread(authorization.closed_files, engine, actor, [it.stream for it in items])
    open_to_him = [it for it in items if it.stream not in closed]
    held = [it for it in open_to_him if it.holding]
    held.sort(key=lambda it: it.holding is not None and it.holding.hub != actor.hub)
    for it in held:
        assert it.holding
        there = {row.key_id: row for row in await asyncio.to_thread(files.store.keys.of, sha256)}
        if row := there.get(it.holding.key_id):
            return it, row
    if held:
        raise Problem(500, "evidence.missing", "key")
    if actor.role in HAND_IN and (
        own := [it for it in files.waiting.values() if (it.sha256, it.hub) == (sha256, actor.hub)]
    ):
        raise Problem(409, "evidence.waiting", until=_until(own[0]))
    if not open_to_him:
        raise Problem(404, "evidence.none")
    if all(it.state.status == "purged" for it in open_to_him):
        raise _purged(open_to_him[0])
    custodian = open_to_him[0].state.custodian
    raise Problem(404, "evidence.not_kept", custodian=custodian, item=open_to_him[0].stream)


def _asked(request: web.Request) -> tuple[Engine, Actor, str]:
    engine, sha256 = request.app[ENGINE], request.match_info["sha256"]
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise Problem(400, "evidence.malformed")
    return engine, engine.access.actor(request), sha256


def _media_type(request: web.Request) -> str:
    """The type that a file is declared as. Raises Problem for one that is not taken, and for a part of a file."""
    if "Content-Range" in request.headers:  # RFC 9110 14.5
        raise Problem(400, "http.content_range")
    if (coding := request.headers.get("Content-Encoding", "identity").lower()) != "identity":
        raise Problem(415, "body.encoding", "file", encodings=["identity"], coding=coding)
    if (declared := request.content_type) not in MEDIA_TYPES or "Content-Type" not in request.headers:
        error = UnknownWord("media_type", declared, MEDIA_TYPES)
        raise unknown_word(415, "evidence.media_type", error, media_types=sorted(MEDIA_TYPES))
    return declared


async def _received(request: web.Request, incoming: IncomingFile, digests: BodyDigests) -> None:
    """Writes the body down as it comes. Raises Problem when it is too long, too slow or breaks off."""
    begun, waiting, came = time.monotonic(), bytearray(), 0
    try:
        while True:
            patience = FIRST_SECONDS + came / LEAST_BYTES_A_SECOND - (time.monotonic() - begun)
            async with asyncio.timeout(patience):
                chunk = await request.content.readany()
            came += len(chunk)
            request.app[ENGINE].access.actor(request)  # a token may end, or be revoked, in the hours that this may take
            if came > MOST_FILE_BYTES:
                raise _too_large()
            waiting += chunk
            if waiting and (not chunk or len(waiting) >= PIECE):
                piece, waiting = bytes(waiting), bytearray()
                await asyncio.to_thread(incoming.write, piece)
                await asyncio.to_thread(digests.update, piece)
            if not chunk:
                break
    except TimeoutError:
        raise Problem(408, "body.too_slow", "file", least=LEAST_BYTES_A_SECOND) from None
    except BROKEN_OFF:
        raise Problem(400, "body.broken", "file") from None
    if of := digests.other():
        raise Problem(422, "evidence.other_digest", "field", **of)


def _too_large() -> Problem:
    return Problem(413, "body.too_large", "file", most=MOST_FILE_BYTES)


def _purged(it: Item) -> Problem:
    return Problem(410, "evidence.purged", legal_basis=it.state.legal_basis, item=it.stream)


def _until(it: KeptBytes) -> datetime:
    return datetime.fromisoformat(it.uploaded_at) + WAITS
