"""Views, figures and evidence as spreadsheets, read by somebody else's hand."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from api.problems import as_problem
from replay.report.table_sheet import TooLarge, write_sheet
from replay.report.workbook import NoWriter
from tests.api.door import Door, opened
from tests.api.test_visibility import OTHER, filled
from tests.commands import command

NINE = datetime.fromisoformat("2025-03-03T09:00:00")
MARCH = datetime.fromisoformat("2025-03-01T00:00:00")
MOMENT = datetime.fromisoformat("2025-03-01T01:02:03.456")
FORMULA = '=HYPERLINK("http://x")'


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("sheets") / "data")
    filled(it)
    position = it.post(opened("case:formula", "formula", topic=FORMULA)).body["position"]
    assert any(it.get(f"/v1/views/hub_performance?after={position}").status == 200 for _ in range(9))
    yield it
    it.close()


def sheets(body: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(body))
    return {it.title: [tuple(cell.value for cell in row) for row in it.iter_rows()] for it in book}


def written(table: pa.Table, **more: Any) -> list[tuple[Any, ...]]:
    sink = io.BytesIO()
    write_sheet(table, sink, **more)
    return sheets(sink.getvalue())["rows"][1:]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/views/cases?",
        "/v1/views/projects?",
        "/v1/views/hub_performance?",
        "/v1/views/control_tower?limit=50&",
        "/v1/indicators/HD-01?by=hub,period&",
        "/v1/indicators/HD-01/evidence?fields=position,hub,occurred_at&",
        "/v1/indicators?",
    ],
)
def test_every_table_comes_as_a_spreadsheet(door: Door, path: str) -> None:
    answer = door.get(f"{path}format=xlsx", who=OTHER)
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    found = sheets(answer.raw)
    lines = door.get(f"{path}format=ndjson", who=OTHER).raw.splitlines()
    assert len(found["rows"]) == len(lines) + 1
    about = dict(found["about"])
    assert about["position"] == answer.headers["Sagwan-Position"]
    assert about.get("withheld") == answer.headers.get("Sagwan-Withheld")


def test_a_text_is_no_formula_there_unless_asked_for_raw(door: Door) -> None:
    path = "/v1/views/cases?where=stream=case:formula&fields=topic,opened_at&format=xlsx"
    for more, told in (("", f"'{FORMULA}"), ("&raw=true", FORMULA)):
        book = openpyxl.load_workbook(io.BytesIO(door.get(path + more).raw))
        topic, at = next(book["rows"].iter_rows(min_row=2))
        assert (topic.value, topic.data_type) == (told, "s")
        assert (at.value, at.number_format) == (NINE, 'yyyy-mm-dd"T"hh:mm:ss.000"Z"')


def test_what_a_cell_would_round_is_told_as_text_and_nothing_is_cut() -> None:
    table = pa.table(
        {
            "whole": pa.array([7, 2**60, None]),
            "money": pa.array([Decimal("1.250000000000"), Decimal("1234567890123456.123456789012"), None]),
            "share": pa.array([0.1, float("nan"), float("inf")]),
            "day": pa.array([date(2025, 3, 1), date(1899, 1, 1), None]),
            "at": pa.array([MOMENT, datetime(1800, 1, 1, tzinfo=UTC), None], pa.timestamp("us")),
            "yes": pa.array([True, False, None]),
            "nested": pa.array([["a", "=b"], [], None]),
        }
    )
    first, second, third = written(table)
    assert first == (7, 1.25, 0.1, MARCH, MOMENT, True, '["a","=b"]')
    assert second == (
        *(str(2**60), "1234567890123456.123456789012", "nan", "1899-01-01"),
        *("1800-01-01T00:00:00+00:00", False, "[]"),
    )
    assert third == (None, None, "inf", None, None, None, None)
    with pytest.raises(TooLarge, match="words has a text longer"):
        written(pa.table({"words": ["x" * 40_000]}))
    with pytest.raises(TooLarge, match="1,048,575 rows"):
        written(pa.table({"n": pa.array(range(1_048_576))}))


def test_columns_of_one_title_are_told_apart_by_their_keys() -> None:
    sink = io.BytesIO()
    write_sheet(pa.table({"hub": ["EU-BER"], "HUB": ["AS-SIN"], "거점센터": ["AM-SVL"]}), sink, "ko")
    assert sheets(sink.getvalue())["rows"] == [
        ("거점센터 (hub)", "HUB", "거점센터 (거점센터)"),
        ("EU-BER", "AS-SIN", "AM-SVL"),
    ]


def test_a_sheet_without_rows_still_names_its_columns() -> None:
    sink = io.BytesIO()
    write_sheet(pa.table({"hub": pa.array([], pa.string())}, metadata={"withheld": "3"}), sink)
    found = sheets(sink.getvalue())
    assert found == {
        "rows": [("hub",)],
        "about": [("key", "value"), ("withheld", "3")],
        "columns": [("key", "ko", "en"), ("hub", "거점센터", "hub")],
    }


def test_a_text_that_is_too_long_for_a_cell_is_refused_with_the_way_out(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("replay.report.table_sheet.MOST_CHARACTERS", 3)
    answer = door.get("/v1/views/cases?format=xlsx")
    assert (answer.status, answer.body["code"]) == (422, "format.too_large")
    assert "fields=" in answer.body["detail"]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rustpy_xlsxwriter", None)
    with pytest.raises(NoWriter, match="sagwan\\[report\\]") as refused:
        write_sheet(pa.table({"n": [1]}), io.BytesIO())
    assert as_problem(refused.value).status == 501


def test_a_command_writes_one_too(door: Door, tmp_path: Any) -> None:
    file = tmp_path / "cases.xlsx"
    done = command("query", "cases", "-o", file, "--url", door.url, "--token", door.tokens["auditor"])
    assert done.returncode == 0, done.output
    assert len(sheets(file.read_bytes())["rows"]) > 1


class FullDisk(io.BytesIO):
    """Takes the first bytes, until there is room again."""

    full = True

    def write(self, data: Any) -> int:
        if self.full and self.tell() + len(data) > 500:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


def test_a_disk_without_room_for_a_sheet_is_told_as_one() -> None:
    sink = FullDisk()
    with pytest.raises(OSError, match="No space left") as full:
        write_sheet(pa.table({"n": range(5_000)}), sink)
    assert (as_problem(full.value).status, as_problem(full.value).code) == (507, "record.disk_full")
    sink.full = False
    del full
    gc.collect()  # what the library does not give up is put there at last
