"""`POST /v1/events`, and the feed of the record as it grows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from operator import attrgetter

import msgspec
from aiohttp import web

from api import cloudevents
from api.accepting import language_of
from api.body import FEW_BYTES, MOST_BODY_BYTES, Pace, read_body
from api.cloudevents import Posted
from api.http.content_modes import Mode, binary_event, content_mode, structured_event
from api.http.downloads import STALLED_SECONDS
from api.http.negotiation import negotiate_format
from api.http.posted import PART_BYTES, Account, answer, ask, numbered, refusal
from api.http.responses import json
from api.http.terms import MINIMAL, Terms, check_several, terms_of
from api.http.uploads import post_lines
from api.problems import Problem, as_problem, in_language, problem_body
from api.reads import authorization
from api.reads.asked import ReadRequest, parse_number
from api.reads.events import check_position, check_streams, check_words, event_filters
from api.reads.recorded_event import recorded_event
from api.server.engine import ENGINE, Engine
from api.server.feed import EVERYTHING, Wanted
from api.server.quotas import Quota
from domain.input_policy.authority import Actor
from domain.record import Refused
from domain.registry import ACTS
from journal.store.admission import not_whole
from journal.store.recorder import StoredEntry
from journal.store.submission import Outcome

FEED_FORMATS = dict.fromkeys(("json", "cloudevents"), "text/event-stream")
KEEP_ALIVE_SECONDS = 15.0


class BatchAnswer(msgspec.Struct, omit_defaults=True):
    """Every event of a batch in order, an `EventAnswer` or a `EventRefusal`; the counts add up to its length.

    Where little is to be answered `results` has those refused alone, each with its `index`, and `not_kept` says of how
    many events the record does not keep which attributes.
    """

    recorded: int
    duplicates: int
    refused: int
    results: list[msgspec.Raw]
    not_kept: dict[str, int] = {}


async def post_events(request: web.Request) -> web.StreamResponse:
    engine = request.app[ENGINE]
    actor = engine.access.asker(request)
    terms, mode = terms_of(request), content_mode(request)
    quota = engine.quotas.of(actor.means)
    quota.ask()
    if mode == "lines":
        check_several(request, terms, atomic=False)
        return await post_lines(request, actor, quota, minimal=terms.minimal)
    try:
        response = await _answered(engine, request, actor, terms, mode, quota)
    except Exception as error:
        refused = as_problem(error)
        if quota.scarce:
            refused.headers = {**refused.headers, **quota.fields()}
        raise refused from None
    if quota.scarce:
        response.headers.update(quota.fields())
    return response


async def _answered(
    engine: Engine, request: web.Request, actor: Actor, terms: Terms, mode: Mode, quota: Quota
) -> web.Response:
    """The answer to one event, or to some that came together."""
    with engine.quotas.hold(quota) as held:
        body = await read_body(request, MOST_BODY_BYTES if mode in ("batch", "json") else FEW_BYTES, held.grow)
        quota.take(len(body))
        if mode == "batch" or (mode == "json" and body.lstrip()[:1] == b"["):
            check_several(request, terms, atomic=True)
            return await _post_batch(engine, request, body, actor, terms)
        return await _post_one(engine, request, body, actor, terms, binary=mode == "binary")


async def _post_one(
    engine: Engine, request: web.Request, body: bytes, actor: Actor, terms: Terms, *, binary: bool
) -> web.Response:
    if terms.whole:
        raise Problem(400, "query.invalid", "atomic_one", parameter="atomic")
    event = binary_event(request, body, terms.key) if binary else structured_event(request, body, terms.key)
    asked = await ask(engine, event, actor)
    if isinstance(asked, Exception):
        raise asked
    asked.expected = terms.expected
    (outcome,) = await engine.record([asked])
    if isinstance(outcome, Refused):
        raise outcome
    headers = {"Location": f"/v1/events/{outcome.position}", "Sagwan-Position": str(outcome.position)}
    status = 200 if outcome.duplicate else 201
    if terms.minimal:
        if asked.not_kept:
            headers["Sagwan-Not-Kept"] = ", ".join(asked.not_kept)
        return web.Response(status=status, headers=headers | MINIMAL)
    return json(answer(outcome, asked.not_kept), status=status, headers=headers)


async def _post_batch(engine: Engine, request: web.Request, body: bytes, actor: Actor, terms: Terms) -> web.Response:
    all_asked, pace = list[Posted | msgspec.Raw](), Pace()
    submissions, sizes, language = list[Posted](), list[int](), language_of(request)
    for element in await batch_events(body, FEW_BYTES if terms.whole else MOST_BODY_BYTES):
        it = await ask(engine, element, actor)
        if terms.whole and isinstance(it, Posted):
            it = _of_a_whole(it, terms, submissions)
        if isinstance(it, Exception):
            # As it will be answered: ten thousand exceptions with their frames are let go at once.
            all_asked.append(refusal(it, language))
        else:
            all_asked.append(it)
            submissions.append(it)
            sizes.append(len(element))
        await pace.rest()
    if not terms.whole:
        outcomes = await _recorded(engine, submissions, sizes)
    elif len(submissions) == len(all_asked):
        outcomes = await engine.record(submissions, whole=True)
    else:
        outcomes = [not_whole() for _ in submissions]
    return await _batch(all_asked, outcomes, terms, language)


def _of_a_whole(it: Posted, terms: Terms, before: list[Posted]) -> Posted | Refused:
    """An event of an all-or-none batch, or why it cannot be in one."""
    if it.stream.partition(":")[0] not in ACTS:
        return Refused("batch.facts_stand_alone", path="$.subject")
    if terms.expected and before and before[0].stream != it.stream:
        return Refused("stream.version", "one", path="$.subject")
    it.expected = terms.expected
    return it


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


async def batch_events(body: bytes, most: int = MOST_BODY_BYTES) -> list[msgspec.Raw]:
    """The events of a batch, undecoded. Raises Problem."""
    if len(body) > most:
        raise Problem(413, "body.too_large", "whole", most=most)
    found, pace = list[msgspec.Raw](), Pace()
    for some in cloudevents.batch_elements(body):
        found += some
        await pace.rest()
    return found


async def _batch(
    asked: list[Posted | msgspec.Raw], outcomes: list[Outcome], terms: Terms, language: str
) -> web.Response:
    """What became of each event, in order: of those that were not refused at once there is an outcome."""
    account, results, pace = Account(language), list[msgspec.Raw](), Pace()
    for index, (encoded, refused) in enumerate(account.answers(asked, iter(outcomes))):
        if not terms.minimal:
            results.append(msgspec.Raw(encoded))
        elif refused:
            results.append(msgspec.Raw(numbered("index", index, encoded)))
        await pace.rest()
    if account.refused == len(asked) > 0 or (terms.whole and account.refused):
        status = 422
    else:
        status = 207 if account.refused else 201 if account.recorded else 200
    headers = {"Sagwan-Position": str(account.position)} if account.position else {}
    headers |= MINIMAL if terms.minimal else {}
    headers |= in_language(language) if account.refused else {}
    not_kept = account.not_kept if terms.minimal else {}
    summary = BatchAnswer(account.recorded, account.duplicates, account.refused, results, not_kept)
    return json(summary, status=status, headers=headers)


async def live_feed(request: web.Request) -> web.StreamResponse:
    """Server-sent events: every entry behind `after` or `Last-Event-ID`, then each new one within a second; of one or
    several types, hubs, streams or kinds where that is asked for, as it is stored or as a CloudEvent.

    While nothing comes, a heartbeat gives with a filter the position up to which that holds, and a follower resumes
    there. For an entry that the credential may not read, an event `withheld` has its position and nothing else; with a
    filter not even that, for it would show that the entry matches. A feed ends with its token: `ended` says why.
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
    language = language_of(request)  # of the event `ended`
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", **in_language(language)}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    with contextlib.suppress(ConnectionResetError), engine.feed.following(wanted) as follower:
        await response.write(b"retry: 2000\n\n")
        seconds = 0.0  # the first answer, at once, says where the feed begins
        while True:
            rows, upto = await engine.feed.next(follower, at, seconds)
            seconds = KEEP_ALIVE_SECONDS
            frames = b""
            if rows:
                async with engine.feed.turns:
                    frames = await asyncio.to_thread(_frames, engine, actor, rows, wanted, tell)
            if (ended := _ended(engine, request)) is not None:
                await response.write(
                    b"event: ended\ndata: %s\n\n" % msgspec.json.encode(problem_body(as_problem(ended), language))
                )
                break
            at = max(at, upto)
            if not rows:
                frames = b": \n\n" if wanted == EVERYTHING else b": \nid: %d\n\n" % at
            try:
                async with asyncio.timeout(STALLED_SECONDS):
                    await response.write(frames)
            except TimeoutError:
                assert request.transport
                request.transport.abort()
                break
    return response


