"""The fixtures of earlier releases, laid out where a test wants them."""

from __future__ import annotations

import io
import lzma
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import psycopg

HERE = Path(__file__).parent
FIRST = HERE / "a1bfad9"
"""Release 0.1.0."""
SECOND = HERE / "7153db0"
"""What 0.1.0 became before records were defended: a void by who had no right to it, a clock that had jumped."""

THIRD = HERE / "3590dbe"
"""The commit before views were set right: statuses, rates of the day alone, the country of the first partner alone."""

FOURTH = HERE / "e08d2ce"
"""The commit before the day counts on which a fact takes effect: until then it was the time for which it was told."""

FIFTH = HERE / "16307bc"
"""The commit before each clock of a case is told by itself: until then a calendar that ended took all of it away."""

SIXTH = HERE / "7d8dfe6"
"""The commit before what two tell of one thing counts once: a closure with two ratings, an activity with two days."""


@cache
def answers(release: Path = FIRST) -> Any:
    """What that release said: `sound`, and where its records hold each bad example."""
    return msgspec.json.decode(lzma.decompress((release / "answers.json.xz").read_bytes()))


def unfolded(name: str, into: Path, release: Path = FIRST) -> Path:
    """A data folder as that release left it."""
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress((release / f"{name}.tar.xz").read_bytes()))) as archive:
        archive.extractall(into, filter="data")
    return into


def restored(name: str, database: str, release: Path = FIRST) -> str:
    """A PostgreSQL database as that release left it."""
    dump = lzma.decompress((release / f"{name}.sql.xz").read_bytes()).decode()
    statements = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))
    with psycopg.connect(database, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'sagwan_writer'").fetchone():
            connection.execute("CREATE ROLE sagwan_writer NOLOGIN")
        connection.execute("GRANT sagwan_writer TO current_user")
        connection.execute(statements.encode())
    return database


def placed(kind: str, name: str, folder: Path, database: str | None, release: Path = FIRST) -> tuple[Path, str | None]:
    """A record of that release on `sqlite` or `postgres`: its data folder, and its database where it has one."""
    if kind == "sqlite":
        return unfolded(name, folder, release), None
    assert database is not None
    if name == "sound":
        unfolded("sound", folder, release)
        for file in folder.glob("journal.db*"):
            file.unlink()
    else:
        unfolded(f"{name}-postgres-folder", folder)
    return folder, restored(name, database, release)
