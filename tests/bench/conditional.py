"""`conditional`: what it costs to say that an answer is still the same, against making it."""

from __future__ import annotations

import http.client
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.api.door import Door, event, opened

TIMES = 15
BATCH = 2_000
PATHS = (
    "/v1/views/cases?known={known}",
    "/v1/views/cases",
    "/v1/views/hub_performance",
    "/v1/indicators/HD-04?by=hub,period",
    "/v1/indicators/HD-01/evidence",
    "/v1/events?limit=1000",
)


def post_cases(door: Door, count: int) -> int:
    """Posts cases that are opened and resolved, `count` events in all; the position of the last."""
    position = 0
    for first in range(0, count // 2, BATCH // 2):
        posted = [opened(f"case:{n}", f"o{n}") for n in range(first, min(first + BATCH // 2, count // 2))]
        done = [event("case.resolved", it["subject"], f"r{it['id']}", time="2025-03-04T10:00:00Z") for it in posted]
        position = door.post([*posted, *done]).body["results"][-1]["position"]
    return position


def unchanged(count: int) -> dict[str, float]:
    """By path, the time of a 304 in parts of that of its 200 (at most a tenth)."""
    with tempfile.TemporaryDirectory() as folder:
        door = Door(Path(folder) / "data")
        position = post_cases(door, count)
        door.get(f"/v1/views/hub_performance?after={position}")
        found = {path: _ratio(door, path.format(known=position)) for path in PATHS}
        door.close()
    return {f"304 of {path.removeprefix('/v1/')} (at most 0.1)": ratio for path, ratio in found.items()}


def _ratio(door: Door, path: str) -> float:
    connection = http.client.HTTPConnection(door.url.removeprefix("http://"))
    headers = {"Authorization": f"Bearer {door.tokens['auditor']}"}
    taken: dict[int, list[float]] = {200: [], 304: []}
    tag = ""
    for _ in range(TIMES):
        for known in (False, True):  # beside each other, so that both have the same neighbours
            began = perf_counter()
            connection.request("GET", path, headers=headers | ({"If-None-Match": tag} if known else {}))
            answer = connection.getresponse()
            answer.read()
            taken[answer.status].append(perf_counter() - began)
            tag = answer.headers["ETag"]
    connection.close()
    return median(taken[304]) / median(taken[200])
