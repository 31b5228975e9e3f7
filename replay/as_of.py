"""A point to read from: what was known (a position), what had happened (a moment), and with which exchange rates."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

import msgspec

from domain.messages import Message
from projections.mirror.snapshot import Reading


class Opener(Protocol):
    """A reading of what was known at a position and had happened by a moment, with rate sets of these versions."""

    def __call__(
        self, known: int | None, valid: datetime | None, fx: Mapping[str, int] | None = None, /
    ) -> AbstractContextManager[Reading]: ...


class NoRates(Message):
    """The record has no such version of a rate set (환율표); `newest` of its facts are those that there are."""


class Points(msgspec.Struct, frozen=True):
    """None means now, in either time; `fx` are versions of rate sets, None for the newest known of each."""

    known: int | None = None
    valid: datetime | None = None
    fx: dict[str, int] | None = None


def rate_versions(opened: Opener, known: int | None, named: Mapping[str, int] = MappingProxyType({})) -> dict[str, int]:
    """The versions to convert by: those named, and for the other rate sets the newest known at a position.

    A named version counts even if it was published later: it never changes. One that was withdrawn since counts only in
    editions that were made with it. Raises NoRates.
    """
    with opened(None, None) as reading:
        standing = dict(reading.rows(STANDING, {"known": reading.position}))
        then = standing if known is None else dict(reading.rows(STANDING, {"known": known}))
    newest = {name: max(versions) for name, versions in standing.items()}
    for name, version in named.items():
        if version not in standing.get(name, ()):
            if name not in newest:
                raise NoRates("fx.none", "no_set", newest=newest)
            raise NoRates("fx.none", "newest", newest=newest, version=newest[name])
    return {**{name: max(versions) for name, versions in then.items()}, **named}


STANDING = """
SELECT split_part(stream, ':', 2), list(version) FROM record.fx_published AS said
WHERE position <= $known
  AND NOT EXISTS (FROM record.fx_withdrawn AS act
                  WHERE act.position <= $known AND act.stream = said.stream AND act.version = said.version)
GROUP BY ALL
"""
"""The versions of each rate set that were published by a position and not withdrawn by then."""
