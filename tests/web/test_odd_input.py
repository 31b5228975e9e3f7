"""What is typed into a page and cannot be shown: it says what is wrong and how to mend it, keeps what was typed, and
leads back to where something is."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from urllib.parse import quote

import pytest

from domain.period import SEOUL
from tests.api.door import Door
from tests.web.test_pages import Browser, Shown, signed_in

KO, EN = {"Accept-Language": "ko"}, {"Accept-Language": "en"}
MENU = re.compile(r"<nav.*?</nav>", re.DOTALL)


@pytest.fixture(scope="module")
def browser(door: Door) -> Browser:
    return signed_in(door)


def main_of(shown: Shown) -> str:
    """What the page itself says, without its menu."""
    text = re.sub(r"<[^>]+>", "", shown.text.partition("<main")[2].partition("</main>")[0])
    return unescape(re.sub(r"\s+", " ", text))


def test_a_point_that_is_none_is_named_and_the_menu_leads_on(browser: Browser) -> None:
    for said in ("abc", "2025-13-45", "2025S1", "-1"):
        shown = browser.get(f"/hubs?known={said}", **KO)
        assert shown.status == 400
        assert f"표시할 수 없는 시점: {said}" in shown.text
        assert "인지 시점: 값을 읽을 수 없습니다" in main_of(shown)
        assert "공표본(2025S1/1), 기록 순번(1200)" in main_of(shown)
        menu = MENU.search(shown.text)
        assert menu
        assert "known=" not in menu[0]
        assert f"/hubs?lang=en&amp;known={quote(said)}" in shown.text, "the same in the other language"
    assert "an edition (2025S1/1) or a position (1200)" in main_of(browser.get("/?known=abc", **EN))
    assert "Valid on: A value does not read" in main_of(browser.get("/?valid=2025-02-30", **EN))


def test_what_was_typed_into_the_time_machine_is_still_there(browser: Browser) -> None:
    shown = browser.get("/?known=99999999", **KO)
    assert (shown.status, '<details class="choose" open>' in shown.text) == (422, True)
    assert re.search(r'name="known" inputmode="numeric"[^>]* value="99999999"', shown.text)
    assert "aria-current" not in shown.text.partition('class="points"')[2].partition("</ul>")[0], "now can be chosen"
    right = browser.get("/?known=2025-06-30T10:00", **KO)
    assert re.search(r'type="datetime-local"[^>]* value="2025-06-30T10:00"', right.text)


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("a=abc", 400, "기준 시점: 값을 읽을 수 없습니다"),
        ("a=2025S1/1&b=xyz", 400, "비교 시점: 값을 읽을 수 없습니다"),
        ("a=2025S1/9&b=2025S1/1", 404, "이러한 공표본은 없습니다"),
        ("a=1&b=99999999", 422, "마지막 순번은"),
    ],
)
def test_a_comparison_that_cannot_be_made_keeps_its_form_with_what_was_typed(
    browser: Browser, asked: str, status: int, said: str
) -> None:
    shown = browser.get(f"/compare?{asked}", **KO)
    assert (shown.status, said in main_of(shown)) == (status, True)
    for it in asked.split("&"):
        name, _, value = it.partition("=")
        assert re.search(rf'name="{name}" list="points"[^>]* value="{value}"', shown.text)


def test_a_comparison_takes_blanks_around_a_point_and_asks_for_one_that_is_empty(browser: Browser) -> None:
    assert browser.get("/compare?a=%202025S1/1%20&b=").status == 200
    assert browser.get("/compare?a=&b=2025S1/1").status == 200
    of_another = browser.get("/compare?a=2025S1/1&b=2025S1/1&period=2024S1", **KO)
    assert "조건: 2024S1" not in of_another.text, "the half-year is that of the editions"


def test_before_the_record_there_was_nothing_and_the_record_is_not_called_empty(browser: Browser) -> None:
    for asked in ("known=2020-01-01", "known=0", "valid=2010-01-01"):
        shown = browser.get(f"/?{asked}", **KO)
        assert "이 시점에는 집계할 기록이 없습니다" in main_of(shown)
        assert "이 서버의 기록은 비어 있습니다" not in shown.text
        assert '<a href="/">현재 시점에서 보기</a>' in shown.text
    assert "The record of this server begins on" in browser.get("/?known=0", **EN).text


def test_a_time_that_is_still_to_come_or_after_what_is_known_says_so(browser: Browser) -> None:
    assert "아직 오지 않은 시점" in browser.get("/hubs?known=2222-01-01", **KO).text
    assert "아직 오지 않은 기준일" in browser.get("/hubs?valid=2222-01-01", **KO).text
    today = datetime.now(SEOUL).date()
    assert "기준일이 인지 시점보다 늦습니다" in browser.get(f"/hubs?known=3&valid={today}", **KO).text
    assert "기준일이 인지 시점보다 늦습니다" not in browser.get("/hubs?known=3&valid=2025-03-31", **KO).text
    assert "아직 오지 않은 시점" in main_of(browser.get("/compare?a=2222-01-01&b=2222-02-01", **KO))
    assert "아직 오지 않은" not in browser.get("/hubs?known=now&valid=2025-03-31", **KO).text


def test_a_word_that_may_have_been_meant_is_a_link(browser: Browser) -> None:
    assert '<a href="/hubs/EU-BRU">EU-BRU</a>' in browser.get("/hubs/EU-BRX").text
    assert '<a href="/indicators/HD-01">HD-01</a>' in browser.get("/indicators/HX-01").text
    assert '<a href="/indicators/HD-01?period=2025S1">2025S1</a>' in browser.get("/indicators/HD-01?period=2025S3").text
    assert '<a href="/checks/2025S1">2025S1</a>' in browser.get("/checks/2025S3").text
    assert "쌍점(:)으로 이어" in main_of(browser.get("/streams/nope"))
    assert "case:EU-2025-000317" in main_of(browser.get("/streams/nope?lang=en"))


def test_a_page_narrowed_to_a_hub_that_came_later_is_empty_and_stays_narrowed(browser: Browser) -> None:
    shown = browser.get("/projects?hub=EU-BRU&known=0", **KO)
    assert (shown.status, "공동연구 0개 과제" in main_of(shown)) == (200, True)
    assert '<option value="EU-BRU" selected>브뤼셀 거점센터</option>' in shown.text
    assert "기록이 시작되기 전의 시점입니다" in shown.text
    told = main_of(browser.get("/indicators/HD-01?where=hub=ZZ", **KO))
    assert "쓸 수 있는 값: AS-SIN, EU-BRU" in told
    assert "HD-01/evidence에는" in main_of(browser.get("/indicators/HD-01?where=hubb=EU-BRU", **KO))


def test_what_is_not_there_at_a_point_may_be_there_now(browser: Browser) -> None:
    shown = browser.get("/hubs/EU-BRU?known=0", **KO)
    assert (shown.status, '<a href="/hubs/EU-BRU">현재 시점에서 보기</a>' in shown.text) == (404, True)


def test_a_time_is_one_of_seoul_and_its_day_is_that_of_the_track(browser: Browser) -> None:
    shown = browser.get("/hubs?known=2222-01-01T10:00", **KO).text
    assert "2222-01-01 10:00(서울) 당시 기록된 내용" in shown
    assert 'data-at="2222-01-01"' in shown, "not the day of the last entry"
    assert re.search(r'type="datetime-local"[^>]* max="\d{4}-\d\d-\d\dT23:59"', shown), "a year has four digits"


def test_an_indicator_stands_by_ministry_and_region_with_the_median_of_hubs(browser: Browser) -> None:
    shown = browser.get("/indicators/HD-01?period=2025S1", **KO)
    said = main_of(shown)
    assert "소관부처·권역별, 2025년 상반기" in said
    assert "과학기술정보통신부3건" in said
    assert "거점센터 1곳의 중앙값: 3건" in said
    (way,) = {it for it in shown.links if "where=ministry" in it}
    assert "소관부처 과학기술정보통신부" in main_of(browser.get(way, **KO))


def test_a_comparison_is_of_what_the_page_is_of_and_says_so(browser: Browser) -> None:
    page = browser.get("/indicators/HD-01?where=hub=EU-BRU", **KO)
    (way,) = {it for it in page.links if it.startswith("/compare")}
    assert way == "/compare?a=2025S1%2F1&code=HD-01&hub=EU-BRU"
    shown = browser.get(f"{way}&b=2025S1/1", **KO).text
    assert "조건: EU-BRU 브뤼셀 거점센터, 상담 접수 건수(HD-01)" in shown
    assert "<title>시점 비교: 2025년 상반기 제1차 공표본 – 2025년 상반기 제1차 공표본" in shown
