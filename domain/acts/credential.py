"""Credential (접근 권한): who may write or read in which role. An act, judged as it is made.

The record holds the SHA-256 digest of a token of 256 random bits, never the token.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias, assert_never

import msgspec

from domain.record import Entry, Fact, Refused, Role
from domain.values import Digest, Text

LONGEST_LABEL = 200
_HUB = re.compile("[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
"""The key of a stream, as in hub:EU-BRU: what else a hub is called can never be designated."""


Persons: TypeAlias = Literal["none", "own", "all"]
"""Whose persons a credential opens. Only a hub has persons of its own; `all` is granted to another role."""


class CredentialIssued(Fact, frozen=True, tag="credential.issued"):
    """A token was handed out. A credential of the role hub names its hub, no other does.

    `cross_border` lets it read about persons from abroad, which is a transfer of its own (PIPA 28-8). How long `hub`
    and `label` are is bounded by `judge`: 0.1.0 recorded them as they came.
    """

    role: Role
    digest: Digest
    hub: str | None = None
    label: str | None = None
    persons: Persons = "own"
    cross_border: bool = False

    def __post_init__(self) -> None:
        if (self.role == "hub") != (self.hub is not None):
            raise ValueError("a credential of the role hub names its hub, no other does")
        if self.role == "hub" and self.persons == "all":
            raise ValueError("a hub's credential opens its own persons at most")


class CredentialRevoked(Fact, frozen=True, tag="credential.revoked"):
    """The token opens nothing any more."""

    reason: Text | None = None


CredentialFact: TypeAlias = CredentialIssued | CredentialRevoked


class Credential(msgspec.Struct, frozen=True):
    """Where it stands.

    none > issued > revoked
    """

    status: Literal["none", "issued", "revoked"] = "none"
    issue: CredentialIssued | None = None


initial = Credential()


def judge(credential: Credential, entry: Entry[CredentialFact]) -> None:
    """Raises Refused unless an operator issues it for the first time or revokes it while it is live."""
    if entry.role != "operator":
        raise Refused("credential.not_yours", "an operator issues and revokes credentials", role=entry.role)
    match credential.status, entry.fact:
        case "none", CredentialIssued(hub=hub, label=label):
            if hub is not None and not _HUB.fullmatch(hub):
                raise Refused(
                    "credential.hub",
                    "hub is the key of its stream hub:EU-BRU: letters, digits and . _ ~ - (at most 128)",
                    path="$.data.hub",
                )
            if label is not None and not 1 <= len(label) <= LONGEST_LABEL:
                raise Refused("credential.label", f"label has 1 to {LONGEST_LABEL} characters", path="$.data.label")
        case "issued", CredentialRevoked():
            return
        case status, fact:
            raise Refused("credential.out_of_turn", f"{fact.__struct_config__.tag} while {status}", status=status)


def evolve(credential: Credential, entry: Entry[CredentialFact]) -> Credential:
    match entry.fact:
        case CredentialIssued() as issue:
            return Credential("issued", issue)
        case CredentialRevoked():
            return Credential("revoked", credential.issue)
        case unknown:
            assert_never(unknown)
