"""The pages of the server: who may see them, where each is, and how what goes wrong is shown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.accepting import accepted
from api.body import read_body
from api.problems import PROBLEM_PAGE, PROBLEM_TYPE, Problem, as_problem
from api.reads import catalogue
from api.reads.asked import LANGUAGES
from api.server.engine import ENGINE
from api.web import overview, places
from api.web.numbers import absent, amount, changed, in_words, moment, plain
from api.web.page import Page, check_language, preferred_language
from api.web.sessions import COOKIE, HOURS, Sessions
from api.web.wording import money_in_words
from domain.words import PAGES, PROBLEMS, TERMS
from replay.report.content import half_year_name

HERE = Path(__file__).parent
STYLE = "sagwan.css"
SIGN_IN = "/sign-in"
FORM_TYPE = "application/x-www-form-urlencoded"
LONGEST_FORM = 8 * 1024
_OWN_PATH = re.compile(r"/([!-.0-[\]-~][!-~]*)?")
"""Of this host: neither `//` nor `/\\`, which lead to others, and nothing that ends a header."""
SESSIONS = web.AppKey("sessions", Sessions)

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What a browser lets pages do: styles and scripts in files of ours, forms to ourselves; nothing of other hosts."""

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
    Place("/editions", "editions.html", places.editions),
    Place("/irregularities", "irregularities.html", places.irregularities),
)


def add_pages(app: web.Application) -> dict[str, str]:
    """Adds the pages to a server's application; the parameters that each takes, by method and path."""
    app[SESSIONS] = Sessions(app[ENGINE].access)
    app[PROBLEM_PAGE] = _problem_page
    app.add_routes([web.get(it.path, _handler(it)) for it in PLACES])
    app.add_routes(
        [
            web.get("/editions/{period}/{number:[0-9]{1,4}}", _report),
            web.get(SIGN_IN, _show_sign_in),
            web.post(SIGN_IN, _sign_in),
            web.post("/sign-out", _sign_out),
            web.get("/static/{name}", _static),
        ]
    )
    return {f"GET {it.canonical}": f"known valid lang {it.takes}" for it in PLACES} | {
        f"GET {SIGN_IN}": "lang to",
        f"POST {SIGN_IN}": "lang to",
        "POST /sign-out": "lang",
        "GET /editions/{period}/{number}": "lang",
        "GET /static/{name}": "v",
    }


def _handler(place: Place) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await _shown(request, lambda page: _html(_rendered(place.template, page, place.made(page))))

    return handler


async def _shown(request: web.Request, make: Callable[[Page], web.Response]) -> web.Response:
    """What is made for who has signed in; others are led to do so, and what goes wrong is a page too."""
    engine = request.app[ENGINE]
    try:
        actor = request.app[SESSIONS].actor(request)
    except Problem:
        to = request.path_qs if request.path != "/" else None
        return _see(f"{SIGN_IN}?{urlencode({'to': to})}" if to else SIGN_IN)
    page = Page(engine, request, actor)
    try:
        check_language(request)
        return await engine.wide_reads.run(actor.id, lambda _: make(page), request)
    except overview.Empty:
        return _html(_rendered("empty.html", page, {}))
    except Exception as error:
        return _refusal(page, as_problem(error))


def _rendered(template: str, page: Page, context: Context) -> str:
    return _environment().get_template(template).render(page=page, role=page.actor.role, **context)


def _refusal(page: Page, it: Problem) -> web.Response:
    return _html(_rendered("refused.html", page, _about(it)), status=it.status)


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
    template = _environment().get_template("problem.html")
    return _html(template.render(language=language, **_about(it)), status=it.status)


def _wants_page(request: web.Request) -> bool:
    """Whether what `Accept` names first of all is a page, as browsers do."""
    wanted = accepted(request, "Accept")
    page = wanted.get("text/html", 0.0)
    return page > 0 and page >= max((wanted.get(it, 0.0) for it in ("application/json", PROBLEM_TYPE)), default=0.0)


