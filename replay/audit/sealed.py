"""Does the journal make the tree that was signed? Hashes every entry again and names the first wrong place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from domain.messages import Invalid, reason, sentence
from domain.phrase import Phrase
from journal.log import continuity, leaves, tlog
from journal.log.checkpoint import Checkpoint
from journal.log.leaves import Ranks
from journal.log.note import NoteError, VerifierKey
from journal.log.sealer import Rollback, SealFolder
from journal.log.tiles import HASH, WIDTH, GrowingTree, Levels, Tree
from journal.store.journal import Journal
from journal.store.recorder import EntryRecorder
from replay.progress import Progress


class Difference(msgspec.Struct, frozen=True):
    """Something that is not as it must be. `position` is the entry's, None where no single entry is to blame."""

    told: Phrase
    position: int | None = None

    @property
    def what(self) -> str:
        """In English."""
        return self.told.en


class SealCheck(NamedTuple):
    """What was checked: the size of the newest checkpoint and its signers, entries behind it, the last position."""

    size: int
    signers: tuple[str, ...]
    unsealed: int
    position: int
    differences: list[Difference]


def computed_tree(entries: EntryRecorder, folder: SealFolder) -> tuple[int, bytes]:
    """The size and the root of the tree that the journal makes; the folder is neither read nor written."""
    growing, size = GrowingTree(Tree(_LevelsOnDisk(folder.levels, 0))), 0
    for chunk in leaves.leaf_chunks(entries, 0):
        growing.append(leaves.leaf_hashes(chunk))
        size += len(chunk)
    return size, growing.root()


def verifier_keys_of(journal: Journal) -> list[VerifierKey]:
    """The keys that the record says it is sealed with, none if they cannot be read."""
    try:
        return continuity.adopted_keys(journal)
    except Exception:
        return []  # the record is harmed; the harm is found and reported elsewhere


def check_seal(
    entries: EntryRecorder,
    folder: SealFolder,
    trusted: Sequence[VerifierKey],
    earlier: Sequence[str] = (),
    progress: Progress = lambda *_: None,
    known: Sequence[continuity.KeptCheckpoint] = (),
) -> SealCheck:
    """Compares the journal with the stored tree, with the signed checkpoint over both, and with `earlier` ones.

    `known` are the checkpoints that the record itself says were signed. `earlier` are signed checkpoints that somebody
    kept: the record must still begin with each of them. Raises ValueError when one of them is of another record, cannot
    be read or was signed by no trusted key.
    """
    kept = sorted({Checkpoint.opened(it, trusted)[0] for it in earlier}, key=lambda it: it.size)
    wrong: list[Difference] = []
    signers: tuple[str, ...] = ()
    newest = None
    if signed := folder.signed():
        newest = signed[0]
        try:
            signers = tuple(it.key.name for it in Checkpoint.opened(signed[1], trusted)[1])
        except NoteError as error:
            wrong.append(Difference(sentence("differs.distrusted", because=reason(error))))
    elif trusted:
        wrong.append(Difference(sentence("differs.unsigned")))
    if newest and (foreign := [it.origin for it in kept if it.origin != newest.origin]):
        raise Invalid("differs.foreign", foreign=foreign[0], origin=newest.origin)
    size = newest.size if newest else 0
    made = _Made(entries, folder, size)
    made.read({size, *(it.size for it in kept), *(it.size for it in known)} - {0}, progress)
    if newest:
        wrong += made.against(newest)
    wrong += _earlier(kept, made)
    wrong += _remembered(known, made)
    return SealCheck(size, signers, max(0, made.ranks.size - size), made.ranks.last, wrong)


