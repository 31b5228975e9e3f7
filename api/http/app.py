"""The routes of the server, and whether it is well."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from api.body import MOST_BODY_BYTES
from api.http import dry_run, editions, events, persons, tokens, work
from api.http.connections import track_connection
from api.http.methods import answer_options
from api.http.metrics import Standing, count_answers, show_metrics
from api.http.packing import pack_answer
from api.http.parameters import MORE, check_parameters
from api.http.read_routes import route
from api.http.responses import json
from api.problems import PROBLEM_COUNT, prepare_safe, problem_middleware
from api.reads import catalogue
from api.server.engine import ENGINE, Engine
from domain.acts.person import ConsentRecorded, ConsentWithdrawn, HoldPlaced, HoldReleased


def application(engine: Engine) -> web.Application:
    app = web.Application(
        middlewares=[
            count_answers,
            track_connection,
            problem_middleware,
            answer_options,
            pack_answer,
            check_parameters,
        ],
        client_max_size=MOST_BODY_BYTES,
    )
    app.on_response_prepare.append(prepare_safe)
    app[ENGINE] = engine
    app[MORE] = {}
    app.on_response_prepare.append(_note_set_aside)
    app.add_routes(
        [
            *map(route, catalogue.ALL),
            web.post("/v1/events", events.post_events),
            web.post("/v1/events/known", dry_run.count_known),
            web.get("/v1/events/live", events.live_feed),
            web.post("/v1/editions/{period}", editions.publish_edition),
            web.post("/v1/mirror/rebuild", tokens.rebuild_mirror),
            web.get("/v1/work", work.list_works),
            web.get("/v1/work/{id}", work.show_work),
            web.delete("/v1/work/{id}", work.drop_work),
            web.get("/v1/work/{id}/answer", work.fetch_answer),
            web.get("/v1/tokens", tokens.list_tokens),
            web.post("/v1/tokens", tokens.issue_token),
            web.delete("/v1/tokens/{id}", tokens.revoke_token),
            web.get("/v1/persons", persons.list_persons),
            web.post("/v1/persons", persons.add_person),
            web.post("/v1/persons/resolve", persons.resolve_references),
            web.get("/v1/persons/{person}", persons.show_person),
            web.post("/v1/persons/{person}", persons.restate_person),
            web.delete("/v1/persons/{person}", persons.erase_person),
            web.post("/v1/persons/{person}/consents", persons.person_act(ConsentRecorded)),
            web.delete("/v1/persons/{person}/consents", persons.person_act(ConsentWithdrawn)),
            web.post("/v1/persons/{person}/holds", persons.person_act(HoldPlaced)),
            web.delete("/v1/persons/{person}/holds", persons.person_act(HoldReleased)),
            web.get("/livez", _alive),
            web.get("/readyz", _ready),
            web.get("/metrics", show_metrics),
        ]
    )
    engine.metrics.watch(Standing(engine))
    app[PROBLEM_COUNT] = engine.metrics.problem
    return app


NEEDED = ("follower", "sealer")
"""Workers without whose work a server is not ready. The writer's trouble is told to who posts, and may be over."""


async def _note_set_aside(request: web.Request, response: web.StreamResponse) -> None:
    """Says with every answer out of the tables which entries are in none of them as of its position."""
    if request.path.startswith("/v1/") and response.status != 304:
        at = response.headers.get("Sagwan-Position")
        if aside := request.app[ENGINE].follower.set_aside_positions(int(at) if at else None):
            response.headers["Sagwan-Set-Aside"] = ", ".join(map(str, aside))


async def _alive(_: web.Request) -> web.Response:
    return json({"status": "alive"})


async def _ready(request: web.Request) -> web.Response:
    """Ready while the writer takes events, the mirror is made and what is recorded is sealed.

    `workers` says what keeps a worker from its work. Where an entry is set aside the server stays ready and says so.
    """
    engine = request.app[ENGINE]
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
        body["seal"] = str(alarm)
    if doubt:
        body["clock"] = doubt
    if engine.writer.displaced:
        body["displaced"] = str(engine.writer.displaced)
    if workers:
        body["workers"] = workers
    if aside := engine.follower.set_aside_positions():
        body["set_aside"] = aside
    return json(body, status=200 if ready else 503)
