"""What pages say in words: values and amounts in the language of the reader, what each row counts for, why something is
not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest

from api.web import site
from api.web.menu import MENU
from api.web.numbers import amount, changed, in_words, moved_by, plain, row_places, sides_places
from api.web.places import NOT_PROVEN, SIGNED
from api.web.wording import ministry_of, status_of, value_in_words
from domain.descriptions import common_fields
from domain.registry import KINDS, TYPES
from domain.words import IRREGULARITIES, PAGES, STATE, STREAMS, TERMS, VALUES
from projections.definitions import INDICATORS
from projections.definitions import IRREGULARITIES as RULES
from tests.api.door import Door, event
from tests.api.half_year import taken
from tests.web.test_pages import Browser, signed_in

DAY = date(2025, 11, 1)
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def literals(of: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every word that a field of a type, or of what it holds, is to choose from."""
    if get_origin(of) is Literal:
        yield from ((name, str(it)) for it in get_args(of))
        return
    for inner in get_args(of):
        yield from literals(inner, name)
    if hasattr(of, "__value__"):
        yield from literals(of.__value__, name)
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        for field in msgspec.structs.fields(of):
            yield from literals(field.type, field.encode_name)


def state_fields(of: Any, seen: set[Any]) -> Iterator[str]:
    for inner in get_args(of):
        yield from state_fields(inner, seen)
    if isinstance(of, type) and issubclass(of, msgspec.Struct) and of not in seen:
        seen.add(of)
        for field in msgspec.structs.fields(of):
            yield field.encode_name
            yield from state_fields(field.type, seen)


def test_every_word_that_a_fact_chooses_from_is_called_something() -> None:
    """Business names of severities of time limits are keys of a map, and go by the field."""
    asked = {(name, it) for type_ in TYPES.values() for name, it in literals(type_)}
    named = {(name, it) for name, words in VALUES.items() for it in words}
    limits = {(name, it) for name, it in asked if name in ("first_response_minutes", "resolve_minutes")}
    assert asked - named == limits


def test_every_field_of_a_state_is_called_something() -> None:
    names = {name for kind in KINDS.values() for name in state_fields(type(kind.initial), set())}
    assert sorted(names - STATE.keys() - common_fields().keys()) == []


def test_every_word_of_pages_is_used() -> None:
    folder = Path(site.__file__).parent
    text = "".join(it.read_text(encoding="utf-8") for it in (*folder.rglob("*.py"), *folder.rglob("*.html")))
    made = {f"{start}_{it}" for start, words in MADE.items() for it in words}
    unused = {it for it in PAGES if not re.search(rf"""W\.{it}\b|\["{it}"\]|"{it}\"""", text)} - made
    assert unused == set()


MADE = {
    "why": ("missing", "partly_missing", "undefined", "withheld", "not_in_edition"),
    "clock": ("first_response", "resolve", "running", "stopped", "met", "unpromised", "unknown"),
    "half": ("1_short", "2_short"),
    "link": ("told", "confirmed", "declined", "ended"),
    "proof_why": NOT_PROVEN,
    "proof_signed": SIGNED,
    "of": ("projects", "cases", "exchanges", "expansions"),
    "late": ("late", "corrected", "voided"),
    "awaits": ("share", "referral", "link", "stay"),
    "owes": ("submission", "attestation", "resubmission", "response", "action", "referral"),
}
"""Names that templates put together."""


def test_every_unit_has_a_way_to_write_amounts_and_every_irregularity_says_who_mends_it() -> None:
    assert TERMS.amounts.keys() == TERMS.units.keys() >= TERMS.one.keys()
    assert all(it.count("{n}") == 1 for both in TERMS.amounts.values() for it in both)
    assert all(it.count("{n}") == 1 for it in TERMS.one.values())
    assert IRREGULARITIES.rules.keys() == RULES.keys()
    assert {who for it in IRREGULARITIES.rules.values() for who in it.by.split()} == IRREGULARITIES.who.keys()


