"""A share of what `python -m tests.hostile` does, on both databases; what it finds is a test with its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.http.app import application
from api.web.site import add_pages
from tests.api.door import Door, opened
from tests.hostile import made
from tests.hostile.after import PACKS, PLAINLY, not_made, not_ready, not_whole, published
from tests.hostile.trial import attacked

BODIES, QUERIES, SECONDS = 2_000, 100, 60.0


def test_what_is_made_from_a_number_is_the_same_for_ever():
    assert made.body(7) == made.body(7) != made.body(8)
    assert made.query(7) == made.query(7) != made.query(8)


def test_what_is_made_reaches_every_route(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    app = application(door.engine)
    add_pages(app)
    there = {(it.method, it.resource.canonical) for it in app.router.routes() if it.resource and it.method != "HEAD"}
    door.close()
    tried = {*made.ROUTES, *(("POST", it) for it in made.BODY_ROUTES)} | {("GET", "/v1/events/live")}
    assert there - tried == set()
    assert tried - there == {("GET", "/nowhere"), ("HEAD", "/v1/events/live")}


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_bodies_and_queries_that_nobody_means_break_nothing(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("database") if kind == "postgres" else None
    door = Door(tmp_path / "data", database)
    door.post(opened("case:1", "1"))
    published(door)
    address = door.url.removeprefix("http://")
    bodies = attacked(address, door.tokens, map(made.body, range(BODIES)), seconds=SECONDS)
    queries = attacked(address, door.tokens, map(made.query, range(QUERIES)), seconds=SECONDS)
    assert bodies.faults + queries.faults == []
    assert bodies.statuses[201] > 10
    assert {200, 201, 207, 400, 401, 403, 415, 422} <= bodies.statuses.keys()
    assert {200, 400, 401, 403, 404} <= queries.statuses.keys()
    assert not_ready(address) == []
    assert not_made(address, door.tokens["auditor"], (*PLAINLY, *PACKS)) == []
    door.close()
    assert not_whole(door.path, database) == []
