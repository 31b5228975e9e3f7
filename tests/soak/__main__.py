"""`python -m tests.soak --minutes 20 [--database sqlite|postgres] [--seed N]`: a bad day, and what must hold after it.

64 writers, readers of every route, followers, hostile requests; meanwhile the server is killed, its disk is full, its
clock jumps and its database hangs and restarts, as a seeded schedule says. Exits 1 and lists what did not hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.api.test_away import Postgres
from tests.soak.soaked import Soaked, soaked


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--keep", type=Path, help="an empty folder for the record and what the server said")
    asked = parser.parse_args()
    with ExitStack() as stack:
        temporary = partial(tempfile.TemporaryDirectory, ignore_cleanup_errors=True)
        folder = asked.keep or Path(stack.enter_context(temporary(prefix="sagwan-soak-")))
        folder.mkdir(parents=True, exist_ok=True)
        database = None
        if asked.database == "postgres":
            database = Postgres(Path(stack.enter_context(temporary(prefix="sagwan-postgres-"))))
            stack.callback(database.server.cleanup)
        return summed(soaked(folder, asked.minutes * 60, database, asked.seed, _told, asked.readers))


def _told(line: str) -> None:
    print(line, flush=True)


def summed(it: Soaked) -> int:
    """Prints what happened; 1 where something did not hold."""
    routes: dict[str, Counter[int]] = defaultdict(Counter)
    for (route, status), count in it.tally.answers.items():
        routes[route][status] += count
    statuses = sorted({status for _, status in it.tally.answers})
    width = max(map(len, routes))
    print(f"\n{'':{width}}" + "".join(f"{status or 'none':>8}" for status in statuses))
    for route in sorted(routes):
        print(f"{route:{width}}" + "".join(f"{routes[route][status] or '':>8}" for status in statuses))
    print("\n" + ", ".join(f"{count} × {reason}" for reason, count in it.tally.reasons.most_common()))
    print(
        f"{len(it.acknowledged.positions)} acknowledged, {it.acknowledged.duplicates} answers said again,"
        f" {it.tally.repeated} requests repeated; feeds connected {[each.connected for each in it.followers]} times"
    )
    print(f"{it.tally.server.kills} kills; {dict(it.harmer.done)}")
    for each in it.stretches:
        print(
            f"memory of life {each.life}: {each.warm / 1024:.0f} MiB warm, {each.last / 1024:.0f} MiB"
            f" after {each.seconds:.0f} s ({each.last / each.warm - 1:+.0%})"
        )
    if not it.stretches:
        print("memory: no life was long enough to compare")
    for fault in it.faults[:50]:
        print(f"DID NOT HOLD: {fault}")
    print(f"{len(it.faults)} faults" if it.faults else "everything held")
    return bool(it.faults)


if __name__ == "__main__":
    sys.exit(main())
