"""What figures leave out when they are published (소수 셀 비공개): see docs/disclosure.md.

A figure of persons is published with others: the total and the slices of each dimension, hubs and the ministry and
region they make up, a figure and its parts. And it can be compared with earlier publications of the same half-year: the
difference of two figures is a figure too, of those whom it is about. The key of an edition names the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from domain.acts.edition import Disclosure
from domain.words import WITHHOLDING, Phrase
from projections.definitions import VERSIONS
from projections.disclosure import LEAST, RULE
from replay.editions import withholding_v1, withholding_v2
from replay.editions.contributors import Cell, Contributors, contributors
from replay.editions.period_figures import Cut, Figure, FigureCache, Move, UnknownVersion
from replay.editions.withholding_v2 import EarlierPublication, Withheld

IN_FORCE = Disclosure(RULE, LEAST)
"""The rule for editions published from now on."""

SECONDARY = "X"
"""The sign for a figure withheld to protect another (secondary suppression)."""


class Publication(NamedTuple):
    """Figures of a half-year as published or to be published, in full where there was no rule."""

    cut: Cut
    by: Disclosure | None


def withheld_publication(cache: FigureCache, tellings: Sequence[Publication]) -> tuple[Figure, ...]:
    """The figures of the last publication, safe to read together with the earlier ones. Raises UnknownVersion."""
    found = _of(cache, tellings)
    cut, by = tellings[-1]
    figures = []
    for it in cache.figures(cut):
        if (cell := (it.indicator, it.by, it.of)) in found.hidden:
            apart = by is not None and by.rule > 1 and cell not in found.few
            it = replace(it, value=None, evidence=None, missing=None, withheld=True, secondary=apart)
        figures.append(it)
    return tuple(figures)


def unproven_indicators(cache: FigureCache, tellings: Sequence[Publication]) -> tuple[str, ...]:
    """The indicators that still reveal something about few persons, since totals over all hubs are shown: from these
    compared with each other, or with those of an earlier publication. Raises UnknownVersion."""
    return tuple(sorted(_of(cache, tellings).unproven))


def _of(cache: FigureCache, tellings: Sequence[Publication]) -> Withheld:
    publications = tuple(tellings)
    return cache.once(
        publications, lambda: measured_withholding((contributors(cache, it.cut), it.by) for it in publications)
    )


def without_amounts(moves: Sequence[Move]) -> list[Move]:
    """For indicators with persons behind them, only that they moved: what comes late is mostly about one or two."""
    kept: dict[tuple[str, str | None, str | None], Move] = {}
    for it in moves:
        if VERSIONS[it.indicator, it.version].persons:
            it = Move(it.indicator, it.version, None, None, None, None, None, withheld=True)
        kept[it.indicator, it.by, it.of] = it
    return [*kept.values()]


def measured_withholding(measured: Iterable[tuple[Contributors, Disclosure | None]]) -> Withheld:
    """What the last of several publications of one half-year withholds, given who is behind each.

    Raises UnknownVersion.
    """
    nothing = Withheld(frozenset(), frozenset(), frozenset())
    publications: list[EarlierPublication] = []
    found = nothing
    for now, by in measured:
        if by is None:
            found = nothing
        elif by.rule == 1:
            hidden, before = (
                (publications[-1].hidden, publications[-1].contributors) if publications else (frozenset[Cell](), None)
            )
            found = nothing._replace(hidden=frozenset(withholding_v1.withhold(hidden, before, now, by.least)))
        elif by.rule == RULE:
            found = withholding_v2.withhold(publications, now, by.least)
        else:
            raise UnknownVersion("indicator.unknown_version", "rule", version=by.rule)
        publications.append(EarlierPublication(now, found.hidden))
    return found


def withheld_sign(it: Figure, by: Disclosure | None) -> str:
    """The sign shown in place of a withheld figure."""
    return SECONDARY if it.secondary else f"‹{by.least}" if by else ""


def withheld_legend(by: Disclosure) -> dict[str, Any]:
    """The meaning of that sign, in Korean and English; `secondary` for figures that would reveal others, if the rule
    distinguishes them."""
    if by.rule == 1:
        return _signed(f"‹{by.least}", WITHHOLDING.few_or_derivable, by)
    few, derivable = _signed(f"‹{by.least}", WITHHOLDING.few, by), _signed(SECONDARY, WITHHOLDING.derivable, by)
    return few | {"secondary": derivable}


def unproven_in_words(codes: Sequence[str], by: Disclosure) -> dict[str, str]:
    """The sentence about indicators that are `unproven`."""
    return WITHHOLDING.unproven.filled(n=by.least, codes=", ".join(codes))._asdict()


def _signed(sign: str, meaning: Phrase, by: Disclosure) -> dict[str, str]:
    return {"sign": sign, **meaning.filled(n=by.least)._asdict()}
