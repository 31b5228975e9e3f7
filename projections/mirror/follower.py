"""The follower: keeps the mirror of a running record a moment behind the journal, and rebuilds it when it must."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from domain.messages import Message, unlisted
from journal.log.note import SigningKey
from journal.supervision import WorkerHealth, failure_reason
from journal.worker import BackgroundWorker
from projections.mirror import mark
from projections.mirror.comparison import difference, differing_figures, settled_digests, settled_or_why_not
from projections.mirror.damage import damaged
from projections.mirror.files import (
    PositionProgress,
    ReadPage,
    belongs_to_record,
    catch_up,
    discard_mirror,
    mirror_files,
    next_mirror_path,
    open_marked,
    remove_mirror,
    shows_destroyed,
)
from projections.mirror.files import open_mirror as open_mirror
from projections.mirror.mirror import Mirror
from projections.mirror.snapshot import Reading

PACE_SECONDS = 1.0
"""While entries keep coming, the time between two pages when nobody waits for one."""

IDLE_SECONDS = 1.0
"""How often the file is checked while no entries come."""

ANEW_SECONDS = 60.0
"""A mirror damaged again this soon after a rebuild is not rebuilt at once: the failure is reported."""
PATIENCE_SECONDS = 2.0
"""How long to wait for a redaction to destroy the content that it names."""

_log = logging.getLogger(__name__)


class Follower(BackgroundWorker):
    """Applies the record to the mirror of a folder, page by page, from the mirror's position.

    Only the follower writes the file. When the file is gone or changed by another, or DuckDB finds it damaged, a new
    one is built from the record and replaces it; readers in flight finish on the old one. An entry that does not fit
    the tables is set aside (`Mirror.aside`). Any other failure is reported (`health.trouble`) and retried; only `stop`
    ends the follower.

    With `keys` the file is marked on a clean close. A file that does not match its mark is rebuilt before anybody reads
    it; one without a mark is read, compared with a rebuilt one, and then replaced by it. Current reads are as of the
    `clock`.
    """

    def __init__(
        self,
        read: ReadPage,
        directory: Path,
        keys: Sequence[SigningKey] = (),
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        super().__init__("follower")
        self.health = WorkerHealth("follower")
        self._keys = keys
        self._clock = clock
        self._read = read
        self._directory = directory
        self._mirror: Mirror | None = None
        self._callbacks: list[Callable[[int], None]] = []
        self._doubting: threading.Thread | None = None
        self._applied_at = 0.0
        self._made_at: float | None = None
        self._suspected: Mirror | None = None
        self._seen = 0
        self._patient_until: float | None = None
        self._steering = threading.RLock()
        self._making = threading.Lock()
        self._naming = threading.Lock()
        self._unfinished: set[Path | None] = set()

    @property
    def mirror(self) -> Mirror:
        """The current mirror; waits until there is one. Raises Unready when there is none for now."""
        with self._changed:
            self._changed.wait_for(lambda: self._mirror or self.health.trouble or self._stopping)
            if self._mirror is None:
                raise Unready("mirror.unready", "none")
            return self._mirror

    @property
    def current(self) -> Mirror | None:
        """The current mirror, None while there is none."""
        return self._mirror

    def set_aside_positions(self, known: int | None = None) -> list[int]:
        """The positions of entries that are set aside as of a position (now): no table has their content."""
        return self._mirror.set_aside_positions(known) if self._mirror else []

    @property
    def position(self) -> int:
        """The position that readers see, 0 before there is a mirror.

        A redaction counts only once the mirror that still showed its content is replaced.
        """
        return self._seen

    @contextlib.contextmanager
    def reading(
        self, known: int | None = None, valid: datetime | None = None, fx: Mapping[str, int] | None = None
    ) -> Iterator[Reading]:
        """Reads in one snapshot of the current mirror. Raises Unready where that turns out to be damaged."""
        with self.looked_after() as mirror, mirror.reading(known, valid, fx) as reading:
            yield reading

    @contextlib.contextmanager
    def figure_reading(
        self, known: int | None = None, valid: datetime | None = None, fx: Mapping[str, int] | None = None
    ) -> Iterator[Reading]:
        """Reads figures from the tables of a point of the current mirror. Raises Unready."""
        with self.looked_after() as mirror, mirror.figure_reading(known, valid, fx) as reading:
            yield reading

    @contextlib.contextmanager
    def looked_after(self) -> Iterator[Mirror]:
        """The current mirror, kept open meanwhile. On signs of damage its file is checked. Raises Unready."""
        with contextlib.ExitStack() as stack:
            with self._changed:
                mirror = self.mirror
                stack.enter_context(mirror.in_use())
            try:
                yield mirror
            except duckdb.Error as damage:
                if not damaged(damage) and not isinstance(damage, duckdb.ConnectionException):
                    raise
                self._suspected = mirror
                self.wake()
                raise Unready("mirror.unready", "damaged") from damage

    @property
    def halted(self) -> Exception | None:
        return None

    def subscribe(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """Calls back with each new position, on the thread that applied it; call the result to unsubscribe."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def rebuild(self, progress: PositionProgress = lambda _: None) -> int:
        """Rebuilds the mirror on the caller's thread while the old one keeps answering; returns the position reached.

        Raises Unready while the first one is being built, and if the build fails, as on a full disk; then the old one
        stays.
        """
        if self._mirror is None:
            if trouble := self.health.trouble:
                raise Unready("mirror.unready", "first_failed", because=unlisted(trouble.why))
            raise Unready("mirror.unready", "first")
        try:
            with self._making:
                self._make(progress)
        except (duckdb.Error, OSError) as failure:
            _log.error("the mirror was not made anew: %s", failure)
            why = failure_reason(failure)
            raise Unready("mirror.unready", "new_failed", because=unlisted(why)) from failure
        return self.position

    def run(self) -> None:
        while not self._stopping:
            try:
                if self._mirror is None:
                    self._open()
                else:
                    self._advance()
                self.health.well()
                self._await_work()
            except _Stopped:
                break
            except Exception as failure:
                self.rest(self.health.failed(failure))
        with self._changed:
            self._changed.notify_all()
        if self._doubting:
            self._doubting.join()
        if self._mirror:
            self._mirror.close()
            if self._mirror.path and not self.health.trouble:
                mark.write_mark(self._mirror.path, self._keys)

    def _open(self) -> None:
        mirror, held = open_marked(self._directory, self._read, self._keys, progress=self._unless_stopped)
        self._take(mirror)
        if not held:
            self._doubting = threading.Thread(target=self._doubt, args=(mirror,), name="doubting", daemon=True)
            self._doubting.start()

    def _doubt(self, old: Mirror) -> None:
        """Compares a mirror that was not closed cleanly with a rebuilt one, until that is done.

        Failures, such as a full disk, are retried. Nobody waits for it: if another mirror replaces the old one
        meanwhile, the comparison is given up with a warning.
        """
        care = WorkerHealth("comparison of the mirror")
        while self._mirror is old and not self._stopping:
            try:
                return self._compare(old)
            except _Stopped:
                break
            except Exception as failure:
                self.rest(care.failed(failure))
        if not self._stopping:
            _log.warning("the mirror was not closed in order, and not compared to the end: another took its place")

    def _compare(self, old: Mirror) -> None:
        """Rebuilds the mirror, replaces the old one, and logs whether the old one was changed by somebody."""

        def unless_replaced(position: int) -> None:
            self._unless_stopped(position)
            if self._mirror is not old:
                raise _Stopped

        with old.in_use(), self._fresh(threads=1) as fresh:
            figures, unread = settled_or_why_not(old)
            differing = []
            if figures:
                # As of the same position and moment: the old ones may have been settled again meanwhile.
                catch_up(fresh, partial(_upto, self._read, figures.position), unless_replaced)
                fresh.settle(figures.moment and figures.moment.replace(tzinfo=UTC))
                differing = differing_figures(figures, settled_digests(fresh))
            catch_up(fresh, self._read, unless_replaced)
            if figures:
                fresh.settle(self._clock and self._clock())
            wrong = ", ".join(filter(None, [difference(old, fresh), unread, *differing]))
            with self._steering:
                catch_up(fresh, self._read, unless_replaced)
                unless_replaced(fresh.position)
                if wrong and not _redacted_since(old, self._read):
                    _log.critical("the mirror was changed while no server ran: %s; made anew", wrong)
                self._take(fresh)

    def _await_work(self) -> None:
        """Returns when there is something to apply or to look after."""
        with self._changed:
            self._changed.wait_for(lambda: self._grown or self._stopping, IDLE_SECONDS)
            due = self._applied_at + PACE_SECONDS
            self._changed.wait_for(lambda: self._hurried() or self._stopping, max(0.0, due - time.monotonic()))
            self._grown = False

    def _advance(self) -> None:
        """Applies what the record has; a mirror that cannot be trusted is rebuilt."""
        suspect = self._mirror
        try:
            with self._steering:
                self._apply()
        except (duckdb.Error, _Damaged) as damage:
            harmed = not isinstance(damage, _Outdated)
            if harmed and self._made_at is not None and time.monotonic() - self._made_at < ANEW_SECONDS:
                raise
            _log.warning("making the mirror anew: %s", damage)
            with self._making:
                if self._mirror is suspect:
                    self._make(self._unless_stopped)
            self._made_at = time.monotonic() if harmed else self._made_at

    def _apply(self) -> None:
        mirror = self._mirror
        assert mirror is not None
        if mirror.file_watch.touched():
            raise _Damaged(f"{mirror.path} is not as it was left")
        if self._suspected is mirror:
            mirror.check()
            self._suspected = None
        if not belongs_to_record(mirror, self._read):
            raise _Damaged("the record is another one, or went on differently")
        grown = catch_up(mirror, self._read, self._unless_stopped)
        if self._outdated(mirror):
            raise _Outdated("it says what was redacted since")
        if grown:
            self._applied_at = time.monotonic()
        if mirror.tidy() or grown:
            self._publish_position()

    def _make(self, progress: PositionProgress) -> None:
        while True:
            with self._fresh() as fresh:
                catch_up(fresh, self._read, progress)
                fresh.settle(self._clock and self._clock())
                with self._steering:
                    catch_up(fresh, self._read, progress)
                    if not self._outdated(fresh):
                        return self._take(fresh)

    @contextlib.contextmanager
    def _fresh(self, threads: int | None = None) -> Iterator[Mirror]:
        """A new mirror in its own file, which is removed again unless the mirror was taken (`_take`)."""
        with self._naming:
            path = next_mirror_path(self._directory, self._mirror.path if self._mirror else None)
            self._unfinished.add(path)
            try:
                mirror = Mirror(path, threads=threads)
            except BaseException:
                self._unfinished.remove(path)
                remove_mirror(path)
                raise
        try:
            yield mirror
        finally:
            if path in self._unfinished:
                self._unfinished.remove(path)
                discard_mirror(mirror)

    def _outdated(self, mirror: Mirror) -> bool:
        """Whether the mirror still shows content that the record has destroyed.

        A redaction is recorded a moment before its content is destroyed. This waits for that moment, so that a reader
        who waits for the redaction no longer sees the content; if the destruction fails, the wait ends.
        """
        while not shows_destroyed(mirror, self._read):
            if not mirror.redacting:
                self._patient_until = None
                return False
            self._patient_until = self._patient_until or time.monotonic() + PATIENCE_SECONDS
            if time.monotonic() > self._patient_until:
                return False
            time.sleep(0.01)
        return True

    def _take(self, mirror: Mirror) -> None:
        """Makes it the current mirror, and removes every other file of the folder that nobody is building."""
        mirror.clock = self._clock
        with self._steering:
            with self._changed:
                old, self._mirror = self._mirror, mirror
            self._unfinished -= {mirror.path}
            self._publish_position()
        if old is not None:
            old.retire()
        for path in mirror_files(self._directory):
            if path != mirror.path and path not in self._unfinished:
                remove_mirror(path)

    def _publish_position(self) -> None:
        """Remembers the file as it is now, and notifies everybody who waits."""
        assert self._mirror is not None
        self._mirror.file_watch.remember()
        with self._changed:
            self._seen = self._mirror.position
            self._changed.notify_all()
        for callback in list(self._callbacks):
            callback(self._mirror.position)

    def _unless_stopped(self, _position: int) -> None:
        if self._stopping:
            raise _Stopped


class Unready(Message):
    """The tables cannot be read for now: they are being built or rebuilt."""


class _Stopped(Exception):
    """The mirror being built is no longer wanted: the follower ends, or another mirror took its place."""


class _Damaged(Exception):
    """The mirror's file is not the one that the follower wrote, or not of this record."""


class _Outdated(_Damaged):
    """The mirror still shows content that the record has destroyed."""


def _upto(read: ReadPage, position: int, after: int, most: int) -> pa.Table:
    """A page of the record that ends at a position. Positions may have gaps."""
    page = read(after, most)
    return page.slice(0, bisect_right(page["position"], position, key=lambda it: it.as_py()))


def _redacted_since(mirror: Mirror, read: ReadPage) -> bool:
    """Whether the mirror still shows content that the record has destroyed: then nobody tampered with the file."""
    with contextlib.suppress(duckdb.Error):
        catch_up(mirror, read)
        return shows_destroyed(mirror, read)
    return False
