"""A table as a spreadsheet: its cells are typed, and nothing that a hub wrote is calculated.

Times are marked UTC (`Z`), to the millisecond, which is what a cell holds; a number that a cell would round is written
as text. Texts have an apostrophe before them where CSV has one (`projections.spreadsheet`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from domain.messages import Invalid
from domain.phrase import LANGUAGES
from projections.column_titles import column_title
from projections.spreadsheet import cells
from replay.report.workbook import NoWriter

MOST_ROWS = 1_048_575
MOST_CHARACTERS = 32_767
EXACT = 10**15
"""A cell holds fifteen digits."""

DAYS_TO_1970 = 25_569
"""1970-01-01 as the day number of a sheet."""

FIRST_DAY = 367
"""1901-01-01: for earlier days, sheets count differently."""

DAY = "yyyy-mm-dd"
MOMENT = 'yyyy-mm-dd"T"hh:mm:ss.000"Z"'
SLICE = 1_000


class TooLarge(Invalid):
    """More than a sheet or a cell holds."""


def write_sheet(table: pa.Table, sink: BinaryIO, language: str = "en", name: str = "", *, raw: bool = False) -> None:
    """Writes an XLSX file: the rows, their metadata and the titles of their columns.

    The header row names the columns in the language, or by their keys if `raw`; `name` is that of the view. Raises
    NoWriter without the extra `report`, TooLarge, OSError.
    """
    try:
        from rustpy_xlsxwriter import Format, write_worksheets
    except ImportError as error:
        raise NoWriter("edition.no_writer") from error
    if table.num_rows > MOST_ROWS:
        raise TooLarge("format.too_large", "rows", most=f"{MOST_ROWS:,}")
    keys = table.column_names
    titles = [column_title(it, name) for it in keys]
    heads = keys if raw else _distinct(keys, [it.said(language) for it in titles])
    shown = {head: _format(field.type) for head, field in zip(heads, table.schema, strict=True)}
    about = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    sheets = {
        "rows": _rows(table, heads, raw) if table.num_rows else _texts(dict.fromkeys(heads, ())),
        "about": _texts({"key": about.keys(), "value": about.values()}),
        "columns": _texts({"key": keys, **{it: [title.said(it) for title in titles] for it in LANGUAGES}}),
    }
    write_worksheets(
        [*sheets.items()],
        sink,
        freeze_panes={"rows": {"row": 1, "col": 0}},
        autofilter={"rows": table.num_rows > 0},
        header_format=dict.fromkeys(sheets, Format().set_bold().set_border_bottom("thin")),
        column_formats={"rows": {head: Format().set_num_format(it) for head, it in shown.items() if it}},
        column_widths={"rows": {head: 25 if it == MOMENT else 16 for head, it in shown.items()}},
    )


def _distinct(keys: Sequence[str], titles: Sequence[str]) -> list[str]:
    """The titles of columns; if several share one, their keys are added."""
    times = Counter(titles)
    return [title if times[title] == 1 else f"{title} ({key})" for key, title in zip(keys, titles, strict=True)]


def _format(type_: pa.DataType) -> str:
    return MOMENT if pa.types.is_timestamp(type_) else DAY if pa.types.is_date(type_) else ""


def _texts(columns: Mapping[str, Iterable[str]]) -> pa.Table:
    return pa.table({name: pa.array(texts, pa.string()) for name, texts in columns.items()})


def _rows(table: pa.Table, heads: Sequence[str], raw: bool) -> Iterator[dict[str, Any]]:
    for first in range(0, table.num_rows, SLICE):
        part = table.slice(first, SLICE)
        columns = [
            _cells(column, name, first + 1, raw) for name, column in zip(table.column_names, part.columns, strict=True)
        ]
        for row in zip(*columns, strict=True):
            yield dict(zip(heads, row, strict=True))


def _cells(column: pa.ChunkedArray, name: str, row: int, raw: bool) -> list[Any]:
    """A column from a row on. Cells are checked one by one only if some may not be written as they are."""
    values: list[Any]
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        values = _days(column).to_pylist()
        if min((it for it in values if it is not None), default=FIRST_DAY) >= FIRST_DAY:
            return values
        pairs = zip(values, cells(column), strict=True)
        return [day if day is None or day >= FIRST_DAY else text.isoformat() for day, text in pairs]
    if pa.types.is_boolean(column.type) or _as_numbers(column):
        return column.to_pylist()  # type: ignore[no-any-return]
    values = cells(column, raw=raw)
    if max((len(it) for it in values if isinstance(it, str)), default=MOST_CHARACTERS) <= MOST_CHARACTERS // 2:
        return values
    return [_cell(it, name, n) for n, it in enumerate(values, row)]


def _as_numbers(column: pa.ChunkedArray) -> bool:
    """Whether cells hold all numbers of a column exactly; decimals have to be checked one by one."""
    if pa.types.is_floating(column.type):
        return pc.all(pc.is_finite(column)).as_py() in (True, None)
    if pa.types.is_integer(column.type):
        least, most = pc.min_max(column).as_py().values()
        return most is None or -EXACT < least <= most < EXACT
    return False


def _days(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments and days as the day numbers of a sheet."""
    if pa.types.is_date(column.type):
        return pc.add(column.cast(pa.int32()), DAYS_TO_1970)
    micros = column.cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.float64())
    return pc.add(pc.divide(micros, 86400e6), float(DAYS_TO_1970))


def _cell(value: Any, name: str, row: int) -> str | float | None:
    if value is None:
        return None
    if isinstance(value, int | float | Decimal) and _exact(value):
        return float(value)
    text = str(value)
    if len(text) > MOST_CHARACTERS // 2 and len(text.encode("utf-16-le")) // 2 > MOST_CHARACTERS:
        raise TooLarge("format.too_large", "cell", column=name, row=row, most=f"{MOST_CHARACTERS:,}")
    return text


def _exact(value: float | Decimal) -> bool:
    """Whether a cell holds the number exactly: it has fifteen digits."""
    if not math.isfinite(value):
        return False
    return isinstance(value, float) or Decimal(format(float(value), ".15g")) == value
