"""The mirror says, of any record at any point, what a plain fold of the entries says."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain import history as fold
from domain import merging
from domain.acts.calendar import Opening, WorkCalendarPublished
from domain.acts.sla import SlaPolicyPublished
from domain.effect import effective_at
from domain.facts.helpdesk import CaseOpened, SlaBound
from domain.period import HalfYear
from domain.record import FOREVER
from domain.registry import FACTS, EntryCorrected, EntryVoided, kind_of
from projections import figures as evidence
from projections.definitions import INDICATORS, VERSIONS
from projections.mirror import public_views
from projections.mirror.snapshot import Reading
from tests.mirrors import empty
from tests.projections import apart
from tests.projections.histories import HOURS, SCENES, History, at, day, fact, histories, scene
from tests.projections.oracle import AGGREGATES, Oracle, Told, each_once

RATIOS = {code for code, it in INDICATORS.items() if it.uses("against")}

At = tuple[str, str, str]
VIEWS = {
    "cases": "case",
    "evidence_items": "evidence",
    "exchanges": "exchange",
    "expansions": "expansion",
    "partners": "partner",
    "projects": "project",
    "strategy_maps": "map",
}
SAME_STREAMS = [
    (
        "SELECT stream FROM cases ANTI JOIN case_absorbed USING (stream) "
        "WHERE opened_at IS NOT NULL AND work NOT IN ('resolved', 'closed')",
        "SELECT stream FROM backlog WHERE period = (SELECT max(period) FROM period)",
    ),
    (
        "SELECT stream FROM projects SEMI JOIN (FROM project_partner_joined WHERE country <> 'KR') USING (stream) "
        "WHERE status IN ('launched', 'suspended')",
        "SELECT DISTINCT stream FROM indicator.nw_01 JOIN record.event USING (position) "
        "WHERE period = (SELECT max(period) FROM period)",
    ),
]
"""What a view shows to be open or under way, and what figures count as such."""

BEYOND_THE_STATE = {"cases": {"clocks"}, "evidence_items": {"keep_until"}, "partners": {"root"}}
"""Columns that a view computes beside the state of one stream."""


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), data=st.data())
def test_any_record_in_any_pages_at_any_point_agrees_with_the_fold(history: History, data: st.DataObject) -> None:
    mirror = empty(threads=1)
    while mirror.position < history.position:
        mirror.apply(history.page(mirror.position, data.draw(st.integers(1, 25), "page")))
    points: list[tuple[int | None, datetime | None]] = [(None, None)]
    points.append((data.draw(st.integers(0, history.position), "known"), None))
    points.append((None, at(data.draw(st.integers(0, 1990), "valid"))))
    points.append((data.draw(st.integers(0, history.position), "known"), at(data.draw(st.integers(0, 1900), "valid"))))
    for known, valid in points:
        with mirror.reading(known, valid) as reading:
            upto = FOREVER if known is None else known
            for view, kind in VIEWS.items():
                assert folded(reading, view) == states(history, kind, upto, valid), view
            for view in apart.APART:
                assert apart.shown(reading, view) == apart.listed(history, view, upto, valid), view
            assert hubs(reading) == designations(history, upto, valid)
            assert identities(reading) == roots(history, upto, valid)
            assert trail(reading) == restated(history, upto, valid)
            oracle = Oracle(history, upto, valid)
            values, counts = figures(reading)
            assert counts == counted(oracle)
            assert values == pytest.approx(oracle.figures())
            assert national(reading) == pytest.approx(summed(oracle))
    with mirror.reading() as reading:
        for shown, counted_ in SAME_STREAMS:
            assert reading.rows(f"{shown} ORDER BY stream") == reading.rows(f"{counted_} ORDER BY stream")
        now = Oracle(history, FOREVER, None).figures()
        assert performance(reading) == pytest.approx(
            {at: it for at, it in now.items() if it is not None and "/" not in at[0]}
        )
    named = data.draw(st.dictionaries(st.sampled_from(["2025S1", "own"]), st.integers(1, 3)), "fx")
    with mirror.reading(None, None, named) as reading:
        assert figures(reading)[0] == pytest.approx(Oracle(history, FOREVER, None, named).figures())
    mirror.close()


def folded(reading: Reading, view: str) -> dict[str, dict[str, Any]]:
    rows = public_views.view(reading, view).to_pylist(maps_as_pydicts="strict")
    beyond = BEYOND_THE_STATE.get(view, set())
    return {row.pop("stream"): {name: it for name, it in row.items() if name not in beyond} for row in rows}


def hubs(reading: Reading) -> dict[str, tuple[Any, ...]]:
    columns = "hub, status, ministry, region, name_en, calendar, calendar_version, functions, linked"
    return {hub: tuple(row) for hub, *row in reading.rows(f"SELECT {columns}, {', '.join(RUN)} FROM hubs")}


RUN = """operator operator_ko operator_en operator_since operator_ref term_starts_on term_ends_on term_ref renewals
budgets since reason transfer_ref""".split()


def designations(history: History, known: int, valid: datetime | None) -> dict[str, tuple[Any, ...]]:
    now = history.clock(known)
    found = {}
    for name, past in history.streams().items():
        if (
            kind_of(name) == "hub"
            and (it := fold.state(name, past, known=known, valid=valid, now=now)).status != "none"
        ):
            called = it.designation.name_en if it.designation else None
            worked = (*(it.calendar or (None, None)), list(it.functions), sorted(it.linked))
            run = (cell(getattr(it, name)) for name in RUN)
            found[past[0].entry.hub] = (it.status, it.ministry, it.region, called, *worked, *run)
    return found


def identities(reading: Reading) -> dict[str, str]:
    return dict(
        reading.rows("SELECT stream, root FROM case_identity UNION ALL SELECT stream, root FROM partner_identity")
    )


def roots(history: History, known: int, valid: datetime | None) -> dict[str, str]:
    now = history.clock(known)
    found: dict[str, str] = {}
    for kind in ("case", "partner"):
        into = {
            merging.key_of(name): it.merged_into
            for name, past in history.streams().items()
            if kind_of(name) == kind and (it := fold.state(name, past, known=known, valid=valid, now=now)).merged_into
        }
        found |= {f"{kind}:{key}": root for key, root in merging.roots(into).items()}
    return found


def states(history: History, kind: str, known: int, valid: datetime | None) -> dict[str, dict[str, Any]]:
    """What the domain says of every stream of a kind that has an entry that holds, as rows of its view."""
    now = history.clock(known)
    found = {}
    for name, past in history.streams().items():
        if kind_of(name) == kind and fold.effective(past, known=known, valid=valid, now=now):
            state = fold.state(name, past, known=known, valid=valid, now=now)
            cells = msgspec.structs.asdict(state) | {"status": state.status, "hub": past[0].entry.hub}
            found[name] = {name: cell(it) for name, it in cells.items() if name not in apart.FIELDS[kind]}
    return found


def cell(value: Any) -> Any:
    """A value of a state as the mirror gives it."""
    match value:
        case datetime():
            return value.replace(tzinfo=None)
        case msgspec.Struct():
            return {name: cell(it) for name, it in msgspec.structs.asdict(value).items()}
        case dict():
            return {name: cell(it) for name, it in value.items()}
        case frozenset():
            return sorted(value)
        case tuple():
            return [cell(it) for it in value]
    return value


def trail(reading: Reading) -> list[tuple[Any, ...]]:
    return reading.rows("SELECT position, corrects, reason, superseded_by, holds FROM audit_trail ORDER BY position")


def restated(history: History, known: int, valid: datetime | None) -> list[tuple[Any, ...]]:
    rows = [row for row in history.rows if row.position <= known]
    restating = {
        row.position: row.entry.fact for row in rows if isinstance(row.entry.fact, EntryCorrected | EntryVoided)
    }
    found = []
    for row in rows:
        fact = restating.get(row.position)
        original = fact.entry if fact else row.position
        later = [it for it, by in restating.items() if by.entry == original and it > row.position]
        if valid is None or effective_at(row.entry.fact, row.entry.occurred_at) <= valid:
            reason = fact.reason if fact else None
            found.append((row.position, fact and fact.entry, reason, min(later, default=None), not later))
    return found


def figures(reading: Reading) -> tuple[dict[At, float | None], dict[At, tuple[int, int]]]:
    """Values, and how many entries stand behind and are missing, of every version of every indicator."""
    values, counts = {}, {}
    for row in evidence.all_figures(reading, versions=VERSIONS.values()).to_pylist():
        newest = INDICATORS[row["code"]].version == row["version"]
        at = (row["code"] if newest else f"{row['code']}/{row['version']}", row["hub"], row["period"])
        values[at], counts[at] = row["value"], (row["evidence"], row["missing"])
    return values, counts


def counted(oracle: Oracle) -> dict[At, tuple[int, int]]:
    return {
        at: (
            len({it.key for it in told}) if AGGREGATES[at[0]] is each_once else len(told),
            sum(it.amount is None or (it.against is None and at[0].partition("/")[0] in RATIOS) for it in told),
        )
        for at, told in oracle.evidence.items()
    }


def performance(reading: Reading) -> dict[At, float]:
    return {
        (code, row["hub"], row["period"]): value
        for row in public_views.view(reading, "hub_performance").to_pylist()
        for code, it in INDICATORS.items()
        if (value := row[it.column]) is not None
    }


SHARED = ("JR-01", "JR-06", "JR-07")
"""What is credited to hubs by their shares."""


def national(reading: Reading) -> dict[At, float]:
    """The shared figures of all hubs together."""
    rows = evidence.all_figures(reading, ("period",), versions=[INDICATORS[code] for code in SHARED]).to_pylist()
    return {(row["code"], "", row["period"]): row["value"] for row in rows}


def summed(oracle: Oracle) -> dict[At, float]:
    """The number of projects and outputs, each once, by the wording: shares sum to 1."""
    found: dict[At, float] = defaultdict(float)
    for (code, _, period), told in oracle.evidence.items():
        if code in SHARED:
            once = {it.key: it for it in told}.values() if code == "JR-01" else told
            found[code, "", period] += sum(it.amount or 0 for it in once)
    assert all(abs(it - round(it)) < 1e-9 for it in found.values())
    return found


def test_histories_reach_every_indicator() -> None:
    told = [it for name in SCENES for it in Oracle(scene(name), FOREVER, None).evidence.items()]
    assert {code for (code, *_), them in told if any(it != Told(None) for it in them)} == AGGREGATES.keys()


CORRECTIONS = ("GV-04R", "GV-04R/1")
"""The figures that count corrections."""


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), data=st.data())
def test_a_correction_and_its_reversal_leave_every_figure_as_it_was(history: History, data: st.DataObject) -> None:
    facts = [row.position for row in history.rows if kind_of(row.entry.stream) in FACTS]
    facts = [it for it in facts if not isinstance(history.entry(it).fact, EntryCorrected | EntryVoided)]
    restated = {
        row.entry.fact.entry for row in history.rows if isinstance(row.entry.fact, EntryCorrected | EntryVoided)
    }
    untouched = [it for it in facts if it not in restated]
    if not untouched:
        return
    mirror = empty(threads=1)
    mirror.apply(history.page())
    valid = at(1900)
    with mirror.reading(valid=valid) as reading:
        before = figures(reading)
    last = history.position
    original = data.draw(st.sampled_from(untouched))
    entry = history.entry(original)
    hour = (entry.occurred_at - at(0)).total_seconds() / 3600
    history.correct(original, data.draw(fact(type(entry.fact))), data.draw(HOURS))
    history.void(original)
    history.correct(original, entry.fact, hour)
    mirror.apply(history.page(last))
    with mirror.reading(valid=valid) as reading:
        after = figures(reading)
    assert [{at: it for at, it in them.items() if at[0] not in CORRECTIONS} for them in before] == [
        {at: it for at, it in them.items() if at[0] not in CORRECTIONS} for them in after
    ]
    mirror.close()


def a_promise_broken_before_its_calendar_ends() -> History:
    """In June, of a calendar that covers most of July."""
    history = History()
    calendar = WorkCalendarPublished(
        version=1,
        tz="UTC",
        weekly_open=tuple(Opening(weekday, "09:00", "18:00") for weekday in range(1, 8)),
        source="test",
        covers_from=day(0),
        covers_until=day(75),
    )
    history.add("calendar:C", calendar, 0)
    policy = SlaPolicyPublished(version=1, first_response_minutes={"normal": 60}, resolve_minutes={"normal": 60})
    history.add("sla:P", policy, 0)
    history.add("case:EU-1", CaseOpened(topic="visa"), 24 * 50)
    history.add("case:EU-1", SlaBound(policy="P", policy_version=1, calendar="C", calendar_version=1), 24 * 50)
    history.add("case:EU-2", CaseOpened(topic="visa"), 24 * 65)
    return history


LAST_EFFECT = """
SELECT max(moment) FROM (
    SELECT effective_at AS moment FROM record.event UNION ALL SELECT restated_effective_at FROM record.entry_corrected
)
"""


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories())
@example(history=a_promise_broken_before_its_calendar_ends())
def test_a_half_year_that_ended_does_not_move_because_time_passes(history: History) -> None:
    """From when all that was told has taken effect, while nothing more is told."""
    mirror = empty(threads=1)
    mirror.apply(history.page())
    with mirror.reading() as reading:
        ((last,),) = reading.rows(LAST_EFFECT)
    if last is None:
        return
    last, told = last.replace(tzinfo=UTC), []
    for later in (timedelta(), timedelta(days=20), timedelta(days=5000)):
        with mirror.reading(valid=last + later) as reading:
            rows = evidence.all_figures(reading).to_pylist()
        told.append([it for it in rows if HalfYear.parse(it["period"]).last_moment < last])
    assert told[1:] == told[:-1]
    mirror.close()


def test_a_moment_with_an_offset_is_the_same_moment() -> None:
    mirror = empty()
    with mirror.reading(valid=datetime.fromisoformat("2025-07-01T00:00:00+09:00")) as reading:
        assert reading.rows("SELECT getvariable('valid')") == [
            (datetime(2025, 6, 30, 15, tzinfo=UTC).replace(tzinfo=None),)
        ]
    with mirror.reading(valid=datetime(2025, 6, 30, 15, tzinfo=UTC)) as reading:
        assert reading.rows("SELECT half_year(getvariable('valid'))") == [("2025S2",)]
