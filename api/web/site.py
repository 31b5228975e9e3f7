"""The pages of the server: who may see them, where each is, and how what goes wrong is shown."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from aiohttp import web

from api.accepting import accepted
from api.problems import PROBLEM_PAGE, PROBLEM_TYPE, Problem, as_problem
from api.reads import catalogue
from api.server.engine import ENGINE
from api.web import (
    access_log,
    committee,
    companies,
    exchanges,
    half_year_checks,
    helpdesk,
    maps,
    network,
    overview,
    partners,
    places,
    projects,
    sign_in,
)
from api.web.page import Page, check_language, preferred_language
from api.web.shown import environment, html_answer, see_other, static_files
from api.web.sign_in import BEGUN, sign_in_address
from domain.words import PROBLEMS

NO_PAGES = ("/livez", "/readyz")
"""Addresses that programs ask, and no person looks at."""

Context = Mapping[str, Any]


class Place(NamedTuple):
    """A page: its path, the template that shows it, what it shows, and the parameters it takes beside its point."""

    path: str
    template: str
    made: Callable[[Page], Context]
    takes: str = ""

    @property
    def canonical(self) -> str:
        """The path as the router names it."""
        return re.sub(r"\{(\w+):.*\}", r"{\1}", self.path)


PLACES = (
    Place("/", "overview.html", overview.overview, "period"),
    Place("/hubs", "hubs.html", places.hubs),
    Place("/hubs/{hub}", "hub.html", places.hub, "period"),
    Place("/indicators", "indicators.html", places.indicators, "period"),
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
    Place("/sessions", "sessions.html", committee.sessions),
    Place("/access-log", "access_log.html", access_log.access_log, "month before"),
    Place("/editions", "editions.html", places.editions),
    Place("/irregularities", "irregularities.html", places.irregularities),
)


def add_pages(app: web.Application) -> dict[str, str]:
    """Adds the pages to a server's application; the parameters that each takes, by method and path."""
    app[PROBLEM_PAGE] = _problem_page
    app[BEGUN] = OrderedDict()
    app.add_routes([web.get(it.path, _handler(it)) for it in PLACES])
    app.add_routes(
        [
            web.get("/editions/{period}/{number:[0-9]{1,4}}", _report),
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
            "GET /helpdesk.ics": "known valid lang hub",
            "GET /static/{name}": "v",
        }
    )


def _handler(place: Place) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await _shown(
            request, lambda page: html_answer(_rendered(place.template, page, place.made(page)), page.language)
        )

    return handler


async def _shown(request: web.Request, make: Callable[[Page], web.Response]) -> web.Response:
    """What is made for who has signed in; others are led to do so, and what goes wrong is a page too."""
    engine = request.app[ENGINE]
    try:
        session = engine.access.sessions.session(request)
        actor = engine.access.noted(engine.access.sessions.actor(request))
    except Problem:
        return see_other(sign_in_address(request))
    page = Page(engine, request, actor, session.proof)
    try:
        check_language(request)
        return await engine.wide_reads.run(actor.means, lambda _: make(page), request)
    except overview.Empty:
        return html_answer(_rendered("empty.html", page, {}), page.language)
    except Exception as error:
        return _refusal(page, as_problem(error))


def _rendered(template: str, page: Page, context: Context) -> str:
    return environment().get_template(template).render(page=page, role=page.actor.role, **context)


def _refusal(page: Page, it: Problem) -> web.Response:
    return html_answer(_rendered("refused.html", page, _about(it)), page.language, it.status)


def _about(it: Problem) -> Context:
    """What a page says of a problem, in words of both languages where there are any."""
    title = PROBLEMS.statuses.get(str(it.status), PROBLEMS.statuses["other"])
    return {
        "problem": it,
        "title": title,
        "said": PROBLEMS.codes.get(it.code),
        "near": it.facts.get("did_you_mean", ()),
    }


def _problem_page(request: web.Request, it: Problem) -> web.Response | None:
    """A problem as a page, for a browser at an address that is none of the interface; None for anybody else."""
    if request.path.startswith(("/v1/", "/static/")) or request.path in NO_PAGES or not _wants_page(request):
        return None
    language = preferred_language(request)
    template = environment().get_template("problem.html")
    return html_answer(template.render(language=language, **_about(it)), language, it.status)


def _wants_page(request: web.Request) -> bool:
    """Whether what `Accept` names first of all is a page, as browsers do."""
    wanted = accepted(request, "Accept")
    page = wanted.get("text/html", 0.0)
    return page > 0 and page >= max((wanted.get(it, 0.0) for it in ("application/json", PROBLEM_TYPE)), default=0.0)


async def _report(request: web.Request) -> web.Response:
    """The report of an edition, as `/v1/editions` makes it."""

    def make(page: Page) -> web.Response:
        file = page.file(catalogue.EDITION, dict(page.names), ("format", "html"), ("lang", page.language))
        return web.Response(
            body=file.body, headers={"Content-Type": file.type, "Cache-Control": "no-store", **file.headers}
        )

    return await _shown(request, make)


async def _deadlines(request: web.Request) -> web.Response:
    """What clocks of the helpdesk are to end by, for a calendar."""

    def make(page: Page) -> web.Response:
        headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="sagwan-helpdesk.ics"'}
        return web.Response(text=helpdesk.deadlines_file(page), content_type="text/calendar", headers=headers)

    return await _shown(request, make)


async def _static(request: web.Request) -> web.Response:
    """A file of ours; under its digest it is the same for ever."""
    found = static_files().get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    body, type_, digest = found
    lasting = request.query.get("v") == digest
    kept = "public, max-age=31536000, immutable" if lasting else "no-cache"
    return web.Response(body=body, headers={"Content-Type": type_, "Cache-Control": kept, "ETag": f'"{digest}"'})
