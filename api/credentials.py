"""Credentials: the acts that issue and revoke them. The record keeps digests; a token is shown once, when issued."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, get_args

import msgspec

from domain import history
from domain.acts.credential import (
    Credential,
    CredentialIssued,
    CredentialRevoked,
    CredentialRotated,
    Persons,
    Scope,
)
from domain.acts.seal import KeyAdopted
from domain.input_policy.authority import SYSTEM as SYSTEM
from domain.input_policy.authority import Actor
from domain.messages import Invalid
from domain.nearest import UnknownWord, nearest
from domain.period import end_of_day
from domain.record import Role
from journal.store.journal import Journal, decoded_row
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
    scope: Scope | None
    expires_at: datetime | None
    person: str | None
    last_used: datetime | None


def credentials_of(journal: Journal) -> list[tuple[str, Credential]]:
    """Every credential of a record by its id, revoked ones too."""
    found = journal.entries.of_kind("credential")
    return [(name.partition(":")[2], history.state(name, map(decoded_row, rows))) for name, rows in found.items()]


def list_credentials(journal: Journal, now: datetime, used: Mapping[str, datetime]) -> list[CredentialLine]:
    """Every credential; `used` says when which was last used."""
    return [_line(id_, held, it, now, used.get(id_)) for id_, held in credentials_of(journal) if (it := held.issue)]


def _line(id_: str, held: Credential, it: CredentialIssued, now: datetime, used: datetime | None) -> CredentialLine:
    status = "expired" if held.status == "issued" and held.expires_at and held.expires_at <= now else held.status
    return CredentialLine(
        *(
            id_,
            it.role,
            it.hub,
            it.label,
            status,
            it.persons,
            it.cross_border,
            it.scope,
            held.expires_at,
            it.person,
            used,
        )
    )


def actor_of(id_: str, it: CredentialIssued) -> Actor:
    """Who acts with a credential: itself, or the person that it is of."""
    return Actor(it.person or id_, it.role, it.hub or "", it.persons, it.cross_border, it.scope, id_)


def parse_expiry(text: str | None) -> datetime | None:
    """Until when a credential is to be valid: an instant, or a day, to its end in Seoul.

    Raises ValueError.
    """
    if text is None:
        return None
    try:
        if len(text) == 10:
            return end_of_day(date.fromisoformat(text))
        if (at := datetime.fromisoformat(text)).tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("value.expires_at") from None


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def issue_credential(
    by: Actor,
    role: str,
    hub: str | None = None,
    label: str | None = None,
    persons: str = "own",
    cross_border: bool = False,
    scope: Scope | Mapping[str, Any] | None = None,
    expires_at: str | None = None,
    person: str | None = None,
    key: str | None = None,
) -> tuple[str, str, Submission]:
    """A new credential's id, its token, and the act that records it. Of one `key` the id is the same each time.

    Raises ValueError when a part is not what it may be, or they disagree.
    """
    for name, word, known in (("role", role, get_args(Role)), ("choice of persons", persons, get_args(Persons))):
        if word not in known:
            raise UnknownWord("called_so", word, known, name=name)
    id_, token = f"c-{_name(by, key)}", _new_token(role)
    asked: dict[str, Any] = {"role": role, "hub": hub, "label": label, "persons": persons, "cross_border": cross_border}
    asked |= {"scope": msgspec.to_builtins(scope), "expires_at": parse_expiry(expires_at), "person": person}
    # Converted, not constructed: what is recorded must be readable for ever.
    fact = msgspec.convert(asked | {"digest": token_digest(token)}, CredentialIssued)
    return id_, token, _act(by, id_, fact, "issued")


def unknown_hubs(journal: Journal, hub: str | None, scope: Scope | None) -> dict[str, list[str]]:
    """The hubs that a credential or a grant names and the record does not have, each with the nearest that it has.

    It may be issued before its hub is designated, so they are reported and not refused.
    """
    there = {name.partition(":")[2] for name in journal.entries.streams("hub")}
    named = {*([hub] if hub else []), *(scope.hubs if scope else ())}
    return {it: nearest(it, there) for it in sorted(named - there)}


def rotate_credential(
    by: Actor, id_: str, held: Credential, expires_at: str | None = None, key: str | None = None
) -> tuple[str, Submission]:
    """A new token for a credential, and the act that records it. Without `expires_at` it ends as the one before would.

    Raises ValueError for what is no time.
    """
    assert held.issue
    token = _new_token(held.issue.role)
    ends = parse_expiry(expires_at) or held.expires_at
    fact = CredentialRotated(digest=token_digest(token), expires_at=ends)
    return token, _act(by, id_, fact, f"rotated-{_name(by, key)}")


def _name(by: Actor, key: str | None) -> str:
    """Twelve hexadecimal digits: by chance, or those of a key of somebody."""
    return hashlib.sha256(f"{by.id}\n{key}".encode()).hexdigest()[:12] if key else secrets.token_hex(6)


def _new_token(role: str) -> str:
    return f"sagwan-{role}-{secrets.token_urlsafe(32)}"


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
