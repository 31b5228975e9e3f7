"""Every refusal as `application/problem+json` (RFC 9457): one table from exceptions to answers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec
from aiohttp import web

from domain.nearest import UnknownWord, bounded_comparisons
from domain.record import Refused
from journal.evidence.file_store import DiskFull
from journal.log.sealer import NotAsSigned
from journal.store.failures import of_the_database, of_the_disk
from journal.store.recorder import Displaced
from journal.store.writer import NotTaken, Overloaded
from journal.supervision import failure_reason
from journal.trusted_clock import ClockJumped
from projections.mirror.follower import Unready
from replay.as_of import NoRates
from replay.editions.editions import NoEdition, NotAsPublished
from replay.editions.period_figures import UnknownVersion
from replay.report.table_sheet import TooLarge
from replay.report.workbook import NoWriter

log = logging.getLogger("sagwan.api")

STATUS = {
    "event.invalid": 400,
    "text": 400,
    "identity.too_long": 400,
    "event.too_large": 413,
    "authority": 403,
    "hub.unknown": 403,
    "evidence.retained": 409,
    "evidence.destroyed": 409,
    "person.held": 409,
    "person.erased": 410,
    "stream.version": 412,
}
"""HTTP status of a refusal by its code or the code's first word; any other is 422."""

MENDED_BY_HAND = frozenset(
    {"record.not_as_signed", "record.displaced", "record.disk_full", "seal.not_as_signed", "seal.no_key"}
    | {"clock.jumped", "vault.behind"}
)
"""What no waiting mends: it is told without Retry-After."""

TITLES = {
    400: "Invalid request",
    401: "No valid token",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    408: "Request timeout",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Content too large",
    415: "Unsupported media type",
    417: "Expectation failed",
    422: "Refused",
    429: "Too many requests",
    431: "Header line too long",
    500: "Internal error",
    501: "Not installed",
    503: "Unavailable",
    507: "Disk full",
}


PROBLEM_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that is no success. `detail` says what, where and how to mend it; `headers` are told besides."""

    headers: Mapping[str, str] = {}

    def __init__(self, status: int, code: str, detail: str, /, **facts: object) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.facts = facts


def unknown_word(status: int, code: str, error: UnknownWord, **facts: object) -> Problem:
    """A word that nobody knows, with the nearest that there are."""
    return Problem(status, code, str(error), **({"did_you_mean": error.near} if error.near else {}), **facts)


def position_ahead(position: int, last: int) -> Problem:
    """A position behind the end of the record."""
    detail = f"the record is not that long yet: it ends at position {last}"
    return Problem(422, "position.ahead", detail, position=position, last=last)


def as_problem(error: Exception) -> Problem:
    """What to answer for an exception."""
    match error:
        case Problem():
            return error
        case Refused(code=code, facts=facts):
            status = STATUS.get(code) or STATUS.get(code.partition(".")[0], 422)
            return Problem(status, code, str(error), **facts)
        case Overloaded():
            return Problem(503, "record.overloaded", str(error))
        case NotTaken(full=full):
            return Problem(
                507 if full else 503,
                "record.disk_full" if full else "record.unavailable",
                "the database did not take it; post the same again later, its identity keeps it from counting twice",
            )
        case DiskFull():
            return Problem(507, "evidence.disk_full", "there is no room for the file on the disk; send it again later")
        case ClockJumped():
            return Problem(503, "clock.jumped", str(error))
        case Displaced():
            return Problem(503, "record.displaced", str(error))
        case Unready():
            return Problem(503, "mirror.unready", str(error))
        case NoRates(sets=sets):
            return Problem(404, "fx.none", str(error), newest=sets)
        case NoEdition():
            return Problem(404, "edition.none", str(error))
        case NotAsPublished(facts=facts):
            return Problem(409, "edition.not_as_published", str(error), **facts)
        case UnknownVersion():
            return Problem(409, "indicator.unknown_version", str(error))
        case TooLarge():
            return Problem(422, "format.too_large", str(error))
        case NoWriter():
            return Problem(501, "edition.no_writer", str(error))
        case NotAsSigned(position=position):
            log.critical("%s", error)
            return Problem(503, "seal.not_as_signed", str(error), **({"position": position} if position else {}))
        case web.HTTPRequestEntityTooLarge():
            return Problem(413, "body.too_large", "the body is over the limit; post smaller batches")
        case web.HTTPMethodNotAllowed(allowed_methods=allowed):
            return Problem(405, "http.method", "this path takes other methods", allow=sorted({*allowed, "OPTIONS"}))
        case web.HTTPException(status=status):
            return Problem(status, f"http.{status}", error.reason or error.__class__.__name__)
        case _ if of_the_database(error):
            log.error("the database did not answer: %s", failure_reason(error))
            if of_the_disk(error):
                return Problem(507, "record.disk_full", "there is no room for it on the disk; ask again when there is")
            return Problem(503, "record.unavailable", "the database does not answer; ask again in a moment")
        case _:
            log.exception("unexpected", exc_info=error)
            return Problem(500, "internal", "something broke here; nothing that was answered 201 is lost")


def problem_body(it: Problem, instance: str | None = None) -> dict[str, Any]:
    """The members of a problem, as JSON values."""
    members: dict[str, Any] = {
        "type": f"urn:sagwan:problem:{it.code}",
        "title": TITLES.get(it.status, "Refused"),
        "status": it.status,
        "detail": str(it),
        "code": it.code,
    }
    if instance is not None:
        members["instance"] = instance
    return members | ({"facts": it.facts} if it.facts else {})


def problem_response(it: Problem, instance: str) -> web.Response:
    headers = {**it.headers}
    if it.status == 429 or (it.status in (503, 507) and it.code not in MENDED_BY_HAND):
        headers["Retry-After"] = str(it.facts.get("retry_after", 2))
    if it.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if it.status == 405:
        headers["Allow"] = ", ".join(it.facts["allow"])  # type: ignore[arg-type]
    return web.Response(
        status=it.status,
        body=msgspec.json.encode(problem_body(it, instance), enc_hook=str),
        content_type=PROBLEM_TYPE,
        headers=headers,
    )


def set_safe_headers(headers: MutableMapping[str, str]) -> None:
    """What every answer says to a browser: it is what it says it is, and tells no other site where it was read.

    A page may carry its own styles, by their digest, and nothing else (`edition_formats.content_security_policy`).
    """
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


async def prepare_safe(_: web.Request, answer: web.StreamResponse) -> None:
    """`set_safe_headers`, for every answer that an application prepares."""
    set_safe_headers(answer.headers)


ShowProblem = Callable[[web.Request, Problem], web.Response | None]
PROBLEM_PAGE: web.AppKey[ShowProblem] = web.AppKey("page of a problem")
"""What shows a problem to a person, where an application has pages; it answers None for who is no browser."""

PROBLEM_COUNT: web.AppKey[Callable[[str], None]] = web.AppKey("count of problems")
"""What is told the code of every problem that an application answers."""


@web.middleware
async def problem_middleware(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        with bounded_comparisons():
            return await handler(request)
    except Exception as error:
        it = as_problem(error)
        if PROBLEM_COUNT in request.app:
            request.app[PROBLEM_COUNT](it.code)
        shown = request.app[PROBLEM_PAGE](request, it) if PROBLEM_PAGE in request.app else None
        return shown or problem_response(it, request.path)
