"""The menu of every page: what somebody may open, in the order in which it is looked for."""

from __future__ import annotations

from api.web.access_log import REVIEWERS
from api.web.page import Page
from domain.words import PAGES

MENU = {
    "/": "overview",
    "/hubs": "hubs",
    "/projects": "projects",
    "/exchanges": "exchanges",
    "/companies": "companies",
    "/helpdesk": "helpdesk",
    "/maps": "maps",
    "/network": "network",
    "/checks": "checks",
    "/sessions": "committee",
    "/indicators": "indicators",
    "/editions": "editions",
    "/irregularities": "irregularities",
    "/access-log": "access_log",
}


def menu(page: Page) -> list[tuple[str, str]]:
    """The paths with what each is called."""
    hidden = () if page.actor.role in REVIEWERS else ("/access-log",)
    return [(path, page.say(PAGES[name])) for path, name in MENU.items() if path not in hidden]
