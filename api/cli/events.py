"""`sagwan events`: the record itself, an entry a row, by type, hub, stream and kind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pyarrow as pa
import typer

from api import formats
from api.options import Place
from api.reads import catalogue
from api.reads.events import FORMATS, EventLine
from api.reads.recorded_event import recorded_event
from api.terminal_language import tell
from api.terminal_tables import show_table
from api.terminal_text import console
from domain.messages import Invalid
from domain.nearest import UnknownWord
from journal.store.journal import UnreadEntry
from journal.store.recorder import StoredEntry

SHOWN = ("occurred_at", "hub", "stream", "fact")
"""The members of an entry that a table has unless others are asked for."""

err = console(stderr=True)


class _Page(msgspec.Struct, omit_defaults=True):
    events: list[EventLine]
    next: int | None
    withheld: int = 0


def events(
    type_: Annotated[str | None, typer.Option("--type", help="Entries of these types, with commas.")] = None,
    hub: Annotated[str | None, typer.Option(help="Entries of these hubs, with commas.")] = None,
    stream: Annotated[str | None, typer.Option(help="Entries of these streams, with commas.")] = None,
    kind: Annotated[str | None, typer.Option(help="Entries of streams of these kinds, with commas.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="column=value, =a,b, !=a,b, >=, <=, > or <; may be given several times."),
    ] = None,
    order: Annotated[str | None, typer.Option(help="position, or -position: the newest first.")] = None,
    after: Annotated[int | None, typer.Option(help="Only behind this position.")] = None,
    before: Annotated[int | None, typer.Option(help="Only before this position.")] = None,
    limit: Annotated[int | None, typer.Option(help="So many entries at most (1,000), and how to go on.")] = None,
    fields: Annotated[str | None, typer.Option(help="Only these members of an entry, with commas.")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="json, ndjson or cloudevents; a table without it.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None,
    *,
    place: Place,
) -> None:
    """Entries of the record as they stand in it, corrections and voids too."""
    chosen = format_ or ("ndjson" if output else None)
    if chosen and chosen not in FORMATS:
        raise UnknownWord("format_of", chosen, FORMATS, format=chosen)
    if chosen == "cloudevents" and fields is not None:
        raise Invalid("query.invalid", "event_whole")
    asked = {"type": type_, "hub": hub, "stream": stream, "kind": kind, "where": where, "order": order}
    numbers = {"after": after, "before": before, "limit": limit}
    asked |= {name: None if it is None else str(it) for name, it in numbers.items()}
    asked["fields"] = ",".join(SHOWN) if fields is None and chosen is None else fields
    found = place.reader.json(catalogue.EVENTS, {}, of=_Page, **asked)
    if found.withheld:
        err.print(tell("entries.withheld", count=found.withheld))
    if found.next is not None:
        end = "--before" if order == "-position" else "--after"
        err.print(tell("entries.more", option=f"{end} {found.next}"), soft_wrap=True)
    if chosen is None:
        show_table(_table(found), "events", "ndjson")
    elif output:
        output.write_bytes(_encoded(found, chosen))
    else:
        sys.stdout.buffer.write(_encoded(found, chosen))


def _encoded(page: _Page, format_: str) -> bytes:
    """As the read has it in each format, byte for byte."""
    match format_:
        case "ndjson":
            return b"".join(b'{"position":%d,"entry":%b}\n' % (it.position, bytes(it.entry)) for it in page.events)
        case "cloudevents":
            return b"[" + b",".join(map(_event, page.events)) + b"]\n"
        case _:
            return formats.encode_json(page) + b"\n"


def _event(line: EventLine) -> bytes:
    entry = msgspec.json.decode(line.entry, type=dict[str, Any] | None)
    if entry is None:
        raise UnreadEntry("record.unread", "asked", position=line.position)
    return recorded_event(StoredEntry(line.position, entry["fact"]["type"], bytes(line.entry)))


def _table(page: _Page) -> pa.Table:
    """A column a member; a fact has two, its type and what it says."""
    rows = [_row(it.position, msgspec.json.decode(it.entry, type=dict[str, Any] | None) or {}) for it in page.events]
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names or ("position",)})


def _row(position: int, entry: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"position": position}
    for name, it in entry.items():
        if name == "fact":
            row |= {"type": it.pop("type"), "fact": _text(it)}
        else:
            row[name] = it if isinstance(it, str | int) else _text(it)
    return row


def _text(it: Any) -> str:
    return msgspec.json.encode(it).decode()
