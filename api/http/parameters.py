"""Which parameters each route takes in its query. Another one, or one said twice, is an error and never ignored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from api.http.routes import ROUTES
from api.problems import Problem
from api.reads import catalogue
from api.reads.asked import check_parameter_names

TAKES = {f"GET {it.path}": it.takes for it in catalogue.ALL if it.takes} | {
    f"{it.method} {it.path}": it.takes for it in ROUTES if it.takes
}
"""By method and path; a star marks what may be said several times. A route that is not here takes none."""

MORE = web.AppKey("more parameters", dict[str, str])
"""The same of routes that were added to an application."""


@web.middleware
async def check_parameters(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Raises Problem for a parameter that the route does not take, and for what no database can look up."""
    if "\0" in request.path or any("\0" in it for pair in request.query.items() for it in pair):
        raise Problem(400, "query.invalid", "nul")
    if (resource := request.match_info.route.resource) is not None:
        method = "GET" if request.method == "HEAD" else request.method
        route = f"{method} {resource.canonical}"
        takes = TAKES.get(route) or request.app[MORE].get(route, "")
        check_parameter_names([name for name, _ in request.query.items()], takes)
    return await handler(request)
