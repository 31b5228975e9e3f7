"""The day that a fact names is what counts, over HTTP; and when what is planned takes effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.door import Answer, Clock, Door, event

pytestmark = pytest.mark.usefixtures("clock")


def told(door: Door, type_: str, subject: str, time: str, data: Any, who: str = "EU-BRU") -> Answer:
    answer = door.post(event(type_, subject, f"{type_}-{subject}-{time}", data, time=time), who=who)
    assert answer.status == 201, answer.body
    return answer


def rows(door: Door, question: str, after: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = door.get(f"{question}after={after.body['position']}", who="auditor").body["rows"]
    return found


def test_a_launch_counts_in_the_half_year_of_its_day_whenever_it_is_told(door: Door) -> None:
    proposed = {"title_en": "A project"}
    told(door, "project.proposed", "project:1", "2025-05-01T09:00:00Z", proposed)
    last = told(door, "project.launched", "project:1", "2025-07-02T09:00:00Z", {"on": "2025-06-30"})
    (figure,) = rows(door, "/v1/indicators/JR-01?by=period&", last)
    assert (figure["period"], figure["value"]) == ("2025S1", 1)
    (irregular,) = [
        it for it in rows(door, "/v1/views/irregularities?", last) if it["code"] == "hub.fact_day_disagrees"
    ]
    assert irregular["position"] == last.body["position"]
    data = {"entry": last.body["position"], "reason": "CLERICAL", "data": {"on": "2025-07-01"}}
    mended = told(door, "entry.corrected", "project:1", "2025-07-03T09:00:00Z", data)
    (figure,) = rows(door, "/v1/indicators/JR-01?by=period&", mended)
    assert (figure["period"], figure["value"]) == ("2025S2", 1)
    assert "hub.fact_day_disagrees" not in {it["code"] for it in rows(door, "/v1/views/irregularities?", mended)}


@pytest.mark.parametrize("time", ["2026-06-01T02:00:00Z", "2026-05-31T20:00:00-04:00"])
def test_the_day_of_something_seen_is_refused_while_it_is_to_come(door: Door, time: str) -> None:
    for on, status in (("2026-06-02", 201), ("2026-06-03", 422), ("2030-01-01", 422)):
        answer = door.post(event("project.launched", f"project:{on}", on, {"on": on}, time=time))
        assert answer.status == status, on
        if status == 422:
            assert (answer.body["code"], answer.body["facts"]["path"]) == ("date.future", "$.data.on")
    taken = door.post(event("project.launched", "project:x", "x", {"on": "2026-05-30"}, time=time))
    data = {"entry": taken.body["position"], "reason": "CLERICAL", "data": {"on": "2027-01-01"}}
    answer = door.post(event("entry.corrected", "project:x", "x-c", data, time=time))
    assert (answer.body["code"], answer.body["facts"]["path"]) == ("date.future", "$.data.data.on")


def test_a_planned_revocation_takes_effect_by_itself_on_its_day(door: Door, clock: Clock) -> None:
    revoked = {"on": "2026-06-10", "reason": "end of term"}
    last = told(door, "hub.revoked", "hub:AS-SIN", "2026-06-01T02:00:00Z", revoked, "secretariat")

    def status(more: str = "") -> list[str]:
        return [it["status"] for it in rows(door, f"/v1/views/hubs?where=hub=AS-SIN&{more}", last)]

    def of_stream(more: str = "") -> str:
        return str(door.get(f"/v1/streams/hub:AS-SIN?{more}", who="auditor").body["state"]["status"])

    known = f"known={last.body['position']}&"
    assert (status(), of_stream(), status("valid=2026-06-10&")) == (["designated"], "designated", ["revoked"])
    assert [it["type"] for it in rows(door, "/v1/views/planned?", last)] == ["hub.revoked"]
    history = door.get("/v1/streams/hub:AS-SIN", who="auditor").body["history"]
    assert [(it["holds"], it["not_yet"]) for it in history if "not_yet" in it] == [(None, True)]
    clock.now = datetime(2026, 6, 9, 15, tzinfo=UTC)  # midnight in Seoul, and nothing was recorded
    assert (status(), of_stream()) == (["revoked"], "revoked")
    assert (status(known), of_stream(known)) == (["designated"], "designated"), "as it was when it was recorded"
    assert rows(door, "/v1/views/planned?", last) == []


def test_a_quiet_weekend_stops_no_deadline(door: Door, clock: Clock) -> None:
    last = told(door, "case.opened", "case:1", "2026-06-01T02:00:00Z", {"topic": "visa"})

    def days() -> float:
        (row,) = rows(door, "/v1/indicators/HD-06/evidence?", last)
        return float(row["amount"])

    assert days() == pytest.approx(1 / 24, abs=0.001)
    clock.now += timedelta(days=3)
    assert days() == pytest.approx(3 + 1 / 24, abs=0.001), "though nobody recorded anything"
