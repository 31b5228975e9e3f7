"""The tables of figures of past points, made once and shared by all who read as of the same point.

They are in memory, in a database separate from the mirror's; the least recently read go first when all of them
together take too much.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import duckdb

from projections.mirror.figure_tables import PERFORMANCE, MadeTables, catalogue

MOST_BYTES = 64 * 1024 * 1024
"""The most that all points may take together; the NEWEST of them and those that are kept stay in any case."""

NEWEST = 2
"""How many points are compared with each other."""


At = tuple[int, datetime | None, tuple[tuple[str, int], ...] | None]
"""What is known, what has happened, and versions of rate sets."""


@dataclass
class Point:
    """The tables of a point, and how many read them."""

    tables: MadeTables
    readers: int = 0


_numbers = count(1)
"""Numbers of the schemas of points, never used twice: a reopened mirror may meet schemas that readers still hold."""


class RememberedPoints:
    """The points of a mirror that are remembered."""

    def __init__(self, root: duckdb.DuckDBPyConnection, cursor: Callable[..., duckdb.DuckDBPyConnection]) -> None:
        self._root = root
        self._cursor = cursor
        self._lock = threading.Lock()
        self._points: OrderedDict[At, Point] = OrderedDict()
        self._kept: list[At] = []

    @contextlib.contextmanager
    def tables(self, known: int, valid: datetime | None, fx: Mapping[str, int] | None) -> Iterator[MadeTables]:
        """The tables of a point; they stay while somebody reads them."""
        at = (known, valid, None if fx is None else tuple(sorted(fx.items())))
        with self._lock:
            if (point := self._points.get(at)) is None:
                with contextlib.closing(self._root.cursor()) as cursor:
                    cursor.execute("ATTACH IF NOT EXISTS ':memory:' AS points")
                    schema = f"points.p{next(_numbers)}"
                    cursor.execute(f"CREATE SCHEMA {schema}")
                made = MadeTables(schema, lambda: contextlib.closing(self._cursor(known, valid, fx)))
                point = self._points[at] = Point(made)
            self._points.move_to_end(at)
            point.readers += 1
        try:
            yield point.tables
        finally:
            with self._lock:
                point.readers -= 1
                self._forget()

    def warm(self, wanted: Sequence[At]) -> Iterator[bool]:
        """Makes the tables of these points, one per step: for the first in any case, for the others while half of the
        room is free. They stay even if nobody reads them."""
        for n, (known, valid, fx) in enumerate(wanted, 1):
            self._keep(wanted[:n])
            for view in (*catalogue()[PERFORMANCE].builds_on, PERFORMANCE):
                with self.tables(known, valid, None if fx is None else dict(fx)) as tables:
                    tables.of(view)
                yield True
            if self._taken() > MOST_BYTES // 2:
                return

    def _keep(self, wanted: Sequence[At]) -> None:
        with self._lock:
            self._kept = [*wanted]
            self._forget()

    def _taken(self) -> int:
        """The bytes that the points together take."""
        with contextlib.closing(self._root.cursor()) as cursor:
            taken = "SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'IN_MEMORY_TABLE'"
            ((size,),) = cursor.execute(taken).fetchall()
        return int(size)

    def _forget(self) -> None:
        """Drops points, the least recently read first, until the rest fits."""
        with contextlib.closing(self._root.cursor()) as cursor:
            for at, point in [*self._points.items()][:-NEWEST]:
                if self._taken() <= MOST_BYTES:
                    return
                if not point.readers and at not in self._kept:
                    del self._points[at]
                    cursor.execute(f"DROP SCHEMA {point.tables.schema} CASCADE")