@pytest.mark.parametrize(
    ("value", "unit", "ko", "en"),
    [
        ("31", "project", "31개 과제", "31 projects"),
        ("1", "project", "1개 과제", "1 project"),
        ("0.5", "project", "0.5개 과제", "0.5 projects"),
        ("0.54", "0-1", "0.54", "0.54"),
        ("32179000000", "KRW", "321.79억 원", "32,179 million KRW"),
        ("60.08", "%", "60.08%", "60.08%"),
        ("3240", "business minutes", "근무시간 3,240분", "3,240 business minutes"),
        ("52", "case", "52건", "52 cases"),
        ("1", "company", "1개사", "1 company"),
    ],
)
def test_an_amount_is_written_as_its_language_writes_it(value: str, unit: str, ko: str, en: str) -> None:
    assert (in_words(value, unit, "ko"), in_words(value, unit, "en")) == (ko, en)
    assert amount(value, unit, "ko").number in ko


def test_a_change_is_one_number_wherever_it_is_told() -> None:
    before, after = "4188493570", "5585882370"
    assert changed(after, before, "KRW", "ko") == "13.97"
    assert moved_by("1397388800", "DX-02", "ko") == "+13.97억 원"
    places = sides_places(before, after, "KRW", "ko")
    sides = [in_words(it, "KRW", "ko", places) for it in (before, after)]
    assert (*sides, changed(after, before, "KRW", "ko", places)) == ("41.885억 원", "55.859억 원", "13.974")
    assert changed("1.3502", "1.3501", "%", "ko") == "0.0001", "and no zero where there is a difference"
    assert sides_places(None, after, "KRW", "ko") == 2


def test_a_number_has_its_thousands_apart_and_no_zeros_at_its_end() -> None:
    assert plain("0.750000000000") == "0.75"
    assert plain("1200.000000") == "1,200"


def test_a_sign_stands_before_the_number_and_not_before_what_it_counts() -> None:
    assert moved_by("-12", "HD-04", "ko") == "근무시간 −12분"
    assert moved_by("5", "HD-01", "en") == "+5 cases"


@pytest.mark.parametrize(
    ("row", "ko", "en"),
    [
        ({"value": 94.1231, "published": "94.123400"}, "94.1231%", "94.1231%"),
        ({"value": 94.1231, "published": None}, "94.12%", "94.12%"),
        ({"value": 97.9996, "target": Decimal(98), "attained": False}, "97.9996%", "97.9996%"),
        ({"value": 98.0004, "target": Decimal(98), "attained": True}, "98%", "98%"),
        (
            {"value": 3_217_900_001.0, "published": "3217900000", "unit": "KRW"},
            "32.17900001억 원",
            "3,217.900001 million KRW",
        ),
    ],
)
def test_figures_that_differ_are_never_printed_alike(row: dict[str, Any], ko: str, en: str) -> None:
    of = {"unit": "%"} | row
    for language, said in (("ko", ko), ("en", en)):
        assert in_words(of["value"], of["unit"], language, row_places(of, language)) == said


