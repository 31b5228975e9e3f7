"""The data folder: where each thing is, and the lock that lets one server own it."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from domain.messages import Message


class Busy(Message):
    """Another process owns the record; the message says which."""


class Owner(msgspec.Struct):
    """What the owner says of itself while it holds the lock."""

    pid: int
    url: str | None = None


def close_to_others(folder: Path) -> list[Path]:
    """Removes the access of others to a folder and all that is in it; returns what stays open, as it is not ours."""
    if os.name != "posix":
        return []
    left = []
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            try:
                path.chmod(stat.S_IMODE(mode) & stat.S_IRWXU)
            except PermissionError:
                left.append(path)
    return left


@contextlib.contextmanager
def closed_to_others() -> Iterator[None]:
    """Makes files and folders created meanwhile unreadable for others."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


class Folder:
    """`journal.db` is the record; `mirror-*.duckdb` can be rebuilt from it; `server.json` names who holds `lock`.

    `log` is the tree over the record and what was signed last; without it the record cannot be checked against that.

    `vault.db` holds personal data, whatever database holds the record; `master.key` opens it.

    `files` are evidence files, each encrypted by a key of the vault.

    `exposed` is the part that others can read, and that could not be closed when this process became the owner.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.exposed: list[Path] = []
        self.journal, self.log = path / "journal.db", path / "log"
        self.vault, self.master_key = path / "vault.db", path / "master.key"
        self.files = path / "files"
        self._lock = FileLock(path / "lock", thread_local=False)

    @contextlib.contextmanager
    def owned(self) -> Iterator[None]:
        """This process is the one writer while inside. Raises Busy."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def acquire(self) -> None:
        """Makes this process the one writer, and the folder private to its user. Raises Busy if another process is."""
        os.umask(0o077)
        self.path.mkdir(parents=True, exist_ok=True)
        self.exposed = close_to_others(self.path)
        try:
            self._lock.acquire(timeout=0.5)  # longer than a process holds it that only looks
        except Timeout:
            owner = self._said()
            pid, url = (owner.pid, owner.url) if owner else ("?", None)
            raise Busy("record.busy", "serving" if url else "process", path=self.path, pid=pid, url=url) from None
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Tells other commands where the server of this folder listens."""
        (self.path / "server.json").write_bytes(msgspec.json.encode(Owner(os.getpid(), url)))

    def owner(self) -> Owner | None:
        """The live owner, or None when nobody holds the lock."""
        if not (self.path / "lock").exists():
            return None
        try:
            with FileLock(self.path / "lock", timeout=0):
                return None
        except (Timeout, PermissionError):
            return self._said()

    def release(self) -> None:
        if self._lock.is_locked:
            (self.path / "server.json").unlink(missing_ok=True)
            self._lock.release()

    def _said(self) -> Owner | None:
        try:
            return msgspec.json.decode((self.path / "server.json").read_bytes(), type=Owner)
        except (FileNotFoundError, ValueError):
            return None
