"""Which files the record says are kept, and which it says were destroyed."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import NamedTuple

import msgspec

from journal.evidence.file_store import file_state
from journal.folder import Folder
from journal.store.journal import Journal
from journal.store.recorder import StoredEntry

KEPT, PURGED = "evidence.kept", "evidence.purged"


class Holding(NamedTuple):
    """A file of an evidence item, as the entry at a position says that it is kept."""

    position: int
    stream: str
    hub: str
    sha256: str
    key_id: str
    sealed: str


class Holdings(NamedTuple):
    """The files `held` now, and every key that the record has ever `named`."""

    held: list[Holding]
    named: frozenset[str]

    @property
    def gone(self) -> frozenset[str]:
        """The keys that no item has any more: they and their files are to be destroyed."""
        return self.named - {it.key_id for it in self.held}


class _Said(msgspec.Struct):
    class Fact(msgspec.Struct):
        sha256: str = ""
        key_id: str = ""
        sealed: str = ""

    stream: str
    hub: str
    fact: Fact


def holdings(journal: Journal) -> Holdings:
    """The holdings by the whole record. A destroyed file stays destroyed, whatever is corrected or voided."""
    return _held(journal.entries.typed("evidence", (KEPT, PURGED)))


def holdings_of(journal: Journal, stream: str) -> Holdings:
    """The same of one item."""
    return _held([row for row in journal.entries.stream(stream) if row.type in (KEPT, PURGED)])


def _held(rows: list[StoredEntry]) -> Holdings:
    """By item and digest, the last entry counts: a file that is handed in again replaces the one before."""
    found: dict[str, dict[str, Holding]] = {}
    named = set[str]()
    for row in sorted(rows, key=lambda it: it.position):
        it = msgspec.json.decode(row.entry, type=_Said)
        if row.type == PURGED:
            found.pop(it.stream, None)
            continue
        named.add(it.fact.key_id)
        attributes = (it.fact.sha256, it.fact.key_id, it.fact.sealed)
        found.setdefault(it.stream, {})[it.fact.sha256] = Holding(row.position, it.stream, it.hub, *attributes)
    return Holdings([it for of_item in found.values() for it in of_item.values()], frozenset(named))


class FileCheck(NamedTuple):
    """The state of the files in a folder that the record says are kept: those `whole`, and for the others what is wrong
    with each. `deposits` are the items whose file is not kept here. `looked` is False if there is no such folder."""

    whole: int
    wrong: dict[Holding, str]
    deposits: int
    looked: bool = True


def check_files(journal: Journal, folder: Folder) -> FileCheck:
    """Reads every file that should be there; it needs no key."""
    held = holdings(journal)
    deposits = len({*journal.entries.streams_with("evidence", "evidence.deposited")} - {it.stream for it in held.held})
    if not folder.files.exists():
        return FileCheck(len(held.held), {}, deposits, looked=False)
    keys, wrong = _keys(folder.vault), dict[Holding, str]()
    for it in held.held:
        if (state := file_state(folder.files, it.key_id, it.sealed)) != "kept":
            wrong[it] = state
        elif it.key_id not in keys:
            wrong[it] = "keyless"
    return FileCheck(len(held.held) - len(wrong), wrong, deposits)


def _keys(vault: Path) -> set[str]:
    """The ids of file keys in the vault; none if it cannot be read, which is reported elsewhere."""
    try:
        with contextlib.closing(sqlite3.connect(f"{vault.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return {key for (key,) in connection.execute("SELECT key_id FROM file")}
    except sqlite3.DatabaseError:
        return set()
