"""What others wrote, on a terminal: no character of it moves the cursor, changes colours or turns the direction.

Control characters and those that turn the direction of writing are shown as escapes (`\\x1b`, `\\u202e`). Every command
prints through such a console, so nothing that prints has to think of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.segment import Segment

_HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def as_visible(text: str) -> str:
    """The text with what would not be seen, or would do something, as escapes; a line feed stays."""
    return _HIDDEN.sub(lambda it: _escape(it[0]), text)


def console(*, stderr: bool = False) -> Console:
    """A console that prints visibly, and colours nothing by itself."""
    made = Console(stderr=stderr, highlight=False)
    made.push_render_hook(_Hook())
    return made


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


class _Hook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Visible(it) for it in renderables]


class _Visible:
    """A renderable of which the pieces of text are visible; what the console itself adds for colours is not a text."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        segments: Iterable[Segment] = console.render(self._inner, options)
        for it in segments:
            yield it if it.control else Segment(as_visible(it.text), it.style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Any:
        return console.measure(self._inner, options=options)
