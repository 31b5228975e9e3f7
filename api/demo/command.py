"""`sagwan demo`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from api.terminal_lines import out


def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="Keep the folder here; without it a temporary one.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End when done; without it the server stays up.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed tells another year.")] = 2025,
) -> None:
    """Ten hubs post a simulated year over HTTP; both half-years are checked and published, the first is restated."""
    from api.demo import run

    asyncio.run(run(data, out, seed=seed, once=once))
