"""The report of an edition as a page: as it was published, with marks where a figure would differ now."""

from __future__ import annotations

from aiohttp import web

from api.accepting import PACKABLE
from api.edition_formats import FORMATS, content_security_policy, render_edition
from api.reads import authorization
from api.reads.asked import ReadRequest
from api.reads.tables import edition_figures
from api.web.page import Page
from api.web.since import otherwise_now
from replay.editions.editions import find_edition


def report(page: Page) -> web.Response:
    """Raises Problem, NoEdition, NotAsPublished."""
    source, number = page.source, int(page.names["number"])
    period = ReadRequest(lambda: page.actor, page.names, []).half_year()
    source.wait_for_tables(source.journal.position)
    published = find_edition(source.journal, period, number)
    now = otherwise_now(page, edition_figures(source, period, number))
    reader = authorization.reader(source, page.actor)
    cache, language = source.figure_cache, page.language
    body = render_edition(source.journal, cache, period, published, "html", "", reader, language, now)
    headers = {
        "Content-Type": FORMATS["html"],
        "Cache-Control": "no-store",
        "Content-Security-Policy": content_security_policy(),
        "Content-Language": "ko, en",
        "Referrer-Policy": "same-origin",
    }
    response = web.Response(body=body, headers=headers)
    response[PACKABLE] = True
    return response
