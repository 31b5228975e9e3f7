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
    """Every kind in turn, in an order of its own each time. In the last third no server is killed: one lives long."""
    dice = random.Random(f"soak {kind} {seed}")
    short = seconds < 180
    found: list[Harm] = []
    at = 4.0 if short else 20.0
    while True:
        kinds = [*KINDS[kind]]
        dice.shuffle(kinds)
        for what in kinds:
            lasts = dice.uniform(2, 4) if short else dice.uniform(4, 30)
            if at + lasts > seconds * 0.95:
                return found
            late = at > seconds * 2 / 3
            if not (late and what == "kill" and not short):
                found.append(Harm(at, what, lasts, kill=not late and what != "kill" and dice.random() < 0.3))
                at += lasts
            at += dice.uniform(1, 3) if short else dice.uniform(5, 20)
