"""A researcher stays abroad: late, corrected and voided; of a stay only its planned days are told ahead."""

from __future__ import annotations

import pytest

from tests.api.stories.telling import Story

STAY, NEXT = "exchange:1", "exchange:2"
NOMINATED = {
    "direction": "OUTBOUND", "person": "p-000000000000000000000001", "from_org": "KAIST", "to_org": "IMEC",
    "country": "BE", "field": "NST12/AI", "project": "1", "purpose": "공동연구",
    "planned_from": "2026-03-02", "planned_until": "2026-05-29",
}  # fmt: skip
MONTH = 30.4375


def test_a_stay_counts_by_its_days_whenever_they_are_told(story: Story) -> None:
    story.tell("EU-BRU", "exchange.nominated", STAY, NOMINATED, "2026-02-02")
    departed = story.tell("EU-BRU", "exchange.departed", STAY, {"on": "2026-03-01"}, "2026-03-01")
    assert story.irregular("exchange.departed_unaccepted") == [departed]
    story.tell("EU-BRU", "exchange.accepted", STAY, {"by": "IMEC"}, "2026-02-20")
    assert story.irregular("exchange.departed_unaccepted") == [], "told late"
    arrived = story.tell("EU-BRU", "exchange.arrived", STAY, {"on": "2026-03-02", "approval_ref": "N-1"}, "2026-06-01")
    assert story.irregular("hub.fact_day_disagrees") == [arrived]
    returned = story.tell("EU-BRU", "exchange.returned", STAY, {"on": "2026-05-29"}, "2026-05-29")
    assert story.figure("EX-01", "2026S1") == pytest.approx(89 / MONTH)
    assert story.figure("EX-01", "2026S1", country="BE") == story.figure("EX-01O", "2026S1")
    row, state = story.row("exchanges"), story.state(STAY)
    shown = {"until": "2026-05-29", "accepted_by": "IMEC", "approval_ref": "N-1", "arrived_on": "2026-03-02"}
    told = {name: it for name, it in NOMINATED.items() if name != "planned_until"} | shown | {"status": "returned"}
    assert {name: row[name] for name in told} == {name: state[name] for name in told} == told

    story.correct("EU-BRU", STAY, returned, {"on": "2026-05-31"}, occurred_at="2026-05-31T01:00:00Z")
    assert story.figure("EX-01", "2026S1") == pytest.approx(91 / MONTH)
    story.correct("EU-BRU", STAY, arrived, {"on": "2026-06-01"})
    assert story.irregular("exchange.returned_before_arrival") == [returned]
    story.void("EU-BRU", STAY, arrived)
    assert story.figure("EX-01", "2026S1") == pytest.approx(92 / MONTH), "from the departure"
    story.void("EU-BRU", STAY, returned)
    assert story.figure("EX-01", "2026S1") == pytest.approx(93 / MONTH), "until today"
    story.now("2026-06-03")
    assert story.figure("EX-01", "2026S1") == pytest.approx(95 / MONTH)
    for what in ("departed", "arrived", "returned"):
        refused = story.refused("EU-BRU", f"exchange.{what}", NEXT, {"on": "2026-06-10"}, "2026-06-03")
        assert refused == ("date.future", "$.data.on"), "what is planned is told by the nomination"


def test_the_days_that_are_planned_tell_of_two_stays_at_once(story: Story) -> None:
    for name in (STAY, NEXT):
        story.tell("EU-BRU", "exchange.nominated", name, NOMINATED, "2026-02-02")
        story.tell("EU-BRU", "exchange.accepted", name, {}, "2026-02-20")
    story.tell("EU-BRU", "exchange.arrived", STAY, {"on": "2026-03-02"}, "2026-03-02")
    second = story.tell("EU-BRU", "exchange.arrived", NEXT, {"on": "2026-05-30"}, "2026-05-30")
    assert story.irregular("exchange.overlaps") == []
    longer = story.tell("EU-BRU", "exchange.extended", STAY, {"until": "2026-12-31"}, "2026-05-20")
    assert story.irregular("exchange.overlaps") == [second], "a day to come, and it counts"
    assert story.row("exchanges", stream=STAY)["until"] == story.state(STAY)["until"] == "2026-12-31"
    story.correct("EU-BRU", STAY, longer, {"until": "2026-05-30"})
    assert story.irregular("exchange.overlaps") == []
    story.tell("EU-BRU", "exchange.extended", STAY, {"until": "2026-12-31"}, "2026-05-21")
    story.tell("EU-BRU", "exchange.curtailed", STAY, {"until": "2026-05-29"}, "2026-05-22")
    assert story.irregular("exchange.overlaps") == []
    story.tell("EU-BRU", "exchange.nominated", NEXT, NOMINATED | {"direction": "INBOUND"}, "2026-02-03")
    assert story.figure("EX-01I", "2026S1") == pytest.approx(3 / MONTH)


