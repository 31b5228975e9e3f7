"""A stream as of a position: corrections and voids applied, in the order in which things happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from domain.effect import effective_at
from domain.record import FOREVER, Recorded
from domain.registry import ACTS, KINDS, EntryCorrected, EntryRedacted, EntryVoided, kind_of


def effective(
    history: Iterable[Recorded[Any]],
    *,
    known: int = FOREVER,
    valid: datetime | None = None,
    now: datetime | None = None,
) -> list[Recorded[Any]]:
    """The entries that hold at `known`, restated by their newest correction; in the order in which they take effect,
    of those at the same moment by time, then by position.

    Each keeps the position of its original. With `valid`, only what had taken effect by then; without it, what is
    planned for a day after `now` is left out.
    """
    rows: dict[int, Recorded[Any] | None] = {}
    originals: dict[int, Recorded[Any]] = {}
    for row in sorted(history, key=lambda row: row.position):
        if row.position > known:
            break
        match row.entry.fact:
            case EntryCorrected(entry=position, occurred_at=occurred_at, data=data):
                entry = replace(originals[position].entry, fact=data, occurred_at=occurred_at)
                rows[position] = Recorded(position, entry)
            case EntryVoided(entry=position):
                rows[position] = None
            case EntryRedacted():
                pass
            case _:
                rows[row.position] = originals[row.position] = row
    reported = ((row, row.entry.occurred_at) for row in rows.values() if row)
    held = [(effective_at(row.entry.fact, at), at, row.position, row) for row, at in reported]
    held.sort(key=lambda it: it[:3])
    return [row for effect, at, _, row in held if in_effect(effect, at, valid, now)]


def in_effect(effect: datetime, occurred_at: datetime, valid: datetime | None, now: datetime | None) -> bool:
    """Whether what takes effect at a moment had done so by `valid`, or, if it is planned, by `now`."""
    by = valid or (now if effect != occurred_at else None)
    return by is None or effect <= by


def state(
    stream: str,
    history: Iterable[Recorded[Any]],
    *,
    known: int = FOREVER,
    valid: datetime | None = None,
    now: datetime | None = None,
) -> Any:
    """The folded state of a stream as of a position and a moment. A stream of acts folds in recorded order."""
    name = kind_of(stream)
    held = effective(history, known=known, valid=valid, now=now)
    if name in ACTS:
        held.sort(key=lambda row: row.position)
    folded = KINDS[name].initial
    for row in held:
        folded = KINDS[name].evolve(folded, row.entry)
    return folded
