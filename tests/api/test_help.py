"""What commands say of themselves, in both languages: every text of help is known in Korean, and none is idle."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from eventsourcing.persistence import OperationalError
from typer import rich_utils

import sagwan
from api.terminal_help import PANELS, USAGE, known

ROOT = Path(__file__).parents[2]


def texts(command: Any) -> Iterator[str]:
    """Every text that a command, and whatever is below it, says of itself."""
    for text in (command.help, command.short_help, *(getattr(it, "help", None) for it in command.params)):
        yield from (" ".join(it.split()) for it in (text or "").split("\n\n") if it)
    for below in getattr(command, "commands", {}).values():
        yield from texts(below)


def steps() -> Iterator[str]:
    """What is said to be done, by whatever takes long."""
    for room in ("api", "replay", "projections"):
        for path in (ROOT / room).rglob("*.py"):
            for it in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match it:
                    case ast.Call(
                        func=ast.Name(id="progress" | "report_progress")
                        | ast.Attribute(attr="progress" | "on_progress"),
                        args=[ast.Constant(value=str(what)), _, _],
                    ):
                        yield what


def asked(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sagwan", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
    )


def test_every_text_of_help_is_known_in_korean_and_none_is_idle() -> None:
    there = {*texts(typer.main.get_command(sagwan.app))}
    for name in sagwan.COMMANDS:
        there |= {*texts(sagwan.loaded(name))}
    there |= {*steps()}
    there |= {getattr(rich_utils, name) for name in PANELS} | {USAGE, "Show this message and exit."}
    assert there - known().keys() == set(), "domain/messages/help.toml lacks them"
    assert known().keys() - there == set(), "nothing says them any more"


@pytest.mark.parametrize("way", [("--lang", "ko"), ()])
def test_help_and_what_is_wrong_with_a_command_are_said_in_korean(way: tuple[str, ...]) -> None:
    environment = {} if way else {"LC_ALL": "ko_KR.UTF-8"}
    shown = asked(*way, "check", "status", "--help", **environment)
    assert "점검의 진행 상황" in shown.stdout
    assert "사용법: sagwan" in shown.stdout
    assert "데이터 폴더." in shown.stdout
    assert "없는 옵션: --bogus" in asked(*way, "check", "status", "2025S1", "--bogus", **environment).stderr
    nowhere = asked(*way, "check", "status", "2025S1", "--url", "nowhere", **environment)
    assert "서버의 주소가 아닙니다" in nowhere.stderr


def test_a_database_that_is_away_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away() -> None:
        raise OperationalError("couldn't get a connection after 10.00 sec")

    monkeypatch.setattr(sagwan, "_command", lambda: away)
    monkeypatch.setenv("SAGWAN_LANG", "ko")
    with pytest.raises(SystemExit):
        sagwan.main()
    told = capsys.readouterr().err
    assert told.startswith("sagwan: 데이터베이스가 응답하지 않습니다.")
    assert told.endswith("확인하십시오: 10.00초 동안 연결되지 않음\n")


def test_a_language_that_is_not_spoken_is_told_with_those_that_are() -> None:
    refused = asked("--lang", "fr", "--help")
    assert (refused.returncode, refused.stderr.strip()) == (
        1,
        "sagwan: nothing is said in this language; there are en, ko",
    )
