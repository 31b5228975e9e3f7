"""What changed between two points: each figure that moved, and the entries that moved it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace
from rich.console import RenderableType
from rich.table import Table

from domain.messages import sentence
from domain.phrase import Phrase
from domain.visibility import Reader
from projections import figures
from projections.definitions import INDICATORS, Indicator
from projections.mirror.asker import report_progress, threads
from projections.mirror.snapshot import Reading
from replay.as_of import Opener

SLICES = ("hub", "period")

Values: TypeAlias = dict[tuple[str, str, str], tuple[float | None, int]]
"""Figures by code, hub and half-year, with the number of amounts that each leaves out."""

NONE: tuple[None, int] = (None, 0)


class Mover(msgspec.Struct, frozen=True):
    """An entry recorded between the two points on a stream behind the figure."""

    position: int
    type: str
    stream: str


class Change(msgspec.Struct, frozen=True):
    """A hub's figure of a half-year at both points; None where there was none. No movers: time passed.

    `withheld` is how many movers the caller may not see, `missing_before` and `missing_after` how many amounts each of
    the two leaves out.
    """

    code: str
    en: str
    ko: str
    unit: str
    hub: str
    period: str
    before: float | None
    after: float | None
    movers: list[Mover]
    withheld: int = 0
    missing_before: int = 0
    missing_after: int = 0


class Diff(msgspec.Struct, frozen=True):
    """The figures that are not the same at positions `a` and `b`, by indicator, half-year and hub.

    `withheld` is how many entries among the movers the caller may not see, `untold` the figures of persons, of
    which other hubs' are not compared: they are told in editions.
    """

    a: int
    b: int
    entries: int
    changes: list[Change]
    withheld: int = 0
    untold: Sequence[str] = ()


def without_persons(found: Diff, reader: Reader | None) -> Diff:
    """The same without figures of persons: two points close together may reveal one person. A hub sees its own."""
    if reader is None:
        return found
    untold = [it.code for it in INDICATORS.values() if it.persons]
    left = [it for it in found.changes if it.code not in untold or reader.sees_persons([it.hub])]
    return replace(found, changes=left, untold=untold)


def without_movers(found: Diff, positions: Collection[int]) -> Diff:
    """The same without the movers at these positions."""
    closed: set[int] = set()
    changes = []
    for it in found.changes:
        away = {mover.position for mover in it.movers if mover.position in positions}
        shown = [mover for mover in it.movers if mover.position not in away]
        changes.append(replace(it, movers=shown, withheld=len(away)))
        closed |= away
    return replace(found, changes=changes, withheld=len(closed))


def diff_between(opened: Opener, a: int, b: int) -> Diff:
    """Compares every indicator by hub and half-year, as known at two positions."""
    with opened(a, None) as before, opened(b, None) as after:
        recorded = after.rows("SELECT position, type, stream FROM event WHERE position > ? ORDER BY position", [a])
        by_stream: dict[str, list[Mover]] = {}
        for entry in recorded:
            by_stream.setdefault(entry[2], []).append(Mover(*entry))
        with threads(2) as pool:
            old, new = pool.map(_figures, (before, after))
        changes = list[Change]()
        for n, it in enumerate(INDICATORS.values()):
            report_progress("comparing figures", n, len(INDICATORS))
            changes += _changes(it, before, after, old, new, by_stream)
    return Diff(a, b, len(recorded), changes)


def _changes(
    it: Indicator, before: Reading, after: Reading, old: Values, new: Values, recorded: Mapping[str, Sequence[Mover]]
) -> Iterator[Change]:
    cells = {at for at in old.keys() | new.keys() if at[0] == it.code and old.get(at, NONE)[0] != new.get(at, NONE)[0]}
    if not cells:
        return
    movers: dict[tuple[str, str], set[str]] = {}
    for stream, hub, period in figures.moved_evidence(before, after, it).moved:
        movers.setdefault((hub, period), set()).add(stream)
    for _, period, hub in sorted((code, period, hub) for code, hub, period in cells):
        moved = [mover for stream in movers.get((hub, period), ()) for mover in recorded.get(stream, ())]
        (before_, missing_before), (after_, missing_after) = (
            them.get((it.code, hub, period), NONE) for them in (old, new)
        )
        yield Change(
            it.code, it.en, it.ko, it.unit, hub, period, before_, after_,
            sorted(moved, key=lambda mover: mover.position), 0, missing_before, missing_after,
        )  # fmt: skip


def _figures(reading: Reading) -> Values:
    rows = figures.all_figures(reading).select(["code", *SLICES, "value", "missing"]).to_pylist()
    return {(row["code"], row["hub"], row["period"]): (row["value"], row["missing"]) for row in rows}


def diff_tables(found: Diff, said: Callable[[Phrase], str], most: int = 40) -> Iterator[RenderableType]:
    """The changes as a table for the terminal, in the language of `said`."""
    yield said(sentence("diff.entries", entries=found.entries, a=found.a, b=found.b))
    if found.withheld:
        yield said(sentence("diff.withheld", count=found.withheld))
    if found.untold:
        yield said(sentence("diff.untold", indicators=found.untold))
    if not found.changes:
        yield said(sentence("diff.same"))
        return
    title = said(sentence("diff.changed", count=len(found.changes)))
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in ("indicator", "period", "hub"):
        table.add_column(said(sentence("head", name)))
    for name in ("before", "after"):
        table.add_column(said(sentence("head", name)), justify="right")
    table.add_column(said(sentence("head", "moved_by")), overflow="fold")
    for change in found.changes[:most]:
        table.add_row(
            f"{change.code} {said(Phrase(change.ko, change.en))}",
            change.period,
            change.hub,
            _number(change.before) + "*" * (change.missing_before > 0),
            _number(change.after) + "*" * (change.missing_after > 0),
            _moved_by(change) or said(sentence("cell", "withheld" if change.withheld else "time_passed")),
        )
    yield table
    if any(it.missing_before or it.missing_after for it in found.changes[:most]):
        yield said(sentence("diff.missing"))
    if len(found.changes) > most:
        yield said(sentence("diff.more", more=len(found.changes) - most))


def _number(value: float | None) -> str:
    return "·" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def _moved_by(change: Change) -> str:
    movers = change.movers
    if not movers:
        return ""
    entries = f"{movers[0].position} {movers[0].type}"
    more = len(movers) - 1 + change.withheld
    return f"{entries} +{more}" if more else entries
