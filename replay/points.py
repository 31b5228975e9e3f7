"""A point to look from: what was known (a position), what had happened (a moment), and in which money."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

import msgspec

from projections.reading import Reading


class Opener(Protocol):
    """A reading of what was known at a position and had happened by a moment, with rate sets of these versions."""

    def __call__(
        self, known: int | None, valid: datetime | None, fx: Mapping[str, int] | None = None, /
    ) -> AbstractContextManager[Reading]: ...


class NoRates(Exception):
    """The record has no such version of a rate set (환율표); `sets` are the newest version of each that there is."""

    def __init__(self, message: str, sets: dict[str, int]) -> None:
        super().__init__(message)
        self.sets = sets


class Points(msgspec.Struct, frozen=True):
    """None means now, in either time; `fx` are versions of rate sets, None for the newest known of each."""

    known: int | None = None
    valid: datetime | None = None
    fx: dict[str, int] | None = None


def rates(opened: Opener, known: int | None, named: Mapping[str, int] = MappingProxyType({})) -> dict[str, int]:
    """The versions to convert by: those named, and of the other rate sets the newest known at a position.

    A version that is named counts even when it was published later: it never changes. Raises NoRates.
    """
    select = "SELECT split_part(stream, ':', 2), max(version) FROM record.fx_published WHERE position <= ? GROUP BY ALL"
    with opened(None, None) as reading:
        newest = dict(reading.rows(select, [reading.position]))
        then = newest if known is None else dict(reading.rows(select, [known]))
    for name, version in named.items():
        if not 1 <= version <= newest.get(name, 0):
            there = f"its newest is {newest[name]}" if name in newest else "there is no such rate set"
            raise NoRates(f"fx names a version of a rate set that was not published: {there}", newest)
    return {**then, **named}
