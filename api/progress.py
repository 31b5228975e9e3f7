"""Bars for what takes long."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

from api.terminal_help import known
from api.terminal_language import language, said
from domain.messages import of_library
from replay.progress import Progress as Step


def bars(console: Console, clock: ProgressColumn | None = None, *, counted: bool = True) -> Progress:
    """Bars that are gone when they are left: what is done, how far it is, and a column of time.

    On what is no terminal there are none, and nothing is left of them.
    """
    count = [MofNCompleteColumn()] if counted else []
    columns = (TextColumn("{task.description}"), BarColumn(), *count, clock or TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def step_in_language(what: str) -> str:
    """What is being done, in the language of the terminal."""
    return known()[what].said(language()) if what in known() else said(of_library(what))


@contextlib.contextmanager
def showing() -> Iterator[Step]:
    """A bar for each thing that is being done, gone when all is."""
    console = Console(stderr=True)
    with bars(console) as progress:
        tasks: dict[str, Any] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(step_in_language(what), total=total)
            task = tasks[what]
            progress.update(task, completed=done, total=total)

        yield step
