"""The check of free text takes nothing in a million real cells for what it must refuse."""

from __future__ import annotations

import csv
import gzip
from datetime import date

import pytest

from domain.input_policy import free_text
from tests.real.test_imports import DATA

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here")


@pytest.mark.parametrize("written", [True, False], ids=["as sentences", "as keys"])
def test_no_cell_of_the_real_tables_is_refused(written):
    quick = free_text._IN_TEXT.search if written else lambda cell: free_text._suspicious(f"\n{cell}")
    cells: set[str] = set()
    for path in DATA.rglob("*.csv*"):
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig", newline="") as file:
            cells.update(cell for row in csv.reader(file) for cell in row if quick(cell))
    assert len(cells) > 10_000 * written
    assert [cell for cell in cells if free_text.broken_rule(cell, date(2026, 11, 24), written=written)] == []
