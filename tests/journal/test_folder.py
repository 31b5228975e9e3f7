"""The data folder is its owner's alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from api.hub.outbox import Outbox
from journal.folder import Folder, close_to_others
from tests.api.door import Door, opened
from tests.test_sagwan import sagwan

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of files are of POSIX")


def open_to_others(folder: Path) -> list[str]:
    return [str(it.relative_to(folder)) for it in (folder, *folder.rglob("*")) if it.stat().st_mode & 0o077]


def test_nothing_that_a_server_makes_can_be_read_by_others(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    assert door.post(opened("case:1", "1")).status == 201
    assert door.get("/v1/log/checkpoint").status == 200
    assert open_to_others(tmp_path / "data") == []
    door.close()
    assert open_to_others(tmp_path / "data") == []
    assert (tmp_path / "data" / "journal.db").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_was_open_to_others_is_closed_when_it_is_served(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "log" / "tile").mkdir(parents=True)
    for path in (folder, folder / "log", folder / "log" / "tile"):
        path.chmod(0o755)
    (folder / "log" / "old").touch()
    (folder / "log" / "old").chmod(0o644)
    it = Folder(folder)
    it.acquire()
    it.release()
    assert (open_to_others(folder), it.exposed) == ([], [])


@pytest.mark.parametrize("command", [("query", "cases"), ("rebuild",), ("indicator", "HD-01"), ("verify",)])
def test_nothing_that_a_command_makes_beside_the_record_can_be_read_by_others(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    door = Door(tmp_path / "data")
    assert door.post(opened("case:1", "1")).status == 201
    door.close()
    for path in (tmp_path / "data").glob("mirror-*"):
        path.unlink()
    before = os.umask(0o022)
    try:
        sagwan(*command, "--data", str(tmp_path / "data"))
        (tmp_path / "of others").touch()
    finally:
        os.umask(before)
    assert [*(tmp_path / "data").glob("mirror-*.duckdb")]
    assert open_to_others(tmp_path / "data") == []
    assert (tmp_path / "of others").stat().st_mode & 0o777 == 0o644, "what else its user makes is as he will have it"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of somebody else")
def test_what_is_not_ours_to_close_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "foreign").touch()
        (folder / "foreign").chmod(0o644)
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
        try:
            assert close_to_others(folder) == [folder / "foreign"]
        finally:
            os.seteuid(0)


def test_an_outbox_is_its_owners_alone(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").touch()
    (tmp_path / "outbox.db").chmod(0o644)
    with Outbox(tmp_path / "outbox.db") as outbox:
        outbox.put([(1, b"{}")])
        assert {it.name for it in tmp_path.glob("outbox.db*") if it.stat().st_mode & 0o077} <= {"outbox.db.lock"}
