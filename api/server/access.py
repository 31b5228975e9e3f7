"""Tokens and what they open. The record keeps digests; a token is shown once, when it is issued."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, get_args

import msgspec
from aiohttp import web

from api.problems import Problem
from domain import history
from domain.acts.credential import Credential, CredentialIssued, CredentialRevoked
from domain.acts.seal import KeyAdopted
from domain.input_policy.authority import Actor, Persons
from domain.nearest import UnknownWord
from domain.record import Role
from journal.store.admission import Submission
from journal.store.journal import Journal

FOUNDER = Actor("c-sagwan", "operator")
"""Who issues the first token, on an empty record."""


class Listed(msgspec.Struct):
    """A credential as it is shown: without its digest."""

    id: str
    role: Role
    hub: str | None
    label: str | None
    status: str
    persons: Persons
    cross_border: bool


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
            for id_, held in self._credentials()
            if held.status == "issued" and (it := held.issue)
        }
        self._seen = {}

    def listed(self) -> list[Listed]:
        return [
            Listed(id_, it.role, it.hub, it.label, held.status, it.persons, it.cross_border)
            for id_, held in self._credentials()
            if (it := held.issue)
        ]

    def actor(self, request: web.Request) -> Actor:
        """Who asks. Raises Problem 401 without a live token."""
        header = request.headers.get("Authorization", "")
        if (seen := self._seen.get(header)) is not None:
            return seen
        scheme, _, token = header.partition(" ")
        actor = self._actors.get(digest(token)) if scheme.lower() == "bearer" else None
        if actor is None:
            raise Problem(
                401, "token.invalid", "send a live token as `Authorization: Bearer …`; an operator issues them"
            )
        self._seen[header] = actor
        return actor

    def _credentials(self) -> list[tuple[str, Credential]]:
        names = self._journal.entries.streams("credential")
        return [(name.partition(":")[2], history.state(name, self._journal.stream(name))) for name in names]


def digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def issue(
    by: Actor,
    role: str,
    hub: str | None = None,
    label: str | None = None,
    persons: str = "own",
    cross_border: bool = False,
) -> tuple[str, str, Submission]:
    """A new credential's id, its token, and the act that records it.

    Raises ValueError when a part is not what it may be, or they disagree.
    """
    for name, word, known in (("role", role, get_args(Role)), ("choice of persons", persons, get_args(Persons))):
        if word not in known:
            raise UnknownWord(f"no {name} is called so", word, known)
    id_ = f"c-{secrets.token_hex(6)}"
    token = f"sagwan-{role}-{secrets.token_urlsafe(32)}"
    asked = {"role": role, "hub": hub, "label": label, "persons": persons, "cross_border": cross_border}
    # Converted, not constructed: what is recorded must be readable for ever.
    fact = msgspec.convert(asked | {"digest": digest(token)}, CredentialIssued)
    return id_, token, _act(by, id_, fact, "issued")


def revoke(by: Actor, id_: str, reason: str | None = None) -> Submission:
    return _act(by, id_, CredentialRevoked(reason=reason), "revoked")


def adoption(journal: Journal, verifier: str) -> Submission | None:
    """The act that records the key of the seal, None when the record knows it as the one that holds.

    In an empty record it founds the log, whose leaves are digests alone.
    """
    acts = journal.stream("seal:key")
    before = history.state("seal:key", acts).verifier
    if before == verifier:
        return None
    fact = KeyAdopted(verifier=verifier, replaces=before, leaf=None if journal.position else "digest")
    return Submission(actor=FOUNDER, stream="seal:key", source="sagwan", id=f"seal-{len(acts) + 1}", fact=fact)


def _act(by: Actor, id_: str, fact: Any, what: str) -> Submission:
    return Submission(actor=by, stream=f"credential:{id_}", source="sagwan", id=f"{id_}.{what}", fact=fact)
