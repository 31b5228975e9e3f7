"""The mirrors of a folder: opening the newest, catching up with the record, rebuilding one."""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa

from domain.redaction import digest_of, sha256
from journal.log.note import SigningKey
from projections.mirror import mark
from projections.mirror.mirror import Mirror, MirrorUnusable
from projections.mirror.page import Misfit, Sorted, sorted_page

ReadPage = Callable[[int, int], pa.Table]
"""A page of the record: at most so many entries after a position."""

PositionProgress = Callable[[int], None]
"""Called with each position reached."""

PAGE = 262_144
"""The most entries applied at once: larger pages mean fewer costly commits in a rebuild, and more memory."""

_log = logging.getLogger(__name__)


def open_mirror(
    directory: Path, read: ReadPage, *, anew: bool = False, progress: PositionProgress = lambda _: None
) -> Mirror:
    """The newest mirror of a folder, caught up with the record; rebuilt, once, where there is none that can be used.

    Raises MirrorBusy when another process has it open; MirrorUnusable or DuckDB's error if even a new one is unusable.
    """
    old = mirror_files(directory)
    if old and not anew:
        mirror = None
        try:
            mirror = Mirror(old[-1])
            if not belongs_to_record(mirror, read):
                raise MirrorUnusable(f"{mirror.path} is of another record, or of one that went on differently")
            catch_up(mirror, read, progress)
            if shows_destroyed(mirror, read):
                raise MirrorUnusable(f"{mirror.path} says what was redacted since")
        except (MirrorUnusable, duckdb.Error) as unusable:
            _log.warning("making the mirror anew: %s", unusable)
            if mirror:
                mirror.abandon()
                with contextlib.suppress(duckdb.Error):
                    mirror.close()
            return open_mirror(directory, read, anew=True, progress=progress)
    else:
        mirror = Mirror(next_mirror_path(directory))
        try:
            catch_up(mirror, read, progress)
        except BaseException:
            discard_mirror(mirror)
            raise
    for path in old:
        if path != mirror.path:
            remove_mirror(path)
    return mirror


def open_checked(directory: Path, read: ReadPage) -> Mirror:
    """The mirror of a folder, after reading every row of it: if any is damaged, it is rebuilt."""
    mirror = open_mirror(directory, read)
    try:
        mirror.check()
    except duckdb.Error as damage:
        _log.warning("making the mirror anew: %s", damage)
        discard_mirror(mirror)
        return open_mirror(directory, read, anew=True)
    return mirror


def belongs_to_record(mirror: Mirror, read: ReadPage) -> bool:
    """Whether the record still has the entry that the mirror applied last, at its position: each has its own salt."""
    if not mirror.position:
        return True
    there = read(mirror.position - 1, 1)
    if there["position"].to_pylist() != [mirror.position]:
        return False
    return bool(digest_of(there["entry"][0].as_py()) == mirror.digest)


def open_marked(
    directory: Path, read: ReadPage, keys: Sequence[SigningKey], *, progress: PositionProgress = lambda _: None
) -> tuple[Mirror, bool]:
    """As `open_mirror`, but rebuilt if the file does not match its mark; and whether the file is known to be unchanged.

    Without keys nothing is marked, and no file is doubted.
    """
    old = mirror_files(directory)
    held = mark.take_mark(old[-1], keys) if old else True
    if not keys:
        held = True
    elif held is False:
        _log.critical("%s was changed since it was closed; it is made anew from the record", old[-1])
    mirror = open_mirror(directory, read, anew=held is False, progress=progress)
    return mirror, held is not None or mirror.path not in old


def catch_up(mirror: Mirror, read: ReadPage, progress: PositionProgress = lambda _: None) -> bool:
    """Applies all entries after the mirror's position; returns whether there were any."""
    first = read(mirror.position, PAGE)
    if first.num_rows == 0:
        return False
    if first.num_rows < PAGE:
        progress(apply_page(mirror, first))
        return True
    with mirror.bulk():
        for page in _pages(first, read):
            progress(apply_page(mirror, page))
    return True


def apply_page(mirror: Mirror, page: pa.Table | Sorted) -> int:
    """Applies a page, and sets aside its entries that do not fit the tables; returns the new position."""
    plain = page.page if isinstance(page, Sorted) else page
    try:
        return mirror.apply(page)
    except Misfit as misfit:
        why = misfit.why
    except (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException, pa.ArrowInvalid) as unfit:
        # Never its message: it quotes what was written.
        why = f"a value of it is none that a table takes ({type(unfit).__name__})"
    if plain.num_rows == 1:
        position = mirror.set_aside(plain, why)
        _log.error("entry %d is set aside, it does not fit the tables: %s", position, why)
        return position
    half = plain.num_rows // 2
    apply_page(mirror, plain.slice(0, half))
    return apply_page(mirror, plain.slice(half))


def shows_destroyed(mirror: Mirror, read: ReadPage) -> bool:
    """Whether the mirror still shows content that the record has destroyed since; then it must be rebuilt.

    A change in place would leave the bytes in the file. Content still in the record is no reason: a new mirror has it.
    """
    if not mirror.redacting:
        return False
    with mirror.reading() as reading:
        remaining = reading.rows(
            "SELECT act.entry, act.remains FROM"
            " (SELECT entry, arg_max(remains, position) AS remains FROM record.entry_redacted GROUP BY entry) AS act"
            " JOIN record.event AS event ON event.position = act.entry"
            " WHERE event.redacted IS DISTINCT FROM act.remains"
        )
    mirror.redacting = bool(remaining)
    return any(sha256(read(entry - 1, 1)["entry"][0].as_py()) == remains for entry, remains in remaining)


def _pages(first: pa.Table, read: ReadPage) -> Iterator[pa.Table | Sorted]:
    """A page and those that follow it, the next one being read and sorted while one is applied."""

    def prepared(page: pa.Table) -> tuple[pa.Table, pa.Table | Sorted]:
        try:
            return page, sorted_page(page)
        except Misfit:
            return page, page

    def after(position: int) -> tuple[pa.Table, pa.Table | Sorted]:
        return prepared(read(position, PAGE))

    page, ready = prepared(first)
    with ThreadPoolExecutor(1, "reading") as ahead:
        while page.num_rows:
            coming = ahead.submit(after, page["position"][-1].as_py())
            yield ready
            page, ready = coming.result()


def mirror_files(directory: Path) -> list[Path]:
    """The mirror files of a folder, the newest last."""
    return sorted(directory.glob("mirror-*.duckdb"), key=_number)


def next_mirror_path(directory: Path, last: Path | None = None) -> Path:
    """A path for a new mirror, numbered after those in the folder and the `last` one used."""
    number = max(map(_number, [*mirror_files(directory), *([last] if last else [])]), default=0)
    return directory / f"mirror-{number + 1}.duckdb"


def remove_mirror(path: Path) -> None:
    """Removes a mirror file and the files that go with it."""
    for suffix in ("", ".wal", ".mark"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()
    shutil.rmtree(path.with_name(path.name + ".tmp"), ignore_errors=True)


def discard_mirror(mirror: Mirror) -> None:
    """Closes a mirror that is not needed, and removes its file."""
    mirror.abandon()
    with contextlib.suppress(duckdb.Error):
        mirror.close()
    if mirror.path:
        remove_mirror(mirror.path)


def _number(path: Path) -> int:
    match = re.fullmatch(r"mirror-(\d+)\.duckdb", path.name)
    return int(match[1]) if match else 0
