"""Proofs agree with the definitions of RFC 6962 as written there, and prove nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.log import tlog
from journal.log.tlog import Node, NotProven


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, the definition of MTH."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\1" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 2.1.1, the definition of PATH."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(m: int, leaves: list[bytes], known: bool = True) -> list[bytes]:
    """RFC 6962 2.1.2, the definition of PROOF and SUBPROOF."""
    if m == len(leaves):
        return [] if known else [naive_root(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*naive_proof(m, leaves[:k], known), naive_root(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class Leaves:
    """A `HashReader` over entries in memory."""

    def __init__(self, entries: list[bytes]) -> None:
        self.entries = entries

    def hashes(self, nodes: Sequence[Node]) -> list[bytes]:
        spans = [(nth << level, (nth + 1) << level) for level, nth in nodes]
        assert all(high <= len(self.entries) for _, high in spans), "asked for a subtree that is not full"
        return [naive_root(self.entries[low:high]) for low, high in spans]


trees = st.integers(1, 70).map(lambda size: [b"entry %d" % n for n in range(size)])
pairs = trees.flatmap(lambda leaves: st.tuples(st.just(leaves), st.integers(0, len(leaves) - 1)))


@given(st.lists(st.binary(max_size=3), max_size=40))
def test_the_root_is_that_of_the_definition(leaves):
    assert tlog.root(len(leaves), Leaves(leaves)) == naive_root(leaves)


@given(pairs)
def test_an_inclusion_proof_is_that_of_the_definition_and_proves_its_leaf_alone(pair):
    leaves, index = pair
    size, root = len(leaves), naive_root(leaves)
    proof = tlog.inclusion(index, size, Leaves(leaves))
    assert proof == naive_path(index, leaves)
    tlog.check_inclusion(proof, index, size, tlog.leaf_hash(leaves[index]), root)
    with pytest.raises(NotProven):
        tlog.check_inclusion(proof, index, size, tlog.leaf_hash(b"other"), root)
    for other in range(size):
        if other != index:
            with pytest.raises(NotProven):
                tlog.check_inclusion(proof, other, size, tlog.leaf_hash(leaves[index]), root)


@given(pairs)
def test_a_consistency_proof_is_that_of_the_definition_and_proves_its_trees_alone(pair):
    leaves, before = pair
    old, size = before + 1, len(leaves)
    roots = naive_root(leaves[:old]), naive_root(leaves)
    proof = tlog.consistency(old, size, Leaves(leaves))
    assert proof == naive_proof(old, leaves)
    tlog.check_consistency(proof, old, roots[0], size, roots[1])
    forked = naive_root([b"forked", *leaves[1:old]])
    with pytest.raises(NotProven):
        tlog.check_consistency(proof, old, forked, size, roots[1])


@given(pairs, st.data())
def test_a_proof_with_anything_changed_proves_nothing(pair, data):
    leaves, index = pair
    size, root, leaf = len(leaves), naive_root(leaves), tlog.leaf_hash(leaves[index])
    old = index + 1
    inclusion = tlog.inclusion(index, size, Leaves(leaves))
    consistency = tlog.consistency(old, size, Leaves(leaves))
    for proof, check in (
        (inclusion, lambda it: tlog.check_inclusion(it, index, size, leaf, root)),
        (consistency, lambda it: tlog.check_consistency(it, old, naive_root(leaves[:old]), size, root)),
    ):
        harmed = [[*proof, bytes(32)], [bytes(32), *proof]]
        if proof:
            at = data.draw(st.integers(0, len(proof) - 1))
            flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
            harmed += [proof[:at] + proof[at + 1 :], [*proof[:at], flipped, *proof[at + 1 :]], []]
        for it in harmed:
            with pytest.raises(NotProven):
                check(it)


def test_every_tree_begins_with_the_empty_one_and_equals_itself():
    leaves = [b"a", b"b", b"c"]
    root = naive_root(leaves)
    assert tlog.consistency(0, 3, Leaves(leaves)) == tlog.consistency(3, 3, Leaves(leaves)) == []
    tlog.check_consistency([], 0, tlog.EMPTY_ROOT, 3, root)
    tlog.check_consistency([], 3, root, 3, root)
    with pytest.raises(NotProven, match="different roots"):
        tlog.check_consistency([], 3, naive_root([b"a", b"b", b"d"]), 3, root)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_that_is_not_in_the_tree_has_no_proof(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        tlog.inclusion(index, size, Leaves([b"a"] * size))
    with pytest.raises(NotProven, match="no leaf"):
        tlog.check_inclusion([], index, size, bytes(32), bytes(32))


@pytest.mark.parametrize(("old", "size"), [(-1, 3), (4, 3)])
def test_a_longer_tree_does_not_come_before_a_shorter_one(old, size):
    with pytest.raises(ValueError, match="does not begin"):
        tlog.consistency(old, size, Leaves([b"a"] * size))
    with pytest.raises(NotProven, match="does not begin"):
        tlog.check_consistency([], old, bytes(32), size, bytes(32))
