"""The line of the record: a fact and the circumstances of its recording."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from domain.messages import Message

SAGWAN = "sagwan"
"""The source of Sagwan's own entries, and the space of the acts that only it composes."""

Role: TypeAlias = Literal["hub", "analyst", "official", "auditor", "secretariat", "operator"]
Reason: TypeAlias = Literal["CLERICAL", "LATE_EVIDENCE", "DUPLICATE", "FINDING", "OBJECTION", "RECLASSIFIED"]

FOREVER = 2**63 - 1
"""A position later than every entry: the `until` of a row that still holds."""


class Fact(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    gc=False,
):
    """What somebody asserts. The tag is for ever: stored, posted and queried under this name.

    A fact wrong in itself raises ValueError when it is made, so one that exists is valid.
    Fields are only ever added, with defaults, and a default never changes.
    """

    effective_on: ClassVar[str | None] = None
    """The field that names the day on which it takes effect (`domain.effect`); None for the time of the event."""
    decided: ClassVar[bool] = False
    """Whether it is a decision, which may name a day that is still to come, or long past."""


F = TypeVar("F", bound=Fact, covariant=True)


class Redacted(msgspec.Struct, frozen=True):
    """What an entry was before content was destroyed by law: the SHA-256 in hex of the JSON that was stored."""

    digest: str


class Entry(msgspec.Struct, Generic[F], frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One fact on one stream. Its JSON is what is stored, byte for byte.

    `occurred_at` is when it happened (UTC, microseconds), `zone` the zone or offset it was given in;
    `recorded_at` is when we learned it (UTC, never decreases). `hub` owns the stream; `actor` and
    `role` are the credential that posted. `source` and `id` identify the assertion over the whole
    record. `evidence` holds SHA-256 digests in hex. `salt` is 128 random bits that keep the digest
    of the entry from being guessed. `imported` marks history that was loaded, not reported as it happened.
    `redacted` marks an entry of which content was destroyed; it has no salt any more.
    """

    stream: str
    version: int
    occurred_at: datetime
    zone: str = "UTC"
    recorded_at: datetime
    hub: str
    actor: str
    role: Role
    source: str
    id: str
    evidence: tuple[str, ...] = ()
    imported: bool = False
    salt: str = ""
    fact: F
    redacted: Redacted | None = None


class Recorded(msgspec.Struct, Generic[F], frozen=True):
    """An entry at its position in the record (1, 2, ...; gaps may occur, order never changes)."""

    position: int
    entry: Entry[F]


class OtherStreams(Protocol):
    """What an act is judged against: the record's length, and the state of its other streams."""

    @property
    def position(self) -> int: ...

    def state(self, stream: str) -> Any:
        """The state of a stream of acts; the initial one before its first act. Raises Refused for an invalid stream
        name."""

    def recorded(self, stream: str) -> bool:
        """Whether a stream, of any kind, has an entry; a name that no stream can have has none."""


class Refused(Message):
    """Something that the record does not take. `code` is stable; `facts` are what decided."""
