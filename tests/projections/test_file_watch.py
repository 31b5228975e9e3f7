"""The watch of a mirror's file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from projections.mirror.file_watch import FileWatch


def test_a_database_beside_the_file_is_no_matter_of_its_watch(tmp_path: Path) -> None:
    path = tmp_path / "mirror.duckdb"
    with duckdb.connect(path) as mirror:
        mirror.execute("CREATE TABLE there AS SELECT 1; CHECKPOINT; ATTACH ':memory:' AS points")
        watch = FileWatch(path, mirror.cursor)
        watch.remember()
        assert not watch.touched()
