"""What a stream says as of a position: corrections and voids applied, in the order in which things happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from domain.record import FOREVER, Recorded
from domain.registry import ACTS, KINDS, EntryCorrected, EntryRedacted, EntryVoided, kind_of


def effective(
    history: Iterable[Recorded[Any]], *, known: int = FOREVER, valid: datetime | None = None
) -> list[Recorded[Any]]:
    """The entries that hold at `known`, restated by their newest correction, by (occurred_at, position).

    Each keeps the position of its original. With `valid`, only what had happened by then.
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
    held = [row for row in rows.values() if row and (valid is None or row.entry.occurred_at <= valid)]
    return sorted(held, key=lambda row: (row.entry.occurred_at, row.position))


def state(stream: str, history: Iterable[Recorded[Any]], *, known: int = FOREVER, valid: datetime | None = None) -> Any:
    """The folded state of a stream as of a position and a moment. A stream of acts folds in recorded order."""
    name = kind_of(stream)
    held = effective(history, known=known, valid=valid)
    if name in ACTS:
        held.sort(key=lambda row: row.position)
    folded = KINDS[name].initial
    for row in held:
        folded = KINDS[name].evolve(folded, row.entry)
    return folded
