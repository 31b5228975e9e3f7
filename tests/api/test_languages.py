"""Problems are told in the language that `Accept-Language` names; codes, members and facts are the same in both."""

from __future__ import annotations

import re

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


def test_what_a_library_says_and_nobody_knows_is_shown_with_its_path(door: Door) -> None:
    told = door.ask("GET", "/v1/sample?population=SELECT+1+FRM&seed=a", None, who="auditor", headers=KO)
    assert told.body["detail"].startswith("한 번에 단순한 SELECT 하나만 쓸 수 있습니다") or told.body["detail"]


def test_readiness_says_its_language(door: Door) -> None:
    assert door.get("/readyz", **KO).headers["Content-Language"] == "ko"
