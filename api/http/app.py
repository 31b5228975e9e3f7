"""The application of the server: its middlewares, and every route."""

from __future__ import annotations

from aiohttp import web

from api.body import MOST_BODY_BYTES
from api.http.bearers import know_bearer
from api.http.contract import CONTRACT
from api.http.downloads import SENDING
from api.http.known_connections import track_connection
from api.http.methods import answer_options
from api.http.metrics import count_answers
from api.http.openapi.document import contract
from api.http.packing import pack_answer
from api.http.parameters import MORE, check_parameters
from api.http.read_routes import route
from api.http.routes import ROUTES
from api.problems import PROBLEM_COUNT, prepare_safe, problem_middleware
from api.reads import catalogue
from api.server.engine import ENGINE, Engine
from api.server.front import FRONT, Front, allow_sites, believe_proxy


def application(engine: Engine, front: Front | None = None) -> web.Application:
    front = front or Front()
    app = web.Application(
        middlewares=[
            *(count_answers, track_connection, problem_middleware),
            *([believe_proxy] if front.proxies else []),
            *([know_bearer] if engine.issuer else []),
            *(answer_options, pack_answer, check_parameters),
        ],
        client_max_size=MOST_BODY_BYTES,
    )
    app.on_response_prepare.append(prepare_safe)
    if front.sites:
        app.on_response_prepare.append(allow_sites)
    app[ENGINE] = engine
    app[FRONT] = front
    app[MORE], app[SENDING] = {}, []
    app[CONTRACT] = contract
    app.on_response_prepare.append(_note_flaws)
    # By path: each path is matched once, fixed words before what may be any.
    definitions = [*map(route, catalogue.ALL), *(it.definition for it in ROUTES)]
    definitions.sort(key=lambda it: it.path)
    app.add_routes(definitions)
    app[PROBLEM_COUNT] = engine.metrics.problem
    return app


async def _note_flaws(request: web.Request, response: web.StreamResponse) -> None:
    """Reports with every answer which entries are in none of the tables as of its position, and from which position
    on, or somewhere (`*`), the record is not the one that was signed."""
    if not request.path.startswith("/v1/") or response.status == 304:
        return
    engine, at = request.app[ENGINE], response.headers.get("Sagwan-Position")
    if aside := engine.follower.set_aside_positions(int(at) if at else None):
        response.headers["Sagwan-Set-Aside"] = ", ".join(map(str, aside))
    if alarm := engine.sealer.alarm:
        response.headers["Sagwan-Not-As-Signed"] = str(alarm.position or "*")
