"""A published edition survives its formulas: whatever becomes of the SQL, it is shown as it was, and changes are told.

Each test changes the SQL of a copy of the project and runs its command line, as a later release would.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from projections.mirror import shared_sql
from tests.api.door import Door
from tests.before.records import answers, unfolded
from tests.before.test_before import until

ROOT = Path(__file__).parents[2]
MINUTES = "CREATE MACRO minutes(start, finish) AS (epoch_us(finish) - epoch_us(start)) / 60e6;"

Ask = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of the first release after a server of this one has opened it."""
    folder = unfolded("sound", tmp_path_factory.mktemp("record") / "data")
    door = Door(folder)
    until(lambda: len(door.engine.journal.entries.all_kept()) == 3)
    door.close()
    return folder


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A copy of the project, to be changed."""
    tree = tmp_path / "tree"
    for name in ("api", "domain", "journal", "projections", "replay"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "sagwan.py", tree)
    return tree


ALREADY = {
    name for name, digest in shared_sql.first_release().items() if shared_sql.digests_in_tree().get(name) != digest
}
"""What this release mended since the first."""


def mended_since(said: str) -> set[str]:
    """The names of the SQL that a reproduction says was mended, beside what already is."""
    told = re.search("SQL that was mended since: (.*)", said)
    return set(told[1].split(", ")) - ALREADY if told else set()


def asked(release: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sagwan", "edition", *map(str, words)]
    return subprocess.run(command, cwd=release, capture_output=True, text=True, timeout=120)


def mended(release: Path, old: str, new: str) -> None:
    path = release / "projections" / "macros.sql"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_it_is_shown_as_published_whatever_the_sql_says_now(record: Path, release: Path) -> None:
    mended(release, "/ 60e6;", "/ 61e6;")
    shown = asked(release, "show", "2025S1/1", "--json", "--data", record)
    assert shown.returncode == 0, shown.stderr
    was = answers()["sound"]["2025S1/1"]
    told = json.loads(shown.stdout)
    assert (told["digest"], told["content"]) == (was["digest"], was["content"])


def test_a_figure_that_changed_sql_makes_otherwise_is_named_with_the_sql(record: Path, release: Path) -> None:
    mended(release, "/ 60e6;", "/ 61e6;")
    said = asked(release, "reproduce", "2025S1/1", "--data", record)
    assert said.returncode == 1, said.stdout
    assert mended_since(said.stdout) == {"minutes"}
    assert "does not hold the text of then of minutes" in said.stdout
    figures = answers()["sound"]["2025S1/1"]["content"]["figures"]
    (whole,) = [it["value"] for it in figures if (it["indicator"], it["by"]) == ("HD-04", None)]
    assert f"HD-04: published {whole}, made " in said.stdout
    assert "HD-01" not in said.stdout, "what the SQL does not touch does not differ"


def test_a_text_of_before_that_was_put_aside_makes_it_again(record: Path, release: Path) -> None:
    mended(release, "/ 60e6;", "/ 61e6;")
    aside = release / "projections" / "superseded" / "minutes" / "1.sql"
    aside.parent.mkdir(parents=True)
    aside.write_text(f"-- As it was.\n{MINUTES}\n", encoding="utf-8")
    said = asked(release, "reproduce", "2025S1/1", "--data", record)
    assert (said.returncode, "reproduced" in said.stdout) == (0, True), said.stdout + said.stderr
    assert mended_since(said.stdout) == {"minutes"}
    assert "does not hold" not in said.stdout


@pytest.mark.parametrize("same", ["* 1 / 60e6;", "/ 30e6 / 2;"])
def test_changed_sql_with_equal_figures_is_told_and_no_failure(record: Path, release: Path, same: str) -> None:
    mended(release, MINUTES, MINUTES.replace("/ 60e6;", same))
    said = asked(release, "reproduce", "2025S1/2", "--data", record)
    assert said.returncode == 0, said.stdout + said.stderr
    assert mended_since(said.stdout) == {"minutes"}


def test_comments_and_white_space_are_no_change(record: Path, release: Path) -> None:
    mended(release, MINUTES, MINUTES.replace(" AS (", "\n  AS /* said otherwise */ ("))
    said = asked(release, "reproduce", "2025S1/2", "--data", record)
    assert (said.returncode, mended_since(said.stdout)) == (0, set()), said.stdout + said.stderr


def test_no_sql_of_the_first_release_is_lost() -> None:
    assert shared_sql.missing_texts(shared_sql.first_release()) == []
