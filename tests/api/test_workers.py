"""Nothing ends for good: a harmed mirror, an older journal, an entry that no table takes."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from api.reader import RecordReader
from api.reads import catalogue
from tests.api.door import Door, opened
from tests.api.test_crash import until
from tests.hostile.trial import signed_in


def served(data: Path, tokens: dict[str, str], database: str | None = None) -> Door:
    door = Door(data, database)
    door.tokens = tokens
    return door


def cases(door: Door) -> list[str] | int:
    """The cases that the tables show, or the status of the answer."""
    answer = door.get(f"/v1/views/cases?after={door.engine.journal.position}")
    return sorted(row["stream"] for row in answer.body["rows"]) if answer.status == 200 else answer.status


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A data folder with sixty cases in its mirror, and its tokens."""
    door = Door(tmp_path_factory.mktemp("sixty"))
    assert door.post([opened(name, name) for name in SIXTY]).status == 201
    until(lambda: cases(door) == SIXTY)
    door.close()
    return door.path, door.tokens


SIXTY = sorted(f"case:{n}" for n in range(60))


def flipped(data: Path, into: Path, seed: int) -> Path:
    """A copy of a data folder with one bit of its mirror turned, in its head or anywhere."""
    shutil.copytree(data, into)
    (mirror,) = into.glob("mirror-*.duckdb")
    dice, content = random.Random(seed), bytearray(mirror.read_bytes())
    content[dice.randrange(len(content) if seed % 2 else 16_384)] ^= 1 << dice.randrange(8)
    mirror.write_bytes(content)
    return into


@pytest.mark.parametrize("seed", range(3))
def test_one_flipped_byte_of_the_mirror_is_never_an_internal_error_across_restarts(
    sixty: tuple[Path, dict[str, str]], tmp_path: Path, seed: int
) -> None:
    data = flipped(sixty[0], tmp_path / "data", seed)
    for _ in range(2):
        again = served(data, sixty[1])
        answered: list[Any] = []
        until(lambda again=again, answered=answered: answered.append(cases(again)) or answered[-1] == SIXTY)
        assert {it for it in answered if isinstance(it, int)} <= {503}
        again.close()


@pytest.mark.parametrize("seed", range(10))
def test_one_flipped_byte_of_the_mirror_is_healed_by_who_reads_it(
    sixty: tuple[Path, dict[str, str]], tmp_path: Path, seed: int
) -> None:
    reader = RecordReader.at(flipped(sixty[0], tmp_path / "data", seed), None, None)
    assert sorted(reader.table(catalogue.VIEW, {"view": "cases"})["stream"].to_pylist()) == SIXTY
    assert reader.verify(lambda *_: None).differences == []


def test_an_older_journal_beside_a_newer_mirror_shows_nothing_of_the_future(tmp_path: Path) -> None:
    data = tmp_path / "data"
    door = Door(data)
    assert door.post(opened("case:1", "1")).status == 201
    door.close()
    older = (data / "journal.db").read_bytes()
    log = shutil.copytree(data / "log", tmp_path / "log")
    again = served(data, door.tokens)
    assert again.post([opened(f"case:{n}", f"{n}") for n in (2, 3)]).status == 201
    assert cases(again) == ["case:1", "case:2", "case:3"]
    again.close()
    (data / "journal.db").write_bytes(older)
    shutil.rmtree(data / "log")
    shutil.copytree(log, data / "log")
    restored = served(data, door.tokens)
    assert cases(restored) == ["case:1"]
    assert restored.post([opened(f"case:{n}", f"{n}") for n in (7, 8)]).status == 201
    assert cases(restored) == ["case:1", "case:7", "case:8"]
    restored.close()


def spoilt(place: Path | str, stream: str) -> None:
    """Puts an entry behind the last, as the door once took it: it reads, and a number of it fits no column."""
    entry = {
        "stream": stream,
        "version": 1,
        "occurred_at": "2025-03-03T09:00:00Z",
        "recorded_at": "2026-03-03T09:00:00Z",
        "hub": "EU-BRU",
        "actor": "c-1",
        "role": "hub",
        "source": "raw",
        "id": stream,
        "salt": "00" * 16,
        "fact": {
            "type": "case.sla_bound",
            "policy": "p",
            "policy_version": 2**63,
            "calendar": "c",
            "calendar_version": 1,
        },
    }
    row = (stream, 1, "case.sla_bound", msgspec.json.encode(entry))
    columns = "(originator_id, originator_version, topic, state)"
    if isinstance(place, Path):
        with sqlite3.connect(place) as connection:
            connection.execute(f"INSERT INTO stored_events {columns} VALUES (?, ?, ?, ?)", row)
        connection.close()
    else:
        with psycopg.connect(place, autocommit=True) as owner:
            owner.execute(f"INSERT INTO sagwan.journal_events {columns} VALUES (%s, %s, %s, %s)".encode(), row)


def test_an_entry_that_no_table_takes_is_set_aside_told_and_healed_by_a_void(place: Path | str, tmp_path: Path) -> None:
    data = tmp_path if isinstance(place, Path) else tmp_path / "data"
    database = None if isinstance(place, Path) else place
    door = Door(data, database)
    door.post(opened("case:1", "1"))
    door.close()
    spoilt(place, "case:spoilt")
    again = served(data, door.tokens, database)
    bad = again.engine.journal.position
    last = again.post(opened("case:2", "2")).body["position"]
    answer = again.get(f"/v1/views/cases?after={last}")
    assert sorted(row["stream"] for row in answer.body["rows"]) == ["case:1", "case:2"]
    assert (answer.headers["Sagwan-Set-Aside"], answer.body["set_aside"]) == (str(bad), [bad])
    before = again.get(f"/v1/views/cases?known={bad - 1}")
    assert "Sagwan-Set-Aside" not in before.headers
    cookie = signed_in(again.url.removeprefix("http://"), again.tokens["auditor"])
    for point, said in (("", True), (f"&known={bad - 1}", False)):
        page = again.ask("GET", f"/indicators/HD-01?lang=en{point}", None, who=None, headers={"Cookie": cookie})
        assert (f"Entries that fit no table, and are in no figure here: {bad}." in page.raw.decode()) is said
    ready = again.get("/readyz")
    assert (ready.status, ready.body["set_aside"]) == (200, [bad])
    opening = {
        "specversion": "1.0",
        "source": "test",
        "id": "opening",
        "type": "check.opened",
        "subject": "check:2025S1",
        "data": {"period": "2025S1", "hubs": ["EU-BRU"], "indicators": {"HD-01": 1}, "due_on": "2025-09-30"},
    }
    refused = again.post(opening, who="secretariat")
    assert (refused.status, refused.body["code"], refused.body["facts"]) == (
        422,
        "record.set_aside",
        {"positions": [bad]},
    )
    void = opened("case:spoilt", "v") | {
        "type": "entry.voided",
        "data": {"entry": bad, "reason": "CLERICAL"},
    }
    voided = again.post(void)
    assert voided.status == 201, voided.body
    healed = again.get(f"/v1/views/cases?after={voided.body['position']}")
    assert "Sagwan-Set-Aside" not in healed.headers
    assert again.get("/readyz").body.get("set_aside") is None
    assert again.post(opening, who="secretariat").body.get("code") != "record.set_aside"
    again.close()
