"""The report of an edition: one page in two languages, a spreadsheet, JSON; the same figures in each."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hwp_hwpx_parser
import openpyxl
import pytest

from journal.store.journal import Journal
from replay.report.charts import Bar, chart
from replay.report.numbers import format_change, format_figure
from tests.api.door import Answer, Door
from tests.api.half_year import INDICATORS, PROOF, HalfYear, taken

FINDING = {
    "criteria": "증빙이 있어야 함",
    "condition": "증빙 없음",
    "cause": "담당자 교체",
    "effect": "확인 불가",
    "severity": "LOW",
}
VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """Reads a page strictly: what is opened is closed. Keeps links, what is loaded from elsewhere, and languages."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.languages: dict[str, str] = {"ko": "", "en": ""}
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        if tag not in VOID:
            self.open.append((tag, about.get("lang")))
        self.links += [str(about["href"])] if tag == "a" else []
        self.loaded += [tag] if tag in ("script", "link", "img", "iframe") or "src" in about else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        for language in self.languages:
            if language in [lang for _, lang in self.open[1:]]:
                self.languages[language] += data


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Two half-years published, the first moved by what came late."""
    it = Door(tmp_path_factory.mktemp("report") / "data")
    first, second = HalfYear(it), HalfYear(it, "2025S2")
    first.cases("EU-BRU", 3)
    first.cases("AS-SIN", 4)
    first.run()
    first.cases("EU-BRU", 1)
    second.cases("AS-SIN", 2, hours=3)
    second.target("HD-04", "150")
    second.target("HD-04", "240", "AS-SIN")
    second.target("HD-01", "2")
    for code in ("HD-Q", "JR-Q"):
        second.qualitative(code)
    taken(second.open(indicators=INDICATORS | {"HD-Q": 1, "JR-Q": 1}))
    taken(second.assess("AS-SIN", "HD-Q", "<비자> 발급이 빨라짐", text_en="<visas> come sooner"))
    taken(second.assess("EU-BRU", "HD-Q", "초안"))
    taken(second.assess("EU-BRU", "HD-Q", "세관 절차가 풀림"))
    taken(second.act("finding.raised", "finding:2025S2-EU-BRU-1", FINDING))
    taken(second.cut())
    second.close()
    second.publish()
    yield it
    it.close()


def asked(door: Door, name: str) -> Answer:
    answer = door.get(f"/v1/editions/{name}", who="auditor")
    assert answer.status == 200
    return answer


def test_the_page_is_whole_and_loads_nothing_from_elsewhere(door: Door) -> None:
    page = Page(asked(door, "2025S2/1.html").raw.decode())
    assert page.loaded == []
    assert "상담 접수" in page.languages["ko"]
    assert "Case intake" in page.languages["en"]
    assert "과학기술정보통신부" in page.languages["ko"]
    assert "전기조정" in page.languages["ko"]
    assert "No objection" in page.languages["en"]


def test_every_figure_leads_to_the_entries_it_was_made_of(door: Door) -> None:
    page = Page(asked(door, "2025S1/1.html").raw.decode())
    figures = asked(door, "2025S1/1").body["content"]["figures"]
    linked = set()
    for link in page.links:
        parts = urlsplit(link)
        query = parse_qs(parts.query)
        assert (query["known"], query["period"]) == (["2025S1/1"], ["2025S1"])
        linked.add((parts.path.removeprefix("/indicators/"), *query.get("where", [""])))
    for it in figures:
        if it["evidence"] and it["of"]:
            assert (it["indicator"], f"{it['by']}={it['of']}") in linked
    (one,) = [link for link in page.links if "HD-01" in link and "hub%3DEU-BRU" in link][:1]
    parts = urlsplit(one)
    assert parts.fragment == "evidence"
    read = f"/v1{parts.path}/evidence?{parts.query}"
    assert len(door.get(read).body["rows"]) == 3, "what came late is not in it"


def test_the_first_page_is_a_document_that_another_reader_opens(door: Door, tmp_path: Path) -> None:
    for language, words in {
        "ko": ("제1차 공표본", "요약", "이견 없음", "| 기능 |", "국제공동연구"),
        "en": ("Edition 1", "At a glance", "No objection", "| Function |", "Joint research"),
    }.items():
        answer = asked(door, f"2025S2/1.hwpx?lang={language}")
        assert (answer.headers["Content-Type"], answer.headers["Content-Language"]) == ("application/hwp+zip", language)
        assert answer.raw == asked(door, f"2025S2/1.hwpx?lang={language}").raw, "the same every time"
        file = tmp_path / f"{language}.hwpx"
        file.write_bytes(answer.raw)
        with hwp_hwpx_parser.HWPXReader(file) as reader:
            text = reader.extract_text()
        assert [it for it in words if it not in text] == [], text
        assert asked(door, "2025S2/1").body["digest"] in text


def test_the_spreadsheet_has_a_sheet_for_each_table_and_the_same_figures(door: Door) -> None:
    book = openpyxl.load_workbook(io.BytesIO(asked(door, "2025S2/1.xlsx").raw))
    content = asked(door, "2025S2/1").body["content"]
    hubs = [row[:6] for row in book["거점센터 Hubs"].iter_rows(min_row=2, values_only=True)]
    found = {(code, of): value for code, *_, of, value in hubs}
    told = {(it["indicator"], it["of"]): it["value"] for it in content["figures"] if it["by"] == "hub"}
    assert found == {at: None if value is None else pytest.approx(float(value)) for at, value in told.items()}
    adjusted = [row for row in book["전기조정 Adjustments"].iter_rows(min_row=2, values_only=True) if not row[2]]
    assert ("2025S1/1", "HD-01", 7, 8, 1) in [(row[0], row[1], *row[4:7]) for row in adjusted]
    assert {row[7:] for row in adjusted if row[1] == "HD-01"} == {("상담 접수 건수", "Case intake", "전체", "all")}
    heads, *_ = book["거점센터 Hubs"].values
    assert heads[-2:] == ("명칭", "Slice name"), "names beside codes, behind the columns of before"
    formulas = {row[0]: row[6] for row in book["산식 Formulas"].iter_rows(min_row=2, values_only=True)}
    assert formulas["HD-01"] == "count(*)"


def compared(door: Door, name: str) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {(it["indicator"], it["hub"]): it for it in asked(door, name).body["comparisons"]}


def test_a_figure_stands_beside_its_target_and_the_half_year_before(door: Door) -> None:
    assert compared(door, "2025S1/1") == {}, "no target was set, nothing was published before"
    found = compared(door, "2025S2/1")
    slower = {"value": "180", "target": "150", "attained": False, "before": "120", "change": "60", "turned": "worse"}
    assert found["HD-04", None] == slower | {
        **{"indicator": "HD-04", "version": 1, "hub": None, "better": "lower", "edition": "2025S1/1"}
    }
    assert (found["HD-04", "AS-SIN"]["attained"], found["HD-04", "AS-SIN"]["turned"]) == (True, "worse")
    intake = found["HD-01", None]
    assert (intake["better"], intake["attained"], intake["change"], intake["turned"]) == ("neither", None, "-5", None)


def test_direction_attainment_and_change_are_words_and_signs(door: Door) -> None:
    page = Page(asked(door, "2025S2/1.html").raw.decode())
    for language, told in {
        "ko": (
            "↓ 낮을수록 좋음",
            "↑ 높을수록 좋음",
            "↔ 증감으로 평가하지 않음(관리지표)",
            "× 미달",
            "○ 달성",
            "+60 악화",
            "직전 반기 2025년 상반기 제1차 공표본",
        ),
        "en": (
            "↓ lower is better",
            "↔ neither is better",
            "× missed",
            "○ attained",
            "+60 worse",
            "Before, edition 1 of the first half of 2025",
        ),
    }.items():
        assert [it for it in told if it not in page.languages[language]] == []


def test_every_indicator_is_defined_in_the_report_in_both_languages(door: Door) -> None:
    page = Page(asked(door, "2025S1/1.html").raw.decode())
    book = openpyxl.load_workbook(io.BytesIO(asked(door, "2025S1/1.xlsx").raw))
    cells = {str(cell) for row in book["정의 Definitions"].iter_rows(values_only=True) for cell in row}
    told = asked(door, "2025S1/1").body["indicators"]
    assert {it["code"] for it in told} == INDICATORS.keys()
    for it in told:
        for language in ("ko", "en"):
            for text in it["definition"][language].values():
                assert text in page.languages[language]
                assert text in cells


def test_the_spreadsheet_says_whether_a_target_is_attained(door: Door) -> None:
    book = openpyxl.load_workbook(io.BytesIO(asked(door, "2025S2/1.xlsx").raw))
    heads, *rows = book["전체 All"].values
    (slower,) = [row for row in (dict(zip(heads, it, strict=True)) for it in rows) if row["Indicator"] == "HD-04"]
    told = [slower[it] for it in ("Figure", "Target", "Attained", "Half-year before", "Change", "Better or worse")]
    assert told == [180, 150, "× 미달성 / × missed", 120, 60, "악화 / worse"]


def test_indicators_are_listed_with_their_words(door: Door) -> None:
    listed = {it["code"]: it for it in door.get("/v1/indicators").body["indicators"]}
    assert listed["HD-04"]["better"] == "lower"
    assert "해결" in listed["HD-04"]["definition"]["ko"]["means"]
    assert (listed["HD-04"]["unit"], listed["HD-04"]["unit_ko"]) == ("business minutes", "근무시간(분)")
    heads = door.get("/v1/indicators?format=csv").raw.decode("utf-8-sig").splitlines()[0]
    assert {"means_ko", "counts_en", "leaves_out_ko", "timed_en", "better"} <= {
        it.strip('"') for it in heads.split(",")
    }


def test_what_hubs_handed_in_on_qualitative_indicators_is_in_the_edition(door: Door) -> None:
    edition = asked(door, "2025S2/1").body
    found = {(it["hub"], it["indicator"]): it for it in edition["assessments"]}
    assert {at: it["text_ko"] for at, it in found.items()} == {
        ("AS-SIN", "HD-Q"): "<비자> 발급이 빨라짐",
        ("EU-BRU", "HD-Q"): "세관 절차가 풀림",
    }
    for it in edition["content"]["assessments"]:
        made = found[it["hub"], it["indicator"]]
        assert (made["position"], made["digest"], made["evidence"]) == (it["position"], it["digest"], [PROOF])
        with Journal.at(door.path / "journal.db") as journal:
            stored = journal.page(it["position"] - 1, 1)["entry"][0].as_py()
        assert it["digest"] == hashlib.sha256(stored).hexdigest()
    assert [it["code"] for it in edition["qualitative"]] == ["HD-Q", "JR-Q"]
    standing = {it["hub"]: it["review"] for it in door.get("/v1/checks/2025S2", who="auditor").body["hubs"]}
    assert standing["EU-BRU"]["assessed"] == {"HD-Q": 1}
    rows = door.get("/v1/views/assessments?where=hub=EU-BRU", who="EU-BRU").body["rows"]
    assert [(it["code"], it["text_ko"], it["submitted"]) for it in rows] == [("HD-Q", "세관 절차가 풀림", True)]
    assert "assessments" not in asked(door, "2025S1/1").body["content"], "an edition without them is as it was before"
    assert "assessments" not in asked(door, "2025S1/1").body["key"]


def test_assessments_narratives_and_findings_are_on_the_page_and_in_the_spreadsheet(door: Door) -> None:
    page = Page(asked(door, "2025S2/1.html").raw.decode())
    assert "<비자> 발급이 빨라짐" in page.languages["ko"]
    assert "<visas> come sooner" in page.languages["en"]
    assert page.languages["ko"].count("제출하지 않음") == 2, "of JR-Q nobody handed anything in"
    assert "초안" not in page.text, "what was written over before the submission is not handed in"
    for told in ("세관 절차가 풀림", PROOF, "증빙이 있어야 함", "담당자 교체", "제출"):
        assert told in page.text
    book = openpyxl.load_workbook(io.BytesIO(asked(door, "2025S2/1.xlsx").raw))
    words = [row[:4] for row in book["질적 지표 Qualitative"].iter_rows(min_row=2, values_only=True)]
    assert ("HD-Q", "AS-SIN", 1, "<비자> 발급이 빨라짐") in words
    (finding,) = book["지적사항 Findings"].iter_rows(min_row=2, values_only=True)
    assert finding[5:9] == ("증빙이 있어야 함", "증빙 없음", "담당자 교체", "확인 불가")
    assert [row[:2] for row in book["실적 서술 Narratives"].iter_rows(min_row=2, values_only=True)] == [
        ("AS-SIN", "제출"),
        ("EU-BRU", "제출"),
    ]


def test_there_is_no_other_format(door: Door) -> None:
    refused = door.get("/v1/editions/2025S1/1.docx")
    assert (refused.status, refused.body["code"]) == (404, "edition.no_format")


def test_a_chart_has_a_bar_for_each_value_from_zero() -> None:
    drawn = chart(
        [
            Bar((it, it), value, (text, text), "#")
            for it, value, text in (("A", "4", "4"), ("B", "-2", "-2"), ("C", None, "‹5"))
        ]
    )
    a, b, c = drawn.bars
    assert a.x == drawn.zero
    assert float(b.width or 0) == pytest.approx(float(a.width or 0) / 2, abs=0.1), "by the same measure"
    assert float(b.x) + float(b.width or 0) == pytest.approx(float(drawn.zero), abs=0.1)
    assert (c.width, c.text) == (None, ("‹5", "‹5"))


def test_figures_are_written_for_people() -> None:
    assert [format_figure(it) for it in (None, "1234567.891", "12.50", "0", "100", "-31")] == [
        "–",
        "1,234,567.89",
        "12.5",
        "0",
        "100",
        "−31",
    ]
    assert [format_change(it) for it in (None, "3", "-1.5", "0")] == ["–", "+3", "−1.5", "0"]
    assert [format_change(it) for it in ("0.002", "-0.0004")] == ["+0.002", "−0.0004"], (
        "a small move is not told as none"
    )
