"""OPTIONS on every path: which methods it takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web


@web.middleware
async def answer_options(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """204 with `Allow`, without a token: it says nothing but what the documentation says."""
    refused = request.match_info.http_exception
    if request.method == "OPTIONS" and isinstance(refused, web.HTTPMethodNotAllowed):
        return web.Response(status=204, headers={"Allow": ", ".join(sorted({*refused.allowed_methods, "OPTIONS"}))})
    return await handler(request)
