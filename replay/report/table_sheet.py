"""A table as a spreadsheet: what it holds is typed, and nothing that a hub wrote is calculated.

Times are UTC and say so (`Z`), to the millisecond, which is what a cell holds; a number that a cell would round is told
as text. Texts have an apostrophe before them where CSV has one (`projections.spreadsheet`).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa

from domain.messages import Invalid
from domain.phrase import LANGUAGES
from projections.column_titles import column_title
from projections.spreadsheet import cells
from replay.report.workbook import NoWriter

MOST_ROWS = 1_048_575
MOST_CHARACTERS = 32_767
FIRST_YEAR = 1901
"""Of days before, sheets count differently."""

DAY = "yyyy-mm-dd"
MOMENT = 'yyyy-mm-dd"T"hh:mm:ss.000"Z"'
SLICE = 1_000


class TooLarge(Invalid):
    """More than a sheet or a cell takes."""


def write_sheet(table: pa.Table, sink: BinaryIO, language: str = "en", name: str = "", *, raw: bool = False) -> None:
    """Writes an XLSX file: the rows, what is said of them (the metadata) and what their columns are called.

    The head of the rows names the columns in the language, or by their keys where it is `raw`; `name` is that of the
    view. Raises NoWriter without the extra `report`, TooLarge, OSError.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise NoWriter("edition.no_writer") from error
    if table.num_rows > MOST_ROWS:
        raise TooLarge("format.too_large", "rows", most=f"{MOST_ROWS:,}")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with _disk_errors(), xlsxwriter.Workbook(sink, options) as book:
        formats = {name: book.add_format({"num_format": name}) for name in (DAY, MOMENT)}
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet = book.add_worksheet("rows")
        keys = table.column_names  # a list that is made each time it is asked for
        titles = [column_title(it, name) for it in keys]
        sheet.write_row(0, 0, keys if raw else [it.said(language) for it in titles], bold)
        sheet.freeze_panes(1, 0)
        for n, field in enumerate(table.schema):
            sheet.set_column(n, n, 25 if pa.types.is_timestamp(field.type) else 16)
        for n, row in enumerate(_rows(table, raw), 1):
            for m, value in enumerate(row):
                _write(sheet, n, m, value, formats, keys[m])
        if table.num_rows:
            sheet.autofilter(0, 0, table.num_rows, max(table.num_columns - 1, 0))
        _about(book, bold, table.schema.metadata or {})
        columns = book.add_worksheet("columns")
        columns.write_row(0, 0, ("key", *LANGUAGES), bold)
        for n, (key, title) in enumerate(zip(keys, titles, strict=True), 1):
            columns.write_row(n, 0, (key, *title))


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    """Raises what the disk said, where the library that puts rows aside in files makes an error of its own of it."""
    from xlsxwriter.exceptions import FileCreateError

    try:
        yield
    except FileCreateError as error:
        raise OSError(str(error)) from error


def _rows(table: pa.Table, raw: bool) -> Iterator[tuple[Any, ...]]:
    for first in range(0, table.num_rows, SLICE):
        columns = [cells(column, raw=raw) for column in table.slice(first, SLICE).columns]
        yield from zip(*columns, strict=True)


def _about(book: Any, bold: Any, metadata: Mapping[bytes, bytes]) -> None:
    sheet = book.add_worksheet("about")
    sheet.write_row(0, 0, ("key", "value"), bold)
    for n, (name, value) in enumerate(metadata.items(), 1):
        sheet.write_string(n, 0, name.decode())
        sheet.write_string(n, 1, value.decode())


def _write(sheet: Any, n: int, m: int, value: Any, formats: Mapping[str, Any], name: str) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(n, m, value)
        case int() | float() | Decimal() if _exact(value):
            sheet.write_number(n, m, float(value))
        case datetime() if value.year >= FIRST_YEAR:
            sheet.write_datetime(n, m, value.astimezone(UTC).replace(tzinfo=None), formats[MOMENT])
        case date() if value.year >= FIRST_YEAR:
            sheet.write_datetime(n, m, value, formats[DAY])
        case _:
            text = _text(value)
            if len(text.encode("utf-16-le")) // 2 > MOST_CHARACTERS:
                raise TooLarge("format.too_large", "cell", column=name, row=n, most=f"{MOST_CHARACTERS:,}")
            sheet.write_string(n, m, text)


def _text(value: Any) -> str:
    tell: Callable[[], str] | None = getattr(value, "isoformat", None)
    return tell() if tell else str(value)


def _exact(value: float | Decimal) -> bool:
    """Whether a cell holds the number as it is: it has fifteen digits."""
    if not math.isfinite(value):
        return False
    return isinstance(value, float) or Decimal(format(float(value), ".15g")) == value
