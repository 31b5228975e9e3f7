"""A page in a real browser that says whatever goes wrong on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.api.door import Door

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def opened_for(door: Door, chromium: Browser, who: str, wrong: list[str], **about: Any) -> Page:
    """A page that somebody has signed in on; what goes wrong, or is asked elsewhere, is noted."""
    context = chromium.new_context(**{"locale": "ko-KR", "viewport": {"width": 1280, "height": 800}} | about)
    it = context.new_page()
    it.on("pageerror", lambda error: wrong.append(str(error)))
    it.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    it.on("request", lambda asked: None if asked.url.startswith(door.url) else wrong.append(asked.url))
    it.goto(f"{door.url}/sign-in")
    it.fill("#token", door.tokens[who])
    it.press("#token", "Enter")
    it.wait_for_url(f"{door.url}/")
    return it


AXE_RUN = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"

SERIOUS = ("serious", "critical")


def serious(page: Page, axe: str) -> list[str]:
    """What axe-core finds serious on a page, each with the first place of it."""
    page.evaluate(axe)
    found = page.evaluate(AXE_RUN)["violations"]
    return [f"{it['id']}: {it['nodes'][0]['html'][:160]}" for it in found if it["impact"] in SERIOUS]
