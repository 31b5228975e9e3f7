"""The mark beside a mirror: what its file was when it was closed in order, signed with the record's key.

A mirror is a file of DuckDB that anybody with the folder can open and edit. One that is not what its mark says was
touched since; one without a mark was not closed in order, or somebody took the mark away.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from pathlib import Path

from journal.durable_files import replace_file
from journal.log import note
from journal.log.note import NoteError, SigningKey


def write_mark(mirror: Path, keys: Sequence[SigningKey]) -> None:
    """Says what the file is now. Nobody may write it behind this."""
    if keys and mirror.exists() and not _log(mirror).exists():
        text = _text(mirror)
        replace_file(_path(mirror), note.signed_note(text, *(key.sign(text) for key in keys)).encode())


def take_mark(mirror: Path, keys: Sequence[SigningKey]) -> bool | None:
    """Whether the file is what its mark says, None where there is none. The mark is gone then: the file is opened."""
    try:
        marked = _path(mirror).read_bytes()
    except FileNotFoundError:
        return None
    try:
        text, _ = note.open_note(marked, [key.verifier for key in keys])
        return text == _text(mirror) and not _log(mirror).exists()
    except (NoteError, FileNotFoundError):
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            _path(mirror).unlink()


def _text(mirror: Path) -> str:
    # Its first line keeps it from ever being a checkpoint or a manifest.
    with mirror.open("rb") as file:
        return f"sagwan mirror v1\nfile {mirror.name}\nsha256 {hashlib.file_digest(file, 'sha256').hexdigest()}\n"


def _path(mirror: Path) -> Path:
    return mirror.with_name(mirror.name + ".mark")


def _log(mirror: Path) -> Path:
    return mirror.with_name(mirror.name + ".wal")
