"""Go's own packages for transparency logs (`golang.org/x/mod/sumdb`) read our log and believe it.

Debian has them as golang-go and golang-golang-x-mod-dev; where they are not, the test is skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.log import keys
from journal.log.note import SigningKey
from journal.store.journal import Journal
from tests.api.door import Door
from tests.bench.mirror import fill

HERE = Path(__file__).parent
SOURCES = Path("/usr/share/gocode")
SIZES = (1, 255, 256, 257, 65_536, 70_000)

pytestmark = pytest.mark.skipif(
    not (shutil.which("go") and (SOURCES / "src/golang.org/x/mod/sumdb/tlog").exists()),
    reason="needs Go and its x/mod: apt-get install golang-go golang-golang-x-mod-dev",
)


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    """The program, built from what Debian ships, without a network."""
    folder = tmp_path_factory.mktemp("go")
    offline = {"GO111MODULE": "off", "GOPATH": str(SOURCES), "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    command = ["go", "build", "-o", str(folder / "conformance"), str(HERE / "main.go")]
    subprocess.run(command, cwd=HERE, env=os.environ | offline, check=True, timeout=300)
    return folder / "conformance"


@pytest.fixture(scope="module")
def door(tmp_path_factory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("record")
    keys.make_key(folder, "example.kr/record")
    with Journal.at(folder / "journal.db", write=True) as journal:
        fill(journal, SIZES[-1])
    door = Door(folder)
    yield door
    door.close()


def test_go_verifies_checkpoints_tiles_entries_and_proofs_of_our_trees(program, door):
    (key,) = keys.verifier_keys(door.path)
    assert door.engine.sealer.wait(SIZES[-1], 60)
    command = [str(program), door.url, str(key), *map(str, SIZES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [str(size) for size in SIZES]


def test_go_does_not_believe_another_key(program, door):
    other = SigningKey.generate("example.kr/record").verifier
    command = [str(program), door.url, str(other), "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "no verifiable signatures" in done.stderr
