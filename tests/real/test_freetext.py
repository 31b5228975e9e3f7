"""The check of free text takes nothing in a million real cells for what it must refuse."""

from __future__ import annotations

import csv
import gzip
from datetime import date

import pytest

from domain.input_policy import free_text
from tests.real.test_imports import DATA

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here")


@pytest.fixture(scope="module")
def cells() -> set[str]:
    """Every text that stands in a cell, once however often it does."""
    found: set[str] = set()
    for path in DATA.rglob("*.csv*"):
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                found.update(row)
    return found


@pytest.mark.parametrize("written", [True, False], ids=["as sentences", "as keys"])
def test_no_cell_of_the_real_tables_is_refused(cells: set[str], written: bool) -> None:
    quick = free_text._IN_TEXT.search if written else lambda cell: free_text._suspicious(f"\n{cell}")
    looked_at = [cell for cell in cells if quick(cell)]
    assert len(looked_at) > 10_000 * written
    assert [it for it in looked_at if free_text.broken_rule(it, date(2026, 11, 24), written=written)] == []
