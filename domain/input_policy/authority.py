"""Who may write what.

Hubs write what they see of the world: projects, exchanges, expansion and helpdesk cases, partners, evidence; what
concerns them as a centre among others; and their side of a review or a finding, where each act says whose it is. The
secretariat of the committee writes what concerns all hubs: hubs, overseas centres, strategy maps (the committee
approves them), partners that several hubs share, evidence of its own, and the acts: checks, verification, findings,
sessions, indicators, calendars, policies, rates.
Operators write credentials and the seal; the machine acts as one when it proposes a restatement or records who was
given evidence.

Hubs and the secretariat decide about persons. Any role may read about them when its credential says so, and each
reading is recorded on the person's stream.
"""

from __future__ import annotations

import re

import msgspec

from domain.acts.credential import Persons, Scope
from domain.record import Refused, Role

WRITES: dict[Role, frozenset[str]] = {
    "hub": frozenset(
        {"partner", "centre", "project", "exchange", "expansion", "case", "evidence", "review", "finding", "person"}
    ),
    "secretariat": frozenset(
        {
            *("hub", "partner", "centre", "map", "evidence"),
            *("check", "review", "finding", "session", "indicator", "calendar", "sla", "fx", "person"),
        }
    ),
    "operator": frozenset({"credential", "seal", "clock", "check", "evidence"}),
    "analyst": frozenset(),
    "official": frozenset(),
    "auditor": frozenset(),
}
NAMING = {
    "hub": re.compile(r"(.+)"),
    "centre": re.compile(r"(.+)"),
    "review": re.compile(r"\d{4}S[12]-(.+)"),
    "finding": re.compile(r"\d{4}S[12]-(.+)-\d+"),
}
"""Keys that name the hub to which the stream belongs, no matter who writes first."""
LONGEST_KEY = 128
EXAMPLES = {"review": "review:2025S1-EU-BRU", "finding": "finding:2025S1-EU-BRU-1"}


class Actor(msgspec.Struct, frozen=True):
    """Whoever posts: the id of a credential or the pseudonym of the person whose it is, its role, its hub when the role
    is hub, what it opens of persons, and what it reads where that is not by its role alone. `credential` is by what a
    person asks."""

    id: str
    role: Role
    hub: str = ""
    persons: Persons = "own"
    cross_border: bool = False
    scope: Scope | None = None
    credential: str = ""

    @property
    def means(self) -> str:
        """By what somebody asks: what one credential of a person may read, another may not."""
        return self.credential or self.id


SYSTEM = Actor("c-sagwan", "operator")
"""Sagwan itself: it issues the first token, proposes restatements, and owns what it reads in its own folder."""

TYPES_OF_ROLES: dict[str, frozenset[Role]] = dict.fromkeys(
    ("evidence.accessed", "evidence.kept"), frozenset({"operator"})
)
"""Types that fewer roles may write than streams of their kind: a reader does not write the history of who read, nor
does the one who hands in a file write that it is kept."""


def check_type_of_role(role: Role, type_: str, *, restating: bool = False) -> None:
    """Raises Refused for a fact that a role may not write, and so may neither correct nor void (`restating`)."""
    may = TYPES_OF_ROLES.get(type_)
    if may is not None and role not in may:
        which = "restates" if restating else "says"
        raise Refused("authority.type", which, role=role, may=sorted(may), type=type_)


REDACTS: Role = "secretariat"
"""Who orders content destroyed, on any stream: the office responsible for the record, not its machines' operator."""


def owning_hub(actor: Actor, kind: str, key: str, held_by: str | None, *, redacts: bool = False) -> str:
    """The hub an entry belongs to. `held_by` is the hub of the stream's first entry, None before there is one.

    Raises Refused when the actor has no authority over the stream.
    """
    if redacts:
        if actor.role != REDACTS:
            raise Refused("authority.role", "redacts", role=actor.role, may=REDACTS)
        return held_by or ""
    if kind == "person":
        check_persons_opened(actor)
    elif kind not in WRITES[actor.role]:
        raise Refused("authority.role", "kind", role=actor.role, may_write=sorted(WRITES[actor.role]), kind=kind)
    if held_by is None and (naming := NAMING.get(kind)):
        if not (named := naming.fullmatch(key)):
            raise Refused("stream.malformed", "example", path="$.subject", kind=kind, such_as=EXAMPLES[kind])
        held_by = named[1]
    if actor.role != "hub":
        return held_by or ""
    if held_by is not None and held_by != actor.hub:
        stream = f"{kind}:{key}"
        if kind == "person":
            raise Refused("authority.not_yours", "person", hub=actor.hub, stream=stream)
        raise Refused("authority.not_yours", "stream", hub=actor.hub, stream=stream, such_as=_own(actor.hub, kind, key))
    return actor.hub


def check_persons_opened(actor: Actor) -> None:
    """Raises Refused unless a credential gives access to persons: a hub's to its own, another's to all."""
    if actor.persons != "all" and (actor.role != "hub" or actor.persons == "none"):
        raise Refused("authority.persons", credential=actor.id)


def _own(hub: str, kind: str, key: str) -> str:
    """How a hub may name its own stream, when another hub has this one."""
    if (naming := NAMING.get(kind)) and (named := naming.fullmatch(key)):
        start, end = named.span(1)
        return f"{kind}:{key[:start]}{hub}{key[end:]}"
    return f"{kind}:{hub}-{key}"[: len(kind) + 1 + LONGEST_KEY]
