"""By whom a hub is run, for how long, with what, and where it belongs: told by the secretariat, shown by the day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.door import DESIGNATION, Answer, Clock, Door, event

HUB = "hub:EU-BRU"
TERM = {"starts_on": "2024-12-06", "ends_on": "2026-06-09", "decision_ref": "GRDSC-2024-12"}
RENEWAL = {"starts_on": "2026-06-15", "ends_on": "2029-06-14", "decision_ref": "GRDSC-2026-05"}


pytestmark = pytest.mark.usefixtures("clock")


def told(door: Door, type_: str, time: str, data: Any, subject: str = HUB, who: str = "secretariat") -> Answer:
    answer = door.post(event(type_, subject, f"{type_}-{subject}-{time}", data, time=time), who=who)
    assert answer.status == 201, answer.body
    return answer


def rows(door: Door, question: str, after: Answer) -> list[dict[str, Any]]:
    joint = "&" if "?" in question else "?"
    path = f"/v1/views/{question}{joint}after={after.body['position']}"
    found: list[dict[str, Any]] = door.get(path, who="auditor").body["rows"]
    return found


def hub(door: Door, after: Answer, more: str = "") -> dict[str, Any]:
    """A hub as its view shows it; its stream, as of the same point, says the same."""
    (row,) = rows(door, f"hubs?where=hub=EU-BRU{more}", after)
    state = door.get(f"/v1/streams/{HUB}?{more}", who="auditor").body["state"]
    for name in ("operator", "operator_ko", "operator_en", "term_starts_on", "term_ends_on", "renewals"):
        assert state.get(name, 0 if name == "renewals" else None) == row[name], name
    assert state.get("budgets", {}).keys() == row["budgets"].keys()
    return row


def irregular(door: Door, after: Answer, code: str) -> list[int]:
    return [it["position"] for it in rows(door, f"irregularities?where=code={code}", after)]


def test_operator_term_and_budget_are_shown_as_they_were_told_late_corrected_and_voided(door: Door) -> None:
    kist = {"operator": "KIST-EU", "name_ko": "KIST 유럽연구소", "name_en": "KIST Europe", "on": "2024-12-06"}
    told(door, "hub.term_set", "2024-12-06T09:00:00Z", TERM)
    told(door, "hub.operator_appointed", "2025-02-01T09:00:00Z", kist | {"decision_ref": "MSIT-2025-2"})
    nrf = {"operator": "NRF", "name_ko": "한국연구재단", "on": "2026-03-01"}
    second = told(door, "hub.operator_appointed", "2026-02-01T09:00:00Z", nrf)
    money = {"amount": "1200000000", "currency": "KRW"}
    first = told(
        door, "hub.budget_allocated", "2026-01-05T09:00:00Z", {"period": "2026S1", "money": money, "on": "2026-01-05"}
    )
    row = hub(door, first)
    assert (row["operator"], row["operator_ko"], row["operator_en"]) == ("NRF", "한국연구재단", None)
    assert (row["term_starts_on"], row["term_ends_on"], row["renewals"]) == ("2024-12-06", "2026-06-09", 0)
    assert [*row["budgets"]] == ["2026S1"]
    late = hub(door, first, "&valid=2026-02-28")
    assert (late["operator"], late["operator_ko"], late["operator_en"]) == ("KIST-EU", "KIST 유럽연구소", "KIST Europe")

    less = {"period": "2026S1", "money": {"amount": "900000000", "currency": "KRW"}, "on": "2026-01-05"}
    correction = {"entry": first.body["position"], "reason": "CLERICAL", "data": less | {"decision_ref": "MSIT-2026-1"}}
    mended = told(door, "entry.corrected", "2026-05-02T09:00:00Z", correction)
    (budget,) = rows(door, "hub_budgets", mended)
    assert (budget["hub"], budget["period"], float(budget["amount"]), budget["currency"]) == (
        "EU-BRU", "2026S1", 900000000.0, "KRW",
    )  # fmt: skip
    assert (budget["on"], budget["decision_ref"]) == ("2026-01-05", "MSIT-2026-1")
    void = {"entry": second.body["position"], "reason": "DUPLICATE"}
    assert hub(door, told(door, "entry.voided", "2026-05-03T09:00:00Z", void))["operator"] == "KIST-EU"


def test_a_term_is_renewed_by_itself_on_its_day_and_work_in_the_gap_is_irregular(door: Door, clock: Clock) -> None:
    told(door, "hub.term_set", "2024-12-06T09:00:00Z", TERM)
    planned = told(door, "hub.renewed", "2026-06-01T02:00:00Z", RENEWAL)
    assert [it["type"] for it in rows(door, "planned", planned)] == ["hub.renewed"]
    row = hub(door, planned)
    assert (row["term_ends_on"], row["renewals"]) == ("2026-06-09", 0)
    clock.now = datetime(2026, 6, 16, 3, tzinfo=UTC)
    inside = told(door, "case.opened", "2026-06-09T14:00:00Z", {"topic": "visa"}, "case:1", "EU-BRU")
    gap = told(door, "case.opened", "2026-06-09T15:00:00Z", {"topic": "visa"}, "case:2", "EU-BRU")
    last = told(door, "case.opened", "2026-06-16T01:00:00Z", {"topic": "visa"}, "case:3", "EU-BRU")
    row = hub(door, last)
    assert (row["term_starts_on"], row["term_ends_on"], row["renewals"]) == ("2026-06-15", "2029-06-14", 1)
    assert irregular(door, last, "hub.work_after_term") == [gap.body["position"]]
    assert inside.status == 201
    terms = [
        (it["starts_on"], it["ends_on"], it["renewal"], it["decision_ref"]) for it in rows(door, "hub_terms", last)
    ]
    assert terms == [
        ("2024-12-06", "2026-06-09", 0, "GRDSC-2024-12"), ("2026-06-15", "2029-06-14", 1, "GRDSC-2026-05"),
    ]  # fmt: skip
    earlier = {"entry": planned.body["position"], "reason": "CLERICAL", "data": RENEWAL | {"starts_on": "2026-06-10"}}
    mended = told(door, "entry.corrected", "2026-06-16T02:00:00Z", earlier)
    assert irregular(door, mended, "hub.work_after_term") == []


def test_a_country_in_the_wrong_region_is_told_and_an_unknown_ministry_refused(door: Door) -> None:
    wrong = DESIGNATION | {"country": "SG", "city": "Singapore", "tz": "Asia/Singapore"}
    first = told(door, "hub.designated", "2026-05-01T09:00:00Z", wrong, "hub:AS-2")
    assert irregular(door, first, "hub.country_outside_region") == [first.body["position"]]
    data = {"entry": first.body["position"], "reason": "CLERICAL", "data": wrong | {"region": "ASIA"}}
    mended = told(door, "entry.corrected", "2026-05-02T09:00:00Z", data, "hub:AS-2")
    assert irregular(door, mended, "hub.country_outside_region") == []
    refused = door.post(event("hub.transferred", HUB, "t", {"ministry": "MSTI"}), who="secretariat")
    assert (refused.status, refused.body["code"]) == (422, "vocabulary.unknown_code")
    assert refused.body["facts"]["did_you_mean"][0] == "MSIT"


@pytest.mark.parametrize("who", ["EU-BRU", "analyst", "auditor", "operator"])
def test_only_the_secretariat_says_who_runs_a_hub(door: Door, who: str) -> None:
    answer = door.post(event("hub.term_set", HUB, "x", TERM), who=who)
    assert (answer.status, answer.body["code"]) == (403, "authority.role")


@pytest.mark.parametrize(
    ("type_", "data", "said"),
    [
        ("hub.term_set", TERM | {"ends_on": "2024-12-05"}, "the term ends before it starts"),
        ("hub.renewed", TERM | {"ends_on": "2024-12-05"}, "the term ends before it starts"),
        (
            "hub.budget_allocated",
            {"period": "2026H1", "money": {"amount": "1", "currency": "KRW"}, "on": "2026-01-05"},
            "period",
        ),
    ],
)
def test_what_is_wrong_in_itself_is_refused_with_the_reason(door: Door, type_: str, data: Any, said: str) -> None:
    answer = door.post(event(type_, HUB, "x", data), who="secretariat")
    assert (answer.status, said in str(answer.body)) == (400, True), answer.body
