"""`sagwan query`, `replay`, `indicator` and `diff`: tables as of any point, and what changed between two."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import pyarrow as pa
import typer

from api import formats
from api.options import Place, PointOptions
from api.progress import showing
from api.reads import catalogue
from api.terminal_language import language, said
from api.terminal_lines import out, say
from api.terminal_tables import show_table
from domain.messages import Invalid
from domain.nearest import UnknownWord


class Rows(NamedTuple):
    """Which rows."""

    where: Annotated[
        list[str] | None,
        typer.Option(help="column=value, =a,b, !=a,b, >=, <=, > or <; may be given several times."),
    ] = None
    order: Annotated[str | None, typer.Option(help="Columns with commas; -column from the highest down.")] = None
    fields: Annotated[str | None, typer.Option(help="Only these columns, with commas.")] = None
    limit: Annotated[int | None, typer.Option(help="So many rows at most, and how to go on.")] = None
    cursor: Annotated[str | None, typer.Option(help="The next rows, as the ones before said.")] = None
    suppress: Annotated[
        int, typer.Option(help="Withhold figures with fewer persons behind them; what is published: 5.")
    ] = 0

    @property
    def asked(self) -> dict[str, str | list[str] | None]:
        limit = None if self.limit is None else str(self.limit)
        return {
            **{"where": self.where, "order": self.order, "fields": self.fields, "limit": limit, "cursor": self.cursor},
            "suppress": str(self.suppress) if self.suppress else None,
        }


class Output(NamedTuple):
    """In which form, and where to."""

    format: Annotated[
        str | None, typer.Option("--format", help="json, ndjson, csv, xlsx, parquet or arrow; a table without it.")
    ] = None
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="CSV, XLSX for programs: texts as they are, though a spreadsheet may calculate them."
        ),
    ] = False


def query(
    view: Annotated[
        str, typer.Argument(help="hub_performance, cases, projects, exchanges, audit_trail, irregularities")
    ],
    *,
    at: PointOptions,
    rows: Rows,
    to: Output,
    place: Place,
) -> None:
    """A view as a table, or in a file."""
    table = place.reader.table(catalogue.VIEW, {"view": view}, **at._asdict(), **rows.asked)
    _deliver(table, view, to)


def replay(
    view: Annotated[str, typer.Argument(help="any view of `sagwan query`")] = "hub_performance",
    *,
    at: PointOptions,
    rows: Rows,
    to: Output,
    place: Place,
) -> None:
    """A view as it was: with what was known then, of what had happened then."""
    query(view, at=at, rows=rows, to=to, place=place)


def indicator(
    code: Annotated[str, typer.Argument(help="such as HD-04; without it all are listed")] = "",
    by: Annotated[str, typer.Option(help="hub, ministry, region, period, field, country; several with commas")] = "",
    period: Annotated[str | None, typer.Option(help="a half-year such as 2025S1")] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="The events behind it instead of the figure.")] = False,
    *,
    at: PointOptions,
    rows: Rows,
    to: Output,
    place: Place,
) -> None:
    """A figure, sliced; or the events it was computed from."""
    if not code and (evidence or any((by, period, *at, *rows))):
        raise Invalid("command.no_indicator")
    if evidence and (by or rows.suppress):
        raise Invalid("command.evidence")
    reader = place.reader
    if not code:
        listed = reader.table(catalogue.INDICATORS)
        parts = ("means", "counts", "leaves_out", "timed")
        names = [
            "code",
            "ko",
            "en",
            "unit",
            "better",
            "version",
            *(f"{it}_{of}" for of in ("ko", "en") for it in parts),
        ]
        _deliver(listed.select(names), "indicators", to)
        return
    asked = {**at._asdict(), **rows.asked, "period": period}
    if evidence:
        table = reader.table(catalogue.EVIDENCE, {"code": code}, **asked)
    else:
        table = reader.table(catalogue.INDICATOR, {"code": code}, by=by, **asked)
    _deliver(table, code, to)


def diff(
    a: Annotated[str, typer.Argument(help="a position, an instant, an edition such as 2025S1/1, or now")],
    b: Annotated[str, typer.Argument(help="a later one")],
    place: Place,
) -> None:
    """Which figures changed between two points, and which events did it."""
    from replay.audit import diff as replay_diff

    with showing() as step:
        found = place.reader.long(catalogue.DIFF, step, a=a, b=b)
    for renderable in replay_diff.diff_tables(msgspec.convert(found, replay_diff.Diff), said):
        out.print(renderable)


def _deliver(table: pa.Table, title: str, to: Output) -> None:
    about = table.schema.metadata or {}
    if withheld := about.get(b"withheld"):
        say("rows.withheld", aside=True, count=withheld.decode())
    if cursor := about.get(b"cursor"):
        say("rows.follow", aside=True, cursor=cursor.decode())
    format_ = to.format or (to.output.suffix.lstrip(".") or "csv" if to.output else None)
    if to.raw and format_ not in formats.SPREADSHEETS:
        raise Invalid("query.invalid", "of_formats", parameter="--raw", formats=formats.SPREADSHEETS)
    if format_ is None:
        show_table(table, title, "csv")
        return
    if format_ not in formats.MEDIA_TYPES:
        raise UnknownWord("format_of", format_, formats.MEDIA_TYPES, format=format_)
    body = formats.encode_table(table, format_, language(), title, raw=to.raw)
    if to.output:
        to.output.write_bytes(body)
    else:
        sys.stdout.buffer.write(body)
