"""`tower`: what the overview takes against its parts asked over `/v1` in the same run, and asked again."""

from __future__ import annotations

import http.client
import tempfile
from itertools import count as counter
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import urlencode, urlsplit

from tests.api.door import Door, opened
from tests.api.half_year import HalfYear
from tests.bench.conditional import post_cases

TIMES = 7
PARTS = ("control_tower", "hubs", "deadlines", "editions", "late_entries?where=period=2025S1")


def overview(count: int) -> dict[str, float]:
    """Each time behind an entry that nobody has asked about; over a record with a published edition."""
    with tempfile.TemporaryDirectory() as folder:
        door = Door(Path(folder) / "data")
        post_cases(lambda some: door.post(some).body, count)
        half = HalfYear(door)
        half.run()
        cookie = _signed_in(door)
        names, taken = counter(), {"page": list[float](), "parts": list[float](), "again": list[float]()}
        for _ in range(TIMES):
            for what in ("page", "parts"):
                it = door.post(opened(f"case:late-{(n := next(names))}", f"late-{n}")).body["position"]
                door.get(f"/v1/views/hub_performance?after={it}", who="auditor")
                if what == "page":
                    taken["page"].append(_asked(door, "/", {"Cookie": cookie}))
                    taken["again"].append(_asked(door, "/", {"Cookie": cookie}))
                else:
                    bearer = {"Authorization": f"Bearer {door.tokens['secretariat']}"}
                    taken["parts"].append(sum(_asked(door, f"/v1/views/{part}", bearer) for part in PARTS))
        door.close()
    page, parts, again = (median(taken[it]) for it in ("page", "parts", "again"))
    return {
        "overview, times its parts over /v1 (at most 2)": page / parts,
        "asked again, times the first": again / page,
    }


def _signed_in(door: Door) -> str:
    connection = http.client.HTTPConnection(urlsplit(door.url).netloc)
    form = urlencode({"token": door.tokens["secretariat"]})
    connection.request("POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"})
    cookie = connection.getresponse().headers["Set-Cookie"].partition(";")[0]
    connection.close()
    return str(cookie)


def _asked(door: Door, path: str, headers: dict[str, str]) -> float:
    connection = http.client.HTTPConnection(urlsplit(door.url).netloc)
    began = perf_counter()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    took = perf_counter() - began
    connection.close()
    assert answer.status == 200, answer.status
    return took
