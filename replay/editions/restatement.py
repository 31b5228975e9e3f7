"""What a restatement (정정공표) shows besides its figures: the edition it replaces, why, on whose word, and what moved.

All of it is in the record already: the proposal with its reason, the approval, both editions as published.
The digest of an edition covers none of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from domain.acts.check_events import (
    EditionRestated,
    EditionWithdrawn,
    RestatementApproved,
    RestatementProposed,
    RestatementRejected,
)
from domain.acts.edition import Disclosure
from domain.record import Recorded, Role
from journal.store.journal import Journal
from replay.editions.editions import EditionContent, NotAsPublished, PublishedEdition, editions_of, verified_content
from replay.editions.period_figures import Figure, FigureCache, UnknownVersion, figure_moves
from replay.editions.withholding import withheld_sign


class RestatedFigure(msgspec.Struct, frozen=True):
    """A figure that the two editions tell differently. `delta` is signed; None where either is withheld, and where
    there is nothing to take the one from. A `sign` says why it is withheld, as the legend of the edition has it."""

    indicator: str
    version: int
    by: str | None
    of: str | None
    before: str | None
    after: str | None
    delta: str | None
    before_withheld: bool
    after_withheld: bool
    before_sign: str | None = None
    after_sign: str | None = None


class Restatement(msgspec.Struct, frozen=True):
    """`reason` and `indicators` are of the proposal, None and empty where none is recorded; who did something is a
    credential with its role (`…_as`) and, where it is a hub's, that. `figures` is None where
    they cannot be set beside each other, for the reason in `not_compared`: nobody could ever read the edition before
    (`never_shown`), or it is not to be had (`not_kept`).
    """

    replaces: str
    reason: str | None
    reason_en: str | None
    indicators: tuple[str, ...]
    proposed_by: str | None
    proposed_as: Role | None
    proposed_at: datetime | None
    approved_by: str | None
    approved_as: Role | None
    approved_at: datetime | None
    published_by: str
    published_as: Role
    published_at: datetime
    figures: tuple[RestatedFigure, ...] | None
    not_compared: Literal["never_shown", "not_kept"] | None


def restatement_of(
    journal: Journal, cache: FigureCache, period: str, published: PublishedEdition, content: EditionContent
) -> Restatement | None:
    """The restatement that an edition is; None for a first edition."""
    if published.restates is None:
        return None
    replaced = editions_of(journal, period)[published.restates - 1]
    proposal, approval = _decided(journal, period, published.position)
    fact = proposal.entry.fact if proposal else None
    figures: tuple[RestatedFigure, ...] | None = None
    not_compared: Literal["never_shown", "not_kept"] | None = None
    if replaced.withdrawn and replaced.withdrawn.never_shown:
        not_compared = "never_shown"
    else:
        try:
            before = verified_content(journal, cache, period, replaced)
            rules = (replaced.key.disclosure, published.key.disclosure)
            figures = _moved(before.figures, content.figures, rules)
        except (NotAsPublished, UnknownVersion):
            not_compared = "not_kept"
    return Restatement(
        replaces=f"{period}/{replaced.number}",
        reason=fact.reason if fact else None,
        reason_en=fact.reason_en if fact else None,
        indicators=fact.indicators if fact else (),
        proposed_by=proposal.entry.actor if proposal else None,
        proposed_as=proposal.entry.role if proposal else None,
        proposed_at=proposal.entry.occurred_at if proposal else None,
        approved_by=approval.entry.actor if approval else None,
        approved_as=approval.entry.role if approval else None,
        approved_at=approval.entry.occurred_at if approval else None,
        published_by=published.actor,
        published_as=published.role,
        published_at=published.published_at,
        figures=figures,
        not_compared=not_compared,
    )


def rejected_proposal(journal: Journal, period: str) -> Recorded[Any] | None:
    """The last proposal rejected since the current edition was published, or one withdrawn."""
    proposal: Recorded[Any] | None = None
    rejected: Recorded[Any] | None = None
    for row in journal.stream(f"check:{period}"):
        match row.entry.fact:
            case RestatementProposed():
                proposal = row
            case RestatementRejected():
                rejected = proposal
            case EditionRestated() | EditionWithdrawn():
                rejected = None
    return rejected


def proposal_of(journal: Journal, period: str, published: PublishedEdition) -> RestatementProposed | None:
    """The proposal after which an edition was restated; None for a first one, and where none is recorded."""
    proposal, _ = _decided(journal, period, published.position)
    return proposal.entry.fact if proposal else None


def _decided(journal: Journal, period: str, position: int) -> tuple[Recorded[Any] | None, Recorded[Any] | None]:
    """The proposal and the approval in force when the edition at a position was published."""
    proposal: Recorded[Any] | None = None
    approval: Recorded[Any] | None = None
    for row in journal.stream(f"check:{period}"):
        if row.position >= position:
            break
        match row.entry.fact:
            case RestatementProposed():
                proposal, approval = row, None
            case RestatementApproved():
                approval = row
            case RestatementRejected() | EditionRestated() | EditionWithdrawn():
                proposal = approval = None
    return proposal, approval


def _moved(
    before: tuple[Figure, ...], after: tuple[Figure, ...], rules: tuple[Disclosure | None, Disclosure | None]
) -> tuple[RestatedFigure, ...]:
    """Each figure that differs, as each edition shows it under its own rule of disclosure."""
    old = {(it.indicator, it.by, it.of): it for it in before}
    new = {(it.indicator, it.by, it.of): it for it in after}
    found = []
    for it in figure_moves(before, after):
        was, is_ = (them.get((it.indicator, it.by, it.of)) for them in (old, new))
        signs = [
            withheld_sign(one, rule) if one and one.withheld else None
            for one, rule in zip((was, is_), rules, strict=True)
        ]
        found.append(
            RestatedFigure(
                indicator=it.indicator,
                version=it.version,
                by=it.by,
                of=it.of,
                before=it.before,
                after=it.after,
                delta=None if signs != [None, None] else it.delta,
                before_withheld=signs[0] is not None,
                after_withheld=signs[1] is not None,
                before_sign=signs[0],
                after_sign=signs[1],
            )
        )
    return tuple(found)
