"""My hub today: what waits for a hub, told to its own people; and the track of a record that grew day by day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.door import Clock, Door, event, opened
from tests.api.half_year import HalfYear, taken
from tests.api.test_evidence_files import content, put
from tests.web.seen import opened_for
from tests.web.test_pages import Browser, signed_in
from tests.web.worked import BOUND, CALENDAR, PERSON, POLICY, S

if TYPE_CHECKING:
    import playwright.sync_api as playwright

ids = count(1)


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A record of the days from 1 April to noon of 1 June 2026 in Seoul, in which all waits for EU-BRU that can."""
    clock = Clock()
    clock.now = datetime(2026, 4, 1, 3, tzinfo=UTC)
    it = Door(tmp_path_factory.mktemp("waiting") / "data", clock=clock)

    def tell(type_: str, subject: str, data: Any, who: str = "EU-BRU", **more: Any) -> None:
        taken(it.post(event(type_, subject, f"t-{next(ids)}", data, **more), who=who))

    tell("calendar.published", "calendar:BE", CALENDAR, S, time=None)
    tell("sla.published", "sla:desk", POLICY, S, time=None)
    clock.now = datetime(2026, 5, 1, 3, tzinfo=UTC)
    for name, at in (("LATE", "2026-04-18T07:00:00Z"), ("OTHER", "2026-04-18T07:00:00Z")):
        tell("case.opened", f"case:{name}", {"topic": "visa", "severity": "normal"}, time=at)
    tell("case.sla_bound", "case:LATE", BOUND, time="2026-04-18T07:00:00Z")
    tell("case.resolved", "case:UNTOLD", {})
    clock.now = datetime(2026, 6, 1, 3, tzinfo=UTC)
    runs = "2026-05-31T12:00:00Z"
    tell("case.opened", "case:RUNS", {"topic": "visa", "severity": "normal"}, time=runs)
    tell("case.sla_bound", "case:RUNS", BOUND, time=runs)
    for case in ("ASKED", "TAKEN"):
        taken(it.post(opened(f"case:{case}", case), who="AS-SIN"))
        tell("case.referred", f"case:{case}", {"body": "EU-BRU", "due_on": "2026-06-05"}, "AS-SIN")
    for name in ("ASKED", "TAKEN"):
        proposed = {"title_ko": f"과제 {name}", "title_en": f"Project {name}", "fields": ["NST12/AI"]}
        tell("project.proposed", f"project:{name}", proposed, "AS-SIN")
        tell("project.credit_shared", f"project:{name}", {"shares": {"AS-SIN": "0.5", "EU-BRU": "0.5"}}, "AS-SIN")
    for subject in ("case:TAKEN", "project:TAKEN"):
        tell("centre.answered", "centre:EU-BRU", {"subject": subject, "accepts": True, "on": "2026-05-20"})
    link = {"other": "EU-BRU", "kind": "AGREEMENT", "scope": "정보 공유", "on": "2026-05-03"}
    tell("centre.linked", "centre:AS-SIN", link, "AS-SIN")
    person = taken(it.ask("POST", "/v1/persons", PERSON, who="EU-BRU")).body["pseudonym"]
    stay = {"direction": "INBOUND", "person": person, "country": "BE", "planned_from": "2026-07-01"}
    tell("exchange.nominated", "exchange:ASKED", stay)
    half = HalfYear(it, "2025S2")
    taken(half.open(due_on="2026-05-29"))
    taken(half.cut())
    assert put(it, content("early", 300)).status == 202
    assert it.get(f"/v1/views/control_tower?after={half.position}").status == 200
    yield it
    it.close()


def to_do(browser: Browser, language: str = "en", hub: str = "EU-BRU") -> dict[str, str]:
    """What the page of a hub says is to be done, by its headings, without marks."""
    shown = browser.get(f"/hubs/{hub}?lang={language}").text
    card = shown.partition('id="today"')[2].partition("</section>")[0]
    parts = card.split("<h3>")[1:]
    return {_bare(it.partition("</h3>")[0]): _bare(it.partition("</h3>")[2]) for it in parts}


