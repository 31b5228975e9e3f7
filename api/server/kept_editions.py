"""At start: the content of editions of earlier releases is kept from now on; one that cannot be made is logged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from api.server.engine import Engine
from replay.editions.period_figures import UnknownVersion
from replay.editions.reproduction import editions_without_content, recover_content

log = logging.getLogger("sagwan.editions")


@contextlib.asynccontextmanager
async def keeping_editions(engine: Engine) -> AsyncIterator[None]:
    """Keeps them while the server serves; one that has begun is finished before it stops."""
    leaving, done = asyncio.Event(), set[str]()

    async def step() -> bool:
        return await _keep(engine, done)

    async with engine.worker("keeping", leaving, step):
        yield


async def _keep(engine: Engine, done: set[str]) -> bool:
    """Keeps the next one that is not kept yet. Returns whether there may be another; `done` are those looked at."""
    for period, edition in await asyncio.to_thread(editions_without_content, engine.journal):
        name = f"{period}/{edition.number}"
        if name not in done:
            await engine.caught_up(edition.position)
            try:
                wrong = await asyncio.to_thread(recover_content, engine.journal, engine.figure_cache, edition)
            except UnknownVersion as error:
                wrong = str(error)
            if wrong:
                log.warning("edition %s is not to be had as published: %s", name, wrong)
            done.add(name)
            return True
    return False
