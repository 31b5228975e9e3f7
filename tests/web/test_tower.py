"""The time machine, comparisons, search and the overview, as a browser without scripts has them."""

from __future__ import annotations

import gzip
import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from api.web.site import PLACES
from journal.store.sqlite import SQLiteRecorder
from projections.mirror import mirror
from projections.mirror.snapshot import Reading
from tests.api.door import DESIGNATION, PATH_PARTS, Door, event
from tests.api.half_year import HalfYear, taken
from tests.web.conftest import TITLE
from tests.web.test_pages import Browser, Shown, signed_in

HD_02 = "/indicators/HD-02?period=2025S1&where=hub%3DEU-BRU"


def texts(shown: Shown) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", shown.text.partition("<body>")[2])))


@pytest.fixture(scope="module")
def browser(told: Door) -> Browser:
    return signed_in(told)


def test_a_page_of_the_past_says_what_would_be_another_figure_today(told: Door, browser: Browser) -> None:
    then = browser.get(f"{HD_02}&known={told.closed['before']}&lang=en")
    now = browser.get(f"{HD_02}&lang=en")
    assert "120 business minutes today 60 business minutes" in texts(then)
    assert "figures here would be others today" in texts(then)
    assert "would be" not in texts(now)
    assert f"/compare?lang=en&a={told.closed['before']}" in unescape(then.text)
    still = browser.get(f"/hubs/AS-SIN?known={told.closed['before']}&lang=en")
    assert "The figures here would be the same today." in texts(still)


def test_a_correction_stands_in_a_timeline_as_what_it_changed(browser: Browser) -> None:
    said = texts(browser.get("/streams/case:EU-2025-1?lang=en"))
    (change,) = re.findall(r"Before the correction ([^A]*) After the correction (\S+ \S+)", said)
    assert change == ("2025-03-03 20:00", "2025-03-03 19:00")


def test_the_lasting_address_of_a_picture_shows_it_after_more_is_recorded(told: Door, browser: Browser) -> None:
    live = browser.get(f"{HD_02}&lang=en")
    (lasting,) = (it for it in live.links if "known=" in it and "valid=" in it and it.startswith("/indicators/HD-02"))
    first = browser.get(lasting)
    HalfYear(told).cases("EU-BRU", 1)
    told.get(f"/v1/views/cases?after={told.get('/readyz').body['position']}")
    again = browser.get(lasting)
    assert re.search(r"As of \d{4}-\d\d-\d\d \d\d:\d\d \(Seoul\)", texts(first)), "no instant as a program writes it"
    figures = re.compile(r"<tbody>.*?</tbody>", re.DOTALL)
    assert figures.findall(first.text) == figures.findall(again.text)
    assert {"known", "valid", "period", "where", "lang"} <= {
        it.partition("=")[0] for it in urlsplit(lasting).query.split("&")
    }


@pytest.mark.parametrize("path", ["/", "/hubs", "/hubs/EU-BRU", "/indicators", "/indicators/HD-01", "/editions"])
def test_the_control_names_points_that_stay_what_they_are(browser: Browser, path: str) -> None:
    shown = browser.get(path)
    control = shown.text.partition('<ul class="points">')[2].partition("</ul>")[0]
    points = re.findall(r"known=([^&\"]+)", unescape(control))
    assert points
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d|\d{4}S\d%2F\d+|\d{4}S\d/\d+", it) for it in points), points


def test_the_point_of_the_last_edition_is_that_of_the_half_year_shown_and_leads_to_none_that_it_has_not(
    browser: Browser,
) -> None:
    others = {it for it in re.findall(r"period=(\d{4}S\d)", browser.get("/").text) if it != "2025S1"}
    for period, kept in (("2025S1", True), (min(others), False)):
        control = (
            browser.get(f"/?lang=en&period={period}").text.partition('<ul class="points">')[2].partition("</ul>")[0]
        )
        (link,) = (it for it in re.findall(r'href="([^"]+)"', unescape(control)) if "known=2025S1" in it)
        assert "known=2025S1%2F2" in link
        assert (f"period={period}" in link) is kept


