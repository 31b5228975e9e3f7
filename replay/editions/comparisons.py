"""The figures of an edition compared with target and previous half-year, and which way is better (성과 방향)."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Literal

import msgspec

from domain.period import HalfYear
from journal.store.journal import Journal
from projections.definition_files import Better
from projections.definitions import VERSIONS
from projections.mirror.snapshot import Reading
from replay.editions.editions import EditionContent, NotAsPublished, PublishedEdition, editions_of, verified_content
from replay.editions.period_figures import Figure, FigureCache, UnknownVersion, exact_text


class Comparison(msgspec.Struct, frozen=True):
    """A figure of all together (`hub` None) or of a hub. Its target is the one known when the edition was published.

    `edition` is the newest of the half-year before, then, and `before` its figure by the same version of the indicator;
    `change` is signed. `attained` and `turned` are None where there is nothing to compare with, or higher is no better
    than lower.
    """

    indicator: str
    version: int
    hub: str | None
    better: Better
    value: str | None
    target: str | None
    attained: bool | None
    edition: str | None
    before: str | None
    change: str | None
    turned: Literal["better", "worse", "same"] | None


def comparisons(
    journal: Journal, cache: FigureCache, period: str, published: PublishedEdition, content: EditionContent
) -> tuple[Comparison, ...]:
    """The comparison of each figure that has a target or a previous figure, in the order of the figures."""
    with cache.opened(published.position, None) as reading:
        aims = targets(reading, period)
    earlier = str(HalfYear.parse(period).previous)
    there = [
        it
        for it in editions_of(journal, earlier)
        if it.position <= published.position and not (it.withdrawn and it.withdrawn.position <= published.position)
    ]
    past: tuple[Figure, ...] = ()
    # Where the edition before cannot be made as published, that is reported there, and is no fault of this one.
    with contextlib.suppress(NotAsPublished, UnknownVersion):
        past = verified_content(journal, cache, earlier, there[-1]).figures if there else ()
    was = {(it.indicator, it.version, it.by, it.of): it.value for it in past}
    found = []
    for it in content.figures:
        if it.by is None or (it.by == "hub" and it.of is not None):
            target, before = aims.get((it.indicator, it.of)), was.get((it.indicator, it.version, it.by, it.of))
            if target is not None or before is not None:
                edition = f"{earlier}/{there[-1].number}" if before is not None else None
                found.append(_compared(it, target, edition, before))
    return tuple(found)


def targets(reading: Reading, period: str) -> dict[tuple[str, str | None], Decimal]:
    """The targets of a half-year, by indicator and hub, None for all together."""
    rows = reading.rows("SELECT code, hub, value FROM targets WHERE period = ?", [period])
    return {(code, hub): value for code, hub, value in rows}


def _compared(it: Figure, target: Decimal | None, edition: str | None, before: str | None) -> Comparison:
    about = VERSIONS[it.indicator, it.version]
    value, was = (None if text is None else Decimal(text) for text in (it.value, before))
    change = None if value is None or was is None else value - was
    turned: Literal["better", "worse", "same"] | None = None
    if change is not None and about.better != "neither":
        turned = "same" if not change else "better" if (change > 0) == (about.better == "higher") else "worse"
    return Comparison(
        it.indicator,
        it.version,
        it.of,
        about.better,
        it.value,
        None if target is None else exact_text(target),
        about.attains(value, target),
        edition,
        before,
        exact_text(change),
        turned,
    )
