"""Files of evidence items and the record, kept in step: what comes in, what is given out, and what is destroyed.

A file is kept for every item of its hub that states its digest, and the record says so (`evidence.kept`). One that
comes before its item waits for it, read by nobody, and is destroyed when it has waited too long. A purge is on disk in
the record before the key goes; cut short in between, the next start does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from api.problems import Problem
from domain import history
from domain.facts.evidence import Evidence, EvidenceAccessed, EvidenceDeposited, EvidenceKept, EvidencePurged
from domain.input_policy.authority import SYSTEM, Actor
from domain.record import SAGWAN, Refused
from journal.evidence.file_store import FileStore, IncomingFile, check_room, file_state
from journal.evidence.holdings import Holding, holdings, holdings_of
from journal.store.journal import Journal
from journal.store.submission import Outcome, PostedCorrection, Receipt, Submission
from journal.vault.file_keys import KeptBytes
from replay.as_of import Opener

log = logging.getLogger("sagwan.evidence")

WAITS = timedelta(days=7)
"""How long a file that came before its item is kept for it."""
SWEPT_SECONDS, AGAIN_SECONDS = 3600.0, 30.0
"""How often what waits is looked after, and how soon again where that failed."""

MOST_WAITING_BYTES = 1024**3
"""What a hub may have waiting for items."""
QUOTA_BYTES = 50 * 1024**3
"""What a hub may have in keeping."""
MOST_AT_ONCE = 16
MOST_OF_ONE = 2
"""Uploads that run at the same time, of all and by one credential."""


class RunningRecord(Protocol):
    """What is needed of a record that runs."""

    journal: Journal
    moment: Callable[[], datetime]

    @property
    def reading(self) -> Opener: ...

    async def record(self, submissions: Sequence[Submission]) -> list[Outcome]: ...

    async def caught_up(self, position: int) -> None: ...


class Item(NamedTuple):
    """An evidence item that states a digest: its stream, its present state, and its file where one is kept."""

    stream: str
    state: Evidence
    holding: Holding | None


class EvidenceFiles:
    def __init__(self, record: RunningRecord, store: FileStore) -> None:
        self._record, self.store = record, store
        self._lock = asyncio.Lock()
        self._running = Counter[str]()
        named = holdings(record.journal).named
        self._lost = store.keys.recorded() - named
        """Keys of which an older record does not know any more: they wait for their items, and for a newer record."""
        unnamed = (it for it in store.keys.all() if it.key_id not in named)
        self.waiting = {it.key_id: it for it in unnamed if (store.folder / it.key_id).exists()}

    def items(self, sha256: str, hub: str | None = None) -> list[Item]:
        """The items that state a digest, of one hub or of all, as of the tables."""
        with self._record.reading(None, None) as reading:
            found = reading.rows(
                "SELECT DISTINCT stream FROM (SELECT stream, hub, sha256 FROM record.evidence_deposited"
                " UNION ALL SELECT stream, hub, sha256 FROM record.evidence_kept)"
                " WHERE sha256 = $sha256 AND hub = coalesce($hub, hub) ORDER BY stream",
                {"sha256": sha256, "hub": hub},
            )
        return [self._item(stream, sha256) for (stream,) in found]

    def _item(self, stream: str, sha256: str) -> Item:
        journal = self._record.journal
        state: Evidence = history.state(stream, journal.stream(stream))
        held = (it for it in holdings_of(journal, stream).held if it.sha256 == sha256)
        return Item(stream, state, next(held, None))

    @contextlib.asynccontextmanager
    async def coming(self, actor: Actor, sha256: str, media_type: str, size: int) -> AsyncIterator[IncomingFile]:
        """A file on its way in, for which there is room and a turn. What was not taken by the end is deleted."""
        await asyncio.to_thread(check_room, self.store.folder, size)
        waiting = sum(it.size for it in self._own_waiting() if it.hub == actor.hub)
        for used, most, which in (
            (await asyncio.to_thread(self.store.keys.bytes_of, actor.hub), QUOTA_BYTES, "kept"),
            (waiting, MOST_WAITING_BYTES, "waiting"),
        ):
            if used + size > most:
                raise Problem(507, "evidence.quota", which, used=used, most=most)
        if self._running.total() >= MOST_AT_ONCE or self._running[actor.means] >= MOST_OF_ONE:
            raise Problem(503, "evidence.busy", retry_after=10, of_one=MOST_OF_ONE, of_all=MOST_AT_ONCE)
        self._running[actor.means] += 1
        try:
            incoming = await asyncio.to_thread(self.store.incoming, actor.hub, sha256, media_type)
            try:
                yield incoming
            finally:
                await asyncio.to_thread(incoming.abandon)
        finally:
            self._running[actor.means] -= 1

    async def take(self, incoming: IncomingFile) -> tuple[KeptBytes, list[Receipt], bool]:
        """Keeps a file that came whole, or finds that it is kept already: what is kept, where the record says so now,
        and whether it is new."""
        moment = self._record.moment().astimezone(UTC).isoformat()
        about = await asyncio.to_thread(incoming.end, moment)
        async with self._lock:
            before = [it for it in await asyncio.to_thread(self.store.keys.of, about.sha256) if it.hub == about.hub]
            if there := await asyncio.to_thread(self._whole, before):
                return there, await self._claim(there), False
            await asyncio.to_thread(self.store.take, incoming, about)
            self.waiting[about.key_id] = about
            receipts = await self._claim(about)
            if before:  # what was harmed or lost, and came again
                await asyncio.to_thread(self._destroy_gone)
            return about, receipts, True

    def _own_waiting(self) -> list[KeptBytes]:
        """What waits for its first item."""
        return [it for it in self.waiting.values() if it.key_id not in self._lost]

    def _whole(self, before: Sequence[KeptBytes]) -> KeptBytes | None:
        """The first of some that is kept and not harmed."""
        whole = (it for it in before if file_state(self.store.folder, it.key_id, it.sealed) == "kept")
        return next(whole, None)

    async def _claim(self, it: KeptBytes) -> list[Receipt]:
        """Has the record say that a file is kept for the items of its hub that state it, and do not yet have it."""
        await self._record.caught_up(self._record.journal.position)
        items = await asyncio.to_thread(self.items, it.sha256, it.hub)
        fact = EvidenceKept(
            sha256=it.sha256, bytes=it.size, media_type=it.media_type, key_id=it.key_id, sealed=it.sealed
        )
        lacking = [
            item.stream
            for item in items
            if item.state.status == "deposited" and (item.holding is None or item.holding.key_id != it.key_id)
        ]
        receipts = await self._recorded({f"{it.key_id}/{stream}": (stream, fact) for stream in lacking})
        if receipts or any(item.holding and item.holding.key_id == it.key_id for item in items):
            if receipts:
                await asyncio.to_thread(self.store.keys.note_recorded, [it.key_id])
            self.waiting.pop(it.key_id, None)
        return receipts

    async def accessed(self, stream: str, actor: Actor, purpose: str | None, id: str) -> Receipt:
        """Records that somebody is given a file. Raises Refused, and what `Engine.record` does."""
        fact = EvidenceAccessed(by=actor.id, purpose=purpose)
        submission = Submission(actor=SYSTEM, stream=stream, fact=fact, source="sagwan/evidence", id=id)
        (receipt,) = _receipts(await self._record.record([submission]))
        return receipt

    async def follow(self, submissions: Sequence[Submission], outcomes: Sequence[Outcome]) -> None:
        """Acts on what was just recorded of evidence items: destroys what was purged, keeps what waited for an item."""
        recorded = [
            it.fact
            for it, outcome in zip(submissions, outcomes, strict=True)
            if isinstance(outcome, Receipt) and it.stream.startswith("evidence:")
        ]
        if any(isinstance(it, EvidencePurged) for it in recorded):
            try:
                async with self._lock:
                    await asyncio.to_thread(self._destroy_gone)
            except Exception:
                log.critical("a file was purged, and still stands; the next start destroys it", exc_info=True)
        if self.waiting and any(isinstance(it, (EvidenceDeposited, PostedCorrection)) for it in recorded):
            await self._claim_waiting()

    async def _claim_waiting(self) -> bool:
        """Whether nothing failed. A file that failed is logged, and goes on waiting."""
        well = True
        async with self._lock:
            for it in [*self.waiting.values()]:
                try:
                    await self._claim(it)
                except Exception as failure:
                    well = False
                    log.warning("a file that waits for its item could not be kept for it yet: %s", failure)
        return well

    def _destroy_gone(self) -> None:
        """Destroys the files that no item has any more."""
        gone = holdings(self._record.journal).gone
        self.store.destroy([it.key_id for it in self.store.keys.all() if it.key_id in gone])

    @contextlib.asynccontextmanager
    async def being_swept(self) -> AsyncIterator[None]:
        """Looks after what waits, at once and each hour, until left."""

        async def sweep() -> None:
            while True:
                well = await self._claim_waiting()
                try:
                    await self._drop_overdue()
                except Exception:
                    well = False
                    log.exception("files that waited too long could not be destroyed yet")
                await asyncio.sleep(SWEPT_SECONDS if well else AGAIN_SECONDS)

        task = asyncio.create_task(sweep())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _drop_overdue(self) -> None:
        async with self._lock:
            before = self._record.moment() - WAITS
            overdue = [it for it in self._own_waiting() if datetime.fromisoformat(it.uploaded_at) < before]
            if overdue:
                log.warning("%d files waited %d days for an item in vain, and are destroyed", len(overdue), WAITS.days)
                await asyncio.to_thread(self.store.destroy, [it.key_id for it in overdue])
                for it in overdue:
                    self.waiting.pop(it.key_id, None)

    async def _recorded(self, facts: dict[str, tuple[str, EvidenceKept]]) -> list[Receipt]:
        if not facts:
            return []
        submissions = [
            Submission(actor=SYSTEM, stream=stream, fact=fact, source=SAGWAN, id=id)
            for id, (stream, fact) in facts.items()
        ]
        return _receipts(await self._record.record(submissions))


def _receipts(outcomes: Sequence[Outcome]) -> list[Receipt]:
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
