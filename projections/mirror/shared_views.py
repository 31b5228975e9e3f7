"""Views that several figures build on, made once for a reading."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from projections.mirror.snapshot import Reading

SHARED = (
    "cut",
    "period",
    "case_topic",
    "case_absorbed",
    "case_calendar_bound",
    "open_hours",
    "case_calendar",
    "case_clock",
    "backlog",
    "project_slice",
    "project_credit",
    "verified_outputs",
    "krw_rate",
    "exchange_slice",
    "exchange_stay",
)


@contextlib.contextmanager
def materialized(reading: Reading) -> Iterator[None]:
    """Views that several indicators build on are made once: a temporary table of the same name stands before each, seen
    by this reading alone. Each is behind what it builds on."""
    there = {name for (name,) in reading.rows("SELECT view_name FROM duckdb_views() WHERE schema_name = 'main'")}
    try:
        for name in SHARED:
            if name in there:  # a mirror by texts of before has no others
                reading.rows(f"CREATE TEMP TABLE {name} AS FROM {name}")
        yield
    finally:
        for name in SHARED:
            reading.rows(f"DROP TABLE IF EXISTS temp.{name}")
