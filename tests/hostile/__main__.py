"""`python -m tests.hostile bodies --count 100000` and `queries --count 2000`: a server of its own, and what it says.

Exits 1 and lists what did not hold: an answer of the 5xx that is not documented, one that came late, `/livez` silent
meanwhile, a view, figure, pack or export that is not made of the record afterwards, a record that does not verify.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.api.door import Door, opened
from tests.api.test_crash import Server, until
from tests.hostile import made
from tests.hostile.after import not_made, not_ready, not_whole, published
from tests.hostile.trial import attacked


class Served(Door):
    """A door to a server in a process of its own, which was founded just now."""

    def __init__(self, server: Server) -> None:
        self.url, self.operator, self.tokens = f"http://{server.address}", server.token, {}
        self.found()
        until(lambda: self.get("/v1/views/cases").status == 200, 120)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("what", choices=("bodies", "queries"))
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--seconds", type=float, default=60.0, help="in which each is answered")
    parser.add_argument("--database", help="PostgreSQL URL; without it SQLite")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sagwan-hostile-") as folder:
        return _tried(asked, Path(folder) / "data")


def _tried(asked: argparse.Namespace, data: Path) -> int:
    server = Server(data, *(["--database", asked.database] if asked.database else []), quiet=True)
    door = Served(server)
    door.post(opened("case:1", "1"))
    published(door)
    make = made.body if asked.what == "bodies" else made.query
    begun = time.monotonic()
    trial = attacked(
        server.address,
        door.tokens,
        (make(number, asked.seed) for number in range(asked.first, asked.first + asked.count)),
        seconds=asked.seconds,
    )
    print(f"{asked.count} {asked.what} in {time.monotonic() - begun:.0f} s, the slowest {trial.slowest:.1f} s")
    print(", ".join(f"{count} × {status}" for status, count in sorted(trial.statuses.items())))
    faults = [*trial.faults, *not_ready(server.address), *not_made(server.address, door.tokens["auditor"])]
    begun = time.monotonic()
    server.stop()
    print(f"stopped in {time.monotonic() - begun:.1f} s")
    faults += not_whole(data, asked.database)
    for fault in faults:
        print(f"DID NOT HOLD: {fault}")
    if not faults:
        print("every answer documented and in time; the record verifies, and everything is made of it")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
