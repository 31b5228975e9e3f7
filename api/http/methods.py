"""OPTIONS on every path, and of the server as a whole: which methods are taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

WHOLE_SERVER = "*"
"""In place of a path (RFC 9110 9.3.7)."""


@web.middleware
def answer_options(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> Awaitable[web.StreamResponse]:
    """204 with `Allow`, without a token: it says nothing but what the documentation says."""
    return handler(request) if request.method != "OPTIONS" else _options(request, handler)


async def _options(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if request.raw_path == WHOLE_SERVER:
        return _allowed(it.method for it in request.app.router.routes())
    if isinstance(refused := request.match_info.http_exception, web.HTTPMethodNotAllowed):
        return _allowed(refused.allowed_methods)
    return await handler(request)


def _allowed(methods: Iterable[str]) -> web.Response:
    return web.Response(status=204, headers={"Allow": ", ".join(sorted({*methods, "OPTIONS"}))})
