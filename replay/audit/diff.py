"""What changed between two points: each figure that moved, and the entries that moved it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import duckdb
import msgspec
import pyarrow as pa
from msgspec.structs import replace
from rich.console import RenderableType
from rich.table import Table

from projections import figures
from projections.definitions import INDICATORS, Indicator
from projections.mirror.snapshot import Reading
from replay.as_of import Opener

SLICES = ("hub", "period")


class Mover(msgspec.Struct, frozen=True):
    """An entry recorded between the two points on a stream behind the figure."""

    position: int
    type: str
    stream: str


class Change(msgspec.Struct, frozen=True):
    """A hub's figure of a half-year at both points; None where there was none. No movers: time passed.

    `withheld` is how many movers are not for who asks.
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


class Diff(msgspec.Struct, frozen=True):
    """The figures that are not the same at positions `a` and `b`, by indicator, half-year and hub.

    `withheld` is how many entries among the movers are not for who asks, `untold` the figures of persons, of
    which other hubs' are not compared: they are told in editions.
    """

    a: int
    b: int
    entries: int
    changes: list[Change]
    withheld: int = 0
    untold: Sequence[str] = ()


def without_persons(found: Diff, reader: str | None) -> Diff:
    """The same without figures of persons: two points next to each other tell of one. A hub sees its own."""
    if reader is None:
        return found
    untold = [it.code for it in INDICATORS.values() if it.persons]
    left = [it for it in found.changes if it.code not in untold or it.hub == reader]
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
    rows = figures.figures(reading, it, SLICES).select([*SLICES, "value"]).to_pylist()
    return {(row["hub"], row["period"]): None if row["value"] is None else float(row["value"]) for row in rows}


def _movers(
    it: Indicator, before: Reading, after: Reading, scratch: duckdb.DuckDBPyConnection
) -> dict[tuple[str, str], list[Mover]]:
    """The new entries on the streams of every evidence row that one point has and the other has not."""
    shown = ["position", "hub", "period", "amount"]
    rows: list[pa.Table] = [figures.contributing_entries(reading, it).select(shown) for reading in (before, after)]
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


def diff_tables(found: Diff, most: int = 40) -> Iterator[RenderableType]:
    """The changes as a table for the terminal."""
    yield f"{found.entries} entries were recorded between positions {found.a} and {found.b}"
    if found.withheld:
        yield f"{found.withheld} of those that moved figures are withheld from this credential"
    if found.untold:
        yield f"figures of persons of other hubs are not compared; editions tell them: {', '.join(found.untold)}"
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
            _number(change.before),
            _number(change.after),
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
