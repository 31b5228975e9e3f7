"""`sagwan export`: the record, or a part of it, in files that outlive it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.options import Place, PointOptions, command
from api.progress import showing
from api.reader import parse_edition
from api.reads import catalogue
from api.terminal_lines import say
from domain.messages import Invalid

app = typer.Typer(no_args_is_help=True, help="The record in files: evidence packs.")


@app.callback()
def export() -> None:
    """The record in files."""


@command(app)
def evidence(
    *,
    at: PointOptions,
    edition: Annotated[
        str | None, typer.Option(help="The pack of an edition, as 2025S1/1: what it says and what that is made of.")
    ] = None,
    indicator: Annotated[
        list[str] | None, typer.Option(help="Only this figure and the events behind it; may be given several times.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The zip file.")] = Path("evidence.zip"),
    place: Place,
) -> None:
    """An evidence pack: events, figures, formulas, proofs and a verifier, to be checked without Sagwan."""
    if edition and (any(at) or indicator):
        raise Invalid("command.edition_alone")
    reader = place.reader
    with showing() as step:
        if edition:
            period, number = parse_edition(edition)
            path = {"period": period, "number": number, "format": "zip"}
            size = reader.download(catalogue.EDITION_FILE, output, step, path)
        else:
            size = reader.download(catalogue.PACK, output, step, **at._asdict(), indicator=indicator)
    say("done.pack", path=output, bytes=f"{size:,}")
