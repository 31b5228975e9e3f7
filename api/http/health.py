"""`/livez` and `/readyz`: whether the server is well."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from api.accepting import language_of
from api.http.responses import json
from api.problems import in_language
from api.server.engine import ENGINE

NEEDED = ("follower", "sealer")
"""Workers without whose work a server is not ready. The writer's trouble is reported to posters, and may be over."""


async def alive(_: web.Request) -> web.Response:
    return json({"status": "alive"})


async def ready(request: web.Request) -> web.Response:
    """Ready while the writer takes events, the mirror is made and what is recorded is sealed.

    `workers` says what keeps a worker from its work. Where an entry is set aside the server stays ready and says so.
    """
    engine, language = request.app[ENGINE], language_of(request)
    alarm, doubt, workers = engine.sealer.alarm, engine.doubt(), engine.troubles()
    alive = all(it.is_alive() for it in (engine.writer, engine.follower, engine.sealer))
    ready = alive and not alarm and not engine.writer.displaced and not doubt and workers.keys().isdisjoint(NEEDED)
    body: dict[str, Any] = {
        "status": "ready" if ready else "not ready",
        "position": engine.journal.position,
        "mirror": engine.follower.position,
        "sealed": engine.sealer.position,
    }
    if alarm:
        body["seal"] = alarm.phrase.said(language)
    if doubt:
        body["clock"] = doubt.said(language)
    if engine.writer.displaced:
        body["displaced"] = engine.writer.displaced.phrase.said(language)
    if workers:
        body["workers"] = workers
    if aside := engine.follower.set_aside_positions():
        body["set_aside"] = aside
    return json(body, status=200 if ready else 503, headers=in_language(language))
