"""The one writer: takes everything that waits, commits it as one group, answers every client."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, TypeAlias

from domain.acts.clock import ClockAccepted
from domain.acts.credential import CredentialIssued, CredentialRevoked
from domain.messages import Message
from journal.store.admission import Admission
from journal.store.failures import of_the_disk
from journal.store.journal import Journal
from journal.store.recorder import Displaced
from journal.store.submission import Outcome, Receipt, Submission
from journal.supervision import WorkerHealth
from journal.trusted_clock import ClockJumped, TrustedClock, now

GROUP = 10_000
"""The most submissions in one transaction. A batch is one too, unless the database refuses its content."""

WAITING = 100_000
"""The most submissions that may wait before new ones are turned away."""

Outcomes: TypeAlias = list[tuple[Any, list[Outcome] | Exception]]
"""Tickets with the outcomes of their submissions in order, or with the reason why the database did not take them."""


class Overloaded(Message):
    """Too much waits for the disk; come back a little later. Nothing was recorded."""


class NotTaken(Exception):
    """The database did not take a group; none of it is known to be recorded. `full` when there is no room."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(f"the database did not take it: {cause}")
        self.full = of_the_disk(cause)


def answer_tickets(outcomes: Outcomes) -> None:
    """Answers the tickets that are futures, except those that nobody waits for any more."""
    for ticket, outcome in outcomes:
        if ticket.cancelled():
            continue
        if isinstance(outcome, Exception):
            ticket.set_exception(outcome)
        else:
            ticket.set_result(outcome)


def _cannot_wait(group: Sequence[Submission]) -> bool:
    """Whether it is an act that is taken alone, even while the clock is in doubt."""
    return len(group) == 1 and isinstance(group[0].fact, (ClockAccepted, CredentialIssued, CredentialRevoked))


class Writer(threading.Thread):
    """Owns all writing to a journal. `answer` is called in its thread, once a group, after the commit;
    `measured` with how many submissions a group had, and the seconds from when it was taken up until it was on disk."""

    def __init__(
        self,
        journal: Journal,
        *,
        clock: Callable[[], datetime] = now,
        answer: Callable[[Outcomes], None] = answer_tickets,
        committed: Callable[[], None] = lambda: None,
        measured: Callable[[int, float], None] = lambda _size, _seconds: None,
    ) -> None:
        super().__init__(name="writer", daemon=True)
        self.health = WorkerHealth("writer")
        self._journal = journal
        self._clock = clock
        self._answer = answer
        self._committed = committed
        self.displaced: Displaced | None = None
        self._pending: deque[tuple[Sequence[Submission], Any, bool]] = deque()
        self.waiting = 0
        self._measured = measured
        self._wake = threading.Event()
        self._stopping = False

    def submit(self, submissions: Sequence[Submission], ticket: Any, *, whole: bool = False) -> None:
        """Queues submissions of one ticket, to be committed together at the next `go`: with `whole` all or none.

        Raises Overloaded.
        """
        if self.waiting > WAITING:
            raise Overloaded("record.overloaded")
        self.waiting += len(submissions)
        self._pending.append((submissions, ticket, whole))

    def go(self) -> None:
        """Takes up what is queued. Apart from `submit` so that a server wakes the writer once for many."""
        self._wake.set()

    def record(self, *submissions: Submission) -> list[Outcome]:
        """Submits and waits: for callers that are not a server."""
        ticket: Future[list[Outcome]] = Future()
        self.submit(submissions, ticket)
        self.go()
        return ticket.result()

    def stop(self) -> None:
        """Commits and answers what waits, then ends."""
        self._stopping = True
        self._wake.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        admission: Admission | None = None
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._pending:
                taken = [self._pending.popleft()]
                size = len(taken[0][0])
                urgent, whole = _cannot_wait(taken[0][0]), taken[0][2]
                while self._pending and size + len(self._pending[0][0]) <= GROUP and not (urgent or whole):
                    if _cannot_wait(self._pending[0][0]) or self._pending[0][2]:
                        break
                    taken.append(self._pending.popleft())
                    size += len(taken[-1][0])
                self.waiting -= size
                began = time.perf_counter()
                try:
                    if self.displaced:
                        raise self.displaced
                    if self.health.trouble:
                        self._journal.resume()
                    admission = admission or Admission(self._journal)
                    group = [it for group, *_ in taken for it in group]
                    if urgent and isinstance(self._clock, TrustedClock):
                        outcomes = self._without_the_clock(self._clock, admission, group)
                    else:
                        outcomes = admission.record(group, self._clock(), whole=whole)
                except Exception as failure:
                    # Whatever the database did, our caches may be wrong: read again.
                    admission = None
                    self.displaced = failure if isinstance(failure, Displaced) else None
                    self.health.failed(failure)
                    self._committed()  # if the group was taken in parts, some of it may be committed
                    error = failure if isinstance(failure, (Displaced, ClockJumped)) else NotTaken(failure)
                    self._answer([(ticket, error) for _, ticket, _ in taken])
                    continue
                self._measured(size, time.perf_counter() - began)
                self.health.well()
                self._committed()
                answers = iter(outcomes)
                self._answer([(ticket, [next(answers) for _ in group]) for group, ticket, _ in taken])
            if self._stopping:
                return

    @staticmethod
    def _without_the_clock(clock: TrustedClock, admission: Admission, group: Sequence[Submission]) -> list[Outcome]:
        """Records an act that cannot wait: one that vouches for the clock by its time, others by the expected time."""
        if not isinstance(group[0].fact, ClockAccepted):
            return admission.record(group, clock.believed())
        outcomes = admission.record(group, clock.wall())
        if all(isinstance(it, Receipt) for it in outcomes):
            clock.accept()
        return outcomes
