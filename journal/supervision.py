"""Failures of a worker: counted, reported and retried, each time later. A worker ends for good only when it is stopped,
or when a seal does not match."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec

FIRST_SECONDS, LAST_SECONDS = 0.5, 30.0
"""How long a worker rests after its first failure, and at most; each time twice as long."""

log = logging.getLogger("sagwan.workers")


class Trouble(msgspec.Struct, frozen=True):
    """What keeps a worker from its work; `since` when, `times` it was tried, and when it is tried again."""

    why: str
    since: datetime
    times: int
    next_try: datetime


class NotReady(Exception):
    """Something that a worker needs is not there yet and comes by itself: waiting is no failure. It holds a code."""


class WorkerHealth:
    """The health of one worker. `trouble` is what keeps it from its work, None while it is well."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self.trouble: Trouble | None = None

    def failed(self, error: Exception) -> float:
        """Reports a failure; returns how many seconds to rest before the next try."""
        now, before = datetime.now(UTC), self.trouble
        times = before.times + 1 if before else 1
        seconds = min(LAST_SECONDS, FIRST_SECONDS * 2.0 ** min(times - 1, 16))
        self.trouble = Trouble(
            failure_reason(error), before.since if before else now, times, now + timedelta(seconds=seconds)
        )
        if not isinstance(error, NotReady) and (not before or before.why != self.trouble.why):
            log.error("the %s failed and tries again: %s", self.worker, self.trouble.why, exc_info=error)
        return seconds

    def well(self) -> None:
        if self.trouble:
            log.warning("the %s goes on again, after %d tries: %s", self.worker, self.trouble.times, self.trouble.why)
            self.trouble = None


def failure_place(error: BaseException) -> str:
    """The kind of failure and where it arose; never its message, which may quote what somebody wrote."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{where}"


def failure_reason(error: Exception) -> str:
    """The kind of failure and where it arose, or what is not ready: public, for anybody who asks whether the server is
    well."""
    if isinstance(error, NotReady):
        return str(error)
    said = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return f"{failure_place(error)}{said}"


async def supervised(care: WorkerHealth, leaving: asyncio.Event, step: Callable[[], Awaitable[bool]]) -> None:
    """Steps until it is time to leave, or a step reports that there is no more to do."""
    while not leaving.is_set():
        seconds = 0.0
        try:
            more = await step()
            care.well()
            if not more:
                return
        except Exception as error:
            seconds = care.failed(error)
        if seconds:
            await resting(leaving, seconds)


async def resting(leaving: asyncio.Event, seconds: float) -> None:
    """Returns after some seconds, or when it is time to leave."""
    try:
        await asyncio.wait_for(leaving.wait(), seconds)
    except TimeoutError:
        return
