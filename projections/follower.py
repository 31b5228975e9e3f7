"""The follower: a thread that keeps the mirror behind the journal by at most a moment, and heals it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from projections.mirror import Mirror, MirrorUnusable
from projections.page import Misfit
from projections.reading import Reading

log = logging.getLogger("sagwan.mirror")

Read = Callable[[int, int], pa.Table]
"""Up to so many entries behind a position, as the journal hands them out."""

BULK = 262_144
BREATH_SECONDS = 0.2
IDLE_SECONDS = 1.0

Progress = Callable[[int], None]


class Follower(threading.Thread):
    """Owns the mirror of a folder. The journal is never written to; a mirror that is lost is made anew."""

    def __init__(self, read: Read, directory: Path) -> None:
        super().__init__(name="follower", daemon=True)
        self._read = read
        self._directory = directory
        self._mirror = _opened(directory)
        self._seen = _stamp(self._mirror)
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._waiting = 0
        self._rebuilding = threading.Lock()
        self._stopping = False
        self.failure: Exception | None = None

    @property
    def mirror(self) -> Mirror:
        """The mirror that answers now; the next one takes its place without a gap."""
        return self._mirror

    @property
    def position(self) -> int:
        return self._mirror.position

    def wake(self) -> None:
        """Says that the journal has more."""
        self._wake.set()

    def wait(self, position: int, seconds: float) -> bool:
        """Whether the mirror has a position, after at most some seconds."""
        with self._changed:
            self._waiting += 1
            self._wake.set()
            try:
                return self._changed.wait_for(lambda: self.position >= position, seconds)
            finally:
                self._waiting -= 1

    @contextlib.contextmanager
    def reading(self, known: int | None = None, valid: datetime | None = None) -> Iterator[Reading]:
        """Reads in one snapshot of the mirror that answers now."""
        with self._mirror.reading(known, valid) as reading:
            yield reading

    def rebuild(self, progress: Progress = lambda _: None) -> int:
        """Makes a new mirror beside the old one, which answers meanwhile, and swaps; the position it has."""
        with self._rebuilding:
            fresh = _fresh(self._directory, self._read, progress)
            old, self._mirror = self._mirror, fresh
            self._seen = _stamp(fresh)
            old.abandon()
            _remove(old.path)
        self._tell()
        return fresh.position

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        if self.is_alive():
            self.join()
        self._mirror.close()

    def run(self) -> None:
        while not self._stopping:
            self._wake.wait(IDLE_SECONDS)
            self._wake.clear()
            try:
                self._heal()
                while not self._stopping and self._step():
                    self._tell()
                    if not self._waiting:
                        time.sleep(BREATH_SECONDS)
                self.failure = None
            except Misfit as misfit:
                self.failure = misfit
                log.error("the mirror stopped: %s", misfit)
                return
            except duckdb.Error as error:
                log.exception("the mirror failed and is made anew")
                self.failure = error
                with contextlib.suppress(duckdb.Error, OSError):
                    self.rebuild()

    def _step(self) -> bool:
        """Applies one page, if there is one."""
        with self._rebuilding:
            page = self._read(self._mirror.position, BULK)
            if page.num_rows == 0:
                return False
            self._mirror.apply(page)
            self._seen = _stamp(self._mirror)
            return True

    def _heal(self) -> None:
        """Makes the mirror anew when anybody but us touched its file."""
        if _stamp(self._mirror) != self._seen:
            log.warning("somebody else changed or removed %s; it is made anew from the journal", self._mirror.path)
            self.rebuild()

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()


def open_mirror(directory: Path, read: Read, *, anew: bool = False, progress: Progress = lambda _: None) -> Mirror:
    """The mirror of a folder without a server, caught up with the journal; `anew` makes it from nothing.

    Raises MirrorBusy when another process has it open.
    """
    if anew:
        before = _files(directory)
        mirror = _fresh(directory, read, progress)
        for path in before:
            _remove(path)
        return mirror
    mirror = _opened(directory)
    _catch_up(mirror, read, progress)
    return mirror


def _files(directory: Path) -> list[Path]:
    return sorted(directory.glob("mirror-*.duckdb"), key=lambda path: path.stat().st_mtime_ns)


def _opened(directory: Path) -> Mirror:
    """The newest usable mirror of a folder, or an empty one; unusable files are removed."""
    for path in reversed(_files(directory)):
        try:
            return Mirror(path)
        except MirrorUnusable as error:
            log.warning("%s", error)
            _remove(path)
    return Mirror(_next(directory))


def _fresh(directory: Path, read: Read, progress: Progress) -> Mirror:
    mirror = Mirror(_next(directory))
    with mirror.bulk():
        _catch_up(mirror, read, progress)
    return mirror


def _next(directory: Path) -> Path:
    return directory / f"mirror-{time.time_ns()}.duckdb"


def _catch_up(mirror: Mirror, read: Read, progress: Progress) -> None:
    while (page := read(mirror.position, BULK)).num_rows:
        mirror.apply(page)
        progress(mirror.position)


def _remove(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _stamp(mirror: Mirror) -> tuple[int, ...] | None:
    """What tells that a file is still the one we wrote."""
    assert mirror.path is not None
    try:
        it = mirror.path.stat()
    except FileNotFoundError:
        return None
    return it.st_dev, it.st_ino, it.st_size, it.st_mtime_ns
