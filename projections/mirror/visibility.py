"""Which streams a reader may not read, and tables without them. A `reader` is as `domain.visibility.reader` says.

`readers.toml` says which parts of a public view are not for everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from domain.visibility import PERSONS, Reader, may_concern
from projections.definitions import READERS
from projections.mirror.snapshot import Reading

Key = TypeVar("Key", str, int)

_READS = (
    "(($reader).every OR list_has_any({hubs}, ($reader).hubs::VARCHAR[])) "
    "AND list_has_all(($reader).grants::VARCHAR[], {needs})"
)
"""Whether `$reader` may read what is read by `hubs` and also needs grants, both lists."""

_CLOSED_TO = f"NOT coalesce({_READS.format(hubs='readers', needs='needs')}, false)"

_HIDDEN = f"SELECT stream FROM restricted WHERE {_CLOSED_TO}"

CLOSED = f"""(SELECT position FROM (
    SELECT position, stream FROM record.event UNION ALL SELECT position, stream FROM record.set_aside
) WHERE stream IN ({_HIDDEN})
UNION ALL SELECT position FROM restricted_entry WHERE {_CLOSED_TO})"""
"""The positions of the entries that `$reader` (`Reader.as_parameter`) may not read. One set aside may be missing
from `record.event`."""

_ASSIGNED = """
SELECT hub FROM (
    SELECT split_part(stream, ':', 2) AS hub,
           arg_max(ministry, course(effective_at, occurred_at, position)) AS ministry,
           arg_max(region, course(effective_at, occurred_at, position)) AS region
    FROM (
        SELECT stream, effective_at, occurred_at, position, ministry, region FROM hub_designated
        UNION ALL SELECT stream, effective_at, occurred_at, position, ministry, region FROM hub_transferred
    ) GROUP BY stream
) WHERE ministry IN (SELECT unnest($ministries::VARCHAR[])) OR region IN (SELECT unnest($regions::VARCHAR[]))
"""
"""The hubs that belong to these ministries and regions as of the reading."""


class VisibleTable(NamedTuple):
    """What a reader sees of a table, how many of its rows are withheld, and which columns are empty for him."""

    table: pa.Table
    withheld: int = 0
    emptied: tuple[str, ...] = ()


def assigned_hubs(reading: Reading, ministries: Collection[str], regions: Collection[str]) -> frozenset[str]:
    """The hubs that belong to a ministry or a region of these as of the reading."""
    named = {"ministries": [*ministries], "regions": [*regions]}
    return frozenset(hub for (hub,) in reading.rows(_ASSIGNED, named))


def hidden_streams(reading: Reading, reader: Reader | None, among: Iterable[str]) -> frozenset[str]:
    """The streams among these that a reader may not read, as of the reading's last entry."""
    return _among(reading, reader, {it for it in among if may_concern(it)}, f"{_HIDDEN} AND stream")


def hidden_files(reading: Reading, reader: Reader | None, among: Iterable[str]) -> frozenset[str]:
    """The streams among these evidence items whose files a reader may not read, as of the reading's last entry."""
    return _among(reading, reader, among, f"SELECT stream FROM evidence_readers WHERE {_CLOSED_TO} AND stream")


def closed_entries(reading: Reading, reader: Reader | None, among: Iterable[int]) -> frozenset[int]:
    """The positions among these whose entries a reader may not read."""
    return _among(reading, reader, among, f"SELECT position FROM {CLOSED} WHERE position")


def _among(reading: Reading, reader: Reader | None, among: Iterable[Key], kept_from: str) -> frozenset[Key]:
    """Those of `among` that a query finds, which ends with their column; none for a reader of everything."""
    asked = sorted(among)
    if reader is None or not asked:
        return frozenset()
    found = reading.rows(f"{kept_from} IN (SELECT unnest($among))", {"reader": reader.as_parameter(), "among": asked})
    return frozenset(it for (it,) in found)


def without_closed(reading: Reading, reader: Reader | None, table: pa.Table) -> VisibleTable:
    """A table with a column `position`, without the rows of entries that a reader may not read."""
    if not (kept_back := closed_entries(reading, reader, {*table["position"].to_pylist()})):
        return VisibleTable(table)
    left = table.filter(pc.invert(pc.is_in(table["position"], pa.array(sorted(kept_back), pa.int64()))))
    return VisibleTable(left, table.num_rows - left.num_rows)


def restricted_condition(view: str) -> str:
    """A condition on `$reader` that is true of the rows of a public view that he may not read; empty where he reads
    all of them."""
    return " OR ".join(_conditions(view))


def _conditions(view: str) -> Iterator[str]:
    it = READERS[view]
    if it.entry and not it.of_entry:
        yield f"{it.entry} IN {CLOSED}"
    if it.streams == "streams":
        yield f"list_has_any(streams, coalesce((SELECT list(stream) FROM ({_HIDDEN})), []))"
    elif it.streams:
        yield f"coalesce({it.streams}, '') IN ({_HIDDEN})"
    if it.hub:
        yield f"NOT coalesce({_of_persons(it.hub)}, false)"


def shown_columns(view: str, columns: Iterable[str], reader: Reader) -> tuple[str, tuple[str, ...]]:
    """The columns of a public view shown to a reader, in SQL, and those of them that are empty in some rows."""
    it = READERS[view]
    shown = dict.fromkeys(it.of_persons.split(), _of_persons("hub"))
    shown |= dict.fromkeys(it.of_entry.split(), f"position NOT IN {CLOSED}")
    if PERSONS not in reader.grants:
        shown |= dict.fromkeys(it.from_persons.split(), "false")
    selected = [
        f"CASE WHEN {shown[name]} THEN {name} END AS {name}" if name in shown else f'"{name}"'
        for name in columns
        if name in it.named
    ]
    return ", ".join(selected), tuple(shown)


def _of_persons(hub: str) -> str:
    """Whether `$reader` may read what is about the persons of a hub."""
    return _READS.format(hubs=f"[{hub}]", needs=f"['{PERSONS}']")
