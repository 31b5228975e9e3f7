"""An act of Sagwan: where what came late moves a published figure materially, it proposes a restatement.

Of whatever half-year it is: a correction of last year may move what is counted a year later. A person decides.
Rejected, the same moves are not proposed again, as long as nothing that comes late moves a figure further.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Sequence

from api import credentials
from api.server.engine import Engine
from domain.acts.check import Check
from domain.acts.check_events import RestatementProposed
from domain.record import Refused
from domain.words import REPORT
from journal.store.submission import Submission
from journal.supervision import resting
from projections.definitions import INDICATORS
from replay.editions.editions import check_of
from replay.editions.late_register import LateMove, last_late, material_codes, moved_figures, movers
from replay.editions.restatement import rejected_proposal

PACE_SECONDS = 1.0
"""The least time between two looks while entries keep coming. A longer look rests as long as it took."""

log = logging.getLogger("sagwan.watch")


@contextlib.asynccontextmanager
async def proposing_restatements(engine: Engine) -> AsyncIterator[None]:
    """Looks at what comes late, while it is entered; a look that has begun is finished."""
    leaving, watch = asyncio.Event(), _Watch(engine)

    async def step() -> bool:
        if await _grown(engine, watch.seen, leaving):
            began = time.monotonic()
            await watch.look()
            await resting(leaving, max(PACE_SECONDS, time.monotonic() - began))
        return True

    async with engine.worker("watch", leaving, step):
        yield


class _Watch:
    """Looks whenever the record grew. `seen` is the position looked at."""

    def __init__(self, engine: Engine) -> None:
        self.seen = 0
        self._engine = engine
        self._looked_at: dict[str, int] = {}

    async def look(self) -> None:
        engine, position = self._engine, self._engine.journal.position
        # Where nothing was ever checked nothing is late: to wait for the tables would hurry them for nobody.
        if await asyncio.to_thread(engine.journal.entries.streams, "check"):
            await engine.caught_up(position)
            looked_at = dict(self._looked_at)
            for act in await asyncio.to_thread(due_proposals, engine, position, looked_at):
                (outcome,) = await engine.record([act])
                if isinstance(outcome, Refused):
                    log.info("no restatement of %s proposed: %s", act.stream, outcome)
            self._looked_at = looked_at
        self.seen = position


async def _grown(engine: Engine, after: int, leaving: asyncio.Event) -> bool:
    """Returns when the record is longer than `after` (True), or it is time to leave."""
    waits = [asyncio.ensure_future(engine.grown(after, 3600)), asyncio.ensure_future(leaving.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for it in waits:
        it.cancel()
    return not leaving.is_set()


def due_proposals(engine: Engine, position: int, looked_at: dict[str, int]) -> list[Submission]:
    """What to propose as of a position, for each published check of which something late came behind `looked_at`."""
    with engine.follower.reading(position, None) as reading:
        late = last_late(reading, position)
    acts = []
    for period, last in late:
        check = check_of(engine.journal, period)
        if looked_at.get(period) == last or check.proposed_by is not None:
            continue
        looked_at[period] = last
        moved = moved_figures(engine.figure_cache, check, position)
        codes = material_codes(moved)
        if codes and moved != _rejected_moves(engine, check):
            # What moves from hub to hub moves no figure of all of them together, and still something came late.
            count = max(1, movers(engine.figure_cache, check, position, codes))
            acts.append(_proposal(check, position, codes, count))
    return acts


def _rejected_moves(engine: Engine, check: Check) -> Sequence[LateMove] | None:
    """What moved when a restatement of the current edition was last proposed and rejected."""
    assert check.period
    if not (row := rejected_proposal(engine.journal, check.period)):
        return None
    looked = row.entry.id.rpartition(".")[2] if row.entry.source == "sagwan" else None
    return moved_figures(engine.figure_cache, check, int(looked or row.position))


def _proposal(check: Check, position: int, codes: Sequence[str], count: int) -> Submission:
    """Its identity ends in the position that was looked at."""
    number = check.restates
    ko = ", ".join(f"{it} {INDICATORS[it].ko}" for it in codes)
    en = ", ".join(f"{it} {INDICATORS[it].en}" for it in codes)
    reason = REPORT.late_entries_move
    return Submission(
        actor=credentials.SYSTEM,
        stream=f"check:{check.period}",
        source="sagwan",
        id=f"restatement.{check.period}.{number}.{position}",
        fact=RestatementProposed(
            edition=number,
            reason=reason.filled(count=count, codes=ko).ko,
            reason_en=reason.filled(count=count, codes=en).en,
            indicators=tuple(codes),
        ),
    )
