"""A file is read strictly: no row is lost, merged or guessed without a word, and no word repeats a cell."""

from __future__ import annotations

import csv
import gzip
import io
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from api.hub import sheet
from api.hub.client import ImportAccount, dry_run, import_report
from api.hub.mapping import FileForm, MappingError
from api.hub.row_reader import column_letters
from api.hub.sheet import NotCsv, Sheet, SheetRow, sheet_rows

QUIET = Console(quiet=True)
MAPPING = """
[file]
{file}
[time]
column = "일시"
zone = "Asia/Seoul"
[event]
source = "hub:EU-BRU/desk"
subject = "case:{{번호}}"
id = "{{번호}}/{{fact type}}"
[[fact]]
type = "case.opened"
data.topic = "내용"
"""
HEADER = "번호,일시,내용\n"


def row(n: int, text: str = "visa") -> str:
    return f"K-{n},2025-03-03 09:00,{text}\n"


def read(folder: Path, content: str | bytes, file: str = "") -> ImportAccount:
    (folder / "map.toml").write_text(MAPPING.format(file=file), encoding="utf-8")
    (folder / "cases.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return dry_run(folder / "cases.csv", folder / "map.toml", console=QUIET)


def stated(folder: Path, content: str | bytes, file: str = "") -> list[tuple[str, str]]:
    assert read(folder, content, file).refused == []
    _, rows = Sheet(folder / "cases.csv", folder / "map.toml").stated({})
    return [(event.subject, event.data["topic"]) for it in rows for event in it.events]


FORTY = [row(n) for n in range(1, 41)]


@pytest.mark.parametrize(
    ("line", "text", "says"),
    [
        (3, '"visa', "row 4, column no. 3: a quote opens a cell and never closes"),
        (40, '"visa', "row 41, column no. 3: a quote opens a cell and never closes"),
        (3, '"홍길동" 님', "row 4, column no. 3: text follows the quote that closes"),
        (1, '"a"b"', "row 2, column no. 3: text follows the quote that closes"),
    ],
)
def test_a_quote_that_never_closes_stops_the_import_with_row_and_column(tmp_path, line, text, says):
    rows = [*FORTY[: line - 1], row(line, text), *FORTY[line:]]
    with pytest.raises(ValueError, match=says) as error:
        read(tmp_path, HEADER + "".join(rows))
    assert "홍길동" not in str(error.value)


@pytest.mark.parametrize("closing", ['visa"', 'a "b" c"'])
def test_a_quote_that_a_later_stray_one_closes_swallows_no_rows_either(tmp_path, closing):
    rows = [*FORTY[:2], row(3, '"visa'), *FORTY[3:29], row(30, closing), *FORTY[30:]]
    with pytest.raises(ValueError, match="row 4"):
        read(tmp_path, HEADER + "".join(rows))


def test_a_quote_that_swallows_the_next_row_alone_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"row 3.*line 2 of them is a row of its own"):
        read(tmp_path, HEADER + row(1) + 'K-2,2025-03-03,"a\n' + 'K-3,2025-03-03,b"\n' + row(4))


def test_cells_may_hold_lines_quotes_and_delimiters_where_they_are_quoted(tmp_path):
    text = '"Dear Sir, or Madam,\n\nplease, on 2025-03-03, ""help""\nyours, A, B"'
    mapping = MAPPING.replace("case.opened", "case.resolved").replace("data.topic", "data.resolution")
    (tmp_path / "map.toml").write_text(mapping.format(file=""), encoding="utf-8")
    (tmp_path / "cases.csv").write_text(HEADER + row(1, text) + row(2), encoding="utf-8")
    assert dry_run(tmp_path / "cases.csv", tmp_path / "map.toml", console=QUIET).refused == []
    _, rows = Sheet(tmp_path / "cases.csv", tmp_path / "map.toml").stated({})
    assert [(event.subject, event.data["resolution"]) for it in rows for event in it.events] == [
        ("case:K-1", 'Dear Sir, or Madam,\n\nplease, on 2025-03-03, "help"\nyours, A, B'),
        ("case:K-2", "visa"),
    ]


CELLS = st.text(st.sampled_from('ab ,";'), max_size=5)
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6)


