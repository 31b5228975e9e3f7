"""`python -m tests.contract`: schemathesis over the whole document, as every role; minutes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.contract.conformance import furnished, hold_against_document

ROLES = ("secretariat", "EU-BRU", "operator", "auditor", "analyst")


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        door = furnished(Path(folder) / "data")
        for who in ROLES:
            found = hold_against_document(door, who, seed, ["--max-examples", "40"])
            print(f"--- {who} (seed {seed})\n{found.told}", flush=True)
            worst = max(worst, found.status)
        door.close()
    return worst


if __name__ == "__main__":
    sys.exit(main())
