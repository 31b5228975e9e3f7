"""Proof bundles (C2SP tlog-proof): that an entry is in the record, in one small file that verifies offline.

The optional `extra` is what is proven: the stored JSON of the entry, or its log entry if the JSON is not public.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from domain.messages import reason
from journal.log import leaves, note, tlog
from journal.log.checkpoint import Checkpoint
from journal.log.note import MalformedNote, Signature, VerifierKey
from journal.log.sealer import NotAsSigned, SignedTree
from journal.log.tlog import Node, NotProven
from journal.store.recorder import EntryRecorder

FIRST = "c2sp.org/tlog-proof@v1"


class Proof(NamedTuple):
    """Proves that the leaf of this rank (its index, from 0) is in the tree of a signed checkpoint (a note)."""

    rank: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    @property
    def text(self) -> str:
        extra = [] if self.extra is None else [f"extra {note.encode_base64(self.extra)}"]
        hashes = map(note.encode_base64, self.hashes)
        return "\n".join([FIRST, *extra, f"index {self.rank}", *hashes, "", self.checkpoint])

    @classmethod
    def parse(cls, text: str) -> Proof:
        """Raises MalformedNote unless it reads as a tlog-proof."""
        top, _, checkpoint = text.partition("\n\n")
        found = re.fullmatch(
            rf"{re.escape(FIRST)}\n(?:extra (\S*)\n)?index (0|[1-9]\d{{0,17}})((?:\n\S{{44}}){{0,63}})", top, re.ASCII
        )
        extra = note.decode_base64(found[1]) if found and found[1] is not None else None
        hashes = [note.decode_base64(it) for it in found[3].split()] if found else []
        if not found or (found[1] is not None and extra is None) or any(it is None or len(it) != 32 for it in hashes):
            raise MalformedNote("note.proof", first=FIRST)
        return cls(int(found[2]), tuple(it for it in hashes if it), checkpoint, extra)

    def checked(
        self, entries: Sequence[bytes], trusted: Iterable[VerifierKey]
    ) -> tuple[Checkpoint, list[Signature], bytes]:
        """The checkpoint that proves one of these log entries, its signers, and which entry that is.

        Raises NoteError when no trusted key signed it, NotProven when it does not prove any of them.
        """
        checkpoint, signatures = Checkpoint.opened(self.checkpoint, trusted)
        for entry in entries[:-1]:
            with contextlib.suppress(NotProven):
                self._check(entry, checkpoint)
                return checkpoint, signatures, entry
        self._check(entries[-1], checkpoint)
        return checkpoint, signatures, entries[-1]

    def _check(self, entry: bytes, checkpoint: Checkpoint) -> None:
        tlog.check_inclusion(self.hashes, self.rank, checkpoint.size, tlog.leaf_hash(entry), checkpoint.root)


def prove_entry(entries: EntryRecorder, seal: SignedTree, position: int) -> tuple[bytes, bytes, Proof]:
    """The log entry of the entry at a position, its stored JSON, and the proof that the checkpoint covers it.

    Raises KeyError when the checkpoint covers no such entry, NotAsSigned when the entry is not the one it covers.
    """
    rank = seal.ranks.of(position)
    if rank is None:
        raise KeyError(position)
    found = leaves.read_leaves(entries, position - 1, 1)
    if seal.tree.hashes([Node(0, rank)]) != [leaves.leaf_hashes(found)] or found[0][0] != position:
        raise NotAsSigned("entry", position=position)
    _, head, stored = found[0]
    return (
        leaves.log_entry(head, stored),
        stored,
        Proof(rank, tuple(tlog.inclusion(rank, seal.tree.size, seal.tree)), seal.note),
    )


class _Told(msgspec.Struct):
    """The part of an entry's JSON that its log entry repeats."""

    class Fact(msgspec.Struct):
        type: str

    stream: str
    version: int
    fact: Fact


class _Line(msgspec.Struct):
    """An event as pages of the record show it."""

    position: int
    entry: msgspec.Raw


def possible_log_entries(line: bytes) -> tuple[bytes, ...]:
    """The log entries that an event may have, depending on how its record was founded: of its stored JSON, also as a
    page shows it. A log entry is its own.

    Raises NotProven when it is none of these.
    """
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        line = bytes(msgspec.json.decode(line, type=_Line).entry)
    if re.fullmatch(rb"([^\n]+\n\d+\n[^\n]+\n)?[0-9a-f]{64}\n", line):
        return (line,)
    try:
        it = msgspec.json.decode(line, type=_Told)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotProven("tlog.no_entry", because=reason(error)) from None
    head = f"{it.stream}\n{it.version}\n{it.fact.type}\n".encode()
    return leaves.log_entry(head, line), leaves.log_entry(b"", line)
