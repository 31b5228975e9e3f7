"""`pages`: a page of the record over HTTP, against reading the same rows from SQLite."""

from __future__ import annotations

import http.client
import os
import sqlite3
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.api.door import SINGLE
from tests.api.test_crash import Server
from tests.bench import load
from tests.bench.ingest import CONNECTIONS, events

PAGE = 1_000
TIMES = 200
ROWS = (
    "SELECT rowid, originator_id, originator_version, topic, state FROM stored_events"
    f" WHERE rowid > ? ORDER BY rowid LIMIT {PAGE}"
)


def pages(count: int) -> dict[str, float]:
    """By format, the time of a page in parts of that of its rows, each page beside its rows (at most 3)."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        token = server.founded()
        load.post(f"http://{server.address}", "/v1/events", token, SINGLE, events(count), CONNECTIONS)
        auditor = server.token_for(server.token, role="auditor")
        found = {format_: _ratio(server.address, auditor, Path(folder), format_) for format_ in ("ndjson", "json")}
        server.stop()
    return {f"a page as {format_}, times its rows (at most 3)": ratio for format_, ratio in found.items()} | {
        "load of the machine": os.getloadavg()[0]
    }


def _ratio(address: str, token: str, folder: Path, format_: str) -> float:
    journal = sqlite3.connect(f"file:{folder}/journal.db?mode=ro", uri=True)
    ((last,),) = journal.execute("SELECT max(rowid) FROM stored_events")
    connection = http.client.HTTPConnection(address)
    over_http, from_sqlite = list[float](), list[float]()
    for n in range(TIMES):
        after = n * PAGE % (last - PAGE)
        began = perf_counter()
        rows = journal.execute(ROWS, (after,)).fetchall()
        from_sqlite.append(perf_counter() - began)
        began = perf_counter()
        connection.request(
            "GET",
            f"/v1/events?after={after}&limit={PAGE}&format={format_}",
            headers={"Authorization": f"Bearer {token}"},
        )
        body = connection.getresponse().read()
        over_http.append(perf_counter() - began)
        assert len(rows) == PAGE
        assert len(body) > sum(len(state) for *_, state in rows)
    connection.close()
    journal.close()
    return median(over_http) / median(from_sqlite)
