"""The empty mirror: the statements that make it, and the file that every other mirror starts as a copy of."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

import duckdb

from domain.redaction import sha256
from projections.mirror import public_views, schema, spill
from projections.mirror.settled_tables import settled_ddl
from projections.mirror.shared_sql import Digests

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "preserve_insertion_order": False,
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "allocator_background_threads": True,
    "memory_limit": f"{spill.memory_limit()}B",
    "max_temp_directory_size": spill.MOST,
    "default_block_size": 65_536,
    "disabled_optimizers": "common_subplan",
}
"""With these, no query makes the mirror's process read another file or the network, or fill memory or disk.

A plan that two parts of a query share gives wrong rows: of two conditions `EXISTS (FROM effective …)` in one query,
both are false while no entry was restated (decision 355).

Most of its 200 tables have few rows, and a column takes at least one block: with DuckDB's default block size, four
times this one, the file would be twice as large.
Memory that a query has freed goes back to the kernel in a second; without threads for it, only when others ask for it.
"""


def make(connection: duckdb.DuckDBPyConnection, statements: list[str], made_for: str) -> None:
    """Makes an empty mirror, all or nothing; one by earlier texts, without the views that those cannot support.

    Reading such a view then raises; no figure of that time needs one.
    """
    partly = statements is not statements_in_force()
    if not partly:
        connection.begin()
    for statement in statements:
        with contextlib.suppress(*(duckdb.CatalogException, duckdb.BinderException) if partly else ()):
            connection.execute(statement)
    connection.execute("INSERT INTO record.mirror VALUES (?, 0, '')", [made_for])
    if not partly:
        connection.commit()


@cache
def statements_in_force() -> list[str]:
    """The statements that make a mirror by the texts in force."""
    return mirror_statements({}, True)


def mirror_statements(wanted: Digests, keeps_settled: bool) -> list[str]:
    """The statements that make a mirror, with these macros and views in their earlier texts."""
    kept = settled_ddl() if keeps_settled else ()
    return [*schema.mirror_ddl(wanted), *public_views.views_ddl(), *kept]


_made: dict[str, bytes] = {}
MOST_MADE = 4
"""How many files are remembered, 2 MB each."""


def empty_file(made_for: str, statements: list[str]) -> bytes:
    """An empty mirror, to start every file from: making its views takes more than a second, copying does not.

    The one in force is cached next to this module's bytecode, where only those who may change the program can write.
    """
    if cached := _made.get(made_for) or _kept(made_for):
        return _remembered(made_for, cached)
    with tempfile.TemporaryDirectory(prefix="sagwan-") as folder:
        path = Path(folder) / "mirror.duckdb"
        with duckdb.connect(str(path), config=SETTINGS) as connection:
            make(connection, statements, made_for)
        made = _remembered(made_for, path.read_bytes())
    if statements is statements_in_force() and not sys.dont_write_bytecode:
        with contextlib.suppress(OSError):
            _keep(made, made_for)
    return made


def _remembered(made_for: str, file: bytes) -> bytes:
    _made.pop(made_for, None)
    _made[made_for] = file
    while len(_made) > MOST_MADE:
        _made.pop(next(iter(_made)), None)
    return file


def _place(made_for: str) -> Path:
    return Path(importlib.util.cache_from_source(__file__)).with_name(f"empty-{made_for}.duckdb")


def _kept(made_for: str) -> bytes | None:
    """The cached file, None if it is missing or incomplete."""
    try:
        digest, _, content = _place(made_for).read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if digest == sha256(content).encode() else None


def _keep(made: bytes, made_for: str) -> None:
    """Writes a file after its digest, and removes those of other versions."""
    place = _place(made_for)
    place.parent.mkdir(parents=True, exist_ok=True)
    for old in place.parent.glob("empty-*"):
        old.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix="empty-", delete=False) as file:
        file.write(sha256(made).encode() + b"\n" + made)
    shutil.copymode(__file__, file.name)
    Path(file.name).replace(place)
