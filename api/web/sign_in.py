"""Signing in and out: with a token, by a link that opens once, or by the issuer that knows a person."""

from __future__ import annotations

import hmac
import math
import re
from urllib.parse import parse_qsl, quote, unquote, urlencode

from aiohttp import web

from api.body import read_body
from api.credentials import token_digest
from api.problems import Problem
from api.reads.asked import ANYTHING, LANGUAGES
from api.server.engine import ENGINE
from api.server.front import origin_of
from api.server.issuer import RETRY_SECONDS, STATE_SECONDS, Issuer, NoToken
from api.server.sessions import COOKIE, HOURS, Sessions, comes_by_tls, cookie_name
from api.server.signed_in import person_acting
from api.web.page import check_language, preferred_language
from api.web.shown import environment, html_answer, log, see_other

SIGN_IN = "/sign-in"
LINK = f"{SIGN_IN}/once/{{code}}"
BY_ISSUER = f"{SIGN_IN}/issuer"
BACK = f"{BY_ISSUER}/back"
"""Where the issuer sends a browser back to: the redirect address to register with it."""

FORM_TYPE = "application/x-www-form-urlencoded"
LONGEST_FORM = 8 * 1024
_OWN_PATH = re.compile(r"/([!-.0-[\]-~][!-~]*)?")
"""A path of this host: neither `//` nor `/\\`, which lead to others, and nothing that ends a header."""

STATE_COOKIE = "sagwan-sign-in"
"""The state of a sign-in that this browser began, and where it leads: nothing else is kept of it."""
LONGEST_TO = 2048


def sign_in_address(request: web.Request) -> str:
    """Where a reader who has not signed in is sent; it names the page that he asked for."""
    return SIGN_IN if request.path == "/" else f"{SIGN_IN}?{urlencode({'to': request.path_qs})}"


async def _show_form(request: web.Request) -> web.Response:
    check_language(request)
    return _page(request)


def _page(request: web.Request, wrong: str = "", status: int = 401, *, link: bool = False) -> web.Response:
    """The form for a token, or the button of a link; `wrong` names the phrase that says what went wrong."""
    language, to = preferred_language(request), request.query.get("to", "/")
    own, more = (request.path, {}) if link else (SIGN_IN, {"to": to} if to != "/" else {})
    html = (
        environment()
        .get_template("sign_in.html")
        .render(
            language=language,
            wrong=wrong,
            link=link,
            to=to,
            action=f"{own}?{urlencode({'lang': language})}",
            languages={it: f"{own}?{urlencode({'lang': it, **more})}" for it in LANGUAGES},
            issuer=f"{BY_ISSUER}?{urlencode({'lang': language, 'to': to})}" if request.app[ENGINE].issuer else None,
        )
    )
    response = html_answer(html, language, status if wrong else 200)
    if status == 503:
        response.headers["Retry-After"] = str(math.ceil(RETRY_SECONDS))
    return response


async def _with_token(request: web.Request) -> web.StreamResponse:
    _check_own_form(request)
    form = await _form(request)
    try:
        name = _sessions(request).begin_with(token_digest(form.get("token", "").strip()))
    except Problem:
        return _page(request, "token_wrong")
    return _in_session(request, see_other(_own_path(form.get("to", "/"))), name)


async def _show_link(request: web.Request) -> web.Response:
    """A button: what only looks at a link, as mail programs do, does not use it up."""
    return _page(request, link=True)


async def _use_link(request: web.Request) -> web.StreamResponse:
    _check_own_form(request)
    try:
        name = _sessions(request).begin_once(request.match_info["code"])
    except Problem:
        return _page(request, "link_wrong", link=True)
    return _in_session(request, see_other("/"), name)


async def _to_issuer(request: web.Request) -> web.StreamResponse:
    """Sends a browser to the issuer, with a cookie by which it is known when it comes back."""
    issuer, redirect = _issuer(request), origin_of(request) + BACK
    try:
        address, state = await issuer.begin(redirect)
    except Problem:
        return _page(request, "issuer_away", 503)
    to = _own_path(request.query.get("to", "/"))
    about = f"{state}:{quote(to if len(to) <= LONGEST_TO else '/', safe='')}"
    # The browser comes back from another site.
    return _with_cookie(request, see_other(address), STATE_COOKIE, about, STATE_SECONDS, "Lax")


