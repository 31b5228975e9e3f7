"""A clock that jumps is refused and told; a record that stands in the future goes on by an operator's word."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.reader import RecordReader
from journal.trusted_clock import TrustedClock
from tests.api.door import Answer, Door, event, opened
from tests.before.records import SECOND, answers, unfolded

YEARS = timedelta(days=50 * 365)


class Wall:
    """A clock on the wall that a test sets."""

    def __init__(self) -> None:
        self.off = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off


def given_word(door: Door, now: datetime, id_: str, who: str = "operator") -> Answer:
    return door.post(event("clock.accepted", "clock:record", id_, {"now": now, "reason": "x"}, time=None), who=who)


def codes(*answers: Answer) -> list[tuple[int, str | None]]:
    return [(it.status, it.body.get("code")) for it in answers]


@pytest.mark.parametrize("jump", [YEARS, -YEARS, timedelta(minutes=2)])
def test_a_jump_is_refused_and_told_until_the_clock_comes_back(
    place: Path | str, tmp_path: Path, jump: timedelta
) -> None:
    wall = Wall()
    data = tmp_path if isinstance(place, Path) else tmp_path / "data"
    door = Door(data, None if isinstance(place, Path) else place, clock=TrustedClock(wall))
    assert door.post(opened("case:1", "1")).status == 201
    wall.off = jump
    assert codes(door.post(opened("case:2", "2"))) == [(503, "clock.jumped")]
    ready = door.get("/readyz")
    assert (ready.status, "where it should say" in ready.body["clock"]) == (503, True)
    wall.off = timedelta(seconds=3)
    assert door.post(opened("case:2", "2")).status == 201
    assert door.get("/readyz").body.get("clock") is None
    door.close()


def test_a_jump_that_is_right_is_accepted_by_an_operator_who_says_the_time(tmp_path: Path) -> None:
    wall = Wall()
    door = Door(tmp_path, clock=TrustedClock(wall))
    wall.off = timedelta(days=1)
    refused = [given_word(door, datetime.now(UTC), "no"), given_word(door, wall(), "no", who="secretariat")]
    assert codes(*refused) == [(422, "clock.not_so"), (403, "authority.role")]
    assert codes(door.post(opened("case:1", "1"))) == [(503, "clock.jumped")]
    assert given_word(door, wall(), "yes").status == 201
    assert door.post(opened("case:1", "1")).status == 201
    door.close()
    again = Door(tmp_path, clock=TrustedClock(wall))
    again.tokens = door.tokens
    assert again.post(opened("case:2", "2")).status == 201
    again.close()


@pytest.mark.parametrize("jump", [YEARS, -YEARS])
def test_a_token_is_issued_and_taken_back_while_the_clock_is_doubted(
    place: Path | str, tmp_path: Path, jump: timedelta
) -> None:
    """Who steals a token while the clock is wrong is locked out all the same; the act has the time that it should."""
    wall = Wall()
    data = tmp_path if isinstance(place, Path) else tmp_path / "data"
    door = Door(data, None if isinstance(place, Path) else place, clock=TrustedClock(wall))
    wall.off = jump
    assert codes(door.post(opened("case:1", "1"))) == [(503, "clock.jumped")]
    issued = door.ask("POST", "/v1/tokens", {"role": "analyst"}, who="operator")
    assert issued.status == 201
    door.tokens["new"] = issued.body["token"]
    assert door.get("/v1/views/cases", who="new").status == 200
    assert door.ask("DELETE", f"/v1/tokens/{issued.body['id']}", None, who="operator").status in (200, 204)
    assert door.get("/v1/views/cases", who="new").status == 401
    acts = door.get(f"/v1/streams/credential:{issued.body['id']}", who="auditor").body["history"]
    recorded = [datetime.fromisoformat(it["entry"]["recorded_at"]) for it in acts]
    assert all(abs(it - datetime.now(UTC)) < timedelta(minutes=1) for it in recorded)
    door.close()


def test_a_server_on_postgresql_starts_by_the_clock_of_the_database(database: str, tmp_path: Path) -> None:
    door = Door(tmp_path, database)
    door.close()
    wall = Wall()
    wall.off = YEARS
    ahead = Door(tmp_path, database, clock=TrustedClock(wall))
    ahead.tokens = door.tokens
    assert codes(ahead.post(opened("case:1", "1"))) == [(503, "clock.jumped")]
    ahead.close()


def test_a_server_that_starts_fifty_years_ahead_waits_for_a_word(tmp_path: Path) -> None:
    door = Door(tmp_path)
    door.close()
    wall = Wall()
    wall.off = YEARS
    ahead = Door(tmp_path, clock=TrustedClock(wall))
    ahead.tokens = door.tokens
    assert codes(ahead.post(opened("case:1", "1"))) == [(503, "clock.jumped")]
    assert "more than five years later" in ahead.get("/readyz").body["clock"]
    assert ahead.ask("POST", "/v1/tokens", {"role": "analyst"}, who="operator").status == 201
    newest = ahead.engine.journal.newest()
    assert newest
    assert newest - datetime.now(UTC) < timedelta(minutes=1), "nothing was recorded in 2076"
    wall.off = timedelta(0)
    assert ahead.post(opened("case:1", "1")).status == 201
    ahead.close()


def test_a_record_that_stands_in_the_future_says_so_and_goes_on_by_an_act(tmp_path: Path) -> None:
    data = unfolded("ahead", tmp_path / "data", SECOND)
    told = answers(SECOND)["ahead"]
    door = Door(data)
    door.tokens = told["tokens"]
    last = door.engine.journal.position
    assert codes(door.post(opened("case:n", "n"))) == [(503, "clock.jumped")]
    assert "newest entry was recorded at 20" in door.get("/readyz").body["clock"]
    act = given_word(door, datetime.now(UTC), "word")
    assert act.status == 201
    before = datetime.now(UTC)
    time.sleep(0.01)
    posted = door.post(opened("case:n", "n"))
    assert abs(datetime.fromisoformat(posted.body["recorded_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert codes(door.post(opened("case:f", "f", time="2070-01-01T00:00:00Z"))) == [(422, "time.future")]
    # An instant is looked up behind the word; the year in which the clock stood is none of it.
    known = {
        moment: door.get(f"/v1/views/cases?known={moment}").headers["Sagwan-Position"]
        for moment in (before.isoformat().replace("+00:00", "Z"), "2070-01-01T00:00:00Z")
    }
    assert list(known.values()) == [str(act.body["position"]), str(posted.body["position"])]
    assert act.body["position"] == last + 1
    assert door.get("/readyz").status == 200
    door.close()
    again = Door(data)
    again.tokens = told["tokens"]
    assert again.post(opened("case:m", "m")).status == 201
    again.close()


def test_verify_says_that_a_record_stands_in_the_future(tmp_path: Path) -> None:
    data = unfolded("ahead", tmp_path / "data", SECOND)
    report = RecordReader.at(data, None, None).verify(lambda *_: None)
    assert (report.differences, report.ahead is not None) == ([], True)
    door = Door(data)
    door.tokens = answers(SECOND)["ahead"]["tokens"]
    assert given_word(door, datetime.now(UTC), "word").status == 201
    door.close()
    report = RecordReader.at(data, None, None).verify(lambda *_: None)
    assert (report.differences, report.ahead) == ([], None)
