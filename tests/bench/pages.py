"""`pages`: a page of the record over HTTP, against reading the same rows from SQLite."""

from __future__ import annotations

import http.client
import os
import sqlite3
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

from tests.api.door import SINGLE
from tests.api.test_crash import Server
from tests.bench import load
from tests.bench.door import processor
from tests.bench.ingest import CONNECTIONS, events

PAGE = 1_000
TIMES = 200
ROWS = (
    "SELECT rowid, originator_id, originator_version, topic, state FROM stored_events"
    f" WHERE rowid > ? ORDER BY rowid LIMIT {PAGE}"
)


FORMATS = ("ndjson", "json")


def pages(count: int) -> dict[str, float]:
    """By format, the time of a page in parts of that of its rows, by turns (at most 3), and the same of the processor's
    time, which others on the machine lengthen less."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        token = server.founded()
        load.post(f"http://{server.address}", "/v1/events", token, SINGLE, events(count), CONNECTIONS)
        asked = _Asked(server, Path(folder), server.token_for(server.token, role="auditor"))
        found = {f"a page as {it}, times its rows (at most 3)": ratio for it, ratio in asked.by_time().items()}
        found |= {f"the same of the processor, as {it}": asked.by_processor(it) for it in FORMATS}
        asked.close()
        server.stop()
    return found | {"load of the machine": os.getloadavg()[0]}


class _Asked:
    """A server, and the file of its record, both asked for the same pages."""

    def __init__(self, server: Server, folder: Path, token: str) -> None:
        self._server, self._token = server, token
        self._journal = sqlite3.connect(f"file:{folder}/journal.db?mode=ro", uri=True)
        self._connection = http.client.HTTPConnection(server.address)
        ((last,),) = self._journal.execute("SELECT max(rowid) FROM stored_events")
        self._begins = [n * PAGE % (last - PAGE) for n in range(TIMES)]

    def close(self) -> None:
        self._connection.close()
        self._journal.close()

    def rows(self, after: int) -> int:
        rows = self._journal.execute(ROWS, (after,)).fetchall()
        assert len(rows) == PAGE
        return sum(len(state) for *_, state in rows)

    def page(self, after: int, format_: str) -> int:
        path = f"/v1/events?after={after}&limit={PAGE}&format={format_}"
        self._connection.request("GET", path, headers={"Authorization": f"Bearer {self._token}"})
        return len(self._connection.getresponse().read())

    def by_time(self) -> dict[str, float]:
        taken: dict[str, list[float]] = {it: [] for it in ("rows", *FORMATS)}
        for after in self._begins:
            least = 0
            for it in taken:
                began = perf_counter()
                size = self.rows(after) if it == "rows" else self.page(after, it)
                taken[it].append(perf_counter() - began)
                assert size > least
                least = least or size
        return {it: median(taken[it]) / median(taken["rows"]) for it in FORMATS}

    def by_processor(self, format_: str) -> float:
        began = thread_time()
        for after in self._begins:
            self.rows(after)
        rows = thread_time() - began
        before = processor(self._server)
        for after in self._begins:
            self.page(after, format_)
        return (processor(self._server) - before) / rows
