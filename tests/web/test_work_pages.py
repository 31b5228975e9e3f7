"""Pages of what hubs do: what each says, to whom, in both languages, without a fault in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from api.web.charts import fitting
from api.web.counting import counted, each
from api.web.listing import MOST
from api.web.menu import MENU
from api.web.network import picture
from domain.words import PAGES
from replay.editions import late_amounts
from tests.web.read_aloud import faults
from tests.web.seen import opened_for, serious
from tests.web.test_pages import Browser, signed_in
from tests.web.worked import PARTNERS, S, Worked

if TYPE_CHECKING:
    import playwright.sync_api as playwright

WORK = {
    "/projects": "projects",
    "/exchanges": "exchanges",
    "/companies": "companies",
    "/helpdesk": "helpdesk",
    "/maps": "maps",
    "/network": "network",
    "/partners": "partners",
    "/checks": "check_of",
    "/sessions": "committee",
    "/access-log": "access_log",
}
"""The pages, by the word that their heading has."""

LINKED = (
    *("/hubs/EU-BRU", "/indicators/HD-01", "/maps?map=map:NST12-AI-1", "/helpdesk?hub=EU-BRU&state=breached"),
    *("/checks/2025S1", "/irregularities?hub=EU-BRU", "/search?q=TU", "/compare?a=2025S1/1", "/streams/project:P-OPEN"),
)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worked]:
    it = Worked(tmp_path_factory.mktemp("worked") / "data")
    yield it
    it.close()


def text(browser: Browser, path: str) -> str:
    """What a page says, without its marks."""
    shown = browser.get(path)
    assert shown.status == 200, (path, shown.text[:2000])
    body = shown.text.partition("<main")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def table(browser: Browser, path: str, label: str) -> str:
    """The table in the box of a label."""
    return browser.get(path).text.partition(f'aria-label="{label}"')[2].partition("</table>")[0]


def rows(of: str) -> list[list[str]]:
    """The cells of a table's body."""
    body = of.partition("<tbody>")[2]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("<tr>")[1:]]
    return [[re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", unescape(it))).strip() for it in row] for row in cells]


@pytest.mark.parametrize(("who", "languages"), [("auditor", ("ko", "en")), ("analyst", ("en",))])
def test_each_page_is_there_in_both_languages_for_who_may_see_it(
    worked: Worked, who: str, languages: tuple[str, ...]
) -> None:
    browser = signed_in(worked, who)
    for path, name in WORK.items():
        for language in languages:
            shown = browser.get(f"{path}?lang={language}")
            refused = (who, path) == ("analyst", "/access-log")
            assert shown.status == (403 if refused else 200), (path, shown.text[:2000])
            assert f'<html lang="{language}">' in shown.text
            assert " style=" not in shown.text
            assert shown.text.count("<script") == shown.text.count('<script type="module" src="/static/')
            if not refused:
                said = re.sub(r"\{\w+\}", "", PAGES[name].said(language)).strip()
                assert said in shown.text.partition("<h1>")[2].partition("</h1>")[0]
                assert "GET /v1/" in shown.text, "where it comes from"


NO_TABLE = ("/search?q=TU",)


@pytest.mark.parametrize("who", ["secretariat", "analyst"])
def test_every_table_is_taken_as_a_file_by_the_session_and_withholds_as_its_call(worked: Worked, who: str) -> None:
    browser, files = signed_in(worked, who), set[str]()
    for path in ("/", "/hubs", "/indicators", *WORK, *LINKED):
        shown = browser.get(path)
        links = {it for it in shown.links if it.startswith("/v1/")}
        assert bool(links) == (shown.status == 200 and path not in NO_TABLE), path
        files |= links
    assert {it.partition("format=")[2] for it in files} == {"", "csv", "xlsx&lang=ko"}
    for link in sorted(files):
        file = browser.raw(link, Referer=f"{worked.url}/")
        assert "problem" not in file.headers["Content-Type"], (link, file)
        if link.endswith("csv"):
            assert file.body == worked.get(link, who=who).raw, link


def test_a_spreadsheet_is_in_the_language_of_its_page_whatever_the_browser_prefers(worked: Worked) -> None:
    browser, ours = signed_in(worked), {"Referer": f"{worked.url}/"}
    for language, other in (("ko", "en"), ("en", "ko")):
        for page, prefers in ((f"/projects?lang={language}", other), ("/projects", language)):
            link = min(it for it in browser.get(page, **{"Accept-Language": prefers}).links if "format=xlsx" in it)
            file = browser.raw(link, **ours, **{"Accept-Language": other})
            assert file.headers["Content-Language"] == language, (page, link)


def test_a_file_is_narrowed_and_of_a_point_as_its_page_is(worked: Worked) -> None:
    browser, ours = signed_in(worked), {"Referer": f"{worked.url}/"}
    page = browser.get("/projects?status=launched")
    whole, listed = (
        {it for it in browser.get(path).links if it.startswith("/v1/views/projects?") and it.endswith("csv")}
        for path in ("/projects", "/projects?status=launched")
    )
    assert len(whole) == 1
    (narrow,) = listed - whole
    said = browser.get(narrow, **ours).text.splitlines()
    assert len(said) - 1 == len(rows(page.text.partition('<table class="list">')[2].partition("</table>")[0]))
    assert "where=status=launched" in narrow
    then = {it for it in browser.get(f"/hubs/EU-BRU?known={worked.last}").links if it.startswith("/v1/")}
    assert then
    assert all(f"known={worked.last}" in it and "valid=" not in it for it in then)


def test_korean_on_a_page_in_english_is_a_passage_of_its_own(worked: Worked) -> None:
    browser = signed_in(worked, "auditor")
    for path in ("/projects", "/maps?map=map:NST12-AI-1", "/exchanges", "/companies", "/network", "/partners"):
        body = browser.get(f"{path}{'&' if '?' in path else '?'}lang=en").text.partition("<main")[2]
        bare = re.sub(r'<span lang="ko">[^<]*</span>|<[^>]*>', "", body)
        assert not re.search("[가-힣]", bare), (path, bare)
    assert '<span lang="ko">과제 OPEN</span> (in Korean)' in browser.get("/projects?lang=en").text


def test_the_menu_has_every_page_that_somebody_may_open(worked: Worked) -> None:
    for who, hidden in (("auditor", set()), ("analyst", {"/access-log"})):
        nav = signed_in(worked, who).get("/?lang=en").text.partition("<nav")[2].partition("</nav>")[0]
        assert {it.partition("?")[0] for it in re.findall(r'href="([^"]+)"', nav)} == MENU.keys() - hidden


def test_projects_are_told_by_their_steps_countries_and_money_with_its_rates(worked: Worked) -> None:
    browser = signed_in(worked, "auditor")
    steps = dict(row[::3] for row in rows(table(browser, "/projects", "추진단계별 과제")))
    assert steps == {"제안": "0", "보안등급 지정": "0", "협약 체결": "0", "수행 중": "2", "완료": "0"}
    taken = {row[0]: row[1] for row in rows(table(browser, "/projects", "추진단계별 과제"))}
    assert taken == {"제안": "2", "보안등급 지정": "2", "협약 체결": "2", "수행 중": "2", "완료": "0"}
    assert rows(table(browser, "/projects", "구분")) == [["협약 국내 재원", "9억 원", "6", "1,554 USD"]]
    assert '적용 환율표: <a href="/streams/fx%3A2025S1">2025년 상반기(버전 1)</a>.' in browser.get("/projects").text
    assert "네덜란드(NL) 2" in text(browser, "/projects")


def test_a_secured_project_is_on_no_page_of_who_has_no_share_in_it_nor_in_a_sum(worked: Worked) -> None:
    for who, sees in (("EU-BRU", True), ("AS-SIN", False), ("analyst", False)):
        browser = signed_in(worked, who)
        said = text(browser, "/projects")
        assert ("과제 CLOSED" in said, "열람 권한이 없는 1건" in said) == (sees, not sees)
        assert rows(table(browser, "/projects", "구분"))[0][1] == ("9억 원" if sees else "4.5억 원")


def test_stays_are_for_who_reads_them_and_others_are_led_to_the_figures(worked: Worked) -> None:
    for who, sees in (("EU-BRU", True), ("auditor", True), ("AS-SIN", False), ("analyst", False)):
        said = text(signed_in(worked, who), "/exchanges")
        assert ("TU 아인트호벤" in said, "공표된 수치는 지표에서" in said) == (sees, not sees)
        assert ("벨기에(BE) 1 " in said) == sees
        assert worked.person not in said


def test_a_stay_that_was_called_off_has_no_planned_days(worked: Worked) -> None:
    plan = {"direction": "OUTBOUND", "planned_from": "2026-07-01", "planned_until": "2026-08-31"}
    for name, ends in (("STANDS", "accepted"), ("OFF", "cancelled"), ("NO", "declined")):
        worked.tell("exchange.nominated", f"exchange:{name}", {"person": worked.person, "country": "DE", **plan})
        worked.tell(f"exchange.{ends}", f"exchange:{name}", {} if ends == "accepted" else {"reason": "x"})
    assert worked.get(f"/v1/views/exchanges?after={worked.last}", who="EU-BRU").status == 200
    found = rows(table(signed_in(worked, "EU-BRU"), "/exchanges?lang=en", "Stays"))
    shown = {row[0]: (row[8], row[9]) for row in found}
    assert shown["STANDS"] == ("2026-07-01 planned", "2026-08-31")
    assert shown["OFF"] == shown["NO"] == ("–", "–")


def test_a_stay_that_lasts_longer_than_planned_says_by_how_many_days(worked: Worked) -> None:
    stay = {"person": worked.person, "country": "DE", "direction": "OUTBOUND", "planned_until": "2025-03-31"}
    worked.tell("exchange.nominated", "exchange:LONG", stay)
    worked.tell("exchange.arrived", "exchange:LONG", {"on": "2025-03-03"})
    assert worked.get(f"/v1/views/exchanges?after={worked.last}", who="EU-BRU").status == 200
    found = rows(table(signed_in(worked, "EU-BRU"), "/exchanges?status=arrived&valid=2025-04-02&lang=en", "Stays"))
    (until,) = {row[9] for row in found if row[0] == "LONG"}
    assert until == "2025-03-31 2 days late"


def test_a_clock_goes_by_the_calendar_of_its_hub_and_one_that_is_late_stands_first(worked: Worked) -> None:
    browser = signed_in(worked, "analyst")
    clocks = rows(table(browser, "/helpdesk?lang=en", "Clocks"))
    late, runs = (next(row for row in clocks if row[0].startswith(name)) for name in ("LATE", "RUNS"))
    assert (late[3], late[4]) == ("Breached", "5,400 / 240"), "ten days of nine hours"
    assert (runs[3], runs[4], runs[6]) == ("Running", "0 / 240", "2026-06-01 13:00 2026-06-01 20:00 in Seoul")
    queues = rows(table(browser, "/helpdesk?lang=en", "Queues by hub"))
    assert [(row[5], row[7], row[8]) for row in queues] == [("1", "0", "–"), ("2", "2", "2026-06-01 13:00")]
    said = text(browser, "/helpdesk?lang=en&hub=AS-SIN")
    assert ("ASIA" in said, "RUNS" in said) == (True, False)
    running = rows(table(browser, "/helpdesk?lang=en&state=running", "Clocks"))
    assert {row[0].split()[0] for row in running} == {"RUNS"}
    of_one = text(browser, "/streams/case:RUNS?lang=en")
    assert "first response Running Due (there) 2026-06-01 13:00 Run / promised 0 / 240 business minutes" in of_one


def test_a_moment_is_the_same_whatever_the_zone_of_the_server(worked: Worked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert "2026-06-01 20:00 in Seoul" in text(signed_in(worked), "/helpdesk?lang=en")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_deadlines_are_taken_as_a_calendar_file(worked: Worked) -> None:
    shown = signed_in(worked, "EU-BRU").get("/helpdesk.ics")
    assert shown.headers["Content-Type"].startswith("text/calendar")
    assert shown.headers["Cache-Control"] == "no-store"
    due = {str(it["UID"]): it for it in Calendar.from_ical(shown.text).walk("VEVENT")}
    assert {uid: it.decoded("DTSTART") for uid, it in due.items()} == {
        "case:RUNS/first_response@sagwan": datetime(2026, 6, 1, 11, tzinfo=UTC),
        "case:RUNS/resolve@sagwan": datetime(2026, 6, 2, 14, tzinfo=UTC),
    }
    assert str(due["case:RUNS/first_response@sagwan"]["SUMMARY"]) == "최초응답 기한: RUNS"
    assert "RUNS: first response is due" in signed_in(worked, "EU-BRU").get("/helpdesk.ics?lang=en&hub=EU-BRU").text
    assert "BEGIN:VEVENT" not in signed_in(worked).get("/helpdesk.ics?hub=AS-SIN").text
    assert Browser(worked).get("/helpdesk.ics").status == 303


def test_a_map_marks_with_whom_there_is_a_project_and_with_whom_a_gap(worked: Worked) -> None:
    browser = signed_in(worked, "auditor")
    ((field, *cells),) = rows(table(browser, "/maps?lang=en", "Technology by country"))
    assert field == "Artificial intelligence"
    assert cells == ["80", "95gap", "90projects: 2", "40"], "Korea, and the rest by how far they are"
    analyst = rows(table(signed_in(worked, "analyst"), "/maps?lang=en", "Technology by country"))
    assert analyst[0][3] == "90projects: 1", "of those that he sees"
    assert "언어모형" in text(browser, "/maps?map=map:NST12-AI-1")
    assert "GRDSC-1" in text(browser, "/maps")


def test_the_network_is_a_picture_and_the_same_as_a_table(worked: Worked) -> None:
    shown = signed_in(worked, "analyst").get("/network?lang=en").text
    assert shown.count('<path class="w') == 1
    assert shown.count("<circle") == 2
    (pair,) = rows(shown.partition('aria-label="Pairs"')[2].partition("</table>")[0])
    assert pair[1:] == ["1", "0", "0", "0", "1", "2"]
    assert "told by one" in shown
    (held,) = rows(shown.partition('aria-label="Activities"')[2].partition("</table>")[0])
    assert held[:4] == ["포럼 a-1", "Forum or conference", "2025-03-03", "Brussels, Brussels"]


@pytest.mark.parametrize(("language", "said"), [("en", "Berlin – KIC-EU: 3"), ("ko", "EU-BER – 유럽혁신센터: 3")])
def test_what_an_arc_of_the_network_says_is_in_one_language(language: str, said: str) -> None:
    alike = {"weight": 3, "region": "EUROPE", "country": "DE", "is_hub": False}
    nodes = [
        {"centre": "EU-BER", "name_ko": None, "name_en": "Berlin"} | alike,
        {"centre": "KIC-EU", "name_ko": "유럽혁신센터", "name_en": None} | alike,
    ]
    drawn = picture(language, nodes, [{"centre": "EU-BER", "other": "KIC-EU", "weight": 3}])
    assert [it.said for it in drawn.arcs] == [said]
    assert {it.name: it.lang for it in drawn.nodes} == {"Berlin": "en", "유럽혁신센터": "ko"}


def test_the_budget_of_a_hub_reads_as_other_money_with_all_of_it_at_hand(worked: Worked) -> None:
    given = {"period": "2025S1", "money": {"amount": "1150000000", "currency": "KRW"}, "decision_ref": "MSIT-1"}
    worked.tell("hub.budget_allocated", "hub:EU-BRU", given | {"on": "2024-12-20"}, who=S)
    assert worked.get(f"/v1/views/hubs?after={worked.last}").status == 200
    browser = signed_in(worked, "analyst")
    for language, said, whole in (
        ("ko", "11.5 억 원", "1,150,000,000원"),
        ("en", "1,150 million KRW", "1,150,000,000 KRW"),
    ):
        shown = browser.get(f"/hubs/EU-BRU?period=2025S1&lang={language}").text
        assert f'title="{whole}"' in shown
        assert said in text(browser, f"/hubs/EU-BRU?period=2025S1&lang={language}")


def test_what_a_stream_names_by_a_key_is_called_by_its_name_too(worked: Worked) -> None:
    answer = {"subject": "project:P-OPEN", "accepts": True, "on": "2025-03-04"}
    worked.tell("centre.answered", "centre:EU-BRU", answer)
    browser = signed_in(worked, "auditor")
    assert (
        '"/streams/project%3AP-OPEN?lang=en" class="id">Joint project P-OPEN</a>'
        in (browser.get("/streams/centre:EU-BRU?lang=en").text.partition("Answer of a centre")[2])
    )
    said = text(browser, "/streams/centre:EU-BRU?lang=en")
    assert "other centre AS-SIN Brussels kind of link" in said
    assert "held on 2025-03-03" in said.partition(" State ")[2], "a field of an event in a state is called as there"
    project = text(browser, "/streams/project:P-OPEN?lang=en")
    assert "tue TU 아인트호벤" in project
    assert "Netherlands (NL)" in project.partition("countries of the partners ")[2][:60]


def test_the_state_of_a_calendar_has_days_by_name_and_says_nothing_of_no_version(worked: Worked) -> None:
    said = text(signed_in(worked, "auditor"), "/streams/calendar:BE")
    assert "요일 월 시작 시각 09:00" in said
    assert "효력 발생일" not in said
    assert "바탕이 된 버전" not in said


def test_a_long_list_is_told_by_sheets_and_says_how_long_it_is(worked: Worked) -> None:
    browser = signed_in(worked, "analyst")
    first, last = browser.get("/partners?lang=en").text, browser.get("/partners?lang=en&page=2").text
    assert f"1 to {MOST} of {PARTNERS}" in first
    assert f"{MOST + 1} to {PARTNERS} of {PARTNERS}" in last
    assert 'rel="next" href="/partners?lang=en&amp;page=2"' in first
    assert 'rel="next"' not in last
    assert f"{MOST + 1} to {PARTNERS}" in browser.get("/partners?lang=en&page=99").text, "the last there is"
    assert browser.get("/partners?page=x").status == 400
    assert "TU 아인트호벤" in text(browser, "/partners?country=NL")


def test_a_choice_that_is_none_is_refused_with_the_nearest_there_is(worked: Worked) -> None:
    browser = signed_in(worked, "auditor")
    for path, near in (
        ("/projects?hub=EU-BRX", "EU-BRU"),
        ("/projects?status=lanched", "launched"),
        ("/exchanges?direction=INBOND", "INBOUND"),
        ("/helpdesk?state=runing", "running"),
        ("/partners?kind=UNIVERSTY", "UNIVERSITY"),
        ("/maps?map=map:NST12-AI-2", "map:NST12-AI-1"),
        ("/access-log?month=2026-07", "2026-06"),
    ):
        shown = browser.get(path)
        told = re.search(rf"<b>(<a [^>]*>)?{near}(</a>)?</b>", shown.text)
        assert (shown.status, bool(told)) == (400, True), (path, shown.text)
    assert browser.get("/projects?hub=&status=").status == 200


def test_a_check_says_how_far_it_is_and_findings_are_for_who_reads_them(worked: Worked) -> None:
    for who, sees in (("EU-BRU", True), ("secretariat", True), ("AS-SIN", False), ("analyst", False)):
        browser = signed_in(worked, who)
        said = text(browser, "/checks")
        assert ("CONDITION-FOUND" in said) == sees
        reviews = table(browser, "/checks", "센터별 점검")
        assert ("검증 완료" in reviews) == (who != "analyst"), "a hub sees its own review"
        assert ("열람 권한이 없는" in said) == (who != "secretariat"), "of other hubs"
        assert "2025년 상반기 점검 공표" in said
    assert "지적사항 답변" in text(signed_in(worked), "/checks").partition("이행할 사항과 기한")[2]
    assert signed_in(worked).get("/checks?period=2031S1").status == 400


def test_companies_are_told_with_what_came_of_it(worked: Worked) -> None:
    browser = signed_in(worked, "analyst")
    assert rows(table(browser, "/companies", "계약·투자유치")) == [["계약 증빙 있음", "1.5억 원", "1", "–"]]
    assert [row[0] for row in rows(table(browser, "/companies", "진출 대상국"))] == ["독일(DE)", "네덜란드(NL)"]
    assert "가나소프트" in text(browser, "/companies")


@pytest.mark.parametrize("more", [[], ["stream"]])
def test_each_item_of_a_list_has_a_row_whatever_else_a_table_has(more: list[str]) -> None:
    told = pa.table({"stream": ["a", "b", "c"], "entities": [["NL", "DE"], [], ["NL"]]})
    found = each(told.select([*more, "entities"]), "entities")
    assert found["entities"].to_pylist() == ["NL", "DE", "NL"]
    assert "stream" not in more or found["stream"].to_pylist() == ["a", "a", "c"]
    assert counted(found, "entities") == {"NL": 2, "DE": 1}


def test_every_target_says_whether_it_is_attained(worked: Worked) -> None:
    assert "99개 과제 × 미달성" in text(signed_in(worked), "/indicators?period=2025S1")
    assert (
        "/indicators?period="
        in signed_in(worked).get("/").text.partition('<div class="pair">')[2].partition("regions")[0]
    )


def test_a_session_says_what_it_thought_and_decided(worked: Worked) -> None:
    for n, language in enumerate(("ko", "en")):
        said = text(signed_in(worked, "analyst"), f"/sessions?lang={language}")
        assert ("이견 없음", "No objection")[n] in said
        assert ("의안 1건, 의결 0건, 의견 1건", "1 item, 0 decided, 1 opinion")[n] in said
        assert ("위원 3명 중 3명 출석", "3 of 3 members present")[n] in said


def test_the_access_log_says_who_saw_what_of_whom_to_who_reviews_it(worked: Worked) -> None:
    for who, sees in (("EU-BRU", True), ("auditor", True), ("operator", True), ("AS-SIN", False)):
        shown = signed_in(worked, who).get("/access-log").text
        assert (worked.person in shown, "visa-check" in shown) == (sees, sees)
        assert "김철수" not in shown
        assert ("열람 기록이 없습니다." in shown) == (not sees)
    refused = signed_in(worked, "analyst").get("/access-log")
    assert (refused.status, "authority.role" in refused.text, worked.person in refused.text) == (403, True, False)


def test_a_figure_has_its_picture_over_half_years_with_the_target(worked: Worked) -> None:
    shown = signed_in(worked).get("/indicators/HD-01?lang=en").text
    first = shown.partition("<figure")[2].partition("</figure>")[0]
    assert "2025S1 3 cases (target 12 cases)" in first
    assert '<line class="target"' in first
    assert shown.count("<figure") == 3, "of all, and of each hub"
    assert signed_in(worked).get("/hubs/EU-BRU").text.count("<figure") == 5
    withheld = signed_in(worked, "analyst").get("/indicators/EX-01?lang=en").text
    assert re.search(r'aria-label="All hubs: [^"]*in editions only', withheld)


@given(st.lists(st.decimals(-(10**9), 10**9, places=3), max_size=6))
def test_a_scale_has_every_number_on_it_and_few_marks(numbers: list[Decimal]) -> None:
    scale = fitting(numbers)
    assert scale.low <= min([*numbers, Decimal(0)])
    assert scale.high >= max([*numbers, Decimal(0)])
    assert scale.low < scale.high
    assert 2 <= len(scale.marks) <= 6
    assert scale.marks[-1] == scale.high
    assert Decimal(0) in scale.marks


def test_a_comparison_names_the_indicators_of_which_it_does_not_tell_all(
    worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = text(signed_in(worked, "analyst"), f"/compare?a=1&b={worked.last}&lang=en")
    assert "not compared here, but for those of your own hub: Exchange person-months (EX-01), " in said
    monkeypatch.setattr(late_amounts, "MOST_MARKS", 0)
    office = {"name_ko": "KIC", "kind": "INNOVATION_CENTRE", "operator": "NRF", "country": "DE", "city": "Berlin"}
    worked.tell("centre.registered", "centre:KIC", office, who=S)
    held = {"activity": "a-2", "kind": "FORUM", "title": "포럼", "on": "2025-03-03", "others": ["KIC"]}
    worked.tell("centre.activity_held", "centre:EU-BRU", held)
    assert worked.get(f"/v1/views/centres?after={worked.last}", who="auditor").status == 200
    for language, (name, by_entry) in {
        "ko": ("협력 센터 쌍 수(NW-02)", "기록별 변동량 미표시"),
        "en": ("Co-operation between centres (NW-02)", "not told by entry"),
    }.items():
        shown = text(signed_in(worked, "auditor"), f"/compare?a=2025S1/1&lang={language}")
        assert shown.count(name) == 1
        assert shown.index(by_entry) < shown.index(name), "beside the figure, and above the entries"


@pytest.fixture
def page(worked: Worked, chromium: playwright.Browser, request: pytest.FixtureRequest) -> Iterator[playwright.Page]:
    """Signed in as an auditor; whatever goes wrong on a page, or leads elsewhere, fails the test."""
    wrong = list[str]()
    it = opened_for(worked, chromium, "auditor", wrong, **{"locale": "en-US"} | request.param)
    yield it
    it.context.close()
    assert wrong == []


TARGETS = """() => {
    const found = [...document.querySelectorAll("main a, main button, main select, main input:not([type=hidden])")];
    const boxes = found.map(it => it.getBoundingClientRect()).filter(it => it.width);
    const small = boxes.filter(it => it.width < 24 || it.height < 24);
    const near = (one, it) => {
        const x = one.left + one.width / 2, y = one.top + one.height / 2;
        const dx = Math.max(it.left - x, 0, x - it.right), dy = Math.max(it.top - y, 0, y - it.bottom);
        return Math.hypot(dx, dy) < 12;
    };
    return small.filter(one => boxes.some(it => it !== one && near(one, it))).length;
}"""
"""How many targets are smaller than 24 pixels and have another within 12 of their middle (WCAG 2.2, 2.5.8)."""


@pytest.mark.browser
@pytest.mark.parametrize(
    "page", [{"locale": "ko-KR"}, {"locale": "en-GB", "color_scheme": "dark"}], indirect=True, ids=["ko", "en"]
)
def test_every_page_is_shown_without_a_fault_and_heard_and_fits_a_small_screen(
    page: playwright.Page, worked: Worked, axe: str
) -> None:
    lacking = dict[str, list[str]]()
    for path in (*WORK, *LINKED):
        shown = page.goto(worked.url + path)
        assert shown is not None
        assert shown.status == 200
        assert page.evaluate(TARGETS) == 0, path
        if found := [*serious(page, axe), *faults(page)]:
            lacking[path] = found
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, "nothing scrolls but boxes of tables"
        page.set_viewport_size({"width": 1280, "height": 800})
    assert lacking == {}
