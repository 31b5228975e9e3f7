"""What people come for, in a real browser by keyboard alone; and that each page is one that everybody can read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.api.door import Door
from tests.web.read_aloud import faults, in_order, read_aloud
from tests.web.seen import opened_for, serious

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PAGES = (
    *("/", "/hubs", "/hubs/EU-BRU", "/indicators", "/indicators/HD-02?period=2025S1&where=hub=EU-BRU", "/editions"),
    *("/irregularities", "/entries/1", "/streams/case:EU-2025-1", "/search?q=EU", "/compare?a=2025S1/1&b=2025S1/2"),
    *("/compare?a=1", "/hubs/EU-BRX", "/?known=2025S1/1"),
)

AT = """() => {
    const at = document.activeElement;
    return [at.tagName, at.innerText || at.value || "", decodeURIComponent(at.getAttribute("href") || "")];
}"""


@pytest.fixture
def page(told: Door, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    wrong = list[str]()
    it = opened_for(told, chromium, "secretariat", wrong, **getattr(request, "param", {}))
    yield it
    it.context.close()
    assert [one for one in wrong if "404" not in one] == []


def tab_to(page: Page, link: str = "", tag: str = "A", most: int = 150) -> None:
    """Goes from one to the next by the Tab key until the one is there whose link begins so, or that is of this tag."""
    for _ in range(most):
        page.keyboard.press("Tab")
        name, _, href = page.evaluate(AT)
        if name == tag and href.startswith(link):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", (
                "it is seen where one is"
            )
            return
    pytest.fail(f"nothing is reached by the keyboard that leads to {link} on {page.url}")


def follow(page: Page, link: str, to: str) -> None:
    """Goes to a link by the Tab key and along it by Enter."""
    tab_to(page, link)
    page.keyboard.press("Enter")
    page.wait_for_url(to)


def test_why_a_figure_of_a_hub_fell_is_found_down_to_a_verified_proof_by_keyboard_alone(page: Page, told: Door) -> None:
    follow(page, "/hubs/EU-BRU", "**/hubs/EU-BRU**")
    assert page.evaluate("document.title").startswith("브뤼셀 거점센터")
    follow(page, "/indicators/HD-02", "**/indicators/HD-02**")
    follow(page, "/editions", "**/editions**")
    follow(page, "/compare?a=2025S1/1&b=2025S1/2", "**/compare**")
    follow(page, "/compare?a=2025S1/1&b=2025S1/2&code=HD-02", "**code=HD-02**")
    tab_to(page, f"/entries/{told.closed['correction']}")
    page.keyboard.press("Enter")
    page.wait_for_selector("output.proven")
    assert "이 브라우저에서 검증하였습니다" in page.locator("main output").inner_text()


def test_the_time_machine_shows_a_figure_before_and_after_its_correction(page: Page, told: Door) -> None:
    cell = 'tbody tr:has(th:text-is("2025S1")) td >> nth=0'
    page.goto(f"{told.url}/indicators/HD-02?period=2025S1&where=hub=EU-BRU")
    now = page.locator(cell).inner_text()
    tab_to(page, tag="SUMMARY")
    page.keyboard.press("Enter")
    position = page.locator(".choosing input[inputmode=numeric]")
    for _ in range(20):
        page.keyboard.press("Tab")
        if position.evaluate("it => it === document.activeElement"):
            break
    page.keyboard.type(told.closed["before"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**known={told.closed['before']}**")
    then = page.locator(cell).inner_text()
    assert (then.split("\n")[0].strip(), "현재" in then, "현재" in now) == ("근무시간 120분", True, False)
    tab_to(page, "/indicators/HD-02?period=2025S1&where=hub")
    page.keyboard.press("Enter")
    page.wait_for_function("!location.search.includes('known=')")
    assert page.locator(cell).inner_text() == now


def test_the_track_leads_to_a_day_by_key_and_says_which(page: Page, told: Door) -> None:
    tab_to(page, tag="INPUT")  # the search
    track = page.locator(".track input")
    for _ in range(20):
        page.keyboard.press("Tab")
        if track.evaluate("it => it === document.activeElement"):
            break
    assert track.get_attribute("aria-valuetext") == "현재까지 기록된 내용"
    assert track.evaluate("it => it.min === it.max") or track.evaluate("it => Number(it.max) > 0")


def test_two_editions_are_read_side_by_side_from_the_list_of_editions(page: Page, told: Door) -> None:
    follow(page, "/editions", "**/editions")
    follow(page, "/compare?a=2025S1/1&b=2025S1/2", "**/compare**")
    differs = page.locator("tr.differs").first.inner_text()
    assert "HD-02" in differs
    assert "120" in differs
    assert page.locator("#late a[href^='/entries/']").count() >= 2


def test_a_role_that_may_not_see_something_does_not(told: Door, chromium: Browser) -> None:
    wrong = list[str]()
    page = opened_for(told, chromium, "AS-SIN", wrong)
    page.goto(f"{told.url}/search?q=finding:2025S1-EU-BRU-1")
    assert page.locator("main a[href*='finding']").count() == 0
    refused = page.goto(f"{told.url}/streams/finding:2025S1-EU-BRU-1")
    assert refused is not None
    assert refused.status == 403
    assert "기준" not in page.locator("main").inner_text()
    page.context.close()


@pytest.mark.parametrize(
    "page", [{"locale": "ko-KR"}, {"locale": "en-GB", "color_scheme": "dark"}], indirect=True, ids=["ko", "en"]
)
def test_axe_finds_nothing_serious_on_any_page(page: Page, told: Door, axe: str) -> None:
    found = dict[str, list[str]]()
    for path in PAGES:
        page.goto(told.url + path)
        if bad := serious(page, axe):
            found[path] = bad
    assert found == {}


SMALL = """() => [...document.querySelectorAll("a, button, input, select, summary, textarea")].filter(it => {
    const box = it.getBoundingClientRect(), style = getComputedStyle(it);
    const inline = style.display === "inline" && it.tagName === "A";
    return box.width && !inline && !it.classList.contains("skip") && (box.width < 24 || box.height < 24);
}).map(it => it.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("page", [{"viewport": {"width": 320, "height": 640}}], indirect=True, ids=["320 px"])
def test_on_a_small_screen_nothing_goes_sideways_and_every_target_can_be_hit(page: Page, told: Door) -> None:
    for path in PAGES:
        page.goto(told.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert page.evaluate(SMALL) == [], path


def test_the_first_tab_leads_past_the_menu_and_headings_stand_in_order(page: Page, told: Door) -> None:
    for path in PAGES:
        page.goto(told.url + path)
        page.keyboard.press("Tab")
        assert page.evaluate(AT)[2] == "#content"
        levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(it => Number(it.tagName[1]))")
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


TASKS = {
    "차관: 목표를 달성하지 못한 지표는 무엇인가": ("secretariat", [], "미흡한 점"),
    "차관: 어느 거점센터의 기한이 지났는가": ("secretariat", [], "기한이 지난 사항"),
    "차관: 공표한 뒤 어떤 수치가 왜 달라졌는가": ("secretariat", ["main a:has-text('변동 사유')"], "지연 등록부"),
    "감사관: 정정공표로 무엇이 달라졌고 근거는 무엇인가": (
        "auditor",
        ["nav a:has-text('공표 자료')", "a:has-text('제1차 공표본과 비교')", "tr.differs a:has-text('기록')"],
        "정정 · 최초응답",
    ),
    "감사관: 수치의 근거가 봉인된 기록인가": (
        "auditor",
        ["nav a:has-text('성과지표')", "main a:has-text('최초응답')", "#evidence tbody td a"],
        "이 브라우저에서 검증하였습니다",
    ),
    "거점센터: 우리 센터가 할 일은 무엇인가": ("EU-BRU", ["nav a:has-text('우리 거점센터')"], "오늘 할 일"),
    "거점센터: 상담 EU-2025-2는 어떻게 되었는가": (
        "EU-BRU",
        ["find EU-2025-2", "main a:has-text('case:EU-2025-2')"],
        "기록 이력",
    ),
    "분석가: 최초응답 소요시간은 어떻게 산출하며 자료는 어디에 있는가": (
        "analyst",
        ["nav a:has-text('성과지표')", "main a:has-text('최초응답')"],
        "/v1/indicators/HD-02/evidence",
    ),
}
"""What somebody wants to know, who asks, what he clicks, and what then answers him."""

MOST_CLICKS = 5


@pytest.mark.parametrize("task", TASKS)
def test_what_people_want_to_know_is_at_most_five_clicks_from_the_first_page(
    told: Door, chromium: Browser, task: str
) -> None:
    who, clicks, answer = TASKS[task]
    wrong = list[str]()
    page = opened_for(told, chromium, who, wrong)
    assert len(clicks) <= MOST_CLICKS
    for it in clicks:
        if it.startswith("find "):
            page.fill("#find", it.removeprefix("find "))
            page.press("#find", "Enter")
        else:
            page.locator(it).first.click()
        page.wait_for_load_state()
    page.wait_for_function("it => document.querySelector('main').innerText.includes(it)", arg=answer)
    page.context.close()
    assert wrong == []


HD_02 = "/indicators/HD-02?period=2025S1&where=hub=EU-BRU"

WALKS: dict[str, tuple[str, dict[str, list[tuple[str, str]]]]] = {
    "why HD-02 fell": (
        "secretariat",
        {
            "/": [
                ("link", "국제공동연구 · 신규 착수 과제 수"),
                ("heading", "잘된 점"),
                ("table", "거점센터별"),
                ("columnheader", "신규 착수 과제 수"),
                ("rowheader", "브뤼셀 거점센터"),
                ("cell", "해당 실적 없음"),
                ("heading", "공표 이후 달라진 사항"),
                ("heading", "기록의 무결성"),
            ],
            "/hubs/EU-BRU?period=2025S1": [
                ("heading", "브뤼셀 거점센터"),
                ("image", "2025S1"),
                ("table", "2025년 상반기"),
                ("rowheader", "상담 접수 건수"),
                ("cell", "건 공표값 3건"),
                ("rowheader", "최초응답 소요시간"),
                ("cell", "근무시간 60분"),
            ],
            "/compare?a=2025S1/1&b=2025S1/2&code=HD-02": [
                ("table", "나란히 보기"),
                ("rowheader", "최초응답 소요시간"),
                ("cell", "근무시간 120분"),
                ("cell", "근무시간 60분"),
                ("cell", "감소 60"),
                ("table", "지연 등록부"),
                ("cell", "정정 · 최초응답"),
            ],
            "/entries/{correction}": [
                ("heading", "정정"),
                ("heading", "포함 증명"),
                ("status", ""),
                ("textbox", "신뢰하는 공개키"),
                ("button", "다시 검증"),
            ],
        },
    ),
    "before and after a correction": (
        "secretariat",
        {
            f"{HD_02}&known={{before}}": [
                ("region", "조회 시점"),
                ("StaticText", "이후의 기록에 따라 현재 다르게 산출됩니다"),
                ("heading", "최초응답 소요시간"),
                ("cell", "근무시간 120분 현재 근무시간 60분"),
            ],
            HD_02: [("region", "조회 시점"), ("heading", "최초응답 소요시간"), ("cell", "근무시간 60분")],
        },
    ),
    "two editions": (
        "auditor",
        {
            "/editions": [("heading", "공표 자료"), ("link", "제1차 공표본과 비교")],
            "/compare?a=2025S1/1&b=2025S1/2": [
                ("heading", "시점 비교"),
                ("combobox", "기준 시점"),
                ("table", "나란히 보기"),
                ("table", "지연 등록부"),
            ],
        },
    ),
    "what a role may not see": (
        "AS-SIN",
        {
            "/search?q=finding:2025S1-EU-BRU-1": [("heading", "검색 결과")],
            "/streams/finding:2025S1-EU-BRU-1": [("heading", "권한")],
            "/checks": [("StaticText", "열람 권한이 없는"), ("table", "센터별 점검")],
        },
    ),
}
"""By story, who reads, and of its pages what is read one after the other: roles and parts of names."""


@pytest.mark.parametrize("story", WALKS)
def test_a_story_is_heard_in_order_with_every_name_unit_mark_and_language(
    told: Door, chromium: Browser, story: str
) -> None:
    who, pages = WALKS[story]
    wrong, lacking = list[str](), dict[str, object]()
    for locale in ("ko-KR", "en-GB"):
        page = opened_for(told, chromium, who, wrong, locale=locale)
        for path, wanted in pages.items():
            page.goto(told.url + path.format_map(told.closed))
            lacking[f"{locale} {path}"] = faults(page)
            if locale == "ko-KR":
                lacking[path] = in_order(read_aloud(page), wanted)
        page.context.close()
    assert {path: it for path, it in lacking.items() if it} == {}
    assert [one for one in wrong if "403" not in one] == []


def test_a_verdict_that_comes_later_is_announced(told: Door, page: Page) -> None:
    page.goto(f"{told.url}/entries/{told.closed['correction']}")
    page.wait_for_selector("output.proven")
    (verdict,) = (it for it in read_aloud(page) if it.role == "status")
    assert verdict.live == "polite"
    page.fill("#keys", "")
    page.click("form[data-proof] button")
    page.wait_for_selector("output.unsigned")
    assert "신뢰하는 키의 서명이 없습니다" in page.locator("main output").inner_text()