@given(TABLES, st.data())
def test_a_table_reads_as_it_was_written_and_with_a_quote_less_or_more_never_loses_a_row_silently(table, data):
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(table)
    text, form = buffer.getvalue(), FileForm()

    def rows(text: str) -> list[SheetRow]:
        return list(sheet_rows(io.StringIO(text, newline=""), form, lambda cells: len(cells) == 3))

    assert rows(text) == [SheetRow(it, None) for it in table]
    place = data.draw(st.integers(0, len(text)))
    spoiled = text[:place] + text[place + 1 :] if text[place : place + 1] == '"' else text[:place] + '"' + text[place:]
    try:
        read = rows(spoiled)
    except NotCsv:
        return
    assert len(read) == len(table) or any(it.stray is not None or len(it.cells) != 3 for it in read)


@pytest.mark.parametrize("text", ['5" disk', 'visa"', 'a "b" c'])
def test_a_quote_inside_an_unquoted_cell_is_told_by_row_and_column_and_the_others_are_read(tmp_path, text):
    account = read(tmp_path, HEADER + row(1) + row(2, text) + row(3))
    assert [(it.row, "column 내용" in it.reason, "quote" in it.reason) for it in account.refused] == [(3, True, True)]
    assert (account.rows, account.facts) == (3, 3)
    assert stated(tmp_path, HEADER + row(2, text), 'quote = ""') == [("case:K-2", text)]


@pytest.mark.parametrize(
    ("text", "column"), [("K-2,2025-03-03\n", "내용"), ("K-2,2025-03-03,a,b\n", "no. 4"), ("K-2\n", "일시")]
)
def test_a_row_of_another_width_is_told_by_row_and_column(tmp_path, text, column):
    account = read(tmp_path, HEADER + row(1) + text + row(3))
    assert [(it.row, f"column {column}:" in it.reason) for it in account.refused] == [(3, True)]


def test_empty_rows_are_counted_and_empty_columns_at_the_end_do_no_harm(tmp_path):
    content = "번호,일시,내용,,\n" + "K-1,2025-03-03,a,,\n" + ",,,,\n" + "\n" + "K-2,2025-03-03,b,,,,\n"
    account = read(tmp_path, content)
    assert (account.rows, account.used, account.filtered, account.refused) == (4, 2, {"empty": 2}, [])


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-8-sig", 'encoding = "utf-8"'), ("cp949", 'encoding = "cp949"'),
     ("utf-16", 'encoding = "utf-16"')],
)  # fmt: skip
def test_files_are_read_in_their_encoding_with_or_without_a_mark(tmp_path, encoding, declared):
    assert stated(tmp_path, (HEADER + row(1, "비자")).encode(encoding), declared) == [("case:K-1", "비자")]


@pytest.mark.parametrize(
    ("encoding", "declared", "says"),
    [
        ("cp949", "", 'in line 1.*encoding = "cp949"'),
        ("utf-16", "", 'encoding = "utf-16"'),
        ("utf-16", 'encoding = "cp949"', 'encoding = "utf-16"'),
        ("utf-8-sig", 'encoding = "cp949"', 'encoding = "utf-8"'),
    ],
)
def test_a_file_in_another_encoding_names_the_one_to_write(tmp_path, encoding, declared, says):
    with pytest.raises(ValueError, match=says):
        read(tmp_path, (HEADER + row(1, "비자")).encode(encoding), declared)


@pytest.mark.parametrize("encoding", ["hangul", "hex", "rot13"])
def test_an_encoding_that_is_none_of_text_is_named(tmp_path, encoding):
    with pytest.raises(MappingError, match="encoding"):
        read(tmp_path, HEADER, f'encoding = "{encoding}"')


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("김철수,2025-03-03,010-1234-5678\n", "look at delimiter"),
        ("2025년 접수 대장,,\n,,\n" + HEADER + row(1), "row 3 does: write header = 3"),
        (HEADER.replace(",", ";") + row(1).replace(",", ";"), 'write delimiter = ";"'),
        (HEADER.replace(",", "\t") + row(1).replace(",", "\t"), r'write delimiter = "\\t"'),
        ("", "look at delimiter"),
    ],
)
def test_a_header_that_is_elsewhere_is_found_and_one_that_is_none_is_not_shown(tmp_path, content, says):
    with pytest.raises(MappingError, match=says) as error:
        read(tmp_path, content)
    assert "김철수" not in str(error.value)


