"""The record carries its own checkpoints: what was signed is written into it from time to time."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator

from api import credentials
from api.problems import Problem
from api.server.engine import Engine
from domain.acts.seal import CheckpointKept
from domain.record import SAGWAN, Refused
from journal.log.sealer import SignedTree
from journal.store.submission import Submission
from journal.store.writer import NotTaken, Overloaded
from journal.supervision import WorkerHealth
from journal.trusted_clock import ClockJumped

EVERY = 10_000
"""Entries after which a checkpoint is kept whatever the day."""

LOOK_SECONDS = 1.0
DAY_LOOKS = 60
"""Every how many looks it is asked whether a day has passed."""

log = logging.getLogger("sagwan.seal")


@contextlib.asynccontextmanager
async def keeping_checkpoints(engine: Engine) -> AsyncIterator[None]:
    """Keeps checkpoints while the server serves."""
    leaving = asyncio.Event()
    task = asyncio.create_task(_remember(engine, leaving))
    try:
        yield
    finally:
        leaving.set()
        await task


async def _remember(engine: Engine, leaving: asyncio.Event) -> None:
    looked, health = 0, WorkerHealth("keeper of checkpoints")
    for look in itertools.count(1):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(leaving.wait(), LOOK_SECONDS)
        if leaving.is_set():
            return
        day = look % DAY_LOOKS == 0
        seal = engine.sealer.current
        if seal is None or not (day or seal.tree.size - looked >= EVERY):
            continue
        try:
            if (fact := await asyncio.to_thread(due_checkpoint, engine, seal, day)) is None:
                looked = (await asyncio.to_thread(_last, engine, seal))[0]
            else:
                id_, by = f"kept-{fact.size}", credentials.SYSTEM
                act = Submission(actor=by, stream="seal:log", source=SAGWAN, id=id_, fact=fact)
                (outcome,) = await engine.record([act])
                if isinstance(outcome, Refused):
                    log.warning("a checkpoint was not kept in the record: %s", outcome)
            health.well()
        except (Problem, NotTaken, Overloaded, ClockJumped) as error:
            log.warning("a checkpoint is kept in the record in a moment: %s", error)
        except Exception as error:
            health.failed(error)


def due_checkpoint(engine: Engine, seal: SignedTree, day: bool) -> CheckpointKept | None:
    """The checkpoint to keep: after EVERY other entries or, when asked for the `day`, after some and on a later one."""
    rank, at = _last(engine, seal)
    others = seal.tree.size - rank
    found = engine.journal.entry(at)
    later = day and found is not None and engine.clock().date() > found.entry.recorded_at.date()
    if not (others >= EVERY or (others > 0 and later)):
        return None
    return CheckpointKept(size=seal.tree.size, root=seal.checkpoint.root.hex())


def _last(engine: Engine, seal: SignedTree) -> tuple[int, int]:
    """The rank and the position of the entry that kept one last; without one, none and the first entry."""
    rows = engine.journal.entries.stream("seal:log")
    return (seal.ranks.upto(rows[-1].position), rows[-1].position) if rows else (0, seal.ranks.position(0))
