"""`behind`: how far figures fall behind a served record while 100 events a second come in and somebody reads them.

The record is the demo's, as many times as large as the count says.
"""

from __future__ import annotations

import http.client
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import msgspec

from tests.api.door import SINGLE, opened
from tests.api.test_crash import Server
from tests.bench.fair import FIRST, tell_demo
from tests.commands import command

POSTERS, EACH_A_SECOND = 4, 25
SECONDS = 60.0
ALLOWED = 2.0
"""Seconds that figures may be behind."""


def behind(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        tell_demo(data, count)
        hub, reader = (
            command("token", "issue", *words, "--data", data).stdout.strip()
            for words in (("hub", "--hub", "EU-BRU"), ("secretariat",))
        )
        server = Server(data)
        found = _Load(server.address, hub, reader).run()
        server.stop()
        return found


class _Load:
    """Clients that post at an even pace, and one that reads a figure again and again."""

    def __init__(self, address: str, hub: str, reader: str) -> None:
        self._address = address
        self._hub = hub
        self._reader = reader
        self._came: list[tuple[int, float]] = []
        self._ended = threading.Event()

    def run(self) -> dict[str, float]:
        with ThreadPoolExecutor(POSTERS) as pool:
            posting = [pool.submit(self._post, n) for n in range(POSTERS)]
            self._behind(SECONDS / 3)  # the first pass of a server that starts makes all tables
            late = self._behind(SECONDS)
            self._ended.set()
            posted = sum(each.result() for each in posting)
        return {
            "events a second": posted,
            "answers": len(late),
            f"behind, median, times {ALLOWED:.0f} s": median(late) / ALLOWED,
            f"behind, at most, times {ALLOWED:.0f} s (at most 1)": max(late) / ALLOWED,
        }

    def _post(self, poster: int) -> float:
        connection, n, began = http.client.HTTPConnection(self._address, timeout=60), 0, time.monotonic()
        while not self._ended.wait(max(0.0, began + n / EACH_A_SECOND - time.monotonic())):
            body = msgspec.json.encode(opened(f"case:bench-{poster}-{n}", f"bench-{poster}-{n}"))
            head = {"Authorization": f"Bearer {self._hub}", "Content-Type": SINGLE}
            connection.request("POST", "/v1/events", body, head)
            answer = connection.getresponse()
            said = msgspec.json.decode(answer.read())
            assert answer.status == 201, said
            self._came.append((said["position"], time.monotonic()))
            n += 1
        return n / (time.monotonic() - began)

    def _behind(self, seconds: float) -> list[float]:
        """For each answer how long before the question the oldest entry came that it does not have, in seconds."""
        connection, found, end = http.client.HTTPConnection(self._address, timeout=60), [], time.monotonic() + seconds
        while (asked := time.monotonic()) < end:
            connection.request("GET", FIRST, headers={"Authorization": f"Bearer {self._reader}"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            position = int(answer.headers["Sagwan-Position"])
            missing = [came for entry, came in list(self._came) if entry > position and came <= asked]
            found.append(asked - min(missing) if missing else 0.0)
            time.sleep(0.5)
        return found
