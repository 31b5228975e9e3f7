"""The status of something by what happened to it: the order of things in time, and what ends what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

S = TypeVar("S", bound=str)


def furthest(stages: Mapping[S, int], before: S, then: S) -> S:
    """The status after something happened: an earlier stage takes nothing back, of the same stage the last holds.

    So an agreement that is dated after the launch does not undo the launch, and what has ended stays ended.
    """
    return then if stages[then] >= stages[before] else before
