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
from api.web.listing import call_of
from api.web.menu import here, menu
from api.web.numbers import (
    absent,
    amount,
    changed,
    in_words,
    moment,
    moved_by,
    plain,
    row_places,
    sides_places,
    timed,
    today_places,
)
from api.web.wording import CODED, UNSORTED, is_instant, is_stream, korean, money_in_words
from domain.words import PAGES, REPORT, TERMS, VALUES, Phrase
from replay.report.content import as_withdrawn, half_year_name
from replay.report.numbers import exact

HERE = Path(__file__).parent
STYLE = "sagwan.css"

LONG = 12
"""A mapping with more entries is folded."""

IN_KOREAN, IN_ENGLISH = (
    text.partition("{text}")[2] for text in (TERMS.one_language.korean.en, TERMS.one_language.english.ko)
)
"""The note after a name that exists in one language alone."""

log = logging.getLogger("sagwan.api")

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What pages may do in a browser: styles and scripts from our files, forms to us; nothing from other hosts."""


def html_answer(body: str, language: str, status: int = 200) -> web.Response:
    """No page is cached on the way: it may show persons."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"}
    headers["Content-Language"] = language
    headers["Referrer-Policy"] = "same-origin"  # requests of our links and forms are known as ours, also without TLS
    return web.Response(text=body, status=status, content_type="text/html", headers=headers)


def page_answer(body: str, language: str, status: int = 200) -> web.Response:
    """A page for a signed-in reader. It is packed though it is not cached: the proof of its session is masked
    in another way each time."""
    response = html_answer(body, language, status)
    response[PACKABLE] = True
    return response


def see_other(path: str) -> web.Response:
    """Redirects a browser to another path of this site."""
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
    """A phrase in the `language` of a page for readers who have not signed in."""
    return it[context["language"] == "en"]


def _language(context: Context, text: str) -> str | None:
    """The language of a text where it is another than that of the page: Korean on one in English; on one in Korean what
    says that it is English."""
    if context["page"].language == "en":
        return "ko" if korean(text) else None
    return "en" if text.endswith(IN_ENGLISH) else None


@pass_context
def _passage(context: Context, text: str) -> str | Markup:
    """A text as a passage of its own language (WCAG 2.2, 3.1.2)."""
    if (language := _language(context, text)) is None:
        return text
    own = text.removesuffix({"ko": IN_KOREAN, "en": IN_ENGLISH}[language])
    return Markup('<span lang="{}">{}</span>{}').format(language, own, text[len(own) :])


@pass_context
def _lang(context: Context, text: str) -> str | Markup:
    """The attribute of an element that holds nothing but a text, where it is of another language."""
    language = _language(context, text)
    return Markup(' lang="{}"').format(language) if language else ""


@cache
def environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    found.filters |= {"passage": _passage, "lang": _lang}
    found.tests |= {"instant": is_instant, "stream": is_stream}
    found.globals |= {
        "W": PAGES,
        "R": REPORT,
        "TERMS": TERMS,
        "ROLES": VALUES["role"],
        "LANGUAGES": LANGUAGES,
        "STYLE": STYLE,
        "LONG": LONG,
        "CODED": CODED,
        "UNSORTED": UNSORTED,
        "static": static_link,
        "say": _say,
    } | {
        it.__name__: it
        for it in (
            absent,
            amount,
            as_withdrawn,
            call_of,
            changed,
            exact,
            half_year_name,
            here,
            in_words,
            menu,
            moment,
            money_in_words,
            moved_by,
            plain,
            row_places,
            sides_places,
            timed,
            today_places,
        )
    }
    return found
