"""Which parameters each route takes in its query. Another one, or one said twice, is an error and never ignored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from api.http.query import unknown
from api.problems import Problem
from domain.nearest import UnknownWord

POINTS = "known valid fx* after"
TABLE = f"format raw where* {POINTS}"
SEALED = "size witnessed"

TAKES = {
    "GET /v1/events": "after limit type hub stream format",
    "GET /v1/events/live": "after",
    "GET /v1/streams/{stream}": "known valid after",
    "GET /v1/views/{view}": f"{TABLE} suppress",
    "GET /v1/indicators": "format raw",
    "GET /v1/indicators/{code}": f"{TABLE} by period suppress",
    "GET /v1/indicators/{code}/evidence": f"{TABLE} period {SEALED}",
    "GET /v1/diff": "a b",
    "GET /v1/export/evidence": f"{POINTS} indicator*",
    "GET /v1/checks": "known after",
    "GET /v1/checks/{period}": "known after",
    "GET /v1/checks/{period}/figures": "hub",
    "GET /v1/checks/{period}/late": "known after",
    "GET /v1/sample": "population seed size position",
    "GET /v1/editions/{period}/{number}": "format",
    "GET /v1/mirror/{table}": "position",
    "GET /v1/log/checkpoint": f"position {SEALED}",
    "GET /v1/log/proof": f"position event format from to {SEALED}",
    "GET /v1/persons/{person}": "purpose basis fields",
    "DELETE /v1/persons/{person}": "basis",
    "DELETE /v1/persons/{person}/consents": "purpose",
    "DELETE /v1/persons/{person}/holds": "law",
}
"""By method and path; a star marks what may be said several times. A route that is not here takes none."""


@web.middleware
async def only_known(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Raises Problem for a parameter that the route does not take, and for what no database can look up."""
    if "\0" in request.path or any("\0" in it for pair in request.query.items() for it in pair):
        raise Problem(400, "query.invalid", "no name and no value holds a NUL (U+0000, %00)")
    if (resource := request.match_info.route.resource) is not None:
        method = "GET" if request.method == "HEAD" else request.method
        check([name for name, _ in request.query.items()], TAKES.get(f"{method} {resource.canonical}", ""))
    return await handler(request)


def check(given: Iterable[str], takes: str) -> None:
    """Raises Problem unless a route that takes these (as in TAKES) may be asked with the given names."""
    several = {word.removesuffix("*"): word.endswith("*") for word in takes.split()}
    seen = set[str]()
    for name in given:
        if name not in several:
            error = UnknownWord(f"{name!r} is no parameter here", name, several)
            raise unknown(400, "query.unknown_parameter", error, parameters=sorted(several))
        if name in seen and not several[name]:
            raise Problem(400, "query.repeated_parameter", f"{name} is said once at most", parameter=name)
        seen.add(name)
