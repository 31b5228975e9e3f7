"""What commands say in Korean has no English sentence in it: results, refusals, mistakes of tables and mappings."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sagwan

ROOT = Path(__file__).parents[2]
QUOTED = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"")
SENTENCE = re.compile(r"[A-Za-z][a-z']+(?: [A-Za-z]?[a-z']+){2,}")
"""Three words of Latin letters with spaces between: codes, keys and paths have none."""
ROW = ("│", "┡", "├", "└")
"""Rows of a table hold what was recorded."""
ASKED_ELSEWHERE = {"demo", "serve", "indicator"}
"""A demo tells a year (tests/test_sagwan.py); what a server says when it starts is in tests/test_start.py."""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("korean")
    words = [sys.executable, "-m", "tests.surface.korean", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def lines(said: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for command, answer in said.items():
        for line in (*answer["out"], *answer["err"]):
            if not line.startswith(ROW):
                yield command, QUOTED.sub("", line)


def test_no_line_has_an_english_sentence(said: dict[str, dict[str, Any]]) -> None:
    assert [it for it in lines(said) if SENTENCE.search(it[1])] == []


def test_every_command_is_among_those_asked(said: dict[str, dict[str, Any]]) -> None:
    assert {it.split()[1] for it in said} | ASKED_ELSEWHERE == {*sagwan.COMMANDS}


def test_results_and_mistakes_are_told_in_korean(said: dict[str, dict[str, Any]]) -> None:
    told = {command: "\n".join((*it["out"], *it["err"])) for command, it in said.items()}
    dry = told["sagwan import FOLDER/table.csv --mapping FOLDER/map.toml --dry-run"]
    assert "3행 B열 '일시': 매핑에 적은 형식의 시각으로 읽히지 않음 (case.opened)" in dry
    assert "4행 C열 '분야': 값이 비어 있음 (case.opened)" in dry
    wrong = told["sagwan import FOLDER/table.csv --mapping FOLDER/wrong.toml"]
    assert wrong == (
        "sagwan: 1번째 [[fact]] (case.opened) data.topic: 파일에 '분아' 열이 없음. 혹시 '분야'인지 확인할 것."
        " 파일의 열: A열 '번호', B열 '일시', C열 '분야'"
    )
    assert "잃은 것은 없으며" in told["sagwan post FOLDER/event.json --url http://127.0.0.1:9"]
    assert "이상 없음: 순번 188까지 기록 188건." in told["sagwan verify"]
    assert "순번" in told["sagwan rebuild"]
    assert "┃ 대상 " in told["sagwan query cases --where hub=EU-BRU --limit 1"]


def test_what_programs_read_is_the_same_in_both_languages(said: dict[str, dict[str, Any]]) -> None:
    assert said["sagwan person add FOLDER/person.json"]["out"][0].startswith("p-")
    assert said["sagwan token issue analyst --label 통계"]["out"][0].startswith("sagwan-analyst-")
    assert "┃ stream " in "\n".join(said["sagwan query cases --where hub=EU-BRU --limit 1"]["out"])
