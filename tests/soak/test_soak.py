"""Two minutes of `python -m tests.soak`, one on each database: `pytest -m soak`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.test_away import Postgres
from tests.soak.soaked import soaked

SECONDS, SEED = 60.0, 11


@pytest.fixture
def postgres_of_its_own() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="sagwan-postgres-", ignore_cleanup_errors=True) as folder:
        it = Postgres(Path(folder))
        yield it
        it.server.cleanup()


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_minute_of_a_bad_day_loses_nothing_and_ends_well(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("postgres_of_its_own") if kind == "postgres" else None
    it = soaked(tmp_path, SECONDS, database, SEED, print)
    assert it.faults == []
    assert it.tally.server.kills > 0
    assert it.tally.repeated > 0
    told = {"clock.jumped", "record.unavailable" if database else "record.disk_full"}
    assert told <= {reason.partition(" ")[2] for reason in it.tally.reasons}
    assert len(it.acknowledged.positions) > 500
