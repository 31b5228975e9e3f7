"""The tables of figures of past points, made once and shared by all who read as of the same point.

They are in memory, in a database separate from the mirror's. When all of them together take too much, the least
recently read go first: their long tables, which are made again when somebody reads them, then figures too.
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
from projections.mirror.snapshot import moment_of

MOST_BYTES = 64 * 1024 * 1024
"""The most that all points may take together; the NEWEST of them and those that are kept stay in any case."""

NEWEST = 2
"""How many points are compared with each other."""

SHORTENED = 8
"""How many more stay without their long tables, whatever they take: some 6 MB each."""


At = tuple[int, datetime | None, tuple[tuple[str, int], ...] | None]
"""What is known, what has happened, and versions of rate sets."""


@dataclass
class Point:
    """The tables of a point, the moment as of which it is read unless one is asked for, and how many read it."""

    tables: MadeTables
    now: datetime | None
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
    def at(self, known: int, valid: datetime | None, fx: Mapping[str, int] | None) -> Iterator[Point]:
        """A point; its tables stay while somebody reads them."""
        at = (known, valid, None if fx is None else tuple(sorted(fx.items())))
        with self._lock:
            if (point := self._points.get(at)) is None:
                with contextlib.closing(self._root.cursor()) as cursor:
                    cursor.execute("ATTACH IF NOT EXISTS ':memory:' AS points")
                    schema = f"points.p{next(_numbers)}"
                    cursor.execute(f"CREATE SCHEMA {schema}")
                    now = None if valid else moment_of(cursor, known)
                made = MadeTables(schema, lambda: contextlib.closing(self._cursor(known, valid, fx)))
                point = self._points[at] = Point(made, now)
            self._points.move_to_end(at)
            point.readers += 1
        try:
            yield point
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
                with self.at(known, valid, None if fx is None else dict(fx)) as point:
                    point.tables.of(view)
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
        """Drops long tables, then points, those of the least recently read first, until the rest fits."""
        with contextlib.closing(self._root.cursor()) as cursor:
            unread = [
                (at, it) for at, it in [*self._points.items()][:-NEWEST] if not it.readers and at not in self._kept
            ]
            for _, point in unread:
                if self._taken() <= MOST_BYTES:
                    return
                point.tables.drop_long(cursor)
            for at, point in unread[: max(0, len(self._points) - NEWEST - SHORTENED)]:
                if self._taken() <= MOST_BYTES:
                    return
                del self._points[at]
                cursor.execute(f"DROP SCHEMA {point.tables.schema} CASCADE")
