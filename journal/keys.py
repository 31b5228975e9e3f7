"""The keys that a record is sealed with: `seal.key`, and after a rotation also `seal.key.previous`.

Both sign while both are there, so whoever trusts the old one has time to follow; then the operator removes it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from journal.note import SigningKey
from journal.tiles import sync


def load(data: Path) -> list[SigningKey]:
    """The key in use and then the previous one, as far as they are there. Raises as `SigningKey.load` does."""
    return [SigningKey.load(path) for path in (_key(data), _previous(data)) if path.exists()]


def make(data: Path, origin: str | None) -> SigningKey:
    """The first key of a record; by default its origin names nobody and no place.

    Raises FileExistsError when there is one already.
    """
    key = SigningKey.generate(origin or f"sagwan/{secrets.token_hex(6)}")
    data.mkdir(parents=True, exist_ok=True)
    key.save(_key(data))
    return key


def rotate(data: Path) -> SigningKey:
    """A new key of the same origin in the place of the one in use, which stays as the previous one.

    Raises FileNotFoundError when there is none yet, FileExistsError when a previous one still signs.
    """
    old = SigningKey.load(_key(data))
    if _previous(data).exists():
        raise FileExistsError(f"{_previous(data)} still signs; remove it when everybody knows the key in use")
    new = SigningKey.generate(old.verifier.name)
    beside = data / "seal.key.new"
    beside.unlink(missing_ok=True)
    new.save(beside)
    # The old key is never without a name, and `seal.key` always names a whole one.
    os.link(_key(data), _previous(data))
    os.replace(beside, _key(data))
    sync(data)
    return new


def _key(data: Path) -> Path:
    return data / "seal.key"


def _previous(data: Path) -> Path:
    return data / "seal.key.previous"