class _LevelsOnDisk(Levels):
    """A tree that is not written but compared with the one on disk, as far as that is signed."""

    def __init__(self, there: Levels, size: int) -> None:
        self._there = there
        self._size = size
        self.parted: dict[int, int] = {}

    def write(self, level: int, first: int, hashes: bytes) -> None:
        """Notes the first hash of a level that differs, as the first leaf under it."""
        made = hashes[: max(0, (self._size >> (8 * level)) - first) * HASH]
        there = self._there.there(level, first, len(made) // HASH)
        if there != made and level not in self.parted:
            at = next(at for at in range(0, len(made), HASH) if there[at : at + HASH] != made[at : at + HASH])
            self.parted[level] = (first + at // HASH) << (8 * level)


class _Made:
    """The tree that the journal makes."""

    def __init__(self, entries: EntryRecorder, folder: SealFolder, size: int) -> None:
        self._entries = entries
        self._levels = folder.levels
        self._beside = _LevelsOnDisk(folder.levels, size)
        self._sealed = folder.head()
        self._unread: Exception | None = None
        self.ranks = Ranks()
        self.roots = {0: tlog.EMPTY_ROOT}

    def read(self, sizes: set[int], progress: Progress) -> None:
        """Reads the journal to its end, noting the roots at these sizes."""
        growing = GrowingTree(Tree(self._beside))
        try:
            for chunk in leaves.leaf_chunks(self._entries, 0):
                # In parts that end where a root is needed.
                cuts = [size - self.ranks.size for size in sorted(sizes) if 0 < size - self.ranks.size < len(chunk)]
                for start, end in pairwise((0, *cuts, len(chunk))):
                    growing.append(leaves.leaf_hashes(chunk[start:end]))
                    self.ranks = self.ranks.followed_by([position for position, _, _ in chunk[start:end]])
                    if self.ranks.size in sizes:
                        self.roots[self.ranks.size] = growing.root()
                progress("checking the seal", self.ranks.size, max(self.ranks.size, *sizes, 0))
        except Exception as error:
            # A harmed file may make a database raise anything; how far it got is known.
            self._unread = error

    def against(self, signed: Checkpoint) -> Iterator[Difference]:
        """The differences from what was signed, the first place first."""
        parted = self._beside.parted
        whole = self.roots.get(signed.size) == signed.root
        if whole and parted:
            yield Difference(sentence("differs.tree"))
        if not whole and 0 in parted and parted[0] < self.ranks.size:
            yield self._named(parted[0], sure=self._kept_root(signed.size) == signed.root)
        elif not whole and self.ranks.size >= signed.size:
            first = min(parted.values(), default=0)
            last = min(signed.size, first + (WIDTH ** min((it for it in parted if parted[it] == first), default=8)))
            yield Difference(
                sentence("differs.anew", size=signed.size, first=first + 1, last=last), self.ranks.position(first)
            )
        if self._unread:
            yield Difference(sentence("differs.unread", because=reason(self._unread)), self.ranks.last + 1)
        elif self.ranks.size < signed.size:
            yield Difference(Rollback(self.ranks.size + 1, signed.size).phrase, self.ranks.last + 1)
        yield from self._renumbered(min(signed.size, self.ranks.size))

    def _named(self, leaf: int, *, sure: bool) -> Difference:
        position = self.ranks.position(leaf)
        found = leaves.read_leaves(self._entries, position - 1, 2)
        made = [leaves.leaf_hashes([it]) for it in found]
        kept = self._levels.there(0, leaf, 2)
        stream = leaves.stored_stream(found[0][2])
        if made[0] == kept[HASH:]:
            gone = self._sealed.position(leaf) if leaf < self._sealed.size else position - 1
            differs = sentence("differs.gone", stream=stream, position=position)
        elif len(made) == 2 and made[1] == kept[:HASH]:
            gone, differs = position, sentence("differs.put_in", stream=stream)
        else:
            gone, differs = position, sentence("differs.other", stream=stream)
        return Difference(differs if sure else sentence("differs.or_another", because=differs), gone)

    def _kept_root(self, size: int) -> bytes:
        """The root over the leaf hashes on disk."""
        growing = GrowingTree(Tree(_LevelsOnDisk(self._levels, 0)))
        for first in range(0, size, leaves.CHUNK):
            growing.append(self._levels.there(0, first, min(leaves.CHUNK, size - first)))
        return growing.root()

    def _renumbered(self, size: int) -> Iterator[Difference]:
        """The first entry whose position is not the one it was sealed at."""
        ours, theirs = self.ranks.first(size).runs, self._sealed.first(size).runs
        if self._sealed.size < size or ours == theirs:
            return
        leaf = next(
            leaf
            for leaf in sorted({run[0] for run in (*ours, *theirs)})
            if self.ranks.position(leaf) != self._sealed.position(leaf)
        )
        was, is_ = self._sealed.position(leaf), self.ranks.position(leaf)
        yield Difference(sentence("differs.renumbered", number=leaf + 1, was=was, position=is_), is_)


def _earlier(kept: Sequence[Checkpoint], made: _Made) -> Iterator[Difference]:
    """The first checkpoint that the record does not begin with, and the last one before it departs."""
    agreed = 0
    for it in kept:
        if it.size > made.ranks.size:
            yield Difference(Rollback(made.ranks.size + 1, it.size).phrase, made.ranks.last + 1)
            return
        if made.roots[it.size] != it.root:
            yield Difference(
                sentence("differs.earlier", size=it.size, first=agreed + 1, last=it.size), made.ranks.position(agreed)
            )
            return
        agreed = it.size


def _remembered(kept: Sequence[continuity.KeptCheckpoint], made: _Made) -> Iterator[Difference]:
    """The first checkpoint that the record remembers as signed, but does not make."""
    agreed = 0
    for it in kept:
        if made.roots.get(it.size) != it.root:
            yield Difference(
                sentence("differs.remembered", told_at=it.position, size=it.size, first=agreed + 1, last=it.size),
                made.ranks.position(min(agreed, made.ranks.size - 1)) if made.ranks.size else None,
            )
            return
        agreed = it.size
