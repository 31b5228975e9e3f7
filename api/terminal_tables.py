"""A table in the terminal."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from api.terminal_language import language
from api.terminal_lines import out, say
from api.terminal_text import as_visible

if TYPE_CHECKING:
    import pyarrow as pa

_WIDEST = 40
_MOST = 200


def show_table(table: pa.Table, title: str, whole: str | None = None) -> None:
    """A table in the terminal, numbers to the right; too wide a one in parts that each begin with what names a row.

    `whole` is the format in which the command gives every row; with none to be had all are shown here.
    """
    from pyarrow import types

    from projections.mirror.public_views import PUBLIC_VIEWS

    most = _MOST if whole else table.num_rows
    rows = [[_cell(value) for value in row.values()] for row in table.slice(0, most).to_pylist()]
    names = table.column_names
    heads = [_head(name, title) for name in names]
    cells = [[*head, *(row[n] for row in rows)] for n, head in enumerate(heads)]
    widths = [min(max(map(cell_len, it)), _WIDEST) + 3 for it in cells]
    keys = [names.index(name) for name in PUBLIC_VIEWS.get(title, names[:1])]
    parts: list[list[int]] = [[]]
    for n in (n for n in range(len(names)) if n not in keys):
        if parts[-1] and sum(widths[it] for it in [*keys, *parts[-1], n]) >= out.width:
            parts.append([])
        parts[-1].append(n)
    for part in parts:
        shown = Table(title=title, title_justify="left", header_style="bold")
        columns = sorted([*keys, *part]) if len(parts) == 1 else [*keys, *part]
        for n in columns:
            numeric = any(
                is_(table.schema.field(n).type) for is_ in (types.is_integer, types.is_floating, types.is_decimal)
            )
            shown.add_column("\n".join(heads[n]), justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            shown.add_row(*[Text(row[n]) for n in columns])
        out.print(shown)
    if table.num_rows > most:
        say("rows.more", more=table.num_rows - most, format=whole)


def _head(name: str, table: str) -> list[str]:
    """The lines over a column: its key, by which conditions name it, which is English; in Korean its title above it."""
    from projections.column_titles import column_title

    return [*dict.fromkeys((column_title(name, table).ko, name))] if language() == "ko" else [name]


def _cell(value: object) -> str:
    match value:
        case None:
            return "·"
        case float():
            return f"{value:,.2f}".rstrip("0").rstrip(".")
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}Z"
        case date():
            return value.isoformat()
        case _:
            return as_visible(str(value))
