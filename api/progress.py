"""A bar on standard error for what takes long."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from replay.progress import Progress as Step


@contextlib.contextmanager
def showing() -> Iterator[Step]:
    """A bar for each thing that is being done, gone when all is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, Any] = {}

        def step(what: str, done: int, total: int) -> None:
            task = tasks.setdefault(what, None) or progress.add_task(what, total=total)
            tasks[what] = task
            progress.update(task, completed=done, total=total)

        yield step
