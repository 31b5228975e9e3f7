"""Who reads pages: a session that begins with a token, in a cookie that no script reads and no other site sends.

A session is of its token: it ends with it, after HOURS, when its person leaves, and when the server stops.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from aiohttp import web

from api.problems import Problem
from api.server.access import Access
from domain.input_policy.authority import Actor

COOKIE = "sagwan-session"

HOURS = 12

MOST, MOST_OF_A_TOKEN = 10_000, 20
"""Sessions at once, of all and of one token; the oldest end first."""


class _Session(NamedTuple):
    digest: str
    ends_at: float


class Sessions:
    """Those of a running server."""

    def __init__(self, access: Access, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._clock = clock
        self._sessions = OrderedDict[str, _Session]()

    def begin(self, token: str) -> str:
        """The session of a live token, by the name that its cookie carries. Raises Problem 401."""
        digest = self._access.digest(token)
        name = secrets.token_urlsafe(32)
        of_it = [it for it, held in self._sessions.items() if held.digest == digest]
        for old in of_it[: max(0, len(of_it) + 1 - MOST_OF_A_TOKEN)]:
            del self._sessions[old]
        self._sessions[name] = _Session(digest, self._clock() + HOURS * 3600)
        while len(self._sessions) > MOST:
            self._sessions.popitem(last=False)
        return name

    def actor(self, request: web.Request) -> Actor:
        """Who reads. Raises Problem 401 where nobody has signed in, or the token is live no more."""
        name = request.cookies.get(COOKIE, "")
        held = self._sessions.get(name)
        if held is not None and held.ends_at > self._clock() and (actor := self._access.of(held.digest)):
            return actor
        self._sessions.pop(name, None)
        raise Problem(401, "session.none", "sign in with a token first")

    def end(self, request: web.Request) -> None:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
