"""The mirror shows the status that the fold has: after each type of fact, in each status, of every kind of stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import fields, replace

from domain import registry
from domain.history import state
from domain.record import FOREVER, Fact
from domain.registry import KINDS, TYPES
from projections.mirror import shared_sql
from projections.mirror.schema import table_of
from projections.mirror.snapshot import Reading
from tests.domain.test_transitions import COURSES, POINTS, VERSIONED, acts
from tests.mirrors import empty
from tests.projections import apart
from tests.projections.histories import START, History
from tests.projections.test_as_of import RUN, cell, states
from tests.projections.test_as_of import VIEWS as ROWS
from tests.projections.test_as_of import folded as shown

GOLDEN = Path(__file__).parents[1] / "domain" / "golden.ndjson"
SAMPLES = {
    registry.tag(fact): fact
    for fact in (registry.entries.decode(line).fact for line in GOLDEN.read_bytes().splitlines())
}
"""A stored fact of every type."""

SHOWN = {
    "hub": "hubs",
    "centre": "centres",
    "partner": "partners",
    "map": "strategy_maps",
    "project": "projects",
    "exchange": "exchanges",
    "expansion": "expansions",
    "case": "cases",
    "evidence": "evidence_items",
    "check": "checks",
    "review": "reviews",
    "finding": "findings",
    "session": "sessions",
    "indicator": "indicator_definitions",
    "person": "persons",
}
"""The view that shows the status of each kind. No view shows that of a credential."""

At = tuple[str, str, str, str]
"""A case: kind, status, type of the fact that comes last, and when it happened, or takes effect."""

DAYS = 24.0
"""Facts are so many hours apart, so that those that name a day name each another."""
TO_COME = 400 * DAYS
"""A day behind all that is recorded: what names it is planned."""

WORK = ("functions", "linked")
REGISTER = tuple("name_ko name_en kind operator country city opened_on renamed_on closed_on closed_for".split())

READ = {
    "indicator": "SELECT DISTINCT stream, if(retired, 'retired', 'defined') FROM indicator_definitions",
    "person": "SELECT 'person:' || pseudonym, status FROM persons",
}
"""How, where the view has no columns `stream` and `status`."""

DIFFERENT: dict[At, tuple[str | None, str]] = {}
"""Where a view shows something else than the fold says: what it shows, and why. Today none does. An entry that no
longer differs fails, so whoever mends a view takes its line away."""

UNSHOWN = {
    "indicator.target_set": "targets have a view of their own, `targets`",
    "indicator.target_withdrawn": "it takes the row of the target out of the tables (`streams.WITHDRAWN`)",
    "person.consent_recorded": "consents are read from their table",
    "person.consent_withdrawn": "consents are read from their table",
}
"""Types that the view of their kind does not read, with the reason."""


def on_day(fact: Fact, hour: float) -> Fact:
    """With the day of an hour, where it names one."""
    return replace(fact, **{fact.effective_on: (START + timedelta(hours=hour)).date()}) if fact.effective_on else fact


def worldly() -> Iterator[tuple[At, list[tuple[Fact, float]]]]:
    """Every case with all that happened in it, in the order of recording. What names a day names that of its time, and
    once more each another: one before and one behind all others, one that is to come, and where it may, none."""
    for kind, courses in COURSES.items():
        for status, course in courses.items():
            past = [
                (on_day(SAMPLES[f"{kind}.{what}"], DAYS * number), DAYS * number) for number, what in enumerate(course)
            ]
            last = DAYS * len(past)
            for type_ in (it for it in TYPES if it.startswith(f"{kind}.")):
                fact = SAMPLES[type_]
                whens = {"after": last} | ({"before": -DAYS, "at once": last - DAYS} if past else {})
                for when, hour in whens.items():
                    yield (kind, status, type_, when), [*past, (on_day(fact, hour), hour)]
                if (named := fact.effective_on) is None:
                    continue
                days = {"on a day before": (-DAYS, last), "on a day behind": (last, -DAYS), "to come": (TO_COME, last)}
                for when, (day, hour) in days.items():
                    yield (kind, status, type_, when), [*past, (on_day(fact, day), hour)]
                if not next(it for it in fields(fact) if it.name == named).required:
                    yield (kind, status, type_, "on no day"), [*past, (replace(fact, **{named: None}), last)]


def judged() -> Iterator[tuple[At, list[tuple[Fact, float]]]]:
    """The same of the acts that are possible; no other is ever recorded."""
    for kind in POINTS.keys() & SHOWN.keys():
        for point, (course, possible) in POINTS[kind].items():
            for last in (None, *possible):
                history, done = History(), list[tuple[Fact, float]]()
                for what in [*(what for _, what in course), *([last] if last else [])]:
                    now = state(f"{kind}:1", history.streams()[f"{kind}:1"])
                    done.append((acts(kind, now)[what], float(len(done))))
                    history.add(f"{kind}:1", *done[-1])
                if done:
                    yield (kind, point, f"{kind}.{last or course[-1][1]}", "after" if last else "itself"), done


class Tried(NamedTuple):
    """Every case in a record of its own stream, and the tables of that record."""

    history: History
    cases: dict[str, At]
    reading: Reading

    def states(self) -> dict[str, Any]:
        """The fold of every stream, as of the moment of the tables."""
        now = self.history.clock(FOREVER)
        return {stream: state(stream, past, now=now) for stream, past in self.history.streams().items()}

    def statuses(self) -> dict[At, tuple[str, str | None]]:
        """Of every case, the status that the fold has and the one that the view shows."""
        told: dict[str, str] = {}
        for kind, view in SHOWN.items():
            told |= dict(self.reading.rows(READ.get(kind, f"SELECT stream, status FROM {view}")))
        folded = {stream: it.status for stream, it in self.states().items()}
        # A hub of which no designation is told is in no row, nor is a stream of which nothing holds yet.
        return {
            at: (
                folded[stream],
                told.get(stream, "none" if at[0] == "hub" or at[1:4:2] == ("none", "to come") else None),
            )
            for stream, at in self.cases.items()
        }


@pytest.fixture(scope="module")
def tried() -> Iterator[Tried]:
    history, cases = History(), {}
    for number, (at, happened) in enumerate([*worldly(), *judged()]):
        stream = f"{at[0]}:{number}"
        cases[stream] = at
        for fact, hour in happened:
            history.add(stream, fact, hour, hub=f"H{number}")
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        yield Tried(history, cases, reading)
    mirror.close()


@pytest.fixture(scope="module")
def statuses(tried: Tried) -> dict[At, tuple[str, str | None]]:
    return tried.statuses()


@pytest.mark.parametrize("kind", SHOWN)
def test_every_view_shows_the_status_of_the_fold_after_every_type_in_every_status(
    kind: str, statuses: dict[At, tuple[str, str | None]]
) -> None:
    for at, (folded, told) in statuses.items():
        if at[0] == kind:
            expected = DIFFERENT[at][0] if at in DIFFERENT else folded
            said = f"{SHOWN[kind]} shows {told} and not {expected}: {at[2]} {at[3]} while {at[1]}"
            assert told == expected, said


@pytest.mark.parametrize("view", ROWS)
def test_every_other_column_is_that_of_the_fold_too(view: str, tried: Tried) -> None:
    rows, folded = shown(tried.reading, view), states(tried.history, ROWS[view], FOREVER, None)
    assert rows.keys() == folded.keys()
    for stream, row in rows.items():
        assert row == folded[stream], f"{view}: {tried.cases[stream]}"


@pytest.mark.parametrize(("view", "columns"), {"hubs": (*RUN, *WORK), "centre_register": REGISTER}.items())
def test_every_column_of_hubs_and_of_the_register_is_that_of_the_fold_too(
    view: str, columns: tuple[str, ...], tried: Tried
) -> None:
    """Of hubs those of which a status is told."""
    kind = "hub" if view == "hubs" else "centre"
    rows = tried.reading.rows(f"SELECT stream, status, {', '.join(columns)} FROM {view}")
    folded = {stream: it for stream, it in tried.states().items() if stream.startswith(f"{kind}:")}
    assert len(rows) > 50
    for stream, *told in rows:
        expected = [cell(getattr(folded[stream], name)) for name in ("status", *columns)]
        assert told == expected, f"{view}: {tried.cases[stream]}"


@pytest.mark.parametrize("view", apart.APART)
def test_what_is_shown_in_rows_of_its_own_is_that_of_the_fold_too(view: str, tried: Tried) -> None:
    listed = apart.listed(tried.history, view, FOREVER, None)
    assert listed
    assert apart.shown(tried.reading, view) == listed


def test_what_differs_today_differs_and_has_a_reason(statuses: dict[At, tuple[str, str | None]]) -> None:
    for at, (told, why) in DIFFERENT.items():
        assert statuses[at][0] != told, f"{at} is mended; its line goes"
        assert why, at


@pytest.mark.parametrize(
    ("kind", "status", "type_"),
    [
        *(
            ("project", status, "project.agreement_signed")
            for status in ("launched", "suspended", "completed", "terminated", "withdrawn")
        ),
        ("project", "agreed", "project.proposed"),
        ("exchange", "departed", "exchange.accepted"),
        ("exchange", "arrived", "exchange.departed"),
        ("exchange", "returned", "exchange.cancelled"),
        ("exchange", "recognised", "exchange.returned"),
        ("expansion", "closed", "expansion.company_enrolled"),
        ("case", "in_progress", "case.triaged"),
        ("case", "waiting", "case.opened"),
        ("hub", "revoked", "hub.suspended"),
        ("map", "superseded", "map.approved"),
    ],
)
def test_what_is_of_an_earlier_stage_and_happened_later_takes_nothing_back(
    kind: str, status: str, type_: str, statuses: dict[At, tuple[str, str | None]]
) -> None:
    assert statuses[kind, status, type_, "after"] == (status, status)


def test_what_is_planned_leads_nowhere_before_its_day_and_what_names_a_day_is_in_its_place(
    statuses: dict[At, tuple[str, str | None]],
) -> None:
    """The rest of these cases is compared with the fold, above."""
    dated = {type_ for type_, fact in SAMPLES.items() if fact.effective_on and type_.partition(".")[0] in COURSES}
    assert len(dated) > 20
    for type_ in dated:
        kind = type_.partition(".")[0]
        for status in COURSES[kind]:
            assert statuses[kind, status, type_, "to come"][1] == status
            before = statuses.get((kind, status, type_, "before"))
            assert before is None or statuses[kind, status, type_, "on a day before"] == before
            assert statuses[kind, status, type_, "on a day behind"] == statuses[kind, status, type_, "after"]


def test_every_kind_with_a_status_is_shown_by_a_view() -> None:
    assert SHOWN.keys() == KINDS.keys() - VERSIONED - {"credential"}


def unread(types: Iterable[str]) -> dict[str, str]:
    """Of these types, those that neither the view of their kind reads nor what that uses, with the view."""
    views = shared_sql.in_force()
    found = {}
    for type_ in types:
        kind = type_.partition(".")[0]
        if kind in SHOWN:
            made, ahead = set[str](), [SHOWN[kind]]
            while ahead:
                if (name := ahead.pop()) not in made:
                    made.add(name)
                    ahead += views[name].uses(views)
            if not any(views[name].uses([table_of(type_)]) for name in made):
                found[type_] = SHOWN[kind]
    return found


def test_every_type_is_a_line_of_the_view_of_its_kind() -> None:
    missing = {type_: view for type_, view in unread(TYPES).items() if type_ not in UNSHOWN}
    assert missing == {}, "add a line to projections/views/VIEW.sql, or the type to UNSHOWN with the reason"
    assert unread(UNSHOWN).keys() == UNSHOWN.keys(), "what is read is no longer listed"


def test_a_type_that_is_added_without_its_line_is_named_with_the_view() -> None:
    assert unread(["exchange.accepted", "exchange.interrupted", "case.split"]) == {
        "exchange.interrupted": "exchanges",
        "case.split": "cases",
    }
