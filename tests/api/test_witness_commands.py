"""Another ministry runs a witness: the commands of docs/witness.md in their order."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from journal.log.note import VerifierKey
from journal.witness.policy import Policy
from journal.witness.witness import Proposal
from sagwan import main
from tests.api.test_witness import asked
from tests.journal.log import Log
from tests.test_sagwan import ROOT


class Serving:
    """`sagwan witness serve` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "sagwan", "witness", "serve", "--dir", str(folder), "--port", "0"]
        env = os.environ | {"PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert "serving" in said, self.process.stderr and self.process.stderr.read()
        self.url = said.split()[-1]

    def ended(self, how: str) -> str:
        """What it said to standard error, having been ended by `kill` or `terminate`."""
        getattr(self.process, how)()
        return self.process.communicate(timeout=30)[1]


@pytest.fixture
def said(monkeypatch, capsys) -> Callable[..., str]:
    """What `sagwan witness …` prints, without the second that a process takes to start."""

    def run(*words: object, expect: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["sagwan", "witness", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = "".join(capsys.readouterr())
        assert ended.value.code == expect, printed
        return printed

    return run


def test_a_ministry_runs_a_witness_from_its_key_to_the_refusal_of_a_fork(tmp_path, said):
    folder = ("--dir", tmp_path / "w")
    key = VerifierKey.parse(said("keygen", "--name", "witness.example.kr/w1", *folder).strip())
    log = Log(entries=3)
    said("trust", log.key.verifier, *folder)
    first = Serving(tmp_path / "w")
    assert asked(first.url, Proposal(0, [], log.checkpoint())).status == 200
    assert "belongs to process" in said("serve", *folder, "--port", "0", expect=1)
    first.ended("kill")
    second = Serving(tmp_path / "w")
    assert asked(second.url, Proposal(3, [], log.fork(2, 1).checkpoint())).status == 409
    warned = second.ended("terminate")
    assert "CRITICAL" in warned
    assert "FORK" in warned
    assert second.process.returncode == 0
    listed = said("list", *folder)
    assert f"witness {key}" in listed
    assert f"trusts {log.key.verifier}  seen 3 {log.root(3).hex()}" in listed
    assert "refused" in listed
    said("trust", "--remove", log.key.verifier, *folder)
    assert "trusts" not in said("list", *folder)


def test_a_witness_is_made_once_and_every_mistake_is_told(tmp_path, said):
    folder = ("--dir", tmp_path)
    assert "keygen" in said("list", *folder, expect=1)
    assert "keygen" in said("serve", *folder, expect=1)
    assert "no name of a key" in said("keygen", "--name", "w 1", *folder, expect=1)
    key = said("keygen", "--name", "w1", *folder).strip()
    assert "made once" in said("keygen", "--name", "w1", *folder, expect=1)
    assert "key of a witness" in said("trust", key, *folder, expect=1)
    (tmp_path / "witness.key").chmod(0o644)
    assert "chmod 600" in said("serve", *folder, expect=1)


@pytest.mark.parametrize("required", [1, 2])
def test_a_record_chooses_its_witnesses(tmp_path, said, required):
    data = ("--data", tmp_path / "data")
    keys = [said("keygen", "--name", f"w{n}", "--dir", tmp_path / f"w{n}").strip() for n in (1, 2)]
    said("add", "http://127.0.0.1:8441", keys[0], *data)
    said("add", "http://127.0.0.1:8442", keys[1], "--required", required, *data)
    policy = Policy.load(tmp_path / "data")
    assert (policy.required, [it.key for it in policy.witness]) == (required, keys)
    assert "twice" in said("add", "http://127.0.0.1:8443", keys[1], *data, expect=1)
    if required == 2:
        assert "of 1 witnesses" in said("remove", "w1", *data, expect=1)
    said("remove", "w1", "--required", 1, *data)
    assert [it.key for it in Policy.load(tmp_path / "data").witness] == keys[1:]
    assert "no witness w1" in said("remove", "w1", *data, expect=1)


def test_a_full_disk_signs_nothing_and_when_there_is_room_again_the_witness_goes_on(tmp_path, said):
    said("keygen", "--name", "w1", "--dir", tmp_path)
    log = Log(entries=1)
    said("trust", log.key.verifier, "--dir", tmp_path)
    witness = Serving(tmp_path)
    assert asked(witness.url, Proposal(0, [], log.checkpoint())).status == 200
    soft, hard = resource.prlimit(witness.process.pid, resource.RLIMIT_FSIZE)
    size = max(path.stat().st_size for path in tmp_path.glob("witness.db*"))
    resource.prlimit(witness.process.pid, resource.RLIMIT_FSIZE, (size, hard))
    given = 1
    for _ in range(50):
        log.grow(1)
        if asked(witness.url, Proposal(given, log.proof(given), log.checkpoint())).status != 200:
            break
        given = log.size
    assert asked(witness.url, Proposal(given, log.proof(given), log.checkpoint())).status == 500
    resource.prlimit(witness.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
    assert asked(witness.url, Proposal(given, log.proof(given), log.checkpoint())).status == 200
    assert "disk" in witness.ended("terminate")
    assert f"seen {log.size} " in said("list", "--dir", tmp_path)
