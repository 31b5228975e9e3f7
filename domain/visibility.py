"""Who may read what (열람 범위): which streams are not for everybody, and who reads all.

A joint project of the classes SENSITIVE and SECURED (민감·보안과제) is read by the hub whose it is and the hubs with a
share in it; the reviews and findings of a hub by that hub. What tells of single persons (a stay, a rating of the
helpdesk, what is recorded of a person) is read by the hub whose it is, a stay also by the hubs of its project. Why a
centre accepts or declines a share in a project or a case (수락·거절 사유) is read by that centre and the hubs of the
project or case. The secretariat, auditors and operators read everything. Figures count all of it, whoever asks.
`projections/views/restricted.sql` tells the streams and entries.
"""

from __future__ import annotations

from domain.input_policy.authority import Actor
from domain.record import Role

READS_ALL: frozenset[Role] = frozenset({"auditor", "secretariat", "operator"})

CLASSES = ("SENSITIVE", "SECURED")
"""Security classes (보안등급) that are not for everybody. What counts is the class that holds now."""

RESTRICTED_KINDS = frozenset({"project", "exchange", "review", "finding", "person"})
"""Kinds of stream of which some are not for everybody."""

RATING = "case.satisfaction_rated"
ANSWER = "centre.answered"
"""Types of entries that are not for everybody, on streams that are; neither is what restates one. An answer is where it
says why, or is to a project that is not for everybody."""


NO_HUB = "-"
"""Whom an analyst reads as: no hub has this code, nor have entries that are of no hub (their code is empty)."""


def reader(actor: Actor) -> str | None:
    """As whom somebody reads: a hub as itself, an analyst as `NO_HUB`, None who reads everything."""
    return None if actor.role in READS_ALL else actor.hub or NO_HUB


def may_concern(stream: str, type_: str = "") -> bool:
    """Whether a stream is of a kind of which some are not for everybody, or else an entry of a type on it."""
    kind = stream.partition(":")[0]
    return kind in RESTRICTED_KINDS or (
        kind in ("case", "centre") and (type_ in (RATING, ANSWER) or type_.startswith("entry."))
    )
