"""What a command imports: who only asks for the version, or posts from a laptop, does not wait for DuckDB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sagwan

LARGE = ("aiohttp", "cryptography", "domain.registry", "duckdb", "eventsourcing", "jinja2", "projections", "pyarrow")

IMPORTED = f"""
import sys
import sagwan
try:
    sagwan.main()
finally:
    print(*(it for it in {LARGE} if it in sys.modules), file=sys.stderr)
"""


def imported(*words: str) -> set[str]:
    """Which of what takes long to import a command imports."""
    command = [sys.executable, "-c", IMPORTED, *words]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=True)
    return {*done.stderr.split()}


@pytest.mark.parametrize("words", ["--version", "--help", "post --help", "import --help"])
def test_what_is_said_without_a_record_imports_nothing_that_reads_one(words: str) -> None:
    assert imported(*words.split()) == set()


@pytest.mark.parametrize("group", ["token", "witness", "person"])
def test_keys_and_tokens_need_no_tables(group: str) -> None:
    assert imported(group, "--help").isdisjoint({"aiohttp", "duckdb", "jinja2", "projections"})


def test_a_folder_is_served_by_all_of_it() -> None:
    assert imported("serve", "--help") >= {*LARGE} - {"jinja2"}


@pytest.mark.parametrize("name", sagwan.COMMANDS)
def test_the_list_of_commands_says_of_each_what_its_own_help_begins_with(name: str) -> None:
    own = " ".join((sagwan.loaded(name).help or "").split("\n\n")[0].split())
    assert own == sagwan.COMMANDS[name][1]
