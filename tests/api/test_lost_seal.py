"""A record that was sealed is not sealed anew without a word: `serve` refuses, and going on is an act that stays."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from api.cli import resealing
from api.server import own_checkpoints
from journal.folder import Folder
from journal.log import continuity, keys, leaves
from journal.log.note import SigningKey
from journal.store.journal import Journal
from journal.trusted_clock import now
from tests.api.door import Door, opened
from tests.api.test_crash import until
from tests.hostile.trial import signed_in
from tests.replay.test_verifier import checked
from tests.test_sagwan import sagwan


@contextlib.contextmanager
def served(path: Path, database: str | None, tokens: dict[str, str] | None = None) -> Iterator[Door]:
    door = Door(path, database)
    door.tokens = door.tokens or tokens or {}
    try:
        yield door
    finally:
        door.close()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("database")) if request.param == "postgres" else None


def grown(door: Door, first: int, count: int = 5) -> int:
    """The last position of some more cases."""
    answers = door.post([opened(f"case:{n}", f"o{n}") for n in range(first, first + count)]).body["results"]
    position: int = answers[-1]["position"]
    assert door.ask("GET", f"/v1/log/checkpoint?position={position}", None, who=None).status == 200
    return position


def without_checkpoint(data: Path) -> None:
    (data / "log/checkpoint").unlink()


def without_log(data: Path) -> None:
    shutil.rmtree(data / "log")


def signed_by_another(data: Path) -> None:
    text = (data / "log/checkpoint").read_text(encoding="utf-8")
    body = text.split("\n\n")[0] + "\n"
    other = SigningKey.generate(body.split("\n")[0])
    (data / "log/checkpoint").write_text(f"{body}\n{other.sign(body)}\n", encoding="utf-8")


def without_key(data: Path) -> None:
    (data / "seal.key").unlink()


def with_another_key(data: Path) -> None:
    (key,) = keys.verifier_keys(data)
    (data / "seal.key").unlink()
    SigningKey.generate(key.name).save(data / "seal.key")


def with_an_older_log(data: Path) -> None:
    shutil.rmtree(data / "log")
    shutil.copytree(data / "log.older", data / "log")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (without_checkpoint, "log/checkpoint, what was signed last, is gone"),
        (without_log, "log/checkpoint, what was signed last, is gone"),
        (signed_by_another, "log/checkpoint, what was signed last, is gone, damaged or signed by another key"),
        (without_key, "neither seal.key nor seal.key.previous is the key that it adopted"),
        (with_another_key, "neither seal.key nor seal.key.previous is the key that it adopted"),
        (with_an_older_log, "log/checkpoint is older than one that the record remembers"),
    ],
)
def test_what_is_lost_of_a_seal_is_not_made_anew_unseen(
    tmp_path: Path,
    place: str | None,
    harm: Callable[[Path], None],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_checkpoints, "EVERY", 12)
    monkeypatch.setattr(own_checkpoints, "LOOK_SECONDS", 0.05)
    data = tmp_path / "data"
    with served(data, place) as door:
        tokens = door.tokens
        grown(door, 0, 2)
        shutil.copytree(data / "log", data / "log.older")
        grown(door, 2, 20)
        until(lambda: len(door.get("/v1/streams/seal:log", who="auditor").body.get("history", ())) == 1)
    harm(data)
    with Journal.at(place or data / "journal.db", write=True) as journal:
        with pytest.raises(continuity.SealLost, match=said) as refused:
            continuity.check_continuity(journal, data)
        assert "sagwan reseal" in str(refused.value)
        resealing.reseal(journal, Folder(data), "the disk of 3 March")
        with pytest.raises(ValueError, match="nothing of the seal is lost"):
            resealing.reseal(journal, Folder(data), "again")
    with served(data, place, tokens) as door:
        assert door.get("/readyz").status == 200
        acts = [it["entry"]["fact"] for it in door.get("/v1/streams/seal:log", who="auditor").body["history"]]
        (act,) = [it for it in acts if it["type"] == "seal.log_restarted"]
        assert act["reason"] == "the disk of 3 March"


@pytest.mark.parametrize("also_its_leaf", [False, True])
def test_an_entry_altered_long_ago_stops_recording_and_can_be_given_up(tmp_path: Path, also_its_leaf: bool) -> None:
    data = tmp_path / "data"
    with served(data, None) as door:
        tokens = door.tokens
        position = grown(door, 0)
        grown(door, 5)
    with contextlib.closing(sqlite3.connect(data / "journal.db")) as journal:
        for (name,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            journal.execute(f"DROP TRIGGER {name}")
        (state,) = journal.execute("SELECT state FROM stored_events WHERE rowid = ?", [position]).fetchone()
        altered = state.replace(b'"visa"', b'"bank"')
        assert altered != state
        journal.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", [altered, position])
        journal.commit()
    if also_its_leaf:
        levels = bytearray((data / "log/level-0").read_bytes())
        levels[32 * (position - 1) : 32 * position] = leaves.leaf_hashes([(position, b"", altered)])
        (data / "log/level-0").write_bytes(levels)
    with served(data, None, tokens) as door:
        until(lambda: door.get("/readyz").status == 503)
        seal = door.get("/readyz").body["seal"]
        assert "not the one that was signed" in seal or "another tree" in seal
        assert door.post(opened("case:more", "more")).body["code"] == "record.not_as_signed"
        answer = door.get("/v1/indicators/HD-01", who="auditor")
        assert answer.headers["Sagwan-Not-As-Signed"] == ("*" if also_its_leaf else str(position))
        cookie = signed_in(door.url.removeprefix("http://"), tokens["auditor"])
        for path in ("/", "/indicators/HD-01", "/hubs"):
            page = door.ask("GET", f"{path}?lang=en", None, who=None, headers={"Cookie": cookie})
            assert "The record is not what was signed. Tell an operator." in page.raw.decode(), path
    assert "the act is at position" in sagwan("reseal", "--reason", "the disk of 3 March", "--data", str(data))
    assert not [*data.glob("mirror-*")], "its tables may be of the entry as it was signed"
    assert "tree lost; the disk of 3 March" in sagwan("verify", "--data", str(data))
    with served(data, None, tokens) as door:
        assert door.post(opened("case:more", "more")).status == 201


def test_a_record_that_names_no_key_was_made_to_forget_it(tmp_path: Path) -> None:
    """Without this, who takes one row and `log/` away has a server sign whatever else was altered."""
    data = tmp_path / "data"
    with served(data, None) as door:
        tokens = door.tokens
        grown(door, 0)
    with contextlib.closing(sqlite3.connect(data / "journal.db")) as journal:
        for (name,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            journal.execute(f"DROP TRIGGER {name}")
        for statement in (
            "DELETE FROM identity WHERE position IN (SELECT rowid FROM stored_events WHERE originator_id = 'seal:key')",
            "DELETE FROM stored_events WHERE originator_id = 'seal:key'",
        ):
            journal.execute(statement)
        journal.commit()
    shutil.rmtree(data / "log")
    for it in (data / "seal.key", *data.glob("mirror-*")):
        it.unlink()
    gone = "the entry by which it adopted its key"
    assert gone in sagwan("serve", "--port", "0", "--data", str(data), expect=1)
    assert gone in sagwan("verify", "--data", str(data), expect=1)
    assert "the act is at position" in sagwan("reseal", "--reason", "the disk of 3 March", "--data", str(data))
    with served(data, None, tokens) as door:
        assert door.get("/readyz").status == 200
    told = sagwan("verify", "--data", str(data))
    assert "adoption lost; the disk of 3 March" in told


def test_the_commands_say_what_is_lost_and_that_it_was_signed_anew(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with served(data, None) as door:
        tokens = door.tokens
        grown(door, 0)
    without_checkpoint(data)
    for command in (("serve", "--port", "0"), ("token", "issue", "auditor")):
        assert "sagwan reseal" in sagwan(*command, "--data", str(data), expect=1)
    assert "the act is at position" in sagwan("reseal", "--reason", "the disk of 3 March", "--data", str(data))
    pack = tmp_path / "part.zip"
    with served(data, None, tokens) as door:
        pack.write_bytes(door.get("/v1/export/evidence?indicator=HD-01", who="auditor").raw)
    verified = sagwan("verify", "--data", str(data))
    assert "signed anew at position" in verified
    assert "the disk of 3 March" in verified
    code, report = checked(pack, "--key", keys.verifier_keys(data)[0])
    assert code == 0, report
    assert "signed anew, what was signed was lost: the disk of 3 March" in report


def after(time: timedelta) -> datetime:
    return now() + time


def altered(data: Path) -> None:
    """As somebody with the file and without scruples would."""
    with contextlib.closing(sqlite3.connect(data / "journal.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER stored_events_not_updated")
        connection.execute(
            "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), 'visa', 'tax_') AS BLOB)"
            " WHERE rowid IN (SELECT rowid FROM stored_events WHERE CAST(state AS TEXT) LIKE '%visa%' LIMIT 1)"
        )


def test_an_altered_record_that_was_signed_anew_is_told_by_what_it_remembers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_checkpoints, "EVERY", 12)
    monkeypatch.setattr(own_checkpoints, "LOOK_SECONDS", 0.05)
    data = tmp_path / "data"
    with served(data, None) as door:
        tokens = door.tokens
        grown(door, 0, 20)
        until(lambda: len(door.get("/v1/streams/seal:log", who="auditor").body.get("history", ())) == 1)
        assert grown(door, 20, 2)
    assert "sealed" in sagwan("verify", "--data", str(data))
    altered(data)
    shutil.rmtree(data / "log")
    for path in data.glob("mirror*"):
        path.unlink()
    assert "is gone" in sagwan("serve", "--port", "0", "--data", str(data), expect=1)
    sagwan("reseal", "--reason", "no reason", "--data", str(data))
    for path in data.glob("mirror*"):
        path.unlink()
    said = sagwan("verify", "--data", str(data), expect=1)
    assert "when they were signed, and they are others: the first wrong place is number 1 to" in said
    with served(data, None, tokens) as door:
        assert "makes another tree" in door.ask("GET", "/readyz", None, who=None).body["seal"]
        assert door.post(opened("case:new", "new")).status == 503


def test_a_record_shorter_than_what_was_signed_goes_on_by_the_same_act_and_keeps_what_was_signed(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with served(data, None) as door:
        tokens = door.tokens
        grown(door, 0)
        with contextlib.closing(sqlite3.connect(data / "journal.db")) as live, sqlite3.connect(data / "old") as copy:
            live.backup(copy)
        copy.close()
        last = grown(door, 5)
    for path in data.glob("journal.db*"):
        path.unlink()
    (data / "old").rename(data / "journal.db")
    sagwan("reseal", "--reason", "no newer backup", "--data", str(data))
    assert (data / "log.lost-1/checkpoint").exists()
    with served(data, None, tokens) as door:
        (it,) = door.get("/v1/streams/seal:log", who="auditor").body["history"]
        assert (it["entry"]["fact"]["lost"], it["entry"]["fact"]["given_up"]) == (["tree"], last)
        assert door.post(opened("case:new", "new")).status == 201


def test_a_checkpoint_is_kept_on_a_later_day_and_never_because_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_checkpoints, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(own_checkpoints, "DAY_LOOKS", 1)
    data = tmp_path / "data"
    with served(data, None) as door:
        tokens = door.tokens
        position = grown(door, 0)
        assert door.get("/v1/streams/seal:log", who="auditor").status == 404
    for days in (1, 2):
        later = Door(data, None, partial(after, timedelta(days=days)))
        later.tokens = tokens
        try:
            until(lambda later=later: later.get("/v1/streams/seal:log", who="auditor").status == 200)
            (it,) = later.get("/v1/streams/seal:log", who="auditor").body["history"]
            assert it["entry"]["fact"]["size"] == position
        finally:
            later.close()
    with Journal.at(data / "journal.db") as journal:
        assert journal.position == position + 1


def test_why_no_checkpoint_can_be_kept_is_logged_once_and_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = list[object]()

    def away(*asked: object) -> None:
        tried.append(asked)
        raise sqlite3.OperationalError("away")

    monkeypatch.setattr(own_checkpoints, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(own_checkpoints, "DAY_LOOKS", 1)
    with monkeypatch.context() as broken:
        broken.setattr(own_checkpoints, "due_checkpoint", away)
        with served(tmp_path / "data", None) as door:
            until(lambda: len(tried) > 5)
            broken.undo()
            until(lambda: "goes on again" in caplog.text)
            assert door.get("/livez").status == 200
    assert caplog.text.count("keeper of checkpoints failed") == 1


@pytest.mark.parametrize("who", ["operator", "EU-BRU"])
def test_nobody_but_the_machine_says_what_was_signed(tmp_path: Path, who: str) -> None:
    with served(tmp_path / "data", None) as door:
        told = opened("seal:log", "x") | {
            "type": "seal.checkpoint_kept", "data": {"size": 1, "root": "ab" * 32}, "time": None
        }  # fmt: skip
        assert door.post({k: v for k, v in told.items() if v is not None}, who=who).status in (403, 422)


def test_a_record_that_ended_in_its_first_second_is_served(tmp_path: Path) -> None:
    data = tmp_path / "data"
    door = Door(data)
    door.close()
    without_log(data)
    with (
        Journal.at(data / "journal.db", write=True) as journal,
        journal.entries.datastore.transaction(  # type: ignore[attr-defined]
            commit=True
        ) as cursor,
    ):
        cursor.execute("DROP TRIGGER stored_events_not_deleted")
        cursor.execute("DELETE FROM stored_events WHERE rowid > 2")
    with served(data, None):
        pass


@pytest.mark.parametrize("stream", ["credential:%", "seal:key", "seal:key no text"])
def test_a_record_whose_first_entries_do_not_read_is_refused_with_the_place_and_what_to_do(
    tmp_path: Path, stream: str
) -> None:
    with served(tmp_path, None):
        pass
    stream, _, no_text = stream.partition(" ")
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        where = "WHERE originator_id LIKE ? AND originator_version = 1"
        (state,) = connection.execute(f"SELECT state FROM stored_events {where}", [stream]).fetchone()
        harmed = bytes(state).replace(b'"fact":', b'"f\xf9ct":' if no_text else b'"fict":')
        connection.execute(f"UPDATE stored_events SET state = ? {where}", [harmed, stream])
        connection.commit()
    said = sagwan("serve", "--data", str(tmp_path), "--port", "0", expect=1)
    assert "does not read" in said
    assert "sagwan verify" in said
    assert "Traceback" not in said
