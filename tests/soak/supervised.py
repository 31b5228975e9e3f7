"""`sagwan serve` in a process that is started again whenever it ends, as systemd would."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.api.test_crash import ROOT

LIMIT = 4096
"""On a full disk no file gets longer than this; what is longer already is not appended to."""


class Supervised:
    """A server on one port. `life` counts its starts; `sizes` are (life, seconds it lived, resident KiB)."""

    def __init__(self, data: Path, database: str | None) -> None:
        self.data, self.database = data, database
        self.life = 0
        self.token = ""
        self.faults: list[str] = []
        self.sizes: list[tuple[int, float, int]] = []
        self.kills = 0
        self._clock = data.with_name("clock")
        self.clock(0)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.said = data.with_name("said.log")
        self._leaving = threading.Event()
        self._up = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        self._leaving.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._up.wait(300), self.said.read_text()
        threading.Thread(target=self._weigh, daemon=True).start()

    def end(self) -> None:
        """Kills what still runs of it."""
        self._leaving.set()
        if self._process and self._process.poll() is None:
            self._process.kill()

    def clock(self, off: float) -> None:
        """Sets its clock so many seconds ahead."""
        new = self._clock.with_suffix(".new")
        new.write_text(str(off))
        new.replace(self._clock)

    def full(self, full: bool) -> None:
        """No room on its disk any more, or again."""
        if self._process and self._process.poll() is None:
            _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (LIMIT if full else hard, hard))

    @property
    def serving(self) -> bool:
        return self._up.is_set()

    def kill(self) -> None:
        if self._process and self.serving:
            self.kills += 1
            self._up.clear()
            self._process.send_signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it in order."""
        self._leaving.set()
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        self._thread.join(90)
        if self._thread.is_alive():
            self._process.kill()
            self.faults.append("SIGTERM did not end it in 90 s")
        elif self._process.returncode:
            self.faults.append(f"stopped with exit code {self._process.returncode}")

    def _run(self) -> None:
        command = [sys.executable, "-m", "tests.soak.served", "serve", "--data", str(self.data)]
        command += ["--port", str(self.port), *(["--database", self.database] if self.database else [])]
        with self.said.open("a") as log:
            while not self._leaving.is_set():
                self.life += 1
                killed = self.kills
                self._process = process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=os.environ | {"SOAK_CLOCK": str(self._clock)},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                assert process.stdout
                last = ""
                for line in process.stdout:
                    log.write(line)
                    log.flush()
                    if token := re.search(r"once\): (\S+)", line):
                        self.token = token[1]
                    if line.startswith("serving http"):
                        self._up.set()
                    last = line
                code = process.wait()
                served = self._up.is_set()
                self._up.clear()
                if self._leaving.is_set():
                    return
                if served and killed == self.kills:
                    self.faults.append(f"the server ended by itself with exit code {code}: {last.strip()[:300]}")
                time.sleep(0.5)

    def _weigh(self) -> None:
        life, since = 0, time.monotonic()
        while not self._leaving.wait(1):
            if self.life != life:
                life, since = self.life, time.monotonic()
            process = self._process
            try:
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) if process else 0
            except (OSError, IndexError):
                continue
            if self.serving:
                size = pages * resource.getpagesize() // 1024
                self.sizes.append((life, time.monotonic() - since, size))
