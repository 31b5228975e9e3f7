"""What becomes of posted events: each is submitted to the record, and answered by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from api import cloudevents
from api.cloudevents import BinaryEvent, Posted
from api.formats import encode_json
from api.http import computed_claims
from api.problems import Problem, as_problem, problem_body
from api.server.engine import Engine
from api.server.evidence_rules import check_evidence
from domain.identity import check_source
from domain.input_policy.authority import Actor
from domain.record import Refused
from journal.log.sealer import NotAsSigned
from journal.store.admission import failure_refusal
from journal.store.failures import of_the_database
from journal.store.submission import Outcome, Receipt, Submission

Asked: TypeAlias = Posted | Problem | Refused

PART_BYTES = 512 * 1024
"""How much is judged and committed at once: less than a second's work of the worst texts; an upload reads as much again
meanwhile."""


class EventAnswer(msgspec.Struct, omit_defaults=True, gc=False):
    """One event of a request, answered: `recorded`, or `duplicate` with the first one's place.

    `not_kept` names the attributes of the event that the record does not keep.
    """

    status: str
    position: int
    stream: str
    version: int
    recorded_at: datetime
    not_kept: tuple[str, ...] = ()


class EventRefusal(msgspec.Struct):
    problem: dict[str, Any]
    status: str = "refused"


class Account:
    """What became of some events: the counts, the last position, and what of them the record does not keep.

    Refusals are worded in `language`.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self.recorded = self.duplicates = self.refused = self.position = 0
        self.not_kept: dict[str, int] = {}

    def answers(
        self, asked: Iterable[Posted | msgspec.Raw], outcomes: Iterator[Outcome]
    ) -> Iterator[tuple[bytes, bool]]:
        """The answer to each event in order, and whether it is a refusal. Those refused at once have no outcome."""
        for it in asked:
            if isinstance(it, msgspec.Raw):
                self.refused += 1
                yield bytes(it), True
            elif isinstance(outcome := next(outcomes), Refused):
                self.refused += 1
                yield bytes(refusal(outcome, self._language)), True
            else:
                self.duplicates += outcome.duplicate
                self.recorded += not outcome.duplicate
                self.position = max(self.position, outcome.position)
                for name in it.not_kept:
                    self.not_kept[name] = self.not_kept.get(name, 0) + 1
                yield encode_json(answer(outcome, it.not_kept)), False


async def ask(engine: Engine, event: bytes | msgspec.Raw | BinaryEvent, actor: Actor) -> Asked:
    """What one event asks of the record, or why it is refused, whatever goes wrong with it.

    Raises Problem where it may be taken later: then all of its request is posted again.
    """
    try:
        it = cloudevents.submission(event, actor)
        await _check_source(engine, it)
        await check_evidence(engine, it)
        return await computed_claims.verify_claims(engine, it)
    except Refused as refusal:
        return refusal
    except Problem as refusal:
        if refusal.status >= 500:
            raise
        return refusal
    except NotAsSigned:
        raise
    except Exception as failure:
        if of_the_database(failure):
            raise
        return failure_refusal(failure)


async def _check_source(engine: Engine, it: Submission) -> None:
    """Raises Refused for a source that is not the poster's to name, unless it was recorded before that was a rule."""
    try:
        check_source(it.actor, it.source)
    except Refused:
        if not await asyncio.to_thread(engine.journal.entries.known, it.digests):
            raise


def refusal(it: Problem | Refused, language: str) -> msgspec.Raw:
    return msgspec.Raw(encode_json(EventRefusal(problem_body(as_problem(it), language))))


def answer(receipt: Receipt, not_kept: tuple[str, ...]) -> EventAnswer:
    status = "duplicate" if receipt.duplicate else "recorded"
    return EventAnswer(status, receipt.position, receipt.stream, receipt.version, receipt.recorded_at, not_kept)


def numbered(name: str, number: int, answer: bytes) -> bytes:
    """An answer that says first of which event it is: `index` in a batch, `line` of an upload."""
    return b'{"%b":%d,%b' % (name.encode(), number, answer[1:])
