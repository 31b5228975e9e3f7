"""Live tokens, and whose request it is."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from aiohttp import web

from api import credentials
from api.problems import Problem
from api.server.sessions import PROOF, Sessions, reads_as_our_page
from domain.input_policy.authority import Actor
from journal.store.journal import Journal
from journal.trusted_clock import now

MOST_REMEMBERED = 10_000
"""Tokens of an issuer that are known at once."""
ASKER = web.RequestKey("asker", Actor)


class Holder(NamedTuple):
    """Who may do something, and when that ends."""

    actor: Actor
    expires_at: datetime | None = None


class _Known(NamedTuple):
    """What was read together: `holders` by the digest of their token, `seen` by the header that named them."""

    position: int
    holders: dict[str, Holder]
    seen: dict[str, Holder]


def _nobody(_: str) -> None:
    return


class Access:
    """The live credentials. A token that was revoked before a load began is invalid once the load has ended.

    `used` is called each time that one is used.
    """

    def __init__(
        self, journal: Journal, clock: Callable[[], datetime] = now, used: Callable[[str], None] = _nobody
    ) -> None:
        self._journal = journal
        self._clock, self._used = clock, used
        self.sessions = Sessions(self.of)
        self._remembered = OrderedDict[str, Holder]()
        self._loading = threading.Lock()
        self._known = _Known(-1, {}, {})
        self.load()

    def load(self) -> None:
        """Reads the credentials up to the end of the record, unless another load did meanwhile."""
        end = self._journal.position
        # One at a time: what was read earlier must not be put in place later.
        with self._loading:
            if self._known.position >= end:
                return
            end = self._journal.position
            holders = {
                held.digest: Holder(credentials.actor_of(id_, held.issue), held.expires_at)
                for id_, held in credentials.credentials_of(self._journal)
                if held.status == "issued" and held.digest and held.issue
            }
            self._known = _Known(end, holders, {})

    def asker(self, request: web.Request) -> Actor:
        """The actor of a request, as it was found when the request came. Raises Problem 401."""
        found: Actor | None = request.get(ASKER)
        return found or self.actor(request)

    def actor(self, request: web.Request) -> Actor:
        """The actor of a request, now. Raises Problem 401 without a live token, or without a session and its proof."""
        found = request[ASKER] = self.noted(self._found(request))
        return found

    def _found(self, request: web.Request) -> Actor:
        known = self._known
        header = request.headers.get("Authorization", "")
        if not header and PROOF in request.headers:
            return self.sessions.proven(request)
        if not header and reads_as_our_page(request):
            return self.sessions.actor(request)
        if (holder := known.seen.get(header)) is None:
            scheme, _, token = header.partition(" ")
            if scheme.lower() == "bearer" and (holder := known.holders.get(credentials.token_digest(token))):
                known.seen[header] = holder
        holder = holder or self._remembered.get(header)
        if holder is None or not self._live(holder):
            raise Problem(401, "token.invalid", "send")
        return holder.actor

    def noted(self, actor: Actor) -> Actor:
        """The same actor, once this use is noted."""
        self._used(actor.means)
        return actor

    def remember(self, header: str, holder: Holder) -> None:
        """Remembers whose issuer token a header carries, until it ends."""
        self._remembered[header] = holder
        while len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    def knows(self, header: str) -> bool:
        """Whether the holder of an issuer token is remembered, and it has not ended."""
        holder = self._remembered.get(header)
        return holder is not None and self._live(holder)

    def _live(self, holder: Holder) -> bool:
        return holder.expires_at is None or self._clock() < holder.expires_at

    def of(self, digest: str) -> Actor | None:
        """The actor whose live token has this digest, None where there is none."""
        holder = self._known.holders.get(digest)
        return holder.actor if holder and self._live(holder) else None
