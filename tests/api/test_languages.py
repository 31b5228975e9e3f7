"""Problems are told in the language that `Accept-Language` names; codes, members and facts are the same in both."""

from __future__ import annotations

import io
import re

import msgspec
import openpyxl
import pytest

from tests.api.door import Door, event

KO = {"Accept-Language": "ko"}


def test_a_problem_is_told_in_korean_or_english(door: Door) -> None:
    english = door.get("/v1/hubs/EU-BRU?limit=1&unheard_of=1")
    korean = door.get("/v1/hubs/EU-BRU?limit=1&unheard_of=1", **KO)
    assert (english.headers["Content-Language"], korean.headers["Content-Language"]) == ("en", "ko")
    assert english.headers["Vary"] == korean.headers["Vary"] == "Accept-Language"
    assert {name for name in english.body if english.body[name] != korean.body[name]} == {"title", "detail"}
    assert korean.body["title"] == "찾을 수 없음" or re.search("[가-힣]", korean.body["title"])
    assert re.search("[가-힣]", korean.body["detail"])
    assert not re.search("[가-힣]", english.body["detail"])


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en;q=0.5, ko;q=0.9", "ko"),
        ("en-GB, ko;q=0.9", "en"),
        ("fr, de;q=0.5", "en"),
        ("ko;q=0", "en"),
        ("*", "en"),
        ("", "en"),
    ],
)
def test_the_language_that_is_wanted_most_is_spoken(door: Door, wanted: str, told: str) -> None:
    found = door.get("/v1/events/9999", **{"Accept-Language": wanted})
    assert (found.status, found.headers["Content-Language"]) == (404, told)


def test_every_event_of_a_batch_is_refused_in_the_language_of_the_request(door: Door) -> None:
    wrong = event("case.satisfaction_rated", "case:EU-BRU-2025-1", "EU-BRU", {"score": 9})
    lacking = event("case.satisfaction_rated", "case:EU-BRU-2025-1", "EU-BRU", {})
    told = door.ask(
        "POST", "/v1/events", [wrong, lacking], who="EU-BRU", type_="application/cloudevents-batch+json", headers=KO
    )
    assert [it["problem"]["detail"] for it in told.body["results"]] == [
        "`$.data`: score는 1에서 5 사이여야 합니다.",
        "`$.data`: score 항목: 값이 비어 있음.",
    ]
    assert {it["problem"]["title"] for it in told.body["results"]} == {"잘못된 요청"}
    assert told.headers["Content-Language"] == "ko"


def test_a_line_of_an_upload_is_refused_in_the_language_of_the_request(door: Door) -> None:
    told = door.ask("POST", "/v1/events", b"{}\n", who="EU-BRU", type_="application/x-ndjson", headers=KO)
    first, end = map(msgspec.json.decode, told.raw.splitlines())
    assert first["problem"]["detail"] == "`$`: specversion 항목: 값이 비어 있음."
    assert (end["status"], told.headers["Content-Language"]) == ("complete", "ko")


def test_a_condition_or_a_file_that_is_not_taken_is_told_in_korean(door: Door) -> None:
    conditional = door.get("/v1/work", **KO, **{"If-Match": '"1"'})
    assert (conditional.status, conditional.body["code"]) == (400, "http.condition")
    assert conditional.body["detail"] == "이 주소에는 If-Match 헤더를 쓸 수 없으므로 빼십시오."
    file = door.ask("PUT", f"/v1/evidence/{'0' * 64}", b"x", who="EU-BRU", type_="image/pgn", headers=KO)
    assert (file.status, file.body["facts"]["did_you_mean"][0]) == (415, "image/png")
    assert file.body["detail"].startswith("이 형식의 파일은 받지 않습니다.")
    reader = door.ask("PUT", f"/v1/evidence/{'0' * 64}", b"x", who="auditor", type_="image/png", headers=KO)
    assert (reader.status, reader.body["detail"]) == (403, "감사 담당은 파일을 제출할 수 없습니다.")


def test_what_a_library_says_and_nobody_knows_is_shown_with_its_path(door: Door) -> None:
    told = door.ask("GET", "/v1/sample?population=SELECT+1+FRM&seed=a", None, who="auditor", headers=KO)
    assert told.body["detail"].startswith("한 번에 단순한 SELECT 하나만 쓸 수 있습니다") or told.body["detail"]


def test_readiness_says_its_language(door: Door) -> None:
    assert door.get("/readyz", **KO).headers["Content-Language"] == "ko"


def test_a_feed_says_in_which_language_its_end_would_be_told(door: Door) -> None:
    headers = {"Authorization": f"Bearer {door.tokens['auditor']}", "Accept-Language": "ko"}
    told = door.ask("HEAD", "/v1/events/live", None, who="auditor", headers=headers)
    assert (told.headers["Content-Language"], told.headers["Vary"]) == ("ko", "Accept-Language")


def test_columns_of_a_spreadsheet_are_named_in_the_language_and_those_for_programs_never(door: Door) -> None:
    def head(query: str, **headers: str) -> tuple[list[str], str | None]:
        answer = door.get(f"/v1/views/hubs?fields=hub,designated_on&{query}", **headers)
        if answer.headers["Content-Type"].startswith("text/csv"):
            return answer.raw.decode("utf-8-sig").splitlines()[0].split(","), answer.headers.get("Content-Language")
        book = openpyxl.load_workbook(io.BytesIO(answer.raw))
        assert [it.value for it in book["columns"][2]] == ["hub", "거점센터", "hub"]
        assert "Accept-Language" in answer.headers["Vary"]
        return [it.value for it in book["rows"][1]], answer.headers["Content-Language"]

    assert head("format=xlsx", **KO) == (["거점센터", "지정일"], "ko")
    assert head("format=xlsx") == (["hub", "designated on"], "en")
    assert head("format=xlsx&raw=true", **KO) == (["hub", "designated_on"], "ko")
    assert head("format=xlsx&lang=ko", **{"Accept-Language": "en"}) == (["거점센터", "지정일"], "ko")
    assert head("format=xlsx&lang=en", **KO) == (["hub", "designated on"], "en")
    assert head("format=csv", **KO) == (['"hub"', '"designated_on"'], None)


def test_the_page_of_a_problem_and_of_the_sign_in_say_their_language(door: Door) -> None:
    page = {"Accept": "text/html"}
    for path in ("/sign-in", "/nowhere"):
        told = door.get(path, who=None, **page, **KO)
        assert told.headers["Content-Language"] == "ko"
        assert "Accept-Language" in told.headers["Vary"]
        assert door.get(f"{path}", who=None, **page, **{"Accept-Language": "en"}).headers["Content-Language"] == "en"
