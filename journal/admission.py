"""Who gets in: each submission becomes an entry, the receipt of an earlier one, or a refusal of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec
from eventsourcing.persistence import StoredEvent
from msgspec.structs import replace

from domain import freetext, history
from domain.authority import Actor, owner
from domain.record import Entry, Fact, Reason, Recorded, Refused
from domain.streams import (
    HOUSE,
    KINDS,
    TYPES,
    EntryCorrected,
    EntryRedacted,
    EntryVoided,
    check_type_fits,
    entries,
    judge,
    kind_of,
    tag,
)
from domain.values import Text
from domain.vocabulary.door import check_terms
from journal.journal import Journal, decoded
from journal.mapper import encode
from journal.recorder import Identity
from journal.redaction import act, carry_out_or_tell, unsaid

MOST_BYTES = 60 * 1024
"""An entry's JSON is at most this long: a tile entry of the sealed log must hold it."""

CLOCK_SKEW = timedelta(minutes=1)
"""How far a hub's clock may be ahead of ours before its times count as future."""

_CACHED = 100_000


class Restatement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`entry.corrected` as it is posted: `data` is read once the original's type is known."""

    entry: int
    reason: Reason
    occurred_at: datetime | None = None
    data: msgspec.Raw
    note: Text | None = None


class Submission(msgspec.Struct, kw_only=True, gc=False):
    """What somebody asks the record to take. An act of the house has no time of its own."""

    actor: Actor
    stream: str
    fact: Fact | Restatement
    occurred_at: datetime | None = None
    zone: str = "UTC"
    source: str
    id: str
    evidence: tuple[str, ...] = ()
    imported: bool = False

    @property
    def type(self) -> str:
        return "entry.corrected" if isinstance(self.fact, Restatement) else tag(self.fact)


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """Where an entry is. A duplicate's receipt is that of the first."""

    position: int
    stream: str
    version: int
    recorded_at: datetime
    duplicate: bool = False


Outcome: TypeAlias = Receipt | Refused


class _Head(msgspec.Struct, frozen=True, gc=False):
    """Where a stream ends, whose it is and, for one of the house, the state its next act is judged against."""

    version: int = 0
    hub: str | None = None
    state: Any = None


