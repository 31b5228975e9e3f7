"""The late register (지연 등록부): what came after a cut-off, how far it would move each figure, if that matters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import msgspec
from msgspec.structs import replace

from domain.acts.check import Check
from domain.registry import FACTS
from projections.definitions import INDICATORS, VERSIONS
from projections.mirror.asker import threads
from projections.mirror.figure_tables import REFERENCE
from projections.mirror.snapshot import Reading
from replay.as_of import rate_versions
from replay.editions.comparisons import targets
from replay.editions.editions import cut_of
from replay.editions.late_amounts import LateAmounts, late_amounts
from replay.editions.period_figures import Cut, Figure, FigureCache, Move, figure_moves
from replay.editions.withholding import without_amounts


class LateEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry recorded after the cut-off. `moves` is by how much it moves each figure of all hubs together, in its
    turn: the amounts of all late entries add up to the whole move. `withheld` names those of which that is not told.
    `happened_at` is when the fact took effect in the half-year; what is restated took effect `before`, and of what is
    corrected `after` is when it does now.
    """

    position: int
    why: str
    about: int
    type: str
    stream: str
    hub: str
    happened_at: datetime
    recorded_at: datetime
    reason: str | None
    moves: dict[str, str]
    withheld: tuple[str, ...] = ()
    before: datetime | None = None
    after: datetime | None = None


class LateMove(msgspec.Struct, frozen=True):
    """A figure that the late entries would move, and why that is material (중요성), if it is."""

    move: Move
    material: tuple[str, ...]


class LateRegister(msgspec.Struct, frozen=True):
    """`edition` is the last published, 0 before there is one; `known` is the position up to which it looks.

    `kept_back` is how many entries the caller may not see. `untold` are indicators of which the entries do not say by
    how much they move them: too many would have to be tried.
    """

    period: str
    edition: int
    valid_cutoff: datetime
    position: int
    known: int
    entries: tuple[LateEntry, ...]
    moves: tuple[LateMove, ...]
    kept_back: int = 0
    untold: tuple[str, ...] = ()


def without_entries(register: LateRegister, positions: Collection[int]) -> LateRegister:
    """The register without the entries at these positions; the total move stays."""
    left = tuple(it for it in register.entries if it.position not in positions)
    return replace(register, entries=left, kept_back=len(register.entries) - len(left))


def material_codes(moved: Sequence[LateMove]) -> tuple[str, ...]:
    """The codes of the indicators that move materially."""
    return tuple(sorted({it.move.indicator for it in moved if it.material}))


def last_late(reading: Reading, known: int) -> list[tuple[str, int]]:
    """For each half-year with an edition, the position of the last late entry that may move it: a fact (or what
    restates it) with effect by the last moment that counts, in any half-year; or an act on reference data."""
    return reading.rows(
        "SELECT cut.period, max(told.position) FROM (FROM checks WHERE edition > 0) AS cut "
        "JOIN record.event AS told ON told.position > cut.cutoff_position AND told.position <= $known "
        "LEFT JOIN effect_told AS effect ON effect.position = told.position "
        "WHERE told.kind <> 'check' AND (list_contains($reference, told.kind) "
        "OR coalesce(least(effective_before, effective_after), told.occurred_at) <= cut.valid_cutoff) "
        "GROUP BY cut.period ORDER BY cut.period",
        {"known": known, "reference": sorted(REFERENCE - FACTS.keys())},
    )


def moved_figures(cache: FigureCache, check: Check, known: int) -> tuple[LateMove, ...]:
    """The figures of all hubs together and of each hub that have changed since the cut-off, as known at a position.

    Raises NoEdition before the cut-off is fixed.
    """
    cut = cut_of(check)
    now = cut.at(known, rate_versions(cache.opened, cut.position))
    with cache.opened(known, None) as everything:
        goals = targets(everything, cut.period)
    with threads(2) as pool:
        before, after = pool.map(partial(cache.figures, dimensions=("hub",)), (cut, now))
    found = figure_moves(before, after)
    return tuple(LateMove(it, tuple(_material(check, it, goals))) for it in found)


