"""`/v1/tokens`: operators issue, list and revoke credentials."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import web

from api import credentials
from api.body import read_body
from api.http.responses import json
from api.http.work import answered_by, wait_preferred
from api.problems import Problem
from api.server.engine import ENGINE, Engine
from api.server.works import MadeAnswer
from domain.input_policy.authority import Actor
from domain.input_policy.characters import without_values
from domain.record import Refused
from journal.store.submission import Submission
from projections.mirror.asker import Asker


class TokenRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked for: a hub's credential names its hub."""

    role: str
    hub: str | None = None
    label: str | None = None
    persons: str = "own"
    cross_border: bool = False


class IssuedToken(msgspec.Struct):
    """The token is shown here and never again."""

    id: str
    role: str
    hub: str | None
    token: str


def _operator(request: web.Request) -> tuple[Engine, Actor]:
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    if actor.role != "operator":
        raise Problem(403, "authority.role", "an operator issues, lists and revokes tokens", role=actor.role)
    return engine, actor


async def list_tokens(request: web.Request) -> web.Response:
    engine, _ = _operator(request)
    return json({"tokens": await asyncio.to_thread(credentials.list_credentials, engine.journal)})


async def issue_token(request: web.Request) -> web.Response:
    engine, actor = _operator(request)
    try:
        wish = msgspec.json.decode(await read_body(request), type=TokenRequest)
        id_, token, act = credentials.issue_credential(
            actor, wish.role, wish.hub, wish.label, wish.persons, wish.cross_border
        )
    except msgspec.ValidationError as error:
        raise Problem(400, "token.wish", without_values(error, TokenRequest)) from None
    except ValueError as error:
        raise Problem(400, "token.wish", str(error)) from None
    await _record(engine, act)
    return json(IssuedToken(id_, wish.role, wish.hub, token), status=201)


async def revoke_token(request: web.Request) -> web.Response:
    engine, actor = _operator(request)
    id_ = request.match_info["id"]
    if not any(it.id == id_ for it in await asyncio.to_thread(credentials.list_credentials, engine.journal)):
        raise Problem(404, "token.none", "no credential has this id", id=id_)
    await _record(engine, credentials.revoke_credential(actor, id_))
    return web.Response(status=204)


async def rebuild_mirror(request: web.Request) -> web.StreamResponse:
    """Makes the mirror anew while the old one keeps answering; who asks meanwhile waits for the same one."""
    engine, _ = _operator(request)

    async def make(asker: Asker) -> MadeAnswer:
        def told(position: int) -> None:
            asker.told("tables up to position", position, engine.journal.position)

        await asyncio.to_thread(engine.follower.rebuild, told)
        made = json({"position": engine.follower.position})
        assert isinstance(made.body, bytes)
        return MadeAnswer(dict(made.headers), made.body)

    work = engine.works.join("operator", request.path, make, to_be_fetched=True, again=True)
    return await answered_by(request, work, wait_preferred(request))


async def _record(engine: Engine, act: Submission) -> None:
    (outcome,) = await engine.record([act])
    if isinstance(outcome, Refused):
        raise outcome
