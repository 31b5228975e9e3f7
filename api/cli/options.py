"""Options that many commands have, called and told the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HERE = Path("sagwan-data")

Data = Annotated[Path, typer.Option("--data", envvar="SAGWAN_DATA", help="The data folder.")]
Database = Annotated[
    str | None, typer.Option(envvar="SAGWAN_DATABASE", help="PostgreSQL URL; without it SQLite in the data folder.")
]
Token = Annotated[str | None, typer.Option(envvar="SAGWAN_TOKEN", help="A token, where a server answers.")]
Url = Annotated[str | None, typer.Option(envvar="SAGWAN_URL", help="A server; by default the one of the data folder.")]
Known = Annotated[
    str | None,
    typer.Option(help="What was known: a position, an instant (2025-07-01T00:00:00+09:00) or an edition (2025S1/1)."),
]
Valid = Annotated[str | None, typer.Option(help="What had happened by: a date (its end in Seoul) or an instant.")]
Fx = Annotated[
    list[str] | None, typer.Option(help="In money of a version of a rate set, as 2025S1:2; may be given several times.")
]
