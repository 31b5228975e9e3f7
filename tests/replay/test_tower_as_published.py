"""The view of all for who sees figures of persons as they were published: whether one attains its target."""

from __future__ import annotations

import pyarrow as pa
import pytest

from projections.mirror.control_tower import COMPARED, TOLD
from replay.editions.control_tower import released_tower
from replay.editions.period_figures import Figure
from replay.editions.published_figures import Released


@pytest.mark.parametrize(
    ("value", "target", "better", "attained"),
    [
        ("948.34", 900.0, "higher", True),
        ("3.99", 4.0, "higher", False),
        ("12", 12.0, "lower", True),
        ("12.5", 12.0, "lower", False),
        ("488", 500.0, "neither", None),
        ("948.34", None, "higher", None),
        (None, 900.0, "higher", None),
    ],
)
def test_a_figure_as_published_says_whether_it_attains_its_target(
    value: str | None, target: float | None, better: str, attained: bool | None
) -> None:
    row = {
        **dict.fromkeys((*TOLD, *COMPARED, "why")),
        **{"period": "2025S1", "level": "nation", "key": "KR", "code": "EX-01", "persons": True, "version": 3},
        **{"value": 1000.0, "evidence": 9, "missing": 0, "target": target, "better": better, "attained": True},
    }
    schema = pa.schema(
        {
            **{name: pa.string() for name in row},
            **{name: pa.float64() for name in ("value", "target")},
            **{name: pa.int64() for name in ("evidence", "missing", "version")},
            **{name: pa.bool_() for name in ("persons", "attained", "improved")},
        }
    )
    figure = Figure("EX-01", 3, None, None, value, 9, 0, withheld=value is None)
    table = pa.Table.from_pylist([row], schema=schema)
    (shown,) = released_tower(table, [Released("2025S1/1", "2025S1", [figure])], as_published=True).to_pylist()
    assert (shown["attained"], shown["value"]) == (attained, value and float(value))
