"""`fair`: what askers have of each other at a served record; no answer takes far longer than others of its kind.

The record is the demo's, as many times as large as the count says.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count as numbers
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import quote

import aiohttp
from rich.console import Console

from api import demo, formats
from projections import figures
from projections.definitions import INDICATORS
from projections.mirror.public_views import PUBLIC_VIEWS
from tests.api.door import Door, opened
from tests.commands import command

DEMO = 13_000
"""About how many events the demo has."""

ASKERS = 8
TIMES = 5
PERFORMANCE, FIRST = "/v1/views/hub_performance", "/v1/indicators/HD-01?by=hub,period"


def fair(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        tell_demo(data, count)
        tokens = {
            role: command("token", "issue", role, "--data", data).stdout.strip()
            for role in ("analyst", "auditor", "operator")
        }
        tokens["hub"] = command("token", "issue", "hub", "--hub", "EU-BRU", "--data", data).stdout.strip()
        door = Door(data)
        door.tokens |= tokens
        with contextlib.closing(door):
            return _measured(_Asking(door))


def tell_demo(data: Path, count: int) -> None:
    """Makes the record of the demo with about so many events."""
    asyncio.run(demo.run(data, Console(quiet=True), seed=2025, once=True, scale=count / DEMO))


class _Asking:
    """Questions at a server."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._ids = numbers(1)

    def grow(self) -> None:
        """One more entry, which touches what HD-01 counts."""
        name = f"bench-{next(self._ids)}"
        answer = self.door.post(opened(f"case:{name}", name, time="2025-03-05T01:00:00Z"), who="hub")
        assert answer.status == 201, answer.body
        self.door.get(f"{FIRST}&after={answer.body['position']}", who="auditor")

    def takes(self, path: str, who: str = "auditor") -> float:
        start = perf_counter()
        answer = self.door.get(path, who=who)
        assert answer.status == 200, (path, answer.body)
        return perf_counter() - start

    def usually(self, path: str, who: str = "auditor") -> float:
        found = []
        for _ in range(TIMES):
            self.grow()
            found.append(self.takes(path, who))
        return median(found)


def _measured(asking: _Asking) -> dict[str, float]:
    alone = asking.usually(PERFORMANCE)
    # One after the other, so that a machine that is slower for a while is slower for both.
    first, last, meanwhile = zip(*((_alone(asking), *_together(asking)) for _ in range(TIMES)), strict=True)
    found = {
        "hub_performance for an analyst, times HD-01 (at most 3)": asking.usually(PERFORMANCE, "analyst")
        / median(first),
        f"{ASKERS} askers of hub_performance: the last, times one alone (at most 10)": median(last) / alone,
        "HD-01 meanwhile, times alone (at most 3)": median(meanwhile) / median(first),
        **_past(asking),
        "while the tables are rebuilt: the questions of each kind, times alone (at most 3)": _rebuilding(asking),
    }
    for kind, paths in _kinds(asking).items():
        taken = {path: asking.takes(path) for path in paths}
        usual = median(taken.values())
        dearest = sorted(taken, key=lambda path: taken[path])[-3:]
        again = {path: median(asking.takes(path) for _ in range(3)) for path in dearest}
        worst = max(again, key=lambda path: again[path])
        found[f"{kind}: {worst}, times the median (at most 10)"] = again[worst] / usual
    return found


def _alone(asking: _Asking) -> float:
    """How long HD-01 takes, as `_together` asks for it."""
    asking.grow()
    door = asking.door
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_all_at_once, (door.url, door.tokens["auditor"], [FIRST]))[0]