def test_codes_are_told_in_the_language_of_the_page() -> None:
    assert ministry_of("MSIT", DAY) == ("과학기술정보통신부", "Ministry of Science and ICT")
    assert ministry_of("NOWHERE", DAY) == ("NOWHERE", "NOWHERE")
    assert ministry_of("MOTIE", DAY) == ("산업통상부", "Ministry of Trade, Industry and Resources")
    assert ministry_of("MOTIE", date(2025, 9, 30)).en == "Ministry of Trade, Industry and Energy"
    assert value_in_words("target_countries", "BE", "expansion", DAY) == ("벨기에(BE)", "Belgium (BE)")
    assert status_of("case", "waiting") == STREAMS.statuses["case"]["waiting"]
    assert status_of("case", "unheard_of") == ("unheard_of", "unheard_of")
    assert value_in_words("security_class", "SECURED", "project", DAY) == ("보안", "secured")
    assert value_in_words("fields", "NST12/AI", "project", DAY).ko == "인공지능"
    assert value_in_words("agrees", True, "finding", DAY) == ("예", "yes")
    assert value_in_words("opened_at", "2025-04-01T15:03:00Z", "case", DAY).ko == "2025-04-02 00:03"
    assert value_in_words("topic", "세무", "case", DAY).en == "tax"
    assert value_in_words("resolution", "high", "case", DAY) == ("high", "high"), "a text stays what it is"
    assert value_in_words("coop_types", "CATCH_UP", "map", DAY) == value_in_words("coop_type", "CATCH_UP", "map", DAY)
    assert value_in_words("screened", "CLEAR", "partner", DAY).ko == "해당 없음"
    assert value_in_words("items", "DELIBERATION", "session", DAY).en == "deliberation"
    assert value_in_words("entities", "BE", "expansion", DAY).ko == "벨기에(BE)"
    assert value_in_words("unit", "KRW", "indicator", DAY).ko == "원"
    assert value_in_words("value", "20000000000", "indicator", DAY).ko == "20,000,000,000"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_page_of_a_stream_calls_statuses_types_and_values_by_their_names(door: Door, language: str) -> None:
    said = {"topic": "visa", "channel": "phone", "severity": "critical"}
    taken(door.post(event("case.opened", f"case:said-{language}", f"said-{language}", said)))
    shown = signed_in(door).get(f"/streams/case:said-{language}?lang={language}").text
    words = (
        VALUES["channel"]["phone"],
        VALUES["severity"]["critical"],
        STREAMS.statuses["case"]["open"],
        STATE["status"],
    )
    assert [it for it in words if it[language == "en"] not in shown] == []
    assert {"ko": "상담 접수", "en": "Case opened"}[language] in shown


def test_a_page_of_a_stream_marks_what_does_not_hold(door: Door) -> None:
    first = taken(door.post(event("case.opened", "case:twice", "twice", {"topic": "visa"})))
    again = taken(door.post(event("case.resolved", "case:twice", "early", {})))
    topic = {"entry": first.body["position"], "reason": "CLERICAL", "data": {"type": "case.opened", "topic": "tax"}}
    for type_, told in (
        ("entry.corrected", topic),
        ("entry.voided", {"entry": again.body["position"], "reason": "DUPLICATE"}),
    ):
        taken(door.post(event(type_, "case:twice", type_, told)))
    shown = signed_in(door).get("/streams/case:twice?lang=en").text
    assert shown.count(PAGES["does_not_hold"].en) == 2, "one corrected, one voided, and neither act"


def test_the_evidence_of_a_project_of_several_countries_is_one_row_and_adds_up(door: Door) -> None:
    facts: list[tuple[str, dict[str, Any]]] = [
        ("project.proposed", {"title_ko": "과제", "fields": ["NST12/AI"]}),
        ("project.partner_joined", {"partner": "p1", "role": "LEAD", "country": "NL"}),
        ("project.partner_joined", {"partner": "p2", "role": "JOINT", "country": "FR"}),
        ("project.launched", {"on": "2025-03-02"}),
    ]
    for n, (type_, data) in enumerate(facts):
        taken(door.post(event(type_, "project:NL-FR", f"nl-fr-{n}", data)))
    rows = door.get(f"/v1/indicators/JR-01/evidence?period=2025S1&after={last(door)}", who="auditor").body
    assert [row["country"] for row in rows["rows"] if row["stream"] == "project:NL-FR"] == ["FR", "NL"]
    assert rows["amount_en"] == INDICATORS["JR-01"].amount_en
    assert "count once" in rows["amount_en"]
    shown = unescape(signed_in(door).get("/indicators/JR-01?period=2025S1&lang=en").text)
    table = shown[shown.index('id="evidence"') :]
    assert table.count(">project:NL-FR<") == 1
    assert "FR, NL" in table
    assert INDICATORS["JR-01"].amount_en in table


