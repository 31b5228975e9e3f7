"""The mirror says of the acts, at any point, what the domain's fold says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import history as fold
from domain.period import HalfYear
from domain.record import FOREVER
from domain.registry import kind_of
from projections.mirror.snapshot import Reading
from tests.mirrors import empty
from tests.projections.histories import History, at
from tests.projections.house import houses
from tests.projections.test_as_of import cell

COLUMNS = {
    "review": ("reviews", set()),
    "finding": ("findings", set()),
    "check": ("checks", {"editions", "position"}),
}
"""Kinds whose view has the state's own columns, and what it shows elsewhere."""


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=houses(), data=st.data())
def test_the_house_at_any_point_agrees_with_the_fold(history: History, data: st.DataObject) -> None:
    mirror = empty(threads=1)
    while mirror.position < history.position:
        mirror.apply(history.page(mirror.position, data.draw(st.integers(1, 40), "page")))
    known = data.draw(st.one_of(st.none(), st.integers(0, history.position)), "known")
    valid = data.draw(st.one_of(st.none(), st.integers(0, 1800).map(at)), "valid")
    with mirror.reading(known, valid) as reading:
        states = folded(history, FOREVER if known is None else known, valid)
        for kind, (view, elsewhere) in COLUMNS.items():
            expected = {
                name: {field: cell(it) for field, it in msgspec.structs.asdict(state).items() if field not in elsewhere}
                for name, state in states.items()
                if kind_of(name) == kind
            }
            columns = next(iter(expected.values()), {})
            rows = reading.table(f"FROM {view}").to_pylist(maps_as_pydicts="strict")
            assert {row["stream"]: {name: row[name] for name in columns} for row in rows} == expected, view
        assert editions(reading) == [
            (name, *(cell(getattr(it, field)) for field in EDITION))
            for name, state in sorted(states.items())
            if kind_of(name) == "check"
            for it in state.editions
        ]
        # Versions count once they are known, whatever moment of the world is asked for.
        published = folded(history, FOREVER if known is None else known, None)
        assert calendars(reading) == {
            (name, number): (it.tz, len(it.weekly_open), sorted(it.closed_days), [day.day for day in it.special_days])
            for name, state in published.items()
            if kind_of(name) == "calendar"
            for number, it in state.standing.items()
        }
        assert rates(reading) == {
            (name, it.version, code, day): rate
            for name, state in published.items()
            if kind_of(name) == "fx"
            for it in state.standing.values()
            for code, by_day in it.rates.items()
            for day, rate in by_day.items()
        }
        assert promises(reading) == {
            (name, it.version, severity): (it.first_response_minutes.get(severity), it.resolve_minutes.get(severity))
            for name, state in published.items()
            if kind_of(name) == "sla"
            for it in state.standing.values()
            for severity in it.first_response_minutes.keys() | it.resolve_minutes.keys()
        }
        assert targets(reading) == {
            (name, at_): (it.value, it.late)
            for name, state in states.items()
            if kind_of(name) == "indicator"
            for at_, it in state.targets.items()
        }
        assert definitions(reading) == {
            name: (state.version, state.late)
            for name, state in states.items()
            if kind_of(name) == "indicator" and state.version
        }
        assert sessions(reading) == {
            name: (state.status, len(state.present), state.items, state.opinions, state.decisions)
            for name, state in states.items()
            if kind_of(name) == "session"
        }
    mirror.close()


EDITION = ("number", "digest", "position", "valid_cutoff", "provisional", "withdrawn")


def folded(history: History, known: int, valid: datetime | None) -> dict[str, Any]:
    now = history.clock(known)
    return {
        name: fold.state(name, past, known=known, valid=valid, now=now)
        for name, past in history.streams().items()
        if fold.effective(past, known=known, valid=valid, now=now)
    }


def editions(reading: Reading) -> list[tuple[Any, ...]]:
    return reading.rows(
        "SELECT 'check:' || period, edition, digest, cutoff_position, valid_cutoff, provisional, withdrawn "
        "FROM editions ORDER BY period, edition"
    )


def calendars(reading: Reading) -> dict[Any, Any]:
    rows = reading.rows(
        "SELECT stream, version, tz, len(weekly_open), closed_days, [it.day for it in special_days] FROM calendars"
    )
    return {(stream, version): tuple(rest) for stream, version, *rest in rows}


def rates(reading: Reading) -> dict[Any, Any]:
    return {tuple(at): rate for *at, rate in reading.rows("SELECT stream, version, currency, day, rate FROM fx_rates")}


def promises(reading: Reading) -> dict[Any, Any]:
    rows = reading.rows("SELECT stream, version, severity, first_response_minutes, resolve_minutes FROM sla_targets")
    return {tuple(row[:3]): tuple(row[3:]) for row in rows}


def targets(reading: Reading) -> dict[Any, Any]:
    rows = reading.rows("SELECT stream, concat(period, '/', hub), value, late FROM targets")
    return {(stream, at_): (value, late) for stream, at_, value, late in rows}


def definitions(reading: Reading) -> dict[Any, Any]:
    rows = reading.rows(
        "SELECT stream, max(version), arg_max(late, version) FROM indicator_definitions GROUP BY stream"
    )
    return {stream: tuple(rest) for stream, *rest in rows}


def sessions(reading: Reading) -> dict[Any, Any]:
    items = reading.rows("SELECT stream, item, kind, opinion_ko IS NOT NULL, decided FROM session_items")
    return {
        stream: (
            status,
            present,
            {item: kind for of, item, kind, *_ in items if of == stream},
            {item for of, item, _, opinion, _ in items if of == stream and opinion},
            {item for of, item, _, _, decided in items if of == stream and decided},
        )
        for stream, status, present in reading.rows("SELECT stream, status, present FROM sessions")
    }


def test_a_half_year_starts_in_sql_as_in_the_domain() -> None:
    with empty().reading() as reading:
        for period in ("2025S1", "2025S2"):
            ((starts,),) = reading.rows("SELECT half_year_starts(?)", [period])
            assert starts == HalfYear.parse(period).starts_at.replace(tzinfo=None)
