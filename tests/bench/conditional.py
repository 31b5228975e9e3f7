"""`conditional`: what it costs to say that an answer is still the same, against making it."""

from __future__ import annotations

import http.client
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from tests.api.door import BATCH as BATCH_TYPE
from tests.api.door import event, opened
from tests.api.test_crash import Server
from tests.bench.door import processor

TIMES = 25
MANY = 20
"""So many times more often is asked what is told in a tick of the processor's clock."""
BATCH = 2_000
SETTLED_SECONDS = 5.0
"""After so long nothing is worked on beside what is asked."""
PATHS = (
    "/v1/views/cases?known={known}",
    "/v1/views/cases",
    "/v1/views/hub_performance",
    "/v1/indicators/HD-04?by=hub,period",
    "/v1/indicators/HD-01/evidence",
    "/v1/events?limit=1000",
)


def post_cases(post: Callable[[list[dict[str, Any]]], Any], count: int) -> int:
    """Posts cases that are opened and resolved, `count` events in all; the position of the last. `post` answers what
    became of a batch."""
    position = 0
    for first in range(0, count // 2, BATCH // 2):
        posted = [opened(f"case:{n}", f"o{n}") for n in range(first, min(first + BATCH // 2, count // 2))]
        done = [event("case.resolved", it["subject"], f"r{it['id']}", time="2025-03-04T10:00:00Z") for it in posted]
        position = post([*posted, *done])["results"][-1]["position"]
    return position


def unchanged(count: int) -> dict[str, float]:
    """By path, what a 304 costs the server in parts of its 200 (at most a tenth), in the processor's time, which others
    on the machine lengthen less; and how long each takes, by turns."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        hub, auditor = server.founded(), server.token_for(server.token, role="auditor")
        position = post_cases(lambda some: server.ask("POST", "/v1/events", some, hub, BATCH_TYPE)[1], count)
        asked = _Asked(server, auditor)
        asked.one(f"/v1/views/hub_performance?after={position}")
        time.sleep(SETTLED_SECONDS)
        found = dict[str, float]()
        for path in PATHS:
            name, at = path.removeprefix("/v1/"), path.format(known=position)
            found[f"304 of {name} (at most 0.1)"] = asked.by_processor(at)
            found[f"the same by time, {name}"] = asked.by_time(at)
        asked.close()
        server.stop()
    return found | {"load of the machine": os.getloadavg()[0]}


class _Asked:
    """One connection that asks for a path anew, and whether it is still the same."""

    def __init__(self, server: Server, token: str) -> None:
        self._server, self._token = server, token
        self._connection = http.client.HTTPConnection(server.address)

    def close(self) -> None:
        self._connection.close()

    def one(self, path: str, tag: str = "") -> tuple[int, str]:
        """The status and the tag of the answer."""
        headers = {"Authorization": f"Bearer {self._token}"} | ({"If-None-Match": tag} if tag else {})
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status, answer.headers["ETag"]

    def by_time(self, path: str) -> float:
        taken: dict[int, list[float]] = {200: [], 304: []}
        tag = ""
        for _ in range(TIMES):
            for known in (False, True):  # beside each other, so that both have the same neighbours
                began = perf_counter()
                status, tag = self.one(path, tag if known else "")
                taken[status].append(perf_counter() - began)
        return median(taken[304]) / median(taken[200])

    def by_processor(self, path: str) -> float:
        _, tag = self.one(path)
        spent = dict[int, float]()
        for said, wanted, times in (("", 200, TIMES), (tag, 304, TIMES * MANY)):
            before = processor(self._server)
            assert all(self.one(path, said)[0] == wanted for _ in range(times)), path
            spent[wanted] = (processor(self._server) - before) / times
        return spent[304] / spent[200]