def test_rows_are_numbered_from_the_top_of_the_file_where_the_header_is_not_the_first(tmp_path):
    account = read(tmp_path, "접수 대장\n(2025)\n" + HEADER + row(1) + "K-2,yesterday,a\n", "header = 3")
    assert [it.row for it in account.refused] == [5]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_header_cells_and_mapping_mean_the_same_in_either_form_of_unicode(tmp_path, form):
    mapping = MAPPING.format(file='activity = "내용"').replace("data.topic", 'activity = "비자"\ndata.topic')
    (tmp_path / "map.toml").write_text(unicodedata.normalize("NFD", mapping), encoding="utf-8")
    content = unicodedata.normalize(form, HEADER + row(1, "비자"))
    (tmp_path / "cases.csv").write_text(content, encoding="utf-8")
    _, rows = Sheet(tmp_path / "cases.csv", tmp_path / "map.toml").stated({})
    assert [event.data["topic"] for it in rows for event in it.events] == ["비자"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_digest_of_a_row_is_that_of_its_nfc(tmp_path, form):
    mapping = MAPPING.format(file="").replace('id = "{번호}', 'id = "{whole row}')
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "cases.csv").write_text(unicodedata.normalize(form, HEADER + row(1, "비자")), encoding="utf-8")
    _, rows = Sheet(tmp_path / "cases.csv", tmp_path / "map.toml").stated({})
    ((id_,),) = [[event.id for event in it.events] for it in rows]
    assert id_ == "8c83135bb1a85678666b0125db6113d4/case.opened"


def test_a_reader_of_korean_is_told_row_and_column_as_the_spreadsheet_calls_them(tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    account = read(tmp_path, HEADER + row(1) + row(2, "") + "K-3,soon,visa\n")
    assert [(it.row, it.reason) for it in account.refused] == [
        (3, "C열 '내용': 값이 비어 있음"),
        (4, "B열 '일시': 매핑에 적은 형식의 시각으로 읽히지 않음"),
    ]
    shown = io.StringIO()
    Console(file=shown, width=200).print(import_report(account))
    told = shown.getvalue()
    assert "3행 C열 '내용': 값이 비어 있음 (case.opened)" in told
    assert "읽은 행" in told


def test_a_cell_that_lacks_is_told_as_empty(tmp_path):
    (refused,) = read(tmp_path, HEADER + row(1) + row(2, "")).refused
    assert (refused.row, refused.reason) == (3, "column 내용: it is empty")
    assert [column_letters(it) for it in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def packed(folder: Path, content: bytes) -> str:
    """What is said of a table that came as these packed bytes."""
    (folder / "map.toml").write_text(MAPPING.format(file=""), encoding="utf-8")
    (folder / "cases.csv.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"\S") as told:
        dry_run(folder / "cases.csv.gz", folder / "map.toml", console=QUIET)
    return str(told.value)


def test_a_line_without_an_end_is_told_and_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "_LONGEST", 10_000)
    for line in (b"a" * 1_000_000, b'"' + b"a" * 1_000_000, b"\xff" * 1_000_000):
        told = packed(tmp_path, gzip.compress((HEADER + row(1)).encode() + line))
        assert "line 3" in told, told


def test_packed_bytes_that_break_anywhere_are_told(tmp_path: Path) -> None:
    whole, dice = gzip.compress((HEADER + "".join(FORTY)).encode()), random.Random(3)
    for _ in range(60):
        spoilt = bytearray(whole)
        spoilt[dice.randrange(20, len(whole) - 8)] ^= 1 << dice.randrange(8)
        packed(tmp_path, bytes(spoilt))


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_the_file_of_a_spreadsheet_program_is_told_to_be_one(tmp_path: Path, start: bytes) -> None:
    with pytest.raises(ValueError, match="save it there as CSV"):
        read(tmp_path, start + b"\0" * 100)
