"""The mirrors of a folder: opening the newest, catching up with the record, making one anew beside it."""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa

from domain.redaction import sha256
from journal.note import SigningKey
from projections import mark
from projections.comparison import TABLES, digest_as_of
from projections.mirror import Mirror, MirrorUnusable
from projections.page import Sorted, sort

Read = Callable[[int, int], pa.Table]
"""A page of the record: at most so many entries behind a position."""

Progress = Callable[[int], None]
"""Called with each position reached."""

PAGE = 262_144
"""Entries applied at once at most: the larger, the fewer costly commits while a mirror is made, and the more memory."""

_log = logging.getLogger(__name__)


def open_mirror(directory: Path, read: Read, *, anew: bool = False, progress: Progress = lambda _: None) -> Mirror:
    """The newest mirror of a folder, caught up with the record; made anew where there is none that can be used.

    Raises MirrorBusy when another process has it open, Misfit when an entry does not fit the tables.
    """
    old = mirrors(directory)
    if old and not anew:
        try:
            mirror = Mirror(old[-1])
        except MirrorUnusable as unusable:
            _log.warning("making the mirror anew: %s", unusable)
            return open_mirror(directory, read, anew=True, progress=progress)
    else:
        mirror = Mirror(following(directory))
    catch_up(mirror, read, progress)
    if outdated(mirror, read):
        mirror.close()
        return open_mirror(directory, read, anew=True, progress=progress)
    for path in old:
        if path != mirror.path:
            remove(path)
    return mirror


def open_marked(
    directory: Path, read: Read, keys: Sequence[SigningKey], *, progress: Progress = lambda _: None
) -> tuple[Mirror, bool]:
    """As `open_mirror`, made anew where the file is not what its mark says; whether it is known to be what it was.

    Without keys nothing is marked, and nothing doubted.
    """
    old = mirrors(directory)
    held = mark.taken(old[-1], keys) if old else True
    if not keys:
        held = True
    elif held is False:
        _log.critical("%s was changed since it was closed; it is made anew from the record", old[-1])
    mirror = open_mirror(directory, read, anew=held is False, progress=progress)
    return mirror, held is not None or mirror.path not in old


def differing(one: Mirror, other: Mirror) -> list[str]:
    """The tables in which two mirrors of a record differ as of the position that both have."""
    upto = min(one.position, other.position)
    return [it for it in TABLES if digest_as_of(one, it, upto) != digest_as_of(other, it, upto)]


def catch_up(mirror: Mirror, read: Read, progress: Progress = lambda _: None) -> bool:
    """Applies what the record has behind the mirror's position; whether there was anything."""
    first = read(mirror.position, PAGE)
    if first.num_rows == 0:
        return False
    if first.num_rows < PAGE:
        progress(mirror.apply(first))
        return True
    with mirror.bulk():
        for page in _pages(first, read):
            progress(mirror.apply(page))
    return True


def outdated(mirror: Mirror, read: Read) -> bool:
    """Whether the mirror still says what the record has destroyed since it was applied; then it is made anew.

    Changed in place, the file would keep the bytes. Of what still stands in the record a new mirror would be no better.
    """
    if not mirror.redacting:
        return False
    with mirror.reading() as reading:
        standing = reading.rows(
            "SELECT act.entry, act.remains FROM"
            " (SELECT entry, arg_max(remains, position) AS remains FROM record.entry_redacted GROUP BY entry) AS act"
            " JOIN record.event AS event ON event.position = act.entry"
            " WHERE event.redacted IS DISTINCT FROM act.remains"
        )
    mirror.redacting = bool(standing)
    return any(sha256(read(entry - 1, 1)["entry"][0].as_py()) == remains for entry, remains in standing)


def _pages(first: pa.Table, read: Read) -> Iterator[Sorted]:
    """A page and those that follow it, the next one being read and sorted while one is applied."""

    def prepared(after: int) -> Sorted:
        return sort(read(after, PAGE))

    page = sort(first)
    with ThreadPoolExecutor(1, "reading") as ahead:
        while page.page.num_rows:
            coming = ahead.submit(prepared, page.page["position"][-1].as_py())
            yield page
            page = coming.result()


def mirrors(directory: Path) -> list[Path]:
    """The mirror files of a folder, the newest last."""
    return sorted(directory.glob("mirror-*.duckdb"), key=_number)


def following(directory: Path, last: Path | None = None) -> Path:
    """A path for a new mirror, beside and behind those in the folder and the `last` one used."""
    number = max(map(_number, [*mirrors(directory), *([last] if last else [])]), default=0)
    return directory / f"mirror-{number + 1}.duckdb"


def remove(path: Path) -> None:
    """Removes a mirror file and what DuckDB keeps beside it."""
    for suffix in ("", ".wal", ".mark"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()
    shutil.rmtree(path.with_name(path.name + ".tmp"), ignore_errors=True)


def _number(path: Path) -> int:
    found = re.fullmatch(r"mirror-(\d+)\.duckdb", path.name)
    return int(found[1]) if found else 0
