"""The layout of the bars of a chart: the page draws them as inline SVG, without a script, a font or another file."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

WIDTH, ROW, LABEL, NUMBER = 320, 17, 100, 62


class Bar(NamedTuple):
    """`label` and `text` are in Korean and English, `href` leads to the entries of the figure; `value` may be None."""

    label: tuple[str, str]
    value: str | None
    text: tuple[str, str]
    href: str


class PlacedBar(NamedTuple):
    """A bar in the units of the chart; `width` is None where there is no figure."""

    label: tuple[str, str]
    text: tuple[str, str]
    href: str
    y: int
    x: str
    width: str | None


class Chart(NamedTuple):
    """Horizontal bars from `zero`, and the position of the target, None without one. Numbers end at `text_x`, next to
    the plot, where no line crosses them."""

    bars: list[PlacedBar]
    zero: str
    target: str | None
    height: int
    width: int = WIDTH
    label_x: int = LABEL - 6
    text_x: int = WIDTH
    bar_height: int = ROW - 6


def chart(rows: Sequence[Bar], target: Decimal | None = None) -> Chart:
    """Negative values grow to the left of zero; a line marks the target."""
    numbers = [Decimal(row.value) for row in rows if row.value is not None] + ([target] if target is not None else [])
    low, high = min([Decimal(0), *numbers]), max([Decimal(0), *numbers])
    span = high - low or Decimal(1)
    room = WIDTH - LABEL - NUMBER

    def x(value: Decimal) -> float:
        return LABEL + float((value - low) / span) * room

    def placed(n: int, row: Bar) -> PlacedBar:
        start, end = sorted((x(Decimal(0)), x(Decimal(row.value or 0))))
        width = f"{max(end - start, 0.8):.1f}" if row.value is not None else None
        return PlacedBar(row.label, row.text, row.href, n * ROW + 2, f"{start:.1f}", width)

    return Chart(
        [placed(n, row) for n, row in enumerate(rows)],
        f"{x(Decimal(0)):.1f}",
        None if target is None else f"{x(target):.1f}",
        ROW * len(rows) + 4,
    )
