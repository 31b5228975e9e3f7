"""Who gets in: each submission becomes an entry, the receipt of an earlier one, or a refusal of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Literal, TypeAlias

import msgspec
from eventsourcing.persistence import StoredEvent
from msgspec.structs import replace

from domain import history, identity
from domain.acts.check import EditionPublished, EditionRestated, EditionWithdrawn
from domain.acts.clock import ClockAccepted
from domain.acts.review import SampleDrawn, SubmissionMade
from domain.input_policy import bounds, characters, free_text
from domain.input_policy.authority import Actor, check_type_of_role, owning_hub
from domain.input_policy.terms import check_terms
from domain.record import Entry, Fact, Reason, Recorded, Refused
from domain.registry import (
    ACTS,
    KINDS,
    STREAM,
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
from journal.store.failures import of_the_database
from journal.store.journal import Journal, recorded_at_of
from journal.store.recorder import StreamHead
from journal.store.redaction import carry_out_or_tell, complete_act, without_redacted
from journal.supervision import failure_place

encode_entry = msgspec.json.Encoder().encode

log = logging.getLogger("sagwan.journal")

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


COMPUTED = (EditionPublished, EditionRestated, EditionWithdrawn, SubmissionMade, SampleDrawn)
"""Acts that say something of figures: the record takes one only from who computed it."""


class ComputedFrom(msgspec.Struct, frozen=True):
    """What an act says of figures is what was computed beside a stream as it stood at a version."""

    stream: str
    version: int


class Submission(msgspec.Struct, kw_only=True, gc=False):
    """What somebody asks the record to take. An act of the house has no time of its own.

    `computed` is for acts of the kinds in COMPUTED, and set by whoever computed what they say.
    """

    actor: Actor
    stream: str
    fact: Fact | Restatement
    occurred_at: datetime | None = None
    zone: str = "UTC"
    source: str
    id: str
    evidence: tuple[str, ...] = ()
    imported: bool = False
    computed: ComputedFrom | None = None

    @property
    def type(self) -> str:
        return "entry.corrected" if isinstance(self.fact, Restatement) else tag(self.fact)

    @property
    def digests(self) -> list[bytes]:
        """By what the assertion is known, as it is written and in NFC."""
        space = identity.identity_space(self.actor.role, self.actor.hub, self.source, self.type)
        return identity.identity_digests(space, self.source, self.id)


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
        self._recorded_at = recorded_at_of(last.entry) if last else None

    def record(self, group: Sequence[Submission], now: datetime) -> list[Outcome]:
        """Commits every admitted submission in one transaction; whatever goes wrong with one refuses that one alone.

        When this returns, what has a receipt is on disk. When it raises, the database did not take the group
        (or, on a lost connection, it is not known): posting again is safe, identity tells duplicates.
        """
        if not group:
            return []
        if len(group) > 1 and any(isinstance(it.fact, ClockAccepted) for it in group):
            return [outcome for it in group for outcome in self.record([it], now)]
        try:
            return self._record(group, now)
        except Exception as failure:
            if of_the_database(failure):
                raise
            # It is well, and does not take what it was given: halves find out which, judged anew.
            self._heads.clear()
            if len(group) == 1:
                return [failure_refusal(failure)]
            half = len(group) // 2
            return [*self.record(group[:half], now), *self.record(group[half:], now)]

    def _record(self, group: Sequence[Submission], now: datetime) -> list[Outcome]:
        if self._recorded_at is not None and not isinstance(group[0].fact, ClockAccepted):
            now = max(now, self._recorded_at)
        staged = _Group(self._journal, self._heads, group, now)
        outcomes: list[Outcome | int] = []
        for submission, digests in zip(group, staged.digests, strict=True):
            try:
                outcomes.append(staged.admit(submission, digests))
            except Refused as refusal:
                outcomes.append(refusal)
            except Exception as failure:
                if of_the_database(failure):
                    raise
                outcomes.append(failure_refusal(failure))
        positions: Sequence[int] = ()
        if staged.admitted:
            stored = [StoredEvent(e.stream, e.version, tag(e.fact), json) for e, json in staged.admitted]
            positions = self._journal.entries.insert_events(stored, digests=list(staged.identities))
            self._journal.grown(positions[-1])
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


def failure_refusal(failure: Exception) -> Refused:
    """The refusal of what failed on the way in, and would again. The log says where, and nobody what was written."""
    log.error("a submission was refused because admitting it failed: %s", failure_place(failure))
    return Refused(
        "event.unfit",
        "the record cannot take this event, and would not if it were posted again; nothing of it was recorded. "
        "Please tell who runs the record what it was",
        failure=type(failure).__name__,
    )


class _Group:
    """One transaction in the making: what it will add, seen by its later submissions."""

    def __init__(self, journal: Journal, heads: dict[str, _Head], group: Sequence[Submission], now: datetime) -> None:
        self._journal = journal
        self._committed = heads
        self._now = now
        self._salts = ""
        self._redacted: dict[int, list[EntryRedacted]] = {}
        self.heads: dict[str, _Head] = {}
        self.admitted: list[tuple[Entry[Any], bytes]] = []
        self.identities: dict[bytes, int] = {}
        self._found: dict[str, StreamHead | None] = {}
        hubs = {it.actor.hub for it in group}
        named = {it.stream for it in group} | {f"hub:{hub}" for hub in hubs if hub}
        self._look_up({it for it in named if STREAM.fullmatch(it)})
        self.digests = [_digests(it) for it in group]
        self._earlier = journal.entries.known([*chain.from_iterable(self.digests)])

    def admit(self, it: Submission, digests: Sequence[bytes]) -> Receipt | int:
        """The index of the new entry in `admitted` (or of its twin), or the receipt of an earlier one."""
        kind = check_type_fits(it.stream, it.type)
        head = self._head(it.stream, kind)
        redacts = isinstance(it.fact, EntryRedacted)
        hub = owning_hub(it.actor, kind, it.stream.partition(":")[2], head.hub, redacts=redacts)
        for digest in digests:
            if (earlier := self._earlier.get(digest)) is not None:
                return self._duplicate(it, earlier)
            if (twin := self.identities.get(digest)) is not None:
                if not _same(it, self.admitted[twin][0], self._journal):
                    raise _reused()
                return twin
        if it.actor.role == "hub" and self._head(f"hub:{hub}", "hub").version == 0:
            raise Refused("hub.unknown", f"no hub {hub} has been designated; the secretariat does that", hub=hub)
        check_type_of_role(it.actor.role, it.type)
        entry, json = checked_entry(self._entry(it, kind, head, hub), self._now)
        judge(kind, head.state, entry, self)
        if isinstance(entry.fact, COMPUTED):
            self._check_computed(it.computed)
        state = KINDS[kind].evolve(head.state, entry) if kind in ACTS and not redacts else head.state
        self.heads[it.stream] = _Head(entry.version, hub, state)
        self.admitted.append((entry, json))
        if isinstance(entry.fact, EntryRedacted):
            self._redacted.setdefault(entry.fact.entry, []).append(entry.fact)
        self.identities[digests[0]] = nth = len(self.admitted) - 1
        return nth

    @property
    def position(self) -> int:
        """What is recorded, as an act of the house may name it."""
        return self._journal.position

    def state(self, stream: str) -> Any:
        """A stream of the house as it stands, earlier submissions of this group included."""
        kind = kind_of(stream)
        self._look_up({stream})
        return self._head(stream, kind).state

    def recorded(self, stream: str) -> bool:
        try:
            kind = kind_of(stream)
        except Refused:
            return False
        self._look_up({stream})
        return self._head(stream, kind).version > 0

    def _look_up(self, streams: set[str]) -> None:
        """Finds, in one query, where those streams end of which it is not known."""
        missing = streams - self.heads.keys() - self._committed.keys() - self._found.keys()
        if missing:
            self._found |= dict.fromkeys(missing) | self._journal.entries.heads(list(missing))

    def _check_computed(self, computed: ComputedFrom | None) -> None:
        """Raises Refused unless what an act says was computed, beside what still stands."""
        if computed is None:
            raise Refused(
                "act.not_computed",
                "what this act says of figures could not be compared with the record; post it again",
            )
        self.state(computed.stream)
        version = self._head(computed.stream, kind_of(computed.stream)).version
        if version != computed.version:
            raise Refused(
                "act.overtaken",
                f"{computed.stream} went on while this was computed; post it again",
                version=version,
                computed_at=computed.version,
            )

    def _entry(self, it: Submission, kind: str, head: _Head, hub: str) -> Entry[Any]:
        occurred_at = it.occurred_at
        if kind in ACTS or occurred_at is None or isinstance(it.fact, EntryRedacted):
            occurred_at = self._now
        fact = it.fact
        if isinstance(fact, Restatement):
            fact = full_correction(fact, self._restates(it, fact.entry))
        elif isinstance(fact, EntryVoided):
            self._restates(it, fact.entry)
        elif isinstance(fact, EntryRedacted):
            fact = complete_act(self._journal.entries, it.stream, fact, self._redacted.get(fact.entry, ()))
            if any(
                fact.editions.keys() & staged.editions.keys() for acts in self._redacted.values() for staged in acts
            ):
                raise Refused("redaction.wait", "a redaction before it changes the same edition; post this one again")
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
        """Reads a stream only for who writes on it: one that does not read is nobody else's trouble."""
        if head := self.heads.get(stream) or self._committed.get(stream):
            return head
        if (found := self._found.get(stream)) is None:
            return _Head(state=KINDS[kind].initial)
        state = history.state(stream, self._journal.stream(stream)) if kind in ACTS else None
        head = self._committed[stream] = _Head(found.version, entries.decode(found.first).hub, state)
        return head

    def _restates(self, it: Submission, position: int) -> Recorded[Any]:
        """The original of a correction or void. Raises Refused unless it is one, and the actor's to say."""
        row = self._original(it.stream, position)
        check_type_of_role(it.actor.role, tag(row.entry.fact), restating=True)
        return row

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


