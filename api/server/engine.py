"""A running record: journal, writer, follower and access, wired to one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from aiohttp import web

from api import credentials
from api.problems import Problem, passes_by_itself, position_ahead
from api.server.access import Access
from api.server.bounded_threads import BoundedThreads, leave
from api.server.cosignatures import CosignatureCollector
from api.server.evidence_files import EvidenceFiles
from api.server.feed import Feed
from api.server.issuer import Issuer
from api.server.last_use import LastUse
from api.server.metrics import Metrics
from api.server.quotas import Quotas
from api.server.redactions import RedactionCount
from api.server.works import Works
from domain.messages import Message, reason
from domain.phrase import Phrase
from domain.record import Refused
from journal.evidence.opening import open_files
from journal.folder import Folder
from journal.log import continuity, keys
from journal.log.note import SigningKey
from journal.log.sealer import Sealer, SealFolder
from journal.store.journal import Journal
from journal.store.submission import Outcome, Submission
from journal.store.writer import Outcomes, Writer, answer_tickets
from journal.supervision import NotReady, Trouble, WorkerHealth, supervised
from journal.trusted_clock import TrustedClock
from journal.vault.vault import Vault, open_vault
from journal.witness.policy import Policy
from projections.mirror.asker import Asker, working_for
from projections.mirror.comparison import rows_as_of
from projections.mirror.follower import Follower
from projections.mirror.settler import Settler
from replay.editions.editions import checkpoint_digest
from replay.editions.period_figures import FigureCache

log = logging.getLogger("sagwan.seal")

CATCH_UP_SECONDS = 10.0

MOST_SHORT = 32
"""How many questions for points of the past, or for all figures, may wait for their turn: a page asks many at once, and
each is short."""


class Engine:
    """What the handlers of one server share; a `Source` of reads."""

    def __init__(
        self,
        journal: Journal,
        folder: Folder,
        vault: Vault,
        clock: Callable[[], datetime],
        signing: Sequence[SigningKey],
    ) -> None:
        self.journal = journal
        self.folder, self.files = folder, folder.files
        self.vault = vault
        self.people = asyncio.Lock()
        self.clock = clock
        self.moment = clock.believed if isinstance(clock, TrustedClock) else clock
        """The time that reads go by, also while the clock is doubted and nothing is recorded."""
        self.last_use = LastUse(folder.path, self.moment)
        self.issuer: Issuer | None = None
        self.access = Access(journal, self.moment, self.last_use.note)
        self.follower = Follower(journal.page, folder.path, signing, self.moment)
        self.settler = Settler(self.follower)
        self.redactions = RedactionCount(self.follower)
        self.tag_key = secrets.token_bytes(32)
        self.figure_cache = FigureCache(self.follower.reading, self.settler.reading)
        self.sealer = Sealer(journal.entries, SealFolder(folder.log, write=True), signing, signed=self._signed)
        self.cosignatures = CosignatureCollector(self.sealer, Policy.load(folder.path), folder.log)
        self.reading, self.set_aside = self.follower.reading, self.follower.set_aside_positions
        self.figure_reading = self.settler.reading
        self.with_cosignatures = self.cosignatures.with_lines
        self.counts_as_witnessed = self.cosignatures.policy.witnessed
        self.adhoc_queries = BoundedThreads("query", queries=True)
        self.long_reads = BoundedThreads("long answer")
        self.past_reads = BoundedThreads("answer about the past", waiting=MOST_SHORT)
        self.wide_reads = BoundedThreads("table of all figures", waiting=MOST_SHORT)
        self.works = Works(lambda: journal.position, lambda: it and it.path if (it := self.follower.current) else None)
        self._loop = asyncio.get_running_loop()
        self._going = False
        self.metrics = Metrics()
        self.quotas = Quotas()
        self.writer = Writer(
            journal, clock=clock, answer=self._answer, committed=self._committed, measured=self.metrics.committed
        )
        self.healths = [self.writer.health, self.follower.health, self.settler.health, self.sealer.health]
        self.evidence = EvidenceFiles(self, open_files(folder.files, journal, vault.files))
        self._grown = asyncio.Event()
        self.feed = Feed(journal.entries.rows, lambda: journal.position, self.grown, self.access.load)

    async def record(self, submissions: Sequence[Submission], *, whole: bool = False) -> list[Outcome]:
        """Outcomes in order, once what has a receipt is on disk; with `whole` all are taken or none.

        Raises NotTaken, Overloaded, or Problem 503.
        """
        if self.sealer.alarm:
            # Whatever was recorded now would be lost when the record is repaired; its sender keeps it till then.
            raise Problem(503, "record.not_as_signed", because=reason(self.sealer.alarm))
        ticket: asyncio.Future[list[Outcome]] = self._loop.create_future()
        self.writer.submit(submissions, ticket, whole=whole)
        if not self._going:
            # Once a turn of the loop, after all requests that came with this one: larger groups, fewer commits.
            self._going = True
            self._loop.call_soon(self._go)
        outcomes = await ticket
        self.metrics.count_outcomes(outcomes)
        kinds = {it.stream.partition(":")[0] for it in submissions}
        if "credential" in kinds:
            await asyncio.to_thread(self.access.load)
        if "evidence" in kinds:
            await self.evidence.follow(submissions, outcomes)
        return outcomes

    async def grown(self, after: int, seconds: float) -> None:
        """Returns when the record is longer than `after`, or after some seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                grown = self._grown
                while self.journal.position <= after:
                    await grown.wait()
                    grown = self._grown

    async def caught_up(self, position: int) -> None:
        """Returns when the mirror has `position`. Raises Problem 503 when it takes too long, 422 when there is none."""
        await asyncio.to_thread(self.wait_for_tables, position)

    def wait_for_tables(self, position: int) -> None:
        if position > (last := self.journal.position):
            raise position_ahead(position, last)
        if not self.follower.wait(position, CATCH_UP_SECONDS):
            raise Problem(503, "mirror.behind", "tables")

    def wait_for_figures(self, position: int) -> None:
        self.wait_for_tables(position)
        if not self.settler.wait(position, CATCH_UP_SECONDS):
            raise Problem(503, "mirror.behind", "figures")

    @contextlib.asynccontextmanager
    async def worker(
        self, name: str, leaving: asyncio.Event, step: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[None]:
        """Runs supervised steps in the background while inside; at the end what a step computes is given up, what it
        records is not. A trouble that passes by itself (503) is waited out."""
        self.healths.append(care := WorkerHealth(name))
        asker = Asker()

        async def step_unless_left() -> bool:
            with working_for(asker):
                try:
                    return await step()
                except Exception as error:
                    if asker.cancelled:
                        return False
                    if isinstance(error, Message) and passes_by_itself(error):
                        raise NotReady(error.code) from error
                    raise

        task = asyncio.create_task(supervised(care, leaving, step_unless_left))
        try:
            yield
        finally:
            leaving.set()
            await leave(task, asker)

    def doubt(self) -> Phrase | None:
        """Why the clock is not trusted, None while it is."""
        return self.clock.trouble() if isinstance(self.clock, TrustedClock) else None

    def troubles(self) -> dict[str, Trouble]:
        """What keeps workers from their work, by worker."""
        return {it.worker: it.trouble for it in self.healths if it.trouble}

    def whole(self) -> None:
        """Raises Refused while an entry is in no table: nothing is opened, closed or published meanwhile."""
        if aside := self.follower.set_aside_positions():
            raise Refused("record.set_aside", positions=aside)

    def witnessed(self) -> int:
        return self.cosignatures.size

    def redacted(self) -> int:
        return self.redactions.upto(self.follower.position)

    def rows_of(self, table: str, position: int) -> pa.Table:
        with self.follower.looked_after() as mirror:
            return rows_as_of(mirror, table, position)

    def checkpoint_at(self, position: int) -> str:
        """SHA-256 of what a checkpoint up to a position says, for the key of an edition. Call `sealed` before."""
        assert self.sealer.current
        return checkpoint_digest(self.sealer.at(self.sealer.current.ranks.upto(position)).checkpoint)

    async def sealed(self, position: int) -> int:
        """Returns how many entries up to `position` a checkpoint covers, once one covers it. Raises Problem."""
        return await asyncio.to_thread(self.wait_for_seal, position)

    def wait_for_seal(self, position: int) -> int:
        if not 0 < position <= self.journal.position:
            raise Problem(404, "event.none", position=position)
        if not self.sealer.wait(position, CATCH_UP_SECONDS):
            raise Problem(503, "seal.behind", "not_as_signed" if self.sealer.alarm else "soon")
        assert self.sealer.current
        return self.sealer.current.ranks.upto(position)

    def _committed(self) -> None:
        self.follower.wake()
        self.sealer.wake()

    def _signed(self) -> None:
        # At the very end of a server the loop may be gone before the last checkpoint is signed.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.cosignatures.signed)

    def _go(self) -> None:
        self._going = False
        self.writer.go()

    def _answer(self, outcomes: Outcomes) -> None:
        self._loop.call_soon_threadsafe(self._pass_on, outcomes)

    def _pass_on(self, outcomes: Outcomes) -> None:
        answer_tickets(outcomes)
        self._grown.set()
        self._grown = asyncio.Event()


ENGINE = web.AppKey("engine", Engine)


@contextlib.asynccontextmanager
async def running_engine(
    path: Path, database: str | None = None, *, clock: Callable[[], datetime] | None = None, origin: str | None = None
) -> AsyncIterator[tuple[Engine, str | None]]:
    """Opens (or founds) the record for writing: the engine, and the operator's token if the record was empty.

    Without a `clock` it goes by the machine's, which is watched. A record without a key gets one, in the name of
    `origin`. Raises Busy when another process owns the folder or the database, SealLost when it was sealed and that is
    gone, ValueError when the record has another origin or what `witnesses.toml` says cannot be.
    """
    clock = clock or TrustedClock()
    folder = Folder(path)
    with contextlib.ExitStack() as stack:
        stack.enter_context(folder.owned())
        journal = stack.enter_context(Journal.at(database or folder.journal, write=True))
        continuity.check_continuity(journal, path)
        vault = stack.enter_context(open_vault(folder, journal))
        if isinstance(clock, TrustedClock):
            clock.begin(journal.newest(), journal.entries.clock())
        engine = Engine(journal, folder, vault, clock, keys.signing_keys(path, origin))
        engine.sealer.resume()
        for it in continuity.kept_checkpoints(journal)[-1:]:
            engine.sealer.remembers(*it)
        engine.follower.start()
        stack.callback(engine.follower.stop)
        engine.settler.start()
        stack.callback(engine.settler.stop)
        engine.writer.start()
        engine.sealer.start()
        comparing = threading.Thread(target=_compared, args=(engine.sealer,), name="comparing", daemon=True)
        comparing.start()
        asking = asyncio.create_task(engine.cosignatures.run())
        try:
            yield engine, await _found(engine)
        finally:
            asking.cancel()
            engine.feed.stop()
            await engine.works.stop()
            for pool in (engine.adhoc_queries, engine.long_reads, engine.past_reads, engine.wide_reads):
                await pool.stop()
            # Answers are posted to this loop: stop the writer from a thread so that the loop can deliver them.
            await asyncio.to_thread(engine.writer.stop)
            await asyncio.to_thread(engine.sealer.stop)
            await asyncio.to_thread(comparing.join)


def _compared(sealer: Sealer) -> None:
    try:
        sealer.compare()
    except Exception:
        log.exception("the record could not be compared with what was signed; `sagwan verify` does it")


async def _found(engine: Engine) -> str | None:
    """Records what a new record begins with, and a new key on any; the operator's token of a new record."""
    acts, token = [], None
    if engine.journal.position == 0:
        _, token, issued = credentials.issue_credential(credentials.SYSTEM, "operator", label="the first operator")
        acts.append(issued)
    if adopted := credentials.key_adoption(engine.journal, engine.sealer.verifier):
        acts.append(adopted)
    if acts and not engine.sealer.alarm and not engine.doubt():
        for outcome in await engine.record(acts):
            if isinstance(outcome, Refused):
                raise outcome
        # Nothing else is recorded before these are signed: what has more was signed, and must remember it.
        await asyncio.to_thread(engine.sealer.wait, engine.journal.position, CATCH_UP_SECONDS)
    return token
