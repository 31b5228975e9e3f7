"""What the README claims, measured as ratios: `python -m tests.bench [WHAT ...] [--count N]`."""

from __future__ import annotations

import argparse

from tests.bench import (
    behind,
    conditional,
    door,
    editions,
    fair,
    figures,
    following,
    growth,
    indicators,
    ingest,
    mirror,
    pages,
    seal,
    tower,
)

MEASURES = {
    "ingest": ingest.ingest,
    "door": door.door,
    "batch": ingest.batch,
    "rebuild": mirror.rebuild,
    "asof": mirror.asof,
    "indicators": indicators.indicators,
    "figures": figures.head,
    "growth": growth.growth,
    "fair": fair.fair,
    "reproduce": editions.again,
    "seal": seal.seal,
    "prove": seal.prove,
    "sealing": seal.sealing,
    "settling": ingest.settling,
    "behind": behind.behind,
    "conditional": conditional.unchanged,
    "following": following.idle,
    "tower": tower.overview,
    "pages": pages.pages,
}
COUNTS = {
    "ingest": 40_000,
    "door": 20_000,
    "batch": 200_000,
    "rebuild": 1_000_000,
    "asof": 1_000_000,
    "indicators": 1_000_000,
    "figures": 1_000_000,
    "growth": 1_000_000,
    "fair": 10_000,
    "reproduce": 1_000_000,
    "seal": 1_000_000,
    "prove": 10_000_000,
    "sealing": 40_000,
    "settling": 40_000,
    "behind": 13_000,
    "conditional": 20_000,
    "following": 40_000,
    "tower": 100_000,
    "pages": 20_000,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*MEASURES, []], default=[it for it in MEASURES if it != "door"])
    parser.add_argument("--count", type=int, help="how many events instead of the usual number")
    asked = parser.parse_args()
    for name in asked.what or MEASURES:
        count = asked.count or COUNTS[name]
        print(f"{name}, {count:,} events")
        for what, figure in MEASURES[name](count).items():
            print(f"  {what:<52}{figure:>14,.2f}")
