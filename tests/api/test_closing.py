"""A server that closes does not finish what it computes for itself: the next start takes it up."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pytest

from api.problems import Problem
from api.server import kept_editions, restatement_proposals
from api.server.engine import Engine
from journal import supervision
from projections.mirror import settled
from projections.mirror.asker import check_cancelled
from replay.editions.reproduction import editions_without_content
from tests.api.door import Door
from tests.before.records import FIRST, placed


def closed(door: Door) -> bool:
    """Whether it closes before anybody would kill it."""
    closing = threading.Thread(target=door.close, daemon=True)
    closing.start()
    closing.join(20)
    return not closing.is_alive()


def opened(folder: Path) -> Door:
    return Door(*placed("sqlite", "sound", folder, None, FIRST))


@pytest.mark.parametrize(
    ("module", "name"), [(restatement_proposals, "due_proposals"), (kept_editions, "recover_content")]
)
def test_what_it_computes_is_given_up(
    module: Any, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun = threading.Event()

    def endless(*_: Any) -> NoReturn:
        begun.set()
        for _tick in range(3_000):
            check_cancelled()
            time.sleep(0.01)
        raise AssertionError("nobody gave it up")

    monkeypatch.setattr(module, name, endless)
    door = opened(tmp_path / "data")
    assert begun.wait(60)
    assert closed(door)
    assert [it for it in caplog.records if it.name == "sagwan.workers"] == []


def test_who_waits_for_tables_says_once_how_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervision, "FIRST_SECONDS", 0.01)
    caught_up, tries, went_on = Engine.caught_up, itertools.count(1), threading.Event()

    async def behind(engine: Engine, position: int) -> None:
        if next(tries) <= 3:
            raise Problem(503, "mirror.behind", "tables")
        went_on.set()
        await caught_up(engine, position)

    monkeypatch.setattr(Engine, "caught_up", behind)
    monkeypatch.setattr(kept_editions, "editions_without_content", lambda _: [])
    door = opened(tmp_path / "data")
    assert went_on.wait(60)
    ended = time.monotonic() + 60
    while "watch" in door.engine.troubles() and time.monotonic() < ended:
        time.sleep(0.05)
    door.close()
    said = [(it.getMessage(), it.exc_info) for it in caplog.records if it.name == "sagwan.workers"]
    assert said == [("the watch goes on again, after 3 tries: mirror.behind", None)]


def test_a_pass_over_the_tables_of_figures_is_given_up_between_any_two_statements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(cursor: duckdb.DuckDBPyConnection, stale: timedelta) -> NoReturn:
        for _ in range(1_500):
            begun.set()
            cursor.execute("SELECT sum(hash(range)) FROM range(200_000)").fetchall()
            time.sleep(0.02)
        raise AssertionError("nobody gave it up")

    monkeypatch.setattr(settled, "settle", endless)
    door = opened(tmp_path / "data")
    door.engine.settler.wait(1, 0.1)
    assert begun.wait(60)
    assert closed(door)


def test_the_next_start_takes_it_up(tmp_path: Path) -> None:
    folder, _ = placed("sqlite", "sound", tmp_path / "data", None, FIRST)
    Door(folder).close()
    door = Door(folder)
    try:
        ended = time.monotonic() + 60
        while editions_without_content(door.engine.journal) and time.monotonic() < ended:
            time.sleep(0.1)
        assert editions_without_content(door.engine.journal) == []
    finally:
        door.close()
