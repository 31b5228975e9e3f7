"""What goes wrong again and again is logged once a minute with how often it did: a log must not fill the disk."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

from api.terminal_text import as_visible

SECONDS = 60.0


class RepeatFilter(logging.Filter):
    """Lets the first line of a kind through, and no other within a minute; the next one says how many there were.

    A kind is what is logged, where, and by which exception at which place of the code; its arguments do not count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._since: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now, kind = self._clock(), _kind(record)
        since, more = self._since.get(kind, (-SECONDS, 0))
        if now - since < SECONDS:
            self._since[kind] = since, more + 1
            return False
        if len(self._since) > 1_000:
            self._since.clear()
        self._since[kind] = now, 0
        if more:
            record.msg, record.args = f"{record.getMessage()} (and {more} more like it since the last such line)", ()
        return True


class _Visible(logging.Formatter):
    """What others wrote is shown as text, and ends no line: else the rest would look like a line of ours."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).replace("\n", "\\n")

    def format(self, record: logging.LogRecord) -> str:
        return as_visible(super().format(record))


def install_logging() -> None:
    """Logs of this process go to standard error, counted, whatever others wrote shown as text."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(RepeatFilter())
    handler.setFormatter(_Visible("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _kind(record: logging.LogRecord) -> tuple[object, ...]:
    place: object = None
    if record.exc_info and record.exc_info[0]:
        trace = record.exc_info[2]
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = (record.exc_info[0], trace and (trace.tb_frame.f_code.co_filename, trace.tb_lineno))
    return record.name, record.levelno, str(record.msg), place
