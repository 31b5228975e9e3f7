"""What a client asks the record to take, and the receipt that it gets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from domain import identity
from domain.acts.check_events import EditionPublished, EditionRestated, EditionWithdrawn
from domain.acts.review import SampleDrawn, SubmissionMade
from domain.input_policy.authority import Actor
from domain.record import Entry, Fact, Reason, Refused
from domain.registry import tag
from domain.values import Text


class PostedCorrection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`entry.corrected` as it is posted: `data` is read once the original's type is known."""

    entry: int
    reason: Reason
    occurred_at: datetime | None = None
    data: msgspec.Raw
    note: Text | None = None


COMPUTED = (EditionPublished, EditionRestated, EditionWithdrawn, SubmissionMade, SampleDrawn)
"""Acts with content about figures: the record takes one only from the code that computed it."""


class ComputedFrom(msgspec.Struct, frozen=True):
    """What an act says of figures is what was computed beside a stream as it stood at a version."""

    stream: str
    version: int


class ExpectedVersion(msgspec.Struct, frozen=True, gc=False):
    """Versions of a stream of which an entry is to be the next: one of these, or any but that of an empty stream."""

    versions: frozenset[int] | None

    def met(self, version: int) -> bool:
        return version > 0 if self.versions is None else version in self.versions


class Submission(msgspec.Struct, kw_only=True, gc=False):
    """What somebody asks the record to take. An act has no time of its own.

    `computed` is for acts of the kinds in COMPUTED, and set by whoever computed what they say; `expected` is where
    whoever posts wants his entry to be the next, and nowhere else.
    """

    actor: Actor
    stream: str
    fact: Fact | PostedCorrection
    occurred_at: datetime | None = None
    zone: str = "UTC"
    source: str
    id: str
    evidence: tuple[str, ...] = ()
    imported: bool = False
    computed: ComputedFrom | None = None
    expected: ExpectedVersion | None = None

    @property
    def type(self) -> str:
        return "entry.corrected" if isinstance(self.fact, PostedCorrection) else tag(self.fact)

    @property
    def digests(self) -> list[bytes]:
        """The digests that identify the assertion, as it is written and in NFC."""
        space = identity.identity_space(self.actor.role, self.actor.hub, self.source, self.type)
        return identity.identity_digests(space, self.source, self.id)

    def entry(
        self, fact: Fact, *, version: int, occurred_at: datetime, recorded_at: datetime, hub: str, salt: str
    ) -> Entry[Any]:
        """The entry that it makes, with what the record knows and the fact in full."""
        return Entry(
            stream=self.stream,
            version=version,
            occurred_at=occurred_at,
            zone=self.zone,
            recorded_at=recorded_at,
            hub=hub,
            actor=self.actor.id,
            role=self.actor.role,
            source=self.source,
            id=self.id,
            evidence=self.evidence,
            imported=self.imported,
            salt=salt,
            fact=fact,
        )


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """Where an entry is. A duplicate's receipt is that of the first."""

    position: int
    stream: str
    version: int
    recorded_at: datetime
    duplicate: bool = False


Outcome: TypeAlias = Receipt | Refused


def submission_digests(it: Submission) -> list[bytes]:
    """None if they cannot be made: its own admission reports why."""
    try:
        return it.digests
    except ValueError:
        return []
