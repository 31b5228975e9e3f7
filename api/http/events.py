"""`POST /v1/events`, and the feed of the record as it grows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

from api import cloudevents
from api.body import MOST_BODY_BYTES, Pace, read_body
from api.cloudevents import Posted
from api.formats import encode_json
from api.http import computed_claims
from api.http.negotiation import negotiate_format
from api.http.read_routes import STALLED_SECONDS
from api.http.responses import json
from api.problems import Problem, as_problem, problem_body
from api.reads import authorization
from api.reads.asked import ReadRequest, parse_number
from api.reads.events import check_position, check_streams, check_words, event_filters
from api.reads.recorded_event import recorded_event
from api.server.engine import ENGINE, Engine
from api.server.evidence_rules import check_evidence
from api.server.feed import EVERYTHING, Wanted
from domain.identity import check_source
from domain.input_policy.authority import Actor
from domain.record import Refused
from journal.log.sealer import NotAsSigned
from journal.store.admission import failure_refusal
from journal.store.failures import of_the_database
from journal.store.recorder import Row
from journal.store.submission import Outcome, Receipt, Submission

FEED_FORMATS = dict.fromkeys(("json", "cloudevents"), "text/event-stream")
KEEP_ALIVE_SECONDS = 15.0
PART_BYTES = 512 * 1024
"""So much of a batch is judged and committed at once: of the worst texts less than a second's work."""


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


class BatchAnswer(msgspec.Struct):
    """Every event of a batch in order, an `EventAnswer` or a `EventRefusal`; the counts add up to its length."""

    recorded: int
    duplicates: int
    refused: int
    results: list[msgspec.Raw]


_Asked: TypeAlias = Posted | Problem | Refused


async def post_events(request: web.Request) -> web.Response:
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    match request.content_type:
        case cloudevents.SINGLE_TYPE:
            asked = await _asked(engine, await read_body(request), actor)
            if isinstance(asked, Exception):
                raise asked
            (outcome,) = await engine.record([asked])
            if isinstance(outcome, Refused):
                raise outcome
            headers = {"Location": f"/v1/events/{outcome.position}", "Sagwan-Position": str(outcome.position)}
            status = 200 if outcome.duplicate else 201
            return json(_answer(outcome, asked.not_kept), status=status, headers=headers)
        case cloudevents.BATCH_TYPE:
            elements, all_asked, pace = await batch_events(request), list[Posted | msgspec.Raw](), Pace()
            submissions, sizes = list[Posted](), list[int]()
            for element in elements:
                it = await _asked(engine, element, actor)
                if isinstance(it, Exception):
                    # As it will be answered: ten thousand exceptions with their frames are let go at once.
                    all_asked.append(_refusal(it))
                else:
                    all_asked.append(it)
                    submissions.append(it)
                    sizes.append(len(element))
                await pace.rest()
            return await _batch(all_asked, await _recorded(engine, submissions, sizes))
        case other:
            raise Problem(
                415,
                "event.content_type",
                f"post {cloudevents.SINGLE_TYPE} or {cloudevents.BATCH_TYPE}, not {other}",
            )


async def _recorded(engine: Engine, submissions: list[Posted], sizes: list[int]) -> list[Outcome]:
    """Outcomes in order. A long batch is recorded in parts, and between two of them whatever else waits."""
    outcomes, part, size = list[Outcome](), list[Posted](), 0
    for nth, it in enumerate(submissions):
        part.append(it)
        size += sizes[nth]
        if size >= PART_BYTES or nth + 1 == len(submissions):
            outcomes += await engine.record(part)
            part, size = [], 0
    return outcomes


async def batch_events(request: web.Request) -> list[msgspec.Raw]:
    """The events of a batch, undecoded. Raises Problem."""
    found, pace = list[msgspec.Raw](), Pace()
    for some in cloudevents.batch_elements(await read_body(request, MOST_BODY_BYTES)):
        found += some
        await pace.rest()
    return found


