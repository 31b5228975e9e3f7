"""A restatement says in both languages what it replaces, why, who proposed and approved it, and what moved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.report.numbers import MINUS, agreeing_places, format_change, format_figure
from tests.api.door import Door
from tests.api.half_year import HalfYear, taken
from tests.api.test_report import FINDING, Page
from tests.commands import command

WHY = "1월 상담 <1건>이 마감 후 접수됨"
IN_ENGLISH = "cases that were told late"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A half-year published and restated since a case came late, and the next, into which a finding is carried over."""
    it = Door(tmp_path_factory.mktemp("restated") / "data")
    first, second = HalfYear(it), HalfYear(it, "2025S2")
    first.cases("EU-BRU", 3)
    first.cases("AS-SIN", 4)
    taken(first.open(materiality="1"))  # so that nobody but us proposes
    taken(first.cut())
    taken(first.act("finding.raised", "finding:2025S1-EU-BRU-1", FINDING))
    taken(first.act("finding.raised", "finding:2025S1-AS-SIN-1", FINDING))
    first.close()
    first.publish()
    taken(
        first.act(
            "finding.response_received", "finding:2025S1-EU-BRU-1", {"text": "수용", "agrees": True}, who="EU-BRU"
        )
    )
    agreed = {"action": "증빙 보관 절차 개정", "due_on": "2099-01-01", "owner": "c-1"}
    taken(first.act("finding.action_agreed", "finding:2025S1-EU-BRU-1", agreed))
    first.cases("EU-BRU", 1)
    withdrawn = {"edition": 1, "reason": "다시 제안하기 전의 제안"}
    taken(first.check("restatement_proposed", withdrawn))
    taken(first.check("restatement_rejected", {"reason": "근거 부족"}, who="verifier"))
    taken(
        first.check(
            "restatement_proposed", {"edition": 1, "reason": WHY, "reason_en": IN_ENGLISH, "indicators": ["HD-01"]}
        )
    )
    taken(first.check("restatement_approved", who="verifier"))
    first.publish()
    second.cases("AS-SIN", 2)
    second.run()
    yield it
    it.close()


def edition(door: Door, name: str, who: str = "auditor") -> Any:
    return door.get(f"/v1/editions/{name}", who=who).body


def test_the_next_edition_names_what_it_replaces_why_and_who_decided(door: Door) -> None:
    told = edition(door, "2025S1/2")
    said = told["restatement"]
    assert told["restates"] == said["replaces"] == "2025S1/1"
    assert (said["reason"], said["indicators"]) == (WHY, ["HD-01"]), "of the proposal that was approved"
    assert said["proposed_by"] != said["approved_by"]
    assert None not in (said["proposed_by"], said["approved_by"], said["proposed_at"], said["approved_at"])
    assert (said["published_by"], said["published_at"]) == (told["published_by"], told["published_at"])
    assert "restatement" not in told["content"], "it stands beside what the digest is of"


def test_every_figure_that_moved_stands_with_before_and_after(door: Door) -> None:
    was, is_ = (
        {(it["indicator"], it["by"], it["of"]): it["value"] for it in edition(door, name)["content"]["figures"]}
        for name in ("2025S1/1", "2025S1/2")
    )
    moved = {at for at in was.keys() | is_.keys() if was.get(at) != is_.get(at)}
    found = {
        (it["indicator"], it["by"], it["of"]): (it["before"], it["after"], it["delta"])
        for it in edition(door, "2025S1/2")["restatement"]["figures"]
    }
    assert found.keys() == moved
    assert found["HD-01", None, None] == ("7", "8", "1")
    assert found["HD-01", "hub", "EU-BRU"] == ("3", "4", "1")
    assert ("HD-01", "hub", "AS-SIN") not in found


def test_a_first_edition_restates_nothing(door: Door) -> None:
    told = edition(door, "2025S1/1")
    assert (told["restates"], told["restatement"]) == (None, None)
    page = Page(door.get("/v1/editions/2025S1/1.html", who="auditor").raw.decode())
    assert "정정공표 사항" not in page.languages["ko"]
    assert "정정공표에 따라 2025년 상반기 제2차 공표본으로 대체됨" in page.languages["ko"]
    assert "Superseded by edition 2 of the first half of 2025" in page.languages["en"]


def test_the_report_says_it_in_both_languages(door: Door) -> None:
    page = Page(door.get("/v1/editions/2025S1/2.html", who="auditor").raw.decode())
    assert "2025년 상반기 점검 결과" in page.languages["ko"]
    ko = ("정정공표 사항", "대체되는 공표본", "정정 사유", "정정 승인", "정정 전·후 대비표", "정정 전", "정정 후")
    en = ("Restatement", "Edition that it replaces", "Reason", "Approved", "Before and after", "Before", "After")
    assert [it for it in ko if it not in page.languages["ko"]] == []
    assert [it for it in en if it not in page.languages["en"]] == []
    said = edition(door, "2025S1/2")["restatement"]
    assert (WHY in page.languages["ko"], WHY in page.languages["en"]) == (True, False)
    assert (IN_ENGLISH in page.languages["ko"], IN_ENGLISH in page.languages["en"]) == (False, True)
    for what in ("proposed", "approved", "published"):
        assert said[f"{what}_as"] == "secretariat"
        assert f"사무국 {said[f'{what}_by']}" in page.languages["ko"], "the office, and which credential of it"
        assert f"secretariat {said[f'{what}_by']}" in page.languages["en"]
    assert "2025년 상반기 제1차 공표본" in page.languages["ko"]
    assert "거점센터 브뤼셀 거점센터" not in page.languages["ko"], "a name that says what it is says it once"


