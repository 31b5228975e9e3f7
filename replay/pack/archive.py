"""A zip file whose bytes depend on its contents alone, written front to back, with the digest of each file."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Protocol

import msgspec

DAY = (1980, 1, 1, 0, 0, 0)
"""The date of every file: the earliest that a zip file knows."""


class Sink(Protocol):
    """Where the bytes go; nothing is ever read back or sought."""

    def write(self, data: bytes, /) -> object: ...

    def flush(self) -> object: ...


class ListedFile(msgspec.Struct, frozen=True):
    """A file as the manifest lists it."""

    sha256: str
    bytes: int


class Member:
    """A file being written; counts and digests what goes in."""

    closed = False

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self._size += memoryview(data).nbytes
        return self._raw.write(data)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None: ...

    @property
    def listed(self) -> ListedFile:
        return ListedFile(self._digest.hexdigest(), self._size)


class _Zip(zipfile.ZipFile):
    """Closed by `Archive.close` only: one that is given up writes nothing more, whenever it is garbage-collected."""

    def __del__(self) -> None:
        pass


class Archive:
    """Files go in one after the other; `files` lists those that are whole."""

    def __init__(self, sink: Sink) -> None:
        self.files: dict[str, ListedFile] = {}
        self._zip = _Zip(_Unseekable(sink), "w")  # type: ignore[call-overload]

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[Member]:
        """A file of any length, written while inside."""
        about = zipfile.ZipInfo(name, DAY)
        about.compress_type = zipfile.ZIP_DEFLATED
        about.create_system = 3
        about.external_attr = 0o644 << 16
        with self._zip.open(about, "w", force_zip64=True) as raw:
            member = Member(raw)
            yield member
        self.files[name] = member.listed

    def add(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """A file from its content, or from pieces of it."""
        with self.file(name) as member:
            for piece in [content] if isinstance(content, bytes) else content:
                member.write(piece)

    def close(self) -> None:
        """Writes the directory; without it the file is visibly cut off."""
        self._zip.close()


class _Unseekable:
    """Hides whether a sink could seek: a zip file has other bytes where it can."""

    def __init__(self, sink: Sink) -> None:
        self.write, self.flush = sink.write, sink.flush
