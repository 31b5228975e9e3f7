"""The mark of a mirror: the digest of its file at a clean close, signed with the record's key.

A mirror is a file of DuckDB that anybody with the folder can open and edit. A file that does not match its mark was
changed since; one without a mark was not closed cleanly, or somebody removed the mark.
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
    """Records what the file is now. Nobody may write to the file after this."""
    if keys and mirror.exists() and not _log(mirror).exists():
        text = _text(mirror)
        replace_file(_path(mirror), note.signed_note(text, *(key.sign(text) for key in keys)).encode())


def take_mark(mirror: Path, keys: Sequence[SigningKey]) -> bool | None:
    """Whether the file matches its mark, None without one. Removes the mark, since the file is about to be opened."""
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
    # Its first line keeps it from being taken for a checkpoint or a manifest.
    with mirror.open("rb") as file:
        return f"sagwan mirror v1\nfile {mirror.name}\nsha256 {hashlib.file_digest(file, 'sha256').hexdigest()}\n"


def _path(mirror: Path) -> Path:
    return mirror.with_name(mirror.name + ".mark")


def _log(mirror: Path) -> Path:
    return mirror.with_name(mirror.name + ".wal")
