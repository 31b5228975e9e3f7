"""By how much each late entry moves the figure of all hubs together, in its turn: all together they add up to the move.

A stream's part in a move is the difference of its rows. Only a stream with several late entries is walked entry by
entry, on that stream alone. Where the facts of one stream change the rows of another, the figure is made anew after
each late entry.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from projections import figures
from projections.definitions import Indicator
from projections.mirror.figure_tables import REFERENCE
from projections.mirror.snapshot import Reading
from projections.mirror.stream_tables import Step, evidence_of, kind_of
from replay.editions.period_figures import Cut, FigureCache, exact_text, figures_of_indicator, indicator_versions
from replay.editions.running_figure import RunningFigure

MOST_STEPS = 500
"""So many times a figure is made anew at most; with more late entries behind it, it is not told what each moves."""

Rows: TypeAlias = list[dict[str, Any]]
Course: TypeAlias = list[tuple[int, Decimal]]
"""The positions of late entries in their order, each with what the figure is behind it."""


class MovedFigure(NamedTuple):
    """A figure of all hubs together that moved, what it was and is, and the streams whose rows are not the same."""

    about: Indicator
    before: Decimal
    after: Decimal
    streams: frozenset[str]


class LateStreams(NamedTuple):
    """The late entries of each stream, and those of reference data."""

    entries: Mapping[str, Sequence[int]]
    reference: Sequence[int]


def late_amounts(
    cache: FigureCache,
    now: Cut,
    cut: int,
    before: Reading,
    after: Reading,
    codes: Mapping[str, tuple[Decimal, Decimal]],
) -> dict[int, dict[str, str]]:
    """By the position of each late entry, by how much it moves which indicator.

    `before` reads as of the cut-off's position, `after` as of that of `now`; `codes` are the indicators that move, each
    with what it was and is.
    """
    late = _late_streams(after, cut, now.position)
    moved = []
    for it in (it for it in indicator_versions(now) if it.code in codes):
        rows = figures.moved_rows(before, after, it, now.period)
        moved.append(MovedFigure(it, *codes[it.code], frozenset(rows["stream"].to_pylist())))
    alone = [it for it in moved if kind_of(it.about) and RunningFigure.of(it.about.aggregate)]
    courses = [*_walked(before, after, late, now.period, alone)]
    courses += _made_anew(cache, now, late, [it for it in moved if it not in alone])
    found: dict[int, dict[str, str]] = {}
    for figure, course in courses:
        values = [figure.before, *(value for _, value in course[:-1]), figure.after]
        for (position, _), (was, is_) in zip(course, pairwise(values), strict=True):
            if (amount := exact_text(is_ - was)) not in (None, "0"):
                found.setdefault(position, {})[figure.about.code] = str(amount)
    return found


def _late_streams(after: Reading, cut: int, known: int) -> LateStreams:
    entries: dict[str, list[int]] = defaultdict(list)
    reference = []
    told = "SELECT position, stream, kind FROM record.event WHERE position > ? AND position <= ? ORDER BY position"
    for position, stream, kind in after.rows(told, [cut, known]):
        entries[stream].append(position)
        reference += [position] * (kind in REFERENCE)
    return LateStreams(entries, reference)


def _walked(
    before: Reading, after: Reading, late: LateStreams, period: str, moved: Sequence[MovedFigure]
) -> Iterator[tuple[MovedFigure, Course]]:
    """The courses of figures to which each stream adds its own rows."""
    by_kind: dict[str, list[MovedFigure]] = defaultdict(list)
    for it in moved:
        by_kind[str(kind_of(it.about))].append(it)
    for kind, those in by_kind.items():
        between = _between(after, kind, late, period, those)
        for it in those:
            yield (
                it,
                _course(
                    it, _rows(before, it, period), _rows(after, it, period, it.streams), late, between[it.about.code]
                ),
            )


def _between(
    after: Reading, kind: str, late: LateStreams, period: str, moved: Sequence[MovedFigure]
) -> dict[str, dict[tuple[str, int], Rows]]:
    """By code, the rows of each moved stream behind each of its late entries but the last."""
    streams = sorted(frozenset().union(*(it.streams for it in moved)))
    steps = [(stream, position) for stream in streams for position in late.entries.get(stream, ())[:-1]]
    found: dict[str, dict[tuple[str, int], Rows]] = {
        it.about.code: {step: [] for step in steps if step[0] in it.streams} for it in moved
    }
    if not steps:
        return found
    with evidence_of(after, kind, [Step(number, *step) for number, step in enumerate(steps, 1)]) as evidence:
        for it in moved:
            between = found[it.about.code]
            for row in evidence.rows(it.about, period).to_pylist() if between else ():
                if (step := steps[row["step"] - 1]) in between:
                    between[step].append(row)
    return found


def _course(
    it: MovedFigure,
    rows: dict[str, Rows],
    ends: dict[str, Rows],
    late: LateStreams,
    between: Mapping[tuple[str, int], Rows],
) -> Course:
    """`rows` are those at the cut-off and `ends` those of moved streams now, `between` those in between."""
    turns = [(position, stream, here) for (stream, position), here in between.items()]
    turns += [(late.entries[stream][-1], stream, ends[stream]) for stream in it.streams if late.entries.get(stream)]
    # What no entry of its own moved, an act on reference data did: a calendar, a policy, a rate set.
    others = it.streams - late.entries.keys()
    last = late.reference[-1] if late.reference else max((turn[0] for turn in turns), default=None)
    turns += [(last, stream, ends[stream]) for stream in others if last is not None]
    running = RunningFigure.of(it.about.aggregate)
    assert running
    for row in (row for those in rows.values() for row in those):
        running.add(row)
    course: dict[int, Decimal] = {}
    for position, stream, here in sorted(turns, key=lambda turn: turn[:2]):
        for row in rows[stream]:
            running.remove(row)
        for row in here:
            running.add(row)
        rows[stream] = here
        course[position] = Decimal(exact_text(running.value) or 0)
    return [*course.items()]


def _rows(reading: Reading, it: MovedFigure, period: str, streams: Collection[str] | None = None) -> dict[str, Rows]:
    """The rows behind a figure by their streams."""
    found: dict[str, Rows] = defaultdict(list)
    columns = ", ".join(("stream", *figures.amount_columns(it.about)))
    for row in reading.table(
        f"SELECT {columns} FROM {reading.of(it.about.view)} WHERE period = ?", [period]
    ).to_pylist():
        if streams is None or row["stream"] in streams:
            found[row["stream"]].append(row)
    return found


def _made_anew(
    cache: FigureCache, now: Cut, late: LateStreams, moved: Sequence[MovedFigure]
) -> Iterator[tuple[MovedFigure, Course]]:
    """The courses of figures that are made anew between the late entries of the streams that moved."""
    positions = {
        it.about.code: sorted(at for stream in it.streams for at in late.entries.get(stream, ())) for it in moved
    }
    asked: dict[int, list[Indicator]] = defaultdict(list)
    for it in moved:
        for following in positions[it.about.code][1 : MOST_STEPS + 1]:
            asked[following - 1].append(it.about)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        values = dict(zip(asked, pool.map(partial(_at, cache, now), asked, asked.values()), strict=True))
    for it in moved:
        course = positions[it.about.code]
        if 0 < len(course) <= MOST_STEPS:
            known = [values[following - 1][it.about.code] for following in course[1:]]
            yield it, list(zip(course, [*known, it.after], strict=True))


def _at(cache: FigureCache, now: Cut, position: int, asked: Sequence[Indicator]) -> dict[str, Decimal]:
    """Figures of all hubs together as known at a position, by indicator."""
    with cache.opened(position, now.valid_cutoff, now.rates) as reading:
        made = {it.code: next(figures_of_indicator(reading, it, now.period, ("hub",))) for it in asked}
    return {code: Decimal(it.value or 0) for code, it in made.items()}
