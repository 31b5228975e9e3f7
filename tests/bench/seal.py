"""`seal`, `prove` and `sealing`: the tree against plain hashlib, proofs of a long log against a short one, its cost."""

from __future__ import annotations

import hashlib
import os
import random
import statistics
import tempfile
from pathlib import Path
from time import perf_counter

from journal.log import leaves, tlog
from journal.log.leaves import CHUNK
from journal.log.note import SigningKey
from journal.log.sealer import Sealer, SealFolder
from journal.log.tiles import HASH, GrowingTree, Levels, Tree
from journal.store.journal import Journal
from replay.audit import sealed
from tests.bench import ingest
from tests.bench.mirror import fill

PROOFS = 400


def seal(count: int) -> dict[str, float]:
    """Sealing a whole record, and verifying it, against hashing the same stored entries and leaves; best of three.

    Ours also reads the journal, hashes the nodes and writes the tree to the disk; the peer has everything in memory.
    """
    key = SigningKey.generate("example.kr/record")
    runs: dict[str, list[float]] = {"plain": [], "sealing": [], "verifying": []}
    with tempfile.TemporaryDirectory() as folder, Journal.at(Path(folder) / "journal.db", write=True) as journal:
        fill(journal, count)
        for n in range(3):
            runs["plain"].append(_plain(journal))
            log = SealFolder(Path(folder) / f"log-{n}", write=True)
            sealer = Sealer(journal.entries, log, (key,))
            start = perf_counter()
            sealer._pass()
            runs["sealing"].append(perf_counter() - start)
            start = perf_counter()
            seen = sealed.check_seal(journal.entries, log, [key.verifier])
            runs["verifying"].append(perf_counter() - start)
            assert (seen.size, seen.differences) == (count, [])
    plain, sealing, verifying = (min(it) for it in runs.values())
    return {
        "hashlib, digests and leaves, entries a second": count / plain,
        "sealing from the journal to the disk": count / sealing,
        "verifying the journal against its seal": count / verifying,
        "sealing, ratio to hashlib (at least 0.3)": plain / sealing,
        "verifying, ratio to hashlib (at least 0.3)": plain / verifying,
    }


def _plain(journal: Journal) -> float:
    """Seconds of plain hashlib over every stored entry and every leaf, reading and formatting not counted."""
    seconds = 0.0
    for found in leaves.leaf_chunks(journal.entries, 0):
        stored, heads = [it[2] for it in found], [it[1] for it in found]
        start = perf_counter()
        digests = [hashlib.sha256(it).hexdigest() for it in stored]
        seconds += perf_counter() - start
        entries = [b"\x00" + head + digest.encode() + b"\n" for head, digest in zip(heads, digests, strict=True)]
        start = perf_counter()
        for entry in entries:
            hashlib.sha256(entry).digest()
        seconds += perf_counter() - start
    return seconds


def prove(count: int) -> dict[str, float]:
    """An inclusion proof in a log of so many made-up leaves, against one in a log of 1,000; milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        long, short = (_proving(Path(folder) / str(size), size) for size in (count, 1000))
    return {
        f"of {count:,} leaves, ms": long * 1000,
        "of 1,000 leaves, ms": short * 1000,
        "ratio (at most 5)": long / short,
    }


def _proving(folder: Path, size: int) -> float:
    """Seconds of the median proof, each made and checked."""
    folder.mkdir()
    growing = GrowingTree(Tree(Levels(folder, write=True)))
    for at in range(0, size, CHUNK):
        growing.append(os.urandom(min(CHUNK, size - at) * HASH))
    tree, root, rng = Tree(Levels(folder), size), growing.root(), random.Random(3)

    def once() -> float:
        index = rng.randrange(size)
        start = perf_counter()
        proof = tlog.inclusion(index, size, tree)
        seconds = perf_counter() - start
        tlog.check_inclusion(proof, index, size, tree.levels.read(0, index, 1), root)
        return seconds

    return statistics.median(once() for _ in range(PROOFS))


def sealing(count: int) -> dict[str, float]:
    """Events a second, one a request, with the seal and without; the best of several, turn by turn."""
    return ingest.compared("seal", "tests.bench.unsealed", 5, ingest.one_a_request(count))
