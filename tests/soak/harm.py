"""Does to a server what a schedule says, and puts right again what an operator would put right."""

from __future__ import annotations

import contextlib
import math
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.api.door import SINGLE, event
from tests.api.test_away import Postgres
from tests.api.test_crash import until
from tests.soak.schedule import Harm
from tests.soak.tally import Tally

DAY = 86_400.0
BACK = 10.0
"""Seconds until a server has found its database again."""


class Harmer(threading.Thread):
    """`done` counts what was done. When it ends, the disk has room, the clock is right and the database runs."""

    def __init__(
        self, plan: Sequence[Harm], tally: Tally, database: Postgres | None, seed: int, leaving: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.plan, self.tally, self.server, self.database = plan, tally, tally.server, database
        self.dice = random.Random(f"harm {seed}")
        self.leaving = leaving
        self.done: Counter[str] = Counter()
        self.now = ""

    def run(self) -> None:
        begun = time.monotonic()
        kinds: dict[str, Callable[[Harm], None]] = {
            "kill": self._kill,
            "disk": self._disk,
            "clock": self._clock,
            "word": self._word,
            "hang": self._hang,
            "restart": self._restart,
        }
        try:
            for it in self.plan:
                if self.leaving.wait(max(0.0, begun + it.at - time.monotonic())):
                    return
                self.now = f"{it.what} ({it.seconds:.0f} s{', killed in it' if it.kill else ''})"
                away = it.what in ("hang", "restart")
                self.tally.away = math.inf if away else self.tally.away
                kinds[it.what](it)
                self.tally.away = time.monotonic() + BACK if away else self.tally.away
                self.done[it.what] += 1
                self.now = ""
        except Exception as error:
            self.tally.fault(f"the harm {self.now} could not be done: {error!r}")

    def _lasting(self, it: Harm) -> None:
        if it.kill:
            time.sleep(it.seconds / 2)
            self.server.kill()
            time.sleep(it.seconds / 2)
        else:
            time.sleep(it.seconds)

    def _kill(self, _: Harm) -> None:
        self.server.kill()

    def _disk(self, it: Harm) -> None:
        self.server.full(True)
        self._lasting(it)
        self.server.full(False)

    def _clock(self, it: Harm) -> None:
        """Off for a while, and right again by itself; started meanwhile, it may have believed what lies ahead."""
        off = self.dice.choice(
            (-DAY, -120.0, DAY) if it.kill and self.database is None else (-DAY, 120.0, 50 * 365 * DAY)
        )
        if it.kill:
            self.server.clock(off)
        else:
            self._off(off)
        self._lasting(it)
        self.server.clock(0)
        if it.kill:
            self._given_word(0)

    def _word(self, it: Harm) -> None:
        """A day ahead, and an operator says that it is right; then that it is not."""
        self._off(DAY)
        self._given_word(DAY)
        self._lasting(it)
        self.server.clock(0)
        self._given_word(0)

    def _off(self, seconds: float) -> None:
        """Until the server says that its clock is off: one that runs, since one that is started may believe it."""
        until(lambda: self.tally.get("/readyz", "") is not None, 60)
        self.server.clock(seconds)
        until(lambda: (ready := self.tally.get("/readyz", "")) is not None and "clock" in ready.body, 60)

    def _given_word(self, off: float) -> None:
        """Until the clock is not doubted any more."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            ready = self.tally.get("/readyz", "")
            if ready is not None and "clock" not in ready.body:
                return
            if ready is not None:
                said = {"now": datetime.now(UTC) + timedelta(seconds=off), "reason": "soak"}
                act = event("clock.accepted", "clock:record", f"word-{time.monotonic_ns()}", said, time=None)
                self.tally.send("POST", "/v1/events", "operator", act, SINGLE)
            time.sleep(0.5)
        self.tally.fault("an operator's word for the clock was not taken")

    def _hang(self, it: Harm) -> None:
        assert self.database
        self.database.hang()
        self._lasting(it)
        self.database.hang(go=True)

    def _restart(self, it: Harm) -> None:
        """The database ends at once, as it does when it is killed, or in order, and is started again."""
        assert self.database
        pid = self.database.pid
        os.kill(pid, self.dice.choice((signal.SIGQUIT, signal.SIGINT)))
        self._lasting(it)
        until(lambda: not Path(f"/proc/{pid}").exists(), 60)
        for _ in range(10):
            with contextlib.suppress(subprocess.SubprocessError):
                return self.database.server.ensure_postgres_running()
        self.tally.fault("the database could not be started again")
