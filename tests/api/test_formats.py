"""Tables in every format: what lies inside a cell is told as at the top, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.formats import encode_table
from projections.plain import json_rows

AT = datetime(2025, 6, 30, 14, 59, 59, tzinfo=UTC)
NAIVE = AT.replace(tzinfo=None)
STRUCT = pa.struct([("until", pa.timestamp("us")), ("fx", pa.map_(pa.string(), pa.int64()))])
NESTED = pa.table(
    {
        "at": pa.array([NAIVE, None], pa.timestamp("us")),
        "key": pa.array([{"until": NAIVE, "fx": [("2025S1", 2)]}, {"until": None, "fx": []}], STRUCT),
        "times": pa.array([[NAIVE], None], pa.list_(pa.timestamp("us"))),
    }
)


def test_moments_say_that_they_are_utc_and_maps_are_objects_however_deep() -> None:
    first, second = json_rows(NESTED)
    assert first == {"at": AT, "key": {"until": AT, "fx": {"2025S1": 2}}, "times": [AT]}
    assert second == {"at": None, "key": {"until": None, "fx": {}}, "times": None}


def test_an_amount_that_is_nothing_is_a_zero_in_json() -> None:
    amounts = pa.array([Decimal(0), None, Decimal("12.5")], pa.decimal128(38, 12))
    money = pa.array([{"amount": Decimal(0)}, None, {"amount": Decimal(1)}], pa.struct([("amount", amounts.type)]))
    told = msgspec.json.decode(encode_table(pa.table({"amount": amounts, "money": money}), "json"))
    assert [row["amount"] for row in told] == ["0", None, "12.500000000000"]
    assert told[0]["money"] == {"amount": "0"}


def test_a_spreadsheet_has_them_as_json_text() -> None:
    told = encode_table(NESTED.select(["key"]), "csv").decode("utf-8-sig").splitlines()[1]
    text = told[1:-1].replace('""', '"')
    assert msgspec.json.decode(text) == {"until": "2025-06-30T14:59:59Z", "fx": {"2025S1": 2}}


def cells(table: pa.Table, *, raw: bool = False) -> list[list[str]]:
    return [*csv.reader(io.StringIO(encode_table(table, "csv", raw=raw).decode("utf-8-sig"), newline=""))][1:]


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+82 2 123", "-5", "@SUM(A1)", "\t=1", "\tx", "\rx", "\nx", '=HYPERLINK("http://x";"열기")'),
        *(" =1", '"=1"', "\u3000=1", "\u00a0-1", "\u200b@x", "\ufeff=1", "＝1+1", "＋1", "－1", "＠x", "'=1", "'tis"),
    ],
)
def test_a_text_that_a_spreadsheet_would_calculate_has_an_apostrophe_before_it(text: str) -> None:
    table = pa.table({"told": [text], "as_list": [[text]]})
    assert cells(table)[0][0] == f"'{text}"
    assert cells(table, raw=True)[0][0] == text
    assert cells(table.select(["told"]).cast(pa.schema([("told", pa.large_string())])))[0] == [f"'{text}"]
    encoded_as_words = pa.table({"told": pa.array([text]).dictionary_encode()})
    assert cells(encoded_as_words) == [[f"'{text}"]]
    assert encode_table(table.select(["told"]), "json") == msgspec.json.encode([{"told": text}])


@pytest.mark.parametrize("text", ["a=b", "비자", "2025-03-03", "1-2", "", "x@example.kr", "(=1)"])
def test_another_text_stays_as_it_is(text: str) -> None:
    assert cells(pa.table({"told": [text]})) == [[text]]


def test_numbers_days_and_what_is_missing_are_never_touched() -> None:
    numbers = pa.table({"a": [-5], "b": [-1.5], "c": [Decimal("-2.50")], "d": pa.array([None], pa.string())})
    assert cells(numbers) == [["-5", "-1.5", "-2.50", ""]]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_without_its_first_apostrophe_a_text_is_what_it_was(text: str) -> None:
    ((cell,),) = cells(pa.table({"told": [text]})) or [[""]]
    assert cell.removeprefix("'") == text
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_moments_in_csv_parquet_and_arrow_say_that_they_are_utc() -> None:
    told = cells(NESTED)
    assert told[0][0] == "2025-06-30T14:59:59.000000Z"
    assert msgspec.json.decode(told[0][2]) == ["2025-06-30T14:59:59Z"]
    for table in (
        pa.parquet.read_table(io.BytesIO(encode_table(NESTED, "parquet"))),
        pa.ipc.open_stream(encode_table(NESTED, "arrow")).read_all(),
    ):
        assert table.schema.field("at").type == pa.timestamp("us", "UTC")
        assert table["at"].to_pylist() == [AT, None]
        assert table["key"].to_pylist()[0]["until"] == AT
        assert table["times"].to_pylist() == [[AT], None]
