"""What a server is asked and answers is as `/openapi.json` says: schemathesis finds nothing."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest

from api.http.openapi.document import contract
from api.problems import Problem, problem_body
from tests.api.door import Door
from tests.contract.conformance import furnished, hold_against_document
from tests.contract.documented import check_documented


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = furnished(tmp_path_factory.mktemp("contract") / "data")
    yield it
    it.close()


@pytest.mark.parametrize(
    ("who", "options"),
    [
        ("EU-BRU", ["--phases", "coverage,fuzzing", "--max-examples", "2"]),
        ("secretariat", ["--phases", "fuzzing", "--max-examples", "3"]),
    ],
)
def test_schemathesis_finds_nothing(door: Door, who: str, options: list[str]) -> None:
    found = hold_against_document(door, who, 1, options)
    assert found.status == 0, found.told


def test_the_document_is_public_and_told_once(door: Door) -> None:
    first = door.ask("GET", "/openapi.json", None, who=None)
    assert (first.status, first.raw) == (200, contract())
    assert first.headers["Cache-Control"] == "public, no-cache"
    tag = first.headers["ETag"]
    again = door.ask("GET", "/openapi.json", None, who=None, headers={"If-None-Match": tag})
    assert (again.status, again.raw, again.headers["ETag"]) == (304, b"", tag)
    asked = urllib.request.Request(f"{door.url}/openapi.json", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert len(packed.read()) * 5 < len(first.raw)


def test_an_answer_that_the_document_does_not_have_is_found() -> None:
    def check(status: int, body: object, type_: str = "application/json") -> None:
        check_documented("GET", "/v1/events/7", status, type_, body)

    refused = problem_body(Problem(404, "event.none"), "en", "/v1/events/7")
    check(404, refused, "application/problem+json")
    for status, body, type_ in (
        (404, refused | {"code": "event.some"}, "application/problem+json"),
        (404, refused, "application/json"),
        (418, refused, "application/problem+json"),
        (200, {"position": "7", "space": None, "entry": {}}, "application/json"),
    ):
        with pytest.raises(AssertionError):
            check(status, body, type_)


@pytest.mark.parametrize(
    ("path", "words", "field"),
    [
        ("/v1/indicators", "raw=yes", "raw"),
        ("/v1/indicators/HD-01/evidence", "size=5", "size"),
        ("/v1/indicators/HD-01/evidence", "witnessed=true", "witnessed"),
    ],
)
def test_a_parameter_that_says_nothing_here_is_refused(door: Door, path: str, words: str, field: str) -> None:
    answer = door.get(f"{path}?{words}")
    assert (answer.status, answer.body["code"]) == (400, "query.invalid")
    assert answer.body["facts"]["parameter"] == field


def test_a_word_in_a_path_takes_the_methods_of_its_own_route(door: Door) -> None:
    answer = door.ask("OPTIONS", "/v1/persons/resolve", None, who=None)
    assert answer.headers["Allow"] == "OPTIONS, POST"
    assert door.ask("GET", "/v1/persons/resolve", None, who="EU-BRU").status == 405


def test_what_a_full_disk_and_a_busy_server_answer_is_documented() -> None:
    for status, code, which in (
        (503, "record.unavailable", "read"),
        (503, "mirror.unready", "figures"),
        (507, "record.disk_full", "read"),
    ):
        body = problem_body(Problem(status, code, which), "ko", "/v1/events")
        for method in ("GET", "POST"):
            check_documented(method, "/v1/events", status, "application/problem+json", body)
