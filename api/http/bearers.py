"""Tokens of an issuer that programs and people send to `/v1`: checked once, and known until they end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from api.problems import Problem
from api.server.access import Holder
from api.server.engine import ENGINE
from api.server.issuer import NoToken
from api.server.signed_in import person_acting
from domain.messages import reason

LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
"""A later end, as of an issuer that counts milliseconds, is cut to this: no clock can show more."""


@web.middleware
async def know_bearer(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Raises Problem 401 for a token that this issuer did not make for us, 403 for one that grants nothing."""
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    engine = request.app[ENGINE]
    issuer = engine.issuer
    if issuer is None or scheme.lower() != "bearer" or token.count(".") != 2:
        return await handler(request)
    audience = issuer.grants.audience
    if audience is not None and not engine.access.knows(header):
        try:
            claims = await issuer.claims(token, audience)
        except NoToken as error:
            raise Problem(401, "token.invalid", "issuer", issuer=issuer.grants.issuer, because=reason(error)) from None
        actor = await person_acting(engine, issuer.grants, claims)
        engine.access.remember(header, Holder(actor, datetime.fromtimestamp(min(claims["exp"], LATEST), UTC)))
    return await handler(request)
