"""An entry that was damaged at rest: what concerns it is refused with its position, everything else goes on."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.api.door import Door, opened
from tests.test_sagwan import sagwan

HARMS: dict[str, Callable[[bytes], bytes]] = {
    "is no JSON": lambda stored: b"\x00" + stored[1:],
    "was cut": lambda stored: stored[: len(stored) // 2],
    "is no entry": lambda stored: stored.replace(b'"recorded_at"', b'"recordedXat"'),
}


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("database")) if request.param == "postgres" else None


def harmed(data: Path, place: str | None, stream: str, harm: Callable[[bytes], bytes]) -> int:
    """Alters the first entry of a stream behind the server's back; its position."""
    if place is None:
        with contextlib.closing(sqlite3.connect(data / "journal.db")) as journal:
            for (name,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                journal.execute(f"DROP TRIGGER {name}")
            of = "FROM stored_events WHERE originator_id = ? AND originator_version = 1"
            position, state = journal.execute(f"SELECT rowid, state {of}", [stream]).fetchone()
            journal.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", [harm(state), position])
            journal.commit()
    else:
        with psycopg.connect(place, autocommit=True) as database:
            database.execute("ALTER TABLE sagwan.journal_events DISABLE TRIGGER ALL")
            of = "FROM sagwan.journal_events WHERE originator_id = %s AND originator_version = 1"
            found = database.execute(f"SELECT notification_id, state {of}", [stream]).fetchone()
            assert found is not None
            position, state = found
            altered = "UPDATE sagwan.journal_events SET state = %s WHERE notification_id = %s"
            database.execute(altered, [harm(bytes(state)), position])
    return int(position)


@pytest.mark.parametrize("what", HARMS)
def test_what_concerns_it_is_told_with_its_position(tmp_path: Path, place: str | None, what: str) -> None:
    door = Door(tmp_path / "data", place)
    door.post([opened("case:harmed", "1"), opened("case:other", "2")])
    at = harmed(tmp_path / "data", place, "case:harmed", HARMS[what])
    whole = ("/v1/streams/case:harmed", "/v1/events?format=cloudevents")
    for path in whole if what == "is no entry" else (*whole, f"/v1/events/{at}", "/v1/export/evidence"):
        answer = door.get(path, who="auditor")
        assert (answer.status, answer.body["code"], answer.body["facts"]) == (503, "record.unread", {"position": at})
        assert "Retry-After" not in answer.headers, "no waiting mends it"
    assert door.get(f"/v1/events/{at + 1}", who="auditor").status == 200
    assert door.get("/v1/streams/case:other", who="auditor").status == 200
    if what != "is no entry":
        page = door.get("/v1/events", who="auditor").body["events"]
        assert [it["position"] for it in page if it["entry"] is None] == [at]
        seen = door.get("/v1/events", who="EU-BRU")
        assert at not in [it["position"] for it in seen.body["events"]], "nobody can tell whose it was"
        assert seen.body["withheld"] > 0
    page = door.ask("GET", "/", None, who="auditor")
    assert page.status != 500
    door.close()


def test_a_harmed_adoption_of_the_key_is_named_and_nothing_else(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    door.post(opened("case:1", "1"))
    door.close()
    at = harmed(tmp_path / "data", None, "seal:key", lambda stored: stored.replace(b'"type":', b'"typf":'))
    assert f"position {at} does not read" in sagwan("serve", "--port", "0", "--data", str(door.path), expect=1)
    told = sagwan("verify", "--data", str(door.path), expect=1)
    assert {line.partition(": ")[2].partition(":")[0] for line in told.splitlines() if line} == {f"at position {at}"}
