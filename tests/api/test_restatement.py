"""A restatement says in both languages what it replaces, why, who proposed and approved it, and what moved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from tests.api.door import Door
from tests.api.half_year import HalfYear, taken
from tests.api.test_report import FINDING, Page
from tests.commands import command

WHY = "1월 상담 <1건>이 마감 후 접수됨"


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
    taken(first.check("restatement_proposed", {"edition": 1, "reason": WHY, "indicators": ["HD-01"]}))
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
    assert "정정공표본 2025S1/2로 대체됨" in page.languages["ko"]


def test_the_report_says_it_in_both_languages(door: Door) -> None:
    page = Page(door.get("/v1/editions/2025S1/2.html", who="auditor").raw.decode())
    assert "2025년 상반기 점검 결과" in page.languages["ko"]
    ko = ("정정공표 사항", "대체되는 공표본", "정정 사유", "정정 승인", "정정 전·후 대비표", "정정 전", "정정 후")
    en = ("Restatement", "Edition that it replaces", "Reason", "Approved", "Before and after", "Before", "After")
    assert [it for it in ko if it not in page.languages["ko"]] == []
    assert [it for it in en if it not in page.languages["en"]] == []
    said = edition(door, "2025S1/2")["restatement"]
    assert WHY in page.text
    assert said["approved_by"] in page.text


def test_the_spreadsheet_says_it(door: Door) -> None:
    book = openpyxl.load_workbook(io.BytesIO(door.get("/v1/editions/2025S1/2.xlsx", who="auditor").raw))
    about = dict(book["정정공표 Restatement"].iter_rows(min_row=2, values_only=True))
    assert about["정정 사유 Reason"] == WHY
    rows = list(book["정정 전·후 Before and after"].iter_rows(min_row=2, values_only=True))
    assert ("HD-01", "상담 접수 건수", "All hubs", "전체", 7, 8, 1) in rows


def test_the_terminal_says_it(door: Door) -> None:
    shown = command("edition", "show", "2025S1/2", "--data", door.path, token=door.tokens["auditor"]).output
    for told in ("정정공표", "2025S1/1", WHY, "정정 승인 Approved", "정정 전 Before"):
        assert told in shown
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
