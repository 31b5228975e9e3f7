"""The seal on the record: a Merkle tree that grows with the journal, and checkpoints that sign it.

The promise: once a checkpoint is out, no other tree of its size is ever signed, and none that does not begin with it.
What was signed last is in the file `checkpoint` with the tree, outside the journal, and is durable before anybody sees
it; every signing is checked against it. A journal that no longer makes the signed tree (an older backup, another
history) stops the sealer with an alarm, and nothing is signed until it is repaired.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from domain.messages import Message, reason
from journal.durable_files import replace_file
from journal.log import leaves, note, tlog
from journal.log.checkpoint import Checkpoint
from journal.log.leaves import Ranks
from journal.log.note import SigningKey
from journal.log.tiles import HASH, DamagedTree, GrowingTree, Levels, Tree
from journal.store.recorder import EntryRecorder
from journal.supervision import WorkerHealth
from journal.worker import BackgroundWorker

log = logging.getLogger("sagwan.seal")

PACE_SECONDS = 0.5
"""While entries keep coming, the time between two checkpoints when nobody waits for one."""

COMMIT = 131_072
"""Entries between two commits while a long record is sealed: at most this many are hashed again after a crash."""


class NotAsSigned(Message):
    """The record does not make the tree that was signed. `position` is the first wrong place, if it is known."""

    def __init__(self, which: str, /, **facts: object) -> None:
        super().__init__("seal.not_as_signed", which, **facts)

    @property
    def position(self) -> object:
        return self.facts.get("position")


class Rollback(NotAsSigned):
    """The record ends before the newest checkpoint does. `first` and `last` are the ranks that are missing, from 1."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__("rolled_back", kept=first - 1, first=first, last=last)
        self.first = first
        self.last = last


class SignedTree(NamedTuple):
    """The tree as it was last signed."""

    tree: Tree
    ranks: Ranks
    checkpoint: Checkpoint
    note: str


class SealFolder:
    """The folder of the tree: `level-*`, `head` (how far these are committed), `checkpoint` (what was signed last)."""

    def __init__(self, path: Path, *, write: bool = False) -> None:
        self.path = path
        if write:
            path.mkdir(parents=True, exist_ok=True)
        self.levels = Levels(path, write=write)

    def head(self) -> Ranks:
        """The leaves of the committed tree; none where the file is gone or unreadable."""
        try:
            return msgspec.json.decode((self.path / "head").read_bytes(), type=Ranks)
        except (FileNotFoundError, ValueError):
            return Ranks()

    def signed(self) -> tuple[Checkpoint, str] | None:
        """What was signed last, None before anything was. Raises MalformedNote when the file is damaged."""
        path = self.path / "checkpoint"
        try:
            text = path.read_text(encoding="utf-8")
            return Checkpoint.parse(note.split_note(text)[0]), text
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise note.MalformedNote("note.damaged", path=path, because=reason(error)) from None

    def seal(self) -> SignedTree | None:
        """For readers: the tree as it was last signed. A server may go on sealing meanwhile."""
        signed = self.signed()
        if signed is None:
            return None
        checkpoint, text = signed
        return SignedTree(Tree(self.levels, checkpoint.size), self.head().first(checkpoint.size), checkpoint, text)

    def commit(self, ranks: Ranks) -> None:
        # Durable from here: the tree of this size. After a crash before this line the same entries make it again.
        replace_file(self.path / "head", msgspec.json.encode(ranks))

    def promise(self, text: str) -> None:
        # Durable from here: the promise never to sign another tree of this size. Nobody has seen the checkpoint yet.
        replace_file(self.path / "checkpoint", text.encode())


