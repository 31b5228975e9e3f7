"""A server that ends leaves no thread. No other server lives in this file, whose threads come and go beside it."""

from __future__ import annotations

import contextlib
import threading
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from replay.audit import diff
from tests.api.door import Door
from tests.api.test_long_answers import LATER, Slow, until


def test_a_server_ends_within_seconds_while_a_long_answer_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {*threading.enumerate()}
    door = Door(tmp_path / "data")
    endless = Slow(diff.diff_between, endless=True)
    monkeypatch.setattr(diff, "diff_between", endless)
    told = door.get("/v1/diff?a=1&b=2", who="auditor", **LATER)
    assert told.status == 202

    def asked() -> None:
        with contextlib.suppress(OSError, HTTPException):
            door.get("/v1/diff?a=1&b=3", who="auditor")

    thread = threading.Thread(target=asked)
    thread.start()
    assert endless.began.wait(20)
    begun = time.monotonic()
    door.close()
    assert time.monotonic() - begun < 10
    thread.join()
    assert until(lambda: not {*threading.enumerate()} - before)
