"""What users hold in their hands is what it was, but for what `changed.py` lists."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from api.http.app import application
from tests.surface import recording
from tests.surface.changed import CHANGED
from tests.surface.comparing import Changed, cut, differences, unexplained
from tests.surface.reads import ELSEWHERE
from tests.surface.recording import Answers, of_source, of_tables, recorded
from tests.surface.served import Server, record, serving


class Route(NamedTuple):
    """A route that was there before: what is asked of it, with the status of each answer, and its parameters."""

    name: str
    asked: list[tuple[str, int]]
    takes: list[str]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything that is answered now, and the routes there are."""
    folder = record(tmp_path_factory.mktemp("surface") / "data")
    with serving(folder) as server:
        found: dict[str, Any] = recording.over_http(server)
        found["routes"] = list(_routes(server, {**found["reads"], **found["acts"]}))
    return found | {"tables": of_tables(folder), "codes": of_source()}


def _routes(server: Server, answers: Answers) -> Iterator[Route]:
    before = defaultdict[str, set[str]](set)
    for question in (*recorded("reads"), *recorded("acts")):
        _, method, path = question.removeprefix("its ").split(" ")[:3]
        before[method].add(path.partition("?")[0])
    for it in application(server.door.engine).router.routes():
        if it.method == "HEAD" or it.resource is None:
            continue
        info = it.resource.get_info()
        pattern = info.get("pattern") or re.compile(re.escape(info["path"]))
        asked = list[tuple[str, int]]()
        for question, answer in answers.items():
            _, method, path = question.removeprefix("its ").split(" ")[:3]
            if method == it.method and pattern.fullmatch(path.partition("?")[0]):
                asked.append((path, answer["status"]))
        if not asked and not any(pattern.fullmatch(path) for path in before[it.method]):
            continue
        takes = []
        if asked and it.method == "GET":
            path = asked[0][0].partition("?")[0]
            takes = server.ask("GET", f"{path}?{ELSEWHERE}=1", who="auditor").body["facts"]["parameters"]
        yield Route(f"{it.method} {it.resource.canonical}", asked, takes)


def compared(section: str, now: Answers) -> list[str]:
    before = recorded(section)
    meant = [it for it in CHANGED if it.section == section]
    return unexplained(differences(before, now), meant)


@pytest.mark.parametrize("section", ["reads", "acts", "afterwards", "tables", "codes"])
def test_every_answer_is_what_it_was(answered: dict[str, Any], section: str) -> None:
    assert not (found := compared(section, answered[section])), "\n".join(found)


def test_every_route_is_asked(answered: dict[str, Any]) -> None:
    assert len(answered["routes"]) > 40
    for route in answered["routes"]:
        assert route.asked, f"nobody asks {route.name}: add it to tests/surface"


def test_every_parameter_is_said_right_and_wrong(answered: dict[str, Any]) -> None:
    for route in answered["routes"]:
        for name in route.takes:
            statuses = [status for path, status in route.asked if re.search(rf"[?&]{name}=", path)]
            assert any(it < 400 for it in statuses), f"nobody says {name} of {route.name} as it should be"
            assert any(it >= 400 for it in statuses), f"nobody says {name} of {route.name} as it should not be"


@pytest.fixture
def some() -> Answers:
    return recorded("acts")


def test_an_answer_that_was_altered_is_told_with_its_question_and_member(some: Answers) -> None:
    question = "EU-BRU POST /v1/events (missing)"
    now = some | {question: some[question] | {"status": 422}}
    (told,) = unexplained(differences(some, now), [])
    assert told.split() == [*question.split(), "$.status", "before:", "400", "now:", "422"]
    assert unexplained(differences(some, now), [Changed("acts", question, "for this test", "$.status")]) == []


def test_what_is_gone_is_told_and_what_is_new_takes_nothing(some: Answers) -> None:
    gone = {name: it for name, it in some.items() if "(missing)" not in name}
    assert len(unexplained(differences(some, gone), [])) == 1
    assert unexplained(differences(gone, some), []) == []


def test_what_was_cut_cannot_differ_unseen() -> None:
    rows = [{"n": n, "text": "x" * 400} for n in range(1_000)]
    altered = [*rows[:700], {"n": 700, "text": "y"}, *rows[701:]]
    assert len(str(cut(rows))) < 2_500
    assert [it.member for it in differences({"q": cut(rows)}, {"q": cut(altered)})] == ["$.3"]


def test_an_entry_of_the_list_that_nothing_differs_by_is_told(some: Answers) -> None:
    (told,) = unexplained(differences(some, some), [Changed("acts", "nothing *", "once meant")])
    assert "nothing differs as CHANGED says" in told


def test_the_list_names_sections_that_there_are() -> None:
    assert {it.section for it in CHANGED} <= {it.stem.replace("-", " ") for it in recording.RECORDED.glob("*.json")}
