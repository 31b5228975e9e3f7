"""Which streams a reader may not read, and tables without them. A `reader` is as `domain.visibility.reader` says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from domain.visibility import may_concern
from projections.reading import Reading

_HIDDEN = "SELECT stream FROM restricted WHERE NOT list_contains(readers, $reader)"
_HOLDS = {"deadlines": "subject", "outputs": "streams"} | dict.fromkeys(
    ("editions", "hub_performance", "period", "persons", "technology", "vocabulary")
)
"""Of public views without a column `stream`: the column that names streams, None where no row tells of one."""


class Seen(NamedTuple):
    """What a reader sees of a table, and how many of its rows are withheld."""

    table: pa.Table
    withheld: int = 0


def hidden(reading: Reading, reader: str | None, among: Iterable[str]) -> frozenset[str]:
    """Those of the streams that a reader may not read, as of the reading's last entry."""
    asked = [] if reader is None else sorted({it for it in among if may_concern(it)})
    if not asked:
        return frozenset()
    found = reading.rows(f"{_HIDDEN} AND stream IN (SELECT unnest($among))", {"reader": reader, "among": asked})
    return frozenset(stream for (stream,) in found)


def positions(reading: Reading, reader: str | None, after: int = 0, last: int | None = None) -> list[int]:
    """The positions behind `after`, up to `last`, of entries that a reader may not read."""
    if reader is None:
        return []
    found = reading.rows(
        f"SELECT position FROM record.event WHERE position > $after AND position <= coalesce($last, position)"
        f" AND stream IN ({_HIDDEN}) ORDER BY position",
        {"reader": reader, "after": after, "last": last},
    )
    return [position for (position,) in found]


def without(reading: Reading, reader: str | None, table: pa.Table) -> Seen:
    """A table with a column `position`, without the rows of entries that a reader may not read."""
    if not (kept_back := positions(reading, reader)):
        return Seen(table)
    left = table.filter(pc.invert(pc.is_in(table["position"], pa.array(kept_back, pa.int64()))))
    return Seen(left, table.num_rows - left.num_rows)


def column(view: str) -> str | None:
    """The column of a public view that names the stream, or the streams, a row tells of; None where no row does."""
    return _HOLDS.get(view, "stream")


def kept_back(column: str) -> str:
    """A condition on `$reader` that is true of the rows he may not read."""
    if column == "streams":
        return f"list_has_any(streams, coalesce((SELECT list(stream) FROM ({_HIDDEN})), []))"
    return f"coalesce({column}, '') IN ({_HIDDEN})"
