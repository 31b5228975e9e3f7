"""Who may write what.

Hubs write what they see of the world: projects, exchanges, expansion and helpdesk cases, partners, evidence; and
their side of a review or a finding, where each act says whose it is. The secretariat of the committee writes what
concerns all hubs: hubs, strategy maps (the committee approves them), partners that several hubs share, evidence of its
own, and the acts of the house: checks, verification, findings, sessions, indicators, calendars, policies, rates.
Operators write credentials and the seal; the machine acts as one when it proposes a restatement or tells who was given
evidence.
"""

from __future__ import annotations

import re

import msgspec

from domain.record import Refused, Role

WRITES: dict[Role, frozenset[str]] = {
    "hub": frozenset({"partner", "project", "exchange", "expansion", "case", "evidence", "review", "finding"}),
    "secretariat": frozenset(
        {
            *("hub", "partner", "map", "evidence"),
            *("check", "review", "finding", "session", "indicator", "calendar", "sla", "fx"),
        }
    ),
    "operator": frozenset({"credential", "seal", "check", "evidence"}),
    "analyst": frozenset(),
    "auditor": frozenset(),
}
NAMING = {
    "hub": re.compile(r"(.+)"),
    "review": re.compile(r"\d{4}S[12]-(.+)"),
    "finding": re.compile(r"\d{4}S[12]-(.+)-\d+"),
}
"""Keys that name the hub to which the stream belongs, whoever writes first."""
EXAMPLES = {"review": "review:2025S1-EU-BRU", "finding": "finding:2025S1-EU-BRU-1"}


class Actor(msgspec.Struct, frozen=True):
    """Whoever posts: the id of a credential, its role, and its hub when the role is hub."""

    id: str
    role: Role
    hub: str = ""


def owner(actor: Actor, kind: str, key: str, held_by: str | None) -> str:
    """The hub an entry belongs to. `held_by` is the hub of the stream's first entry, None before there is one.

    Raises Refused when the actor has no authority over the stream.
    """
    if kind not in WRITES[actor.role]:
        raise Refused(
            "authority.role",
            f"the role {actor.role} does not write streams of the kind {kind}",
            role=actor.role,
            may_write=sorted(WRITES[actor.role]),
        )
    if held_by is None and (naming := NAMING.get(kind)):
        if not (named := naming.fullmatch(key)):
            raise Refused(
                "stream.malformed", f"a {kind} is named like {EXAMPLES[kind]}", subject=f"{kind}:{key}", kind=kind
            )
        held_by = named[1]
    if actor.role != "hub":
        return held_by or ""
    if held_by is not None and held_by != actor.hub:
        raise Refused("authority.not_yours", f"{kind}:{key} belongs to another hub", hub=actor.hub)
    return actor.hub
