"""How a page is sent: its template, the files it needs, and what a browser lets it do."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from api.accepting import PACKABLE
from api.reads.asked import LANGUAGES
from api.web.menu import menu
from api.web.numbers import absent, amount, changed, in_words, moment, moved_by, plain, row_places, today_places
from api.web.wording import korean, money_in_words
from domain.words import PAGES, REPORT, TERMS, VALUES, Phrase
from replay.report.content import as_withdrawn, half_year_name

HERE = Path(__file__).parent
STYLE = "sagwan.css"

log = logging.getLogger("sagwan.api")

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What a browser lets pages do: styles and scripts in files of ours, forms to ourselves; nothing of other hosts."""


def html_answer(body: str, language: str, status: int = 200) -> web.Response:
    """No page is kept by what lies between: it may tell of persons."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"}
    headers["Content-Language"] = language
    return web.Response(text=body, status=status, content_type="text/html", headers=headers)


def page_answer(body: str, language: str, status: int = 200) -> web.Response:
    """A page of who has signed in. It is packed though it is not kept: what it knows of its session is told otherwise
    each time."""
    response = html_answer(body, language, status)
    response[PACKABLE] = True
    return response


def see_other(path: str) -> web.Response:
    """Leads a browser elsewhere on this site."""
    return web.Response(status=303, headers={"Location": path})


TYPES = {".css": "text/css; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def static_files() -> dict[str, tuple[bytes, str, str]]:
    found = {}
    for path in (HERE / "static").iterdir():
        body = path.read_bytes()
        found[path.name] = (body, TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:16])
    return found


def static_link(name: str) -> str:
    return f"/static/{name}?v={static_files()[name][2]}"


@pass_context
def _say(context: Context, it: Phrase) -> str:
    """What a page for who is not signed in says in its `language`."""
    return it[context["language"] == "en"]


@pass_context
def _passage(context: Context, text: str) -> str | Markup:
    """A text as a passage of its own language (WCAG 2.2, 3.1.2), where it is Korean on a page in English."""
    if context["page"].language != "en" or not korean(text):
        return text
    said = TERMS.one_language.korean.en.partition("{text}")[2]
    own = text.removesuffix(said)
    return Markup('<span lang="ko">{}</span>{}').format(own, text[len(own) :])


@cache
def environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    found.filters["passage"] = _passage
    found.globals |= {
        "W": PAGES,
        "R": REPORT,
        "TERMS": TERMS,
        "ROLES": VALUES["role"],
        "LANGUAGES": LANGUAGES,
        "STYLE": STYLE,
        "static": static_link,
        "say": _say,
    } | {
        it.__name__: it
        for it in (
            absent,
            amount,
            as_withdrawn,
            changed,
            half_year_name,
            in_words,
            menu,
            moment,
            money_in_words,
            moved_by,
            plain,
            row_places,
            today_places,
        )
    }
    return found
