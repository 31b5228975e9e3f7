"""Centres are linked and work together: late, corrected, voided and planned."""

from __future__ import annotations

from tests.api.stories.telling import S, Story

HERE, THERE = "centre:EU-BRU", "centre:AS-SIN"
LINK = {"other": "AS-SIN", "kind": "AGREEMENT", "scope": "양자기술", "on": "2026-04-01"}
KOTRA = {
    "name_ko": "KOTRA 브뤼셀무역관",
    "kind": "TRADE_OFFICE",
    "operator": "KOTRA",
    "country": "BE",
    "city": "Brussels",
}


def test_a_link_that_is_told_after_it_was_confirmed_holds_from_its_own_day(story: Story) -> None:
    confirmed = story.tell(
        "AS-SIN", "centre.link_confirmed", THERE, {"other": "EU-BRU", "on": "2026-05-06"}, "2026-05-06"
    )
    assert (story.irregular("centre.confirmed_untold"), story.rows("links")) == ([confirmed], [])
    told = story.tell("EU-BRU", "centre.linked", HERE, LINK, "2026-06-01")
    assert story.irregular("centre.confirmed_untold") == []
    row = story.row("links")
    assert (row["status"], row["since"], row["scope"]) == ("confirmed", "2026-04-01", "양자기술")
    assert story.row("links", "valid=2026-05-05")["status"] == "told"
    assert story.rows("links", "valid=2026-03-31") == []
    assert story.row("network")["confirmed_links"] == 1
    (said,) = story.state(HERE)["links"]
    assert said == LINK | {"said": "linked", "reason": None}

    story.correct("EU-BRU", HERE, told, LINK | {"kind": "FACILITY", "scope": "반도체"})
    row = story.row("links")
    assert (row["status"], row["kind"], row["scope"]) == ("confirmed", "FACILITY", "반도체"), "it confirmed every kind"

    end = {"other": "EU-BRU", "on": "2026-06-10", "reason": "기간 만료"}
    ended = story.tell("AS-SIN", "centre.unlinked", THERE, end, "2026-06-01")
    assert (story.planned(), story.row("links")["status"]) == (["centre.unlinked"], "confirmed")
    story.now("2026-06-10")
    row = story.row("links")
    assert (row["status"], row["ended_on"], row["reason"]) == ("ended", "2026-06-10", "기간 만료")
    assert story.rows("network") == []
    story.void("AS-SIN", THERE, ended)
    assert story.row("links")["status"] == "confirmed"
    story.void("EU-BRU", HERE, told)
    assert (story.rows("links"), story.irregular("centre.confirmed_untold")) == ([], [confirmed])


def test_what_a_centre_does_counts_on_its_day_until_the_centre_is_closed(story: Story) -> None:
    held = {"activity": "KEIF", "kind": "FORUM", "title": "한-EU 포럼", "on": "2026-05-07", "others": ["KOTRA-BRU"]}
    told = story.tell("EU-BRU", "centre.activity_held", HERE, held, "2026-05-07")
    assert story.irregular("centre.linked_unregistered") == [told]
    story.tell(S, "centre.registered", "centre:KOTRA-BRU", KOTRA, "2026-06-01")
    assert (story.irregular("centre.linked_unregistered"), story.figure("NW-02", "2026S1")) == ([], 1)
    row = story.row("joint_activities")
    assert (row["activity"], row["kind"], row["title"], row["on"]) == ("KEIF", "FORUM", "한-EU 포럼", "2026-05-07")
    assert story.state(HERE)["activities"]["KEIF"]["others"] == row["others"] == ["KOTRA-BRU"]

    story.correct("EU-BRU", HERE, told, held | {"on": "2025-12-30"}, occurred_at="2025-12-30T01:00:00Z")
    assert (story.figure("NW-02", "2026S1"), story.figure("NW-02", "2025S2")) == (0, 1), "it was in the year before"
    story.correct("EU-BRU", HERE, told, held | {"on": "2026-03-07"})
    assert story.irregular("hub.fact_day_disagrees") == [told], "the day is mended, and the time is not"
    story.void("EU-BRU", HERE, told)
    assert (story.figure("NW-02", "2026S1"), story.rows("joint_activities")) == (0, [])
    ahead = held | {"on": "2026-06-10"}
    assert story.refused("EU-BRU", "centre.activity_held", HERE, ahead, "2026-06-01") == ("date.future", "$.data.on")

    closed = story.tell(S, "centre.closed", "centre:KOTRA-BRU", {"on": "2026-06-05", "reason": "통합"}, "2026-06-01")
    own = {"other": "EU-BRU", "kind": "AGREEMENT", "scope": "AI", "on": "2026-06-08"}
    story.now("2026-06-08")
    after = story.tell(S, "centre.linked", "centre:KOTRA-BRU", own, "2026-06-08")
    assert story.irregular("centre.worked_after_closing") == [after]
    row = story.row("centres", centre="KOTRA-BRU")
    assert (row["status"], row["closed_on"], row["closed_for"]) == ("closed", "2026-06-05", "통합")
    story.correct(S, "centre:KOTRA-BRU", closed, {"on": "2026-06-30", "reason": "통합"})
    assert (story.irregular("centre.worked_after_closing"), story.planned()) == ([], ["centre.closed"])
    assert (
        story.row("centres", centre="KOTRA-BRU")["status"] == story.state("centre:KOTRA-BRU")["status"] == "registered"
    )


