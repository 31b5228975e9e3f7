"""Servers that are killed, starved of disk, robbed of their mirror or started twice lose nothing."""

from __future__ import annotations

import atexit
import http.client
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.registry import entries
from journal.store.journal import Journal
from replay.audit.verify import verify
from tests.api.door import BATCH, DESIGNATION, SINGLE, event, opened
from tests.commands import command

ROOT = Path(__file__).parent.parent.parent


class Server:
    """`sagwan serve` in a process of its own."""

    hub: str
    auditor: str
    key: str
    data: Path
    """What a fixture says of the record behind it."""

    def __init__(self, data: Path, *more: str, module: str = "sagwan", quiet: bool = False, root: Path = ROOT) -> None:
        words = [sys.executable, "-m", module, "serve", "--data", str(data), "--port", "0", *more]
        self.process = subprocess.Popen(
            words, cwd=root, stdout=subprocess.PIPE, stderr=None if quiet else subprocess.PIPE, text=True
        )
        atexit.register(self.process.kill)
        assert self.process.stdout
        said = ""
        while "serving" not in said and (line := self.process.stdout.readline()):
            said += line
        token = re.search(r"once\): (\S+)", said)
        self.token = token[1] if token else ""
        url = re.search(r"serving http://(\S+)", said)
        assert url, self.process.stderr.read() if self.process.stderr else ""
        self.address = url[1]

    def ask(self, method: str, path: str, body: Any, token: str, type_: str = SINGLE) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self.address, timeout=30)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": type_}
        connection.request(method, path, None if body is None else msgspec.json.encode(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, msgspec.json.decode(content)

    def token_for(self, operator: str, **wish: str) -> str:
        return self.ask("POST", "/v1/tokens", wish, operator)[1]["token"]

    def founded(self) -> str:
        """A hub's token, the hub being designated."""
        secretariat = self.token_for(self.token, role="secretariat")
        self.ask("POST", "/v1/events", event("hub.designated", "hub:EU-BRU", "d", DESIGNATION), secretariat)
        return self.token_for(self.token, role="hub", hub="EU-BRU")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.wait()

    def wait(self) -> None:
        self.process.communicate(timeout=30)


def until(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def test_killed_in_the_middle_of_a_load_every_acknowledged_event_is_there_and_nothing_half_written(tmp_path):
    acknowledged: dict[str, int] = {}
    token = ""
    for round_ in range(3):
        server = Server(tmp_path)
        token = token or server.founded()
        stop = threading.Event()

        def load(
            worker: int, server: Server = server, round_: int = round_, token: str = token, stop: threading.Event = stop
        ):
            n = 0
            while not stop.is_set():
                batch = [opened(f"case:{round_}-{worker}-{n}", f"{round_}-{worker}-{n}-{k}") for k in range(20)]
                try:
                    status, body = server.ask("POST", "/v1/events", batch, token, BATCH)
                except (OSError, http.client.HTTPException):
                    return
                assert status == 201
                acknowledged.update(
                    {it["id"]: result["position"] for it, result in zip(batch, body["results"], strict=True)}
                )
                n += 1

        workers = [threading.Thread(target=load, args=(n,)) for n in range(4)]
        for worker in workers:
            worker.start()
        before = len(acknowledged)
        until(lambda before=before: len(acknowledged) > before + 400)
        server.kill()
        stop.set()
        for worker in workers:
            worker.join()
    with Journal.at(tmp_path / "journal.db") as journal:
        rows = journal.entries.rows(0, 1_000_000)
        stored = {entries.decode(row.entry).id: row.position for row in rows}
        assert acknowledged.items() <= stored.items()
        whole_batches = [id_.rpartition("-")[0] for id_ in stored if id_.count("-") == 3]
        assert all(whole_batches.count(batch) == 20 for batch in set(whole_batches))
        assert verify(journal, None, journal.position).differences == []
    server = Server(tmp_path)
    head = len(rows)
    assert server.ask("GET", f"/v1/views/cases?after={head}&where=topic=none", None, token)[0] == 200
    server.stop()
    assert verdict(tmp_path) == 0


def verdict(data: Path, *more: str) -> int:
    return command("verify", "--data", data, *more).returncode


def test_a_full_disk_refuses_and_when_there_is_room_again_the_server_goes_on(tmp_path):
    server = Server(tmp_path)
    token = server.founded()
    soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    size = sum(path.stat().st_size for path in tmp_path.glob("journal.db*"))
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, hard))
    last: tuple[int, Any] = (201, None)
    recorded, refused = set(), None
    for n in range(2000):
        last = server.ask("POST", "/v1/events", [opened(f"case:{n}", f"{n}-{k}") for k in range(50)], token, BATCH)
        if last[0] != 201:
            refused = n
            break
        recorded.add(n)
    assert last[0] == 507, last
    assert last[1]["code"] == "record.disk_full"
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
    batch = [opened(f"case:{refused}", f"{refused}-{k}") for k in range(50)]
    until(lambda: server.ask("POST", "/v1/events", batch, token, BATCH)[0] in (200, 201))
    assert server.ask("POST", "/v1/events", batch, token, BATCH)[0] == 200
    server.stop()
    assert verdict(tmp_path) == 0


def test_tables_that_cannot_be_made_anew_on_a_full_disk_are_a_documented_answer_and_those_before_stay(tmp_path):
    server = Server(tmp_path)
    token = server.founded()
    position = server.ask("POST", "/v1/events", opened("case:1", "1"), token)[1]["position"]
    assert server.ask("GET", f"/v1/views/cases?after={position}", None, token)[0] == 200
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, hard))
    status, body = server.ask("POST", "/v1/mirror/rebuild", None, server.token)
    assert (status, body["code"]) == (503, "mirror.unready")
    assert len(server.ask("GET", "/v1/views/cases", None, token)[1]["rows"]) == 1
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert server.ask("POST", "/v1/mirror/rebuild", None, server.token)[0] == 200
    server.stop()


