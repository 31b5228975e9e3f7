"""Figures of persons as an edition publishes them: all that a reader of published figures sees of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from domain.messages import Invalid
from projections.definitions import Indicator
from projections.disclosure import Shown, performance_shown
from projections.filters import Filter, Filters, as_filter
from projections.mirror import public_views
from projections.mirror.snapshot import Reading
from replay.editions.period_figures import Figure


class Released(NamedTuple):
    """The content of an edition of a half-year."""

    edition: str
    period: str
    figures: Sequence[Figure]


def released_figures(
    it: Released, indicator: Indicator, by: Sequence[str], where: Mapping[str, Filter], period: str | None
) -> pa.Table:
    """As `projections.disclosure.figures`, without targets: columns `by`, `value`, `evidence`, `missing`, `suppressed`.

    Raises ValueError for a slice or a half-year that the edition does not publish.
    """
    conditions = dict(where) | ({"period": as_filter(period)} if period else {})
    if "period" not in by and "period" not in conditions:
        raise Invalid("question.persons_period", period=it.period)
    if conditions.pop("period", as_filter(it.period)).only != it.period:
        raise Invalid("question.persons_other", edition=it.edition, period=it.period)
    slices = {*by, *conditions} - {"period"}
    there = [figure for figure in it.figures if figure.indicator == indicator.code]
    published = {figure.by for figure in there}
    if len(slices) > 1 or not slices <= published:
        known = sorted(filter(None, published))
        which = "question.persons_slices" if known else "question.persons_no_slice"
        raise Invalid(which, edition=it.edition, indicator=indicator.code, slices=known)
    slice_ = next(iter(slices), None)
    wanted = conditions.get(slice_) if slice_ else None
    if wanted and wanted.only is None and slice_ not in by:
        raise Invalid("question.persons_sum", edition=it.edition, slice=slice_)
    shown = [one for one in there if one.by == slice_ and (wanted is None or wanted.keeps(one.of))]
    columns = {name: pa.array([it.period if name == "period" else f.of for f in shown], pa.string()) for name in by}
    return pa.table(
        columns
        | {
            "value": pa.array([_number(f) for f in shown], pa.float64()),
            "evidence": pa.array([f.evidence for f in shown], pa.int64()),
            "missing": pa.array([f.missing for f in shown], pa.int64()),
            "suppressed": pa.array([f.withheld for f in shown], pa.bool_()),
        }
    )


def released_performance(reading: Reading, where: Filters, it: Released | None) -> pa.Table:
    """The view `hub_performance` with figures of persons as an edition publishes them, and none without one.

    The column `suppressed` names the columns withheld in each row.
    """
    published = [one for one in it.figures if one.by == "hub" and not one.withheld] if it else []

    def shown(indicator: Indicator) -> Shown:
        return {(one.of, it.period): _number(one) for one in published if it and one.indicator == indicator.code}

    return performance_shown(public_views.view(reading, "hub_performance", where), shown)


def _number(it: Figure) -> float | None:
    return None if it.value is None else float(it.value)
