"""Live tokens, and whose request it is."""

from __future__ import annotations

from aiohttp import web

from api import credentials
from api.problems import Problem
from domain.input_policy.authority import Actor
from journal.store.journal import Journal


class Access:
    """The live credentials, by the digest of their token."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._actors: dict[str, Actor] = {}
        self._seen: dict[str, Actor] = {}
        self.load()

    def load(self) -> None:
        """Reads the credentials again; called whenever one was issued or revoked."""
        self._actors = {
            it.digest: Actor(id_, it.role, it.hub or "", it.persons, it.cross_border)
            for id_, held in credentials.credentials_of(self._journal)
            if held.status == "issued" and (it := held.issue)
        }
        self._seen = {}

    def actor(self, request: web.Request) -> Actor:
        """Who asks. Raises Problem 401 without a live token."""
        header = request.headers.get("Authorization", "")
        if (seen := self._seen.get(header)) is not None:
            return seen
        scheme, _, token = header.partition(" ")
        actor = self._actors.get(credentials.token_digest(token)) if scheme.lower() == "bearer" else None
        if actor is None:
            raise Problem(
                401, "token.invalid", "send a live token as `Authorization: Bearer …`; an operator issues them"
            )
        self._seen[header] = actor
        return actor
