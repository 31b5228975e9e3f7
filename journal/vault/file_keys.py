"""The data keys of evidence files (증빙 파일), in the vault.

Destroying a key destroys its file, wherever a copy of it is. A key encrypts one file once. It is wrapped by the master
key (RFC 3394), like those of persons.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import NamedTuple

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from journal.vault.swept_database import SweptDatabase

SCHEMA = """
CREATE TABLE IF NOT EXISTS file (
    key_id TEXT PRIMARY KEY, hub TEXT NOT NULL, sha256 TEXT NOT NULL, media_type TEXT NOT NULL, size INTEGER NOT NULL,
    sealed TEXT NOT NULL, uploaded_at TEXT NOT NULL, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS file_digest ON file (sha256);
CREATE TABLE IF NOT EXISTS recorded_file (key_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class KeptBytes(NamedTuple):
    """A file that was handed in: its key, its owner, and what it is. `sealed` is SHA-256 of the file on the disk,
    `uploaded_at` an instant of ISO 8601 in UTC."""

    key_id: str
    hub: str
    sha256: str
    media_type: str
    size: int
    sealed: str
    uploaded_at: str

    @property
    def about(self) -> bytes:
        """The data that each part of the ciphertext is bound to."""
        return msgspec.json.encode((self.key_id, self.hub, self.sha256, self.media_type))


class KeyHarmed(Exception):
    """The stored key of a file is not the one that was put there."""


def new_key() -> tuple[str, bytes]:
    """A new key and its id."""
    return f"k-{secrets.token_hex(8)}", AESGCM.generate_key(256)


class FileKeys:
    """When a method returns, changes are on disk and destroyed keys are gone from it."""

    def __init__(self, database: SweptDatabase) -> None:
        self._database = database
        self._master = b""
        database.connection.executescript(SCHEMA)

    def unlock(self, master: bytes) -> None:
        self._master = master

    def put(self, it: KeptBytes, key: bytes) -> None:
        with self._database.changing():
            self._database.connection.execute(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*it, aes_key_wrap(self._master, key))
            )

    def note_recorded(self, key_ids: Collection[str]) -> None:
        """Remembers that the record names these: only the record may destroy them, even if an older record that does
        not know them is restored."""
        if key_ids:
            with self._database.changing():
                self._database.connection.executemany(
                    "INSERT OR IGNORE INTO recorded_file VALUES (?)", [(it,) for it in key_ids]
                )

    def recorded(self) -> set[str]:
        """The keys that the record has ever named."""
        return {key_id for (key_id,) in self._database.all("SELECT key_id FROM recorded_file")}

    def all(self) -> list[KeptBytes]:
        return self._where("true")

    def of(self, sha256: str) -> list[KeptBytes]:
        """The files with a digest, of whatever hub."""
        return self._where("sha256 = ?", sha256)

    def bytes_of(self, hub: str) -> int:
        """The total bytes of a hub's files."""
        ((found,),) = self._database.all("SELECT coalesce(sum(size), 0) FROM file WHERE hub = ?", hub)
        return int(found)

    def key(self, key_id: str) -> bytes:
        """Raises KeyError for one that is not here, KeyHarmed."""
        found = self._database.all("SELECT wrapped FROM file WHERE key_id = ?", key_id)
        if not found:
            raise KeyError(key_id)
        try:
            return aes_key_unwrap(self._master, found[0][0])
        except InvalidUnwrap:
            raise KeyHarmed(f"the key {key_id} in the vault is not what was put there") from None

    def destroy(self, key_ids: Collection[str]) -> None:
        """The wrapped keys are in no file when this returns. A key that is gone already is no error."""
        if key_ids:
            with self._database.changing():
                self._database.delete("file", "key_id", key_ids)
                self._database.delete("recorded_file", "key_id", key_ids)

    def _where(self, condition: str, *operands: str) -> list[KeptBytes]:
        columns = ", ".join(KeptBytes._fields)
        select = f"SELECT {columns} FROM file WHERE {condition} ORDER BY uploaded_at, key_id"  # noqa: S608
        return [KeptBytes(*row) for row in self._database.all(select, *operands)]
