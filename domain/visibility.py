"""Who may read what (열람 범위): which streams are not for everybody, and who reads all.

A joint project of the classes SENSITIVE and SECURED (민감·보안과제), and the stays on it, are read by the hub whose it
is and the hubs with a share in it; the reviews and findings of a hub by that hub. The secretariat, auditors and
operators read everything. Figures count all of it, whoever asks. `projections/views/restricted.sql` tells the streams.
"""

from __future__ import annotations

from domain.authority import Actor
from domain.record import Role

READS_ALL: frozenset[Role] = frozenset({"auditor", "secretariat", "operator"})

CLASSES = ("SENSITIVE", "SECURED")
"""Security classes (보안등급) that are not for everybody. What counts is the class that holds now."""

KINDS = frozenset({"project", "exchange", "review", "finding"})
"""Kinds of stream of which some are not for everybody."""


def reader(actor: Actor) -> str | None:
    """As whom somebody reads: a hub as itself, an analyst as no hub (``), None who reads everything."""
    return None if actor.role in READS_ALL else actor.hub


def may_concern(stream: str) -> bool:
    """Whether a stream is of a kind of which some are not for everybody."""
    return stream.partition(":")[0] in KINDS
