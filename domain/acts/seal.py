"""Seal (봉인): the key that the record is sealed with, and what it remembers of its checkpoints. Acts.

The tree that a new key signs holds the act that adopts it, and the old key signed its beginning: who trusts the old key
can follow to the new one. What the record remembers is on `seal:log`, and only the machine writes it.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from domain.record import SAGWAN, Entry, Fact, OtherStreams, Refused
from domain.values import Digest, Text

Verifier: TypeAlias = Annotated[str, Meta(pattern=r"^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}$")]
"""A public key as C2SP signed-note writes it: name, id, key. Where a key is made its name is bounded, not here: 0.1.0
adopted keys of longer names."""


Leaf: TypeAlias = Literal["digest"]
"""What the sealed log has of each entry: the SHA-256 of its JSON and nothing else."""


Size: TypeAlias = Annotated[int, Meta(ge=1)]
"""The number of entries that a tree covers."""


class KeyAdopted(Fact, frozen=True, tag="seal.key_adopted"):
    """The record is signed with this key from here on. `replaces` is the key before it; the first replaces none.

    `leaf` is said once, where a record is founded: of what its log is made, for ever. Where the first key came without
    it, the log has stream, version and type of each entry beside its digest.
    """

    verifier: Verifier
    replaces: Verifier | None = None
    leaf: Leaf | None = None


class CheckpointKept(Fact, frozen=True, tag="seal.checkpoint_kept"):
    """A checkpoint over the first `size` entries was signed, with this root (SHA-256, hexadecimal).

    Whoever changes one of them has to change this one too, and every checkpoint that anybody has of it since.
    """

    size: Size
    root: Digest


class LogRestarted(Fact, frozen=True, tag="seal.log_restarted"):
    """What was signed is lost or given up, and the record is signed anew: what stood before rests on nobody's word.

    `size` and `root` are of the tree that the record made then; `given_up` and `given_up_root` of the checkpoint that
    was signed last, where it was still there.
    """

    reason: Text
    lost: Annotated[tuple[Literal["adoption", "key", "checkpoint", "end", "tree"], ...], Meta(min_length=1)]
    size: Size
    root: Digest
    given_up: Size | None = None
    given_up_root: Digest | None = None


SealFact: TypeAlias = KeyAdopted | CheckpointKept | LogRestarted


class Seal(msgspec.Struct, frozen=True):
    """The key that holds, or how many entries the checkpoint is over that was kept last.

    none > adopted > adopted (the key that takes its place)
    """

    status: Literal["none", "adopted"] = "none"
    verifier: str | None = None
    kept: int = 0


initial = Seal()


def judge(seal: Seal, entry: Entry[SealFact]) -> None:
    """Raises Refused unless an operator replaces the current key, or the machine records a checkpoint."""
    match entry.fact:
        case KeyAdopted() as it:
            if entry.role != "operator":
                raise Refused("seal.not_yours", "operator", role=entry.role)
            if it.replaces != seal.verifier:
                raise Refused("seal.out_of_turn", "key", holds=seal.verifier)
        case CheckpointKept() | LogRestarted() as it:
            if (entry.source, entry.stream) != (SAGWAN, "seal:log"):
                raise Refused("seal.not_yours", "machine", role=entry.role)
            if isinstance(it, CheckpointKept) and it.size <= seal.kept:
                raise Refused("seal.out_of_turn", "checkpoint", kept=seal.kept)


def cross_stream_check(seal: Seal, entry: Entry[SealFact], others: OtherStreams) -> None:
    """Raises Refused when it says what leaves are made of, but there are some already."""
    if isinstance(entry.fact, KeyAdopted) and entry.fact.leaf is not None and others.position:
        raise Refused("seal.leaf_fixed", path="$.data.leaf")


def evolve(seal: Seal, entry: Entry[SealFact]) -> Seal:
    match entry.fact:
        case KeyAdopted() as it:
            return replace(seal, status="adopted", verifier=it.verifier)
        case CheckpointKept() as kept:
            return replace(seal, kept=kept.size)
    return seal