@pytest.mark.parametrize("harm", ["deleted", "corrupted"])
def test_a_mirror_deleted_or_corrupted_under_a_running_server_is_made_anew(tmp_path, harm):
    server = Server(tmp_path)
    token = server.founded()
    batch = [opened(f"case:{n}", f"{n}") for n in range(200)]
    position = server.ask("POST", "/v1/events", batch, token, BATCH)[1]["results"][-1]["position"]
    assert len(server.ask("GET", f"/v1/views/cases?after={position}", None, token)[1]["rows"]) == 200
    (mirror,) = tmp_path.glob("mirror-*.duckdb")
    if harm == "deleted":
        mirror.unlink()
    else:
        mirror.write_bytes(os.urandom(max(mirror.stat().st_size, 4096)))
    until(lambda: [path for path in tmp_path.glob("mirror-*.duckdb") if path != mirror])
    until(lambda: not mirror.exists())
    status, body = server.ask("GET", f"/v1/views/cases?after={position}", None, token)
    assert (status, len(body["rows"])) == (200, 200)
    server.stop()
    assert verdict(tmp_path) == 0


def test_a_mirror_corrupted_while_no_server_runs_is_made_anew(tmp_path):
    server = Server(tmp_path)
    token = server.founded()
    position = server.ask("POST", "/v1/events", opened("case:1", "1"), token)[1]["position"]
    server.ask("GET", f"/v1/views/cases?after={position}", None, token)
    server.stop()
    (mirror,) = tmp_path.glob("mirror-*.duckdb")
    mirror.write_bytes(b"nonsense" * 1000)
    server = Server(tmp_path)
    until(lambda: len(server.ask("GET", "/v1/views/cases", None, token)[1]["rows"]) == 1)
    server.stop()


def test_a_second_server_on_one_folder_is_turned_away_with_the_reason(tmp_path):
    server = Server(tmp_path)
    words = [sys.executable, "-m", "sagwan", "serve", "--data", str(tmp_path), "--port", "0"]
    second = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert f"serving http://{server.address}" in second.stderr
    server.stop()


def test_a_server_on_postgresql_does_the_same(tmp_path, database):
    server = Server(tmp_path, "--database", database)
    token = server.founded()
    status, body = server.ask("POST", "/v1/events", opened("case:1", "1"), token)
    assert status == 201
    seen = server.ask("GET", f"/v1/views/cases?after={body['position']}", None, token)[1]["rows"]
    assert [row["stream"] for row in seen] == ["case:1"]
    server.kill()
    server = Server(tmp_path, "--database", database)
    assert server.ask("POST", "/v1/events", opened("case:1", "1"), token)[0] == 200
    server.stop()
