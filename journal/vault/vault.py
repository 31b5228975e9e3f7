"""The vault (개인정보 보관소): personal data, outside the record, encrypted for each person with a key of its own.

Each writing of a person's fields takes a new random data key (AES-256-GCM, NIST SP 800-38D), so a key encrypts
once and no nonce can repeat, not even after a restore. Data keys are wrapped by the master key with AES key wrap
(RFC 3394), which has no nonce. Destroying the wrapped key and the ciphertext is the erasure: what the master key
opens is gone from the vault's file and from every file next to it.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
import secrets
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from msgspec import Meta

from domain.messages import Invalid, reason, unlisted
from domain.values import Text
from journal.folder import Folder
from journal.store.journal import Journal
from journal.vault.file_keys import FileKeys
from journal.vault.master_key import master_key
from journal.vault.swept_database import SweptDatabase

_COLUMNS = """(
    pseudonym TEXT PRIMARY KEY, hub TEXT NOT NULL, lookup TEXT UNIQUE, key_id TEXT NOT NULL,
    wrapped BLOB NOT NULL, nonce BLOB NOT NULL, fields TEXT NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID"""
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS lookup_key (wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS person {_COLUMNS};
CREATE TABLE IF NOT EXISTS apart {_COLUMNS};
CREATE TABLE IF NOT EXISTS staged {_COLUMNS};
"""


Reference: TypeAlias = Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]


class Personal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What the vault may hold of a person. `reference` is what the hub's own table calls the person.

    `orcid_public`: the person consented that the ORCID iD is published.
    """

    reference: Reference | None = None
    name_ko: Text | None = None
    name_en: Text | None = None
    email: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)] | None = None
    orcid: Annotated[str, Meta(pattern=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$")] | None = None
    orcid_public: bool = False
    affiliation: Text | None = None
    note: Text | None = None

    @property
    def held(self) -> tuple[str, ...]:
        """The names of the fields that are filled."""
        return tuple(sorted(msgspec.to_builtins(self)))


log = logging.getLogger("sagwan.vault")


class WrongMasterKey(Invalid):
    """The vault was made with another master key."""


class DamagedVault(Invalid):
    """The file of the vault cannot be trusted as a whole."""


class DamagedPerson(Exception):
    """The stored data of a person are not what was put there."""


class PersonState(NamedTuple):
    """A person's state by the record: the last act, the owner, and the id of the data key."""

    position: int
    hub: str
    key_id: str


class _Said(msgspec.Struct):
    """The part of an act on a person that says its state."""

    class Fact(msgspec.Struct):
        key_id: str | None = None

    stream: str
    hub: str
    fact: Fact


class _Row(NamedTuple):
    pseudonym: str
    hub: str
    lookup: str | None
    key_id: str
    wrapped: bytes
    nonce: bytes
    fields: str
    sealed: bytes

    @property
    def about(self) -> bytes:
        """The data that the ciphertext is bound to: its owner, and which fields it holds."""
        return msgspec.json.encode((self.pseudonym, self.hub, self.lookup, self.key_id, self.fields))


def new_pseudonym() -> str:
    """96 random bits: it reveals nothing about anybody."""
    return f"p-{secrets.token_hex(12)}"


def new_key_id() -> str:
    """A new id of a data key."""
    return f"k-{secrets.token_hex(8)}"


def person_states(journal: Journal) -> dict[str, PersonState]:
    """The newest state of each person that is not erased, if the record names it; earlier releases did not."""
    erased = {*_names(journal, "person.erased")}
    states: dict[str, PersonState] = {}
    for row in journal.entries.typed("person", ("person.pseudonym_issued", "person.restated")):
        it = msgspec.json.decode(row.entry, type=_Said)
        if it.fact.key_id and (name := it.stream.partition(":")[2]) not in erased:
            states[name] = PersonState(row.position, it.hub, it.fact.key_id)
    return states


def persons_behind(path: Path, journal: Journal) -> dict[str, PersonState]:
    """The persons for whom a vault's file holds another state than the record names last, or nothing, and that state.

    Raises DamagedVault for a file that the database finds damaged.
    """
    if not path.exists():
        return person_states(journal)
    tables = "SELECT name FROM sqlite_master WHERE name IN ('person', 'apart', 'staged')"
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            held = {
                pair
                for (table,) in connection.execute(tables).fetchall()
                for pair in connection.execute(f"SELECT pseudonym, key_id FROM {table}")  # noqa: S608
            }
    except sqlite3.DatabaseError as error:
        raise DamagedVault("vault.file", path=path, because=reason(error)) from None
    return {name: it for name, it in person_states(journal).items() if (name, it.key_id) not in held}


