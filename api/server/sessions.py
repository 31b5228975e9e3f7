"""Who reads pages: a session in a cookie that no script reads and no other site sends.

A session is of a token, with which it ends, or of a person whom an issuer identified; it ends after HOURS, when its
person leaves, and when the server stops. A link that opens one once is of a token too.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from aiohttp import web

from api.credentials import token_digest
from api.problems import Problem
from api.server.front import origin_of
from domain.input_policy.authority import Actor

COOKIE = "sagwan-session"
SAFE = "__Host-"
"""Before the name of a cookie where people come by TLS: no other host, and nobody on the way, can set one of that name
(RFC 6265bis, 4.1.3)."""

PROOF = "Sagwan-CSRF"
"""The header by which `/v1` takes the cookie: what a page of ours knows, and no other site."""

HOURS = 12
LINK_HOURS = 24

MOST, MOST_OF_A_TOKEN = 10_000, 20
"""Sessions at once, and links, of all, and sessions of one token or person; the oldest end first."""


class Session(NamedTuple):
    """`means` is by what somebody signed in, `whose` who he is, or None when he may no more; `proof` is what his pages
    know."""

    means: str
    whose: Callable[[], Actor | None]
    proof: str
    ends_at: float


class Sessions:
    """Those of a running server. `of` gives the actor whose live token has a digest, None where there is none."""

    def __init__(self, of: Callable[[str], Actor | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._of = of
        self._clock = clock
        self._sessions = OrderedDict[str, Session]()
        self._links = OrderedDict[str, tuple[str, float]]()

    def begin(self, means: str, whose: Callable[[], Actor | None]) -> str:
        """A session, by the name that its cookie carries."""
        name = secrets.token_urlsafe(32)
        of_it = [it for it, held in self._sessions.items() if held.means == means]
        for old in of_it[: max(0, len(of_it) + 1 - MOST_OF_A_TOKEN)]:
            del self._sessions[old]
        self._sessions[name] = Session(means, whose, secrets.token_urlsafe(32), self._clock() + HOURS * 3600)
        while len(self._sessions) > MOST:
            self._sessions.popitem(last=False)
        return name

    def begin_with(self, digest: str) -> str:
        """The session of a token by its digest. Raises Problem 401 where it is not live."""
        if self._of(digest) is None:
            raise Problem(401, "token.invalid", "live")
        return self.begin(digest, lambda: self._of(digest))

    def link(self, token: str) -> str:
        """What opens the session of a token, once, within LINK_HOURS; nothing of the token can be read in it."""
        code = hashlib.sha256(f"sign in once: {token}".encode()).hexdigest()
        self._links[code] = token_digest(token), self._clock() + LINK_HOURS * 3600
        while len(self._links) > MOST:
            self._links.popitem(last=False)
        return code

    def begin_once(self, code: str) -> str:
        """The session that a link opens. Raises Problem 401 for one that was used, is too old, or was never made."""
        digest, ends_at = self._links.pop(code, ("", 0.0))
        if ends_at <= self._clock():
            raise Problem(401, "session.link")
        return self.begin_with(digest)

    def session(self, request: web.Request) -> Session:
        """Raises Problem 401 where nobody has signed in, or he may read no more."""
        name = request.cookies.get(cookie_name(request), "")
        held = self._sessions.get(name)
        if held is not None and held.ends_at > self._clock() and held.whose():
            return held
        self._sessions.pop(name, None)
        raise Problem(401, "session.none")

    def actor(self, request: web.Request) -> Actor:
        """The reader of pages. Raises Problem 401."""
        actor = self.session(request).whose()
        assert actor
        return actor

    def proven(self, request: web.Request) -> Actor:
        """Who calls `/v1` with the cookie, and the proof that a page of ours sent it. Raises Problem 401, 403."""
        held = self.session(request)
        if not hmac.compare_digest(_unmasked(request.headers.get(PROOF, "")), held.proof.encode()):
            raise Problem(403, "session.proof", header=PROOF)
        return self.actor(request)

    def end(self, request: web.Request) -> None:
        self._sessions.pop(request.cookies.get(cookie_name(request), ""), None)


def cookie_name(request: web.Request, name: str = COOKIE) -> str:
    """What a cookie is called on the way that a request came. Raises Problem where it names no host."""
    return SAFE + name if comes_by_tls(request) else name


def comes_by_tls(request: web.Request) -> bool:
    """Whether people reach the server by TLS. Raises Problem where a request names no host."""
    return origin_of(request).startswith("https:")


def masked(proof: str) -> str:
    """A proof as one answer carries it, with other letters each time: the length of a packed page reveals nothing of
    it (BREACH)."""
    own = proof.encode()
    pad = secrets.token_bytes(len(own))
    return (pad + _together(pad, own)).hex()


def _unmasked(masked: str) -> bytes:
    try:
        halves = bytes.fromhex(masked)
    except ValueError:
        return b""
    return _together(halves[: len(halves) // 2], halves[len(halves) // 2 :])


def _together(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))


def reads_as_our_page(request: web.Request) -> bool:
    """Whether a browser says that a page of this origin reads with the cookie: a feed (`EventSource`) and a link send
    no header of ours, and no script of any site sets one that begins with `Sec-`.

    A browser says so where it trusts the way (TLS, this machine). Elsewhere, and an old one, it names the page that it
    comes from, and no script names that of another origin.
    """
    if request.method not in ("GET", "HEAD") or not request.cookies or cookie_name(request) not in request.cookies:
        return False
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site == "same-origin"
    return request.headers.get("Referer", "").startswith(f"{origin_of(request)}/")
