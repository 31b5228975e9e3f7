"""The Merkle tree of RFC 6962 and its proofs, as pure functions over a reader of subtree hashes.

With a root, anybody can check, without trusting the maker of the proof, that an entry is in the tree with that root
(`check_inclusion`) and that a longer tree begins with all of a shorter one (`check_consistency`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from domain.messages import Message

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962 2.1)."""


class NotProven(Message):
    """A proof does not show what it should show."""


class Node(NamedTuple):
    """The root of a full subtree: of the 2**level leaves that begin with leaf nth * 2**level."""

    level: int
    nth: int


class HashReader(Protocol):
    """Where proofs get their hashes from."""

    def hashes(self, nodes: Sequence[Node]) -> list[bytes]:
        """The hashes of these nodes, in their order. All hashes of a proof are requested at once."""


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 2.1: the first byte distinguishes a leaf from a node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(size: int, reader: HashReader) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return root_of_subtrees(reader.hashes(edge_subtrees(size)))


def inclusion(index: int, size: int, reader: HashReader) -> list[bytes]:
    """The hashes that prove leaf `index` to be in the tree of `size` leaves (RFC 6962 2.1.1).

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    ranges = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return _range_hashes(ranges[::-1], reader)


def consistency(old: int, size: int, reader: HashReader) -> list[bytes]:
    """The hashes that prove the tree of `size` leaves to begin with the tree of `old` leaves (RFC 6962 2.1.2).

    Nothing needs to be proven when `old` is 0 or `size`. Raises ValueError unless 0 <= old <= size.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} leaves does not begin with one of {old}")
    if old == 0:
        return []
    ranges = []
    low, high = 0, size
    while old < high:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low > 0:
        ranges.append((low, high))
    return _range_hashes(ranges[::-1], reader)


def check_inclusion(proof: Sequence[bytes], index: int, size: int, leaf: bytes, root: bytes) -> None:
    """Raises NotProven unless `proof` leads from the leaf's hash at `index` to the root (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        raise NotProven("tlog.no_leaf", size=size, index=index)
    at, last, hash_ = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise NotProven("tlog.long")
        if at & 1 or at == last:
            hash_ = node_hash(sibling, hash_)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise NotProven("tlog.short")
    if hash_ != root:
        raise NotProven("tlog.leaf", index=index, size=size)


def check_consistency(proof: Sequence[bytes], old: int, old_root: bytes, size: int, root: bytes) -> None:
    """Raises NotProven unless the tree of `size` leaves begins with that of `old` leaves (RFC 9162 2.1.4.2)."""
    if not 0 <= old <= size:
        raise NotProven("tlog.no_beginning", size=size, old=old)
    if old in (0, size):
        if proof:
            raise NotProven("tlog.consistency_long")
        if old_root != (root if old else EMPTY_ROOT):
            raise NotProven("tlog.roots", old=old)
        return
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        raise NotProven("tlog.consistency_short")
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise NotProven("tlog.consistency_long")
        if at & 1 or at == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise NotProven("tlog.consistency_short")
    if before != old_root:
        raise NotProven("tlog.root", size=old)
    if after != root:
        raise NotProven("tlog.root", size=size)


def edge_subtrees(size: int) -> list[Node]:
    """The full subtrees that a tree of `size` leaves is made of, the largest first."""
    return list(_full(0, size))


def root_of_subtrees(subtrees: Sequence[bytes]) -> bytes:
    """The root over full subtrees, the largest first."""
    if not subtrees:
        return EMPTY_ROOT
    hash_ = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        hash_ = node_hash(left, hash_)
    return hash_


def _range_hashes(ranges: Iterable[tuple[int, int]], reader: HashReader) -> list[bytes]:
    parts = [list(_full(low, high)) for low, high in ranges]
    found = iter(reader.hashes([node for part in parts for node in part]))
    return [root_of_subtrees([next(found) for _ in part]) for part in parts]


def _full(low: int, high: int) -> Iterator[Node]:
    """The full subtrees that make up a subtree over leaves low to high, the largest first."""
    while low < high:
        level = (high - low).bit_length() - 1
        yield Node(level, low >> level)
        low += 1 << level


def _split(count: int) -> int:
    """The largest power of two smaller than `count` (RFC 6962 2.1: k < n <= 2k)."""
    return 1 << ((count - 1).bit_length() - 1)
