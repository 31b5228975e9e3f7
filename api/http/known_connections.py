"""Which connections are known: those that sent a request with a live token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from api.connections import Connection
from api.problems import Problem
from api.server.engine import ENGINE


@web.middleware
async def track_connection(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Notifies the connection that its request is there, whether its token is live, and when it is answered."""
    connection = request.protocol
    if not isinstance(connection, Connection):
        return await handler(request)
    connection.begun()
    try:
        request.app[ENGINE].access.actor(request)
    except Problem:
        pass
    else:
        connection.recognised()
    try:
        return await handler(request)
    finally:
        connection.over()
