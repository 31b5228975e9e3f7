from __future__ import annotations

import logging

import pytest

from api.log_throttle import SECONDS, RepeatFilter, install_logging


def said(counted: RepeatFilter, message: str, *args: object, error: Exception | None = None) -> str | None:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("sagwan.api", logging.ERROR, __file__, 1, message, args, info)
    return record.getMessage() if counted.filter(record) else None


def test_a_line_of_a_kind_stands_once_a_minute_with_how_many_there_were():
    now = [0.0]
    counted = RepeatFilter(lambda: now[0])
    assert said(counted, "lost %s", "a") == "lost a"
    for n in range(1_000):
        assert said(counted, "lost %s", n) is None
    now[0] = SECONDS + 1
    assert said(counted, "lost %s", "b") == "lost b (and 1000 more like it since the last such line)"
    assert said(counted, "lost %s", "c") is None


def test_another_kind_is_not_held_back_by_it():
    counted = RepeatFilter(lambda: 0.0)
    assert said(counted, "unexpected", error=ValueError()) is not None
    assert said(counted, "unexpected", error=KeyError()) is not None
    assert said(counted, "unexpected", error=ValueError()) is None
    assert said(counted, "something else") is not None


def test_what_others_wrote_ends_no_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:]
    logging.root.handlers.clear()
    try:
        install_logging()
        log = logging.getLogger("sagwan.repeated")
        log.warning("a sign-in was ended: %s", "x\n2026-01-01 CRITICAL sagwan: it is safe\x1b[2J")
        try:
            raise ValueError("two\nlines")
        except ValueError:
            log.exception("it failed")
    finally:
        logging.root.handlers[:] = before
    first, second, *trace = capsys.readouterr().err.splitlines()
    assert first.endswith(r"ended: x\n2026-01-01 CRITICAL sagwan: it is safe\x1b[2J")
    assert second.endswith("it failed")
    assert trace[0].startswith("Traceback")
