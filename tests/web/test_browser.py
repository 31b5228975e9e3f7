"""Pages in a real browser: nothing goes wrong there, nothing is asked elsewhere, and a proof is checked by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from journal.log.note import SigningKey
from tests.api.door import Door, event
from tests.web.conftest import OFFICE
from tests.web.seen import opened_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PAGES = ("/", "/hubs", "/hubs/EU-BRU", "/indicators", "/indicators/HD-01", "/editions", "/irregularities", "/entries/1")


@pytest.fixture
def page(door: Door, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Signed in as the secretariat; whatever goes wrong on a page, or leads elsewhere, fails the test."""
    wrong = list[str]()
    it = opened_for(door, chromium, "secretariat", wrong, **getattr(request, "param", {}))
    yield it
    it.context.close()
    assert wrong == []


@pytest.mark.parametrize("page", [{"locale": "ko-KR"}, {"locale": "en-GB"}], indirect=True, ids=["ko", "en"])
def test_every_page_is_shown_without_a_fault(page: Page, door: Door) -> None:
    for path in PAGES:
        shown = page.goto(door.url + path)
        assert shown is not None
        assert shown.status == 200
        assert page.locator("h1").count() == 1


@pytest.mark.parametrize("page", [{"viewport": {"width": 320, "height": 640}}], indirect=True, ids=["320 px"])
def test_nothing_is_scrolled_sideways_on_a_small_screen_but_boxes_of_tables(page: Page, door: Door) -> None:
    for path in (*PAGES, "/editions/2025S1/1", "/indicators/HD-01?where=hub=EU-BRU"):
        page.goto(door.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_a_proof_is_checked_in_the_browser_and_a_changed_entry_or_key_is_not_proven(page: Page, door: Door) -> None:
    said = page.locator("output")
    for position in (1, door.get("/v1/views/cases").body["position"]):
        page.goto(f"{door.url}/entries/{position}")
        page.wait_for_selector("output.proven")
        assert "이 브라우저에서 검증하였습니다" in said.inner_text()
    key = page.input_value("#keys")
    stranger, renamed = SigningKey.generate("stranger").verifier, f"stranger{key[key.index('+') :]}"
    tried = ((str(stranger), "unsigned"), ("", "unsigned"), (renamed, "wrong"), (key[:-2], "wrong"), (key, "proven"))
    for keys, verdict in tried:
        page.fill("#keys", keys)
        page.click("form[data-proof] button")
        page.wait_for_selector(f"output.{verdict}")
    page.evaluate(
        """() => {
            const proof = document.getElementById("proof"), lines = proof.textContent.split("\\n");
            lines[1] = "extra " + btoa(atob(lines[1].slice(6)).replace("occurred_at", "occurred_xt"));
            proof.textContent = lines.join("\\n");
        }"""
    )
    page.click("form[data-proof] button")
    page.wait_for_selector("output.wrong")


def test_where_the_browser_cannot_check_it_says_so_and_shows_no_tick(page: Page, door: Door) -> None:
    page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    page.goto(f"{door.url}/entries/1")
    page.wait_for_selector("output.unable")
    assert "검증하지 않았습니다" in page.locator("output").inner_text()
    assert page.locator("output.proven").count() == 0
    assert page.locator("#proof").text_content()


def test_over_plain_http_people_sign_in_take_tables_and_are_told_that_nothing_is_checked_here(
    door: Door, chromium: Browser
) -> None:
    url = door.url.replace("127.0.0.1", OFFICE)
    page = chromium.new_context(locale="en-GB").new_page()
    page.goto(f"{url}/sign-in")
    assert page.evaluate("[isSecureContext, typeof crypto.subtle]") == [False, "undefined"]
    page.fill("#token", door.tokens["secretariat"])
    page.press("#token", "Enter")
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/entries/1")
    page.wait_for_selector("output.unable")
    for path, link in (("/entries/1", "tlog-proof"), ("/hubs", "xlsx")):
        page.goto(url + path)
        with page.expect_download() as taken:
            page.locator(f"a[href*='format={link}']").click()
        assert taken.value.path().stat().st_size > 0
    page.click("form[action='/sign-out'] button")
    page.wait_for_url(f"{url}/sign-in")
    page.context.close()


def test_from_a_figure_to_its_proof_in_three_steps(page: Page, door: Door) -> None:
    page.goto(f"{door.url}/indicators/HD-01?period=2025S1")
    page.locator("#evidence tbody a[href^='/entries/']").first.click()
    page.wait_for_selector("output.proven")
    page.locator("dl.facts a[href^='/streams/']").click()
    assert page.locator(".timeline li").count() >= 1


@pytest.mark.parametrize("page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_a_report_is_as_dark_as_the_pages_around_it(page: Page, door: Door) -> None:
    ground = "getComputedStyle(document.%s).backgroundColor.match(/\\d+/g).slice(0, 3).every(it => it < 128)"
    page.goto(f"{door.url}/")
    around = page.evaluate(ground % "documentElement")
    page.goto(f"{door.url}/editions/2025S1/1")
    assert page.evaluate(ground % "body") == around


FOLLOWED = """async event => {
    const proof = document.querySelector("meta[name=csrf]").content;
    const feed = new EventSource("/v1/events/live?type=hub.functions_changed&format=cloudevents");
    await new Promise(done => { feed.onopen = done; });
    const came = new Promise((done, fail) => {
        feed.addEventListener("hub.functions_changed", it => done([Number(it.lastEventId), JSON.parse(it.data).id]));
        feed.onerror = () => fail(new Error("the feed broke off"));
    });
    const headers = {"Content-Type": "application/cloudevents+json", "Sagwan-CSRF": proof};
    const posted = await fetch("/v1/events", {method: "POST", headers, body: JSON.stringify(event)});
    if (posted.status !== 201) return [posted.status, await posted.text()];
    const {position} = await posted.json();
    const followed = await came;
    feed.close();
    const state = await (await fetch(`/v1/streams/${event.subject}?after=${position}`)).json();
    return [posted.status, followed[0] === position, followed[1], state.version];
}"""


def test_a_page_posts_with_fetch_and_follows_the_feed_with_event_source(page: Page, door: Door) -> None:
    version = door.get("/v1/streams/hub:AS-SIN").body["version"]
    told = event("hub.functions_changed", "hub:AS-SIN", "from a page", {"functions": ["HELPDESK"]}, source="page")
    assert page.evaluate(FOLLOWED, told) == [201, True, "from a page", version + 1]
