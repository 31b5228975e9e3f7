"""`ingest` and `batch`: posting, against aiohttp without work, the stock library, and raw sqlite3."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from aiohttp import web
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from api.serve import bound_freed_memory
from tests.api.door import BATCH, SINGLE, opened
from tests.api.test_crash import Server
from tests.bench import load, umadb_peer

CONNECTIONS = 64

Load = tuple[int, Callable[[str, str], float]]
"""How many events, and what posts them to a server and takes the time."""


class Case(Aggregate):
    """A stream as the stock library would have it."""

    @event("Opened")
    def __init__(self, topic: str) -> None:
        self.topic = topic


def peer(what: str, folder: str) -> None:
    """A server in this process that answers POST /v1/events: `nothing` reads the body, `stock` saves an aggregate."""
    bound_freed_memory()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    if what == "nothing":

        async def handler(request: web.Request) -> web.Response:
            await request.read()
            return web.Response(status=201, body=b"{}", content_type="application/json")

    else:
        library: Application = Application(
            env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": f"{folder}/stock.db"}
        )
        worker = ThreadPoolExecutor(1)

        def save(topic: str) -> None:
            library.save(Case(topic))

        async def handler(request: web.Request) -> web.Response:
            posted = json.loads(await request.read())
            await asyncio.get_running_loop().run_in_executor(worker, save, posted["data"]["topic"])
            return web.Response(status=201, body=b"{}", content_type="application/json")

    app.router.add_post("/v1/events", handler)

    async def serve() -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print("serving http://{}:{}".format(*runner.addresses[0][:2]), flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


def against(what: str, measure: Callable[[str], float]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.ingest", what, folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        url = process.stdout.readline().split()[1]
        seconds = measure(url)
        process.kill()
        process.communicate()
        return seconds


def sagwan(measure: Callable[[str, str], float], module: str = "sagwan") -> float:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), module=module)
        token = server.founded()
        seconds = measure(f"http://{server.address}", token)
        server.stop()
        return seconds


def events(count: int) -> list[bytes]:
    return [json.dumps(opened(f"case:EU-2025-{n // 4:07d}", f"desk-{n}")).encode() for n in range(count)]


def ingest(count: int) -> dict[str, float]:
    """Events a second, one a request, durable, at 64 connections."""
    bodies = events(count)
    ours = sagwan(lambda url, token: load.post(url, "/v1/events", token, SINGLE, bodies, CONNECTIONS))
    nothing = against("nothing", lambda url: load.post(url, "/v1/events", "t", SINGLE, bodies, CONNECTIONS))
    few = bodies[: count // 5]
    stock = against("stock", lambda url: load.post(url, "/v1/events", "t", SINGLE, few, CONNECTIONS))
    rates = {
        "sagwan": count / ours,
        "aiohttp without work": count / nothing,
        "stock library": len(few) / stock,
        f"UmaDB, {umadb_peer.CLIENTS} clients": count / umadb_peer.seconds(bodies),
    }
    return rates | {
        "ratio to aiohttp (at least 0.5)": nothing / ours,
        "ratio to stock (at least 5)": rates["sagwan"] / rates["stock library"],
    }


def one_a_request(count: int) -> Load:
    """Events one a request, at 64 connections."""
    bodies = events(count)
    return count, lambda url, token: load.post(url, "/v1/events", token, SINGLE, bodies, CONNECTIONS)


def in_batches(count: int) -> Load:
    """Events in batches of 1,000."""
    whole = events(count)
    bodies = [b"[" + b",".join(whole[n : n + 1000]) + b"]" for n in range(0, count, 1000)]
    return count, lambda url, token: load.post(url, "/v1/events", token, BATCH, bodies, 2)


def compared(what: str, without: str, most: int, posted: Load, served: str = "sagwan") -> dict[str, float]:
    """Events a second of a server that does something beside, and of one (a module) that does not; by turns, seven.

    What it costs is the median over the turns: a machine that is slower for a while is slower for both of a turn, and a
    single lucky one says nothing.
    """
    count, measure = posted
    runs: dict[str, list[float]] = {served: [], without: []}
    for turn in range(7):
        for module in (served, without) if turn % 2 else (without, served):
            runs[module].append(sagwan(measure, module))
    costs = sorted(100 * (ours / theirs - 1) for ours, theirs in zip(*runs.values(), strict=True))
    return {
        f"with the {what}": count / statistics.median(runs[served]),
        "without": count / statistics.median(runs[without]),
        f"cost of the {what}, percent (at most {most})": statistics.median(costs),
        "of the cheapest turn but one": costs[1],
        "of the dearest turn but one": costs[-2],
    }


def settling(count: int) -> dict[str, float]:
    """What keeping figures in tables costs events one a request, and in batches of 1,000."""
    attended, unsettled = "tests.bench.attended", "tests.bench.unsettled"
    singly = compared("settling", unsettled, 10, one_a_request(count), attended)
    batches = compared("settling of batches", unsettled, 25, in_batches(5 * count), attended)
    return singly | {f"batches: {name}": value for name, value in batches.items()}


def batch(count: int) -> dict[str, float]:
    """Events a second in batches of 1,000, against raw inserts of the rows that were stored, 1,000 a transaction."""
    size = 1000
    whole = events(count)
    bodies = [b"[" + b",".join(whole[n : n + size]) + b"]" for n in range(0, count, size)]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        token = server.founded()
        ours = load.post(f"http://{server.address}", "/v1/events", token, BATCH, bodies, 2)
        server.stop()
        journal = sqlite3.connect(f"file:{folder}/journal.db?mode=ro", uri=True)
        rows = journal.execute("SELECT * FROM stored_events").fetchall()
        identities = journal.execute("SELECT digest, position FROM identity").fetchall()
        schema = [
            sql for (sql,) in journal.execute("SELECT sql FROM sqlite_master WHERE type = 'table'") if "seq" not in sql
        ]
        raw = sqlite3.connect(f"{folder}/raw.db", isolation_level=None)
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        for statement in schema:
            raw.execute(statement)
        start = perf_counter()
        for n in range(0, len(rows), size):
            raw.execute("BEGIN")
            raw.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?)", rows[n : n + size])
            raw.executemany("INSERT INTO identity VALUES (?, ?)", identities[n : n + size])
            raw.execute("COMMIT")
        peer_seconds = perf_counter() - start
    return {
        "sagwan": count / ours,
        "raw sqlite3": len(rows) / peer_seconds,
        "ratio (at least 0.25)": (count / ours) / (len(rows) / peer_seconds),
    }


if __name__ == "__main__":
    peer(*sys.argv[1:3])
