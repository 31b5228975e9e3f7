"""`/v1/tokens`: operators issue, list, rotate and revoke credentials."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from msgspec.structs import replace

from api import credentials
from api.body import read_json
from api.http.responses import json
from api.http.terms import idempotency_key
from api.http.work import answered_by, wait_preferred
from api.problems import Problem, without_envelope
from api.server.engine import ENGINE, Engine
from api.server.front import origin_of
from api.server.works import MadeAnswer
from domain.acts.credential import Credential, CredentialIssued, CredentialRotated, Scope
from domain.input_policy.characters import complaint
from domain.messages import reason, sentence
from domain.record import Refused
from journal.store.submission import Submission
from projections.mirror.asker import Asker

T = TypeVar("T", bound=msgspec.Struct)


class TokenRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked for: a hub's credential names its hub, an official's a scope; `person` is whose it is."""

    role: str
    hub: str | None = None
    label: str | None = None
    persons: str = "own"
    cross_border: bool = False
    scope: Scope | None = None
    expires_at: str | None = None
    person: str | None = None


class RotationRequest(msgspec.Struct, forbid_unknown_fields=True):
    expires_at: str | None = None


class IssuedToken(msgspec.Struct, omit_defaults=True):
    """The token is shown here and never again. `sign_in` opens pages with it, once. `unknown_hubs` are those that it
    names and the record does not have, each with the nearest that it has: not designated yet, or a slip of the pen."""

    id: str
    role: str
    hub: str | None
    token: str
    expires_at: datetime | None
    sign_in: str | None
    unknown_hubs: dict[str, list[str]] = {}


async def list_tokens(request: web.Request) -> web.Response:
    engine = request.app[ENGINE]
    used = engine.last_use.shown()
    return json(
        {"tokens": await asyncio.to_thread(credentials.list_credentials, engine.journal, engine.moment(), used)}
    )


async def issue_token(request: web.Request) -> web.Response:
    engine, wish = request.app[ENGINE], await _wish(request, TokenRequest)
    try:
        id_, token, act = credentials.issue_credential(
            engine.access.actor(request),
            **{name: getattr(wish, name) for name in wish.__struct_fields__},
            key=idempotency_key(request),
        )
    except msgspec.ValidationError as error:
        raise Problem(400, "token.wish").saying(complaint(error, TokenRequest)) from None
    except ValueError as error:
        raise Problem(400, "token.wish").saying(reason(error)) from None
    await _record(engine, act)
    unknown = await asyncio.to_thread(credentials.unknown_hubs, engine.journal, wish.hub, wish.scope)
    return _shown(IssuedToken(id_, wish.role, wish.hub, token, _expiry(act), _link(request, token), unknown))


async def rotate_token(request: web.Request) -> web.Response:
    """Gives a credential another token; the one before is invalid from then on."""
    engine, id_ = request.app[ENGINE], request.match_info["id"]
    wish = await _wish(request, RotationRequest)
    held = await _credential(engine, id_)
    try:
        token, act = credentials.rotate_credential(
            engine.access.actor(request), id_, held, wish.expires_at, idempotency_key(request)
        )
    except ValueError as error:
        raise Problem(400, "token.wish").saying(reason(error)) from None
    await _record(engine, act)
    assert held.issue
    it = held.issue
    return _shown(IssuedToken(id_, it.role, it.hub, token, _expiry(act), _link(request, token)))


async def revoke_token(request: web.Request) -> web.Response:
    engine, id_ = request.app[ENGINE], request.match_info["id"]
    await _credential(engine, id_)
    await _record(engine, credentials.revoke_credential(engine.access.actor(request), id_))
    return web.Response(status=204)


def _link(request: web.Request, token: str) -> str | None:
    """The link by which a person signs in once; none where an issuer knows people."""
    if request.app[ENGINE].issuer:
        return None
    code = request.app[ENGINE].access.sessions.link(token)
    return f"{origin_of(request)}/sign-in/once/{code}"


def _shown(it: IssuedToken) -> web.Response:
    return json(it, status=201, headers={"Cache-Control": "no-store"})


def _expiry(act: Submission) -> datetime | None:
    assert isinstance(act.fact, (CredentialIssued, CredentialRotated))
    return act.fact.expires_at


async def _wish(request: web.Request, type_: type[T]) -> T:
    """What a body asks for. Raises Problem."""
    try:
        return msgspec.json.decode(await read_json(request) or b"{}", type=type_)
    except msgspec.ValidationError as error:
        raise Problem(400, "token.wish").saying(complaint(error, type_)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "token.wish").saying(sentence("json.body", because=reason(error))) from None


async def _credential(engine: Engine, id_: str) -> Credential:
    """Raises Problem 404."""
    held = dict(await asyncio.to_thread(credentials.credentials_of, engine.journal)).get(id_)
    if held is None or held.issue is None:
        raise Problem(404, "token.none", id=id_)
    return held


async def rebuild_mirror(request: web.Request) -> web.StreamResponse:
    """Rebuilds the mirror while the old one keeps answering; requests meanwhile wait for the same rebuild."""
    engine = request.app[ENGINE]

    async def make(asker: Asker) -> MadeAnswer:
        def report(position: int) -> None:
            asker.on_progress("tables up to position", position, engine.journal.position)

        await asyncio.to_thread(engine.follower.rebuild, report)
        made = json({"position": engine.follower.position})
        assert isinstance(made.body, bytes)
        return MadeAnswer(dict(made.headers), made.body)

    work = engine.works.join("operator", request.path, make, to_be_fetched=True, again=True)
    return await answered_by(request, work, wait_preferred(request))


async def _record(engine: Engine, act: Submission) -> None:
    (outcome,) = await engine.record([act])
    if isinstance(outcome, Refused):
        if outcome.code == "identity.reused":
            await asyncio.to_thread(_check_issued, engine, act)
        raise without_envelope(outcome)


def _check_issued(engine: Engine, act: Submission) -> None:
    """Raises Problem where the same was asked for under the same key: its token was shown then, and is not kept."""
    for position in engine.journal.entries.known(act.digests).values():
        row = engine.journal.entry(position)
        if row and isinstance(act.fact, type(row.entry.fact)) and _undigested(row.entry.fact) == _undigested(act.fact):
            id_ = act.stream.partition(":")[2]
            raise Problem(409, "token.issued", id=id_, position=position)


def _undigested(fact: Any) -> Any:
    return replace(fact, digest="")
