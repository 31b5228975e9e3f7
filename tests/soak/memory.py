"""Whether a server's memory stays what it was once it was warm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from statistics import median
from typing import NamedTuple

MOST = 1.2
WARM_SECONDS = 240.0
"""So long a server needs until what it keeps (points of the past, pages, pools) has come to its bounds: asked by
readers alone it grew for 200 s and then stayed as it was within 2 % for 400."""
SHORTEST_SECONDS = 90.0
"""So long it must have lived on, or there is nothing to compare."""
OVER_SECONDS = 30.0


class Stretch(NamedTuple):
    """A life of the server: what it had when it was warm, and at the end, in KiB."""

    life: int
    seconds: float
    warm: float
    last: float

    @property
    def flat(self) -> bool:
        return self.last <= MOST * self.warm


def stretches(sizes: Sequence[tuple[int, float, int]]) -> list[Stretch]:
    """The lives long enough to compare, of samples (life, seconds it lived, size)."""
    found = []
    for life, group in groupby(sizes, key=lambda it: it[0]):
        samples = [(at, size) for _, at, size in group]
        end = samples[-1][0]
        if end < WARM_SECONDS + SHORTEST_SECONDS:
            continue
        warm = [size for at, size in samples if WARM_SECONDS - OVER_SECONDS <= at < WARM_SECONDS]
        last = [size for at, size in samples if at > end - OVER_SECONDS]
        found.append(Stretch(life, end, median(warm), median(last)))
    return found
