"""Which parameters each route takes in its query, and which conditions in its headers.

Another one, or one given twice, is an error and never ignored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from api.http.routes import ROUTES
from api.http.terms import KEY, MATCH, NONE_MATCH, UNMODIFIED
from api.problems import Problem
from api.reads import catalogue
from api.reads.asked import check_parameter_names

TAKES = {f"GET {it.path}": it.takes for it in catalogue.ALL if it.takes} | {
    f"{it.method} {it.path}": it.takes for it in ROUTES if it.takes
}
"""By method and path; a star marks what may be given several times. A route that is not here takes none."""

TERMS = {f"{it.method} {it.path}": it.terms for it in ROUTES if it.terms}
"""By method and path the conditions that a route goes by; one that is not here goes by none."""

MORE = web.AppKey("more parameters", dict[str, str])
"""The same of routes that were added to an application."""


@web.middleware
def check_parameters(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> Awaitable[web.StreamResponse]:
    """Raises Problem for a parameter that the route does not take, and for what no database can look up."""
    given = request.query.items() if request.query_string else ()
    if "\0" in request.path or any("\0" in it for pair in given for it in pair):
        raise Problem(400, "query.invalid", "nul")
    headers, method = request.headers, "GET" if request.method == "HEAD" else request.method
    terms = KEY in headers or MATCH in headers or UNMODIFIED in headers or (NONE_MATCH in headers and method != "GET")
    if (given or terms) and (resource := request.match_info.route.resource) is not None:
        route = f"{method} {resource.canonical}"
        takes = TAKES.get(route) or request.app[MORE].get(route, "")
        check_parameter_names([name for name, _ in given], takes)
        if terms:
            _check_terms(request, TERMS.get(route, ""))
    return handler(request)


def _check_terms(request: web.Request, taken: str) -> None:
    """Raises Problem for a condition that a route does not apply: nobody is to believe that it did."""
    for name in (KEY, MATCH, UNMODIFIED, *(() if request.method in ("GET", "HEAD") else (NONE_MATCH,))):
        if name in request.headers and name not in taken.split():
            raise Problem(400, "http.condition", header=name)
