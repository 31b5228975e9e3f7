"""The folder of evidence files: each file in it is whole, and opens with a key of the vault or not at all.

A file is named by its key, never by what somebody sent. It comes in under another name, is flushed to the disk, its
key goes into the vault, and then it gets its own name; a file that is destroyed loses its name first, then its key. If
any of these steps is cut short, what is left is a file without its name or a key without a file, and is removed at the
next start. So a file that no key opens belongs to a newer vault, which may come back: it stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Collection, Generator, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Literal, TypeAlias

from journal.durable_files import sync_folder
from journal.evidence.sealed_file import FileHarmed, SealingWriter, opened_parts
from journal.vault.file_keys import FileKeys, KeptBytes, KeyHarmed, new_key

COMING = ".part"
RESERVE_BYTES = 512 * 1024 * 1024
"""How much of the disk is reserved for the record, the tables and the vault."""

FileState: TypeAlias = Literal["kept", "missing", "harmed"]


class DiskFull(Exception):
    """There is no room for a file next to the record."""


class FileMissing(Exception):
    """A file is not where it was put, or its key is not."""


class IncomingFile:
    """A file on its way in. It is not stored until the store has taken it; what is left of it goes with `abandon`."""

    def __init__(self, folder: Path, hub: str, sha256: str, media_type: str) -> None:
        self.key_id, self.key = new_key()
        self.hub, self.named, self.media_type = hub, sha256, media_type
        self.path = folder / f"{self.key_id}{COMING}"
        self._folder = folder
        self._file = open(self.path, "xb")  # noqa: SIM115 - it goes with `abandon`
        about = KeptBytes(self.key_id, hub, sha256, media_type, 0, "", "").about
        self.writer = SealingWriter(self._file, self.key, about)

    def write(self, data: bytes) -> None:
        """Raises DiskFull, OSError."""
        check_room(self._folder, len(data))
        self.writer.write(data)

    def end(self, uploaded_at: str) -> KeptBytes:
        """Ends the upload: describes the file, once it is on the disk."""
        self.writer.end()
        self._file.flush()
        os.fsync(self._file.fileno())
        attributes = (self.hub, self.writer.sha256, self.media_type, self.writer.bytes, self.writer.sealed, uploaded_at)
        return KeptBytes(self.key_id, *attributes)

    def abandon(self) -> None:
        with contextlib.suppress(OSError):  # for lack of room some may not be written, and it is not needed
            self._file.close()
        self.path.unlink(missing_ok=True)


class FileStore:
    """When a method returns, what it destroyed has gone from the disk, and what it took is on it."""

    def __init__(self, folder: Path, keys: FileKeys) -> None:
        self.folder, self.keys = folder, keys
        self._destroyed = set[str]()
        folder.mkdir(parents=True, exist_ok=True)

    def incoming(self, hub: str, sha256: str, media_type: str) -> IncomingFile:
        return IncomingFile(self.folder, hub, sha256, media_type)

    def take(self, it: IncomingFile, about: KeptBytes) -> None:
        """Keeps a file that is on the disk. Raises OSError; then it is not kept."""
        self.keys.put(about, it.key)
        # Killed here, the key opens nothing, and the next start destroys it.
        os.replace(it.path, self._path(about.key_id))
        sync_folder(self.folder)

    def opened(self, it: KeptBytes) -> Generator[bytes]:
        """A file in parts, once its first one opened. Raises FileMissing, FileHarmed: the latter also with a later
        part, or when the file is destroyed meanwhile."""
        try:
            key = self.keys.key(it.key_id)
            file = open(self._path(it.key_id), "rb")  # noqa: SIM115 - it is closed with its parts
        except (KeyError, FileNotFoundError):
            raise FileMissing from None
        except KeyHarmed:
            raise FileHarmed from None
        parts = opened_parts(file, key, it.about)
        try:
            first = next(parts)
        except FileHarmed:
            file.close()
            raise
        return self._following(it.key_id, file, first, parts)

    def _following(self, key_id: str, file: IO[bytes], first: bytes, parts: Iterator[bytes]) -> Generator[bytes]:
        with file:
            for part in chain([first], parts):
                if key_id in self._destroyed:
                    raise FileHarmed
                yield part

    def destroy(self, key_ids: Collection[str]) -> None:
        """Destroys the keys before the bytes: without them a file is nothing, wherever a copy of it is."""
        self._destroyed |= {*key_ids}
        for it in key_ids:
            with contextlib.suppress(FileNotFoundError):
                os.replace(self._path(it), self._nameless(it))
        sync_folder(self.folder)
        self.keys.destroy(key_ids)
        self._remove(self._nameless(it) for it in key_ids)

    def tidy(self, named: Collection[str]) -> None:
        """Removes what was cut short: files without their name, and keys without a file that the record never named."""
        files = {it.name: it for it in self.folder.iterdir()}
        self._remove(path for name, path in files.items() if name.endswith(COMING))
        self.keys.destroy({it.key_id for it in self.keys.all()} - files.keys() - {*named} - self.keys.recorded())

    def _path(self, key_id: str) -> Path:
        return self.folder / key_id

    def _nameless(self, key_id: str) -> Path:
        return self.folder / f"{key_id}{COMING}"

    def _remove(self, paths: Iterable[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
        sync_folder(self.folder)


def file_state(folder: Path, key_id: str, sealed: str) -> FileState:
    """Whether the file on disk is the one that the record says was stored. It needs no key."""
    try:
        with open(folder / key_id, "rb") as file:
            return "kept" if hashlib.file_digest(file, "sha256").hexdigest() == sealed else "harmed"
    except FileNotFoundError:
        return "missing"


def check_room(folder: Path, size: int) -> None:
    """Raises DiskFull if so many bytes would take the space reserved for the record."""
    if shutil.disk_usage(folder).free - size < RESERVE_BYTES:
        raise DiskFull