def _bare(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def test_a_hub_is_told_all_that_waits_for_it_and_nothing_that_is_done(waiting: Door) -> None:
    said = to_do(signed_in(waiting, "EU-BRU"))
    clocks = said["Cases that are late or will be next 2 overdue"]
    assert re.findall(r"(LATE|RUNS|OTHER) (first response|resolution)", clocks) == [
        ("LATE", "first response"), ("LATE", "resolution"), ("RUNS", "first response"),
    ]  # fmt: skip
    assert "due 2026-06-01 13:00" in clocks.lower(), "by the clock there"
    owed = said["What is owed, by when"]
    assert "Second half of 2025 Submission of the half-year check 3 days late due on 2026-05-29" in owed
    awaited = said["Answers awaited from you"]
    for what in (
        "Project ASKED a share in this project to accept or decline",
        "ASKED a case referred to you",
        "a link to confirm or decline",
        "ASKED a stay to accept or decline planned from 2026-07-01",
    ):
        assert what in awaited, what
    assert "TAKEN" not in awaited
    assert "due on 2026-06-05" in awaited
    assert "Void" in said["Irregularities that you can mend"] or "Record" in said["Irregularities that you can mend"]
    assert "destroyed unless" in said["Files that wait for their evidence items"]


def test_every_thing_to_do_leads_to_where_it_is_done(waiting: Door) -> None:
    browser = signed_in(waiting, "EU-BRU")
    shown = browser.get("/hubs/EU-BRU").text.partition('id="today"')[2].partition("</section>")[0]
    links = {unescape(it) for it in re.findall(r'href="([^"]+)"', shown)}
    assert {"/checks/2025S2", "/helpdesk?hub=EU-BRU", "/streams/project%3AASKED", "/streams/exchange%3AASKED"} <= links
    assert any(it.startswith("/irregularities?hub=EU-BRU#case.") for it in links)
    ours = {"Referer": f"{waiting.url}/hubs/EU-BRU"}
    assert {it: browser.get(it.partition("#")[0], **ours).status for it in links} == dict.fromkeys(links, 200)


def test_what_waits_is_told_to_the_hubs_own_people_alone(waiting: Door) -> None:
    for who in ("secretariat", "auditor", "analyst", "AS-SIN"):
        assert to_do(signed_in(waiting, who)) == {}, who
    assert set(to_do(signed_in(waiting, "AS-SIN"), hub="AS-SIN")) == {"What is owed, by when"}
    menu = signed_in(waiting, "EU-BRU").get("/").text.partition("<nav")[2].partition("</nav>")[0]
    assert '<a href="/hubs/EU-BRU">우리 거점센터</a>' in menu


def test_the_page_of_ones_own_hub_is_made_anew_for_it_names_stays(waiting: Door) -> None:
    browser = signed_in(waiting, "EU-BRU")
    assert "exchange%3AASKED" in browser.get("/hubs/EU-BRU").text
    accepted = taken(waiting.post(event("exchange.accepted", "exchange:ASKED", "accepts", {})))
    assert waiting.get(f"/v1/views/control_tower?after={accepted.body['position']}").status == 200
    assert "exchange%3AASKED" not in browser.get("/hubs/EU-BRU").text


def test_a_check_has_a_page_of_its_half_year_with_what_is_owed_and_its_course(waiting: Door) -> None:
    browser = signed_in(waiting)
    for path in ("/checks/2025S2", "/checks", "/checks?period=2025S2"):
        shown = browser.get(f"{path}{'&' if '?' in path else '?'}lang=en")
        said = _bare(shown.text.partition("<main")[2])
        assert shown.status == 200
        assert "Second half of 2025" in said
        assert "overdue Submission of the half-year check EU-BRU" in said
        assert "Course of the check" in said
    assert browser.get("/checks/2031S1").status == 404


@pytest.fixture
def page(waiting: Door, chromium: playwright.Browser, request: pytest.FixtureRequest) -> Iterator[playwright.Page]:
    wrong = list[str]()
    it = opened_for(waiting, chromium, "EU-BRU", wrong, **getattr(request, "param", {}))
    yield it
    it.context.close()
    assert wrong == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("page", "days"),
    [
        (
            {"locale": "ko-KR"},
            ["2026년 5월 31일", "2026년 4월 30일", "2026년 5월 1일", "2026년 4월 1일"],
        ),
        ({"locale": "en-GB"}, ["31 May 2026", "30 April 2026", "1 May 2026", "1 April 2026"]),
    ],
    indirect=["page"],
    ids=["ko", "en"],
)
def test_the_track_goes_by_days_months_and_to_its_ends_and_says_each_in_words(
    page: playwright.Page, waiting: Door, days: list[str]
) -> None:
    before, month, next_day, first = days
    track = page.locator(".track input")
    track.focus()
    said = [track.get_attribute("aria-valuetext")]
    for key in ("ArrowLeft", "PageDown", "ArrowRight", "PageUp", "Home", "ArrowLeft", "End", "ArrowRight", "Home"):
        page.keyboard.press(key)
        said.append(track.get_attribute("aria-valuetext"))
        assert page.url == f"{waiting.url}/", "a key alone leads nowhere"
    today = said[0]
    wanted = [None, before, month, next_day, None, first, first, None, None, first]
    for text, day in zip(said, wanted, strict=True):
        assert text is not None
        assert (text == today) if day is None else (day in text), (text, day)
    assert page.locator("#track-hint").text_content()
    page.keyboard.press("Enter")
    page.wait_for_url("**known=2026-04-01**")