def test_evidence_shows_the_day_that_counts_where_it_is_not_that_of_the_time(door: Door) -> None:
    launched = event(
        "project.launched", "project:LATE-TOLD", "late-told", {"on": "2025-06-30"}, time="2025-07-01T04:00:00Z"
    )
    taken(door.post(launched))
    rows = door.get(f"/v1/indicators/JR-01/evidence?period=2025S1&after={last(door)}", who="auditor").body["rows"]
    (row,) = (row for row in rows if row["stream"] == "project:LATE-TOLD")
    assert (row["occurred_at"], row["effective_at"]) == ("2025-07-01T04:00:00Z", "2025-06-30T14:59:59.999999Z")
    for language, heading in (("ko", "귀속 시점"), ("en", "Counts on")):
        shown = signed_in(door).get(f"/indicators/JR-01?period=2025S1&lang={language}").text
        table = shown[shown.index('id="evidence"') : shown.index("</section>", shown.index('id="evidence"'))]
        assert f">{heading}</th>" in table
        days = re.sub(r"</?time[^>]*>", "", table)
        assert "<td>2025-07-01 13:00</td><td>2025-06-30</td>" in days
    told = signed_in(door).get("/indicators/HD-01?period=2025S1&lang=en").text
    assert "Counts on" not in told, "a case counts when it was opened"


def last(door: Door) -> int:
    return int(door.get("/readyz").body["position"])


def test_a_condition_narrows_the_figure_too_and_is_told_in_words(door: Door) -> None:
    browser = signed_in(door)
    whole = browser.get("/indicators/HD-01?period=2025S1&lang=en").text
    other = browser.get("/indicators/HD-01?period=2025S1&lang=en&where=hub=AS-SIN").text
    topic = browser.get("/indicators/HD-01?period=2025S1&lang=en&where=field=tax").text
    assert ">All hubs</h2>" in whole
    assert "Narrowed to Hub" in other
    assert "Narrowed to Topic tax" in topic
    first = re.compile(r"<tbody>.*?</tbody>", re.DOTALL)
    assert len({first.search(it)[0] for it in (whole, other, topic)}) == 3  # type: ignore[index]
    assert "Show all" in other
    assert "Show all" not in whole


def test_an_irregularity_says_what_it_means_how_it_is_mended_and_by_whom(door: Door) -> None:
    taken(door.post(event("case.resolved", "case:untold", "untold", {})))
    assert door.get(f"/v1/views/irregularities?after={last(door)}", who="auditor").status == 200
    for language, n in (("ko", 0), ("en", 1)):
        shown = signed_in(door).get(f"/irregularities?lang={language}").text
        said = IRREGULARITIES.rules["case.worked_unopened"]
        assert said.means[n] in shown
        assert said.mends[n] in shown
        assert IRREGULARITIES.who["hub"][n] in shown