def test_a_time_of_day_is_one_of_seoul_and_an_empty_field_is_none(browser: Browser) -> None:
    shown = browser.get("/hubs?known=2099-01-01T09:00&valid=&lang=en")
    assert "As recorded by 2099-01-01 09:00 (Seoul)" in shown.text


def test_times_say_that_they_are_of_seoul_and_to_the_second_which(browser: Browser) -> None:
    for language, said in (("ko", "시각: 한국 표준시(KST)"), ("en", "Times: KST (Seoul)")):
        shown = browser.get(f"/streams/case:EU-2025-1?lang={language}")
        assert shown.text.count(said) == 1
    assert '<time datetime="2025-03-03T18:00:00+09:00">2025-03-03 18:00</time>' in shown.text
    assert len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", texts(shown))) == shown.text.count("<time datetime")


def test_an_instant_of_the_night_in_seoul_is_of_its_day_there(browser: Browser) -> None:
    shown = browser.get("/hubs?valid=2025-06-30T15:30:00Z&lang=en")
    assert 'name="valid" type="date" aria-describedby="valid-hint" value="2025-07-01"' in shown.text


def test_what_was_recorded_or_published_later_says_so_or_is_not_there(told: Door, browser: Browser) -> None:
    later = browser.get(f"/entries/{told.closed['correction']}?known={told.closed['before']}&lang=en")
    assert "Recorded after the point in time" in later.text
    listed = [
        len(re.findall(r'"/editions/2025S1/\d+["?]', browser.get(f"/editions{at}").text))
        for at in ("", f"?known={told.closed['before']}")
    ]
    assert listed[0] == listed[1] + 1


def test_two_editions_stand_side_by_side_with_the_entries_that_came_between(told: Door, browser: Browser) -> None:
    shown = browser.get("/compare?a=2025S1/1&b=2025S1/2&lang=en")
    row = shown.text.partition('<tr class="differs">')[2].partition("</tr>")[0]
    assert "HD-02" in row
    assert re.findall(r"(\d+) <small>business minutes", row) == ["120", "60"]
    late = shown.text.partition('id="late"')[2]
    assert f"/entries/{told.closed['correction']}?lang=en" in unescape(late)
    assert "corrected · First response" in unescape(late)
    assert "clerical error" in late
    assert "Edition 2 of the first half of 2025 : told late" in texts(shown), "why it was restated"
    assert "−60 business minutes" in texts(shown)


def test_a_comparison_of_two_points_names_the_entries_behind_each_difference(told: Door, browser: Browser) -> None:
    shown = browser.get(f"/compare?a={told.closed['before']}&code=HD-02&hub=EU-BRU&lang=en")
    assert f"/entries/{told.closed['correction']}" in shown.text
    assert "HD-01" not in shown.text.partition("<tbody>")[2]
    assert "Narrowed to EU-BRU Brussels, First-response median (HD-02)" in texts(shown)
    refused = browser.get("/compare?a=1&hub=EU-BRX")
    assert (refused.status, "EU-BRU" in refused.text) == (404, True)
    assert browser.get("/compare").status == 200


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("반도체", "/streams/project:EU-2025-P1"),
        ("CHIPS", "/streams/project:EU-2025-P1"),
        ("브뤼셀", "/hubs/EU-BRU"),
        ("brussels", "/hubs/EU-BRU"),
        ("최초응답", "/indicators/HD-02"),
        ("EU-2025-1", "/streams/case:EU-2025-1"),
        ("EU-2025", "/streams/case:EU-2025-9"),
        ("case:EU-2025-2", "/streams/case:EU-2025-2"),
        ("1", "/entries/1"),
    ],
)
def test_search_finds_names_titles_and_numbers(browser: Browser, q: str, found: str) -> None:
    shown = browser.get(f"/search?q={_quoted(q)}")
    assert any(it == found or it.startswith(f"{found}?") for it in map(_same, shown.links)), (found, shown.links)
    assert browser.get(f"/search?q={_quoted(q)}&known=1").status == 200


