"""The rows of a file, read strictly: what does not read as CSV (RFC 4180) is reported by row and column, never guessed.

Every text comes in NFC, so that a sheet saved on another system reads the same.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import gzip
import io
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from api.hub.mapping import FileForm, Mapping, MappingError
from api.hub.row_reader import Cells, column_letters
from api.hub.rows import MappedRow, MappedTable, UnstatedFact
from api.hub.statement import Survey
from domain.messages import Invalid, of_library, reason, sentence
from domain.phrase import Phrase

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How spreadsheets (XLSX, ODS, XLS) begin."""
_LONGEST = 16 * 1024 * 1024
"""The longest cell, and the longest line: one that is packed small may be endless."""
_SOUGHT = 10
"""Rows in which a header is looked for, to say where it is; none but the one that the mapping names is taken for it."""


class SheetRow(NamedTuple):
    """A row of the file; `stray` is the place of the first cell with a quote that opens nothing."""

    cells: list[str]
    stray: int | None


class Sheet:
    """A table in a file under a mapping. Raises MappingError, and ValueError for a file that cannot be read."""

    def __init__(self, path: Path, mapping: Path) -> None:
        checked = Mapping(mapping.read_text(encoding="utf-8"))
        self._path, self._form = path, checked.form.file
        csv.field_size_limit(_LONGEST)
        with self._opened() as lines:
            found = [it.cells for it in islice(sheet_rows(lines, self._form), max(_SOUGHT, self._form.header))]
        self._header = _header(found, checked)
        self.table = MappedTable(checked, self._header)

    def people(self) -> list[str]:
        """What the table calls people, where its facts are about them."""
        if not self.table.names_people:
            return []
        with self._rows() as rows:
            return self.table.people(map(_sound, rows))

    def stated(self, pseudonyms: dict[str, str]) -> tuple[Survey, Iterator[MappedRow]]:
        """A survey of the table, and what each of its rows states."""
        self.table.know(pseudonyms)
        with self._rows() as rows:
            seen = self.table.survey(map(_sound, rows))
        return seen, self._stated(seen)

    def _stated(self, seen: Survey) -> Iterator[MappedRow]:
        now = datetime.now(UTC)
        with self._rows() as rows:
            for number, it in enumerate(rows, self._form.header + 1):
                if it.stray is None:
                    yield self.table.read(number, it.cells, seen, now)
                else:
                    column = self._header[it.stray] if it.stray < len(self._header) else f"no. {it.stray + 1}"
                    why, letters = sentence("row", "stray_quote"), column_letters(it.stray)
                    yield MappedRow(number, flaws=(UnstatedFact(number, column, "", why, letters),))

    @contextlib.contextmanager
    def _rows(self) -> Iterator[Iterator[SheetRow]]:
        """The rows under the header. Raises ValueError."""
        with self._opened() as lines:
            yield islice(sheet_rows(lines, self._form, self.table.reads_as_row), self._form.header, None)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Iterator[str]]:
        """Its lines. Raises ValueError."""
        encoding = self._form.encoding
        try:
            with _raw(self._path) as raw:
                start = raw.peek(4)
                if start.startswith(_BOOKS):
                    raise Invalid("csv.book", path=self._path)
                for mark, name in _MARKS:
                    if start.startswith(mark) and not encoding.lower().startswith(name):
                        raise Invalid("csv.mark", path=self._path, name=name, encoding=encoding)
                plain = codecs.lookup(encoding).name == "utf-8"
                yield _lines(io.TextIOWrapper(raw, encoding="utf-8-sig" if plain else encoding, newline=""))
        except UnicodeDecodeError as error:
            other = "cp949" if codecs.lookup(encoding).name.startswith("utf") else "utf-8"
            line, facts = self._undecodable(encoding), {"path": self._path, "encoding": encoding, "other": other}
            because = of_library(error.reason)
            if line is None:
                raise Invalid("csv.bytes", because=because, **facts) from None
            raise Invalid("csv.bytes_line", because=because, line=line, **facts) from None
        except NotCsv as error:
            raise Invalid("csv.none", path=self._path, because=error.phrase) from None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Invalid("csv.end", path=self._path, because=reason(error)) from None

    def _undecodable(self, encoding: str) -> int | None:
        """In which line it is, where lines can be found before they are decoded."""
        if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
            return None
        with _raw(self._path) as raw:
            for number, line in enumerate(iter(lambda: raw.readline(_LONGEST), b""), 1):
                try:
                    line.decode(encoding)
                except UnicodeDecodeError:
                    return number
        return None


