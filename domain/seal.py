"""Seal (봉인): with which key the record is sealed. An act of the house, judged as it is made.

The tree that the new key signs holds this act, and the old key signed its beginning: who trusts the old key can
follow to the new one.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from domain.record import Entry, Fact, House, Refused

Verifier: TypeAlias = Annotated[str, Meta(pattern=r"^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}$")]
"""A public key as C2SP signed-note writes it: name, id, key. Where a key is made its name is bounded, not here: 0.1.0
adopted keys of longer names."""


Leaf: TypeAlias = Literal["digest"]
"""What the sealed log says of each entry: the SHA-256 of its JSON and nothing else."""


class KeyAdopted(Fact, frozen=True, tag="seal.key_adopted"):
    """The record is signed with this key from here on. `replaces` is the key before it; the first replaces none.

    `leaf` is said once, where a record is founded: of what its log is made, for ever. Where the first key came without
    it, the log has stream, version and type of each entry beside its digest.
    """

    verifier: Verifier
    replaces: Verifier | None = None
    leaf: Leaf | None = None


SealFact: TypeAlias = KeyAdopted


class Seal(msgspec.Struct, frozen=True):
    """The key that holds.

    none > adopted > adopted (the key that takes its place)
    """

    status: Literal["none", "adopted"] = "none"
    verifier: str | None = None


initial = Seal()


def judge(seal: Seal, entry: Entry[SealFact]) -> None:
    """Raises Refused unless an operator puts a key in the place of the one that holds."""
    if entry.role != "operator":
        raise Refused("seal.not_yours", "an operator adopts the key of the record", role=entry.role)
    if entry.fact.replaces != seal.verifier:
        raise Refused("seal.out_of_turn", "another key is the one to replace", holds=seal.verifier)


def beside(seal: Seal, entry: Entry[SealFact], house: House) -> None:
    """Raises Refused when it says what leaves are made of, and there are some already."""
    if entry.fact.leaf is not None and house.position:
        raise Refused("seal.leaf_fixed", "what the log is made of is said when a record is founded", path="$.data.leaf")


def evolve(seal: Seal, entry: Entry[SealFact]) -> Seal:
    return Seal("adopted", entry.fact.verifier)
