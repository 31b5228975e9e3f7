"""What the record remembers of its own seal, and whether the data folder still has it.

A record that adopted a key was signed from its first second. If the key or the last signed state is gone, or is older
than what the record remembers, nobody can tell any more whether the record is the one that was signed: to sign it
again silently would make a forgery valid.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from domain.acts.seal import CheckpointKept, KeyAdopted, LogRestarted
from domain.messages import Invalid, sentence
from domain.phrase import Phrase
from journal.log import keys
from journal.log.checkpoint import Checkpoint
from journal.log.note import MalformedNote, NoteError, VerifierKey
from journal.log.sealer import SealFolder
from journal.store.journal import Journal

LostPart = Literal["adoption", "key", "checkpoint", "end"]

FOUNDING = 8
"""A record with fewer entries, all of credentials and keys, may have stopped in its first second, unsealed."""


class SealLost(Invalid):
    """The record was signed, but its key or what was signed is not there."""


class KeptCheckpoint(NamedTuple):
    """A checkpoint that the record remembers, and the position of the entry that says so."""

    position: int
    size: int
    root: bytes


def adopted_keys(journal: Journal) -> list[VerifierKey]:
    """The keys that the record says it is sealed with, the current one last."""
    facts = (row.entry.fact for row in journal.stream("seal:key"))
    return [VerifierKey.parse(it.verifier) for it in facts if isinstance(it, KeyAdopted)]


def kept_checkpoints(journal: Journal) -> list[KeptCheckpoint]:
    """The checkpoints that the record remembers, in order."""
    rows = journal.stream("seal:log")
    found = ((row.position, row.entry.fact) for row in rows)
    return [KeptCheckpoint(at, it.size, bytes.fromhex(it.root)) for at, it in found if isinstance(it, CheckpointKept)]


def restarts(journal: Journal) -> list[tuple[int, LogRestarted]]:
    """The acts that gave up what was signed, with their positions."""
    found = ((row.position, row.entry.fact) for row in journal.stream("seal:log"))
    return [(at, it) for at, it in found if isinstance(it, LogRestarted)]


def lost_parts(journal: Journal, data: Path) -> list[LostPart]:
    """The parts of the seal that the record remembers and the data folder no longer has."""
    if not (known := adopted_keys(journal)):
        # The first credential and the adopted key are in one transaction.
        return ["adoption"] if journal.entries.streams("credential") else []
    found: list[LostPart] = []
    if known[-1] not in keys.verifier_keys(data):
        found.append("key")
    try:
        if (signed := SealFolder(data / "log").signed()) is None:
            return found if _only_founded(journal) else [*found, "checkpoint"]
        size = Checkpoint.opened(signed[1], known)[0].size
    except (MalformedNote, NoteError):
        return [*found, "checkpoint"]
    return [*found, "end"] if any(it.size > size for it in kept_checkpoints(journal)[-1:]) else found


def check_continuity(journal: Journal, data: Path) -> None:
    """Raises SealLost if something is lost; the message says what, and names the two ways to go on."""
    if not journal.position and (left := _left(data)):
        raise SealLost("seal.lost", "journal", data=data, left=left)
    if gone := lost_parts(journal, data):
        raise SealLost("seal.lost", "part", data=data, gone=[*map(lost_in_words, gone)])


def lost_in_words(part: LostPart) -> Phrase:
    return sentence("seal.part", part)


def _only_founded(journal: Journal) -> bool:
    rows = journal.entries.columns(0, FOUNDING)
    return len(rows) < FOUNDING and all(it.stream.startswith(("credential:", "seal:")) for it in rows)


def _left(data: Path) -> list[str]:
    """The files in a folder that only a record with entries leaves, next to an empty journal."""
    found = [
        *data.glob("log/checkpoint"),
        *data.glob("log/head"),
        *data.glob("log/level-*"),
        *data.glob("mirror-*.mark"),
    ]
    return sorted(it.relative_to(data).as_posix() for it in found if it.stat().st_size)