def late_register(cache: FigureCache, check: Check, known: int) -> LateRegister:
    """What came late for a check, as known at a position. Raises NoEdition before its cut-off is fixed."""
    moved = moved_figures(cache, check, known)
    cut = cut_of(check)
    amounts = _amounts(cache, cut, known, [code for code, _ in cut.indicators])
    with cache.opened(known, None) as everything:
        entries = tuple(_entries(everything, cut, amounts.moves))
    return LateRegister(
        cut.period, check.restates, cut.valid_cutoff, cut.position, known, entries, moved, untold=amounts.untold
    )


def movers(cache: FigureCache, check: Check, known: int, codes: Collection[str]) -> int:
    """How many late entries move the figure of all hubs together of one of these indicators."""
    return len(_amounts(cache, cut_of(check), known, codes).moves)


def _amounts(cache: FigureCache, cut: Cut, known: int, codes: Collection[str]) -> LateAmounts:
    cut = cache.with_fx_versions(cut)
    now = cut.at(known, cut.rates or {})
    were, are = ({it.indicator: it for it in cache.figures(at, ("hub",)) if it.by is None} for at in (cut, now))
    values = {code: (_value(were.get(code)), _value(are.get(code))) for code in codes}
    with cache.reading_of(cut) as before, cache.reading_of(now) as after:
        return late_amounts(cache, now, cut.position, before, after, values)


def _value(it: Figure | None) -> Decimal:
    return Decimal((it and it.value) or 0)


def without_person_amounts(register: LateRegister) -> LateRegister:
    """The register without amounts of figures of persons: each is from one entry, and so about one person."""
    entries = []
    for entry in register.entries:
        shown = {code: amount for code, amount in entry.moves.items() if not INDICATORS[code].persons}
        entries.append(replace(entry, moves=shown, withheld=tuple(sorted(entry.moves.keys() - shown))))
    why: dict[str, set[str]] = defaultdict(set)
    judged: dict[Move, tuple[str, ...]] = {}
    for it in register.moves:
        judged[it.move] = it.material
        why[it.move.indicator] |= {*it.material}
    moves = [
        LateMove(move, tuple(sorted(why[move.indicator])) if move.withheld else judged[move])
        for move in without_amounts([*judged])
    ]
    return replace(register, entries=tuple(entries), moves=tuple(moves))


def _entries(reading: Reading, cut: Cut, amounts: Mapping[int, dict[str, str]]) -> Iterator[LateEntry]:
    """The view's entries, and those of other half-years that move a figure of this one."""
    rows = reading.rows(
        "SELECT position, why, about, type, stream, hub, happened_at, recorded_at, reason, effective_before, "
        "effective_after FROM late_entries WHERE period = $period UNION ALL "
        "SELECT told.position, coalesce(why, 'LATE'), about.position, about.type, told.stream, told.hub, "
        "coalesce(effective_before, effective_after, told.effective_at), told.recorded_at, reason, effective_before, "
        "effective_after "
        "FROM record.event AS told LEFT JOIN restatement ON restatement.position = told.position "
        "LEFT JOIN effect_told AS effect ON effect.position = told.position "
        "JOIN record.event AS about ON about.position = coalesce(entry, told.position) "
        "WHERE list_contains($movers, told.position) "
        "AND told.position NOT IN (SELECT position FROM late_entries WHERE period = $period) ORDER BY ALL",
        {"period": cut.period, "movers": sorted(amounts)},
    )
    for position, why, about, type_, stream, hub, happened_at, recorded_at, reason, before, after in rows:
        yield LateEntry(
            position,
            why,
            about,
            type_,
            stream,
            hub,
            happened_at.replace(tzinfo=UTC),
            recorded_at.replace(tzinfo=UTC),
            reason,
            amounts.get(position, {}),
            before=before and before.replace(tzinfo=UTC),
            after=after.replace(tzinfo=UTC) if why == "CORRECTED" else None,
        )


def _material(check: Check, move: Move, targets: dict[tuple[str, str | None], Decimal]) -> Iterator[str]:
    """Why a move is material: its share of the figure, a target crossed, a financial indicator."""
    before, after = (None if it is None else Decimal(it) for it in (move.before, move.after))
    if before is None or after is None or abs(after - before) >= check.materiality * abs(before):
        yield "share"
    target = targets.get((move.indicator, move.of))
    if target is not None:
        about = VERSIONS[move.indicator, move.version]
        was, is_ = (it is not None and about.reaches(it, target) for it in (before, after))
        if was != is_:
            yield "target"
    if move.indicator in check.financial:
        yield "financial"
