"""Mirrors without entries for tests, at the cost of copying a file."""

from __future__ import annotations

import atexit
import tempfile
from itertools import count
from pathlib import Path

from projections.mirror.figure_tables import MadeTables
from projections.mirror.mirror import Mirror
from projections.mirror.snapshot import Reading

_folder = tempfile.TemporaryDirectory(prefix="sagwan-mirrors-")
_numbers = count()
atexit.register(_folder.cleanup)


def empty(threads: int | None = None) -> Mirror:
    return Mirror(Path(_folder.name) / f"{next(_numbers)}.duckdb", threads=threads)


def reading(mirror: Mirror) -> Reading:
    """A reading of now that lasts as long as its mirror."""
    cursor = mirror.cursor()
    return Reading(cursor, mirror.position, None, None, None, MadeTables.own(cursor), mirror.irregular)
