"""Entries of the record: a page of them, or one."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from api import formats
from api.problems import Problem, position_ahead, unknown_word
from api.reads import authorization
from api.reads.asked import ReadRequest
from api.reads.grammar import parse_where
from api.reads.read import Document, File
from api.reads.recorded_event import recorded_event
from api.reads.tables import UNKNOWN, as_problems
from api.source import Source
from domain.input_policy.authority import Actor
from domain.nearest import UnknownWord
from domain.record import FOREVER, Entry
from journal.store import identities
from journal.store.recorder import StoredEntry
from projections import conditions
from projections.filters import Filter, where_clause
from projections.mirror.snapshot import Reading
from projections.mirror.visibility import CLOSED

PAGE = 1_000
MOST = 10_000
FORMATS = {name: formats.MEDIA_TYPES[name] for name in ("json", "ndjson")} | {
    "cloudevents": "application/cloudevents-batch+json"
}
FILTERS = ("type", "hub", "stream", "kind")
"""Columns that are parameters by themselves, with one value or several."""

ORDERS = ("position", "-position")


class EventLine(msgspec.Struct):
    """An entry as it is stored, byte for byte, at its position; null where it is no JSON any more.

    `space` is where its `source` and `id` are unique: `hub:EU-BRU`, another role, or `sagwan`. None where the
    entry does not read any more; `sagwan verify` says why.
    """

    position: int
    space: str | None
    entry: msgspec.Raw


def read_events(source: Source, asked: ReadRequest) -> Document | File:
    """A page of the record. What the credential may not read is left out and counted, whatever the filters."""
    after = check_position(source, asked.whole_number("after", 0))
    before = asked.whole_number("before", FOREVER)
    limit = asked.bounded("limit", PAGE, 1, MOST)
    down, filters, members = _down(asked), event_filters(asked), _members(asked)
    if filters or down or before != FOREVER:
        check_streams(source, asked.actor, filters)
        source.wait_for_tables(source.journal.position)
        span = _Span(after, before, limit, down)
        rows, withheld = _filtered(source, span, filters, asked)
        last = rows[-1].position if len(rows) == limit else None
    else:
        found = source.journal.entries.rows(after, limit)
        rows = authorization.visible_rows(source, asked.actor, found)
        withheld = len(found) - len(rows)
        last = found[-1].position if len(found) == limit else None
    headers = {"Sagwan-Position": str(source.journal.position)} | authorization.withheld_headers(withheld)
    more: dict[str, str | int] = {} if last is None else {"before" if down else "after": last}
    if asked.format == "cloudevents":
        body = b"[" + b",".join(recorded_event(row) for row in rows) + b"]"
        return File(body, FORMATS["cloudevents"], headers, more=more)
    if asked.format == "ndjson":
        # As in packs, byte for byte: earlier verifiers read these lines too.
        ndjson = b"".join(b'{"position":%d,"entry":%b}\n' % (row.position, _part(row.entry, members)) for row in rows)
        return File(ndjson, FORMATS["ndjson"], headers, more=more)
    about = {"withheld": withheld} if withheld else {}
    return Document({"events": [_line(row, members) for row in rows], "next": last, **about}, headers, more)


def _down(asked: ReadRequest) -> bool:
    """Whether the newest come first. Raises Problem."""
    if (order := asked.text("order", "position")) not in ORDERS:
        raise unknown_word(400, UNKNOWN, UnknownWord("order", order or "", ORDERS), parameter="order")
    return order == "-position"


def _members(asked: ReadRequest) -> frozenset[str]:
    """The members of an entry that are asked for, none of them where all are. Raises Problem."""
    found = asked.listed("fields")
    if found and asked.format == "cloudevents":
        raise Problem(400, "query.invalid", "event_whole", parameter="fields")
    for name in found:
        if name not in Entry.__struct_fields__:
            error = UnknownWord("member", name, Entry.__struct_fields__)
            raise unknown_word(400, UNKNOWN, error, parameter="fields")
    return frozenset(found)


def _part(stored: bytes, members: frozenset[str]) -> bytes:
    """An entry as it is stored, or those of its members that are asked for."""
    whole = _whole(stored) if members else None
    if whole is None:
        return stored
    return msgspec.json.encode({name: it for name, it in whole.items() if name in members})


def event_filters(asked: ReadRequest) -> dict[str, Filter]:
    """What is asked for by the parameters that are columns, and by `where`. Raises Problem."""
    found = parse_where(asked.several("where"))
    for name in FILTERS:
        if (text := asked.text(name)) is not None:
            if name in found:
                raise Problem(400, "query.invalid", "and_where", parameter=name)
            found |= parse_where([f"{name}={text}"])
    return found


def check_streams(source: Source, actor: Actor, filters: Mapping[str, Filter]) -> None:
    """Raises Problem 403 where a stream that is named is not for the reader."""
    named = filters["stream"].options if "stream" in filters else ()
    authorization.require_visible_streams(source, actor, named)


def check_position(source: Source, after: int) -> int:
    """A position to read on behind. Raises Problem when it is behind the end: nothing would come for long, or ever."""
    if after > (last := source.journal.position):
        raise position_ahead(after, last)
    return after


class _Span(NamedTuple):
    """Which entries: behind one position and before another, so many, the newest first (`down`) or last."""

    after: int
    before: int
    limit: int
    down: bool


def _filtered(
    source: Source, span: _Span, filters: Mapping[str, Filter], asked: ReadRequest
) -> tuple[list[StoredEntry], int]:
    """A page of what the filters keep, and how many entries up to its end are withheld.

    Raises Problem for unknown words.
    """
    reader = authorization.reader(source, asked.actor)
    values: dict[str, Any] = {"after": span.after, "before": span.before, "limit": span.limit}

    def place(value: object) -> str:
        values[name := f"value{len(values)}"] = value
        return f"${name}"

    with source.reading(None, None) as reading:
        check_words(reading, filters, asked.names)
        with as_problems():
            condition = where_clause(filters, event_columns(reading), "an entry", place)
        if reader is not None:
            condition += f" AND position NOT IN {CLOSED}"
            values["reader"] = reader.as_parameter()
        found = reading.rows(
            f"SELECT position FROM event WHERE position > $after AND position < $before AND {condition}"
            f" ORDER BY position {'DESC' if span.down else ''} LIMIT $limit",
            values,
        )
        shown = [position for (position,) in found]
        low, high = span.after, min(span.before, source.journal.position + 1)
        if len(shown) == span.limit:
            low, high = (shown[-1] - 1, high) if span.down else (low, shown[-1] + 1)
        withheld = 0
        if reader is not None:
            count = f"SELECT count(DISTINCT position) FROM {CLOSED} WHERE position > $low AND position < $high"
            ((withheld,),) = reading.rows(count, {"reader": reader.as_parameter(), "low": low, "high": high})
    rows = {row.position: row for row in source.journal.entries.at(shown)}
    return [rows[it] for it in shown], withheld


def check_words(reading: Reading, filters: Mapping[str, Filter], parameters: Container[str]) -> None:
    """Raises Problem for a word that the record does not have. `parameters` are the names of those that were given."""
    with as_problems():
        for name, it in filters.items():
            try:
                conditions.check_filter(reading, name, it)
            except UnknownWord as error:
                parameter = name if name in parameters else "where"
                raise unknown_word(400, UNKNOWN, error, parameter=parameter) from None


def event_columns(reading: Reading) -> dict[str, str]:
    """The columns by which entries may be filtered, with types: those outside the fact."""
    found = reading.rows("SELECT column_name, column_type FROM (DESCRIBE event)")
    return {name: type_ for name, type_ in found if name not in ("redacted", "salt")}


def read_event(source: Source, asked: ReadRequest) -> Document:
    """The entry at a position."""
    found = source.journal.entries.at([int(asked.path["position"])])
    if not found:
        raise Problem(404, "event.none", "read")
    authorization.require_visible_entry(source, asked.actor, found[0].position, found[0].entry)
    return Document(_line(found[0]), {"Sagwan-Position": str(source.journal.position)})


def _line(row: StoredEntry, members: frozenset[str] = frozenset()) -> msgspec.Raw:
    """An `EventLine` in JSON."""
    space = identities.stored_identity_space(row)
    entry = b"null" if space is None and _whole(row.entry) is None else _part(row.entry, members)
    return msgspec.Raw(b'{"position":%d,"space":%b,"entry":%b}' % (row.position, _encoded_space(space), entry))


def _whole(stored: bytes) -> dict[str, msgspec.Raw] | None:
    """The members of an entry, None where it is no JSON any more."""
    try:
        return msgspec.json.decode(stored, type=dict[str, msgspec.Raw])
    except ValueError:
        return None


@lru_cache(maxsize=1_000)
def _encoded_space(space: str | None) -> bytes:
    return msgspec.json.encode(space)
