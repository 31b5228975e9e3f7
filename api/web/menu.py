"""The menu of every page: what the reader may open, in the order in which people look for it."""

from __future__ import annotations

from collections.abc import Iterable

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
    listed = [(path, page.say(PAGES[name])) for path, name in MENU.items() if path not in hidden]
    if page.actor.hub:
        listed.insert(1, (f"/hubs/{page.actor.hub}", page.say(PAGES["my_hub"])))
    return listed


def here(page: Page, paths: Iterable[str]) -> str | None:
    """The path of the menu that the page is of: the longest that its own begins with."""
    found = [it for it in paths if page.path == it or (it != "/" and page.path.startswith(f"{it}/"))]
    return max(found, key=len, default=None)