def _together(asking: _Asking) -> tuple[float, float]:
    """How long the last of several askers waits, and HD-01 beside them, of a process of their own."""
    asking.grow()
    door, context = asking.door, multiprocessing.get_context("spawn")
    paths = [*[PERFORMANCE] * (ASKERS // 2), FIRST, *[PERFORMANCE] * (ASKERS - ASKERS // 2)]
    with context.Pool(1) as pool:
        taken = pool.apply(_all_at_once, (door.url, door.tokens["auditor"], paths))
    beside = taken.pop(paths.index(FIRST))
    return max(taken), beside


def _all_at_once(url: str, token: str, paths: list[str]) -> list[float]:
    async def run() -> list[float]:
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {token}"}) as session:

            async def ask(path: str) -> float:
                start = perf_counter()
                async with session.get(path) as answer:
                    await answer.read()
                    assert answer.status == 200
                return perf_counter() - start

            await asyncio.gather(*(ask("/livez") for _ in paths))  # connections are there
            return await asyncio.gather(*map(ask, paths))

    return asyncio.run(run())


def _rebuilding(asking: _Asking) -> float:
    """How much longer the same questions take, one after the other, while the tables are rebuilt without end."""
    door, ended, context = asking.door, threading.Event(), multiprocessing.get_context("spawn")
    paths = [FIRST, PERFORMANCE, "/v1/views/cases", "/v1/views/projects", "/v1/indicators/HD-02/evidence?period=2025S1"]
    asked = (_one_by_one, (door.url, door.tokens["auditor"], paths * ASKERS))

    def rebuild() -> None:
        while not ended.is_set():
            assert door.ask("POST", "/v1/mirror/rebuild", {}, who="operator").status == 200

    with context.Pool(1) as pool, ThreadPoolExecutor(1) as beside:
        alone = pool.apply(*asked)
        rebuilding = beside.submit(rebuild)
        meanwhile = pool.apply(*asked)
        ended.set()
        rebuilding.result()
    return max(median(meanwhile[n :: len(paths)]) / median(alone[n :: len(paths)]) for n in range(len(paths)))


def _one_by_one(url: str, token: str, paths: list[str]) -> list[float]:
    return [_all_at_once(url, token, [path])[0] for path in paths]


def _past(asking: _Asking) -> dict[str, float]:
    """A point that nobody asked for yet, against all figures as a reading makes them for itself."""
    mirror = asking.door.engine.follower.mirror
    points = iter(range(mirror.position - 500, 0, -11))

    def own() -> float:
        start = perf_counter()
        with mirror.reading(next(points)) as reading:
            figures.all_figures(reading)
        return perf_counter() - start

    def asked() -> tuple[float, float]:
        path = f"{PERFORMANCE}?known={next(points)}"
        return asking.takes(path), asking.takes(path)

    head = asking.usually(PERFORMANCE)
    alone, once, again = zip(*((own(), *asked()) for _ in range(TIMES)), strict=True)
    return {
        "past: the first question, times all figures alone (at most 1.2)": median(once) / median(alone),
        "past: the second, times the same at the head (at most 1.5)": median(again) / head,
        "past: of an edition that nobody asked for, times the head (at most 1.5)": _warm(asking) / head,
    }


def _warm(asking: _Asking) -> float:
    edition = asking.door.get("/v1/editions", who="auditor").body["editions"][-1]["edition"]
    return asking.takes(f"{PERFORMANCE}?known={edition}")


def _kinds(asking: _Asking) -> dict[str, list[str]]:
    """Every question for tables, at the head and at a point of the past, by what kind of answer it is."""
    known = asking.door.engine.journal.position - 700
    found: dict[str, list[str]] = defaultdict(list)

    def each(paths: Callable[[str], Iterator[str]]) -> None:
        for format_ in formats.MEDIA_TYPES:
            for point in ("", f"&known={known}"):
                for path in paths(f"format={format_}{point}"):
                    kind = "evidence" if "/evidence" in path else path.split("/")[2]
                    found[f"{'past' if point else 'head'}, {kind}"].append(path)

    each(lambda asked: (f"/v1/views/{quote(it)}?{asked}" for it in PUBLIC_VIEWS))
    each(lambda asked: (f"/v1/indicators/{code}?by=hub,period&{asked}" for code in INDICATORS))
    each(lambda asked: (f"/v1/indicators/{code}/evidence?period=2025S1&{asked}" for code in INDICATORS))
    return found
