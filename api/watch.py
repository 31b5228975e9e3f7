"""The machine's own act: where what came late moves a published figure materially, it proposes a restatement.

A person decides. Rejected, the same late entries are not proposed again; the next late one may be.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from api import access
from api.engine import Engine
from api.problems import Problem
from domain.check import RestatementProposed
from domain.record import Refused
from journal.admission import Submission
from journal.writer import NotTaken, Overloaded
from replay.editions import check_of
from replay.late import material, moved

PACE_SECONDS = 1.0
"""The least time between two looks, while entries keep coming."""

log = logging.getLogger("sagwan.watch")


@contextlib.asynccontextmanager
async def watching(engine: Engine) -> AsyncIterator[None]:
    """Looks at what comes late, while it is entered; a look that has begun is finished."""
    leaving = asyncio.Event()
    task = asyncio.create_task(watch(engine, leaving))
    try:
        yield
    finally:
        leaving.set()
        await task


async def watch(engine: Engine, leaving: asyncio.Event) -> None:
    """Looks whenever the record grew."""
    seen = 0
    looked_at: dict[str, int] = {}
    while await _grown(engine, seen, leaving):
        position = engine.journal.position
        try:
            # Where nothing was ever checked nothing is late: to wait for the tables would hurry them for nobody.
            if await asyncio.to_thread(engine.journal.entries.streams, "check"):
                await engine.caught_up(position)
                for act in await asyncio.to_thread(proposals, engine, position, looked_at):
                    (outcome,) = await engine.record([act])
                    if isinstance(outcome, Refused):
                        log.info("no restatement of %s proposed: %s", act.stream, outcome)
            seen = position
        except (Problem, NotTaken, Overloaded) as error:
            log.warning("late entries are looked at again in a moment: %s", error)
        except Exception:
            log.exception("the late register cannot be made; it is tried again with the next entry")
            seen = position
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(leaving.wait(), PACE_SECONDS)


async def _grown(engine: Engine, after: int, leaving: asyncio.Event) -> bool:
    """Returns when the record is longer than `after` (True), or it is time to leave."""
    waits = [asyncio.ensure_future(engine.grown(after, 3600)), asyncio.ensure_future(leaving.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for it in waits:
        it.cancel()
    return not leaving.is_set()


def proposals(engine: Engine, position: int, looked_at: dict[str, int]) -> list[Submission]:
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
        if codes := material(moved(engine.abacus, check, position)):
            number = check.restates
            acts.append(
                Submission(
                    actor=access.FOUNDER,
                    stream=f"check:{period}",
                    source="sagwan",
                    id=f"restatement.{period}.{number}.{last}",
                    fact=RestatementProposed(
                        edition=number,
                        reason=f"{count} late entries move {', '.join(codes)} materially",
                        indicators=codes,
                    ),
                )
            )
    return acts
