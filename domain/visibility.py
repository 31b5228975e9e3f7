"""Who may read what (열람 범위): which streams are not for everybody, and who reads them.

A joint project of the classes SENSITIVE and SECURED (민감·보안과제) is read by the hub whose it is and the hubs with a
share in it; the reviews and findings of a hub by that hub. What tells of single persons (a stay, a rating of the
helpdesk, what is recorded of a person) is read by the hub whose it is, a stay also by the hubs of its project. Why a
centre accepts or declines a share in a project or a case (수락·거절 사유) is read by that centre and the hubs of the
project or case. A ministry's official reads what the hubs of his scope read, of the classes and, unless it withholds
them, the persons that it names; the secretariat, auditors and operators read everything, an auditor with a scope what
that says. Figures count all of it, whoever asks. `projections/views/restricted.sql` tells the streams and entries,
`projections/readers.toml` what of it stands in which table and column.

The file of an evidence item (증빙 파일) is not for everybody though its item is: it is read by its hub, and by the hubs
that read every project and stay that names it; by an official who may read those and persons. An analyst reads none.
`projections/views/evidence_readers.sql` tells them.
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
"""Security classes (보안등급) that are not for everybody. What counts is the class that holds now."""

PERSONS = "PERSONS"
"""What a reader needs, beside the classes, to read what tells of single persons."""

RESTRICTED_KINDS = frozenset({"project", "exchange", "review", "finding", "person"})
"""Kinds of stream of which some are not for everybody."""

RATING = "case.satisfaction_rated"
ANSWER = "centre.answered"
"""Types of entries that are not for everybody, on streams that are; neither is what restates one. An answer is where it
says why, or is to a project that is not for everybody."""

SUBMISSION = "review.submission_made"
"""What names the figures of a hub in full by a digest: who reads nothing of persons could try guesses against it."""

NO_HUB = "-"
"""Whom an analyst reads as: no hub has this code, nor have entries that are of no hub (their code is empty)."""


class Reader(msgspec.Struct, frozen=True):
    """As whom somebody reads who does not read everything: as each of the `hubs`, or as `every` one, what needs no more
    than the `grants`."""

    hubs: frozenset[str] = frozenset()
    grants: frozenset[str] = frozenset()
    every: bool = False

    def of(self, hub: str | None) -> bool:
        """Whether he reads as a hub."""
        return self.every or hub in self.hubs

    def sees_persons(self, hubs: Iterable[str]) -> bool:
        """Whether he reads what tells of single persons of all these hubs."""
        return PERSONS in self.grants and all(map(self.of, hubs))

    def as_parameter(self) -> dict[str, Any]:
        """The same as `$reader` of a query."""
        return {"every": self.every, "hubs": sorted(self.hubs), "grants": sorted(self.grants)}


def reads_all(actor: Actor) -> bool:
    return actor.role in READS_ALL and actor.scope is None


def reader(actor: Actor, assigned: Iterable[str] = ()) -> Reader | None:
    """As whom somebody reads, None who reads everything: a hub as itself, an analyst as no hub, who has a scope as the
    hubs that it names and those that are `assigned` to its ministries and regions now."""
    if reads_all(actor):
        return None
    if (scope := actor.scope) is None:
        return Reader(frozenset({actor.hub or NO_HUB}), frozenset({*CLASSES, PERSONS} if actor.hub else ()))
    grants = frozenset(scope.classes) | (frozenset() if scope.withhold_persons else {PERSONS})
    return Reader(
        frozenset({*scope.hubs, *assigned}), grants, every=not (scope.hubs or scope.ministries or scope.regions)
    )


def may_concern(stream: str, type_: str = "") -> bool:
    """Whether a stream is of a kind of which some are not for everybody, or else an entry of a type on it."""
    kind = stream.partition(":")[0]
    return kind in RESTRICTED_KINDS or (
        kind in ("case", "centre") and (type_ in (RATING, ANSWER) or type_.startswith("entry."))
    )
