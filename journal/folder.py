"""The data folder: what lies where, and the lock that lets one server own it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

import msgspec


class Busy(Exception):
    """Another process owns the record; the message says which."""


class Owner(msgspec.Struct):
    """What the lock file says of the process that holds it."""

    pid: int
    url: str | None = None


class Folder:
    """`journal.db` is the record; `mirror-*.duckdb` can be made anew from it; `lock` names the server.

    `log` is the tree over the record and what was signed of it last; losing it loses what the record is measured by.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[bytes] | None = None

    @property
    def journal(self) -> Path:
        return self.path / "journal.db"

    @property
    def log(self) -> Path:
        return self.path / "log"

    def acquire(self) -> None:
        """Makes this process the one writer. Raises Busy when another is."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = open(self.path / "lock", "a+b")  # noqa: SIM115  held as long as the record is
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            owner = self.owner()
            where = f", serving {owner.url}" if owner and owner.url else ""
            raise Busy(f"{self.path} belongs to process {owner.pid if owner else '?'}{where}; stop it first") from None
        self._lock = lock
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Tells other commands where the server of this folder listens."""
        assert self._lock is not None
        self._lock.truncate(0)
        self._lock.write(msgspec.json.encode(Owner(os.getpid(), url)))
        self._lock.flush()

    def owner(self) -> Owner | None:
        """The live owner, or None when nobody holds the lock."""
        try:
            with open(self.path / "lock", "rb") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    return msgspec.json.decode(lock.read(), type=Owner)
                return None
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def release(self) -> None:
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None
