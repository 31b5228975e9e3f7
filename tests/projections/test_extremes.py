"""What lies inside the bounds costs what anything else does, and what lies beyond them, in an older record, spoils no
answer and is healed by an act."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pyarrow as pa
import pytest
from msgspec.structs import replace

from domain import merging
from domain.acts.calendar import CalendarWithdrawn, Opening, WorkCalendarPublished
from domain.acts.indicator import TargetSet, TargetWithdrawn
from domain.acts.sla import SlaPolicyPublished, SlaPolicyWithdrawn
from domain.facts.exchange import ExchangeArrived, ExchangeNominated, ExchangeReturned
from domain.facts.helpdesk import (
    CaseMerged,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    ClockStarted,
    ClockStopped,
    FirstResponseSent,
    SlaBound,
)
from domain.facts.partner import PartnerIdentityMerged, PartnerRegistered
from domain.facts.project import AgreementSigned, FundingCommitted, FundingSpent, ReportFiled
from domain.values import Money
from projections import figures
from projections.definitions import IRREGULARITIES, VERSIONS, Indicator
from projections.mirror.mirror import Mirror
from projections.mirror.public_views import PUBLIC_VIEWS
from projections.mirror.snapshot import Reading
from tests.mirrors import empty
from tests.projections.histories import START, History, at

MANY = 3_000
OFFICE = tuple(Opening(day, "09:00", "18:00") for day in range(1, 6))
BOUND = SlaBound(policy="desk", policy_version=1, calendar="BE", calendar_version=1)
POLICY = SlaPolicyPublished(version=1, first_response_minutes={"normal": 60}, resolve_minutes={"normal": 600})


def calendar(**more: Any) -> WorkCalendarPublished:
    return replace(WorkCalendarPublished(version=1, tz="UTC", weekly_open=OFFICE, source="x"), **more)


def hour(year: int, month: int = 1, day: int = 1) -> float:
    """Hours from the start of a history to a day, before it."""
    return (datetime(year, month, day, tzinfo=UTC) - START) / timedelta(hours=1)


def mirrored(history: History) -> Mirror:
    mirror = empty()
    mirror.apply(history.page())
    return mirror


def answers(mirror: Mirror, *asked: str, **points: Any) -> dict[str, list[dict[str, Any]]]:
    """What is asked for, else every view, indicator and irregularity; in little memory and without a temporary file."""
    with mirror.reading(**points) as reading:
        reading.cursor.execute("SET memory_limit = '1GB'")
        reading.cursor.execute("SET max_temp_directory_size = '0KB'")
        return {
            name: answer(reading).to_pylist(maps_as_pydicts="lossy")
            for name, answer in ANSWERS.items()
            if name in asked or not asked
        }


Answer: TypeAlias = Callable[[Reading], pa.Table]


def rows_of(view: str) -> Answer:
    return lambda reading: reading.few(f"FROM {reading.of(view)} ORDER BY ALL")


def figure_of(it: Indicator) -> Answer:
    return lambda reading: figures.figures(reading, it, ("hub", "period"))


ANSWERS: dict[str, Answer] = {
    # All indicators side by side are asked for one by one.
    **{name: rows_of(name) for name in PUBLIC_VIEWS if name != "hub_performance"},
    **{f"{it.code}/{it.version}": figure_of(it) for it in VERSIONS.values()},
    **{it.code: rows_of(it.view) for it in IRREGULARITIES.values()},
}


def test_a_chain_of_three_thousand_merges_ends_where_it_ends() -> None:
    history = History()
    for n in range(MANY):
        history.add(f"case:{n:04}", CaseOpened(topic="visa"))
        history.add(f"case:{n:04}", CaseMerged(into=f"case:{n + 1:04}"))
    history.add(f"case:{MANY}", CaseOpened(topic="visa"))
    for n in range(MANY):
        history.add(f"partner:{n:04}", PartnerRegistered(name="a", country="DE"))
        history.add(f"partner:{n:04}", PartnerIdentityMerged(into=f"{(n + 1) % MANY:04}"))
    began = time.process_time()
    found = answers(mirrored(history))
    assert time.process_time() - began < 90
    assert [it["value"] for it in found["HD-01/1"]] == [1]
    assert [it["value"] for it in found["HD-06/1"]] == [1]
    assert {it["root"] for it in found["partners"]} == {"0000"}
    assert len(found["partner.merge_circle"]) == MANY
    assert found["case.merge_circle"] == []


@pytest.mark.parametrize("ends", ["a chain", "a circle", "a tail on a circle", "itself"])
def test_merges_are_read_as_the_domain_reads_them(ends: str) -> None:
    merged = {f"{n:03}": f"{n + 1:03}" for n in range(100)}
    merged |= {"a circle": {"099": "000"}, "a tail on a circle": {"099": "050"}, "itself": {"099": "099"}}.get(ends, {})
    history = History()
    for key, into in merged.items():
        history.add(f"case:{key}", CaseMerged(into=into))
    with mirrored(history).reading() as reading:
        found = dict(reading.rows("SELECT key, root FROM case_identity"))
        circle = {key for key, in_circle in reading.rows("SELECT key, in_circle FROM case_identity") if in_circle}
    assert found == merging.roots(merged)
    first = {"a circle": 0, "a tail on a circle": 50, "itself": 99}.get(ends, 100)
    assert circle == {f"{n:03}" for n in range(first, 100)}


def test_thousands_of_stops_reopenings_corrections_and_stays_are_counted() -> None:
    history = History()
    history.add("calendar:BE", calendar(), hub="")
    history.add("sla:desk", POLICY, hub="")
    history.add("case:1", CaseOpened(topic="visa"))
    history.add("case:1", BOUND)
    for n in range(MANY):
        history.add("case:1", ClockStopped(why="wait"), n / 2)
        history.add("case:1", ClockStarted(), n / 2 + 0.25)
        history.add("case:1", CaseResolved(), n / 2 + 0.3)
        history.add("case:1", CaseReopened(why="x"), n / 2 + 0.4)
    history.add("case:1", CaseResolved(), MANY)
    opened = history.add("case:2", CaseOpened(topic="visa"))
    for n in range(300):
        history.correct(opened, CaseOpened(topic=f"topic {n}"), -n)
        history.void(opened)
    history.correct(opened, CaseOpened(topic="tax"), 1)
    for n in range(MANY):
        key = f"exchange:{n}"
        history.add(key, ExchangeNominated(direction="INBOUND", person="p-1"))
        history.add(key, ExchangeArrived(on=date(2000, 1, 1) + timedelta(days=n)), hour(2000) + 24 * n)
        history.add(key, ExchangeReturned(on=date(2025, 5, 1)))
    began = time.process_time()
    found = answers(mirrored(history))
    assert time.process_time() - began < 120
    assert {it["topic"] for it in found["cases"]} == {"visa", "tax"}
    assert next(it for it in found["cases"] if it["topic"] == "visa")["times_reopened"] == MANY
    assert len(found["exchange.overlaps"]) == MANY - 1
    last = next(it for it in found["EX-01/1"] if it["period"] == "2025S1")
    assert last["value"] == pytest.approx(MANY * (31 + 28 + 31 + 30 + 1) / 30.4375)


def test_a_fact_of_long_ago_makes_nothing_dearer_and_its_half_year_is_right() -> None:
    history = History()
    history.add("calendar:BE", calendar(), hub="")
    history.add("sla:desk", POLICY, hub="")
    for key in ("case:1", "case:2"):
        history.add(key, CaseOpened(topic="visa"))
        history.add(key, BOUND)
        history.add(key, FirstResponseSent(), 12)
    before = answers(mirrored(history))
    years = {1: "0001S1", 205: "0205S1", 1925: "1925S1", 1970: "1970S1", 1975: "1975S1", 1999: "1999S1"}
    old = {}
    for year in years:
        old[year] = history.add(f"case:{year}", CaseOpened(topic="visa"), hour(year))
        history.add(f"case:{year}", BOUND)
    old[-1] = history.add("exchange:old", ExchangeArrived(on=date(1, 1, 1)), hour(1))
    old[-4] = history.add("exchange:old", ExchangeReturned(on=date(9999, 12, 31)))
    old[-2] = history.add(
        "project:1", AgreementSigned(starts_on=date(1, 1, 1), ends_on=date(9999, 12, 31), stages=(date(1, 1, 1),))
    )
    old[-3] = history.add("project:1", ReportFiled(kind="FINAL", due_on=date(1, 1, 1)))
    mirror = mirrored(history)
    began = time.process_time()
    found = answers(mirror)
    assert time.process_time() - began < 60
    assert {it["period"] for it in found["HD-01/1"]} == {"2025S1", *years.values()}
    assert found["period"][0]["period"] == "2000S1"
    assert len(found["hub.fact_before_2000"]) == len(years) + 1
    assert [it["value"] for it in found["HD-02/2"]] == [it["value"] for it in before["HD-02/2"]]
    assert next(it for it in found["EX-01/1"] if it["period"] == "2000S1")["value"] == pytest.approx(182 / 30.4375)
    assert "0001S1" in {it["period"] for it in found["JR-03/1"]}
    with mirror.reading() as reading:
        ((least,),) = reading.rows("SELECT min(opens_at) FROM open_hours")
    assert least > datetime(2025, 4, 25)  # noqa: DTZ001  as DuckDB has it
    for position in old.values():
        history.void(position)
    healed = answers(mirrored(history))
    for code in (f"{code}/{version}" for code, version in VERSIONS if not code.startswith("GV")):
        assert healed[code] == before[code], code
    assert healed["period"][0] == before["period"][0]


def test_hours_and_half_years_are_counted_through_for_what_holds_and_needs_them_alone() -> None:
    history = History()
    history.add("calendar:BE", calendar(), hub="")
    history.add("case:1", CaseOpened(topic="visa"))
    history.add("case:1", BOUND)
    span = "SELECT min(opens_at), max(opens_at) FROM open_hours"
    ends = "SELECT min(period), max(period) FROM period"

    def told() -> list[Any]:
        mirror = mirrored(history)
        with mirror.reading() as reading:
            return [*reading.rows(span), *reading.rows(ends)]

    before = told()
    wrong = [
        history.add("case:far", CaseOpened(topic="visa"), hour(2070)),
        history.add("case:far", CaseResolved(), hour(2075)),
        history.add("case:old", CaseOpened(topic="visa"), hour(2001)),
        history.add("case:old", BOUND),
    ]
    assert told()[0][1].year == 2075
    assert told()[1] == ("2001S1", "2075S1")
    for position in wrong:
        history.void(position)
    assert told() == before, "voided"
    history.add("exchange:1", ExchangeArrived(on=date(2025, 5, 2)), hour(2070))
    history.add("partner:1", PartnerRegistered(name="x", country="BE"), hour(2001))
    assert told()[0] == before[0], "no clock runs by them"


def test_what_happened_in_2000_is_inside_the_bounds() -> None:
    history = History()
    history.add("calendar:BE", calendar(), hub="")
    history.add("case:1", CaseOpened(topic="visa"), hour(2000) - 9)
    history.add("case:1", BOUND)
    history.add("case:1", FirstResponseSent(), 12)
    found = answers(mirrored(history), "HD-01/1", "HD-02/2", "hub.fact_before_2000")
    assert [it["period"] for it in found["HD-01/1"]] == ["2000S1"]
    assert found["hub.fact_before_2000"] == []
    weekdays = sum(
        (date(2000, 1, 1) + timedelta(days=n)).isoweekday() < 6 for n in range((START.date() - date(2000, 1, 1)).days)
    )
    assert [it["value"] for it in found["HD-02/2"]] == [(3 + weekdays * 9 + 3) * 60]


def test_amounts_of_any_size_are_added_up() -> None:
    history = History()
    most = Money(Decimal("9" * 26 + ".999999999999"), "KRW")
    for n in range(3):
        history.add(f"project:{n}", FundingCommitted(money=most, funder="KR"))
        history.add("project:1", FundingSpent(money=most, funder="KR"))
    history.add("project:9", FundingSpent(money=Money(Decimal("1e26").scaleb(-1), "KRW"), funder="KR"))
    found = answers(mirrored(history))
    assert len(found["project.spent_over_committed"]) == 3
    assert [it["missing"] for it in found["JR-04/1"]] == [0]


CLOCKED = ("HD-02/2", "HD-03/1", "HD-04/2")
BAD_CALENDARS = {
    "digits of another script": calendar(weekly_open=(Opening(1, "0٩:00", "18:00"),)),
    "a line break": calendar(weekly_open=(Opening(1, "09:00", "1٨:00"),)),
    "a zone that is none": calendar(tz="localtime"),
}


@pytest.mark.parametrize("name", BAD_CALENDARS)
def test_a_calendar_that_cannot_be_used_leaves_its_clocks_missing_until_another_is_bound(name: str) -> None:
    history = History()
    history.add("calendar:BE", BAD_CALENDARS[name], hub="")
    history.add("sla:desk", POLICY, hub="")
    history.add("case:1", CaseOpened(topic="visa"))
    bound = history.add("case:1", BOUND)
    history.add("case:1", FirstResponseSent(), 10)
    history.add("case:1", CaseResolved(), 12)
    history.add("case:2", CaseOpened(topic="visa"))
    found = answers(mirrored(history), *CLOCKED, "case.sla_unknown")
    for code in CLOCKED:
        assert [(it["value"], it["missing"]) for it in found[code]] == [(None, 1)], code
    assert [it["position"] for it in found["case.sla_unknown"]] == [bound]
    history.add("calendar:BE", CalendarWithdrawn(version=1, reason="x"), hub="")
    history.add("calendar:BE", calendar(version=2), hub="")
    assert [it["version"] for it in answers(mirrored(history), "calendars")["calendars"]] == [2]
    history.correct(bound, SlaBound(policy="desk", policy_version=1, calendar="BE", calendar_version=2), 0)
    healed = answers(mirrored(history), "HD-02/2", "case.sla_unknown")
    assert [(it["value"], it["missing"]) for it in healed["HD-02/2"]] == [(60, 0)]
    assert healed["case.sla_unknown"] == []


def test_a_withdrawn_version_is_not_there_from_then_on_and_was_there_before() -> None:
    history = History()
    history.add("calendar:BE", calendar(), hub="")
    history.add("sla:desk", POLICY, hub="")
    history.add("case:1", CaseOpened(topic="visa"))
    bound = history.add("case:1", BOUND)
    history.add("case:1", FirstResponseSent(), 10)
    before = history.position
    withdrawn = history.add("calendar:BE", CalendarWithdrawn(version=1, reason="x"), 30, hub="")
    mirror = mirrored(history)
    assert [it["value"] for it in answers(mirror, "HD-02/2", known=before)["HD-02/2"]] == [60]
    # A version counts once it is known, whatever moment of the world is asked for; so does its withdrawal.
    for points in ({}, {"known": withdrawn}, {"valid": at(20)}):
        after = answers(mirror, "HD-02/2", "case.sla_unknown", **points)
        assert [(it["value"], it["missing"]) for it in after["HD-02/2"]] == [(None, 1)]
        assert [it["position"] for it in after["case.sla_unknown"]] == [bound]


@pytest.mark.parametrize("minutes", [2**53, 2**62, 10**15])
def test_a_promise_longer_than_time_is_kept_and_can_be_withdrawn(minutes: int) -> None:
    history = History()
    history.add("calendar:BE", calendar(), hub="")
    promise = SlaPolicyPublished(
        version=1, first_response_minutes={"normal": minutes}, resolve_minutes={"normal": minutes}
    )
    history.add("sla:desk", promise, hub="")
    history.add("case:1", CaseOpened(topic="visa"))
    bound = history.add("case:1", BOUND)
    history.add("case:1", FirstResponseSent(), 10)
    history.add("case:1", CaseResolved(), 12)
    assert [it["value"] for it in answers(mirrored(history), "HD-03/1")["HD-03/1"]] == [100]
    history.add("sla:desk", SlaPolicyWithdrawn(version=1, reason="x"), hub="")
    after = answers(mirrored(history), "HD-03/1", "case.sla_unknown")
    assert (after["HD-03/1"], [it["position"] for it in after["case.sla_unknown"]]) == ([], [bound])


@pytest.mark.parametrize("period", ["2٠25S1", "2025S1\n", "1999S1"])
def test_a_target_of_no_half_year_stops_no_figure(period: str) -> None:
    history = History()
    history.add("case:1", CaseOpened(topic="visa"))
    history.add("indicator:HD-01", TargetSet(period=period, value=Decimal(1)), hub="")
    found = answers(mirrored(history), "HD-01/1", "targets")
    assert [(it["value"], it["target"]) for it in found["HD-01/1"]] == [(1, None)]
    assert [it["period"] for it in found["targets"]] == [period]
    history.add("indicator:HD-01", TargetWithdrawn(period=period, reason="x"), hub="")
    assert answers(mirrored(history), "targets")["targets"] == []
