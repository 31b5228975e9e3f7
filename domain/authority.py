"""Who may write what: hubs their own streams, the secretariat hubs and reviews, operators credentials."""

from __future__ import annotations

import msgspec

from domain.record import Refused, Role

WRITES: dict[Role, frozenset[str]] = {
    "hub": frozenset({"project", "exchange", "case", "review"}),
    "secretariat": frozenset({"hub", "review"}),
    "operator": frozenset({"credential"}),
    "analyst": frozenset(),
    "auditor": frozenset(),
}


class Actor(msgspec.Struct, frozen=True):
    """Whoever posts: the id of a credential, its role, and its hub when the role is hub."""

    id: str
    role: Role
    hub: str = ""


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
    if kind not in WRITES[actor.role]:
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
