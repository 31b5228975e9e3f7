"""Credentials: the acts that issue and revoke them. The record keeps digests; a token is shown once, when issued."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, get_args

import msgspec

from domain import history
from domain.acts.credential import Credential, CredentialIssued, CredentialRevoked, Persons
from domain.acts.seal import KeyAdopted
from domain.input_policy.authority import SYSTEM as SYSTEM
from domain.input_policy.authority import Actor
from domain.nearest import UnknownWord
from domain.record import Role
from journal.store.journal import Journal
from journal.store.submission import Submission


class CredentialLine(msgspec.Struct):
    """A credential as it is shown: without its digest."""

    id: str
    role: Role
    hub: str | None
    label: str | None
    status: str
    persons: Persons
    cross_border: bool


def credentials_of(journal: Journal) -> list[tuple[str, Credential]]:
    """Every credential of a record by its id, revoked ones too."""
    names = journal.entries.streams("credential")
    return [(name.partition(":")[2], history.state(name, journal.stream(name))) for name in names]


def list_credentials(journal: Journal) -> list[CredentialLine]:
    return [
        CredentialLine(id_, it.role, it.hub, it.label, held.status, it.persons, it.cross_border)
        for id_, held in credentials_of(journal)
        if (it := held.issue)
    ]


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def issue_credential(
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
    fact = msgspec.convert(asked | {"digest": token_digest(token)}, CredentialIssued)
    return id_, token, _act(by, id_, fact, "issued")


def revoke_credential(by: Actor, id_: str, reason: str | None = None) -> Submission:
    return _act(by, id_, CredentialRevoked(reason=reason), "revoked")


def key_adoption(journal: Journal, verifier: str) -> Submission | None:
    """The act that records the key of the seal, None when the record knows it as the one that holds.

    In an empty record it founds the log, whose leaves are digests alone.
    """
    acts = journal.stream("seal:key")
    before = history.state("seal:key", acts).verifier
    if before == verifier:
        return None
    fact = KeyAdopted(verifier=verifier, replaces=before, leaf=None if journal.position else "digest")
    return Submission(actor=SYSTEM, stream="seal:key", source="sagwan", id=f"seal-{len(acts) + 1}", fact=fact)


def _act(by: Actor, id_: str, fact: Any, what: str) -> Submission:
    return Submission(actor=by, stream=f"credential:{id_}", source="sagwan", id=f"{id_}.{what}", fact=fact)
