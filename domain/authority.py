"""Who may write what: hubs their own streams, the secretariat hubs and reviews, operators credentials and the seal.

Hubs and the secretariat decide about persons. Any role may read about them when its credential says so, and to read
is to write that down on the person's stream.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from domain.record import Refused, Role

Persons: TypeAlias = Literal["none", "own", "all"]
"""Whose persons a credential opens. Only a hub has persons of its own; `all` is granted to a role of the house."""

WRITES: dict[Role, frozenset[str]] = {
    "hub": frozenset({"project", "exchange", "case", "review", "person"}),
    "secretariat": frozenset({"hub", "review", "person"}),
    "operator": frozenset({"credential", "seal"}),
    "analyst": frozenset(),
    "auditor": frozenset(),
}


class Actor(msgspec.Struct, frozen=True):
    """Whoever posts: the id of a credential, its role, its hub when the role is hub, and what it opens of persons."""

    id: str
    role: Role
    hub: str = ""
    persons: Persons = "own"
    cross_border: bool = False


REDACTS: Role = "secretariat"
"""Who orders content destroyed, on any stream: the office that answers for the record, not who runs its machines."""


def owner(actor: Actor, kind: str, key: str, held_by: str | None, *, redacts: bool = False) -> str:
    """The hub an entry belongs to. `held_by` is the hub of the stream's first entry, None before there is one.

    Raises Refused when the actor has no authority over the stream.
    """
    if redacts:
        if actor.role != REDACTS:
            raise Refused("authority.role", f"the {REDACTS} redacts, the role {actor.role} does not", role=actor.role)
        return held_by or ""
    if kind == "person":
        if actor.persons != "all" and (actor.role != "hub" or actor.persons == "none"):
            raise Refused(
                "authority.persons", "this credential does not open persons; an operator grants it", credential=actor.id
            )
    elif kind not in WRITES[actor.role]:
        raise Refused(
            "authority.role",
            f"the role {actor.role} does not write streams of the kind {kind}",
            role=actor.role,
            may_write=sorted(WRITES[actor.role]),
        )
    if kind == "hub":
        return key
    if actor.role != "hub":
        return held_by or ""
    if held_by is not None and held_by != actor.hub:
        raise Refused("authority.not_yours", f"{kind}:{key} belongs to another hub", hub=actor.hub)
    return actor.hub
