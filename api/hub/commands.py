"""`sagwan post` and `sagwan import`: a hub's events and tables, through the outbox."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.options import Server
from api.terminal_lines import err, out

OutboxFile = Annotated[Path | None, typer.Option("--outbox", help="Where events wait; by default beside the folder.")]


def post(file: Path, *, server: Server, outbox: OutboxFile = None) -> None:
    """Posts CloudEvents from a file (one, an array, or NDJSON) through the outbox."""
    from api.hub import client

    at = server.address
    account = asyncio.run(client.post_file(file, outbox or _outbox(server.data), at.url, at.token, console=err))
    _accounted(account)


def import_(
    file: Path,
    mapping: Annotated[Path, typer.Option(help="How columns become facts; see docs/mapping.md.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing; list what would be refused, and what is new.")
    ] = False,
    *,
    server: Server,
    outbox: OutboxFile = None,
) -> None:
    """Imports a spreadsheet (CSV, also gzipped) by a mapping file, through the outbox."""
    from api.hub import client

    at = server.address
    if dry_run:
        account = client.dry_run(file, mapping, at.asked, console=err)
    else:
        account = asyncio.run(
            client.import_file(file, mapping, outbox or _outbox(server.data), at.url, at.token, console=err)
        )
    _accounted(account)


def _outbox(data: Path) -> Path:
    return data.with_name(f"{data.name}-outbox.db")


def _accounted(account: Any) -> None:
    from api.hub.client import import_report

    out.print(import_report(account))
    if account.refused:
        sys.exit(1)
