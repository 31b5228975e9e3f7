"""What is wrong with what is posted: a code that stays, a sentence that says how to mend it, the facts that decided."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.door import Answer, Door, event
from tests.api.half_year import HalfYear, taken


def told(answer: Answer) -> tuple[int, str, str, dict[str, Any]]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status, answer.body["code"], answer.body["detail"], answer.body["facts"]


@pytest.fixture
def half(door: Door) -> HalfYear:
    return HalfYear(door)


def test_a_target_after_its_half_year_began_is_taken_and_flagged(half: HalfYear) -> None:
    half.cases("EU-BRU", 2)
    half.target("HD-04", "60")
    path = "/v1/indicators/HD-04?by=period&period=2025S1"
    (row,) = half.door.get(f"{path}&after={half.position}").body["rows"]
    assert (row["target"], row["late_set"]) == (60, True)
    (view,) = half.door.get("/v1/views/targets").body["rows"]
    assert (view["code"], view["late"]) == ("HD-04", True)


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        (
            {"EU-BRU": "0.333333", "AS-SIN": "0.666666"},
            "shares sum to exactly 1, not 0.999999; the difference is 0.000001",
        ),
        (
            {"EU-BRU": "0.6", "AS-SIN": "0.400000000001"},
            "shares sum to exactly 1, not 1.000000000001; the difference is -0.000000000001",
        ),
    ],
)
def test_shares_that_miss_one_by_a_rounding(door: Door, shares: dict[str, str], sentence: str) -> None:
    answer = door.post(event("project.credit_shared", "project:1", "1", {"shares": shares}))
    status, code, detail, facts = told(answer)
    assert (status, code, detail) == (400, "event.invalid", f"{sentence} - at `$.data`")
    assert facts == {"path": "$.data", "type": "project.credit_shared"}


def test_an_unknown_currency(door: Door) -> None:
    money = {"money": {"amount": "1", "currency": "XXL"}, "funder": "KR"}
    status, code, detail, facts = told(door.post(event("project.funding_spent", "project:1", "1", money)))
    assert (status, code) == (400, "event.invalid")
    assert detail == "currency is a code of ISO 4217, such as KRW - at `$.data.money`"
    assert facts == {"path": "$.data.money", "type": "project.funding_spent"}


def test_a_rate_missing_on_a_date_and_ten_days_before_leaves_an_amount_out_and_says_so(door: Door) -> None:
    for n, day in enumerate(("03", "14")):
        signed = {"contract_ref": f"k-{n}", "money": {"amount": "100", "currency": "EUR"}}
        at = f"2025-03-{day}T01:00:00Z"
        taken(
            door.post(event("expansion.contract_signed", f"expansion:{n}", str(n), signed, time=at, evidence="ab" * 32))
        )
    rates = {"version": 1, "as_of": "2025-07-01", "source": "BOK", "rates": {"EUR": {"2025-03-03": "1500"}}}
    last = taken(door.post(event("fx.published", "fx:2025S1", "fx", rates, time=None), who="secretariat"))
    (row,) = door.get(f"/v1/indicators/DX-02?after={last.body['position']}").body["rows"]
    assert (row["value"], row["evidence"], row["missing"]) == (150_000, 2, 1)
    amounts = [it["amount"] for it in door.get("/v1/indicators/DX-02/evidence", who="auditor").body["rows"]]
    assert [None if it is None else float(it) for it in amounts] == [150_000, None]


@pytest.mark.parametrize(
    ("type_", "kind", "irregularity"),
    [
        ("case.merged", "case", "case.merge_circle"),
        ("partner.identity_merged", "partner", "partner.merge_circle"),
    ],
)
def test_merges_in_a_circle_are_recorded_and_found(door: Door, type_: str, kind: str, irregularity: str) -> None:
    for n, (one, other) in enumerate((("a", "b"), ("b", "c"), ("c", "a"))):
        last = taken(door.post(event(type_, f"{kind}:{one}", str(n), {"into": other})))
    stream = door.get(f"/v1/streams/{kind}:a?after={last.body['position']}").body
    assert irregularity in [it["code"] for it in stream["irregularities"]]


def test_the_attester_is_not_the_preparer(half: HalfYear) -> None:
    taken(half.open())
    taken(half.cut())
    taken(half.submit("EU-BRU"))
    status, code, detail, facts = told(half.review("EU-BRU", "submission_attested"))
    assert (status, code) == (422, "review.self_attested")
    assert detail == "who prepared a submission does not attest it"
    assert facts.keys() == {"actor"}


def test_an_opinion_on_a_closed_check_and_a_cutoff_in_the_future(half: HalfYear) -> None:
    taken(half.open())
    ahead = half.position + 5
    status, code, detail, facts = told(half.cut(ahead))
    assert (status, code, detail) == (422, "check.cutoff_in_future", "a cut-off lies in what is recorded")
    assert facts == {"position": ahead, "recorded": half.position}
    status, code, detail, facts = told(half.cut(valid="2099-06-30T14:59:59.999999Z"))
    assert (status, code, detail) == (422, "check.cutoff_in_future", "a cut-off lies in what has happened")
    assert facts.keys() == {"valid_cutoff", "now"}
    taken(half.cut())
    half.close()
    status, code, detail, facts = told(half.session("opinion_recorded", {"item": "1", "text_ko": "늦은 의견"}))
    assert (status, code) == (422, "session.check_closed")
    assert detail == "check:2025S1 is over; its next word is a restatement"
    assert facts == {"item": "1", "check": "check:2025S1", "phase": "CLOSED"}
