"""Records of earlier releases open, follow, verify, move, show and reproduce, on both databases."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from journal.journal import Journal
from journal.moving import move
from replay.editions import reproduce
from replay.verifier import verify
from tests.api.door import Door, opened
from tests.before.records import FIRST, answers, placed

EDITIONS = ("2025S1/1", "2025S1/2", "2025S2/1")


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sound(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Door]:
    """A server on the sound record of the release before."""
    database = request.getfixturevalue("database") if kind == "postgres" else None
    folder, url = placed(kind, "sound", tmp_path / "data", database)
    it = Door(folder, url)
    it.tokens = dict(answers()["sound"]["tokens"])
    yield it
    it.close()


@pytest.fixture
def bad(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Door]:
    """A server on the record that holds everything which the release before should not have taken."""
    database = request.getfixturevalue("database") if kind == "postgres" else None
    folder, url = placed(kind, "bad", tmp_path / "data", database)
    it = Door(folder, url)
    it.tokens = dict(answers()["sound"]["tokens"])
    yield it
    it.close()


def test_it_says_what_it_said(sound: Door) -> None:
    was = answers()["sound"]
    for name in EDITIONS:
        now = sound.get(f"/v1/editions/{name}").body
        assert (now["digest"], now["content"]) == (was[name]["digest"], was[name]["content"])
    for view in ("cases", "projects", "exchanges", "persons"):
        assert sound.get(f"/v1/views/{view}", who="auditor").body["rows"] == was[view]["rows"], view
    assert sound.get("/v1/log/checkpoint").raw.decode().split("\n\n")[0] == was["checkpoint"].split("\n\n")[0]


def test_it_goes_on(sound: Door) -> None:
    answer = sound.post(opened("case:new", "new-1"))
    assert (answer.status, answer.body["position"]) == (201, answers()["sound"]["position"] + 1)
    assert sound.post(opened("case:new", "new-1")).status == 200


def test_its_editions_are_made_again(sound: Door) -> None:
    with Journal.at(sound.database or sound.path / "journal.db") as journal:
        for name in EDITIONS:
            period, _, number = name.partition("/")
            assert reproduce(journal, period, int(number)).same, name


def test_it_moves(sound: Door, tmp_path: Path) -> None:
    with (
        Journal.at(sound.database or sound.path / "journal.db") as source,
        Journal.at(tmp_path / "moved.db", write=True) as target,
    ):
        move(source, target)
        assert target.page(0, 1_000).equals(source.page(0, 1_000))


def test_a_record_with_every_bad_example_opens(bad: Door) -> None:
    assert bad.get("/readyz").status == 200


def test_its_pack_is_proven_by_its_own_verifier_and_by_ours(tmp_path: Path) -> None:
    """Its CSV files have texts as they were and times without a zone, and its manifest does not say otherwise."""
    pack = FIRST / "edition-2025S1-1.zip"
    with zipfile.ZipFile(pack) as archive:
        (key,) = archive.read("log/keys").decode().split()
        archive.extractall(tmp_path)
    for verifier in (tmp_path / "verify.py", Path(verify.__file__)):
        done = subprocess.run(
            [sys.executable, "-I", verifier, pack, "--key", key],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert "figures have their entries under evidence/" in done.stdout


def test_a_word_that_no_list_has_and_a_row_says_all_the_same_is_found(bad: Door) -> None:
    """A check that names a hub as nobody can be called."""
    owed = bad.get("/v1/views/deadlines").body["rows"]
    (strange,) = {it["hub"] for it in owed if " " in it["hub"]}
    found = bad.get(f"/v1/views/deadlines?where=hub={quote(strange)}").body["rows"]
    assert found == [it for it in owed if it["hub"] == strange]
    assert bad.get(f"/v1/views/cases?where=hub={quote(strange)}").status == 400
    assert bad.get("/v1/views/calendars?where=hub=none").status == 400
