"""Whatever an older release took of acts, times and amounts: every question is answered, and acts heal the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journal.journal import Journal
from projections.making import catch_up
from projections.mirror import Mirror
from tests.api.door import Door, event, opened
from tests.api.half_year import HUBS, HalfYear, taken
from tests.before.records import answers, placed, unfolded
from tests.projections.test_extremes import answers as answered

SAID = answers()["bad"]
OLD = [name for name in SAID if name.startswith("time_")]


@pytest.fixture(params=["sqlite", "postgres"])
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Door]:
    """A server on the record that holds every bad example."""
    database = request.getfixturevalue("database") if request.param == "postgres" else None
    it = Door(*placed(request.param, "bad", tmp_path / "data", database))
    it.tokens = dict(answers()["sound"]["tokens"])
    it.said = answers()["bad" if database is None else "bad_postgres"]  # type: ignore[attr-defined]
    yield it
    it.close()


def test_every_question_about_it_is_answered(tmp_path: Path) -> None:
    mirror = Mirror()
    with Journal.at(unfolded("bad", tmp_path) / "journal.db") as journal:
        catch_up(mirror, journal.page)
    for known in (None, SAID["calendar_digits"], SAID["check_hub"]):
        found = answered(mirror, known=known)
        assert found["HD-01/1"]
    assert len(found["period"]) < 60
    mirror.close()


def test_its_figures_changes_and_packs_are_sent(bad: Door) -> None:
    position = bad.get("/readyz").body["position"]
    for path in ("views/hub_performance", "views/irregularities", "views/targets", "indicators/HD-03?by=hub,period"):
        assert bad.get(f"/v1/{path}", who="auditor").status == 200, path
    assert bad.get(f"/v1/diff?a=187&b={position}").status == 200
    pack = bad.get("/v1/export/evidence", who="auditor")
    assert (pack.status, pack.raw[:2]) == (200, b"PK")


def test_what_it_took_is_taken_back(bad: Door) -> None:
    half = HalfYear(bad, "2026S1")
    said: dict[str, Any] = bad.said  # type: ignore[attr-defined]
    for type_, stream, data in [
        ("calendar.withdrawn", "calendar:X", {"version": 1, "reason": "hours that are none"}),
        ("sla.withdrawn", "sla:x", {"version": 1, "reason": "longer than time"}),
        ("indicator.target_withdrawn", "indicator:HD-01", {"period": "2٠25S1", "reason": "no half-year"}),
        ("check.withdrawn", "check:2026S1", {"reason": "a hub that is none"}),
    ]:
        taken(half.act(type_, stream, data))
    assert (half.standing if isinstance(half.standing, dict) else {}).get("status", "WITHDRAWN") == "WITHDRAWN"
    taken(half.open(hubs=HUBS))
    for n, name in enumerate(it for it in said if it.startswith(("time_", "money_"))):
        stream = bad.get(f"/v1/events/{said[name]}", who="auditor").body["entry"]["stream"]
        void = {"entry": said[name], "reason": "CLERICAL"}
        taken(bad.post(event("entry.voided", stream, f"void-{n}", void, time=None)))
    rows = bad.get("/v1/views/period", who="auditor").body["rows"]
    assert rows[0]["period"] == "2024S2"
    codes = {it["code"] for it in bad.get("/v1/views/irregularities", who="auditor").body["rows"]}
    assert "hub.fact_before_2000" not in codes
    views = {name: bad.get(f"/v1/views/{name}", who="auditor").body["rows"] for name in ("targets", "calendars")}
    assert "2٠25S1" not in {it["period"] for it in views["targets"]}
    assert "X" not in {it["calendar"] for it in views["calendars"]}


def test_a_hold_for_ever_is_read_released_and_erased(bad: Door) -> None:
    person = bad.said["hold"]["person"]  # type: ignore[attr-defined]
    path = f"/v1/persons/{person}"
    assert bad.get(f"{path}?purpose=visa", who="persons").body["person"]["name_ko"] == "이둘"
    assert bad.ask("DELETE", f"{path}?basis=PIPA+36", None, who="EU-BRU").status == 409
    assert bad.ask("DELETE", f"{path}/holds?law=PIPA", None, who="EU-BRU").status == 201
    assert bad.ask("DELETE", f"{path}?basis=PIPA+36", None, who="EU-BRU").status == 200


def test_a_repeat_of_what_it_rounded_up_is_the_same_entry(bad: Door) -> None:
    time = "2025-06-30T14:59:59.9999999Z"
    again = bad.post(opened("case:at-2025", f"at-{time}", time=time))
    assert (again.status, again.body["position"]) == (200, bad.said[f"time_{time}"])  # type: ignore[attr-defined]