def test_a_share_that_a_hub_declines_makes_no_pair_and_why_is_for_whom_it_concerns(story: Story) -> None:
    story.tell(
        "EU-BRU", "project.credit_shared", "project:1", {"shares": {"EU-BRU": "0.5", "AS-SIN": "0.5"}}, "2026-05-04"
    )
    launched = story.tell("EU-BRU", "project.launched", "project:1", {"on": "2026-05-04"}, "2026-05-04")
    assert story.figure("NW-02", "2026S1") == 1
    no = {"subject": "project:1", "accepts": False, "on": "2026-05-10", "reason": "참여하지 않음"}
    declined = story.tell("AS-SIN", "centre.answered", THERE, no, "2026-06-01")
    assert story.figure("NW-02", "2026S1") == 0
    (irregular,) = story.irregular("project.credit_declined")
    assert irregular < launched
    (row,) = story.rows("centre_answers", who="EU-BRU")
    assert (row["accepts"], row["on"], row["reason"]) == (False, "2026-05-10", "참여하지 않음")
    (row,) = story.rows("centre_answers", who="analyst")
    assert (row["accepts"], row["reason"]) == (False, None)
    story.correct("AS-SIN", THERE, declined, no | {"subject": "project:2"})
    assert (story.figure("NW-02", "2026S1"), story.irregular("project.credit_declined")) == (1, [])
    assert story.irregular("centre.answered_unconcerned") == [declined]
    story.void("AS-SIN", THERE, declined)
    assert (story.rows("centre_answers"), story.state(THERE)["answers"]) == ([], {})
    ahead = story.tell("AS-SIN", "centre.answered", THERE, no | {"on": "2026-06-10"}, "2026-06-01")
    assert (story.planned(), story.figure("NW-02", "2026S1")) == (["centre.answered"], 1)
    story.now("2026-06-10")
    assert (story.planned(), story.figure("NW-02", "2026S1")) == ([], 0)
    assert story.row("centre_answers")["position"] == ahead


def test_a_referral_is_due_on_its_day_and_counts_unless_it_is_declined(story: Story) -> None:
    story.tell("EU-BRU", "case.opened", "case:1", {"topic": "visa"}, "2026-05-04")
    due = {"body": "AS-SIN", "due_on": "2026-06-05"}
    referred = story.tell("EU-BRU", "case.referred", "case:1", due, "2026-05-28")
    row = story.row("deadlines")
    assert (row["subject"], row["owes"], row["due_on"], row["overdue"]) == ("case:1", "referral", "2026-06-05", False)
    assert (story.figure("NW-02", "2026S1"), story.row("network")["referrals"]) == (1, 1)
    story.correct("EU-BRU", "case:1", referred, due | {"due_on": "2026-05-29"})
    assert story.row("deadlines")["overdue"] is True
    no = {"subject": "case:1", "accepts": False, "on": "2026-06-01", "reason": "소관 아님"}
    declined = story.tell("AS-SIN", "centre.answered", THERE, no, "2026-06-01")
    assert (story.irregular("case.referral_declined"), story.figure("NW-02", "2026S1")) == ([referred], 0)
    assert story.rows("deadlines") == [], "who declined has answered"
    story.correct("AS-SIN", THERE, declined, {"subject": "case:1", "accepts": True, "on": "2026-06-01"})
    assert (story.irregular("case.referral_declined"), story.figure("NW-02", "2026S1")) == ([], 1)
    story.void("EU-BRU", "case:1", referred)
    assert (story.rows("deadlines"), story.rows("network"), story.state("case:1")["status"]) == ([], [], "open")
    assert story.irregular("centre.answered_unconcerned") == [declined]


