"""Entries of the record: a page of them, or one."""

from __future__ import annotations

from typing import Any

import msgspec

from api import formats
from api.problems import Problem, position_ahead
from api.reads import authorization
from api.reads.asked import ReadRequest
from api.reads.read import Document, File
from api.reads.tables import as_problems
from api.source import Source
from domain import visibility
from journal.store import identities
from journal.store.recorder import Row
from projections import conditions
from projections.mirror.visibility import CLOSED

PAGE = 1_000
MOST = 10_000
FORMATS = {name: formats.MEDIA_TYPES[name] for name in ("json", "ndjson")}
FILTERS = ("type", "hub", "stream")


class EventLine(msgspec.Struct):
    """An entry as it is stored, byte for byte, at its position.

    `space` is where its `source` and `id` are unique: `hub:EU-BRU`, another role, or `sagwan`. None where the
    entry does not read any more; `sagwan verify` says why.
    """

    position: int
    space: str | None
    entry: msgspec.Raw


def read_events(source: Source, asked: ReadRequest) -> Document | File:
    """A page of the record. What the credential may not read is left out and counted, whatever the filters."""
    after = check_position(source, asked.whole_number("after", 0))
    limit = asked.bounded("limit", PAGE, 1, MOST)
    if filters := {name: asked.text(name) or "" for name in FILTERS if name in asked.names}:
        authorization.require_visible_stream(source, asked.actor, filters.get("stream", ""))
        source.wait_for_tables(source.journal.position)
        rows, withheld = _filtered(source, after, limit, filters, visibility.reader(asked.actor))
        last = rows[-1].position if len(rows) == limit else None
    else:
        found = source.journal.entries.rows(after, limit)
        rows = authorization.visible_rows(source, asked.actor, found)
        withheld = len(found) - len(rows)
        last = found[-1].position if len(found) == limit else None
    headers = {"Sagwan-Position": str(source.journal.position)} | authorization.withheld_headers(withheld)
    more = {} if last is None else {"after": last}
    if asked.format == "ndjson":
        # As in packs, byte for byte: earlier verifiers read these lines too.
        ndjson = b"".join(b'{"position":%d,"entry":%b}\n' % (row.position, row.entry) for row in rows)
        return File(ndjson, FORMATS["ndjson"], headers, more=more)
    about = {"withheld": withheld} if withheld else {}
    return Document({"events": [_line(row) for row in rows], "next": last, **about}, headers, more)


def check_position(source: Source, after: int) -> int:
    """A position to read on behind. Raises Problem when it is behind the end: nothing would come for long, or ever."""
    if after > (last := source.journal.position):
        raise position_ahead(after, last)
    return after


def _filtered(
    source: Source, after: int, limit: int, filters: dict[str, str], reader: str | None
) -> tuple[list[Row], int]:
    """A page of what the tables say is of a type, hub or stream, and how many entries up to its end are withheld.

    Raises Problem for unknown words.
    """
    condition = " AND ".join(f"{name} = ${name}" for name in filters)
    with source.reading(None, None) as reading:
        with as_problems():
            for name, word in filters.items():
                conditions.check_condition(reading, name, word)
        values: dict[str, Any] = {"after": after, **filters, "limit": limit}
        if reader is not None:
            condition += f" AND position NOT IN {CLOSED}"
            values["reader"] = reader
        found = reading.rows(
            f"SELECT position FROM event WHERE position > $after AND {condition} ORDER BY position LIMIT $limit",
            values,
        )
        shown = [position for (position,) in found]
        last = shown[-1] if len(shown) == limit else source.journal.position
        withheld = 0
        if reader is not None:
            count = f"SELECT count(*) FROM {CLOSED} WHERE position > $after AND position <= $last"
            ((withheld,),) = reading.rows(count, {"reader": reader, "after": after, "last": last})
    return source.journal.entries.at(shown), withheld


def read_event(source: Source, asked: ReadRequest) -> Document:
    """The entry at a position."""
    found = source.journal.entries.at([int(asked.path["position"])])
    if not found:
        raise Problem(404, "event.none", "the record has no entry at this position")
    authorization.require_visible_entry(source, asked.actor, found[0].position, found[0].entry)
    return Document(_line(found[0]), {"Sagwan-Position": str(source.journal.position)})


def _line(row: Row) -> EventLine:
    return EventLine(row.position, identities.stored_identity_space(row), msgspec.Raw(row.entry))
