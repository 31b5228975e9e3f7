"""Admission: each submission becomes an entry, gets the receipt of an earlier one, or a refusal of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec
from eventsourcing.persistence import StoredEvent

from domain import history
from domain.acts.clock import ClockAccepted
from domain.input_policy.authority import check_type_of_role, owning_hub
from domain.nearest import BoundedComparisons
from domain.record import Entry, Recorded, Refused
from domain.registry import (
    ACTS,
    KINDS,
    STREAM,
    EntryCorrected,
    EntryRedacted,
    EntryVoided,
    check_type_fits,
    entries,
    judge,
    kind_of,
    tag,
)
from journal.store.duplicates import identity_reused, same_content
from journal.store.entry_rules import checked_entry, full_correction
from journal.store.failures import of_the_database
from journal.store.journal import Journal, UnreadEntry, read_stored, recorded_at_of
from journal.store.recorder import StreamHead
from journal.store.redaction import carry_out_or_tell, complete_act
from journal.store.submission import (
    COMPUTED,
    ComputedFrom,
    ExpectedVersion,
    Outcome,
    PostedCorrection,
    Receipt,
    Submission,
    submission_digests,
)
from journal.supervision import failure_place

log = logging.getLogger("sagwan.journal")


_CACHED = 100_000


class _Head(msgspec.Struct, frozen=True, gc=False):
    """Where a stream ends, who owns it and, for one of acts, the state its next act is judged against."""

    version: int = 0
    hub: str | None = None
    state: Any = None


class Admission:
    """Admits groups of submissions. Not thread-safe."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._heads: dict[str, _Head] = {}
        last = journal.entries.last()
        self._recorded_at = recorded_at_of(last.entry) if last else None

    def record(self, group: Sequence[Submission], now: datetime, *, whole: bool = False) -> list[Outcome]:
        """Commits every admitted submission in one transaction; a failure of one refuses that one alone.

        Of a `whole` group all are taken or none: if one is refused, the others are refused with a note of that.
        When this returns, each one with a receipt is on disk. When it raises, the database did not take the group
        (or, on a lost connection, it is not known): posting again is safe, since identities reveal duplicates.
        """
        if not group:
            return []
        if len(group) > 1 and any(isinstance(it.fact, ClockAccepted) for it in group):
            if whole:
                return [Refused("act.alone") for _ in group]
            return [outcome for it in group for outcome in self.record([it], now)]
        try:
            with BoundedComparisons():
                return self._record(group, now, whole)
        except Exception as failure:
            if of_the_database(failure):
                raise
            # The database is well but does not take the content: try halves to find out which, judged again.
            self._heads.clear()
            if len(group) == 1 or whole:
                return [failure_refusal(failure)] * len(group)
            half = len(group) // 2
            return [*self.record(group[:half], now), *self.record(group[half:], now)]

    def _record(self, group: Sequence[Submission], now: datetime, whole: bool) -> list[Outcome]:
        if self._recorded_at is not None and not isinstance(group[0].fact, ClockAccepted):
            now = max(now, self._recorded_at)
        staged = _Group(self._journal, self._heads, group, now, whole=whole)
        outcomes: list[Outcome | int] = []
        for submission, digests in zip(group, staged.digests, strict=True):
            try:
                outcomes.append(staged.admit(submission, digests))
            except Refused as refusal:
                # Without its frames: thousands of them, freed at once, hold the interpreter.
                outcomes.append(refusal.with_traceback(None))
            except Exception as failure:
                if of_the_database(failure):
                    raise
                outcomes.append(failure_refusal(failure))
        if whole and any(isinstance(it, Refused) for it in outcomes):
            return [not_whole() if isinstance(it, int) else it for it in outcomes]
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
    """The refusal for a submission that failed, and would again. The log says where; nobody is shown the content."""
    log.error("a submission was refused because admitting it failed: %s", failure_place(failure))
    if isinstance(failure, UnreadEntry):
        return Refused("record.unread", "asked", position=failure.facts["position"])
    return Refused("event.unfit", failure=type(failure).__name__)


def _check_expected(expected: ExpectedVersion, version: int) -> None:
    """Raises Refused if a stream has grown since the client looked at it, or has no entry yet."""
    if not expected.met(version):
        raise Refused("stream.version", "behind", version=version)


def not_whole() -> Refused:
    return Refused("batch.not_whole")


def _hub_of_centre(stream: str) -> str:
    return f"hub:{stream.partition(':')[2]}"


