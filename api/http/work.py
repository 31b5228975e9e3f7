"""`Prefer: respond-async` (RFC 7240) and `/v1/work`: long answers that are fetched when they are made.

Where that is asked for, what takes longer than `wait` seconds is answered by 202 with the place that says how far it
is.
"""

from __future__ import annotations

import asyncio
import os
import re
from typing import Any

from aiohttp import web

from api.accepting import language_of
from api.http.preferences import preferences
from api.http.responses import json
from api.problems import as_problem, in_language, problem_body
from api.server.engine import ENGINE, Engine
from api.server.works import MadeAnswer, Work
from domain.input_policy.authority import Actor

CHUNK = 256 * 1024
LONGEST_WAIT = 60


def wait_preferred(request: web.Request) -> float | None:
    """How many seconds a client waits for an answer before it would rather fetch it later; None where it waits."""
    preferred = preferences(request)
    if "respond-async" not in preferred:
        return None
    seconds = preferred.get("wait", "")
    return min(int(seconds), LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,6}", seconds) else 0.0


async def answered_by(request: web.Request, work: Work, wait: float | None) -> web.StreamResponse:
    """The answer; where it is not made within `wait` seconds, the place where it will be."""
    if wait is None or (await asyncio.wait({work.task}, timeout=wait))[0]:
        return await sent(request, await request.app[ENGINE].works.answer(work, request))
    headers = {"Location": f"/v1/work/{work.id}", "Retry-After": "1", "Preference-Applied": "respond-async"}
    language = language_of(request)
    return json(_progress(work, language), status=202, headers=headers | in_language(language))


async def sent(request: web.Request, made: MadeAnswer) -> web.StreamResponse:
    if isinstance(made.body, bytes):
        return web.Response(body=made.body, headers=made.headers)
    length = await asyncio.to_thread(made.body.seek, 0, 2)
    response = web.StreamResponse(headers={**made.headers, "Content-Length": str(length)})
    await response.prepare(request)
    for at in range(0, length if request.method != "HEAD" else 0, CHUNK):
        # By its place: others may read the same file.
        await response.write(await asyncio.to_thread(os.pread, made.body.fileno(), CHUNK, at))
    return response


async def list_works(request: web.Request) -> web.Response:
    engine, actor = _asked(request)
    language = language_of(request)
    return json({"work": [_progress(it, language) for it in engine.works.of(actor)]}, headers=in_language(language))


async def show_work(request: web.Request) -> web.Response:
    engine, actor = _asked(request)
    work = engine.works.named(actor, request.match_info["id"])
    language, wait = language_of(request), {"Retry-After": "1"} if work.ended is None else {}
    return json(_progress(work, language), headers=wait | in_language(language))


async def fetch_answer(request: web.Request) -> web.StreamResponse:
    """The answer; a request for one that is not made yet waits for it."""
    engine, actor = _asked(request)
    return await sent(request, await engine.works.answer(engine.works.named(actor, request.match_info["id"]), request))


async def drop_work(request: web.Request) -> web.Response:
    """Gives up what is being made unless others wait for it, and forgets what was."""
    engine, actor = _asked(request)
    engine.works.drop(engine.works.named(actor, request.match_info["id"]))
    return web.Response(status=204)


def _asked(request: web.Request) -> tuple[Engine, Actor]:
    engine = request.app[ENGINE]
    return engine, engine.access.actor(request)


def _progress(work: Work, language: str) -> dict[str, Any]:
    """The description of a work; `answer` is where its answer is, or will be."""
    waits = work.progress is None
    status = "waiting" if waits and work.ended is None else "running" if work.ended is None else "done"
    progress: dict[str, Any] = {"id": work.id, "asked": work.asked, "answer": f"/v1/work/{work.id}/answer"}
    if isinstance(failure := work.failure, Exception):
        status, progress["problem"] = "failed", problem_body(as_problem(failure), language)
    if work.progress and work.ended is None:
        progress |= dict(zip(("what", "done", "of"), work.progress, strict=True))
    return progress | {"status": status}