async def _asked(engine: Engine, event: bytes | msgspec.Raw, actor: Actor) -> _Asked:
    """What one event asks, or why it is refused, whatever goes wrong with it.

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


async def _batch(asked: list[Posted | msgspec.Raw], outcomes: list[Outcome]) -> web.Response:
    """What became of each event, in order: of those that were not refused at once there is an outcome."""
    results, recorded, positions, duplicates, pace = list[msgspec.Raw](), iter(outcomes), list[int](), 0, Pace()
    for it in asked:
        if isinstance(it, msgspec.Raw):
            results.append(it)
        elif isinstance(outcome := next(recorded), Refused):
            results.append(_refusal(outcome))
        else:
            results.append(msgspec.Raw(encode_json(_answer(outcome, it.not_kept))))
            positions.append(outcome.position)
            duplicates += outcome.duplicate
        await pace.rest()
    refused = len(results) - len(positions)
    fresh = len(positions) - duplicates
    status = 422 if refused == len(results) > 0 else 207 if refused else 201 if fresh else 200
    headers = {"Sagwan-Position": str(max(positions))} if positions else {}
    return json(BatchAnswer(fresh, duplicates, refused, results), status=status, headers=headers)


def _refusal(it: Problem | Refused) -> msgspec.Raw:
    return msgspec.Raw(encode_json(EventRefusal(problem_body(as_problem(it)))))


def _answer(receipt: Receipt, not_kept: tuple[str, ...]) -> EventAnswer:
    status = "duplicate" if receipt.duplicate else "recorded"
    return EventAnswer(status, receipt.position, receipt.stream, receipt.version, receipt.recorded_at, not_kept)


async def live_feed(request: web.Request) -> web.StreamResponse:
    """Server-sent events: every entry behind `after` or `Last-Event-ID`, then each new one within a second; of one or
    several types, hubs, streams or kinds where that is asked for, as it is stored or as a CloudEvent.

    While nothing comes, a heartbeat says with a filter up to where that holds, and a follower resumes there. Where the
    credential may not read an entry, an event `withheld` stands with its position and nothing else; with a filter not
    even that, for it would tell that the filter keeps it. A feed ends with its token: an event `ended` says why.
    """
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    format_ = negotiate_format(request, FEED_FORMATS) if "format" in request.query else "json"
    asked = ReadRequest(lambda: actor, {}, request.query.items(), format_)
    resumed = request.headers.get("Last-Event-ID")
    at = engine.journal.position if asked.text("after") is None else asked.whole_number("after", 0)
    at = check_position(engine, parse_number(resumed, "Last-Event-ID") if resumed else at)
    wanted = await asyncio.to_thread(_wanted, engine, asked)
    tell = recorded_event if asked.format == "cloudevents" else attrgetter("entry")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    with contextlib.suppress(ConnectionResetError), engine.feed.following(wanted) as follower:
        await response.write(b"retry: 2000\n\n")
        seconds = 0.0  # at once it is said where this begins
        while True:
            rows, upto = await engine.feed.next(follower, at, seconds)
            seconds = KEEP_ALIVE_SECONDS
            told = b""
            if rows:
                async with engine.feed.turns:
                    told = await asyncio.to_thread(_told, engine, actor, rows, wanted, tell)
            if (ended := _ended(engine, request)) is not None:
                await response.write(
                    b"event: ended\ndata: %s\n\n" % msgspec.json.encode(problem_body(as_problem(ended)))
                )
                break
            at = max(at, upto)
            if not rows:
                told = b": \n\n" if wanted == EVERYTHING else b": \nid: %d\n\n" % at
            try:
                async with asyncio.timeout(STALLED_SECONDS):
                    await response.write(told)
            except TimeoutError:
                assert request.transport
                request.transport.abort()
                break
    return response


def _told(engine: Engine, actor: Actor, rows: list[Row], wanted: Wanted, tell: Callable[[Row], bytes]) -> bytes:
    """What a follower is told of some entries: of those that he may not read that they are there, or nothing."""
    shown = {row.position for row in authorization.visible_rows(engine, actor, rows)}
    said = [
        (row.position, row.type.encode(), tell(row)) if row.position in shown else (row.position, b"withheld", b"{}")
        for row in rows
        if row.position in shown or wanted == EVERYTHING
    ]
    return b"".join(b"id: %d\nevent: %s\ndata: %s\n\n" % it for it in said)


def _wanted(engine: Engine, asked: ReadRequest) -> Wanted:
    """What a follower is to be told of. Raises Problem for a word that the record does not have, or a stream that is
    not for him."""
    filters = event_filters(asked)
    if not filters:
        return EVERYTHING
    check_streams(engine, asked.actor, filters)
    engine.wait_for_tables(engine.journal.position)
    with engine.reading(None, None) as reading:
        check_words(reading, filters)
    return Wanted(**{name: frozenset(it.tests[0][1]) for name, it in filters.items()})


def _ended(engine: Engine, request: web.Request) -> Problem | None:
    """Why the token of a request opens nothing any more."""
    try:
        engine.access.actor(request)
    except Problem as ended:
        return ended
    return None