async def _back(request: web.Request) -> web.StreamResponse:
    """Ends a sign-in that this browser began. The page leads on by itself: a cookie that no other site sends would not
    come along where the issuer's redirect leads."""
    issuer, state = _issuer(request), request.query.get("state", "")
    own, _, to = request.cookies.get(cookie_name(request, STATE_COOKIE), "").partition(":")
    if not own or not hmac.compare_digest(_bytes(own), _bytes(state)) or issuer.is_late(state):
        return _page(request, "issuer_late")
    if request.query.get("iss", issuer.grants.issuer) != issuer.grants.issuer or "code" not in request.query:
        log.warning("a sign-in was ended by the issuer: %s", request.query.get("error", "without a code")[:80])
        return _page(request, "issuer_refused")
    try:
        claims = await issuer.end(request.query["code"], origin_of(request) + BACK, state)
        actor = await person_acting(request.app[ENGINE], issuer.grants, claims)
    except NoToken as error:
        log.warning("the issuer's answer to a sign-in is not believed: %s", error)
        return _page(request, "issuer_refused")
    except Problem as problem:
        return _page(request, "issuer_no_grant" if problem.status == 403 else "issuer_away", problem.status)
    language = preferred_language(request)
    html = environment().get_template("signed_in.html").render(language=language, to=_own_path(unquote(to)))
    response = html_answer(html, language)
    _without_cookie(request, response, STATE_COOKIE)
    return _in_session(request, response, _sessions(request).begin(actor.means, lambda: actor))


async def _out(request: web.Request) -> web.StreamResponse:
    _check_own_form(request)
    _sessions(request).end(request)
    response = see_other(SIGN_IN)
    _without_cookie(request, response, COOKIE)
    return response


def _in_session(request: web.Request, response: web.Response, name: str) -> web.Response:
    """An answer that begins a session."""
    return _with_cookie(request, response, COOKIE, name, HOURS * 3600, "Strict")


def _with_cookie(
    request: web.Request, response: web.Response, name: str, value: str, seconds: int, samesite: str
) -> web.Response:
    """An answer with a cookie that no script reads, and that goes over TLS alone where there is TLS."""
    response.set_cookie(
        *(cookie_name(request, name), value),
        max_age=seconds,
        httponly=True,
        samesite=samesite,
        secure=comes_by_tls(request),
        path="/",
    )
    return response


def _without_cookie(request: web.Request, response: web.Response, name: str) -> None:
    """A browser drops a cookie only by the attributes with which it was set."""
    _with_cookie(request, response, name, "", 0, "Strict")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _sessions(request: web.Request) -> Sessions:
    return request.app[ENGINE].access.sessions


def _issuer(request: web.Request) -> Issuer:
    """Raises HTTPNotFound where none is set."""
    if (issuer := request.app[ENGINE].issuer) is None:
        raise web.HTTPNotFound
    return issuer


def _check_own_form(request: web.Request) -> None:
    """Raises Problem 403 for a form of another site: a browser says where the form was."""
    sent_by = request.headers.get("Sec-Fetch-Site") or (
        "same-origin" if request.headers.get("Origin") in (None, origin_of(request)) else "cross-site"
    )
    if sent_by not in ("same-origin", "none"):
        raise Problem(403, "session.foreign")


async def _form(request: web.Request) -> dict[str, str]:
    """The fields of one of our forms, each once. Raises Problem for what no browser sends of it."""
    if request.content_type != FORM_TYPE:
        raise Problem(415, "form.type", type=FORM_TYPE)
    try:
        fields = parse_qsl((await read_body(request, LONGEST_FORM)).decode(), max_num_fields=8, errors="strict")
    except ValueError:
        raise Problem(400, "form.invalid") from None
    return dict(fields)


def _own_path(path: str) -> str:
    """Where to go after signing in: a path of this site, as links have it, whatever was asked."""
    return path if _OWN_PATH.fullmatch(path) else "/"


ROUTES = (
    web.get(SIGN_IN, _show_form),
    web.post(SIGN_IN, _with_token),
    web.get(LINK, _show_link),
    web.post(LINK, _use_link),
    web.get(BY_ISSUER, _to_issuer),
    web.get(BACK, _back),
    web.post("/sign-out", _out),
)

TAKES = {
    f"GET {SIGN_IN}": "lang to",
    f"POST {SIGN_IN}": "lang to",
    f"GET {LINK}": "lang",
    f"POST {LINK}": "lang",
    f"GET {BY_ISSUER}": "lang to",
    f"GET {BACK}": ANYTHING,
    "POST /sign-out": "lang",
}
