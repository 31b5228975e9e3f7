"""The pages of the server: who may see them, where each is, and how what goes wrong is shown."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from aiohttp import web

from api.accepting import PACKABLE, accepted
from api.problems import PROBLEM_PAGE, PROBLEM_TYPE, Problem, as_problem, retry_headers
from api.reads import catalogue
from api.server.engine import ENGINE, Engine
from api.server.sessions import Session, masked
from api.web import (
    access_log,
    committee,
    companies,
    compare,
    exchanges,
    half_year_checks,
    helpdesk,
    maps,
    network,
    overview,
    partners,
    places,
    projects,
    report,
    search,
    sign_in,
)
from api.web.kept_pages import KEPT, MARK, KeptPages, basis_of
from api.web.page import Page, check_language, preferred_language
from api.web.shown import environment, html_answer, page_answer, see_other, static_files
from api.web.sign_in import sign_in_address
from api.web.time_machine import time_control
from domain.input_policy.authority import Actor
from domain.words import PROBLEMS
from projections.mirror.asker import NotBuilt, ready_only

NO_PAGES = ("/livez", "/readyz", "/openapi.json")
"""Addresses that programs request, and no person opens."""

OF_PERSONS = web.ResponseKey("tells of single persons", bool)

Context = Mapping[str, Any]


class Place(NamedTuple):
    """A page: its path, the template that shows it, what it shows, and the parameters it takes besides its point. A
    `long` one waits for its turn among other long ones; a `kept` one is rendered again only when something that it is
    made of has changed: none that shows single persons is kept."""

    path: str
    template: str
    made: Callable[[Page], Context]
    takes: str = ""
    long: bool = False
    kept: bool = False

    @property
    def canonical(self) -> str:
        """The path as the router names it."""
        return re.sub(r"\{(\w+):.*\}", r"{\1}", self.path)


PLACES = (
    Place("/", "overview.html", overview.overview, "period", kept=True),
    Place("/hubs", "hubs.html", places.hubs, kept=True),
    Place("/hubs/{hub}", "hub.html", places.hub, "period", kept=True),
    Place("/indicators", "indicators.html", places.indicators, "period", kept=True),
    Place("/indicators/{code}", "indicator.html", places.indicator, "period where"),
    Place("/streams/{stream}", "stream.html", places.stream),
    Place("/entries/{position:[0-9]{1,18}}", "entry.html", places.entry),
    Place("/projects", "projects.html", projects.projects, "hub field status page"),
    Place("/exchanges", "exchanges.html", exchanges.exchanges, "hub direction field status page"),
    Place("/companies", "companies.html", companies.companies, "hub status page"),
    Place("/helpdesk", "helpdesk.html", helpdesk.helpdesk, "hub state page"),
    Place("/maps", "maps.html", maps.maps, "map"),
    Place("/network", "network.html", network.network, "page"),
    Place("/partners", "partners.html", partners.partners, "country kind page"),
    Place("/checks", "checks.html", half_year_checks.checks, "period"),
    Place("/checks/{period}", "checks.html", half_year_checks.checks),
    Place("/sessions", "sessions.html", committee.sessions),
    Place("/access-log", "access_log.html", access_log.access_log, "month before"),
    Place("/editions", "editions.html", places.editions, kept=True),
    Place("/compare", "compare.html", compare.compare, "a b code hub period", long=True),
    Place("/search", "search.html", search.search, "q"),
    Place("/irregularities", "irregularities.html", places.irregularities, "hub"),
)


def add_pages(app: web.Application) -> dict[str, str]:
    """Adds the pages to a server's application. Returns the parameters of each, by method and path."""
    app[PROBLEM_PAGE] = _problem_page
    app[KEPT] = KeptPages()
    app.add_routes([web.get(it.path, _handler(it)) for it in PLACES])
    app.add_routes(
        [
            web.get("/editions/{period}/{number:[0-9]{1,4}}", _report),
            web.get("/editions/{period}/{number:[0-9]{1,4}}.{format:xlsx|hwpx}", _edition_file),
            web.get("/helpdesk.ics", _deadlines),
            *sign_in.ROUTES,
            web.get("/static/{name}", _static),
        ]
    )
    return (
        {f"GET {it.canonical}": f"known valid lang {it.takes}" for it in PLACES}
        | sign_in.TAKES
        | {
            "GET /editions/{period}/{number}": "lang",
            "GET /editions/{period}/{number}.{format}": "lang",
            "GET /helpdesk.ics": "known valid lang hub",
            "GET /static/{name}": "v",
        }
    )


def _handler(place: Place) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        def make(page: Page) -> web.Response:
            answer = page_answer(_rendered(place.template, page, place.made(page)), page.language)
            answer[OF_PERSONS] = page.of_persons
            return answer

        return await _shown(request, make, long=place.long, kept=place.kept)

    return handler


async def _shown(
    request: web.Request, make: Callable[[Page], web.Response], *, long: bool = False, kept: bool = False
) -> web.Response:
    """The page for a signed-in reader; others are sent to sign in, and an error is a page too."""
    engine, pages = request.app[ENGINE], request.app[KEPT]
    try:
        session = engine.access.sessions.session(request)
        actor = engine.access.noted(engine.access.sessions.actor(request))
    except Problem:
        return see_other(sign_in_address(request))
    basis = basis_of(engine, request, actor) if kept else None
    if basis and (body := pages.get(basis)):
        return _of_session(page_answer(body.decode(), preferred_language(request)), session)
    page = Page(engine, request, actor, MARK)
    try:
        check_language(request)
        response = await _made(engine, request, actor, make, long=long)
        if basis and isinstance(response.body, bytes) and not response.get(OF_PERSONS):
            pages.keep(basis, response.body)
    except overview.Empty:
        response = await asyncio.to_thread(lambda: page_answer(_rendered("empty.html", page, {}), page.language))
    except Exception as error:
        response = await asyncio.to_thread(_refusal, page, as_problem(error))
    return _of_session(response, session)


