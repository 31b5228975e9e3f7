"""The keys that a record is sealed with: `seal.key`, and after a rotation also `seal.key.previous`.

Both sign while both are there, so that those who trust the old one have time to follow; then the operator removes it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from domain.messages import Invalid
from journal.durable_files import sync_folder
from journal.log.note import SigningKey, VerifierKey
from journal.log.sealer import SealFolder

LONGEST_ORIGIN = 200


class KeyThere(Invalid, FileExistsError):
    """A key is there, and would be lost."""


class KeyNotThere(Invalid, FileNotFoundError):
    """There is no key to replace."""


def signing_keys(data: Path, origin: str | None = None) -> list[SigningKey]:
    """The key in use and then the previous one; where there is none, a new one.

    `origin` names the record for ever; by default it names nobody and no place. Raises ValueError when the record
    has another one already, and as `SigningKey.load` does.
    """
    signed = SealFolder(data / "log").signed()
    before = signed[0].origin if signed else None
    found = [SigningKey.load(path) for path in (_key(data), _previous(data)) if path.exists()]
    if not found:
        if origin and not before and len(origin) > LONGEST_ORIGIN:
            raise Invalid("key.origin_long", most=LONGEST_ORIGIN, length=len(origin))
        found.append(SigningKey.generate(before or origin or random_origin()))
        data.mkdir(parents=True, exist_ok=True)
        found[0].save(_key(data))
    name = found[0].verifier.name
    if {name, before or name, origin or name} != {name}:
        raise Invalid("key.origin", origin=before or name, asked=origin or name)
    return found


def random_origin() -> str:
    """A name for a record without one: it reveals neither owner nor place."""
    return f"sagwan/{secrets.token_hex(6)}"


def make_key(data: Path, origin: str | None = None) -> SigningKey:
    """The first key of a record. Raises FileExistsError when it has one."""
    if _key(data).exists():
        raise KeyThere("key.there", path=_key(data))
    return signing_keys(data, origin)[0]


def verifier_keys(data: Path) -> list[VerifierKey]:
    """The public keys of a data folder, none where there are none."""
    return [SigningKey.load(path).verifier for path in (_key(data), _previous(data)) if path.exists()]


def readable_keys(data: Path) -> list[SigningKey]:
    """The keys of a data folder that this user may read, none where there are none."""
    try:
        return [SigningKey.load(path) for path in (_key(data), _previous(data)) if path.exists()]
    except PermissionError:
        return []


def rotate_key(data: Path) -> SigningKey:
    """A new key of the same origin that replaces the one in use, which stays as the previous one.

    Raises FileNotFoundError when there is none yet, FileExistsError when a previous one still signs.
    """
    if not _key(data).exists():
        raise KeyNotThere("key.not_there", path=_key(data))
    old = SigningKey.load(_key(data))
    if _previous(data).exists():
        raise KeyThere("key.previous", path=_previous(data))
    new = SigningKey.generate(old.verifier.name)
    temporary = data / "seal.key.new"
    temporary.unlink(missing_ok=True)
    new.save(temporary)
    # The old key always has a name, and `seal.key` always names a whole one.
    os.link(_key(data), _previous(data))
    os.replace(temporary, _key(data))
    sync_folder(data)
    return new


def _key(data: Path) -> Path:
    return data / "seal.key"


def _previous(data: Path) -> Path:
    return data / "seal.key.previous"