class Sealer(BackgroundWorker):
    """Seals a journal as it grows, within a second, and once more before it ends.

    `current` is the last signed tree; `alarm` is why nothing more is signed. One sealer per folder: the process that
    owns the data folder runs it.
    """

    def __init__(
        self,
        entries: EntryRecorder,
        folder: SealFolder,
        keys: Sequence[SigningKey],
        *,
        signed: Callable[[], None] = lambda: None,
    ) -> None:
        """Every key signs; the checkpoints have the name of the first. `signed` is called in its thread after each.

        Without a key it shows what was signed, and signs nothing.
        """
        super().__init__("sealer", grown=True)
        self.current: SignedTree | None = folder.seal()
        self.alarm: NotAsSigned | None = None
        self.compared = 0
        """How many of the first entries `compare` found unchanged since they were signed."""
        self.health = WorkerHealth("sealer")
        self._entries = entries
        self._folder = folder
        self._keys = keys
        self._announce = signed
        self._ranks = folder.head()
        self._growing: GrowingTree | None = None

    @property
    def verifier(self) -> str:
        """The public key in use, as a verifier key."""
        return str(self._keys[0].verifier)

    @property
    def signs(self) -> bool:
        """Whether it has a key to sign with."""
        return bool(self._keys)

    @property
    def position(self) -> int:
        """The position of the last entry that a checkpoint covers."""
        return self.current.ranks.last if self.current else 0

    @property
    def halted(self) -> Exception | None:
        return self.alarm

    def at(self, size: int) -> SignedTree:
        """The signed tree of the first `size` leaves: any beginning of the tree that was signed last.

        Raises ValueError when that has not as many, NotAsSigned when the tree on disk is not the signed one.
        """
        seal = self.current
        if seal is None or not 0 < size <= seal.tree.size:
            raise ValueError(f"no checkpoint covers {size} entries yet")
        if size == seal.tree.size:
            return seal
        root, proof = tlog.root(size, seal.tree), tlog.consistency(size, seal.tree.size, seal.tree)
        try:
            tlog.check_consistency(proof, size, root, seal.tree.size, seal.checkpoint.root)
        except tlog.NotProven as error:
            raise NotAsSigned("disk", because=reason(error)) from None
        checkpoint = Checkpoint(seal.checkpoint.origin, size, root)
        return SignedTree(
            seal.tree._replace(size=size), seal.ranks.first(size), checkpoint, self._note(checkpoint.text)
        )

    def sign(self, text: str) -> str:
        """The note in which every key signs a text. Raises ValueError for one that reads as a checkpoint."""
        with contextlib.suppress(note.MalformedNote):
            Checkpoint.parse(text)
            raise ValueError("a checkpoint is signed for what the record is, not for the asking")
        return self._note(text)

    def resume(self) -> None:
        """Checks, before the record takes anything new, that it is the one that was signed; sets `alarm` if not."""
        try:
            self._check_continues()
        except NotAsSigned as alarm:
            self._sound(alarm)

    def compare(self) -> None:
        """Checks every signed entry against the signed tree. Reads the journal up to there; sets `alarm` if not equal.

        `resume` checks only the end, since a long record takes long to read: this runs while the server does.
        """
        if (seal := self.current) is None or self.alarm:
            return
        growing, size, wrong = GrowingTree(Tree(_Unwritten(self._folder.path))), 0, None
        for found in leaves.leaf_chunks(self._entries, 0):
            if self._stopping:
                return
            signed = found[: seal.tree.size - size]
            made = leaves.leaf_hashes(signed)
            nth = first_difference(made, self._folder.levels.there(0, size, len(signed)))
            wrong = signed[nth][0] if wrong is None and nth is not None else wrong
            growing.append(made)
            size += len(signed)
            if size == seal.tree.size:
                break
        if growing.root() != seal.checkpoint.root:
            difference = NotAsSigned("entry", position=wrong) if wrong else NotAsSigned("upto", last=seal.ranks.last)
            self._sound(difference)
        else:
            self.compared = size

    def remembers(self, position: int, size: int, root: bytes) -> None:
        """Checks what the record says at a position was signed against the tree. Sets `alarm` when it differs."""
        try:
            if not self.alarm and self.at(size).checkpoint.root != root:
                raise NotAsSigned("said", size=size, told_at=position)
        except NotAsSigned as alarm:
            self._sound(alarm)

    def run(self) -> None:
        while not self.alarm:
            last = self._await_work()
            if self.alarm:
                return
            try:
                if self.health.trouble:
                    # What was not committed before it failed is sealed again from there.
                    self._ranks, self._growing = self._folder.head(), None
                while self._pass():
                    self._pace()
                self.health.well()
            except NotAsSigned as alarm:
                self._sound(alarm)
            except Exception as failure:
                patience = self.health.failed(failure)  # a full disk, a database that is away
                if not last:
                    self.rest(patience)
            if last:
                return

    def _await_work(self) -> bool:
        """Returns when there is something to seal; whether it is the last time."""
        with self._changed:
            self._changed.wait_for(lambda: self._grown or self.alarm or self.health.trouble or self._stopping)
            self._grown = False
            return self._stopping

    def _pace(self) -> None:
        """Lets entries gather, unless somebody waits for one."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._hurried(), PACE_SECONDS)

    def _sound(self, alarm: NotAsSigned) -> None:
        log.critical(
            "nothing is sealed or recorded any more: %s. Bring back the newest backup of the data folder as a whole;"
            " where there is none, `sagwan reseal` goes on, and the record says so for ever",
            alarm,
        )
        with self._changed:
            self.alarm = alarm
            self._changed.notify_all()

    def _pass(self) -> bool:
        """Seals and signs all that the journal has; returns whether there was anything."""
        self._check_continues()
        self._extend()
        if self._ranks.size == self._promised():
            return False
        self._sign()
        return True

    def _check_continues(self) -> None:
        """Raises NotAsSigned unless the journal continues the tree, and the tree continues what was signed."""
        try:
            self._growing = self._growing or GrowingTree(self._tree)
            continues = self._ranks.size >= self._promised() and self._goes_on()
        except DamagedTree as harm:
            log.warning("%s", harm)
            continues = False
        if not continues:
            self._compare(self._promised())

    def _goes_on(self) -> bool:
        """Whether the journal still has the entry that was sealed last."""
        if not self._ranks.size:
            return True
        found = leaves.read_leaves(self._entries, self._ranks.last - 1, 1)
        there = self._folder.levels.there(0, self._ranks.size - 1, 1)
        return [position for position, _, _ in found] == [self._ranks.last] and leaves.leaf_hashes(found) == there

    def _compare(self, promised: int) -> None:
        """Reads all that was signed again. Raises NotAsSigned if journal and tree differ, else rebuilds the tree."""
        log.warning("the sealed tree does not fit the record; comparing them from the first entry")
        agreed = Ranks()
        for chunk in leaves.leaf_chunks(self._entries, 0):
            signed = chunk[: promised - agreed.size]
            nth = first_difference(leaves.leaf_hashes(signed), self._folder.levels.there(0, agreed.size, len(signed)))
            if nth is not None:
                position = signed[nth][0]
                raise NotAsSigned("entry", position=position)
            agreed = agreed.followed_by([position for position, _, _ in signed])
            if agreed.size == promised:
                break
        if agreed.size < promised:
            raise Rollback(agreed.size + 1, promised)
        self._ranks, self._growing = Ranks(), GrowingTree(Tree(self._folder.levels))
        self._extend()
        self._check()
        if self.current:
            self.current = self.current._replace(ranks=self._ranks.first(promised))

    def _extend(self) -> None:
        """Adds what the journal has, with commits in between and at the end."""
        assert self._growing is not None
        ranks = self._ranks
        for found in leaves.leaf_chunks(self._entries, ranks.last):
            self._growing.append(leaves.leaf_hashes(found))
            ranks = ranks.followed_by([position for position, _, _ in found])
            if ranks.size - self._ranks.size >= COMMIT:
                self._commit(ranks)
        if ranks.size > self._ranks.size:
            self._commit(ranks)

    def _commit(self, ranks: Ranks) -> None:
        assert self._growing is not None
        self._growing.sync()
        self._folder.commit(ranks)
        self._ranks = ranks

    def _check(self) -> None:
        """Raises NotAsSigned unless the tree begins with the one that was signed last, as it is on disk."""
        signed = self._folder.signed()
        if signed and tlog.root(signed[0].size, self._tree) != signed[0].root:
            raise NotAsSigned("tree", size=signed[0].size)

    def _sign(self) -> None:
        self._check()
        size = self._ranks.size
        checkpoint = Checkpoint(self._keys[0].verifier.name, size, tlog.root(size, self._tree))
        text = self._note(checkpoint.text)
        self._folder.promise(text)
        with self._changed:
            self.current = SignedTree(self._tree, self._ranks, checkpoint, text)
            self._changed.notify_all()
        self._announce()

    def _note(self, text: str) -> str:
        assert self._keys, "whoever asks for a signature looks at `signs` before"
        return note.signed_note(text, *(key.sign(text) for key in self._keys))

    def _promised(self) -> int:
        return self.current.checkpoint.size if self.current else 0

    @property
    def _tree(self) -> Tree:
        return Tree(self._folder.levels, self._ranks.size)


class _Unwritten(Levels):
    """A tree that is computed only for its root."""

    def write(self, level: int, first: int, hashes: bytes) -> None:
        pass


def first_difference(made: bytes, there: bytes) -> int | None:
    """The first hash that is there and differs from the one made, None if all agree."""
    if made.startswith(there):
        return None
    return next(at for at in range(0, len(there), HASH) if there[at : at + HASH] != made[at : at + HASH]) // HASH
