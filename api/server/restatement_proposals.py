"""The machine's own act: where what came late moves a published figure materially, it proposes a restatement.

A person decides. Rejected, the same late entries are not proposed again; the next late one may be.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from api import credentials
from api.server.engine import Engine
from domain.acts.check_events import RestatementProposed
from domain.record import Refused
from domain.words import REPORT
from journal.store.submission import Submission
from journal.supervision import resting
from projections.definitions import INDICATORS
from replay.editions.editions import check_of
from replay.editions.late_register import material_codes, moved_figures

PACE_SECONDS = 1.0
"""The least time between two looks, while entries keep coming."""

log = logging.getLogger("sagwan.watch")


@contextlib.asynccontextmanager
async def proposing_restatements(engine: Engine) -> AsyncIterator[None]:
    """Looks at what comes late, while it is entered; a look that has begun is finished."""
    leaving, watch = asyncio.Event(), _Watch(engine)

    async def step() -> bool:
        if await _grown(engine, watch.seen, leaving):
            await watch.look()
            await resting(leaving, PACE_SECONDS)
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
    """What to propose as of a position, for each published check with late entries behind those `looked_at`."""
    with engine.follower.reading(position, None) as reading:
        late = reading.rows(
            "SELECT period, max(position), count(*) FROM late_entries WHERE edition > 0 GROUP BY period ORDER BY period"
        )
    acts = []
    for period, last, count in late:
        check = check_of(engine.journal, period)
        if looked_at.get(period) == last or check.proposed_by is not None:
            continue
        looked_at[period] = last
        if codes := material_codes(moved_figures(engine.figure_cache, check, position)):
            number = check.restates
            ko = ", ".join(f"{it} {INDICATORS[it].ko}" for it in codes)
            en = ", ".join(f"{it} {INDICATORS[it].en}" for it in codes)
            acts.append(
                Submission(
                    actor=credentials.SYSTEM,
                    stream=f"check:{period}",
                    source="sagwan",
                    id=f"restatement.{period}.{number}.{last}",
                    fact=RestatementProposed(
                        edition=number,
                        reason=REPORT.late_entries_move.filled(count=count, codes=ko).ko,
                        reason_en=REPORT.late_entries_move.filled(count=count, codes=en).en,
                        indicators=codes,
                    ),
                )
            )
    return acts
