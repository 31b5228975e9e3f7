"""A stream with its history, what changed between two points, and a table of the mirror."""

from __future__ import annotations

from datetime import UTC

import msgspec

from api import formats
from api.problems import Problem, unknown_word
from api.reads import authorization
from api.reads.asked import ReadRequest
from api.reads.read import Document, File
from api.source import Source
from domain import history, visibility
from domain.messages import reason
from domain.nearest import UnknownWord
from domain.record import FOREVER
from domain.registry import KINDS, kind_of, tag
from projections import conditions
from projections.mirror.comparison import TABLES
from projections.mirror.public_views import irregularities_of
from projections.plain import json_rows
from replay.audit import diff


def read_stream(source: Source, asked: ReadRequest) -> Document:
    """A stream's state, its history with what still holds, and its irregularities. The version is the ETag."""
    name = asked.path["stream"]
    try:
        conditions.check_stream_name(name)
    except UnknownWord as error:
        raise unknown_word(404, "stream.unknown_kind", error, kinds=sorted(KINDS)) from None
    except ValueError as error:
        raise Problem(404, "stream.malformed").saying(reason(error)) from None
    at = asked.points(source)
    known = at.known if at.known is not None else FOREVER
    past = [row for row in source.journal.stream(name) if row.position <= known]
    if not past:
        raise Problem(404, "stream.none", stream=name)
    authorization.require_visible_streams(source, asked.actor, [name])
    source.wait_for_tables(past[-1].position)
    version, hub, last = past[-1].entry.version, past[0].entry.hub, past[-1].position
    sensitive = [row.position for row in past if visibility.may_concern(name, tag(row.entry.fact))]
    closed = authorization.closed_positions(source, asked.actor, sensitive)
    past = [row for row in past if row.position not in closed]
    with source.reading(at.known, at.valid) as reading:
        ((now,),) = reading.rows("SELECT getvariable('now')::TIMESTAMP")
        now = now and now.replace(tzinfo=UTC)
        state = history.state(name, past, known=known, valid=at.valid, now=now)
        held = {row.position: row.entry for row in history.effective(past, known=known, valid=at.valid, now=now)}
        ever = {row.position for row in history.effective(past, known=known)}
        irregularities = [it for it in json_rows(irregularities_of(reading, name)) if it["position"] not in closed]
    body = {
        "stream": name,
        "kind": kind_of(name),
        "hub": hub,
        "version": version,
        "state": {"status": state.status} | msgspec.to_builtins(state),
        "history": [
            {"position": row.position, "entry": row.entry, "holds": held.get(row.position)}
            | ({"not_yet": True} if row.position in ever - held.keys() else {})
            for row in past
        ],
        "irregularities": irregularities,
    } | ({"withheld": len(closed)} if closed else {})
    headers = {"Sagwan-Position": str(last), "ETag": f'"{version}"'}
    return Document(body, headers | authorization.withheld_headers(len(closed)))


def read_diff(source: Source, asked: ReadRequest) -> Document:
    """Which figures differ between two positions, and the entries that moved them, but those not for the reader."""
    if missing := {"a", "b"} - asked.names:
        raise Problem(400, "query.invalid", "diff", parameter=min(missing))
    a, b = asked.position(source, "a"), asked.position(source, "b")
    a, b = min(a, b), max(a, b)
    found = source.figure_cache.once(("diff", a, b), lambda: diff.diff_between(source.figure_reading, a, b))
    found = diff.without_persons(found, authorization.reader(source, asked.actor))
    movers = {mover.position for it in found.changes for mover in it.movers}
    found = diff.without_movers(found, authorization.closed_positions(source, asked.actor, movers))
    return Document(found, {"Sagwan-Position": str(b)} | authorization.withheld_headers(found.withheld))


def read_mirror_table(source: Source, asked: ReadRequest) -> File:
    """A table of the mirror with its time columns, to be compared with a rebuilt one."""
    position = asked.whole_number("position", source.journal.position)
    source.wait_for_tables(position)
    if (name := asked.path["table"]) not in TABLES:
        raise unknown_word(404, "mirror.no_table", UnknownWord("table", name, TABLES), tables=TABLES)
    return File(formats.encode_table(source.rows_of(name, position), "arrow"), formats.MEDIA_TYPES["arrow"])
