"""The irregularities of the whole record, computed once for all who ask as of the same point.

The view is all rules together, so that a question spends a second and more on planning, whatever the record has.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import NamedTuple

import duckdb
import pyarrow as pa

NEWEST = 4
"""So many points are remembered, while their rows take no more than MOST_BYTES together."""

MOST_BYTES = 8 * 1024 * 1024

STALE = timedelta(minutes=1)
"""Rows of now are as of a moment that is at most so long ago, whether or not entries come."""

Point = tuple[object, ...]
"""What the rows are of: the position of the snapshot, and what was asked for."""


class _Found(NamedTuple):
    rows: pa.Table
    moment: datetime | None


class IrregularRows:
    """Those of a mirror: the rows of the points that were asked for last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found = OrderedDict[Point, _Found]()

    def of(self, cursor: duckdb.DuckDBPyConnection, point: Point) -> pa.Table:
        """All rows at the point from which a cursor looks: `code, position, hub, occurred_at, stream`."""
        moment: datetime | None
        ((moment,),) = cursor.execute("SELECT getvariable('now')::TIMESTAMP").fetchall()
        with self._lock:
            held = self._found.get(point)
        if held is None or _later(moment, held.moment):
            held = _Found(cursor.execute("FROM irregularities").to_arrow_table(), moment)
            self._keep(point, held)
        return held.rows

    def _keep(self, point: Point, found: _Found) -> None:
        with self._lock:
            self._found[point] = found
            self._found.move_to_end(point)
            while len(self._found) > NEWEST or sum(it.rows.nbytes for it in self._found.values()) > MOST_BYTES:
                self._found.popitem(last=False)


def _later(now: datetime | None, then: datetime | None) -> bool:
    """Whether so much time has passed that a rule may find otherwise."""
    return now is not None and (then is None or not then <= now <= then + STALE)
