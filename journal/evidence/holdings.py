"""Which files the record says are kept, and which it says were destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from journal.evidence.file_store import FileState, file_state
from journal.store.journal import Journal
from journal.store.recorder import Row

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
    """Those `held` now, and every key that the record ever `named`."""

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
    """What the whole record says. Whatever is corrected or voided, what was destroyed is."""
    return _held(journal.entries.typed("evidence", (KEPT, PURGED)))


def holdings_of(journal: Journal, stream: str) -> Holdings:
    """The same of one item."""
    return _held([row for row in journal.entries.stream(stream) if row.type in (KEPT, PURGED)])


def _held(rows: list[Row]) -> Holdings:
    """By item and digest what was said last: a file that was handed in once more takes the place of the one before."""
    found: dict[str, dict[str, Holding]] = {}
    named = set[str]()
    for row in sorted(rows, key=lambda it: it.position):
        it = msgspec.json.decode(row.entry, type=_Said)
        if row.type == PURGED:
            found.pop(it.stream, None)
            continue
        named.add(it.fact.key_id)
        told = (it.fact.sha256, it.fact.key_id, it.fact.sealed)
        found.setdefault(it.stream, {})[it.fact.sha256] = Holding(row.position, it.stream, it.hub, *told)
    return Holdings([it for of_item in found.values() for it in of_item.values()], frozenset(named))


class FileCheck(NamedTuple):
    """Of the files that the record says are kept, what stands in the folder; `unopened` are those whose key the vault
    does not have."""

    states: dict[Holding, FileState]
    unopened: list[Holding]


def check_files(held: list[Holding], folder: Path, keys: frozenset[str]) -> FileCheck:
    """Reads every file that is to be there."""
    states = {it: file_state(folder, it.key_id, it.sealed) for it in held}
    return FileCheck(states, [it for it in held if it.key_id not in keys])
