"""What must be true of a record when a soak is over: asked of the server, of its folder, and of tables made anew."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from domain.registry import entries
from journal.store.identities import stored_identity_space
from journal.store.journal import Journal
from projections.definitions import INDICATORS
from projections.mirror.public_views import PUBLIC_VIEWS
from tests.api.test_crash import ROOT
from tests.soak.tally import Tally
from tests.soak.writers import SOURCE

READY_SECONDS = 120.0
FIGURES = (
    *(f"/v1/views/{name}?" for name in PUBLIC_VIEWS),
    *(f"/v1/indicators/{code}?{by}" for code in INDICATORS for by in ("", "by=hub,period&")),
)

LISTS = ("/v1/checks", "/v1/editions", "/v1/editions/2025S1/1.zip", "/v1/export/evidence?indicator=HD-01")


class Recorded(NamedTuple):
    """Out of the journal itself: where what the writers posted is, by hub and id; and every position."""

    posted: list[tuple[tuple[str, str], int]]
    positions: list[int]


def not_ready(tally: Tally) -> list[str]:
    """Why, after some patience, the server is not ready, a worker in trouble, a table behind or an entry in none."""
    end = time.monotonic() + READY_SECONDS
    while True:
        said = tally.get("/readyz", "")
        body = said.body if said is not None else {}
        if said is not None and said.status == 200 and "workers" not in body and body["mirror"] == body["position"]:
            return [f"entries fit no table: {aside}"] if (aside := body.get("set_aside")) else []
        if time.monotonic() > end:
            return [f"not ready in {READY_SECONDS:.0f} s: {said}"]
        time.sleep(0.5)


def figures(tally: Tally, at: int) -> dict[str, Any]:
    """The rows of every view and figure as of a position, or what was said instead."""
    found = {}
    for path in FIGURES:
        said = tally.get(f"{path}known={at}", "auditor")
        found[path] = said.body["rows"] if said is not None and said.status == 200 else f"{said}"
    return found


def unlike(served: dict[str, Any], made_anew: dict[str, Any]) -> list[str]:
    """Which views and figures differ, or are none."""
    return [
        f"{path} is not what tables made anew say: {rows!r:.300} and {made_anew[path]!r:.300}"
        for path, rows in served.items()
        if isinstance(rows, str) or rows != made_anew[path]
    ]


def recorded(data: Path, database: str | None) -> Recorded:
    found = Recorded([], [])
    with Journal.at(database or data / "journal.db") as journal:
        while rows := journal.entries.rows(found.positions[-1] if found.positions else 0, 10_000):
            for row in rows:
                found.positions.append(row.position)
                entry = entries.decode(row.entry)
                if entry.source == SOURCE:
                    hub = (stored_identity_space(row) or "").removeprefix("hub:")
                    found.posted.append(((hub, entry.id), row.position))
    return found


def not_verified(data: Path, database: str | None) -> list[str]:
    """What `sagwan verify` says, unless it is that the record is whole and all of it sealed."""
    command = [sys.executable, "-m", "sagwan", "verify", "--data", str(data)]
    command += ["--database", database] if database else []
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    said = found.stdout + found.stderr
    held = found.returncode == 0 and "whole:" in said and "sealed:" in said and "not sealed" not in said
    return [] if held else [f"verify: {said[:2000]}"]