def test_what_came_of_a_stay_is_told_for_years(story: Story) -> None:
    story.tell("EU-BRU", "exchange.nominated", STAY, NOMINATED, "2026-02-02")
    story.tell("EU-BRU", "exchange.accepted", STAY, {}, "2026-02-20")
    story.tell("EU-BRU", "exchange.arrived", STAY, {"on": "2026-03-02"}, "2026-03-02")
    story.tell("EU-BRU", "exchange.returned", STAY, {"on": "2026-05-29"}, "2026-05-29")
    assert story.figure("EX-02", "2026S1") == 0
    recognised = story.tell("EU-BRU", "exchange.outcome_recognised", STAY, {"outcome": "JOINT_PAPER"}, "2026-05-31")
    assert story.figure("EX-02", "2026S1") == 100
    row, state = story.row("exchanges"), story.state(STAY)
    assert (row["status"], row["outcome"]) == (state["status"], state["outcome"]) == ("recognised", "JOINT_PAPER")
    late = story.tell("EU-BRU", "exchange.extended", STAY, {"until": "2026-06-30"}, "2026-06-01")
    assert story.irregular("exchange.changed_after_recognition") == [late]
    story.void("EU-BRU", STAY, recognised)
    assert (story.figure("EX-02", "2026S1"), story.irregular("exchange.changed_after_recognition")) == (0, [])

    story.now("2028-06-15")
    assert story.figure("EX-03", "2028S1") == 0
    output = {"output": "o-1", "kind": "PAPER", "pid": "10.1000/x"}
    story.tell("EU-BRU", "project.output_reported", "project:1", output, "2028-05-02")
    story.tell("EU-BRU", "project.output_verified", "project:1", {"output": "o-1", "method": "DOI"}, "2028-05-20")
    linked = story.tell("EU-BRU", "exchange.output_linked", STAY, {"project": "1", "output": "o-1"}, "2028-06-10")
    assert story.figure("EX-03", "2028S1") == 100, "verified within 24 months, and linked behind them"
    assert story.row("exchanges")["outputs"] == story.state(STAY)["outputs"] == ["1/o-1"]
    story.correct("EU-BRU", STAY, linked, {"project": "1", "output": "o-2"})
    assert story.figure("EX-03", "2028S1") == 0


def test_a_stay_that_is_called_off_does_not_begin(story: Story) -> None:
    story.tell("EU-BRU", "exchange.nominated", STAY, NOMINATED, "2026-02-02")
    story.tell("EU-BRU", "exchange.accepted", STAY, {}, "2026-02-20")
    cancelled = story.tell("EU-BRU", "exchange.cancelled", STAY, {"reason": "비자 불허"}, "2026-02-25")
    row, state = story.row("exchanges"), story.state(STAY)
    assert (row["status"], row["reason"]) == (state["status"], state["reason"]) == ("cancelled", "비자 불허")
    assert story.figure("EX-02", "2026S1") == 0, "what was accepted and is called off has no outcome"
    departed = story.tell("EU-BRU", "exchange.departed", STAY, {"on": "2026-03-01"}, "2026-03-01")
    assert story.irregular("exchange.travelled_after_end") == [departed]
    assert story.state(STAY)["status"] == "departed", "who travels after all is under way"
    story.void("EU-BRU", STAY, cancelled)
    assert (story.irregular("exchange.travelled_after_end"), story.figure("EX-02", "2026S1")) == ([], None)
