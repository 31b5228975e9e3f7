"""UmaDB, an event store over gRPC, as a peer of durable ingest: its own server from its wheel, and Python clients."""

from __future__ import annotations

import multiprocessing
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CLIENTS = 32
START_SECONDS = 20.0


def seconds(bodies: list[bytes]) -> float:
    """So long it takes until all are appended, one event a call. Needs the extra `bench`."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        command: list[str | Path] = [
            Path(sys.executable).with_name("umadb"),
            "--listen",
            address,
            "--db-path",
            f"{folder}/uma.db",
        ]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(address)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                return pool.apply(_append, (f"http://{address}", bodies))
        finally:
            server.kill()
            server.wait()


def _await(address: str) -> None:
    until = time.monotonic() + START_SECONDS
    host, _, port = address.partition(":")
    while True:
        try:
            return socket.create_connection((host, int(port)), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _append(url: str, bodies: list[bytes]) -> float:
    import umadb

    clients = [umadb.Client(url) for _ in range(CLIENTS)]

    def run(n: int) -> None:
        for body in bodies[n::CLIENTS]:
            clients[n].append([umadb.Event(event_type="case.opened", data=body)])

    with ThreadPoolExecutor(CLIENTS) as pool:
        start = time.perf_counter()
        list(pool.map(run, range(CLIENTS)))
        return time.perf_counter() - start
