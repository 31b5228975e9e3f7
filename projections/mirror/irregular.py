"""The irregularities of the whole record, computed once for all who ask as of the same point.

The view unites all rules, so that a query spends a second or more on planning, however small the record is.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import duckdb
import pyarrow as pa

from domain.registry import FACTS
from projections.definitions import IRREGULARITIES, Irregularity
from projections.filters import Filter
from projections.mirror.emptiness import Rows, types_of

OF_ANY_FACT = frozenset(
    it.code for it in IRREGULARITIES.values() if it.kind == "hub" and re.search(r"\bFROM effective\b", it.sql)
)
"""Rules that look at all facts of a hub; the others find something only on streams of their kind."""

_COLUMNS = "code VARCHAR, position BIGINT, hub VARCHAR, occurred_at TIMESTAMP, stream VARCHAR"
_KIND = attrgetter("kind")

NEWEST = 4
"""How many points are remembered, while their rows take no more than MOST_BYTES together."""

MOST_BYTES = 8 * 1024 * 1024

STALE = timedelta(minutes=1)
"""Current rows are at most this old, whether or not entries come."""

Point = tuple[object, ...]
"""What identifies the rows: the position of the snapshot, and the point that was asked for."""


class _Found(NamedTuple):
    rows: pa.Table
    moment: datetime | None


class IrregularRows:
    """The irregularities of a mirror, at the points that were asked for last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found = OrderedDict[Point, _Found]()

    def of(self, cursor: duckdb.DuckDBPyConnection, point: Point, code: Filter | None) -> pa.Table:
        """The rows at the point from which a cursor looks, at least those of the codes that a filter keeps: `code,
        position, hub, occurred_at, stream`."""
        moment: datetime | None
        ((moment,),) = cursor.execute("SELECT getvariable('now')::TIMESTAMP").fetchall()
        with self._lock:
            if held := self._found.get(point):
                self._found.move_to_end(point)
        if held is None or _later(moment, held.moment):
            if code is not None:
                return _found(cursor, code)
            held = _Found(_found(cursor, Filter(())), moment)
            self._keep(point, held)
        return held.rows

    def _keep(self, point: Point, found: _Found) -> None:
        with self._lock:
            self._found[point] = found
            self._found.move_to_end(point)
            while len(self._found) > NEWEST or sum(it.rows.nbytes for it in self._found.values()) > MOST_BYTES:
                self._found.popitem(last=False)


def rules_that_may_find(cursor: duckdb.DuckDBPyConnection, rules: Iterable[Irregularity]) -> list[Irregularity]:
    """The rules that can find anything in the record that a cursor sees, judged by its fact types."""
    types = types_of(cursor)
    rows, kinds = Rows(types), {it.partition(".")[0] for it in types}
    return [rule for rule in rules if (rule.kind in kinds or rule.code in OF_ANY_FACT) and rows.may_have(rule.view)]


def rules_of(kind: str) -> list[Irregularity]:
    """The rules that can find anything on streams of a kind: to plan one takes up to a tenth of a second."""
    of_any = OF_ANY_FACT if kind in FACTS else frozenset[str]()
    return [rule for rule in IRREGULARITIES.values() if rule.kind == kind or rule.code in of_any]


def rules_together(rules: Iterable[Irregularity], condition: str = "") -> str:
    """The query of what these rules find."""
    return " UNION ALL ".join(f"SELECT '{rule.code}' AS code, * FROM {rule.view}{condition}" for rule in rules)


def _found(cursor: duckdb.DuckDBPyConnection, code: Filter) -> pa.Table:
    """What the rules that pass a filter find. Rules of a kind are planned together: to plan all at once takes more than
    twice as long."""
    asked = rules_that_may_find(cursor, (rule for rule in IRREGULARITIES.values() if code.keeps(rule.code)))
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE irregular ({_COLUMNS})")
    for _, rules in groupby(sorted(asked, key=_KIND), _KIND):
        cursor.execute(f"INSERT INTO irregular {rules_together(rules)}")
    return cursor.execute("FROM temp.irregular").to_arrow_table()


def _later(now: datetime | None, then: datetime | None) -> bool:
    """Whether enough time has passed for a rule to find something else."""
    return now is not None and (then is None or not then <= now <= then + STALE)
