"""Which streams a reader may not read, and tables without them. A `reader` is as `domain.visibility.reader` says."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from domain.visibility import may_concern
from projections.mirror.snapshot import Reading

_HIDDEN = "SELECT stream FROM restricted WHERE NOT list_contains(readers, $reader)"
_HOLDS = {"centre_answers": "subject", "deadlines": "subject", "outputs": "streams"} | dict.fromkeys(
    (
        "control_tower",
        "editions",
        "hub_performance",
        "network",
        "network_nodes",
        "period",
        "persons",
        "technology",
        "vocabulary",
    )
)
"""Of public views without a column `stream`: the column that names streams, None where no row tells of one."""

CLOSED = f"""(SELECT position FROM record.event WHERE stream IN ({_HIDDEN})
UNION ALL SELECT position FROM record.set_aside WHERE stream IN ({_HIDDEN})
UNION ALL SELECT position FROM restricted_entry WHERE NOT list_contains(readers, $reader))"""
"""The positions of the entries that `$reader` may not read. One that is set aside need not stand in `record.event`."""


class Emptied(NamedTuple):
    """Columns that are empty in the rows of which a condition on `$reader` is not true."""

    columns: tuple[str, ...] = ()
    shown: str = "true"


EMPTIED = {
    "cases": Emptied(("score", "rated_by"), "hub = $reader"),
    "centre_answers": Emptied(("reason",), f"position NOT IN {CLOSED}"),
}
"""Views whose rows are for everybody and some columns not: what tells of a single person, and why a centre answered."""


class VisibleTable(NamedTuple):
    """What a reader sees of a table, how many of its rows are withheld, and which columns are empty for him."""

    table: pa.Table
    withheld: int = 0
    emptied: tuple[str, ...] = ()


def hidden_streams(reading: Reading, reader: str | None, among: Iterable[str]) -> frozenset[str]:
    """Those of the streams that a reader may not read, as of the reading's last entry."""
    asked = [] if reader is None else sorted({it for it in among if may_concern(it)})
    if not asked:
        return frozenset()
    found = reading.rows(f"{_HIDDEN} AND stream IN (SELECT unnest($among))", {"reader": reader, "among": asked})
    return frozenset(stream for (stream,) in found)


def closed_entries(reading: Reading, reader: str | None, among: Iterable[int]) -> frozenset[int]:
    """Those of the positions whose entries a reader may not read."""
    asked = [] if reader is None else sorted(among)
    if not asked:
        return frozenset()
    found = reading.rows(
        f"SELECT position FROM {CLOSED} WHERE position IN (SELECT unnest($among))", {"reader": reader, "among": asked}
    )
    return frozenset(position for (position,) in found)


def without_closed(reading: Reading, reader: str | None, table: pa.Table) -> VisibleTable:
    """A table with a column `position`, without the rows of entries that a reader may not read."""
    if not (kept_back := closed_entries(reading, reader, {*table["position"].to_pylist()})):
        return VisibleTable(table)
    left = table.filter(pc.invert(pc.is_in(table["position"], pa.array(sorted(kept_back), pa.int64()))))
    return VisibleTable(left, table.num_rows - left.num_rows)


def stream_column(view: str) -> str | None:
    """The column of a public view that names the stream, or the streams, a row tells of; None where no row does."""
    return _HOLDS.get(view, "stream")


def restricted_condition(view: str, columns: Collection[str]) -> str:
    """A condition on `$reader` that is true of the rows of a public view with these columns that he may not read."""
    streams = stream_column(view)
    conditions = [f"position IN {CLOSED}"] if "position" in columns and view not in EMPTIED else []
    if streams == "streams":
        conditions.append(f"list_has_any(streams, coalesce((SELECT list(stream) FROM ({_HIDDEN})), []))")
    elif streams is not None:
        conditions.append(f"coalesce({streams}, '') IN ({_HIDDEN})")
    elif view == "persons":
        conditions.append("hub <> $reader")
    return " OR ".join(conditions)


def emptied_columns(emptied: Emptied) -> str:
    """All columns of a view, those empty for `$reader` where he does not read them."""
    replaced = ", ".join(f"CASE WHEN {emptied.shown} THEN {name} END AS {name}" for name in emptied.columns)
    return f"* REPLACE ({replaced})" if replaced else "*"