def checked_entry(entry: Entry[Any], now: datetime) -> tuple[Entry[Any], bytes]:
    """The entry with its texts as they are kept, and its JSON as it is stored.

    Raises Refused by every rule of the door that needs no record; a client asks it before it sends (`check_early`).
    """
    told = entry.fact.occurred_at if isinstance(entry.fact, EntryCorrected) else entry.occurred_at
    if max(told, entry.occurred_at) > now + CLOCK_SKEW:
        path = "$.time" if entry.occurred_at > now + CLOCK_SKEW else "$.data.occurred_at"
        raise Refused("time.future", "`time` is in the future", path=path, time=told, now=now)
    entry, json = _written(entry)
    identity.check_identity_length(entry.source, entry.id)
    free_text.check_free_text(entry.stream, entry.source, entry.id, entry.fact, now.date())
    check_terms(entry)
    bounds.check_bounds(entry)
    if len(json) > MOST_BYTES:
        raise Refused("event.too_large", f"an event takes at most {MOST_BYTES} bytes as stored", bytes=len(json))
    _check_reads(json)
    return entry, json


def check_early(it: Submission, now: datetime) -> None:
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
    checked_entry(entry, now)


def full_correction(posted: Restatement, original: Recorded[Any]) -> EntryCorrected:
    """The correction in full: the content in the original's type, and when it happened.

    Raises Refused with the path of what does not fit.
    """
    type_ = tag(original.entry.fact)
    try:
        data: Any = msgspec.json.decode(posted.data, type=TYPES[type_])
    except msgspec.ValidationError as error:
        told = characters.without_values(error, TYPES[type_])
        raise Refused("event.invalid", f"data.data is not a {type_}: {told}", original_type=type_) from None
    except ValueError:
        raise Refused("event.invalid", "data.data is not JSON in UTF-8", path="$.data.data") from None
    return EntryCorrected(
        entry=posted.entry,
        reason=posted.reason,
        occurred_at=posted.occurred_at or original.entry.occurred_at,
        data=data,
        note=posted.note,
    )


