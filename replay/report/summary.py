"""What an edition tells a hurried reader: its first page, and the important part of long lists."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from domain.words import REPORT, Phrase
from projections.definitions import Indicator
from replay.editions.comparisons import Comparison
from replay.editions.editions import Adjustment
from replay.editions.period_figures import Figure, Move
from replay.editions.restatement import RestatedFigure
from replay.report.content import OF_HUBS, EditionReport

HEADLINES = ("JR-01", "EX-01", "DX-02", "HD-03", "NW-02")
"""The figure that represents each function of the hubs."""


class Line(NamedTuple):
    """An indicator with its figure of all hubs together, and what that is compared with."""

    indicator: Indicator
    figure: Figure | None
    compared: Comparison | None


class Summary(NamedTuple):
    """`said` is in words how many targets were reached and how many figures improved; `missed` fell short of theirs,
    `worsened` are worse than the half-year before and have no target; `findings` and `overdue` are counts."""

    said: list[Phrase]
    headlines: list[Line]
    missed: list[Line]
    worsened: list[Line]
    findings: int
    overdue: int


def summary(report: EditionReport) -> Summary:
    lines = [Line(it, report.figure(it), report.compared.get((it.code, None))) for it in report.indicators]
    compared = [it.compared for it in lines if it.compared]
    aimed = [it.attained for it in compared if it.attained is not None]
    turned = [it.turned for it in compared if it.turned in ("better", "worse")]
    goals = REPORT.goals_reached.filled(targets=len(aimed), attained=sum(aimed)) if aimed else REPORT.no_goals
    trend = REPORT.turned_since.filled(better=turned.count("better"), worse=turned.count("worse"))
    return Summary(
        said=[goals, trend] if turned else [goals],
        headlines=[it for code in HEADLINES for it in lines if it.indicator.code == code],
        missed=[it for it in lines if it.compared and it.compared.attained is False],
        worsened=[it for it in lines if it.compared and it.compared.attained is None and it.compared.turned == "worse"],
        findings=len(report.standing.findings),
        overdue=sum(bool(it["overdue"]) for it in (*report.standing.findings, *report.standing.carried_over)),
    )


def without_results(report: EditionReport) -> list[Indicator]:
    """Indicators with nothing counted in the half-year, neither for all hubs together nor for one."""
    counted = {it.indicator for it in report.content.figures if it.value is not None or it.evidence or it.withheld}
    return [it for it in report.indicators if it.code not in counted]


def by_weight(adjustment: Adjustment, materiality: Decimal) -> tuple[list[Move], list[Move]]:
    """The moves of all hubs together and of each: those of at least the share `materiality` of what was published, the
    largest share first, and the others. Withheld moves, and those without a figure before, go with the first."""
    moves = [it for it in adjustment.moves if it.by in (None, "hub")]
    small = [it for it in moves if (part := _part(it)) is not None and part < materiality]
    large = [it for it in moves if it not in small]
    return sorted(large, key=lambda it: (it.withheld, it.by is not None, -(_part(it) or 0))), small


def restated_once(report: EditionReport) -> list[RestatedFigure]:
    """The figures that a restatement moved, without repetitions of the total: what has no field or country, where no
    entry has one."""
    restated = (report.restatement and report.restatement.figures) or ()
    figures: tuple[Figure | RestatedFigure, ...] = (*report.content.figures, *restated)
    sliced = {(it.indicator, it.by) for it in figures if it.of is not None}
    return [it for it in restated if it.of is not None or it.by in (None, *OF_HUBS) or (it.indicator, it.by) in sliced]


def _part(it: Move) -> Decimal | None:
    """The share of the published figure by which it moved; None if nothing was published, or it is withheld."""
    if it.delta is None or it.before is None or not Decimal(it.before):
        return None
    return abs(Decimal(it.delta) / Decimal(it.before))
