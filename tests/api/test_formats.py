"""Tables as JSON: what lies inside a cell is told as at the top."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pyarrow as pa

from api.formats import encoded
from projections.plain import rows

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
    first, second = rows(NESTED)
    assert first == {"at": AT, "key": {"until": AT, "fx": {"2025S1": 2}}, "times": [AT]}
    assert second == {"at": None, "key": {"until": None, "fx": {}}, "times": None}


def test_a_spreadsheet_has_them_as_json_text() -> None:
    told = encoded(NESTED.select(["key"]), "csv").decode("utf-8-sig").splitlines()[1]
    text = told[1:-1].replace('""', '"')
    assert msgspec.json.decode(text) == {"until": "2025-06-30T14:59:59Z", "fx": {"2025S1": 2}}