def _html(body: str, status: int = 200) -> web.Response:
    """No page is kept by what lies between: it may tell of persons."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"}
    return web.Response(text=body, status=status, content_type="text/html", headers=headers)


async def _report(request: web.Request) -> web.Response:
    """The report of an edition, as `/v1/editions` makes it."""

    def make(page: Page) -> web.Response:
        file = page.file(catalogue.EDITION, dict(page.names), ("format", "html"), ("lang", page.language))
        return web.Response(
            body=file.body, headers={"Content-Type": file.type, "Cache-Control": "no-store", **file.headers}
        )

    return await _shown(request, make)


async def _show_sign_in(request: web.Request) -> web.Response:
    check_language(request)
    return _sign_in_page(request)


def _sign_in_page(request: web.Request, status: int = 200) -> web.Response:
    language = preferred_language(request)
    template = _environment().get_template("sign_in.html")
    html = template.render(language=language, wrong=status != 200, to=request.query.get("to", "/"))
    return _html(html, status)


async def _sign_in(request: web.Request) -> web.StreamResponse:
    _check_own_form(request)
    form = await _form(request)
    try:
        name = request.app[SESSIONS].begin(form.get("token", "").strip())
    except Problem:
        return _sign_in_page(request, status=401)
    response = _see(_own_path(form.get("to", "/")))
    response.set_cookie(
        COOKIE, name, max_age=HOURS * 3600, httponly=True, samesite="Strict", secure=request.secure, path="/"
    )
    return response


async def _sign_out(request: web.Request) -> web.StreamResponse:
    _check_own_form(request)
    request.app[SESSIONS].end(request)
    response = _see(SIGN_IN)
    response.del_cookie(COOKIE, path="/")
    return response


def _see(path: str) -> web.Response:
    """Leads a browser elsewhere on this site."""
    return web.Response(status=303, headers={"Location": path})


def _check_own_form(request: web.Request) -> None:
    """Raises Problem 403 for a form that another site sent: a browser says where it stood."""
    told = request.headers.get("Sec-Fetch-Site") or (
        "same-origin" if request.headers.get("Origin") in (None, str(request.url.origin())) else "cross-site"
    )
    if told not in ("same-origin", "none"):
        raise Problem(403, "session.foreign", "this form was sent from another site")


async def _form(request: web.Request) -> dict[str, str]:
    """What a form of ours says, each field once. Raises Problem for what no browser sends of it."""
    if request.content_type != FORM_TYPE:
        raise Problem(415, "form.type", f"this form is sent as {FORM_TYPE}")
    try:
        said = parse_qsl((await read_body(request, LONGEST_FORM)).decode(), max_num_fields=8, errors="strict")
    except ValueError:
        raise Problem(400, "form.invalid", "this form is sent in UTF-8, with few fields") from None
    return dict(said)


def _own_path(path: str) -> str:
    """Where to go after signing in: a path of this site, as it stands in a link, whatever was asked."""
    return path if _OWN_PATH.fullmatch(path) else "/"


async def _static(request: web.Request) -> web.Response:
    """A file of ours; under its digest it is the same for ever."""
    found = _files().get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    body, type_, digest = found
    lasting = request.query.get("v") == digest
    kept = "public, max-age=31536000, immutable" if lasting else "no-cache"
    return web.Response(body=body, headers={"Content-Type": type_, "Cache-Control": kept, "ETag": f'"{digest}"'})


TYPES = {".css": "text/css; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def _files() -> dict[str, tuple[bytes, str, str]]:
    found = {}
    for path in (HERE / "static").iterdir():
        body = path.read_bytes()
        found[path.name] = (body, TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:16])
    return found


def _static_link(name: str) -> str:
    return f"/static/{name}?v={_files()[name][2]}"


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    found.globals |= {
        "W": PAGES,
        "TERMS": TERMS,
        "LANGUAGES": LANGUAGES,
        "STYLE": STYLE,
        "static": _static_link,
    } | {it.__name__: it for it in (absent, amount, changed, half_year_name, in_words, moment, money_in_words, plain)}
    return found
