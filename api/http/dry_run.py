"""`/v1/events/known`: what a batch would do, for a client that asks before it sends. Records nothing."""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec
from aiohttp import web

from api import cloudevents
from api.body import MOST_BODY_BYTES, Pace, read_body
from api.http.content_modes import check_no_attributes, content_mode
from api.http.events import batch_events
from api.http.responses import json
from api.problems import Problem
from api.server.engine import ENGINE
from domain.record import Refused
from journal.store.duplicates import HeldAs, held_by_record
from journal.store.submission import Submission


class KnownCounts(msgspec.Struct):
    """Of how many events the record holds the very same, something else under their identity, or nothing.

    `unread` are those that it would refuse for themselves; `results` says it of each event.
    """

    same: int
    other: int
    new: int
    unread: int
    results: list[str]


async def count_known(request: web.Request) -> web.Response:
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    check_no_attributes(request)
    if content_mode(request) not in ("batch", "json"):
        raise Problem(415, "event.content_type", "batch")
    quota = engine.quotas.of(actor.means)
    quota.ask()
    with engine.quotas.hold(quota) as held:
        body = await read_body(request, MOST_BODY_BYTES, held.grow)
        quota.take(len(body))
        read: list[Submission | None] = []
        pace = Pace()
        for element in await batch_events(body):
            try:
                read.append(cloudevents.submission(element, actor))
            except (Problem, Refused):
                read.append(None)
            await pace.rest()
        found = iter(await asyncio.to_thread(held_by_record, [it for it in read if it], engine.journal))
    results: list[HeldAs | str] = [next(found) if it else "unread" for it in read]
    count = Counter(results)
    return json(KnownCounts(count["same"], count["other"], count["new"], count["unread"], list(results)))
