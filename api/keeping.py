"""At start: what the editions of earlier releases say is kept from now on; one that cannot be made is told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from api.engine import Engine
from api.problems import Problem
from replay.figures import UnknownVersion
from replay.reproducing import recover, unkept

log = logging.getLogger("sagwan.editions")


@contextlib.asynccontextmanager
async def keeping(engine: Engine) -> AsyncIterator[None]:
    """Keeps them while the server serves; one that has begun is finished before it stops."""
    leaving = asyncio.Event()
    task = asyncio.create_task(_keep(engine, leaving))
    try:
        yield
    finally:
        leaving.set()
        await task


async def _keep(engine: Engine, leaving: asyncio.Event) -> None:
    for period, edition in await asyncio.to_thread(unkept, engine.journal):
        while not leaving.is_set():
            try:
                await engine.caught_up(edition.position)
                made = await asyncio.to_thread(recover, engine.journal, engine.abacus, edition)
            except Problem:
                continue  # the tables are still being made
            except (UnknownVersion, OSError) as error:
                made = str(error)
            if made:
                log.warning("edition %s/%s is not to be had as published: %s", period, edition.number, made)
            break
