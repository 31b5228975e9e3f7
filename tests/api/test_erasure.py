"""Erasure trials: with the master key and every file left on disk, nothing of who was erased can be had."""

from __future__ import annotations

import csv
import http.client
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from tests.api.test_crash import ROOT, Server, until, verdict
from tests.commands import command
from tests.journal.test_vault import stored

MAPPING = """
[time]
column = "when"
zone = "Asia/Seoul"
[event]
source = "hub:EU-BRU/desk"
subject = "case:{case}"
id = "{case}/{fact type}"
[[fact]]
type = "case.opened"
data.topic = "topic"
data.requester = { person = "who" }
"""
PEOPLE = [f"홍길동 {n:02}" for n in range(40)]


class Trial:
    """A served record with forty people from a spreadsheet, logs in files, and what an attacker has of it all."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder, self.data, self.more = folder, folder / "data", more
        self.serve()

    def begin(self) -> None:
        folder = self.folder
        self.operator = self.server.token
        self.hub = self.server.founded()
        self.house = self.server.token_for(self.operator, role="secretariat", persons="all")
        with open(folder / "cases.csv", "w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["case", "when", "topic", "who"])
            lines.writerows([n, "2025-03-03T09:00", "visa", who] for n, who in enumerate(PEOPLE))
        (folder / "map.toml").write_text(MAPPING, encoding="utf-8")
        self.sagwan("import", str(folder / "cases.csv"), "--mapping", str(folder / "map.toml"), token=self.hub)
        # The hub's own table is not part of the record; what is left of it is the hub's to erase.
        (folder / "cases.csv").unlink()
        self.names = sorted(stored(self.data / "vault.db"))
        for name in self.names[::4]:
            self.ask("POST", f"/v1/persons/{name}", {"note": f"알레르기 {name}" * 20, "email": "h@example.org"})
            self.ask("GET", f"/v1/persons/{name}?purpose=audit")
        self.before = stored(self.data / "vault.db")

    def serve(self) -> None:
        self.server = Server(self.data, *self.more)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        return self.server.ask(method, path, body, self.house)

    def sagwan(self, *words: str, token: str) -> str:
        done = command(*words, "--data", self.data, token=token)
        with open(self.folder / "sagwan.log", "a", encoding="utf-8") as log:
            log.write(done.output)
        assert done.returncode == 0, done.output
        return done.output

    def files(self) -> Iterator[tuple[Path, bytes]]:
        """Every file of the trial: record, mirror, vault, outbox, whatever lies beside them, and the logs."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield path, path.read_bytes()

    def found(self, name: str) -> set[str]:
        """Which files have bytes of a person's wrapped key, ciphertext or lookup."""
        return self.found_of([name])[name]

    def found_of(self, names: list[str]) -> dict[str, set[str]]:
        """The same of many persons, each file read once."""
        found: dict[str, set[str]] = {name: set() for name in names}
        for path, content in self.files():
            for name in names:
                if any(part[:64] in content for part in self.before[name]):
                    found[name].add(path.name)
        return found

    def opened(self) -> int:
        """How many keys the master key opens, wherever in a file they lie: one a person, and that of the lookup.

        Forty random bytes are all ASCII once in 2**40 times: text is passed over.
        """
        master = bytes.fromhex((self.data / "master.key").read_text())
        windows = {
            content[at : at + 40]
            for path, content in self.files()
            if path.suffix != ".duckdb"
            for at in range(len(content) - 39)
        }
        likely = (it for it in windows if it.count(0) < 20 and not it.isascii())
        return len({key for it in likely if (key := _unwrapped(master, it))})

    def end(self) -> None:
        with open(self.folder / "server.log", "wb") as log:
            self.server.process.send_signal(signal.SIGTERM)
            said, complained = self.server.process.communicate(timeout=30)
            log.write((said + complained).encode())

    def gone(self, erased: list[str]) -> None:
        """Asserts that nothing is left of the erased and all of the others, and that the record is whole."""
        left: dict[str, set[str]] = {name: set() if name in erased else {"vault.db"} for name in self.names}
        assert self.found_of(self.names) == left
        for name in self.names:
            status, body = self.ask("GET", f"/v1/persons/{name}?purpose=audit&fields=reference")
            assert status == (410 if name in erased else 200), body
            if name not in erased:
                assert body["person"]["reference"] in PEOPLE
        self.end()
        assert not any(self.found_of(erased).values())
        assert self.opened() == len(self.names) - len(erased) + 1
        for path, content in self.files():
            assert not [who for who in PEOPLE if who.encode() in content], path.name
        assert verdict(self.data, *self.more) == 0


def _unwrapped(master: bytes, window: bytes) -> bytes | None:
    try:
        return aes_key_unwrap(master, window)
    except InvalidUnwrap:
        return None


