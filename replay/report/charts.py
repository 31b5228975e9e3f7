"""Charts as inline SVG: no script, no font, no file beside them; the colours are those of the page."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import NamedTuple

WIDTH, ROW, LABEL, NUMBER = 320, 17, 78, 62


class Bar(NamedTuple):
    """`href` leads to the evidence; `value` is None where there is no figure."""

    label: str
    value: str | None
    text: str
    href: str


def bars(rows: Sequence[Bar], target: Decimal | None = None) -> str:
    """Horizontal bars from zero, each linked; a line at the target. Negative values grow to the left of zero."""
    numbers = [Decimal(row.value) for row in rows if row.value is not None] + ([target] if target is not None else [])
    low, high = min([Decimal(0), *numbers]), max([Decimal(0), *numbers])
    span = high - low or Decimal(1)
    room = WIDTH - LABEL - NUMBER

    def x(value: Decimal) -> float:
        return LABEL + float((value - low) / span) * room

    height = ROW * len(rows) + 4
    parts = [f'<svg class="bars" viewBox="0 0 {WIDTH} {height}" role="img">']
    over = []
    for n, row in enumerate(rows):
        y = n * ROW + 2
        link = f'<a href="{escape(row.href)}">'
        parts.append(link)
        parts.append(f'<text x="{LABEL - 6}" y="{y + 12}" class="label">{escape(row.label)}</text>')
        if row.value is not None:
            value = Decimal(row.value)
            start, end = sorted((x(Decimal(0)), x(value)))
            parts.append(f'<rect x="{start:.1f}" y="{y + 3}" width="{max(end - start, 0.8):.1f}" height="{ROW - 6}"/>')
            over.append(f'{link}<text x="{end + 5:.1f}" y="{y + 12}" class="number">{escape(row.text)}</text></a>')
        else:
            parts.append(
                f'<text x="{x(Decimal(0)) + 5:.1f}" y="{y + 12}" class="number none">{escape(row.text)}</text>'
            )
        parts.append("</a>")
    zero = x(Decimal(0))
    parts.append(f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{height}" class="zero"/>')
    if target is not None:
        parts.append(f'<line x1="{x(target):.1f}" x2="{x(target):.1f}" y1="0" y2="{height}" class="target"/>')
    return "".join([*parts, *over, "</svg>"])
