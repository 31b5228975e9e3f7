"""Evidence item (증빙): a file that entries name by its SHA-256 digest, who keeps it and for how long.

Facts of the world. The file itself is elsewhere; entries and findings hold its digest only. Reading it is told
too, by the machine that gave it out, so that the access history cannot be altered (Public Records Act decree 28(3)).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.messages import Invalid
from domain.record import Entry, Fact
from domain.values import Code, Digest, Text

RetentionClass: TypeAlias = Literal["PERMANENT", "SEMI_PERMANENT", "Y30", "Y10", "Y5", "Y3", "Y1"]
"""보존기간 (Public Records Act decree 26); the years run from 1 January after the deposit."""


class EvidenceDeposited(Fact, frozen=True, tag="evidence.deposited"):
    """A file is in keeping; `custodian` is the body that keeps it, never a person."""

    sha256: Digest
    bytes: int
    media_type: Code
    custodian: Code
    retention: RetentionClass

    def __post_init__(self) -> None:
        if self.bytes < 0:
            raise Invalid("value.bytes")


class EvidenceAccessed(Fact, frozen=True, tag="evidence.accessed"):
    """Somebody was given the file; `by` is a credential."""

    by: Code
    purpose: Text | None = None


class EvidencePurged(Fact, frozen=True, tag="evidence.purged"):
    """The file was destroyed (파기) on a legal basis; what was recorded about it stays."""

    legal_basis: Text


EvidenceFact: TypeAlias = EvidenceDeposited | EvidenceAccessed | EvidencePurged
Status: TypeAlias = Literal["none", "deposited", "purged"]


class Access(msgspec.Struct, frozen=True):
    """Who was given the file, when and what for."""

    by: str
    at: datetime
    purpose: str | None = None


class Evidence(msgspec.Struct, frozen=True):
    """Where it stands.

        none > deposited > purged

    `access_history` (접근이력) is in the order in which the file was given out.
    """

    status: Status = "none"
    sha256: str | None = None
    custodian: str | None = None
    retention: RetentionClass | None = None
    accesses: int = 0
    media_type: str | None = None
    bytes: int | None = None
    legal_basis: str | None = None
    access_history: tuple[Access, ...] = ()


initial = Evidence()


def evolve(it: Evidence, entry: Entry[EvidenceFact]) -> Evidence:
    match entry.fact:
        case EvidenceDeposited() as said:
            return replace(
                it,
                status="deposited",
                sha256=said.sha256,
                custodian=said.custodian,
                retention=said.retention,
                media_type=said.media_type,
                bytes=said.bytes,
            )
        case EvidenceAccessed(by=by, purpose=purpose):
            history = (*it.access_history, Access(by, entry.occurred_at, purpose))
            return replace(it, accesses=it.accesses + 1, access_history=history)
        case EvidencePurged(legal_basis=basis):
            return replace(it, status="purged", legal_basis=basis)
        case unknown:
            assert_never(unknown)