def test_a_figure_that_differs_from_its_edition_is_marked_in_place(door: Door) -> None:
    taken(door.post(event("case.opened", "case:came-late", "came-late", {"topic": "visa"})))
    door.get(f"/v1/indicators/HD-01?after={last(door)}", who="auditor")
    browser = signed_in(door)
    for path in (
        "/indicators?lang=en&period=2025S1",
        "/indicators/HD-01?lang=en",
        "/hubs/EU-BRU?lang=en&period=2025S1",
    ):
        assert "differs from what was published" in browser.get(path).text, path
    assert 'title="published: 3 cases"' in browser.get("/indicators/HD-01?lang=en&period=2025S1").text
    then = browser.get("/indicators/HD-01?lang=en&known=2025S1/1").text
    assert "differs from what was published" not in then


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/nowhere", 404, ("찾을 수 없습니다", "There is no such thing")),
        ("/hubs?x=1", 400, ("주소의 조건을 읽을 수 없습니다", "The address asks what cannot be asked")),
        ("/sign-in?lang=fr", 400, ("주소의 조건을 읽을 수 없습니다", "The address asks what cannot be asked")),
        ("/entries/abc", 404, ("찾을 수 없습니다", "There is no such thing")),
    ],
)
def test_what_is_no_page_is_told_to_a_browser_as_a_page_in_its_language(
    door: Door, path: str, status: int, title: tuple[str, str]
) -> None:
    for n, language in enumerate(("ko", "en")):
        shown = Browser(door).get(path, **HTML, **{"Accept-Language": language})
        assert (shown.status, shown.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert f'<html lang="{language}">' in shown.text
        assert f"<h1>{title[n]}</h1>" in shown.text
        detail = shown.text.partition('<p class="soft">')[2].partition("<small>")[0]
        assert bool(re.search("[가-힣]", detail.partition(": ")[2])) == (language == "ko")
    told = Browser(door).get(path, Accept="application/json")
    assert (told.status, told.headers["Content-Type"]) == (status, "application/problem+json")


def test_an_address_of_the_interface_is_answered_as_one_whoever_asks(door: Door) -> None:
    assert Browser(door).get("/v1/nowhere", **HTML).headers["Content-Type"] == "application/problem+json"


def test_a_refusal_is_told_in_the_language_of_the_page_with_the_nearest_that_there_is(door: Door) -> None:
    shown = signed_in(door).get("/indicators/HD-1")
    assert "이 코드의 지표는 없습니다." in shown.text
    assert "혹시 다음을 찾으셨습니까?" in shown.text
    assert ">HD-01</a></b>" in shown.text
    refused = signed_in(door).get("/?lang=kor")
    assert (refused.status, "지원하지 않는 언어입니다." in refused.text) == (400, True)


def test_a_report_opens_in_the_language_of_the_page_that_led_there(door: Door) -> None:
    for language in ("ko", "en"):
        shown = signed_in(door).get(f"/editions/2025S1/1?lang={language}").text
        assert re.search(rf'id="{language}"[^>]* checked', shown)
        assert shown.count(" checked") == 1
    assert door.get("/v1/editions/2025S1/1.html?lang=fr").body["code"] == "query.unknown_language"
    assert door.get("/v1/editions/2025S1/1.json?lang=en").body["facts"] == {"parameter": "lang"}


def test_points_in_time_say_what_may_be_asked(door: Door) -> None:
    shown = signed_in(door).get("/?lang=en").text
    assert 'aria-describedby="known-hint"' in shown
    assert PAGES["known_hint"].filled(edition="2025S1/1").en in shown
    assert PAGES["valid_hint"].en in shown


def test_what_is_of_now_on_a_page_of_the_past_says_so(door: Door) -> None:
    browser = signed_in(door)
    for query, there in (("known=2025S1/1&", True), ("", False)):
        assert (PAGES["integrity_now"].en in browser.get(f"/?{query}lang=en").text) is there


def test_a_search_that_is_cut_does_not_say_that_it_found_all(door: Door) -> None:
    browser = signed_in(door)
    assert "More than" in browser.get("/search?q=-0&lang=en").text, "there are more than a dozen such codes"
    assert "More than" not in browser.get("/search?q=HD-02&lang=en").text


def test_an_entry_of_nothing_but_its_time_says_so(door: Door) -> None:
    stream = "case:bare"
    bare = taken(door.post(event("case.first_response_sent", stream, "bare", {})))
    browser = signed_in(door)
    shown = browser.get(f"/entries/{bare.body['position']}?lang=en").text
    assert PAGES["no_content"].en in shown
    assert f">{STREAMS.kinds['case'].en.capitalize()} bare<" in shown, "a stream is called by its kind"


class Unbegun(Door):
    """A record in which nothing has happened yet."""

    def found(self) -> None:
        self.tokens["operator"] = str(self.operator)
        self.tokens["secretariat"] = self.another("secretariat")


def test_an_empty_record_says_so_and_how_to_begin(tmp_path: Path) -> None:
    door = Unbegun(tmp_path / "data")
    for path in ("/?lang=en", "/indicators?lang=en", "/indicators/HD-01?lang=en"):
        shown = signed_in(door).get(path)
        assert shown.status == 200
        assert "There is nothing to count yet" in shown.text
        assert "sagwan token issue secretariat" in shown.text
    assert {path: signed_in(door).get(path).status for path in MENU} == dict.fromkeys(MENU, 200)
    door.close()
