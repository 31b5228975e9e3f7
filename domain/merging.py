"""Merges (병합) resolved on read: what two names refer to, without touching what was recorded under either."""

from __future__ import annotations

from collections.abc import Mapping


def roots(merged: Mapping[str, str]) -> dict[str, str]:
    """For each merged key, the key that represents it: the end of its chain, which is itself not merged.

    A chain that runs into a circle has no end; the smallest key of the circle represents all that reach it.
    """
    found: dict[str, str] = {}
    for start in merged:
        path = [start]
        while path[-1] in merged and merged[path[-1]] not in path:
            path.append(merged[path[-1]])
        last = path[-1]
        found[start] = min(path[path.index(merged[last]) :]) if last in merged else last
    return found


def key_of(name: str) -> str:
    """A stream's key, whether it was named with its kind (`case:1`) or without (`1`)."""
    return name.rpartition(":")[2]
