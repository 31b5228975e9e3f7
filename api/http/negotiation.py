"""Which format an answer has: by `?format=`, else by `Accept` (RFC 9110 12.5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

from aiohttp import web

from api.accepting import accepted
from api.problems import Problem, unknown_word
from domain.nearest import UnknownWord


def negotiate_format(request: web.Request, there: Mapping[str, str]) -> str:
    """The format asked for, of those available, each with its content type; the first where none is asked for.

    Raises Problem naming those available.
    """
    if (asked := request.query.get("format")) is not None:
        if asked not in there:
            error = UnknownWord("format", asked, there)
            raise unknown_word(400, "query.invalid", error, parameter="format", formats=list(there))
        return asked
    ranges = accepted(request, "Accept")
    best = max(there, key=lambda name: _quality(ranges, there[name]))
    if ranges and _quality(ranges, there[best])[0] == 0:
        types = [type_.partition(";")[0] for type_ in there.values()]
        raise Problem(406, "http.accept", types=types)
    return best


def _quality(ranges: Mapping[str, float], type_: str) -> tuple[float, int]:
    """How much a type is wanted, and by how close a name."""
    plain = type_.partition(";")[0]
    names = ("*/*", f"{plain.partition('/')[0]}/*", plain)
    return max(((ranges[name], n) for n, name in enumerate(names) if name in ranges), key=itemgetter(1), default=(0, 0))