def test_a_case_that_is_referred_again_counts_by_the_answer_to_each_referral(story: Story) -> None:
    story.tell("EU-BRU", "case.opened", "case:1", {"topic": "visa"}, "2025-12-01")
    story.tell("EU-BRU", "case.referred", "case:1", {"body": "AS-SIN"}, "2025-12-02")
    no = {"subject": "case:1", "accepts": False, "on": "2025-12-02", "reason": "소관 아님"}
    refused = story.tell("AS-SIN", "centre.answered", THERE, no, "2025-12-03")
    assert (story.figure("NW-02", "2025S2"), story.rows("network")) == (0, [])
    again = story.tell("EU-BRU", "case.referred", "case:1", {"body": "AS-SIN"}, "2026-03-02")
    assert (story.figure("NW-02", "2025S2"), story.figure("NW-02", "2026S1")) == (0, 1)
    assert story.row("network")["referrals"] == 1
    second = no | {"on": "2026-03-02"}
    declined = story.tell("AS-SIN", "centre.answered", THERE, second, "2026-03-03")
    assert (story.figure("NW-02", "2026S1"), story.irregular("case.referral_declined")) == (0, [again])
    story.void("AS-SIN", THERE, refused)
    assert (story.figure("NW-02", "2025S2"), story.figure("NW-02", "2026S1")) == (1, 0)
    story.void("AS-SIN", THERE, declined)
    assert (story.figure("NW-02", "2025S2"), story.figure("NW-02", "2026S1")) == (1, 1)


def test_an_activity_that_two_tell_for_two_days_counts_once_and_not_of_who_denies_it(story: Story) -> None:
    held = {"activity": "KEIF", "kind": "FORUM", "title": "한-EU 포럼", "on": "2025-12-31", "others": ["AS-SIN"]}
    first = story.tell("EU-BRU", "centre.activity_held", HERE, held, "2025-12-31")
    also = held | {"on": "2026-01-02", "others": ["EU-BRU"]}
    later = story.tell("AS-SIN", "centre.activity_held", THERE, also, "2026-01-02")
    assert (story.figure("NW-02", "2025S2"), story.figure("NW-02", "2026S1")) == (1, 0)
    assert (story.irregular("centre.activity_days_differ"), story.row("network")["activities"]) == ([later], 1)
    story.correct("EU-BRU", HERE, first, held | {"on": "2026-01-02"}, occurred_at="2026-01-02T01:00:00Z")
    assert (story.figure("NW-02", "2025S2"), story.figure("NW-02", "2026S1")) == (0, 1)
    assert story.irregular("centre.activity_days_differ") == []

    story.void("AS-SIN", THERE, later)
    no = {"other": "EU-BRU", "activity": "KEIF", "on": "2026-01-02", "reason": "참석하지 않음"}
    denied = story.tell("AS-SIN", "centre.activity_declined", THERE, no, "2026-05-06")
    assert (story.figure("NW-02", "2026S1"), story.rows("network")) == (0, [])
    assert story.irregular("centre.activity_disputed") == [first]
    assert story.row("joint_activities")["declined_by"] == ["AS-SIN"]
    row = story.row("activity_denials")
    assert (row["centre"], {name: row[name] for name in no}) == ("AS-SIN", no)
    assert story.state(THERE)["denials"] == [no | {"type": "centre.activity_declined"}]
    story.correct("AS-SIN", THERE, denied, no | {"activity": "another"})
    assert (story.figure("NW-02", "2026S1"), story.irregular("centre.activity_disputed")) == (1, [])
    assert story.irregular("centre.activity_declined_untold") == [denied]
    story.void("AS-SIN", THERE, denied)
    assert (story.rows("activity_denials"), story.irregular("centre.activity_declined_untold")) == ([], [])
    story.tell("AS-SIN", "centre.activity_declined", THERE, no | {"on": "2026-06-10"}, "2026-06-01")
    assert (story.planned(), story.figure("NW-02", "2026S1")) == (["centre.activity_declined"], 1)
    story.now("2026-06-10")
    assert (story.planned(), story.figure("NW-02", "2026S1")) == ([], 0)
    for itself in ("as-sin", "centre:AS-SIN"):
        told = no | {"other": itself}
        assert story.refused("AS-SIN", "centre.activity_declined", THERE, told, "2026-06-01")[0] == "link.itself"


def test_a_link_that_nobody_told_of_does_not_end(story: Story) -> None:
    over = {"other": "EU-BRU", "on": "2026-05-06", "reason": "기간 만료"}
    ended = story.tell("AS-SIN", "centre.unlinked", THERE, over, "2026-05-06")
    assert (story.irregular("centre.ended_untold"), story.rows("links")) == ([ended], [])
    told = story.tell("EU-BRU", "centre.linked", HERE, LINK, "2026-06-01")
    assert (story.irregular("centre.ended_untold"), story.row("links")["status"]) == ([], "ended")
    story.correct("EU-BRU", HERE, told, LINK | {"on": "2026-05-20"})
    assert (story.irregular("centre.ended_untold"), story.row("links")["status"]) == ([ended], "told")
