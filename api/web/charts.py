"""Figures over half-years as small pictures: a bar for each half-year, a line across for its target.

Drawn as SVG by the server (decision 310); a table next to them shows the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from api.web.numbers import absent, in_words
from api.web.page import Page, Row
from domain.period import HalfYear
from domain.words import PAGES
from replay.report.numbers import format_figure, scaled, unit_in_report

MOST = 10
"""How many half-years a picture shows, the last ones."""

SLOT, MARGIN, TOP, DEEP, BELOW, LETTERS = 42, 44, 20, 92, 22, 18
"""Pixels: a half-year, the left and top margins, the highest bar, the bottom margin, the label above a bar."""


class Bar(NamedTuple):
    """A half-year: its bar from `y` down over `height`, its labels above (at `said_y`) and below, the line of its
    target."""

    x: int
    y: float
    height: float
    said: str
    said_y: float
    period: str
    target: float | None
    missed: bool


class Panel(NamedTuple):
    """A picture with its title; `says` is the same in words, `ticks` are the lines of the scale."""

    title: str
    unit: str
    says: str
    bars: Sequence[Bar]
    ticks: Sequence[tuple[float, str]]
    width: int
    height: int
    cut: bool


class Scale(NamedTuple):
    """The range of a scale, and its marks."""

    low: Decimal
    high: Decimal
    step: Decimal

    def y(self, value: Decimal) -> float:
        return round(TOP + DEEP * float((self.high - value) / (self.high - self.low)), 1)

    @property
    def marks(self) -> list[Decimal]:
        count = int((self.high - self.low) / self.step)
        return [self.low + self.step * n for n in range(count + 1)]


def panels(page: Page, named: Iterable[tuple[str, Sequence[Row]]]) -> list[Panel]:
    """A picture of each course of figures of one unit (rows of the view `control_tower`), all on one scale."""
    courses = [(title, sorted(rows, key=lambda row: str(row["period"]))) for title, rows in named]
    rows = [row for _, course in courses for row in course[-MOST:]]
    numbers = [
        scaled(row[it], row["unit"], page.language) for row in rows for it in ("value", "target") if _has(row, it)
    ]
    scale = fitting(numbers)
    return [_panel(page, title, course, scale) for title, course in courses if course]


def _has(row: Row, name: str) -> bool:
    return row.get(name) is not None


def fitting(numbers: Iterable[Decimal]) -> Scale:
    """The scale on which numbers fit, from zero on or across it, in steps of 1, 2 or 5 times a power of ten."""
    there = [*numbers]
    low, high = min(there, default=Decimal(0)), max(there, default=Decimal(0))
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        return Scale(Decimal(0), Decimal(1), Decimal(1))
    rough = (high - low) / 3
    power = Decimal(10) ** rough.adjusted()
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough)
    return Scale(_rounded(low, step), _rounded(high, step), step)


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    """Away from zero to a whole number of steps."""
    steps = (abs(value) / step).to_integral_value(ROUND_CEILING)
    return (steps * step).copy_sign(value)


def _panel(page: Page, title: str, course: Sequence[Row], scale: Scale) -> Panel:
    shown = course[-MOST:]
    unit = shown[0]["unit"]
    return Panel(
        title,
        page.say(unit_in_report(unit)),
        f"{title}: {', '.join(_said(page, row) for row in shown)}",
        [_bar(page, row, MARGIN + SLOT * n, scale) for n, row in enumerate(shown)],
        [(scale.y(it), format_figure(str(it))) for it in scale.marks],
        MARGIN + SLOT * len(shown) + 4,
        TOP + DEEP + BELOW,
        len(course) > MOST,
    )


def _bar(page: Page, row: Row, x: int, scale: Scale) -> Bar:
    def number(name: str) -> Decimal | None:
        return scaled(row[name], row["unit"], page.language) if _has(row, name) else None

    value, target = number("value"), number("target")
    foot = scale.y(Decimal(0))
    y, line = foot if value is None else scale.y(value), None if target is None else scale.y(target)
    top = min(y, foot)
    crossed = line is not None and 0 <= top - line < LETTERS
    return Bar(
        x,
        top,
        abs(foot - y),
        "–" if value is None else format_figure(str(value), 1),
        (line if crossed and line is not None else top) - 5,
        short(page, row["period"]),
        line,
        row.get("attained") is False,
    )


def short(page: Page, period: str) -> str:
    """The label of a half-year below its bar."""
    it = HalfYear.parse(period)
    return page.say(PAGES[f"half_{it.half}_short"].filled(year=f"{it.year % 100:02}"))


def _said(page: Page, row: Row) -> str:
    unit, language = row["unit"], page.language
    shown = page.say(absent(row["why"])) if row["value"] is None else in_words(row["value"], unit, language)
    if not _has(row, "target"):
        return f"{row['period']} {shown}"
    aimed = in_words(row["target"], unit, language)
    return page.say(PAGES["chart_value_of"].filled(period=row["period"], value=shown, target=aimed))
