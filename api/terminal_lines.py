"""What a command says when it has done something, in the language of the terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from api.terminal_language import tell
from api.terminal_text import console
from domain.messages import sentence

out = console()
err = console(stderr=True)


def say(code: str, which: str = "", /, *, style: str = "", aside: bool = False, **facts: object) -> None:
    """A sentence of the catalogue on a line of its own, `aside` where programs do not read.

    `style` colours it up to its first colon, all of it where it has none.
    """
    line = Text(tell(code, which, **facts))
    head = line.plain.find(":")
    line.stylize(style, 0, head if head > 0 else len(line))
    (err if aside else out).print(line, soft_wrap=True)


def receipt(answer: dict[str, Any]) -> dict[str, Any]:
    """What a server answered to an event, as facts of a sentence."""
    return {"status": sentence("receipt", answer["status"]), "position": answer["position"]}


def headed(*heads: str, title: str | None = None) -> Table:
    """A table with these columns, by their names under `head` of the catalogue."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in heads:
        table.add_column(tell("head", name), overflow="fold")
    return table
