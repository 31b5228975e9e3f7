"""What changed between two points: each figure that moved, and the entries that moved it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

import duckdb
import msgspec
import pyarrow as pa
from msgspec.structs import replace
from rich.console import RenderableType
from rich.table import Table

from projections import evidence
from projections.definitions import INDICATORS, Indicator
from projections.reading import Reading

Opener = Callable[[int | None, datetime | None], AbstractContextManager[Reading]]
SLICES = ("hub", "period")


class Mover(msgspec.Struct, frozen=True):
    """An entry recorded between the two points on a stream behind the figure."""

    position: int
    type: str
    stream: str


class Change(msgspec.Struct, frozen=True):
    """A hub's figure of a half-year at both points; None where there was none. No movers: time passed.

    `withheld` is how many movers are not for who asks. A figure with persons behind it is `suppressed` for who would
    not see all of them: that it moved is told, and not from what to what.
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
    suppressed: bool = False


class Diff(msgspec.Struct, frozen=True):
    """The figures that are not the same at positions `a` and `b`, by indicator, half-year and hub.

    `withheld` is how many entries among the movers are not for who asks.
    """

    a: int
    b: int
    entries: int
    changes: list[Change]
    withheld: int = 0


def without(found: Diff, streams: Collection[str], in_full: Callable[[str], bool]) -> Diff:
    """The same without the movers on these streams; figures with persons behind them only of hubs told `in_full`."""
    closed: set[int] = set()
    changes = []
    for it in found.changes:
        away = {mover.position for mover in it.movers if mover.stream in streams}
        shown = [mover for mover in it.movers if mover.position not in away]
        it = replace(it, movers=shown, withheld=len(away))
        if INDICATORS[it.code].persons and not in_full(it.hub):
            it = replace(it, before=None, after=None, suppressed=True)
        changes.append(it)
        closed |= away
    return replace(found, changes=changes, withheld=len(closed))


def between(opened: Opener, a: int, b: int) -> Diff:
    """Compares every indicator by hub and half-year, as known at two positions."""
    with opened(a, None) as before, opened(b, None) as after, duckdb.connect() as scratch:
        recorded = after.table("SELECT position, type, stream FROM event WHERE position > ? ORDER BY position", [a])
        scratch.register("recorded", recorded)
        changes = [change for it in INDICATORS.values() for change in _changes(it, before, after, scratch)]
    return Diff(a, b, recorded.num_rows, changes)


def _changes(it: Indicator, before: Reading, after: Reading, scratch: duckdb.DuckDBPyConnection) -> Iterator[Change]:
    old, new = (_figures(it, reading) for reading in (before, after))
    moved = [at for at in sorted(old.keys() | new.keys(), key=_by_period) if old.get(at) != new.get(at)]
    if not moved:
        return
    movers = _movers(it, before, after, scratch)
    for hub, period in moved:
        yield Change(
            it.code, it.en, it.ko, it.unit, hub, period, old.get((hub, period)), new.get((hub, period)),
            movers.get((hub, period), []),
        )  # fmt: skip


def _by_period(at: tuple[str, str]) -> tuple[str, str]:
    return at[1], at[0]


def _figures(it: Indicator, reading: Reading) -> dict[tuple[str, str], float | None]:
    rows = evidence.figures(reading, it, SLICES).select([*SLICES, "value"]).to_pylist()
    return {(row["hub"], row["period"]): None if row["value"] is None else float(row["value"]) for row in rows}


def _movers(
    it: Indicator, before: Reading, after: Reading, scratch: duckdb.DuckDBPyConnection
) -> dict[tuple[str, str], list[Mover]]:
    """The new entries on the streams of every evidence row that one point has and the other has not."""
    shown = ["position", "hub", "period", "amount"]
    rows: list[pa.Table] = [evidence.evidence(reading, it).select(shown) for reading in (before, after)]
    scratch.register("before", rows[0])
    scratch.register("after", rows[1])
    touched = "(FROM before EXCEPT FROM after) UNION (FROM after EXCEPT FROM before)"
    positions = [row[0] for row in scratch.execute(f"SELECT DISTINCT position FROM ({touched})").fetchall()]
    streams = after.table("SELECT position, stream FROM event WHERE list_contains(?, position)", [positions])
    scratch.register("streams", streams)
    found = scratch.execute(
        "SELECT DISTINCT touched.hub, touched.period, recorded.position, recorded.type, recorded.stream"
        f" FROM ({touched}) AS touched JOIN streams USING (position)"
        " JOIN recorded ON recorded.stream = streams.stream ORDER BY recorded.position"
    ).fetchall()
    movers: dict[tuple[str, str], list[Mover]] = {}
    for hub, period, position, type_, stream in found:
        movers.setdefault((hub, period), []).append(Mover(position, type_, stream))
    return movers


def report(found: Diff, most: int = 40) -> Iterator[RenderableType]:
    """The changes as a table for the terminal."""
    yield f"{found.entries} entries were recorded between positions {found.a} and {found.b}"
    if found.withheld:
        yield f"{found.withheld} of those that moved figures are withheld from this credential"
    if not found.changes:
        yield "no figure is different"
        return
    table = Table(title=f"{len(found.changes)} figures changed", title_justify="left", header_style="bold")
    for name in ("indicator", "period", "hub"):
        table.add_column(name)
    for name in ("before", "after"):
        table.add_column(name, justify="right")
    table.add_column("moved by", overflow="fold")
    for change in found.changes[:most]:
        table.add_row(
            f"{change.code} {change.en}",
            change.period,
            change.hub,
            *(["withheld"] * 2 if change.suppressed else [_number(change.before), _number(change.after)]),
            _moved_by(change),
        )
    yield table
    if len(found.changes) > most:
        yield f"… and {len(found.changes) - most} more; `GET /v1/diff` has them all"


def _number(value: float | None) -> str:
    return "·" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def _moved_by(change: Change) -> str:
    movers = change.movers
    if not movers:
        return "withheld" if change.withheld else "time passed"
    told = f"{movers[0].position} {movers[0].type}"
    more = len(movers) - 1 + change.withheld
    return f"{told} +{more}" if more else told
