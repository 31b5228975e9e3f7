"""`python -m tests.contract [ROLE ...] [--seed N]`: schemathesis over the whole document, some minutes a role."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.contract.conformance import furnished, hold_against_document

ROLES = ("secretariat", "EU-BRU", "operator", "auditor", "analyst")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.contract", description=__doc__)
    parser.add_argument("roles", nargs="*", default=ROLES, metavar="ROLE", help=f"by default all: {', '.join(ROLES)}")
    parser.add_argument("--seed", type=int, default=1, help="another seed asks other questions")
    asked = parser.parse_args()
    if unknown := sorted({*asked.roles} - {*ROLES}):
        parser.error(f"no role {unknown[0]}; there are {', '.join(ROLES)}")
    seed, worst = asked.seed, 0
    with tempfile.TemporaryDirectory() as folder:
        door = furnished(Path(folder) / "data")
        for who in asked.roles:
            found = hold_against_document(door, who, seed, ["--max-examples", "40"])
            print(f"--- {who} (seed {seed})\n{found.told}", flush=True)
            worst = max(worst, found.status)
        door.close()
    return worst


if __name__ == "__main__":
    sys.exit(main())
