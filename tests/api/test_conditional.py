"""Conditional reads: what a client holds is said to be the same without being made again, and never when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.http import conditional
from api.reads import catalogue, tables
from tests.api.door import Answer, Door, event, opened
from tests.api.test_visibility import OTHER, OWNER, filled

PATHS = (
    "/v1/views/cases",
    "/v1/views/projects?format=csv",
    "/v1/views/hub_performance",
    "/v1/views/control_tower",
    "/v1/indicators/HD-01?by=hub,period",
    "/v1/indicators/HD-01?valid=2025-05-31&by=hub",
    "/v1/indicators/HD-01/evidence?format=ndjson",
    "/v1/events?limit=3",
    "/v1/events/5",
    "/v1/streams/hub:EU-BRU",
    "/v1/checks",
    "/v1/checks/2025S1",
    "/v1/checks/2025S1/figures",
    "/v1/checks/2025S1/late",
    "/v1/editions",
    "/v1/editions/2025S1",
    "/v1/editions/2025S1/1",
    "/v1/editions/2025S1/1.xlsx",
    "/v1/diff?a=20&b=30",
    "/v1/mirror/case_opened",
    "/v1/views/cases?known=12",
    "/v1/views/hub_performance?known=2025S1/1",
    "/v1/indicators",
)
"""One of every kind of answer that is of a position."""


class Wall:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(second=5, microsecond=0)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


WALL = Wall()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("conditional") / "data", clock=WALL)
    filled(it)
    settled(it, it.get("/readyz").body["position"])
    yield it
    it.close()


def ask(door: Door, path: str, tag: str | None = None, who: str = "auditor") -> Answer:
    return door.get(path, who=who, **({"If-None-Match": tag} if tag is not None else {}))


def settled(door: Door, position: int) -> None:
    path = f"/v1/views/hub_performance?after={position}"
    assert any(door.get(path, who="auditor").status == 200 for _ in range(9))


def test_every_read_says_what_its_answers_are_made_of_or_is_of_no_position() -> None:
    without = {it.path for it in catalogue.ALL if not it.of}
    logs = {"/v1/log/checkpoint", "/v1/log/tile/{level}/{path}", "/v1/log/proof"}
    for_ever = "/v1/editions/contents/{digest}"
    assert without == {"/v1/types", "/v1/types/{type}", "/v1/views", for_ever} | logs


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_has_a_tag_by_which_it_is_not_sent_again(door: Door, path: str) -> None:
    for _ in range(9):  # until nothing is recorded meanwhile, as is who opens persons
        position = door.get("/readyz").body["position"]
        settled(door, position)
        first = ask(door, path)
        same = ask(door, path, first.headers["ETag"])
        if door.get("/readyz").body["position"] == position:
            break
    assert (first.status, first.headers["Cache-Control"]) == (200, "private, no-cache")
    assert (same.status, same.raw) == (304, b"")
    assert same.headers["ETag"] == first.headers["ETag"]
    assert same.headers["Cache-Control"] == "private, no-cache"
    assert ask(door, path, '"another"').raw == first.raw


@pytest.mark.parametrize("path", ["/v1/views/projects", "/v1/views/hub_performance", "/v1/indicators/HD-01"])
def test_what_is_the_same_is_not_made_again(door: Door, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = ask(door, path).headers["ETag"]

    def made(*_: object) -> None:
        raise AssertionError("it was made again")

    for name in ("public_views", "figures"):
        monkeypatch.setattr(tables, name, made)
    assert ask(door, path, tag).status == 304


def test_tags_are_compared_as_weak_ones_in_lists_and_by_a_star(door: Door) -> None:
    path = "/v1/views/projects"
    tag = ask(door, path).headers["ETag"]
    assert tag.startswith('W/"')
    for said in (tag.removeprefix("W/"), f'"x", {tag}', f'W/"y" ,{tag}, "z"', "*"):
        assert ask(door, path, said).status == 304, said
    for said in ('"x"', 'W/"x", "y"', '""'):
        assert ask(door, path, said).status == 200, said
    for said in (tag.replace('"', ""), '"x" "y"', "W/x", '*, "x"'):
        answer = ask(door, path, said)
        assert (answer.status, answer.body["code"]) == (400, "http.if_none_match"), said


@pytest.mark.parametrize(("path", "status"), [("/v1/views/casess", 404), ("/v1/views/cases?where=hub=EU-BRX", 400)])
def test_a_wrong_question_is_told_whatever_tag_is_named(door: Door, path: str, status: int) -> None:
    answer = ask(door, path, "*")
    assert (answer.status, "ETag" in answer.headers) == (status, False)


def test_another_question_format_or_point_has_another_tag(door: Door) -> None:
    asked = (
        "/v1/views/projects",
        "/v1/views/projects?format=csv",
        "/v1/views/projects?format=csv&raw=true",
        "/v1/views/projects?where=hub=EU-BRU",
        "/v1/views/projects?known=12",
        "/v1/views/projects?known=13",
        "/v1/views/projects?valid=2025-03-31",
        "/v1/views/partners",
    )
    tags = {ask(door, path).headers["ETag"] for path in asked}
    assert len(tags) == len(asked)
    csv = door.get("/v1/views/projects", who="auditor", Accept="text/csv").headers
    assert csv["ETag"] not in tags - {ask(door, asked[1]).headers["ETag"]}
    assert "Accept" in csv["Vary"]


@pytest.mark.parametrize("path", ["/v1/views/projects", "/v1/views/projects?known=30", "/v1/events?limit=9"])
def test_a_tag_says_nothing_to_who_may_see_something_else(door: Door, path: str) -> None:
    people = ("auditor", "secretariat", "analyst", OWNER, OTHER)
    tags = {who: ask(door, path, who=who).headers["ETag"] for who in people}
    assert len({*tags.values()}) == len(people)
    for who in people:
        for other in {*people} - {who}:
            assert ask(door, path, tags[other], who=who).status == 200
    closed = f"/v1/streams/finding:2025S1-{OWNER}-1"
    tag = ask(door, closed).headers["ETag"]
    for said in (tag, "*"):
        assert ask(door, closed, said, who=OTHER).status == 403
        assert door.ask("GET", closed, None, who=None, headers={"If-None-Match": said}).status == 401


def test_a_new_entry_ends_what_is_of_now_and_leaves_what_is_of_a_point_of_the_past(door: Door) -> None:
    now = [it for it in PATHS if "known" not in it and it != "/v1/diff?a=20&b=30"]
    past = [it for it in PATHS if "known" in it]
    tags = {it: ask(door, it).headers["ETag"] for it in (*now, *past)}
    settled(door, door.post(opened("case:more", "more")).body["position"])
    assert {it: ask(door, it, tags[it]).status for it in now} == dict.fromkeys(now, 200)
    assert {it: ask(door, it, tags[it]).status for it in past} == dict.fromkeys(past, 304)
    scoped = ask(door, past[0], who=OTHER).headers["ETag"]
    # What a hub may see of a point of the past goes by what holds today.
    settled(door, door.post(opened("case:most", "most")).body["position"])
    assert ask(door, past[0], scoped, who=OTHER).status == 200


def test_an_answer_that_goes_by_the_clock_is_asked_for_anew_when_it_went_on(door: Door) -> None:
    clocked = ("/v1/views/case_deadlines", "/v1/streams/case:rated", "/v1/indicators/HD-04")
    others = ("/v1/views/case_deadlines?valid=2025-03-31", "/v1/events?limit=2", "/v1/views/cases?known=12")
    tags = {it: ask(door, it).headers["ETag"] for it in (*clocked, *others)}
    WALL.now += timedelta(minutes=1)
    assert {it: ask(door, it, tags[it]).status for it in clocked} == dict.fromkeys(clocked, 200)
    assert {it: ask(door, it, tags[it]).status for it in others} == dict.fromkeys(others, 304)


def test_what_is_of_no_position_or_may_not_be_kept_has_no_tag(door: Door) -> None:
    for path in ("/v1/types", "/v1/views", "/v1/tokens", "/v1/persons", "/livez", "/readyz", "/v1/log/checkpoint"):
        answer = ask(door, path, "*", who="operator")
        assert (answer.status, "ETag" in answer.headers) == (200, False), path
    tile = ask(door, "/v1/log/tile/0/000.p/9")
    assert (tile.headers["Cache-Control"], "ETag" in tile.headers) == ("public, max-age=31536000, immutable", False)


def test_a_stream_and_an_edition_are_known_by_their_tags_as_before(door: Door) -> None:
    stream = ask(door, "/v1/streams/hub:EU-BRU")
    assert stream.headers["ETag"].startswith(f'W/"{stream.body["version"]}-')
    edition = ask(door, "/v1/editions/2025S1/1")
    assert edition.headers["ETag"].startswith(f'W/"{edition.body["digest"]}-')


def test_after_a_redaction_nothing_old_validates(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    stay = {"purpose": "SECRET", "direction": "INBOUND", "country": "DE"}
    position = door.post(event("exchange.nominated", "exchange:1", "1", stay)).body["position"]
    past = f"/v1/views/exchanges?known={position}"
    settled(door, position)
    tag = ask(door, past).headers["ETag"]
    assert ask(door, past, tag).status == 304
    assert b"SECRET" in ask(door, f"/v1/events?after={position - 1}").raw
    act = {"entry": position, "fields": ["purpose"], "basis": "PIPA 36"}
    gone = door.post(event("entry.redacted", "exchange:1", "r", act, time=None), who="secretariat").body["position"]
    assert door.get(f"/v1/views/exchanges?after={gone}", who="auditor").status == 200
    anew = ask(door, past, tag)
    assert (anew.status, b"SECRET" in anew.raw) == (200, False)
    door.close()


def test_a_server_that_starts_anew_knows_no_tag_of_before(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    tag = ask(door, "/v1/events").headers["ETag"]
    tokens = door.tokens
    door.close()
    door = Door(tmp_path / "data")
    door.tokens = tokens
    assert ask(door, "/v1/events", tag).status == 200
    door.close()


def test_a_tag_that_no_answer_had_opens_nothing() -> None:
    state = conditional.AnswerState(b"key", b"basis", 5, True)
    assert state.digest() == state.digest(9) != state.digest(4)
    assert state._replace(key=b"other").digest() != state.digest()
