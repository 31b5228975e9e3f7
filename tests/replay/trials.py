"""Trials of tampering: every file of a folder, each harmed in four ways, alone and in pairs."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

HARMS = ("removed", "truncated", "older", "flipped")


class Harm(NamedTuple):
    """What is done to a file."""

    file: str
    how: str

    def __str__(self) -> str:
        return f"{self.file} {self.how}"


def trials(files: Sequence[str], share: int, seed: str) -> list[tuple[Harm, ...]]:
    """A seeded share of all single harms and pairs; with SAGWAN_TRIALS=all every single one and 20 times the pairs."""
    singles = [(Harm(*it),) for it in itertools.product(sorted(files), HARMS)]
    rng = random.Random(seed)
    whole = os.environ.get("SAGWAN_TRIALS") == "all"

    def pairs() -> Iterator[tuple[Harm, ...]]:
        while True:
            one, other = rng.sample(singles, 2)
            if one[0].file != other[0].file:
                yield (*one, *other)

    chosen = singles if whole else rng.sample(singles, min(share, len(singles)))
    return [*chosen, *itertools.islice(pairs(), 20 * share if whole else share)]


def harmed(folder: Path, older: Path, harms: Sequence[Harm], seed: str) -> bool:
    """Does it to the files; whether that changed anything."""
    changed = False
    for it in harms:
        path, rng = folder / it.file, random.Random(f"{seed} {it}")
        before = path.read_bytes() if path.exists() else None
        after = None
        match it.how:
            case "truncated":
                after = before and before[: rng.randrange(len(before))]
            case "older":
                after = (older / it.file).read_bytes() if (older / it.file).exists() else None
            case "flipped":
                spoilt = bytearray(before or b"")
                if spoilt:
                    spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
                after = bytes(spoilt)
        if after is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(after)
            path.chmod(0o600)
        changed |= before != after
    return changed