def test_the_spreadsheet_says_it(door: Door) -> None:
    book = openpyxl.load_workbook(io.BytesIO(door.get("/v1/editions/2025S1/2.xlsx", who="auditor").raw))
    about = dict(book["정정공표 Restatement"].iter_rows(min_row=2, values_only=True))
    assert about["정정 사유 Reason"] == f"{WHY} / {IN_ENGLISH}"
    rows = list(book["정정 전·후 Before and after"].iter_rows(min_row=2, values_only=True))
    assert ("HD-01", "상담 접수 건수", "All hubs", "전체", 7, 8, 1, "Case intake") in rows


def test_a_total_of_which_no_value_of_a_dimension_is_stated_is_told_once(door: Door) -> None:
    told = edition(door, "2025S1/2")["restatement"]["figures"]
    assert [it["after"] for it in told if (it["by"], it["of"]) == ("country", None)] == ["8"], "JSON has it all"
    shown = Page(door.get("/v1/editions/2025S1/2.html", who="auditor").raw.decode()).languages["ko"]
    assert "정정 전·후 대비표" in shown
    assert "협력국 미기재" not in shown
    book = openpyxl.load_workbook(io.BytesIO(door.get("/v1/editions/2025S1/2.xlsx", who="auditor").raw))
    levels = [row[3] for row in book["정정 전·후 Before and after"].iter_rows(min_row=2, values_only=True)]
    assert (levels.count("전체"), "협력국 미기재" in levels) == (1, False)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("ko_KR.UTF-8", ("정정공표: 대체되는 공표본 2025S1/1", f"정정 사유: {WHY}", "정정 승인: ", " 전 ")),
        ("C.UTF-8", ("Restated: Edition that it replaces 2025S1/1", f"Reason: {IN_ENGLISH}", "Approved: ", " before ")),
    ],
)
def test_the_terminal_says_it(door: Door, monkeypatch: pytest.MonkeyPatch, locale: str, words: tuple[str, ...]) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr("sagwan.speak", lambda _: None)  # or help stays in the language of this test
    shown = command("edition", "show", "2025S1/2", "--data", door.path, token=door.tokens["auditor"]).output
    for told in words:
        assert told in shown


def test_the_terminal_lists_it_beside_what_it_restates(door: Door) -> None:
    rows = command("edition", "list", "--data", door.path, token=door.tokens["auditor"]).output.splitlines()
    assert any("2025S1/2" in row and "2025S1/1" in row for row in rows)


def test_the_report_says_which_corrective_actions_were_carried_over(door: Door) -> None:
    carried = {it["finding"]: it for it in edition(door, "2025S2/1")["carried_over"]}
    assert carried.keys() == {"finding:2025S1-EU-BRU-1", "finding:2025S1-AS-SIN-1"}
    one = carried["finding:2025S1-EU-BRU-1"]
    assert (one["period"], one["hub"], one["status"]) == ("2025S1", "EU-BRU", "action_agreed")
    assert (one["action"], one["due_on"]) == ("증빙 보관 절차 개정", "2099-01-01")
    page = Page(door.get("/v1/editions/2025S2/1.html", who="auditor").raw.decode())
    assert "이월된 시정조치" in page.languages["ko"]
    assert "증빙 보관 절차 개정" in page.text
    assert "시정조치 미합의" in page.languages["ko"], "of the finding of which no action is agreed"
    first = Page(door.get("/v1/editions/2025S1/1.html", who="auditor").raw.decode())
    assert "이월된 시정조치가 없음." in first.languages["ko"]


def test_a_hub_reads_of_carried_over_actions_its_own_alone(door: Door) -> None:
    assert [it["hub"] for it in edition(door, "2025S2/1", "AS-SIN")["carried_over"]] == ["AS-SIN"]


@pytest.mark.parametrize(
    ("before", "after", "delta", "shown"),
    [
        ("1.336", "1.354", "0.018", ("1.336", "1.354", "+0.018")),
        ("1.34", "1.35", "0.01", ("1.34", "1.35", "+0.01")),
        ("1.3501", "1.3502", "0.0001", ("1.3501", "1.3502", "+0.0001")),
        ("38.614286", "39.047619", "0.433333", ("38.6143", "39.0476", "+0.4333")),
        ("8", "7", "-1", ("8", "7", "−1")),
        (None, "7", None, ("–", "7", "–")),
    ],
)
def test_a_change_is_the_difference_of_the_figures_beside_it(
    before: str | None, after: str | None, delta: str | None, shown: tuple[str, str, str]
) -> None:
    places = agreeing_places(before, after, delta)
    assert (format_figure(before, places), format_figure(after, places), format_change(delta, places)) == shown


@given(st.decimals(-(10**6), 10**6, places=6), st.decimals(-(10**6), 10**6, places=6))
def test_of_any_two_figures_the_change_that_is_shown_is_the_difference_of_what_is_shown(
    was: Decimal, now: Decimal
) -> None:
    places = agreeing_places(str(was), str(now), str(now - was))
    shown = [format_figure(str(it), places).replace(",", "").replace(MINUS, "-") for it in (was, now, now - was)]
    if all(abs(it) >= 1 or not it for it in (was, now)):  # smaller ones are shown to more places, so as to be no zero
        assert Decimal(shown[1]) - Decimal(shown[0]) == Decimal(shown[2])
