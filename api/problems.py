"""Every refusal as `application/problem+json` (RFC 9457): one table from exceptions to answers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec
from aiohttp import web

from api.accepting import language_of
from domain.messages import Message, sentences, unlisted
from domain.nearest import BoundedComparisons, UnknownWord
from domain.phrase import Phrase
from domain.record import Refused
from journal.evidence.file_store import DiskFull
from journal.log.sealer import NotAsSigned
from journal.store.failures import of_the_database, of_the_disk
from journal.store.journal import UnreadEntry
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
    "record.unread": 503,
}
"""HTTP status of a refusal by its code or the code's first word; any other is 422."""
MESSAGES: dict[type[Message], int] = {
    Overloaded: 503,
    ClockJumped: 503,
    Displaced: 503,
    Unready: 503,
    NoRates: 404,
    NoEdition: 404,
    NotAsPublished: 409,
    UnknownVersion: 409,
    TooLarge: 422,
    NoWriter: 501,
    NotAsSigned: 503,
}
"""HTTP status of what the record, its tables and editions say themselves."""

MENDED_BY_HAND = frozenset(
    {"record.not_as_signed", "record.displaced", "record.disk_full", "seal.not_as_signed", "seal.no_key"}
    | {"clock.jumped", "vault.behind", "record.unread"}
)
"""What waiting does not mend: it is answered without Retry-After."""

PROBLEM_TYPE = "application/problem+json"


class Problem(Message):
    """An answer that is no success. Its sentence says what, where and how to mend it; `headers` are sent with it."""

    headers: Mapping[str, str] = {}

    def __init__(self, status: int, code: str, which: str = "", /, **facts: object) -> None:
        super().__init__(code, which, **facts)
        self.status = status


def unknown_word(status: int, code: str, error: UnknownWord, **facts: object) -> Problem:
    """A problem for an unknown word, with the nearest known ones."""
    return Problem(status, code, **({"did_you_mean": error.near} if error.near else {}), **facts).saying(error.phrase)


def without_envelope(refused: Refused) -> Refused:
    """A refusal for a request whose body is the act itself: its paths have no `data` around the fields."""
    words = Phrase(*(it.replace("$.data.", "$.") for it in refused.phrase))
    path = {"path": str(refused.facts["path"]).replace("$.data.", "$.")} if "path" in refused.facts else {}
    return Refused(refused.code, **refused.facts | path).saying(words)


def position_ahead(position: int, last: int) -> Problem:
    """A position behind the end of the record."""
    return Problem(422, "position.ahead", position=position, last=last)


def as_problem(error: Exception) -> Problem:
    """What to answer for an exception."""
    match error:
        case Problem():
            return error
        case Refused(code=code, facts=facts):
            status = STATUS.get(code) or STATUS.get(code.partition(".")[0], 422)
            return Problem(status, code, **facts).saying(error.phrase)
        case NotTaken(full=True):
            return Problem(507, "record.disk_full", "written")
        case NotTaken():
            return Problem(503, "record.unavailable", "written")
        case UnreadEntry(facts=facts):
            log.critical("%s", error)
            return Problem(503, "record.unread", "asked", position=facts["position"])
        case DiskFull():
            return Problem(507, "evidence.disk_full")
        case Message() if known := _status(error):
            return Problem(known, error.code, **error.facts).saying(error.phrase)
        case web.HTTPRequestEntityTooLarge():
            return Problem(413, "body.too_large", "limit")
        case web.HTTPMethodNotAllowed(allowed_methods=allowed):
            return Problem(405, "http.method", allow=sorted({*allowed, "OPTIONS"}))
        case web.HTTPException(status=status):
            said = unlisted(error.reason or error.__class__.__name__)
            return Problem(status, f"http.{status}").saying(sentences().get(f"http.{status}", said))
        case _ if of_the_database(error):
            log.error("the database did not answer: %s", failure_reason(error))
            if of_the_disk(error):
                return Problem(507, "record.disk_full", "read")
            return Problem(503, "record.unavailable", "read")
        case _:
            log.exception("unexpected", exc_info=error)
            return Problem(500, "internal")


def passes_by_itself(error: Message) -> bool:
    """Whether it holds only for now, and nobody has to mend anything."""
    status = error.status if isinstance(error, Problem) else _status(error)
    return status == 503 and error.code not in MENDED_BY_HAND


def _status(error: Message) -> int | None:
    if isinstance(error, NotAsSigned):
        log.critical("%s", error)
    return next((status for type_, status in MESSAGES.items() if isinstance(error, type_)), None)


def problem_body(it: Problem, language: str, instance: str | None = None) -> dict[str, Any]:
    """The members of a problem, as JSON values, in a language."""
    members: dict[str, Any] = {
        "type": f"urn:sagwan:problem:{it.code}",
        "title": sentences().get(f"title/{it.status}", sentences()["title"]).said(language),
        "status": it.status,
        "detail": it.phrase.said(language),
        "code": it.code,
    }
    if instance is not None:
        members["instance"] = instance
    return members | ({"facts": it.facts} if it.facts else {})


def in_language(language: str) -> dict[str, str]:
    """What an answer says that has sentences in one of several languages."""
    return {"Content-Language": language, "Vary": "Accept-Language"}


def retry_headers(it: Problem) -> dict[str, str]:
    """After how many seconds to ask again, where waiting mends it."""
    waits = it.status == 429 or (it.status in (503, 507) and it.code not in MENDED_BY_HAND)
    return {"Retry-After": str(it.facts.get("retry_after", 2))} if waits else {}


def problem_response(it: Problem, language: str, instance: str) -> web.Response:
    headers = {**it.headers} | in_language(language) | retry_headers(it)
    if it.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if it.status == 405:
        headers["Allow"] = ", ".join(it.facts["allow"])  # type: ignore[arg-type]
    return web.Response(
        status=it.status,
        body=msgspec.json.encode(problem_body(it, language, instance), enc_hook=str),
        content_type=PROBLEM_TYPE,
        headers=headers,
    )


def set_safe_headers(headers: MutableMapping[str, str]) -> None:
    """What every answer says to a browser: it is what it says it is, and no other site learns where it was read.

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
"""What shows a problem to a person, where an application has pages; it answers None for any other client."""

PROBLEM_COUNT: web.AppKey[Callable[[str], None]] = web.AppKey("count of problems")
"""What is called with the code of every problem that an application answers."""


@web.middleware
async def problem_middleware(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        with BoundedComparisons():
            return await handler(request)
    except Exception as error:
        it = as_problem(error)
        if PROBLEM_COUNT in request.app:
            request.app[PROBLEM_COUNT](it.code)
        shown = request.app[PROBLEM_PAGE](request, it) if PROBLEM_PAGE in request.app else None
        return shown or problem_response(it, language_of(request), request.path)