class NotCsv(Invalid):
    """The file is no CSV from some row on: where one row ends and the next begins is unknown."""


def _lines(file: io.TextIOWrapper) -> Iterator[str]:
    """Raises NotCsv for a line that is longer than any."""
    for number, line in enumerate(iter(lambda: file.readline(_LONGEST), ""), 1):
        if len(line) == _LONGEST:
            raise NotCsv("csv.long", row=number, most=_LONGEST)
        yield line


def sheet_rows(
    file: Iterable[str], form: FileForm, reads_as_row: Callable[[Cells], bool] = lambda _: False
) -> Iterator[SheetRow]:
    """Every row, the header and empty ones included. Raises NotCsv.

    A quote that never closes swallows rows, and so does one that another stray quote closes: a cell is not taken
    for one when a line of it `reads_as_row`.
    """
    lines: list[str] = []
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE
    reader = csv.reader(_kept(file, lines), delimiter=form.delimiter, quoting=quoting, strict=True)
    cell = rf'(?:"[^"]*(?:""[^"]*)*"|[^"{re.escape(form.delimiter)}\r\n]*)'
    sound = re.compile(rf"{cell}(?:{re.escape(form.delimiter)}{cell})*[\r\n]*")
    number = 0
    while True:
        lines.clear()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            place, what = _fault("".join(lines), form.delimiter)
            because = what or reason(error)
            raise NotCsv("csv.fault", row=number, column=place + 1, because=because) from None
        stray = None
        if form.quote and any('"' in line for line in lines):
            if len(lines) > 1 and (swallowed := _swallowed(lines[1:], form, reads_as_row)):
                raise NotCsv("csv.swallowed", row=number, lines=len(lines), line=swallowed + 1)
            if not sound.fullmatch("".join(lines)):
                stray, _ = _fault("".join(lines), form.delimiter)
        if not all(map(str.isascii, lines)):
            cells = [unicodedata.normalize("NFC", it) for it in cells]
        yield SheetRow(cells, stray)


def _kept(file: Iterable[str], lines: list[str]) -> Iterator[str]:
    """The lines of a file, which stay in `lines` until somebody clears it."""
    for line in file:
        lines.append(line)
        yield line


def _swallowed(lines: list[str], form: FileForm, reads_as_row: Callable[[Cells], bool]) -> int:
    """Which of these lines reads as a row of its own, the first being 1; 0 where none does."""
    read = csv.reader(lines, delimiter=form.delimiter, quoting=csv.QUOTE_NONE)
    return next((n for n, cells in enumerate(read, 1) if reads_as_row([it.strip('"') for it in cells])), 0)


def _fault(row: str, delimiter: str) -> tuple[int, Phrase | None]:
    """Which cell of a row is against RFC 4180, and why; None where no reason is found."""
    cell = re.compile(rf'(?:"(?P<quoted>[^"]*(?:""[^"]*)*)(?P<end>"?)|[^"{re.escape(delimiter)}\r\n]*)')
    at = place = 0
    while found := cell.match(row, at):
        at = found.end()
        if found["quoted"] is not None and not found["end"]:
            return place, sentence("csv.open")
        if at < len(row) and row[at] not in f"{delimiter}\r\n":
            return place, sentence("row", "stray_quote") if found["quoted"] is None else sentence("csv.after")
        if at >= len(row) or row[at] != delimiter:
            break
        at, place = at + 1, place + 1
    return place, None


def _header(found: list[list[str]], mapping: Mapping) -> list[str]:
    """The row that names the columns. Raises MappingError, without a cell in it, where it names none of them."""
    form = mapping.form.file
    header = [it.strip() for it in found[form.header - 1]] if form.header <= len(found) else []
    # `v#2` is the second column called `v`.
    if {*mapping.named, *(it.rpartition("#")[0] for it in mapping.named)} & {*filter(None, header)}:
        return header
    where = "[file] header"
    for number, cells in enumerate(found, 1):
        if any(it.strip() in mapping.named for it in cells):
            raise MappingError(where, "header_elsewhere", row=form.header, other=number)
    if len(header) == 1 and (other := next((it for it in ";\t|," if it != form.delimiter and it in header[0]), None)):
        shown = "\\t" if other == "\t" else other
        raise MappingError("[file] delimiter", "one_cell", row=form.header, delimiter=shown)
    raise MappingError(where, "header", row=form.header)


def _sound(record: SheetRow) -> Cells:
    return record.cells if record.stray is None else []


def _raw(path: Path) -> io.BufferedReader:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
