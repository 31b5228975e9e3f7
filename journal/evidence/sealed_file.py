"""How a file is encrypted: in parts, so that none is ever in memory whole and nothing is given out unauthenticated.

AES-256-GCM (NIST SP 800-38D) over parts of 64 KiB. A part's nonce is its number and whether it is the last, as in the
STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar 2015; the payload of age is the same): so parts that are cut
off, swapped or repeated do not open. A key is of one file, so no nonce repeats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HEADER = b"sagwan-file/1\n"
PART = 64 * 1024
TAG = 16


class FileHarmed(Exception):
    """The file on disk is not the one that was stored."""


class SealingWriter:
    """Encrypts what is written into a file, and digests it on the way. Every part is bound to `about`."""

    def __init__(self, file: IO[bytes], key: bytes, about: bytes) -> None:
        self._file, self._cipher, self._about = file, AESGCM(key), about
        self._number, self._waiting = 0, bytearray()
        self._plain, self._sealed = hashlib.sha256(), hashlib.sha256()
        self.bytes = 0
        self._put(HEADER)

    def write(self, data: bytes) -> None:
        self._plain.update(data)
        self.bytes += len(data)
        self._waiting += data
        while len(self._waiting) > PART:
            self._seal(bytes(self._waiting[:PART]), last=False)
            del self._waiting[:PART]

    def end(self) -> None:
        """Ends the file: nothing more is written."""
        self._seal(bytes(self._waiting), last=True)

    @property
    def sha256(self) -> str:
        """Of what was written, in hex."""
        return self._plain.hexdigest()

    @property
    def sealed(self) -> str:
        """SHA-256 of the encrypted file, in hex."""
        return self._sealed.hexdigest()

    def _seal(self, part: bytes, *, last: bool) -> None:
        self._put(self._cipher.encrypt(_nonce(self._number, last=last), part, self._about))
        self._number += 1

    def _put(self, data: bytes) -> None:
        self._sealed.update(data)
        self._file.write(data)


def opened_parts(file: IO[bytes], key: bytes, about: bytes) -> Iterator[bytes]:
    """What was written into a file, in parts. Raises FileHarmed at the first part that is not what was stored."""
    cipher, number = AESGCM(key), 0
    if file.read(len(HEADER)) != HEADER:
        raise FileHarmed
    part = file.read(PART + TAG)
    while True:
        following = file.read(PART + TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), part, about)
        except InvalidTag:
            raise FileHarmed from None
        if not following:
            return
        part, number = following, number + 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