def _frames(
    engine: Engine, actor: Actor, rows: list[StoredEntry], wanted: Wanted, tell: Callable[[StoredEntry], bytes]
) -> bytes:
    """The events that a follower gets of some entries: of those that he may not read `withheld`, or nothing."""
    shown = {row.position for row in authorization.visible_rows(engine, actor, rows)}
    events = [
        (row.position, row.type.encode(), tell(row)) if row.position in shown else (row.position, b"withheld", b"{}")
        for row in rows
        if row.position in shown or wanted == EVERYTHING
    ]
    return b"".join(b"id: %d\nevent: %s\ndata: %s\n\n" % it for it in events)


def _wanted(engine: Engine, asked: ReadRequest) -> Wanted:
    """What a follower wants to get. Raises Problem for a word that the record does not have, or a stream that he may
    not read."""
    filters = event_filters(asked)
    if not filters:
        return EVERYTHING
    check_streams(engine, asked.actor, filters)
    wanted = Wanted(**{name: frozenset(it.tests[0][1]) for name, it in filters.items()})
    if not engine.feed.checked(wanted):
        engine.wait_for_tables(engine.journal.position)
        with engine.reading(None, None) as reading:
            check_words(reading, filters, asked.names)
        engine.feed.note_checked(wanted)
    return wanted


def _ended(engine: Engine, request: web.Request) -> Problem | None:
    """Why the token of a request is no longer valid, None while it is."""
    try:
        engine.access.actor(request)
    except Problem as ended:
        return ended
    return None
