"""Does the journal make the tree that was signed? Reads every entry, hashes it again, and names the first wrong place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from journal import leaves
from journal.checkpoint import Checkpoint
from journal.leaves import Ranks
from journal.note import NoteError, VerifierKey
from journal.recorder import EntryRecorder, Leaf
from journal.seal import Rollback, SealFolder, differing
from journal.tiles import HASH, WIDTH, Growing, Harmed, Levels, Tree
from replay.progress import Progress

CHUNK = 8192


class Difference(msgspec.Struct, frozen=True):
    """Something that is not as it must be. `position` is the entry's, None where no single entry is to blame."""

    what: str
    position: int | None = None


class Sealed(NamedTuple):
    """What was checked: the size of the newest checkpoint, who signed it, entries behind it that nobody signed yet."""

    size: int
    signers: list[str]
    unsealed: int
    differences: list[Difference]