async def _made(
    engine: Engine, request: web.Request, actor: Actor, make: Callable[[Page], web.Response], *, long: bool
) -> web.Response:
    """A page in its turn: one of the past waits among others of the past, unless all its tables are built."""

    def render() -> web.Response:
        return make(Page(engine, request, actor, MARK))

    turns = engine.long_reads if long else engine.wide_reads
    if not long and {"known", "valid"} & request.query.keys():
        with contextlib.suppress(NotBuilt):
            return await asyncio.to_thread(ready_only, render)
        turns = engine.past_reads
    return await turns.run(actor.means, lambda _: render(), request)


def _of_session(response: web.Response, session: Session) -> web.Response:
    """The same page with the proof of its reader's session."""
    if isinstance(response.body, bytes):
        response.body = response.body.replace(MARK.encode(), masked(session.proof).encode())
    return response


def _rendered(template: str, page: Page, context: Context, *, resolved: bool = True) -> str:
    time = time_control(page, resolved=resolved)
    return environment().get_template(template).render(page=page, role=page.actor.role, time=time, **context)


def _refusal(page: Page, it: Problem) -> web.Response:
    shown = page.of_a_point() if it.status in (400, 404, 422) else page
    about = _about(it, lambda word: _instead(shown, it, word), it.facts.get("parameter"))
    html = _rendered("refused.html", shown, about, resolved=False)
    return _with_retry(page_answer(html, page.language, status=it.status), it)


def _about(it: Problem, instead: Callable[[str], str | None] = lambda _: None, parameter: object = None) -> Context:
    """What a page says of a problem, in both languages where there are words for it: which `parameter` it is about, and
    the words that may have been meant, each with the address that has it `instead`."""
    near = it.facts.get("did_you_mean")
    return {
        "problem": it,
        "title": PROBLEMS.statuses.get(str(it.status), PROBLEMS.statuses["other"]),
        "said": PROBLEMS.codes.get(it.code),
        "parameter": PROBLEMS.parameters.get(str(parameter)),
        "near": [(word, instead(word)) for word in near] if isinstance(near, list) else (),
    }


NAMED_IN_PATH = {"hub.none": "hub", "indicator.none": "code", "check.none": "period"}
"""By the code of a problem, the part of the path, or the parameter, that names what does not exist."""


def _instead(page: Page, it: Problem, word: str) -> str | None:
    """The address of a page with another word in place of the wrong one; None where that place is not known."""
    name = it.facts.get("parameter") or NAMED_IN_PATH.get(it.code, "")
    if name in page.names:
        return page.link(f"{page.path.rpartition('/')[0]}/{word}")
    return page.here(**{str(name): word}) if name in page.query else None


def _problem_page(request: web.Request, it: Problem) -> web.Response | None:
    """A problem as a page, for a browser at an address outside the API; None for any other client."""
    if request.path.startswith(("/v1/", "/static/")) or request.path in NO_PAGES or not _wants_page(request):
        return None
    language = preferred_language(request)
    template = environment().get_template("problem.html")
    return _with_retry(html_answer(template.render(language=language, **_about(it)), language, it.status), it)


def _with_retry(response: web.Response, it: Problem) -> web.Response:
    """A page of a problem that says when to ask again."""
    response.headers.update(retry_headers(it))
    return response


def _wants_page(request: web.Request) -> bool:
    """Whether what `Accept` names first of all is a page, as browsers do."""
    wanted = accepted(request, "Accept")
    page = wanted.get("text/html", 0.0)
    return page > 0 and page >= max((wanted.get(it, 0.0) for it in ("application/json", PROBLEM_TYPE)), default=0.0)


async def _report(request: web.Request) -> web.Response:
    """The report of an edition."""
    return await _shown(request, report.report)


async def _edition_file(request: web.Request) -> web.Response:
    """An edition as a spreadsheet, or its first page as a document."""

    def make(page: Page) -> web.Response:
        format_ = page.names["format"]
        language = [("lang", page.language)] if format_ == "hwpx" else []
        file = page.file(catalogue.EDITION, dict(page.names), ("format", format_), *language)
        headers = {"Content-Type": file.type, "Cache-Control": "no-store", **file.headers}
        return web.Response(body=file.body, headers=headers)

    return await _shown(request, make)


async def _deadlines(request: web.Request) -> web.Response:
    """The deadlines of helpdesk clocks, as a file for a calendar."""

    def make(page: Page) -> web.Response:
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="sagwan-helpdesk.ics"',
            "Content-Language": page.language,
        }
        return web.Response(
            body=helpdesk.deadlines_file(page), content_type="text/calendar", charset="utf-8", headers=headers
        )

    return await _shown(request, make)


async def _static(request: web.Request) -> web.Response:
    """A file of ours; under its digest it is the same for ever."""
    found = static_files().get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    body, type_, digest = found
    lasting = request.query.get("v") == digest
    kept = "public, max-age=31536000, immutable" if lasting else "no-cache"
    response = web.Response(body=body, headers={"Content-Type": type_, "Cache-Control": kept, "ETag": f'"{digest}"'})
    response[PACKABLE] = True
    return response
