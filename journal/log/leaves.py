"""What the sealed log has of an entry, and which entry is which leaf.

A log entry is a line with the hex SHA-256 of the stored JSON, in which a salt keeps it from being guessed: it may be
read by anyone. In a record whose first key came without `leaf` (`domain/acts/seal.py`) three lines precede it:
stream, version and type. Each line ends in a line feed. The position is not in it, so the tree is the same wherever
the record lives.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from domain import registry
from domain.acts.seal import KeyAdopted
from domain.redaction import digest_of
from journal.store.recorder import EntryRecorder, LeafRow

SEAL = "seal:key"

CHUNK = 8_192
"""Entries read at once."""


def read_leaves(entries: EntryRecorder, after: int, limit: int) -> list[LeafRow]:
    """Up to `limit` leaves after a position, with the lines that this record's log has before the digest."""
    found = entries.leaves(after, limit)
    # Asked after the leaves are read: the act that founds a record is committed with the first of them.
    return [(position, b"", stored) for position, _, stored in found] if digests_alone(entries) else found


def digests_alone(entries: EntryRecorder) -> bool:
    """Whether the leaves of a record are digests only, by how it was founded."""
    head = entries.heads([SEAL]).get(SEAL)
    try:
        fact = head and registry.entries.decode(head.first).fact
    except ValueError:
        # A harmed entry, reported elsewhere: with leaves of the other kind all others would be reported with it.
        return head is not None and b'"leaf":"digest"' in head.first
    return isinstance(fact, KeyAdopted) and fact.leaf == "digest"


def log_entry(head: bytes, stored: bytes) -> bytes:
    """`head` is stream, version and type, each with its line feed, or nothing."""
    return head + digest_of(stored).encode() + b"\n"


def stored_stream(stored: bytes) -> str:
    """The stream of a stored JSON, even of a harmed one."""
    found = re.match(rb'\{"stream":"([^"\\]*)"', stored)
    return found[1].decode(errors="replace") if found else "what does not read as an entry"


def leaf_hashes(leaves: Iterable[LeafRow]) -> bytes:
    """The leaf hashes (RFC 6962 2.1), one after the other."""
    sha256 = hashlib.sha256
    return b"".join([sha256(b"\x00" + log_entry(head, stored)).digest() for _, head, stored in leaves])


def leaf_chunks(entries: EntryRecorder, after: int) -> Iterator[list[LeafRow]]:
    """The leaves after a position, up to the end as it is when reached; the next ones are read meanwhile."""
    found = read_leaves(entries, after, CHUNK)
    with ThreadPoolExecutor(1, "leaves") as ahead:
        while len(found) == CHUNK:
            coming = ahead.submit(read_leaves, entries, found[-1][0], CHUNK)
            yield found
            found = coming.result()
    if found:
        yield found


class Ranks(msgspec.Struct, frozen=True):
    """Which leaf an entry is: the nth entry by position is leaf n - 1.

    A run of positions without a gap is kept as its first rank and first position; `size` leaves in all.
    """

    size: int = 0
    runs: tuple[tuple[int, int], ...] = ()

    def of(self, position: int) -> int | None:
        """The rank of the entry at a position, None where no leaf is."""
        at = bisect_right(self.runs, position, key=lambda run: run[1]) - 1
        if at < 0:
            return None
        rank = position - self.runs[at][1] + self.runs[at][0]
        end = self.runs[at + 1][0] if at + 1 < len(self.runs) else self.size
        return rank if rank < end else None

    def upto(self, position: int) -> int:
        """How many leaves are at or before a position."""
        at = bisect_right(self.runs, position, key=lambda run: run[1]) - 1
        if at < 0:
            return 0
        end = self.runs[at + 1][0] if at + 1 < len(self.runs) else self.size
        return min(position - self.runs[at][1] + self.runs[at][0] + 1, end)

    def position(self, rank: int) -> int:
        """The position of a leaf. Raises IndexError when there is no such leaf."""
        if not 0 <= rank < self.size:
            raise IndexError(f"there is no leaf {rank}")
        first, position = self.runs[bisect_right(self.runs, rank, key=lambda run: run[0]) - 1]
        return position + rank - first

    @property
    def last(self) -> int:
        """The position of the last leaf, 0 before there is one."""
        return self.position(self.size - 1) if self.size else 0

    def first(self, size: int) -> Ranks:
        """The ranks of only the first leaves."""
        return Ranks(size, tuple(run for run in self.runs if run[0] < size))

    def followed_by(self, positions: Sequence[int]) -> Ranks:
        """With the positions of further entries, in order."""
        runs = list(self.runs)
        expected = self.last + 1 if runs else None
        if positions and positions[-1] - positions[0] == len(positions) - 1:
            # No gap inside, as almost always.
            if positions[0] != expected:
                runs.append((self.size, positions[0]))
        else:
            for rank, position in enumerate(positions, self.size):
                if position != expected:
                    runs.append((rank, position))
                expected = position + 1
        return Ranks(self.size + len(positions), tuple(runs))
