"""Bars for what takes long."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

from api.terminal_help import in_language
from replay.progress import Progress as Step


def bars(
    console: Console, clock: ProgressColumn | None = None, *, counted: bool = True, shown: bool = True
) -> Progress:
    """Bars that are gone when they are left: what is done, how far it is, and a column of time."""
    count = [MofNCompleteColumn()] if counted else []
    columns = (TextColumn("{task.description}"), BarColumn(), *count, clock or TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not shown)


@contextlib.contextmanager
def showing() -> Iterator[Step]:
    """A bar for each thing that is being done, gone when all is."""
    console = Console(stderr=True)
    with bars(console, shown=console.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def step(what: str, done: int, total: int) -> None:
            task = tasks.setdefault(what, None) or progress.add_task(in_language(what) or "", total=total)
            tasks[what] = task
            progress.update(task, completed=done, total=total)

        yield step
