"""What the sealed log says of an entry, and which entry is which leaf.

The log entry is four lines, each ending in a line feed: stream, version, type, hex SHA-256 of the stored JSON. It
does not say the position, so the tree is the same wherever the record lives; the salt inside the JSON keeps the
digest from being guessed, so a log entry may be read by anyone.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from journal.recorder import EntryRecorder, Leaf

CHUNK = 8_192
"""Entries read at once."""


def digest_of(stored: bytes) -> str:
    """The hex SHA-256 that the log holds of an entry's stored JSON."""
    return hashlib.sha256(stored).hexdigest()


def log_entry(head: bytes, stored: bytes) -> bytes:
    """`head` is stream, version and type, each with its line feed."""
    return head + digest_of(stored).encode() + b"\n"


def stream_of(head: bytes) -> str:
    return head.partition(b"\n")[0].decode(errors="replace")


def hashes(leaves: Iterable[Leaf]) -> bytes:
    """The leaf hashes (RFC 6962 2.1), one after the other."""
    sha256 = hashlib.sha256
    return b"".join([sha256(b"\x00" + log_entry(head, stored)).digest() for _, head, stored in leaves])


def chunks(entries: EntryRecorder, after: int) -> Iterator[list[Leaf]]:
    """The leaves behind a position, up to what is the end when it gets there; the next ones are read meanwhile."""
    found = entries.leaves(after, CHUNK)
    with ThreadPoolExecutor(1, "leaves") as ahead:
        while len(found) == CHUNK:
            coming = ahead.submit(entries.leaves, found[-1][0], CHUNK)
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
        """Of the first leaves alone."""
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