class Admission:
    """Admits groups of submissions. Not for two threads at once."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._heads: dict[str, _Head] = {}
        last = journal.entries.last()
        self._recorded_at = decoded(last).entry.recorded_at if last else None

    def record(self, group: Sequence[Submission], now: datetime) -> list[Outcome]:
        """Commits every admitted submission in one transaction; a refused one fails alone.

        When this returns, what has a receipt is on disk. When it raises, the database did not take the group
        (or, on a lost connection, it is not known): posting again is safe, identity tells duplicates.
        """
        if self._recorded_at is not None:
            now = max(now, self._recorded_at)
        hubs = {it.actor.hub for it in group}
        touched = {it.stream for it in group} | {f"hub:{hub}" for hub in hubs if hub}
        _remember(touched, self._heads, self._journal)
        staged = _Group(self._journal, self._heads, now)
        earlier = self._journal.entries.known([(it.source, it.id) for it in group])
        outcomes: list[Outcome | int] = []
        for submission in group:
            try:
                outcomes.append(staged.admit(submission, earlier.get((submission.source, submission.id))))
            except Refused as refusal:
                outcomes.append(refusal)
        positions: Sequence[int] = ()
        if staged.admitted:
            stored = [StoredEvent(e.stream, e.version, tag(e.fact), json) for e, json in staged.admitted]
            positions = self._journal.entries.insert_events(stored, identities=list(staged.identities))
            # The group is durable from here on; the caches follow it, never lead it.
            self._recorded_at = now
            self._heads |= staged.heads
            if redacted := [entry.stream for entry, _ in staged.admitted if isinstance(entry.fact, EntryRedacted)]:
                for stream in redacted:
                    self._heads.pop(stream, None)
                carry_out_or_tell(self._journal.entries)
        while len(self._heads) > _CACHED:
            del self._heads[next(iter(self._heads))]
        first: dict[int, Receipt] = {}
        receipts: list[Outcome] = []
        for outcome in outcomes:
            if isinstance(outcome, int):
                entry, position = staged.admitted[outcome][0], positions[outcome]
                receipt = Receipt(position, entry.stream, entry.version, entry.recorded_at, outcome in first)
                first.setdefault(outcome, receipt)
                receipts.append(receipt)
            else:
                receipts.append(outcome)
        return receipts


def _remember(streams: Iterable[str], heads: dict[str, _Head], journal: Journal) -> None:
    """Reads, in one query, where those streams end whose heads are not remembered."""
    missing = [name for name in streams if name not in heads]
    for name, stored in journal.entries.heads(missing).items() if missing else ():
        state = history.state(name, journal.stream(name)) if name.partition(":")[0] in HOUSE else None
        heads[name] = _Head(stored.version, entries.decode(stored.first).hub, state)


class _Group:
    """One transaction in the making: what it will add, seen by its later submissions."""

    def __init__(self, journal: Journal, heads: dict[str, _Head], now: datetime) -> None:
        self._journal = journal
        self._committed = heads
        self._now = now
        self._salts = ""
        self.identities: dict[Identity, int] = {}
        self._redacted: dict[int, list[EntryRedacted]] = {}
        self.heads: dict[str, _Head] = {}
        self.admitted: list[tuple[Entry[Any], bytes]] = []

    def admit(self, it: Submission, earlier: int | None) -> Receipt | int:
        """The index of the new entry in `admitted` (or of its twin), or the receipt of an earlier one."""
        kind = check_type_fits(it.stream, it.type)
        head = self._head(it.stream, kind)
        redacts = isinstance(it.fact, EntryRedacted)
        hub = owner(it.actor, kind, it.stream.partition(":")[2], head.hub, redacts=redacts)
        if earlier is not None:
            return self._duplicate(it, earlier)
        identity = (it.source, it.id)
        if (twin := self.identities.get(identity)) is not None:
            if not _same(it, self.admitted[twin][0], self._journal):
                raise _reused()
            return twin
        if it.actor.role == "hub" and self._head(f"hub:{hub}", "hub").version == 0:
            raise Refused("hub.unknown", f"no hub {hub} has been designated; the secretariat does that", hub=hub)
        entry = self._entry(it, kind, head, hub)
        check(entry, self._now)
        judge(kind, head.state, entry, self)
        json = bounded(entry)
        state = KINDS[kind].evolve(head.state, entry) if kind in HOUSE and not redacts else head.state
        self.heads[it.stream] = _Head(entry.version, hub, state)
        self.admitted.append((entry, json))
        if isinstance(entry.fact, EntryRedacted):
            self._redacted.setdefault(entry.fact.entry, []).append(entry.fact)
        self.identities[identity] = nth = len(self.admitted) - 1
        return nth

    @property
    def position(self) -> int:
        """What is recorded, as an act of the house may name it."""
        return self._journal.position

    def state(self, stream: str) -> Any:
        """A stream of the house as it stands, earlier submissions of this group included."""
        kind = kind_of(stream)
        if stream not in self.heads:
            _remember([stream], self._committed, self._journal)
        return self._head(stream, kind).state

    def _entry(self, it: Submission, kind: str, head: _Head, hub: str) -> Entry[Any]:
        occurred_at = it.occurred_at
        if kind in HOUSE or occurred_at is None or isinstance(it.fact, EntryRedacted):
            occurred_at = self._now
        fact = it.fact
        if isinstance(fact, Restatement):
            fact = restated(fact, self._original(it.stream, fact.entry))
        elif isinstance(fact, EntryVoided):
            self._original(it.stream, fact.entry)
        elif isinstance(fact, EntryRedacted):
            fact = act(self._journal.entries, it.stream, fact, self._redacted.get(fact.entry, ()))
        return Entry(
            stream=it.stream,
            version=head.version + 1,
            occurred_at=occurred_at,
            zone=it.zone,
            recorded_at=self._now,
            hub=hub,
            actor=it.actor.id,
            role=it.actor.role,
            source=it.source,
            id=it.id,
            evidence=it.evidence,
            imported=it.imported,
            salt=self._salt(),
            fact=fact,
        )

    def _head(self, stream: str, kind: str) -> _Head:
        return self.heads.get(stream) or self._committed.get(stream) or _Head(state=KINDS[kind].initial)

    def _original(self, stream: str, position: int) -> Recorded[Any]:
        row = self._journal.entry(position)
        if row is None:
            raise Refused("entry.unknown", "a correction or void names an entry by its position", entry=position)
        if isinstance(row.entry.fact, EntryCorrected | EntryVoided | EntryRedacted):
            raise Refused(
                "entry.not_an_original",
                "a correction or void names the original entry, never a correction, a void or a redaction",
                entry=position,
                original=row.entry.fact.entry,
            )
        if row.entry.stream != stream:
            raise Refused("entry.other_stream", "the entry is on another stream than the subject", entry=position)
        return row

    def _duplicate(self, it: Submission, position: int) -> Receipt:
        row = self._journal.entry(position)
        assert row is not None
        if not _same(it, row.entry, self._journal, position):
            raise _reused()
        return Receipt(position, row.entry.stream, row.entry.version, row.entry.recorded_at, duplicate=True)

    def _salt(self) -> str:
        if not self._salts:
            self._salts = os.urandom(16 * 64).hex()
        salt, self._salts = self._salts[:32], self._salts[32:]
        return salt


def check(entry: Entry[Any], now: datetime) -> None:
    """Raises Refused by every rule of the door that needs no record; a client asks it before it sends (`foresee`)."""
    told = entry.fact.occurred_at if isinstance(entry.fact, EntryCorrected) else entry.occurred_at
    if max(told, entry.occurred_at) > now + CLOCK_SKEW:
        path = "$.time" if entry.occurred_at > now + CLOCK_SKEW else "$.data.occurred_at"
        raise Refused("time.future", "a fact is told after it happened", path=path, time=told, now=now)
    freetext.check(entry.stream, entry.source, entry.id, entry.fact, now.date())
    check_terms(entry)


def bounded(entry: Entry[Any]) -> bytes:
    """The JSON that is stored. Raises Refused for one that a tile entry of the sealed log cannot hold."""
    json = encode(entry)
    if len(json) > MOST_BYTES:
        raise Refused("event.too_large", f"an event takes at most {MOST_BYTES} bytes as stored", bytes=len(json))
    return json


def foresee(it: Submission, now: datetime) -> None:
    """Raises Refused for a fact of the world that the door would refuse whatever the record holds."""
    check_type_fits(it.stream, it.type)
    assert isinstance(it.fact, Fact)
    assert it.occurred_at is not None
    entry: Entry[Any] = Entry(
        stream=it.stream,
        version=1,
        occurred_at=it.occurred_at,
        zone=it.zone,
        recorded_at=now,
        hub=it.actor.hub,
        actor=it.actor.id,
        role=it.actor.role,
        source=it.source,
        id=it.id,
        evidence=it.evidence,
        imported=it.imported,
        salt="0" * 32,
        fact=it.fact,
    )
    check(entry, now)
    bounded(entry)


def restated(posted: Restatement, original: Recorded[Any]) -> EntryCorrected:
    """The correction in full: the content in the original's type, and when it happened.

    Raises Refused with the path of what does not fit.
    """
    type_ = tag(original.entry.fact)
    try:
        data: Any = msgspec.json.decode(posted.data, type=TYPES[type_])
    except msgspec.ValidationError as error:
        raise Refused("event.invalid", f"data.data is not a {type_}: {error}", original_type=type_) from None
    return EntryCorrected(
        entry=posted.entry,
        reason=posted.reason,
        occurred_at=posted.occurred_at or original.entry.occurred_at,
        data=data,
        note=posted.note,
    )


Held: TypeAlias = Literal["same", "other", "new"]


def held(group: Sequence[Submission], journal: Journal) -> list[Held]:
    """Of each submission, whether the record holds the same, something else under its identity, or nothing of it."""
    known = journal.entries.known([(it.source, it.id) for it in group])
    return [_held(it, known.get((it.source, it.id)), journal) for it in group]


def _held(it: Submission, position: int | None, journal: Journal) -> Held:
    row = journal.entry(position) if position else None
    if row is None or position is None:
        return "new"
    # Whose it is not learns no more than posting tells: that the identity is taken.
    own = it.actor.role != "hub" or it.actor.hub == row.entry.hub
    return "same" if own and _same(it, row.entry, journal, position) else "other"


def _same(it: Submission, entry: Entry[Any], journal: Journal, position: int = 0) -> bool:
    """Whether a submission asserts what an entry already says, or said before content of it was destroyed."""
    fact: Any = it.fact
    if isinstance(fact, Restatement):
        original = journal.entry(fact.entry)
        if original is None or not isinstance(entry.fact, EntryCorrected):
            return False
        fact = restated(fact, original)
    elif isinstance(fact, EntryRedacted) and isinstance(entry.fact, EntryRedacted):
        fact = replace(fact, remains=entry.fact.remains)
    if entry.redacted:
        fact = unsaid(journal.entries, entry.stream, position, fact)
    kind = it.stream.partition(":")[0]
    timeless = kind in HOUSE or it.occurred_at is None or isinstance(fact, EntryRedacted)
    occurred_at = entry.occurred_at if timeless else it.occurred_at
    asserted = replace(entry, stream=it.stream, occurred_at=occurred_at, evidence=it.evidence, fact=fact)
    return asserted == entry


def _reused() -> Refused:
    return Refused(
        "identity.reused",
        "this source and id were used for another content; a new assertion needs a new id, a change a correction",
        path="$.id",
    )
