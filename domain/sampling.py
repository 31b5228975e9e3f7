"""Drawing a sample (표본추출) that anybody can draw again: no random numbers, only digests of a seed and positions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

METHOD = "sha256-rank"
"""The only method there is: the positions whose `SHA-256("SEED:POSITION")` in hex are the smallest."""


def draw(population: Iterable[int], seed: str, size: int) -> tuple[int, ...]:
    """`size` positions of the population, or all where it has fewer, in ascending order.

    In SQL: `SELECT position FROM population ORDER BY sha256(concat(seed, ':', position)) LIMIT size`.
    """
    ranked = sorted(set(population), key=lambda it: hashlib.sha256(f"{seed}:{it}".encode()).digest())
    return tuple(sorted(ranked[:size]))
