"""A cache of rendered pages: as long as nothing that a page is made of has changed, it is sent again without SQL.

A page is kept for one reader, by what he may read, and holds nothing of his session: a mark is in the place of its
proof, which replaces the mark when the page is sent.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock

import msgspec
from aiohttp import web

from api.server.engine import Engine
from api.web.page import preferred_language
from domain.input_policy.authority import Actor

MOST_BYTES = 16 * 1024 * 1024

MARK = secrets.token_urlsafe(32)
"""The mark in a kept page where the proof of a session belongs."""


class KeptPages:
    """The pages used last; those not used for longest are dropped when all take more than MOST_BYTES."""

    def __init__(self) -> None:
        self._pages = OrderedDict[bytes, bytes]()
        self._bytes = 0
        self._lock = Lock()

    def get(self, basis: bytes) -> bytes | None:
        with self._lock:
            if (found := self._pages.get(basis)) is not None:
                self._pages.move_to_end(basis)
            return found

    def keep(self, basis: bytes, body: bytes) -> None:
        with self._lock:
            self._bytes += len(body) - len(self._pages.pop(basis, b""))
            self._pages[basis] = body
            while self._bytes > MOST_BYTES:
                _, gone = self._pages.popitem(last=False)
                self._bytes -= len(gone)


KEPT = web.AppKey("kept pages", KeptPages)


def basis_of(engine: Engine, request: web.Request, actor: Actor) -> bytes:
    """All that a page is made of: the request, its language, its reader, what is recorded, in the tables, signed and
    witnessed, and the clock to the minute."""
    mirror = engine.follower.current
    return msgspec.json.encode(
        [
            *(request.path, request.query_string, preferred_language(request), actor),
            *(engine.journal.position, engine.follower.position, engine.settler.position, mirror and str(mirror.path)),
            *(engine.sealer.position, engine.sealer.compared, engine.sealer.alarm is None, engine.witnessed()),
            engine.moment().replace(second=0, microsecond=0),
        ]
    )
