"""Who may read what (열람 범위): which streams have restricted access, and who reads them.

A joint project of the classes SENSITIVE and SECURED (민감·보안과제) is read by the hub that owns it and the hubs with a
share in it; the reviews and findings of a hub by that hub. Data about single persons (a stay, a rating of the helpdesk,
what is recorded of a person) are read by the hub that owns them, a stay also by the hubs of its project. Why a centre
accepts or declines a share in a project or a case (수락·거절 사유) is read by that centre and the hubs of that project
or case. A ministry's official reads what the hubs of his scope read, of the classes and, unless it withholds them, the
persons it names; the secretariat, auditors and operators read everything, an auditor with a scope only what it
names. Figures count all of it, for every reader. `projections/views/restricted.sql` lists the streams and entries,
`projections/readers.toml` their tables and columns.

The file of an evidence item (증빙 파일) is restricted even though its item is not: it is read by its hub, and by the
hubs that read every project and stay that names it; by an official who may read those and persons. An analyst reads
none. `projections/views/evidence_readers.sql` lists them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from domain.acts.credential import RestrictedClass
from domain.input_policy.authority import Actor
from domain.record import Role

READS_ALL: frozenset[Role] = frozenset({"auditor", "secretariat", "operator"})
"""The roles that read everything, without a scope."""

CLASSES: tuple[str, ...] = get_args(RestrictedClass)
"""Security classes (보안등급) with restricted access. The current class counts."""

PERSONS = "PERSONS"
"""What a reader needs, besides the classes, to read data about single persons."""

RESTRICTED_KINDS = frozenset({"project", "exchange", "review", "finding", "person"})
"""Kinds of stream of which some have restricted access."""

RATING = "case.satisfaction_rated"
ANSWER = "centre.answered"
"""Types of entries that are not for everybody, on streams that are; neither is what restates one. An answer is where it
says why, or is to a project that is not for everybody."""

SUBMISSION = "review.submission_made"
"""The type that names the full figures of a hub by a digest: a reader without persons could check guesses by it."""

NO_HUB = "-"
"""The hub of an analyst: no hub has this code, nor have entries that are of no hub (their code is empty)."""


class Reader(msgspec.Struct, frozen=True):
    """As whom somebody reads who does not read everything: as each of the `hubs`, or as `every` one, what needs no more
    than the `grants`."""

    hubs: frozenset[str] = frozenset()
    grants: frozenset[str] = frozenset()
    every: bool = False

    def of(self, hub: str | None) -> bool:
        """Whether he reads as this hub."""
        return self.every or hub in self.hubs

    def sees_persons(self, hubs: Iterable[str]) -> bool:
        """Whether he reads data about single persons of all these hubs."""
        return PERSONS in self.grants and all(map(self.of, hubs))

    def as_parameter(self) -> dict[str, Any]:
        """The same as `$reader` of a query."""
        return {"every": self.every, "hubs": sorted(self.hubs), "grants": sorted(self.grants)}


def reads_all(actor: Actor) -> bool:
    return actor.role in READS_ALL and actor.scope is None


def reader(actor: Actor, assigned: Iterable[str] = ()) -> Reader | None:
    """The reader that an actor is, None if he reads everything: a hub as itself, an analyst as no hub, an actor with a
    scope as the hubs that it names and those now `assigned` to its ministries and regions."""
    if reads_all(actor):
        return None
    if (scope := actor.scope) is None:
        return Reader(frozenset({actor.hub or NO_HUB}), frozenset({*CLASSES, PERSONS} if actor.hub else ()))
    grants = frozenset(scope.classes) | (frozenset() if scope.withhold_persons else {PERSONS})
    return Reader(
        frozenset({*scope.hubs, *assigned}), grants, every=not (scope.hubs or scope.ministries or scope.regions)
    )


def may_concern(stream: str, type_: str = "") -> bool:
    """Whether a stream, or an entry of a type on it, is of a kind of which some have restricted access."""
    kind = stream.partition(":")[0]
    return kind in RESTRICTED_KINDS or (
        kind in ("case", "centre") and (type_ in (RATING, ANSWER) or type_.startswith("entry."))
    )
