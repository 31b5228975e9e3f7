"""Evidence item (증빙): a file that entries name by its SHA-256 digest, who keeps it and for how long.

Facts of the world. Entries and findings hold the digest of the file only; the file itself is with its custodian, and
next to the record if it was handed in (`evidence.kept`). Each reading is recorded too, by the machine that gave it out,
so that the access history cannot be altered (Public Records Act decree 28(3)).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.messages import Invalid
from domain.period import SEOUL
from domain.record import Entry, Fact
from domain.values import Code, Digest, KeyId, Text

RetentionClass: TypeAlias = Literal["PERMANENT", "SEMI_PERMANENT", "Y30", "Y10", "Y5", "Y3", "Y1"]
"""보존기간 (Public Records Act decree 26); the years run from 1 January after the deposit."""
YEARS: dict[RetentionClass, int] = {"Y30": 30, "Y10": 10, "Y5": 5, "Y3": 3, "Y1": 1}
"""The classes that end."""


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


class EvidenceKept(Fact, frozen=True, tag="evidence.kept"):
    """The file was handed in and is kept beside the record (인수), in the words of the machine that keeps it.

    `sha256`, `bytes` and `media_type` are of the file as it came, `sealed` is the SHA-256 of what stands on the disk,
    encrypted by the key that the vault calls `key_id`: so who has no key sees whether it is there and whole.
    """

    sha256: Digest
    bytes: int
    media_type: Code
    key_id: KeyId
    sealed: Digest

    def __post_init__(self) -> None:
        if self.bytes < 0:
            raise Invalid("value.bytes")


class EvidenceAccessed(Fact, frozen=True, tag="evidence.accessed"):
    """Somebody was given the file; `by` is a credential, or the person whose it is."""

    by: Code
    purpose: Text | None = None


class EvidencePurged(Fact, frozen=True, tag="evidence.purged"):
    """The file was destroyed (파기) on a legal basis; what was recorded about it stays.

    Of a file that is kept beside the record this is the order: its key and its bytes go before it is answered.
    """

    legal_basis: Text


EvidenceFact: TypeAlias = EvidenceDeposited | EvidenceKept | EvidenceAccessed | EvidencePurged
Status: TypeAlias = Literal["none", "deposited", "purged"]


class Access(msgspec.Struct, frozen=True):
    """Who was given the file, when and what for."""

    by: str
    at: datetime
    purpose: str | None = None


class KeptFile(msgspec.Struct, frozen=True):
    """A file that was taken into keeping, and when."""

    sha256: str
    bytes: int
    media_type: str
    key_id: str
    sealed: str
    at: datetime


class Evidence(msgspec.Struct, frozen=True):
    """The state of evidence, folded from its facts.

        none > deposited > purged

    `access_history` (접근이력) is in the order in which the file was given out. `file_kept`: a file is kept beside
    the record, and was not destroyed since; `files` are all that ever were.
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
    file_kept: bool = False
    files: tuple[KeptFile, ...] = ()


initial = Evidence()


def evolve(it: Evidence, entry: Entry[EvidenceFact]) -> Evidence:
    match entry.fact:
        case EvidenceDeposited() as deposit:
            return replace(
                it,
                status="deposited",
                sha256=deposit.sha256,
                custodian=deposit.custodian,
                retention=deposit.retention,
                media_type=deposit.media_type,
                bytes=deposit.bytes,
            )
        case EvidenceKept() as it_is:
            file = KeptFile(it_is.sha256, it_is.bytes, it_is.media_type, it_is.key_id, it_is.sealed, entry.occurred_at)
            return replace(it, file_kept=True, files=(*it.files, file))
        case EvidenceAccessed(by=by, purpose=purpose):
            history = (*it.access_history, Access(by, entry.occurred_at, purpose))
            return replace(it, accesses=it.accesses + 1, access_history=history)
        case EvidencePurged(legal_basis=basis):
            return replace(it, status="purged", file_kept=False, legal_basis=basis)
        case unknown:
            assert_never(unknown)


def keep_until(deposits: Iterable[tuple[EvidenceDeposited, datetime]]) -> date | None:
    """The last day in Seoul of the longest retention that any of these deposits states, each given with its time; the
    last possible day for one without end, None where there is no deposit."""
    ends = [
        date(at.astimezone(SEOUL).year + YEARS[it.retention], 12, 31) if it.retention in YEARS else date.max
        for it, at in deposits
    ]
    return max(ends, default=None)
