"""What is done to a server, and when: the same seed does the same."""

from __future__ import annotations

import random
from typing import NamedTuple

KINDS = {
    "sqlite": ("kill", "disk", "clock", "word"),
    "postgres": ("kill", "disk", "clock", "word", "hang", "restart"),
}


class Harm(NamedTuple):
    """`kill`: the server is killed in the middle of it as well."""

    at: float
    what: str
    seconds: float
    kill: bool = False


def schedule(seconds: float, kind: str, seed: int) -> list[Harm]:
    """Every kind in turn, in an order of its own each time.

    In the last third no server is killed, unless all of it is short: one lives long.
    """
    dice = random.Random(f"soak {kind} {seed}")
    spread = min(28.0, seconds / 40)
    quiet = seconds * 2 / 3 if seconds >= 180 else seconds
    found: list[Harm] = []
    at = 4 + spread
    while True:
        kinds = [*KINDS[kind]]
        dice.shuffle(kinds)
        for what in kinds:
            lasts = dice.uniform(2, 2 + spread)
            if at + lasts > seconds * 0.95:
                return found
            late = at + lasts > quiet
            if not (late and what == "kill"):
                found.append(Harm(at, what, lasts, kill=not late and what != "kill" and dice.random() < 0.3))
                at += lasts + dice.uniform(1, 1 + spread)
