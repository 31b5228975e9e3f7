"""The master key (마스터키) of a vault: 256 bits from the environment or from a file that only its owner reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from domain.messages import Invalid
from journal.durable_files import sync_folder
from journal.log.note import OpenToOthers

VARIABLE = "SAGWAN_MASTER_KEY"
BYTES = 32


class MasterKeyMissing(Invalid):
    """There is no key, or the given one is invalid."""


def master_key(path: Path, *, make: bool) -> bytes:
    """The key of the environment, else of the file; with `make`, a missing file is made with a new key.

    Raises MasterKeyMissing, and PermissionError for a file that others may read.
    """
    if given := os.environ.get(VARIABLE):
        return _read(given, VARIABLE)
    if not path.exists():
        if not make:
            raise MasterKeyMissing("master_key.missing", path=path, variable=VARIABLE)
        generate_master_key(path)
    if path.stat().st_mode & 0o077:
        raise OpenToOthers("master_key.open", path=path)
    return _read(path.read_text(encoding="ascii", errors="replace"), str(path))


def generate_master_key(path: Path) -> None:
    """Makes a key and stores it in a file, which is whole and on disk when this returns. Never replaces one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: if another process has made one meanwhile, that one stays.
        os.link(made, path)
    finally:
        made.unlink()
    sync_folder(path.parent)


def _read(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != BYTES:
        raise MasterKeyMissing("master_key.form", where=where, digits=2 * BYTES)
    return key
