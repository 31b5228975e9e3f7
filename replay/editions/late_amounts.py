"""By how much each late entry moves the figure of all hubs together, in order: the amounts add up to the move.

A stream's part in a move is the difference of its rows. A stream with several late entries is walked entry by entry, on
that stream alone or on those joined with it, even if its rows are the same at the end: one entry may undo another.
Where evidence is not split into such parts, the figure is recomputed after each late entry of the types that it depends
on.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.compute

from projections import figures
from projections.definitions import Indicator
from projections.figures import MovedEvidence
from projections.mirror.asker import report_progress, threads
from projections.mirror.figure_tables import REFERENCE, types_behind
from projections.mirror.parts import Parts, parts_of
from projections.mirror.schema import table_of
from projections.mirror.snapshot import Reading
from projections.mirror.stream_tables import Step, evidence_of, streams_together
from replay.editions.period_figures import Cut, FigureCache, exact_text, figures_of_indicator, indicator_versions
from replay.editions.running_figure import Row, RunningFigure, rows_of

MOST_STEPS = 500
"""How often a figure is recomputed at most; with more late entries, the amount of each is not reported."""

MOST_MARKS = 50
"""The same for facts to which all parts refer: reading as of one costs as much as everything that is walked."""

Together: TypeAlias = tuple[str, ...]
"""The streams of one part."""
Course: TypeAlias = list[tuple[int, Decimal]]
"""The positions of late entries in order, each with the figure after it."""


class LateAmounts(NamedTuple):
    """By how much each late entry, by its position, moves which indicator; `untold` are the indicators for which too
    many late entries would have to be tried."""

    moves: Mapping[int, dict[str, str]]
    untold: tuple[str, ...]


class MovedFigure(NamedTuple):
    """A figure of all hubs together, before and after, with its evidence before and after."""

    about: Indicator
    before: Decimal
    after: Decimal
    evidence: MovedEvidence

    @property
    def streams(self) -> frozenset[str]:
        """The streams whose rows differ."""
        return frozenset(stream for stream, _, _ in self.evidence.moved)


class LateEntry(NamedTuple):
    """`type` is that of the entry it is `about`: itself, or the one it restates. It `counts` if that takes or took
    effect by the last moment that counts."""

    position: int
    stream: str
    about: int
    type: str
    counts: bool


class LateEntries:
    """What was recorded after the cut-off: the entries of each stream that count, in order, and the type of each.
    `others` take effect later, and `reference` are all acts on reference data."""

    def __init__(self, rows: Sequence[LateEntry], reference: Sequence[int]) -> None:
        self.rows, self.reference = rows, reference
        self.types = {it.position: it.type for it in rows if it.counts}
        self.streams: dict[str, list[int]] = defaultdict(list)
        self.others: dict[str, list[int]] = defaultdict(list)
        for it in rows:
            (self.streams if it.counts else self.others)[it.stream].append(it.position)

    def of(self, streams: Iterable[str]) -> list[int]:
        """The entries of several streams in order."""
        found = sorted(position for stream in streams for position in self.streams.get(stream, ()))
        return found or sorted(position for stream in streams for position in self.others.get(stream, ()))

    def may_move(self, it: Indicator) -> bool:
        """Whether a figure can have moved at all in between."""
        if (parts := parts_of(it)) and not parts.apart:
            return any(parts.of_kinds((stream.partition(":")[0],)) for stream in self.streams)
        return not types_behind(it.view).isdisjoint(self.types.values())

    def within(self, parts: Parts, types: Collection[str], after: int, until: int) -> LateEntries:
        """Entries of some types after one position up to another that make rows of parts, by the streams of these."""
        rows = []
        for it in self.rows:
            kind = it.stream.partition(":")[0]
            own = it.type in types and kind in parts.kinds and parts.makes_rows(table_of(it.type))
            if own and after < it.position <= until:
                rows.append(it._replace(stream=f"{it.stream}#{it.about}") if kind in parts.kinds_apart else it)
        return LateEntries(rows, [it for it in self.reference if after < it <= until])


def late_amounts(
    cache: FigureCache,
    now: Cut,
    cut: int,
    before: Reading,
    after: Reading,
    values: Mapping[str, tuple[Decimal, Decimal]],
) -> LateAmounts:
    """By how much each late entry moves which indicator.

    `before` reads as of the cut-off's position, `after` as of that of `now`; `values` are the requested indicators,
    each with its figure before and after.
    """
    late = _late_entries(after, cut, now)
    in_parts: dict[Parts, list[MovedFigure]] = defaultdict(list)
    in_stretches, whole = [], []
    versions = [it for it in indicator_versions(now) if it.code in values]
    asked = [it for it in versions if values[it.code][0] != values[it.code][1] or late.may_move(it)]
    for n, it in enumerate(asked):
        report_progress("what moved", n, len(asked))
        parts = parts_of(it) if RunningFigure.of(it.aggregate) else None
        kinds = parts.kinds_apart if parts else ()
        figure = MovedFigure(it, *values[it.code], figures.moved_evidence(before, after, it, now.period, kinds))
        if parts is None:
            whole.append(figure)
        elif parts.common:
            in_stretches.append((parts, figure))
        else:
            in_parts[parts].append(figure)
    courses: list[tuple[MovedFigure, Course | None]] = []
    for parts, those in in_parts.items():
        courses += _walked(after, parts, late, now.period, those)
    courses += [(it, _in_stretches(cache, now, parts, late, before, after, it)) for parts, it in in_stretches]
    courses += _recomputed(cache, now, late, whole)
    found: dict[int, dict[str, str]] = {}
    untold = {figure.about.code for figure, course in courses if course is None}
    for figure, course in ((figure, course) for figure, course in courses if course):
        steps = [figure.before, *(value for _, value in course[:-1]), figure.after]
        for (position, _), (was, is_) in zip(course, pairwise(steps), strict=True):
            if was != is_ and (amount := exact_text(is_ - was)) not in (None, "0"):
                found.setdefault(position, {})[figure.about.code] = str(amount)
    moves = {position: dict(sorted(moves.items())) for position, moves in found.items()}
    return LateAmounts(moves, tuple(sorted(untold)))


def _late_entries(after: Reading, cut: int, now: Cut) -> LateEntries:
    query = (
        "SELECT told.position, told.stream, coalesce(about, told.position), coalesce(about.type, told.type), "
        "coalesce(least(effective_before, effective_after), told.occurred_at) <= ?, told.kind "
        "FROM record.event AS told "
        "LEFT JOIN effect_told AS effect ON effect.position = told.position "
        "LEFT JOIN record.event AS about ON about.position = effect.about "
        "WHERE told.position > ? AND told.position <= ? ORDER BY told.position"
    )
    last = now.valid_cutoff.astimezone(UTC).replace(tzinfo=None)
    rows = after.rows(query, [last, cut, now.position])
    reference = [position for position, *_, kind in rows if kind in REFERENCE]
    return LateEntries([LateEntry(*row) for *row, _ in rows], reference)


def _walked(
    after: Reading, parts: Parts, late: LateEntries, period: str, asked: Sequence[MovedFigure]
) -> Iterator[tuple[MovedFigure, Course]]:
    """The courses of figures whose evidence is in these parts."""
    streams = {stream for stream in late.streams if parts.of_kinds((stream.partition(":")[0],))}
    together = streams_together(after, parts, streams.union(*(it.streams for it in asked)))
    several = {streams: positions for streams in {*together.values()} if len(positions := late.of(streams)) > 1}
    steps = [(streams, position) for streams, positions in several.items() for position in positions[:-1]]
    between: dict[str, list[list[Row]]] = {it.about.code: [[] for _ in steps] for it in asked}
    if steps:
        numbered = [Step(number, *step) for number, step in enumerate(steps, 1)]
        with evidence_of(after, parts, numbered, [it.about for it in asked]) as evidence:
            for it in asked:
                rows = evidence.rows(it.about, period)
                for number, row in zip(rows["step"].to_pylist(), rows_of(rows), strict=True):
                    between[it.about.code][number - 1].append(row)
    for n, it in enumerate(asked):
        report_progress(f"late entries of {', '.join(parts.kinds)}", n, len(asked))
        turns = [(at, part, rows) for (part, at), rows in zip(steps, between[it.about.code], strict=True)]
        yield it, _course(it, together, late, turns)


def _in_stretches(
    cache: FigureCache, now: Cut, parts: Parts, late: LateEntries, before: Reading, after: Reading, it: MovedFigure
) -> Course | None:
    """The course of a figure whose parts all refer to facts that came late too: walked between two of those, and
    recomputed after each. None where that would be too often."""
    types = types_behind(it.about.view)
    whom = {f"{kind}:{name}" for (name,) in after.rows(parts.whom) for kind in ("centre", "hub")}
    marks = [row.position for row in late.rows if row.counts and row.type in parts.common and row.stream in whom]
    if len(marks) > MOST_MARKS:
        return None
    course: Course = []
    last = it.before
    for start, following in pairwise([0, *marks, None]):
        with contextlib.ExitStack() as stack:

            def opened(position: int) -> Reading:
                return stack.enter_context(cache.opened(position, now.valid_cutoff, now.rates))

            reading = opened(start) if start else before
            if start:
                last = _value_of(reading, it.about, now)
                course.append((start, last))
            until = following - 1 if following else now.position
            mine = late.within(parts, types, start or 0, until)
            if mine.rows:
                end = opened(until) if following else after
                value = _value_of(end, it.about, now) if following else it.after
                moved = figures.moved_evidence(reading, end, it.about, now.period, parts.kinds_apart)
                ((_, walked),) = _walked(end, parts, mine, now.period, [MovedFigure(it.about, last, value, moved)])
                course += walked
                last = value
    return course


def _course(
    it: MovedFigure, together: Mapping[str, Together], late: LateEntries, turns: list[tuple[int, Together, list[Row]]]
) -> Course:
    """`turns` are the rows of parts after each late entry but their last; one that changes nothing is no turn."""
    moved = {together[stream] for stream in it.streams}
    there = _by_part(it.evidence.before, together, moved.union(part for _, part, _ in turns))
    changed = {part for _, part, rows in turns if part not in moved and rows != there[part]}
    moved |= {part for _, part, rows in turns if part in changed and Counter(rows) != Counter(there[part])}
    ends = _by_part(it.evidence.after, together, moved)
    turns = [turn for turn in turns if turn[1] in moved]
    turns += [(positions[-1], part, ends[part]) for part in moved if (positions := late.of(part))]
    # Parts with no late entry of their own were moved by an act on reference data: a calendar, a policy, a rate set.
    others = [part for part in moved if not late.of(part)]
    last = late.reference[-1] if late.reference else max((turn[0] for turn in turns), default=None)
    turns += [(last, part, ends[part]) for part in others if last is not None]
    running = RunningFigure.of(it.about.aggregate)
    assert running
    running.begin(rows_of(it.evidence.before))
    course, value = dict[int, Decimal](), it.before
    for position, part, here in sorted(turns, key=lambda turn: turn[:2]):
        if there[part] != here:
            for row in there[part]:
                running.remove(row)
            for row in here:
                running.add(row)
            there[part] = here
            value = Decimal(exact_text(running.value) or 0)
        course[position] = value
    return [*course.items()]


def _by_part(
    evidence: pa.Table, together: Mapping[str, Together], moved: Collection[Together]
) -> dict[Together, list[Row]]:
    """The rows of the parts that moved."""
    found: dict[Together, list[Row]] = defaultdict(list)
    streams = pa.array([stream for part in moved for stream in part], pa.string())
    rows = evidence.filter(pa.compute.is_in(evidence["stream"], streams))
    for stream, row in zip(rows["stream"].to_pylist(), rows_of(rows), strict=True):
        found[together[stream]].append(row)
    return found


def _recomputed(
    cache: FigureCache, now: Cut, late: LateEntries, whole: Sequence[MovedFigure]
) -> Iterator[tuple[MovedFigure, Course | None]]:
    """The courses of figures that are recomputed between the late entries that they depend on."""
    positions = {it.about.code: _behind(it, late) for it in whole}
    asked: dict[int, list[Indicator]] = defaultdict(list)
    for it in whole:
        for following in (positions[it.about.code] or ())[1:]:
            asked[following - 1].append(it.about)
    with threads() as pool:
        values = dict(zip(asked, pool.map(partial(_at, cache, now), asked, asked.values()), strict=True))
    for it in whole:
        course = positions[it.about.code]
        known = [values[following - 1][it.about.code] for following in (course or ())[1:]]
        yield it, None if course is None else list(zip(course, [*known, it.after][: len(course)], strict=True))


def _behind(it: MovedFigure, late: LateEntries) -> list[int] | None:
    """The late entries that a figure depends on; if too many, those of the streams that moved; None if these are too
    many as well."""
    moved = late.of(it.streams)
    if len(moved) > MOST_STEPS:
        return None
    types = types_behind(it.about.view)
    found = sorted(position for position, type_ in late.types.items() if type_ in types)
    return found if 0 < len(found) <= MOST_STEPS else moved


def _at(cache: FigureCache, now: Cut, position: int, asked: Sequence[Indicator]) -> dict[str, Decimal]:
    """Figures of all hubs together as known at a position, by indicator."""
    with cache.opened(position, now.valid_cutoff, now.rates) as reading:
        return {it.code: _value_of(reading, it, now) for it in asked}


def _value_of(reading: Reading, it: Indicator, now: Cut) -> Decimal:
    return Decimal(next(figures_of_indicator(reading, it, now.period, ("hub",))).value or 0)