class _Group:
    """One transaction in the making: the entries it will add, visible to its later submissions."""

    def __init__(
        self, journal: Journal, heads: dict[str, _Head], group: Sequence[Submission], now: datetime, *, whole: bool
    ) -> None:
        self._journal = journal
        self._committed = heads
        self._now = now
        self._whole = whole
        self._salts = ""
        self._redacted: dict[int, list[EntryRedacted]] = {}
        self.heads: dict[str, _Head] = {}
        self.admitted: list[tuple[Entry[Any], bytes]] = []
        self.identities: dict[bytes, int] = {}
        self._found: dict[str, StreamHead | None] = {}
        hubs = {it.actor.hub for it in group}
        named = {it.stream for it in group} | {f"hub:{hub}" for hub in hubs if hub}
        named |= {_hub_of_centre(it.stream) for it in group if it.stream.startswith("centre:")}
        self._look_up({it for it in named if STREAM.fullmatch(it)})
        self.digests = [submission_digests(it) for it in group]
        self._earlier = journal.entries.known([*chain.from_iterable(self.digests)])

    def admit(self, it: Submission, digests: Sequence[bytes]) -> Receipt | int:
        """The index of the new entry in `admitted` (or of its twin), or the receipt of an earlier one."""
        kind = check_type_fits(it.stream, it.type)
        head = self._head(it.stream, kind)
        redacts = isinstance(it.fact, EntryRedacted)
        hub = owning_hub(it.actor, kind, it.stream.partition(":")[2], self._held_by(it, kind, head), redacts=redacts)
        for digest in digests:
            if (earlier := self._earlier.get(digest)) is not None:
                return self._duplicate(it, earlier)
            if (twin := self.identities.get(digest)) is not None:
                if not same_content(it, self.admitted[twin][0], self._journal):
                    raise identity_reused()
                return twin
        if it.expected is not None and not (self._whole and it.stream in self.heads):
            _check_expected(it.expected, head.version)
        if it.actor.role == "hub" and self._head(f"hub:{hub}", "hub").version == 0:
            raise Refused("hub.unknown", hub=hub)
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

    def _held_by(self, it: Submission, kind: str, head: _Head) -> str | None:
        """Who owns a stream. That of a centre belongs to the hub of the same name, if there is one, else to nobody."""
        if kind != "centre":
            return head.hub
        hub = it.stream.partition(":")[2]
        return hub if hub == it.actor.hub or self._head(_hub_of_centre(it.stream), "hub").version else ""

    @property
    def position(self) -> int:
        """The last recorded position, which an act may name."""
        return self._journal.position

    def state(self, stream: str) -> Any:
        """The state of a stream of acts, earlier submissions of this group included."""
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
        """Finds, in one query, the ends of those streams whose end is not known."""
        missing = streams - self.heads.keys() - self._committed.keys() - self._found.keys()
        if missing:
            self._found |= dict.fromkeys(missing) | self._journal.entries.heads(list(missing))

    def _check_computed(self, computed: ComputedFrom | None) -> None:
        """Raises Refused unless the content of an act was computed, from a state that still holds."""
        if computed is None:
            raise Refused("act.not_computed")
        self.state(computed.stream)
        version = self._head(computed.stream, kind_of(computed.stream)).version
        if version != computed.version:
            raise Refused("act.overtaken", version=version, computed_at=computed.version, stream=computed.stream)

    def _entry(self, it: Submission, kind: str, head: _Head, hub: str) -> Entry[Any]:
        occurred_at = it.occurred_at
        if kind in ACTS or occurred_at is None or isinstance(it.fact, EntryRedacted):
            occurred_at = self._now
        fact = it.fact
        if isinstance(fact, PostedCorrection):
            fact = full_correction(fact, self._restates(it, fact.entry))
        elif isinstance(fact, EntryVoided):
            self._restates(it, fact.entry)
        elif isinstance(fact, EntryRedacted):
            fact = complete_act(self._journal.entries, it.stream, fact, self._redacted.get(fact.entry, ()))
            if any(
                fact.editions.keys() & staged.editions.keys() for acts in self._redacted.values() for staged in acts
            ):
                raise Refused("redaction.wait")
        version, salt = head.version + 1, self._salt()
        return it.entry(fact, version=version, occurred_at=occurred_at, recorded_at=self._now, hub=hub, salt=salt)

    def _head(self, stream: str, kind: str) -> _Head:
        """Reads a stream only when somebody writes to it: one that cannot be read harms nobody else."""
        if head := self.heads.get(stream) or self._committed.get(stream):
            return head
        if (found := self._found.get(stream)) is None:
            return _Head(state=KINDS[kind].initial)
        state = history.state(stream, self._journal.stream(stream)) if kind in ACTS else None
        first = read_stored(entries.decode, found.position, found.first)
        head = self._committed[stream] = _Head(found.version, first.hub, state)
        return head

    def _restates(self, it: Submission, position: int) -> Recorded[Any]:
        """The original of a correction or void. Raises Refused unless it is one, and the actor may restate it."""
        row = self._original(it.stream, position)
        check_type_of_role(it.actor.role, tag(row.entry.fact), restating=True)
        return row

    def _original(self, stream: str, position: int) -> Recorded[Any]:
        row = self._journal.entry(position)
        if row is None:
            raise Refused("entry.unknown", "restates", entry=position)
        if isinstance(row.entry.fact, EntryCorrected | EntryVoided | EntryRedacted):
            raise Refused("entry.not_an_original", entry=position, original=row.entry.fact.entry)
        if row.entry.stream != stream:
            raise Refused("entry.other_stream", entry=position)
        return row

    def _duplicate(self, it: Submission, position: int) -> Receipt:
        row = self._journal.entry(position)
        assert row is not None
        if not same_content(it, row.entry, self._journal, position):
            raise identity_reused()
        return Receipt(position, row.entry.stream, row.entry.version, row.entry.recorded_at, duplicate=True)

    def _salt(self) -> str:
        if not self._salts:
            self._salts = os.urandom(16 * 64).hex()
        salt, self._salts = self._salts[:32], self._salts[32:]
        return salt