HeldAs: TypeAlias = Literal["same", "other", "new"]


def held_by_record(group: Sequence[Submission], journal: Journal) -> list[HeldAs]:
    """Of each submission, whether the record holds the same, something else under its identity, or nothing of it."""
    digests = [_digests(it) for it in group]
    known = journal.entries.known([*chain.from_iterable(digests)])
    found = (next((known[digest] for digest in own if digest in known), None) for own in digests)
    return [_held(it, position, journal) for it, position in zip(group, found, strict=True)]


def _held(it: Submission, position: int | None, journal: Journal) -> HeldAs:
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
        fact = full_correction(fact, original)
    elif isinstance(fact, EntryRedacted) and isinstance(entry.fact, EntryRedacted):
        fact = replace(fact, remains=entry.fact.remains, editions=entry.fact.editions)
    if entry.redacted:
        fact = without_redacted(journal.entries, entry.stream, position, fact)
    kind = it.stream.partition(":")[0]
    timeless = kind in ACTS or it.occurred_at is None or isinstance(fact, EntryRedacted)
    occurred_at = entry.occurred_at if timeless or _rounded(it.occurred_at, entry) else it.occurred_at
    asserted = replace(entry, stream=it.stream, occurred_at=occurred_at, evidence=it.evidence, fact=fact)
    if asserted == entry:
        return True
    # What was recorded before texts were kept in NFC says the same.
    return replace(asserted, fact=characters.normalized(fact)) == replace(entry, fact=characters.normalized(entry.fact))


def _digests(it: Submission) -> list[bytes]:
    """None where they cannot be made: its own admission says why."""
    try:
        return it.digests
    except ValueError:
        return []


def _written(entry: Entry[Any]) -> tuple[Entry[Any], bytes]:
    """The entry with its texts as they are kept, and its JSON. Raises Refused for a text that is against the rule."""
    try:
        json = encode_entry(entry)
        characters.check_marks(json)
        if characters.is_plain(json):
            return entry, json
    except UnicodeEncodeError:
        pass  # half a surrogate pair somewhere, which the rule finds
    identity.check_identity(entry.source, entry.id)
    entry = replace(entry, fact=characters.normalized(entry.fact))
    characters.check_characters(entry.fact, "$.data")
    return entry, encode_entry(entry)


def _check_reads(json: bytes) -> None:
    """Raises Refused for what would be stored and not be read again, whoever made it."""
    try:
        entries.decode(json)
    except msgspec.ValidationError as error:
        told = characters.without_values(error).replace("`$.fact", "`$.data")
        raise Refused("event.invalid", f"this cannot be recorded: {told}") from None


def _rounded(told: datetime | None, entry: Entry[Any]) -> bool:
    """Whether the entry has the moment rounded up to the next microsecond, as before it was cut off."""
    return told is not None and entry.occurred_at - told == timedelta(microseconds=1)


def _reused() -> Refused:
    return Refused(
        "identity.reused",
        "this source and id were used for another content; a new assertion needs a new id, a change a correction",
        path="$.id",
    )