def _quoted(text: str) -> str:
    return "".join(f"%{it:02X}" for it in text.encode())


def _same(link: str) -> str:
    return link.replace("%3A", ":")


def test_search_finds_only_what_its_reader_may_see(told: Door) -> None:
    finding = "finding:2025S1-EU-BRU-1"
    for who, seen in (("secretariat", True), ("EU-BRU", True), ("AS-SIN", False), ("analyst", False)):
        browser = signed_in(told, who)
        found = {it.partition("?")[0] for it in map(_same, browser.get(f"/search?q={finding}").links)}
        assert (f"/streams/{finding}" in found) is seen, who
        assert (browser.get(f"/streams/{finding}").status == 200) is seen, who
    assert TITLE in signed_in(told).get(f"/search?q={_quoted('공동연구')}").text


def test_the_overview_says_what_moved_since_it_was_published_and_who_owes_what(told: Door, browser: Browser) -> None:
    shown = texts(browser.get("/?lang=en"))
    assert "What moved since it was published" in shown
    assert "Recorded since the cut-off:" in shown
    assert "Hubs by region" in shown
    assert re.search("Verified: (as this server started|not yet)", shown)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the tables and of the journal while it holds."""
    asked = list[str]()
    for of, name in (
        (Reading, "rows"),
        (Reading, "table"),
        (Reading, "few"),
        (mirror, "look_from"),
        (SQLiteRecorder, "_all"),
    ):
        own = getattr(of, name)

        def counted(*its: object, _own: object = own, _name: str = name, **named: object) -> object:
            asked.append(_name)
            return _own(*its, **named)  # type: ignore[operator]

        monkeypatch.setattr(of, name, counted)
    return asked


@pytest.mark.parametrize("path", ["/", "/hubs", "/hubs/EU-BRU", "/indicators"])
def test_a_page_asked_again_at_the_same_position_needs_no_sql(
    browser: Browser, statements: list[str], path: str
) -> None:
    # In words that nobody asked yet; a minute may end, and what is signed may follow, between two of them.
    for words in ("lang=ko", "lang=ko&valid=", "lang=ko&known="):
        page = f"{path}?{words}"
        browser.get(page)
        first = len(statements)
        assert browser.get(page).status == 200
        if first and len(statements) == first:
            return
        statements.clear()
    pytest.fail(f"asked again, {path} needs {statements}")


def test_a_kept_page_is_of_its_reader_and_tells_no_proof_of_another(told: Door) -> None:
    own, again = signed_in(told, "EU-BRU").get("/hubs/EU-BRU").text, signed_in(told, "EU-BRU").get("/hubs/EU-BRU").text
    csrf = re.compile(r'name="csrf" content="([0-9a-f]+)"')
    assert csrf.findall(own) != csrf.findall(again)
    moment = re.compile(r"valid=[^&]+")  # a minute may end between the two
    assert moment.sub("", csrf.sub("", own)) == moment.sub("", csrf.sub("", again))
    assert "EU-BRU" in own
    assert signed_in(told, "analyst").get("/hubs/EU-BRU").text != own


def test_the_first_paint_of_every_page_is_small_and_packed(told: Door, browser: Browser) -> None:
    """Without charts, at most 150 KiB in at most four requests, the icon of the site aside."""
    paths = [it.canonical.format(**PATH_PARTS | {"hub": "EU-BRU", "stream": "hub:EU-BRU"}) for it in PLACES]
    for path in [*paths, "/compare?a=2025S1/1", "/editions/2025S1/2", "/search?q=2025", "/sign-in"]:
        shown = browser.get(path)
        assert shown.status == 200, path
        parts = {it for it in re.findall(r'(?:href|src)="(/static/[^"]+)"', shown.text) if "icon" not in it}
        assert len(parts) < 4, path
        sent = [browser.raw(it, **{"Accept-Encoding": "gzip"}) for it in (path, *parts)]
        assert all(it.headers.get("Content-Encoding") == "gzip" or len(it.body) < 1024 for it in sent), path
        assert sum(len(it.body) for it in sent) <= 150 * 1024, path
    whole = browser.raw("/", **{"Accept-Encoding": "gzip"})
    assert gzip.decompress(whole.body).startswith(b"<!doctype html>")


def test_a_report_marks_what_would_be_another_figure_now_and_an_edition_handed_on_does_not(told: Door) -> None:
    for number, changed in ((1, True), (2, False)):
        shown = signed_in(told).get(f"/editions/2025S1/{number}?lang=en").text
        cell = re.search(
            r'<a href="/indicators/HD-02[^"]*where=hub%3DEU-BRU[^"]*">[^<]*</a>(.*?)</td>', shown, re.DOTALL
        )
        assert cell is not None
        assert ("now 60" in cell[1]) is changed
        assert f'href="/compare?a=2025S1/{number}"' in unescape(shown), "HD-01 counts a case more"
        handed_on = told.get(f"/v1/editions/2025S1/{number}.html", who="secretariat").raw.decode()
        assert "※" not in handed_on.partition("<body")[2].partition("pages")[0]
    assert signed_in(told, "analyst").get("/editions/2025S1/1").status == 200


def test_an_edition_is_taken_as_a_file_from_the_list_of_editions(told: Door, browser: Browser) -> None:
    listed = browser.get("/editions?lang=en")
    for form, type_ in (("hwpx", "application/hwp+zip"), ("xlsx", "application/vnd.openxmlformats")):
        (link,) = (it for it in listed.links if it.startswith(f"/editions/2025S1/2.{form}"))
        taken = browser.raw(link)
        assert taken.headers["Content-Type"].startswith(type_)
        assert taken.body.startswith(b"PK")
        assert taken.headers["Cache-Control"] == "no-store"


def test_the_overview_has_the_hubs_of_its_half_year_and_none_that_is_designated_later(
    told: Door, browser: Browser
) -> None:
    munich = DESIGNATION | {"name_en": "Munich", "name_ko": "뮌헨 거점센터", "designated_on": "2026-01-05"}
    designated = event("hub.designated", "hub:EU-MUC", "EU-MUC", munich, time="2026-01-05T00:00:00Z")
    position = taken(told.post(designated, who="secretariat")).body["position"]
    told.get(f"/v1/views/control_tower?after={position}")
    for period, hubs, there in (("2025S1", 2, False), ("2026S1", 3, True)):
        shown = texts(browser.get(f"/?lang=en&period={period}"))
        assert f", {hubs} hubs" in shown
        assert ("Munich" in shown) is there


def test_what_happened_after_the_cut_off_is_told_apart_from_what_was_told_late_with_the_way_to_its_entries(
    told: Door, browser: Browser
) -> None:
    days = {"opened": "2025-06-02", "resolved": "2025-06-25", "reopened": "2025-07-02"}
    facts = {"opened": {"topic": "visa", "channel": "mail"}, "reopened": {"why": "again"}}
    for what, day in days.items():
        it = event(f"case.{what}", "case:EU-2025-R", f"r-{what}", facts.get(what, {}), time=f"{day}T09:00:00Z")
        position = taken(told.post(it)).body["position"]
    told.get(f"/v1/views/hub_performance?after={position}")
    found = browser.get("/compare?a=2025S1/2&code=HD-05&hub=EU-BRU&lang=en")
    said = re.search(r"([0-9.]+) ?% ([0-9.]+)% with what happened after the cut-off", texts(found))
    assert said, texts(found)
    assert float(said[1]) < float(said[2])
    named = browser.get(f"/compare?a=2025S1/2&b={position}&code=HD-05&hub=EU-BRU&lang=en")
    assert f"{said[2]}% with what happened after the cut-off" in texts(named)
    (way,) = {it for it in found.links if it.startswith("/compare?") and "period=2025S1" in it and "a=2025S1" not in it}
    between = browser.get(way)
    assert re.search(rf"HD-05 2025S1 EU-BRU Brussels .* {re.escape(said[2])} ?%", texts(between))
    assert any(it.startswith("/entries/") for it in between.links)
