"""Who signs in: by a link that opens once, in a cookie that `/v1` takes with the proof of a page alone."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest

from api.credentials import token_digest
from api.problems import Problem
from api.server.front import FRONT, Front
from api.server.sessions import HOURS, LINK_HOURS, Sessions
from domain.input_policy.authority import Actor
from tests.api.door import Door, event
from tests.api.half_year import taken
from tests.web.test_pages import Browser, Shown


def issued(door: Door, **wish: Any) -> Any:
    return taken(door.ask("POST", "/v1/tokens", wish, who="operator")).body


def proof_in(shown: Shown) -> str:
    found = re.search(r'<meta name="csrf" content="([^"]+)">', shown.text)
    assert found
    return found[1]


def test_a_link_opens_pages_once_for_who_presses_its_button_and_not_for_who_looks(door: Door) -> None:
    made = issued(door, role="analyst", label="for Kim")
    assert made["sign_in"].startswith(f"{door.url}/sign-in/")
    path = made["sign_in"].removeprefix(door.url)
    for _ in range(2):  # a program of mail looks
        looked = Browser(door)
        shown = looked.get(path, **{"Accept-Language": "ko"})
        assert (shown.status, looked.cookie) == (200, "")
        assert "일회용" in shown.text
    browser = Browser(door)
    come = browser.ask("POST", path, {})
    assert (come.status, come.headers["Location"]) == (303, "/")
    assert "분석" in browser.get("/").text
    late = Browser(door)
    refused = late.ask("POST", path, {}, **{"Accept-Language": "en"})
    assert (refused.status, late.cookie) == (401, "")
    assert "Ask the operator for another" in refused.text
    assert "/sign-in?lang=en" in refused.links
    assert door.get("/v1/views", who=made["token"]).status == 200


def test_a_link_is_of_its_token_and_no_other_site_presses_its_button(door: Door) -> None:
    made = issued(door, role="analyst")
    path = made["sign_in"].removeprefix(door.url)
    assert Browser(door).ask("POST", path, {}, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    turned = taken(door.ask("POST", f"/v1/tokens/{made['id']}/rotation", {}, who="operator")).body
    assert Browser(door).ask("POST", path, {}).status == 401
    browser = Browser(door)
    assert browser.ask("POST", turned["sign_in"].removeprefix(door.url), {}).status == 303
    assert door.ask("DELETE", f"/v1/tokens/{made['id']}", None, who="operator").status == 204
    assert browser.get("/").status == 303


def test_a_link_and_a_session_have_an_end() -> None:
    now, actor = [0.0], Actor("c-1", "analyst")
    sessions = Sessions(lambda digest: actor if digest == token_digest("live") else None, lambda: now[0])
    link = sessions.link("live")
    now[0] = LINK_HOURS * 3600.0
    with pytest.raises(Problem, match="too old"):
        sessions.begin_once(link)
    name = sessions.begin_with(token_digest("live"))

    class Request:
        cookies: ClassVar = {"sagwan-session": name}
        app: ClassVar = {FRONT: Front("http://127.0.0.1")}

    assert sessions.actor(Request()) is actor  # type: ignore[arg-type]
    now[0] += HOURS * 3600.0
    with pytest.raises(Problem):
        sessions.actor(Request())  # type: ignore[arg-type]


def test_the_cookie_opens_v1_with_the_proof_of_its_own_pages_alone(door: Door) -> None:
    browser, other = Browser(door), Browser(door)
    for it, who in ((browser, "secretariat"), (other, "analyst")):
        assert it.sign_in(door.tokens[who]).status == 303
    proof, foreign = proof_in(browser.get("/")), proof_in(other.get("/"))
    again = proof_in(browser.get("/hubs"))
    assert len({proof, again, foreign}) == 3, "told with other letters each time, for pages are packed"
    assert browser.get("/v1/views").status == 401
    assert [browser.get("/v1/views", **{"Sagwan-CSRF": it}).status for it in (proof, again)] == [200, 200]
    for site, status in {"same-origin": 200, "same-site": 401, "cross-site": 401, "none": 401}.items():
        assert browser.get("/v1/views", **{"Sec-Fetch-Site": site}).status == status
    for page, status in {
        f"{door.url}/": 200,
        f"{door.url}/hubs": 200,
        door.url: 401,
        f"{door.url}.example/": 401,
    }.items():
        assert browser.get("/v1/views", Referer=page).status == status, "a browser that says nothing else"
    assert browser.get("/v1/views", Referer=f"{door.url}/", **{"Sec-Fetch-Site": "same-site"}).status == 401
    assert browser.post_json("/v1/mirror/rebuild", {}, Referer=f"{door.url}/")[0] == 401
    ours = {"Sec-Fetch-Site": "same-origin"}
    assert browser.post_json("/v1/mirror/rebuild", {}, **ours)[0] == 401
    assert Browser(door).get("/v1/views", **ours).status == 401
    assert browser.get("/v1/views", **ours, **{"Sagwan-CSRF": foreign}).status == 403
    for wrong in (foreign, "", "x"):
        refused = browser.get("/v1/views", **{"Sagwan-CSRF": wrong})
        assert refused.status == 403
        assert "session.proof" in refused.text
    assert Browser(door).get("/v1/views", **{"Sagwan-CSRF": proof}).status == 401
    token = {"Authorization": f"Bearer {door.tokens['analyst']}"}
    assert browser.get("/v1/sample?seed=1&population=SELECT+1", **token, **{"Sagwan-CSRF": proof}).status == 403
    browser.ask("POST", "/sign-out", {})
    assert browser.get("/v1/views", **{"Sagwan-CSRF": proof}).status == 401


def test_what_is_recorded_with_a_cookie_is_recorded_of_who_signed_in(door: Door) -> None:
    browser = Browser(door)
    assert browser.sign_in(door.tokens["EU-BRU"]).status == 303
    proof = proof_in(browser.get("/"))
    posted = event("case.opened", "case:of-a-page", "of-a-page", {"topic": "visa"})
    status, told = browser.post_json("/v1/events", posted, **{"Sagwan-CSRF": proof})
    assert status == 201, told
    assert browser.post_json("/v1/events", posted)[0] == 401
    entry = door.get("/v1/streams/case:of-a-page").body["history"][0]["entry"]
    assert (entry["role"], entry["hub"]) == ("hub", "EU-BRU")
