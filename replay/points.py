"""A point to look from: what was known (a position) and what had happened (a moment)."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Points(msgspec.Struct, frozen=True):
    """None means now, in either time."""

    known: int | None = None
    valid: datetime | None = None
