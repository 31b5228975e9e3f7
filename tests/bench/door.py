"""`door`: what durable ingest costs against a checkout of an earlier commit, named by SAGWAN_BEFORE; by turns.

A machine that others use makes some runs slow, so beside events a second stands what the server's processor had to do.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.api.door import SINGLE
from tests.api.test_crash import ROOT, Server
from tests.bench import load
from tests.bench.ingest import CONNECTIONS, events

TURNS = 7


class Run(NamedTuple):
    """Seconds of a run, and those of the processor: of the whole server, and of its loop, where the door is."""

    wall: float
    processor: float
    loop: float


def door(count: int) -> dict[str, float]:
    before = os.environ.get("SAGWAN_BEFORE")
    if before is None:
        raise SystemExit("SAGWAN_BEFORE names a checkout of the commit to compare with (`git worktree add`)")
    bodies = events(count)
    runs: dict[str, list[Run]] = {"now": [], "before": []}
    for _ in range(TURNS):
        for name, root in (("before", Path(before)), ("now", ROOT)):
            runs[name].append(_run(root, bodies))
    found = {f"{name}, events a second": count / min(it.wall for it in of) for name, of in runs.items()}
    for what in Run._fields:
        now, then = ([getattr(it, what) for it in runs[name]] for name in ("now", "before"))
        found[f"cost of the door, {what}, percent: the best"] = 100 * (min(now) / min(then) - 1)
        pairs = statistics.median(a / b for a, b in zip(now, then, strict=True))
        found[f"cost of the door, {what}, percent: the median of turns"] = 100 * (pairs - 1)
    found |= {
        f"{name}, microseconds of the loop for an event": 1e6 / count * min(it.loop for it in of)
        for name, of in runs.items()
    }
    return found | {"load of the machine": os.getloadavg()[0]}


def _run(root: Path, bodies: list[bytes]) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), root=root)
        token = server.founded()
        began = processor(server), processor(server, f"task/{server.process.pid}/")
        wall = load.post(f"http://{server.address}", "/v1/events", token, SINGLE, bodies, CONNECTIONS)
        spent = processor(server) - began[0], processor(server, f"task/{server.process.pid}/") - began[1]
        server.stop()
        return Run(wall, *spent)


def processor(server: Server, of: str = "") -> float:
    """Seconds that the processor had for a server, or for what is `of` it."""
    fields = Path(f"/proc/{server.process.pid}/{of}stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
