"""What is kept of editions is checked with the record, and is in packs of it with the events that vouch for it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zipfile
from pathlib import Path

import pytest

from journal.log import keys
from journal.store.journal import Journal
from replay.audit.verify import verify
from tests.api.door import Door
from tests.before.records import answers, unfolded
from tests.before.test_before import until
from tests.replay.test_verifier import checked


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three editions and what they say, and `pack`, its evidence pack, unpacked beside it."""
    folder = unfolded("sound", tmp_path_factory.mktemp("kept") / "data")
    door = Door(folder)
    door.tokens = dict(answers()["sound"]["tokens"])
    until(lambda: len(door.engine.journal.entries.all_kept()) == 3)
    (folder / "pack.zip").write_bytes(door.get("/v1/export/evidence", who="auditor").raw)
    door.close()
    zipfile.ZipFile(folder / "pack.zip").extractall(folder / "pack")
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "data"))


def tampered(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "journal.db") as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(statement)
    connection.close()


def test_what_is_kept_is_what_was_published(kept: Path) -> None:
    with Journal.at(kept / "journal.db") as journal:
        found = verify(journal, None, journal.position)
    assert (found.differences, found.unkept) == ([], ())


def test_a_changed_figure_in_what_is_kept_is_found(folder: Path) -> None:
    tampered(
        folder,
        'UPDATE edition_content SET content = CAST(replace(content, \'"value":"17"\', \'"value":"99"\') AS BLOB)',
    )
    with Journal.at(folder / "journal.db") as journal:
        found = verify(journal, None, journal.position)
    assert "what is kept of edition 2025S1/1 is not what was published" in str(found.differences)


def test_what_is_not_kept_any_more_is_named(folder: Path) -> None:
    digest = answers()["sound"]["2025S1/2"]["digest"]
    tampered(folder, f"DELETE FROM edition_content WHERE digest = '{digest}'")
    with Journal.at(folder / "journal.db") as journal:
        assert verify(journal, None, journal.position).unkept == ("2025S1/2",)


def test_a_pack_holds_what_editions_say_and_its_verifier_measures_it_by_the_events(kept: Path, tmp_path: Path) -> None:
    key = str(keys.verifier_keys(kept)[0])
    code, said = checked(kept / "pack", "--key", key)
    assert (code, "3 editions say what proven events published" in said) == (0, True), said
    changed = Path(shutil.copytree(kept / "pack", tmp_path / "changed"))
    name = f"editions/{answers()['sound']['2025S1/1']['digest']}.json"
    content = (changed / name).read_bytes().replace(b'"value":"17"', b'"value":"99"')
    (changed / name).write_bytes(content)
    manifest = json.loads((changed / "manifest.json").read_text())
    manifest["files"][name] |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (changed / "manifest.json").write_text(json.dumps(manifest))
    code, said = checked(changed, "--key", key)
    assert (code, "says something else than was published" in said) == (1, True), said
