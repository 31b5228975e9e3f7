"""What the state of a stream has in lists and views show in rows of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from domain import history as fold
from domain.registry import kind_of
from projections.mirror.snapshot import Reading
from tests.projections.histories import History

MONEY = "{'amount': amount, 'currency': currency}"


class Apart(NamedTuple):
    """A view whose rows are a list of the state of a kind: its columns, in the order of what the state lists."""

    kind: str
    field: str
    columns: str
    listed: Callable[[Any], Iterable[tuple[Any, ...]]]


def _values(field: str) -> Callable[[Any], Iterable[tuple[Any, ...]]]:
    return lambda state: map(msgspec.structs.astuple, getattr(state, field).values())


def _each(field: str) -> Callable[[Any], Iterable[tuple[Any, ...]]]:
    return lambda state: map(msgspec.structs.astuple, getattr(state, field))


def _by_key(field: str) -> Callable[[Any], Iterable[tuple[Any, ...]]]:
    return lambda state: ((key, *msgspec.structs.astuple(it)) for key, it in getattr(state, field).items())


APART: dict[str, Apart] = {
    "map_levels": Apart(
        "map", "assessments", "sub_tech, country, rank, score, unit, method, reference_year", _values("assessments")
    ),
    "project_participants": Apart(
        "project", "participants", "partner, role, country, contribution", _by_key("participants")
    ),
    "project_money": Apart("project", "funding", f"kind, funder, {MONEY}, occurred_at, period", _each("funding")),
    "(FROM project_reports WHERE position IS NOT NULL)": Apart(
        "project", "reports", "kind, due_on, occurred_at, covers", _each("reports")
    ),
    "project_results": Apart(
        "project",
        "results",
        "output, kind, pid, pid_scheme, countries, method, standing",
        lambda it: ((key, *msgspec.structs.astuple(told), it.outputs[key]) for key, told in it.results.items()),
    ),
    "expansion_support": Apart("expansion", "support", "service, occurred_at, hours", _each("support")),
    "expansion_deals": Apart("expansion", "deals", f"kind, ref, {MONEY}, country, stage, partner", _values("deals")),
    "evidence_files": Apart(
        "evidence", "files", "sha256, bytes, media_type, key_id, sealed, occurred_at", _each("files")
    ),
    "evidence_accesses": Apart("evidence", "access_history", '"by", occurred_at, purpose', _each("access_history")),
}

FIELDS: dict[str, set[str]] = defaultdict(set)
"""Of each kind, the fields of its state that are shown apart."""
for _it in APART.values():
    FIELDS[_it.kind].add(_it.field)


def shown(reading: Reading, view: str) -> dict[str, list[str]]:
    """Of each stream, its rows in a view."""
    found = defaultdict(list)
    for stream, *row in reading.rows(f"SELECT stream, {APART[view].columns} FROM {view}"):
        found[stream].append(repr([_plain(it) for it in row]))
    return {stream: sorted(rows) for stream, rows in found.items()}


def listed(history: History, view: str, known: int, valid: datetime | None) -> dict[str, list[str]]:
    """The same by the state of each stream."""
    now, found = history.clock(known), {}
    for name, past in history.streams().items():
        if kind_of(name) == APART[view].kind:
            state = fold.state(name, past, known=known, valid=valid, now=now)
            if rows := [repr([_plain(it) for it in row]) for row in APART[view].listed(state)]:
                found[name] = sorted(rows)
    return found


def _plain(value: Any) -> Any:
    """A value in the form in which the tables give it."""
    match value:
        case datetime():
            return value.replace(tzinfo=None)
        case msgspec.Struct():
            return {name: _plain(it) for name, it in msgspec.structs.asdict(value).items()}
        case dict():
            return {name: _plain(it) for name, it in value.items()}
        case tuple() | list():
            return [_plain(it) for it in value]
    return value.normalize() if isinstance(value, Decimal) else value
