"""Credential (접근 권한): who may write or read in which role. An act, judged as it is made.

The record holds the SHA-256 digest of a token of 256 random bits, never the token.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal, TypeAlias, assert_never

import msgspec

from domain.facts.hub import Region
from domain.messages import Invalid, reason
from domain.record import Entry, Fact, OtherStreams, Refused, Role
from domain.values import Code, Digest, Ministry, Pseudonym, Text, check_utc

LONGEST_LABEL = 200
_HUB = re.compile("[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
"""The key of a stream, as in hub:EU-BRU: a hub with any other code can never be designated."""


Persons: TypeAlias = Literal["none", "own", "all"]
"""Whose persons a credential opens. Only a hub has persons of its own; `all` is granted to another role."""


RestrictedClass: TypeAlias = Literal["SENSITIVE", "SECURED"]
"""The security classes (보안등급) with restricted access."""


class Scope(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is read of that which is not for everybody (열람 범위).

    Of the `hubs` named, of those that belong to one of the `ministries` or `regions` now, or of every hub where none is
    named; projects of the `classes` named and no other; and, unless `withhold_persons`, what tells of single persons.
    """

    hubs: tuple[Code, ...] = ()
    ministries: tuple[Ministry, ...] = ()
    regions: tuple[Region, ...] = ()
    classes: tuple[RestrictedClass, ...] = ()
    withhold_persons: bool = False


SCOPED: frozenset[Role] = frozenset({"official", "auditor"})
"""The roles whose credentials may have a scope: they read and write nothing."""


class CredentialIssued(Fact, frozen=True, tag="credential.issued"):
    """A token was handed out. A credential of the role hub names its hub, no other does.

    `cross_border` lets it read about persons from abroad, which is a transfer of its own (PIPA 28-8). `scope` is of a
    ministry's official (소관부처 담당자), or narrows an auditor. From `expires_at` on it opens nothing. `person` is
    whose it is: what is done with it, that person does. How long `hub` and `label` are is bounded by `judge`: 0.1.0
    recorded them as they came.
    """

    role: Role
    digest: Digest
    hub: str | None = None
    label: str | None = None
    persons: Persons = "own"
    cross_border: bool = False
    scope: Scope | None = None
    expires_at: datetime | None = None
    person: Pseudonym | None = None

    def __post_init__(self) -> None:
        if (self.role == "hub") != (self.hub is not None):
            raise Invalid("value.hub_credential")
        if self.role == "hub" and self.persons == "all":
            raise Invalid("value.hub_persons")


class CredentialRotated(Fact, frozen=True, tag="credential.rotated"):
    """Another token takes the place of the one before, which opens nothing any more (교체). `expires_at` is its end; it
    has none where it is left out."""

    digest: Digest
    expires_at: datetime | None = None


class CredentialRevoked(Fact, frozen=True, tag="credential.revoked"):
    """The token opens nothing any more."""

    reason: Text | None = None


CredentialFact: TypeAlias = CredentialIssued | CredentialRotated | CredentialRevoked


class Credential(msgspec.Struct, frozen=True):
    """The state of a credential, and the digest of the token that opens something until `expires_at`.

    none > issued > revoked
    """

    status: Literal["none", "issued", "revoked"] = "none"
    issue: CredentialIssued | None = None
    digest: str | None = None
    expires_at: datetime | None = None


initial = Credential()


def judge(credential: Credential, entry: Entry[CredentialFact]) -> None:
    """Raises Refused unless an operator issues it for the first time, or rotates or revokes it while it is live."""
    if entry.role != "operator":
        raise Refused("credential.not_yours", role=entry.role)
    match credential.status, entry.fact:
        case "none", CredentialIssued(label=label) as issue:
            check_grant(issue)
            if label is not None and not 1 <= len(label) <= LONGEST_LABEL:
                raise Refused("credential.label", path="$.data.label", most=LONGEST_LABEL)
            _check_expiry(issue.expires_at, entry)
        case "issued", CredentialRotated(expires_at=expires_at):
            _check_expiry(expires_at, entry)
        case "issued", CredentialRevoked():
            return
        case status, fact:
            raise Refused("credential.out_of_turn", status=status, type=fact.__struct_config__.tag)


def cross_stream_check(_: Credential, entry: Entry[CredentialFact], others: OtherStreams) -> None:
    """Raises Refused for a credential of a person whom the record does not know."""
    person = entry.fact.person if isinstance(entry.fact, CredentialIssued) else None
    if person is not None and not others.recorded(f"person:{person}"):
        raise Refused("credential.person", path="$.data.person")


def _check_expiry(at: datetime | None, entry: Entry[CredentialFact]) -> None:
    """Raises Refused for an end that is no moment in UTC, or that was before the act."""
    if at is None:
        return
    try:
        check_utc(at, "expires_at")
    except ValueError as error:
        raise Refused("credential.expiry", path="$.data.expires_at").saying(reason(error)) from None
    if at <= entry.occurred_at:
        raise Refused("credential.expiry", "before", path="$.data.expires_at")


def _check_hub(hub: str, field: str) -> None:
    if not _HUB.fullmatch(hub):
        raise Refused("credential.hub", path=f"$.data.{field}", field=field)


def check_grant(issue: CredentialIssued) -> None:
    """Raises Refused unless hub, role and scope agree."""
    if issue.hub is not None:
        _check_hub(issue.hub, "hub")
    scope = issue.scope
    if issue.role == "official" and not (scope and (scope.hubs or scope.ministries or scope.regions)):
        raise Refused("credential.scope", "official", path="$.data.scope")
    if scope is None:
        return
    if issue.role not in SCOPED:
        raise Refused("credential.scope", "role", path="$.data.scope", role=issue.role, scoped=sorted(SCOPED))
    if issue.persons == "all":
        raise Refused("credential.scope", "persons", path="$.data.persons")
    for hub in scope.hubs:
        _check_hub(hub, "scope.hubs")


def evolve(credential: Credential, entry: Entry[CredentialFact]) -> Credential:
    match entry.fact:
        case CredentialIssued() as issue:
            return Credential("issued", issue, issue.digest, issue.expires_at)
        case CredentialRotated(digest=digest, expires_at=expires_at):
            return Credential("issued", credential.issue, digest, expires_at)
        case CredentialRevoked():
            return Credential("revoked", credential.issue)
        case unknown:
            assert_never(unknown)
