"""The pack of an edition of a simulated year: whatever has a figure is made again out of its entries."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from api.reader import RecordReader, parse_edition
from api.reads import catalogue
from journal.log import keys
from tests.replay.test_verifier import checked

EDITION = "2025S2/1"


@pytest.fixture(scope="module")
def unpacked(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of an edition of all hubs and indicators, with the log's key beside it."""
    folder = tmp_path_factory.mktemp("edition")
    shutil.copytree(demo / "data", folder / "data")
    period, number = parse_edition(EDITION)
    path = {"period": period, "number": number, "format": "zip"}
    RecordReader(folder / "data", None, None).download(
        catalogue.EDITION_FILE, folder / "pack.zip", lambda *_: None, path
    )
    zipfile.ZipFile(folder / "pack.zip").extractall(folder / "pack")
    (key,) = keys.verifier_keys(folder / "data")
    (folder / "key").write_text(str(key))
    return folder / "pack"


def test_every_figure_of_every_indicator_has_its_entries_and_is_made_again(unpacked: Path) -> None:
    code, said = checked(unpacked, "--key", (unpacked.parent / "key").read_text())
    assert code == 0, said
    found = re.search(r"ok     (\d+) figures have their entries under evidence/, (\d+) are made again", said)
    assert found, said
    counted, again = int(found[1]), int(found[2])
    content = json.loads((unpacked / "edition/content.json").read_text())
    diversity = [it for it in content["figures"] if it["indicator"] == "NW-01"]
    assert counted == sum(not it.get("withheld") for it in content["figures"])
    assert again == counted - len(diversity), "one aggregate is left to sql/again.sql"
    told = {it["indicator"] for it in content["figures"] if it["value"] is not None}
    assert len(told) > 20


def test_plain_duckdb_makes_all_of_them_again(unpacked: Path) -> None:
    script = "import duckdb, sys; sys.exit(len(duckdb.execute(open('sql/again.sql').read()).fetchall()))"
    done = subprocess.run([sys.executable, "-I", "-c", script], cwd=unpacked, timeout=60, check=False)
    assert done.returncode == 0


def test_an_edition_of_thousands_of_entries_holds_each_once(unpacked: Path) -> None:
    lines = (unpacked / "events.ndjson").read_bytes().splitlines()
    positions = [json.loads(line)["position"] for line in lines]
    assert positions == sorted({*positions})
    behind = {
        int(line.split(",", 1)[0])
        for path in (unpacked / "evidence").glob("*.csv")
        for line in path.read_text(encoding="utf-8-sig").splitlines()[1:]
    }
    assert behind <= {*positions}
