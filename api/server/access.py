"""Live tokens, and whose request it is."""

from __future__ import annotations

import threading
from typing import NamedTuple

from aiohttp import web

from api import credentials
from api.problems import Problem
from domain.input_policy.authority import Actor
from journal.store.journal import Journal


class _Known(NamedTuple):
    """What was read together: `actors` by the digest of their token, `seen` by the header that named them."""

    position: int
    actors: dict[str, Actor]
    seen: dict[str, Actor]


class Access:
    """The live credentials. A token that was revoked before a load began opens nothing once the load has ended."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
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
            actors = {
                it.digest: Actor(id_, it.role, it.hub or "", it.persons, it.cross_border)
                for id_, held in credentials.credentials_of(self._journal)
                if held.status == "issued" and (it := held.issue)
            }
            self._known = _Known(end, actors, {})

    def actor(self, request: web.Request) -> Actor:
        """Who asks. Raises Problem 401 without a live token."""
        known = self._known
        header = request.headers.get("Authorization", "")
        if (seen := known.seen.get(header)) is not None:
            return seen
        scheme, _, token = header.partition(" ")
        actor = known.actors.get(credentials.token_digest(token)) if scheme.lower() == "bearer" else None
        if actor is None:
            raise Problem(
                401, "token.invalid", "send a live token as `Authorization: Bearer …`; an operator issues them"
            )
        known.seen[header] = actor
        return actor

    def digest(self, token: str) -> str:
        """The digest of a live token. Raises Problem 401."""
        digest = credentials.token_digest(token)
        if self.of(digest) is None:
            raise Problem(401, "token.invalid", "this is no live token; an operator issues them")
        return digest

    def of(self, digest: str) -> Actor | None:
        """Whose token has a digest, None where none that is live does."""
        return self._known.actors.get(digest)
