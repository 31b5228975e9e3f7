"""Every route says which parameters it takes; another, or one said twice, is an error and never ignored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.http.app import application
from api.http.parameters import TAKES
from tests.api.door import PATH_PARTS, Door


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("parameters") / "data")
    yield it
    it.close()


def routes(door: Door) -> list[tuple[str, str]]:
    """Method and path of every route, as the router has them."""
    found = application(door.engine).router.routes()
    return [(it.method, it.resource.canonical) for it in found if it.resource and it.method != "HEAD"]


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda it: PATH_PARTS.get(it[1], "x"), path)


def test_no_route_ignores_a_parameter_that_it_does_not_know(door: Door) -> None:
    told = routes(door)
    assert len(told) > 40
    for method, path in told:
        body: dict[str, Any] | None = {} if method in ("POST", "DELETE") else None
        for who in ("operator", "EU-BRU"):
            answer = door.ask(method, f"{filled(path)}?nonsense=1", body, who=who)
            assert (answer.status, answer.body["code"]) == (400, "query.unknown_parameter"), path
            assert answer.body["facts"]["parameters"] == sorted(
                it.removesuffix("*") for it in TAKES.get(f"{method} {path}", "").split()
            )


def test_no_route_takes_a_parameter_twice_unless_that_means_something(door: Door) -> None:
    for route, takes in TAKES.items():
        method, _, path = route.partition(" ")
        for name in takes.split():
            twice = f"{filled(path)}?{name.removesuffix('*')}=x&{name.removesuffix('*')}=y"
            answer = door.ask(method, twice, None, who="operator")
            repeated = answer.body and answer.body.get("code") == "query.repeated_parameter"
            assert bool(repeated) == (not name.endswith("*")), twice


def test_what_is_declared_is_there(door: Door) -> None:
    assert TAKES.keys() <= {f"{method} {path}" for method, path in routes(door)}


def test_the_next_page_asks_with_known_parameters_only(door: Door) -> None:
    link = door.get("/v1/events?limit=1&format=json").headers["Link"]
    assert door.get(link[link.index("/v1") : link.index(">")]).status == 200


NUL = (
    *("/v1/persons/%00", "/v1/streams/case:%00", "/v1/views/cases?where=topic=%00", "/v1/events?stream=case:%00"),
    *("/v1/events?type=%00", "/v1/events?hub=%00", "/v1/types/%00", "/v1/views/%00", "/v1/mirror/%00"),
)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_nul_in_a_question_is_refused_whatever_the_database(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    door = Door(tmp_path / "data", request.getfixturevalue("database") if kind == "postgres" else None)
    for path in NUL:
        answer = door.get(path, who="auditor")
        assert (answer.status, answer.body["code"]) == (400, "query.invalid"), path
    for method in ("POST", "DELETE"):
        answer = door.ask(method, "/v1/persons/%00?basis=x", {} if method == "POST" else None, who="EU-BRU")
        assert answer.status == 400
    door.close()