def normal_reference(text: str) -> str:
    """A reference in its one normal form, however it was typed."""
    return unicodedata.normalize("NFC", text.strip())


class Vault:
    """When a method returns, changes are on disk and deletions out of it. Opened locked: to erase needs no key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.behind: dict[str, PersonState] = {}
        self._database = SweptDatabase(path, SCHEMA)
        self.files = FileKeys(self._database)
        self.close, self.damage = self._database.close, self._database.damage

    @property
    def new(self) -> bool:
        """Whether no master key was ever used here."""
        return not self._database.all("SELECT 1 FROM lookup_key")

    def unlock(self, master: bytes) -> None:
        """Raises WrongMasterKey."""
        if self.new:
            self._database.connection.execute(
                "INSERT INTO lookup_key VALUES (?)", (aes_key_wrap(master, os.urandom(32)),)
            )
        try:
            self._lookup_key = aes_key_unwrap(master, self._database.all("SELECT wrapped FROM lookup_key")[0][0])
        except InvalidUnwrap:
            raise WrongMasterKey("vault.wrong_key", path=self.path) from None
        self._master = master
        self.files.unlock(master)

    def find(self, hub: str, references: Sequence[str]) -> dict[str, str]:
        """The pseudonyms of those of a hub's references that the vault knows."""
        digests = [self._digest(hub, it) for it in references]
        select = "SELECT lookup, pseudonym FROM {} WHERE lookup IN (SELECT value FROM json_each(?))"
        found = dict(self._both(select, msgspec.json.encode(digests).decode()))
        return {it: found[digest] for it, digest in zip(references, digests, strict=True) if digest in found}

    def stage(self, hub: str, people: Mapping[str, Personal], keys: Mapping[str, str]) -> None:
        """Stages data of people by their pseudonyms; nobody reads them until `put`. `keys` are the ids of the data keys
        that the record will name."""
        rows = [self._row(name, hub, personal, keys[name]) for name, personal in people.items()]
        with self._database.changing():
            self._database.connection.executemany("INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def put(self, names: Collection[str]) -> None:
        """Stores what was staged of people, in place of what was held of them, all or none."""
        with self._database.changing():
            self._put(names)
        for name in names:
            self.behind.pop(name, None)

    def drop(self, names: Iterable[str]) -> None:
        """Forgets what was staged of people: the record did not take the act."""
        with self._database.changing():
            self._database.delete("staged", "pseudonym", names)

    def settle(self, named: Mapping[str, str]) -> None:
        """Finishes what was cut short: `named` are the ids of the keys that the record names last, by pseudonym."""
        staged = dict(self._database.all("SELECT pseudonym, key_id FROM staged"))
        if staged:
            with self._database.changing():
                self._put([name for name, key in staged.items() if named.get(name) == key])
                self._database.delete("staged", "pseudonym", staged)

    def names(self) -> set[str]:
        """Every pseudonym with data in the vault."""
        return {name for (name,) in self._both("SELECT pseudonym FROM {}")}

    def key_id(self, name: str) -> str | None:
        """The id of a person's data key; None where the vault holds nothing."""
        return next((row.key_id for row in self._rows(name)), None)

    def fields(self, name: str) -> tuple[str, ...]:
        """Which fields are held of a person."""
        return next((tuple(msgspec.json.decode(row.fields)) for row in self._rows(name)), ())

    def read(self, name: str) -> Personal:
        """The data of a person: the one place where they leave the vault. Raises KeyError, DamagedPerson."""
        if not (rows := self._rows(name)):
            raise KeyError(name)
        (row,) = rows
        try:
            key = aes_key_unwrap(self._master, row.wrapped)
            return msgspec.json.decode(AESGCM(key).decrypt(row.nonce, row.sealed, row.about), type=Personal)
        except (InvalidUnwrap, InvalidTag, ValueError):
            raise DamagedPerson(f"what the vault stores of {name} is not what was put there") from None

    def harmed(self) -> dict[str, PersonState]:
        """The persons whose stored data are not what was put there."""
        found = {}
        for row in (_Row(*it) for it in self._both("SELECT * FROM {}")):
            try:
                self.read(row.pseudonym)
            except DamagedPerson:
                found[row.pseudonym] = PersonState(0, row.hub, row.key_id)
        return found

    def set_apart(self, names: Iterable[str]) -> None:
        """Moves people to where they are stored apart from the others (PIPA 21(3))."""
        with self._database.changing():
            for name in names:
                self._database.connection.execute("INSERT INTO apart SELECT * FROM person WHERE pseudonym = ?", (name,))
                self._database.delete("person", "pseudonym", [name])

    def destroy(self, names: Sequence[str]) -> None:
        """Wrapped keys, ciphertexts and lookups are in no file when this returns. A person already gone is no error."""
        with self._database.changing():
            self._database.delete("person", "pseudonym", names)
            self._database.delete("apart", "pseudonym", names)
            self._database.delete("staged", "pseudonym", names)
        for name in names:
            self.behind.pop(name, None)

    def _put(self, names: Collection[str]) -> None:
        self._database.delete("person", "pseudonym", names)
        one = [(name,) for name in names]
        self._database.connection.executemany("INSERT INTO person SELECT * FROM staged WHERE pseudonym = ?", one)
        # No sweep for this: the same bytes are still held, and what erases them sweeps.
        self._database.connection.executemany("DELETE FROM staged WHERE pseudonym = ?", one)

    def _row(self, name: str, hub: str, personal: Personal, key_id: str) -> _Row:
        key, nonce = AESGCM.generate_key(256), os.urandom(12)
        lookup = self._digest(hub, personal.reference) if personal.reference is not None else None
        wrapped = aes_key_wrap(self._master, key)
        fields = msgspec.json.encode(personal.held).decode()
        row = _Row(name, hub, lookup, key_id, wrapped, nonce, fields, b"")
        return row._replace(sealed=AESGCM(key).encrypt(nonce, msgspec.json.encode(personal), row.about))

    def _digest(self, hub: str, name: str) -> str:
        """A reference as the vault looks it up: without the key it cannot be guessed."""
        return hmac.digest(self._lookup_key, msgspec.json.encode((hub, normal_reference(name))), "sha256").hex()

    def _rows(self, name: str) -> list[_Row]:
        return [_Row(*row) for row in self._both("SELECT * FROM {} WHERE pseudonym = ?", name)]

    def _both(self, select: str, *operands: str) -> list[tuple[Any, ...]]:
        return [row for table in ("person", "apart") for row in self._database.all(select.format(table), *operands)]


@contextlib.contextmanager
def open_vault(folder: Folder, journal: Journal) -> Iterator[Vault]:
    """The vault of a folder, ready to serve: erasures in the record are done again, whatever was restored.

    Raises WrongMasterKey, MasterKeyMissing, PermissionError.
    """
    with contextlib.closing(_sound(folder.vault)) as vault:
        vault.set_apart(_names(journal, "person.set_apart"))
        vault.destroy(_names(journal, "person.erased"))
        vault.settle({name: it.key_id for name, it in person_states(journal).items()})
        issued = {stream.partition(":")[2] for stream in journal.entries.streams("person")}
        if strangers := len(vault.names() - issued):
            log.warning(
                "the vault holds %d people whom the record does not know: it is older than its vault", strangers
            )
        if lacking := persons_behind(folder.vault, journal):
            log.warning(
                "the vault is behind the record: of %d persons (%s …) it holds an older state than was recorded, or"
                " nothing. Bring back the newest vault.db. Where there is none, correct those persons once more with"
                " `sagwan person add --replace`, or erase them; until then they are not shown and not resolved",
                len(lacking),
                ", ".join(sorted(lacking)[:3]),
            )
        # If the vault was moved away, this is a new one: nobody takes it for what it held.
        vault.behind = {} if vault.new else lacking
        vault.unlock(master_key(folder.master_key, make=vault.new))
        if harmed := vault.harmed():
            log.critical("what the vault stores of %d persons is not what was put there", len(harmed))
            vault.behind |= harmed
        yield vault


def _sound(path: Path) -> Vault:
    """The vault of a file. Raises DamagedVault for one that the database finds damaged."""
    try:
        vault = Vault(path)
        if (said := vault.damage()) is None:
            return vault
    except sqlite3.DatabaseError as error:
        said = str(error)
    raise DamagedVault("vault.file", path=path, because=unlisted(said))


def _names(journal: Journal, type_: str) -> list[str]:
    return [stream.partition(":")[2] for stream in journal.entries.streams_with("person", type_)]