everywhere = pytest.mark.parametrize("trial", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    postgres = getattr(request, "param", "sqlite") == "postgres"
    more = ("--database", request.getfixturevalue("database")) if postgres else ()
    it = Trial(tmp_path, *more)
    try:
        it.begin()
        yield it
    finally:
        it.server.process.kill()
        it.server.process.wait()


def killed(trial: Trial, where: str, name: str) -> None:
    """Serves with a vault that kills its process at a place, and erases somebody."""
    trial.end()
    code = f"""
import os, signal, sys
from journal.vault.swept_database import SweptDatabase
from journal.vault.vault import Vault
whole = {where}
def dies(self, *names):
    if not names or names[0]:
        os.kill(os.getpid(), signal.SIGKILL)
{where} = dies
sys.argv = ["sagwan", "serve", "--data", {str(trial.data)!r}, "--port", "0", *{list(trial.more)!r}]
import sagwan
sagwan.main()
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    url = re.search(r"serving http://(\S+)", process.stdout.readline())
    assert url
    trial.server.address = url[1]
    with pytest.raises(OSError):
        trial.ask("DELETE", f"/v1/persons/{name}?basis=PIPA+36")
    assert process.wait(30) == -signal.SIGKILL
    process.stdout.close()


@everywhere
def test_nothing_is_left_of_who_was_erased_and_everything_of_the_others(trial):
    erased = trial.names[::3]
    assert all(it == {"vault.db"} for it in trial.found_of(trial.names).values())
    assert trial.opened() == len(trial.names) + 1 == 41
    for name in erased:
        assert trial.ask("DELETE", f"/v1/persons/{name}?basis=PIPA+36")[0] == 200
        assert trial.found(name) == set()
    trial.gone(erased)


@pytest.mark.parametrize("where", ["Vault.destroy", "SweptDatabase._sweep"])
def test_killed_between_recording_and_destroying_the_next_start_finishes_it(trial, where):
    name = trial.names[0]
    killed(trial, where, name)
    if where == "Vault.destroy":
        assert trial.found(name) == {"vault.db"}
    trial.serve()
    assert trial.found(name) == set()
    trial.gone([name])


def test_killed_at_any_moment_what_was_acknowledged_is_gone_and_the_next_start_finishes_the_rest(trial):
    rng, left, acknowledged = random.Random(7), list(trial.names), []
    for _ in range(4):
        dying = threading.Timer(rng.uniform(0.01, 0.1), trial.server.process.kill)
        dying.start()
        try:
            while left:
                status, _body = trial.ask("DELETE", f"/v1/persons/{left[-1]}?basis=PIPA+36")
                assert status in (200, 410)
                acknowledged.append(left.pop())
        except (OSError, http.client.HTTPException):
            pass
        dying.join()
        trial.server.wait()
        assert not any(trial.found_of(acknowledged).values())
        trial.serve()
        if left and trial.ask("GET", f"/v1/persons/{left[-1]}?purpose=audit")[0] == 410:
            acknowledged.append(left.pop())
        assert not any(trial.found_of(acknowledged).values())
    assert acknowledged
    trial.gone(acknowledged)


@everywhere
def test_a_vault_restored_from_a_backup_is_cleaned_before_anything_is_served(trial):
    erased = trial.names[:5]
    shutil.copy(trial.data / "vault.db", trial.folder / "backup")
    for name in erased:
        trial.ask("DELETE", f"/v1/persons/{name}?basis=PIPA+36")
    trial.end()
    shutil.move(trial.folder / "backup", trial.data / "vault.db")
    assert all(it == {"vault.db"} for it in trial.found_of(erased).values())
    trial.serve()
    assert not any(trial.found_of(erased).values())
    trial.gone(erased)


def test_a_person_under_a_hold_is_not_erased_by_any_start(trial):
    name = trial.names[0]
    assert trial.ask("POST", f"/v1/persons/{name}/holds", {"law": "Records Act 26"})[0] == 201
    assert trial.ask("DELETE", f"/v1/persons/{name}?basis=PIPA+36")[0] == 409
    trial.end()
    trial.serve()
    assert trial.found(name) == {"vault.db"}
    trial.ask("DELETE", f"/v1/persons/{name}/holds?law=Records+Act+26")
    trial.ask("DELETE", f"/v1/persons/{name}?basis=PIPA+36")
    trial.gone([name])


def test_with_a_wrong_or_a_lost_master_key_it_does_not_start_and_nothing_is_lost(trial):
    trial.end()
    key = trial.data / "master.key"
    kept = key.read_text()
    serve = [sys.executable, "-m", "sagwan", "serve", "--data", str(trial.data), "--port", "0", *trial.more]
    for content, says in ((None, "put the file back"), ("00" * 32, "another master key"), ("00", "64 hexadecimal")):
        key.unlink() if content is None else key.write_text(content)
        if content:
            key.chmod(0o600)
        done = subprocess.run(serve, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, says in done.stderr) == (1, True), done.stderr
        assert "Traceback" not in done.stderr
    key.write_text(kept)
    trial.serve()
    until(lambda: trial.ask("GET", f"/v1/persons/{trial.names[0]}?purpose=audit")[0] == 200)
    trial.gone([])
