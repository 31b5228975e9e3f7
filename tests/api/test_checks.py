"""What the door does not take in a half-year check, and what it tells of one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.door import Door
from tests.api.half_year import HUBS, HalfYear, code, taken


@pytest.fixture
def half(door: Door) -> HalfYear:
    it = HalfYear(door)
    for hub in HUBS:
        it.cases(hub, 4)
    taken(it.open())
    return it


@pytest.mark.parametrize(
    ("cutoff", "refusal"),
    [
        ({"valid_cutoff": "2099-06-30T14:59:59.999999Z"}, "check.cutoff_in_future"),
        ({"position": 10_000}, "check.cutoff_in_future"),
        ({"valid_cutoff": "2025-06-30T15:00:00Z"}, "check.cutoff_outside"),
        ({"valid_cutoff": "2025-06-30T23:59:59+09:00"}, "event.invalid"),
    ],
)
def test_a_cutoff_lies_in_the_half_year_and_in_what_is_recorded(
    half: HalfYear, cutoff: dict[str, Any], refusal: str
) -> None:
    refused = half.check("cutoff_fixed", {"valid_cutoff": "2025-06-30T14:00:00Z", "position": half.position} | cutoff)
    assert code(refused) == refusal


def test_a_cutoff_does_not_go_back(half: HalfYear) -> None:
    taken(half.cut())
    assert code(half.cut(half.position - 3)) == "check.cutoff_backwards"


def test_nobody_types_a_total(half: HalfYear) -> None:
    before = half.review("EU-BRU", "submission_made", {"figures_digest": "ab" * 32})
    assert code(before) == "review.check_phase", "before the cut-off there is nothing to hand in"
    taken(half.cut())
    own = half.figures("EU-BRU")
    typed = half.review("EU-BRU", "submission_made", {"figures_digest": "ab" * 32, "cutoff": own["position"]})
    assert (code(typed), typed.body["facts"]) == (
        "review.other_figures",
        {"figures_digest": "ab" * 32, "computed": own["digest"]},
    )
    others = half.figures("AS-SIN")["digest"]
    assert code(half.review("EU-BRU", "submission_made", {"figures_digest": others, "cutoff": own["position"]}))
    assert code(half.review("EU-BRU", "submission_made", {"figures_digest": own["digest"]})) == "review.other_cutoff"
    batch = half.door.post(
        [
            {
                "specversion": "1.0", "source": "t", "id": "b", "type": "review.submission_made",
                "subject": "review:2025S1-EU-BRU", "data": {"figures_digest": "cd" * 32, "cutoff": own["position"]},
            }
        ],
        who="EU-BRU",
    )  # fmt: skip
    assert batch.body["results"][0]["problem"]["code"] == "review.other_figures"


def test_a_dispute_is_a_correction_and_a_cutoff_further_on(half: HalfYear) -> None:
    taken(half.cut())
    taken(half.submit("EU-BRU"))
    first = half.figures("EU-BRU")
    half.cases("EU-BRU", 1)
    assert half.figures("EU-BRU") == first, "what comes after the cut-off does not count"
    taken(half.cut())
    assert code(half.review("EU-BRU", "submission_attested", who="EU-BRU/2")) == "review.other_cutoff"
    taken(half.review("EU-BRU", "submission_returned", {"points": ["the cut-off moved on"]}, who="secretariat"))
    taken(half.submit("EU-BRU"))
    taken(half.review("EU-BRU", "submission_attested", who="EU-BRU/2"))
    (standing,) = [it for it in half.standing["hubs"] if it["hub"] == "EU-BRU"]
    assert standing["figures_digest"] == half.figures("EU-BRU")["digest"] != first["digest"]
    assert (standing["review"]["submissions"], standing["review"]["returns"]) == (2, 1)


def test_four_eyes(half: HalfYear) -> None:
    taken(half.cut())
    taken(half.submit("EU-BRU"))
    assert code(half.review("EU-BRU", "submission_attested")) == "review.self_attested"
    assert code(half.review("EU-BRU", "submission_attested", who="AS-SIN")) == "authority.not_yours"
    assert code(half.review("EU-BRU", "submission_attested", who="secretariat")) == "review.not_yours"
    taken(half.review("EU-BRU", "submission_attested", who="EU-BRU/2"))
    taken(half.check("verification_started"))
    assert code(half.review("EU-BRU", "verification_started", who="EU-BRU")) == "review.not_yours"
    taken(half.review("EU-BRU", "verification_started", who="verifier"))
    other = half.review("EU-BRU", "sample_drawn", half.draw("EU-BRU"), who="secretariat")
    assert code(other) == "review.not_the_verifier"


def test_a_sample_is_the_one_that_anybody_draws(half: HalfYear) -> None:
    taken(half.cut())
    taken(half.submit("EU-BRU"))
    taken(half.review("EU-BRU", "submission_attested", who="EU-BRU/2"))
    taken(half.check("verification_started"))
    taken(half.review("EU-BRU", "verification_started", who="verifier"))
    drawn = half.draw("EU-BRU")
    assert drawn == half.draw("EU-BRU")
    cases = half.door.get("/v1/events?type=case.opened&hub=AS-SIN").body["events"]
    chosen = {**drawn, "positions": [it["position"] for it in cases[:3]]}
    refused = half.review("EU-BRU", "sample_drawn", chosen, who="verifier")
    assert (code(refused), refused.body["facts"]["positions"]) == ("review.other_sample", drawn["positions"])
    unreadable = half.review("EU-BRU", "sample_drawn", {**drawn, "population": "DROP TABLE event"}, who="verifier")
    assert code(unreadable) == "review.no_population"
    assert code(half.review("EU-BRU", "sample_drawn", {**drawn, "position": 10_000}, who="verifier")) == (
        "review.sample_in_future"
    )
    taken(half.review("EU-BRU", "sample_drawn", drawn, who="verifier"))
    outside = {"position": 1, "result": "AGREES"}
    assert code(half.review("EU-BRU", "sample_item_tested", outside, who="verifier")) == "review.not_in_the_sample"
    unfinished = half.review("EU-BRU", "submission_verified", {"opinion": "CLEAN"}, who="verifier")
    assert code(unfinished) == "review.sample_untested"


@pytest.mark.parametrize("query", ["population=SELECT%201&seed=7", "seed=7", "population=SELECT%201%20AS%20position"])
def test_a_sample_needs_a_query_of_positions_and_a_seed(half: HalfYear, query: str) -> None:
    assert code(half.door.get(f"/v1/sample?{query}", who="auditor")) == "query.invalid"


def test_a_closed_check_takes_no_opinion_no_finding_no_submission(half: HalfYear) -> None:
    taken(half.cut())
    half.close()
    opinion = half.session("opinion_recorded", {"item": "1", "text_ko": "늦은 의견"})
    assert code(opinion) == "session.check_closed"
    elements = {"criteria": "a", "condition": "b", "cause": "c", "effect": "d", "severity": "LOW"}
    assert code(half.act("finding.raised", "finding:2025S1-EU-BRU-1", elements)) == "finding.check_closed"
    assert code(half.cut()) == "check.out_of_turn"
    assert code(half.check("opinion_received")) == "check.out_of_turn"


def test_an_edition_says_what_is_computed(half: HalfYear) -> None:
    open_ = half.door.ask("POST", "/v1/editions/2025S1", {}, who="secretariat")
    assert code(open_) == "check.out_of_turn"
    taken(half.cut())
    half.close()
    for who in ("EU-BRU", "auditor", "operator"):
        assert half.door.ask("POST", "/v1/editions/2025S1", {}, who=who).status == 403
    standing = half.standing
    key = {
        "period": "2025S1", "valid_cutoff": standing["valid_cutoff"], "position": standing["position"],
        "checkpoint": None, "calendars": {}, "slas": {}, "fx": {}, "schemes": {}, "indicators": {"HD-01": 1},
    }  # fmt: skip
    made_up = half.check("edition_published", {"key": key, "digest": "ab" * 32})
    assert code(made_up) == "check.other_edition"
    edition = half.publish()
    assert code(half.check("edition_published", {"key": edition["key"], "digest": edition["digest"]})) == (
        "check.same_edition"
    )
    assert code(half.check("edition_published", {"key": edition["key"], "digest": "ab" * 32})) == "check.figures_differ"
    assert code(half.door.get("/v1/editions/2025S1/2")) == "edition.none"
    assert code(half.door.get("/v1/checks/2024S2")) == "edition.none"
    assert code(half.door.ask("POST", "/v1/editions/2025S1", {"n": 2}, who="secretariat")) == "body.invalid"


def test_who_proposed_a_restatement_does_not_approve_it(half: HalfYear) -> None:
    taken(half.cut())
    half.close()
    half.publish()
    taken(half.check("restatement_proposed", {"edition": 1, "reason": "final figures"}))
    assert code(half.check("restatement_approved")) == "check.self_approved"
    assert code(half.check("restatement_proposed", {"edition": 1, "reason": "again"})) == "check.proposal_pending"
    taken(half.check("restatement_rejected", {"reason": "not now"}, who="verifier"))
    assert half.publish()["edition"] == "2025S1/1"


@pytest.mark.parametrize(
    "wish",
    [{"position": 0}, {"valid_cutoff": "2025-06-30T14:59:59"}, {"valid_cutoff": "2025-06-30T23:00:00+09:00"}],
)
def test_up_to_when_a_restatement_counts_is_a_position_and_a_moment_in_utc(
    half: HalfYear, wish: dict[str, Any]
) -> None:
    answer = half.door.ask("POST", "/v1/editions/2025S1", wish, who="secretariat")
    assert (answer.status, answer.body["code"]) == (400, "body.invalid")


def test_the_check_tells_each_hub_what_it_owes(half: HalfYear) -> None:
    def owed(hub: str) -> list[tuple[Any, ...]]:
        (mine,) = [it["owes"] for it in half.standing["hubs"] if it["hub"] == hub]
        return [(it["owes"], it["subject"], it["due_on"], it["overdue"]) for it in mine]

    assert owed("EU-BRU") == [("submission", "review:2025S1-EU-BRU", "2025-07-15", True)]
    taken(half.cut())
    taken(half.submit("EU-BRU"))
    assert owed("EU-BRU") == [("attestation", "review:2025S1-EU-BRU", "2025-07-15", True)]
    taken(half.review("EU-BRU", "submission_attested", who="EU-BRU/2"))
    elements = {"criteria": "a", "condition": "b", "cause": "c", "effect": "d", "severity": "LOW"}
    finding = "finding:2025S1-EU-BRU-1"
    taken(half.act("finding.raised", finding, elements))
    assert owed("EU-BRU") == [("response", finding, None, False)]
    taken(half.act("finding.response_received", finding, {"text": "agreed", "agrees": True}, who="EU-BRU"))
    taken(half.act("finding.action_agreed", finding, {"action": "x", "due_on": "2099-01-01", "owner": "c-1"}))
    assert owed("EU-BRU") == [("action", finding, "2099-01-01", False)]
    assert owed("AS-SIN")[0][0] == "submission"
    view = half.door.get("/v1/views/deadlines?where=hub=EU-BRU", who="EU-BRU").body["rows"]
    assert [(it["owes"], it["due_on"]) for it in view] == [("action", "2099-01-01")]


def test_an_open_action_is_carried_over_to_the_next_check(half: HalfYear) -> None:
    elements = {"criteria": "a", "condition": "b", "cause": "c", "effect": "d", "severity": "HIGH"}
    finding = "finding:2025S1-AS-SIN-1"
    taken(half.act("finding.raised", finding, elements))
    taken(half.act("finding.response_received", finding, {"text": "agreed", "agrees": True}, who="AS-SIN"))
    taken(half.act("finding.action_agreed", finding, {"action": "x", "due_on": "2099-01-01", "owner": "c-1"}))
    taken(half.cut())
    half.close()
    following = HalfYear(half.door, "2025S2")
    taken(following.open())
    standing = following.standing
    assert [(it["stream"], it["status"]) for it in standing["carried_over"]] == [(finding, "action_agreed")]
    (owes,) = [it["owes"] for it in standing["hubs"] if it["hub"] == "AS-SIN"]
    assert ("action", "2025S1") in [(it["owes"], it["period"]) for it in owes]
    taken(half.act("finding.action_reported", finding, {"text": "done"}, who="AS-SIN"))
    taken(half.act("finding.action_verified", finding, {}))
    taken(half.act("finding.closed", finding))
    assert following.standing["carried_over"] == []


def test_a_check_is_shown_as_it_was_known(half: HalfYear) -> None:
    before = half.position
    taken(half.cut())
    assert half.standing["status"] == "SUBMISSION"
    then = half.door.get(f"/v1/checks/2025S1?known={before}").body
    assert (then["status"], then["position"], then["hubs"][0]["figures_digest"]) == ("OPEN", None, None)
    assert half.door.get("/v1/checks").body["checks"][0]["status"] == "SUBMISSION"
    assert code(half.door.get("/v1/checks/2025S1/figures?hub=US-NYC")) == "edition.none"
