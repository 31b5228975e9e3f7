"""A hub is transferred, works by a calendar, and is suspended: late, corrected, voided and planned."""

from __future__ import annotations

from tests.api.stories.telling import S, Story

HUB = "hub:EU-BRU"
WEEK = [{"weekday": day, "opens": "09:00", "closes": "17:00"} for day in range(1, 6)]


def test_a_transfer_moves_figures_to_the_ministry_and_region_of_the_end_of_the_half_year(story: Story) -> None:
    story.tell("EU-BRU", "case.opened", "case:1", {"topic": "visa"}, "2026-03-02")
    assert story.figure("HD-01", "2026S1", ministry="MSIT") == 1
    before = story.told
    moved = {"ministry": "MOTIE", "decision_ref": "MSIT-2026-7"}
    late = story.tell(S, "hub.transferred", HUB, moved, "2026-04-01")
    assert (story.figure("HD-01", "2026S1", ministry="MOTIE"), story.figure("HD-01", "2026S1", ministry="MSIT")) == (
        1,
        None,
    )
    row = story.row("hubs", hub="EU-BRU")
    assert (row["ministry"], row["transfer_ref"]) == ("MOTIE", "MSIT-2026-7")
    assert story.row("hubs", f"known={before}", hub="EU-BRU")["ministry"] == "MSIT"
    assert story.row("hubs", "valid=2026-03-31", hub="EU-BRU")["ministry"] == "MSIT"

    story.correct(S, HUB, late, {"region": "ASIA", "decision_ref": "MSIT-2026-8"})
    assert (story.figure("HD-01", "2026S1", ministry="MSIT"), story.figure("HD-01", "2026S1", region="ASIA")) == (1, 1)
    state = story.state(HUB)
    assert (state["ministry"], state["region"], state["transfer_ref"]) == ("MSIT", "ASIA", "MSIT-2026-8")
    tower = story.rows("control_tower", period="2026S1", code="HD-01", level="region")
    assert {it["key"]: it["value"] for it in tower if it["evidence"]} == {"ASIA": 1}

    story.void(S, HUB, late)
    assert story.figure("HD-01", "2026S1", region="EUROPE") == 1
    assert story.refused(S, "hub.transferred", HUB, moved, "2026-06-02")[0] == "time.future", "it is never planned"


def test_a_calendar_that_is_told_late_gives_the_hub_its_clocks(story: Story) -> None:
    story.tell("EU-BRU", "case.opened", "case:1", {"topic": "visa"}, "2026-05-29T14:00:00Z")
    story.tell("EU-BRU", "case.first_response_sent", "case:1", {}, "2026-06-01T01:00:00Z")
    story.now("2026-06-02")
    story.tell("EU-BRU", "case.first_response_sent", "case:1", {}, "2026-06-01T08:00:00Z")
    assert story.figure("HD-02", "2026S1") is None
    adopted = story.tell(S, "hub.calendar_adopted", HUB, {"calendar": "BE", "calendar_version": 1}, "2026-01-01")
    assert story.irregular("hub.calendar_unknown") == [adopted]
    covers = {"covers_from": "2026-01-01", "covers_until": "2026-12-31"}
    hours = {"version": 1, "tz": "UTC", "weekly_open": WEEK, "source": "x", **covers}
    story.tell(S, "calendar.published", "calendar:BE", hours, "2026-06-02")
    assert story.irregular("hub.calendar_unknown") == []
    row = story.row("hubs", hub="EU-BRU")
    assert (row["calendar"], row["calendar_version"]) == ("BE", 1)
    assert story.figure("HD-02", "2026S1") == 180, "Friday from 14:00 to 17:00; on Monday nobody works before 9:00"
    story.correct(S, HUB, adopted, {"calendar": "BE", "calendar_version": 2})
    assert (story.figure("HD-02", "2026S1"), story.irregular("hub.calendar_unknown")) == (None, [adopted])
    story.void(S, HUB, adopted)
    assert story.state(HUB)["calendar"] is None
    assert story.irregular("hub.calendar_unknown") == []
    story.tell(S, "hub.functions_changed", HUB, {"functions": ["HELPDESK", "EXCHANGE"]}, "2026-05-01")
    assert story.row("hubs", hub="EU-BRU")["functions"] == story.state(HUB)["functions"] == ["HELPDESK", "EXCHANGE"]
    assert story.row("hubs", "valid=2026-04-30", hub="EU-BRU")["functions"] == []


def test_a_suspension_begins_by_itself_on_its_day_and_work_behind_it_is_irregular(story: Story) -> None:
    planned = story.tell(S, "hub.suspended", HUB, {"on": "2026-06-10", "reason": "감사 결과"}, "2026-06-01")
    assert (story.planned(), story.state(HUB)["status"]) == (["hub.suspended"], "designated")
    story.now("2026-06-11")
    row, state = story.row("hubs", hub="EU-BRU"), story.state(HUB)
    assert (row["status"], row["since"], row["reason"]) == ("suspended", "2026-06-10", "감사 결과")
    assert (state["status"], state["since"], state["reason"]) == ("suspended", "2026-06-10", "감사 결과")
    work = story.tell("EU-BRU", "case.opened", "case:1", {"topic": "visa"}, "2026-06-11")
    late = story.tell("EU-BRU", "case.opened", "case:2", {"topic": "visa"}, "2026-06-09")
    assert story.irregular("hub.work_on_suspended") == [work], "what was done before it is told late, and in order"
    assert late > work

    story.correct(S, HUB, planned, {"on": "2026-06-12", "reason": "감사 결과"})
    assert (story.irregular("hub.work_on_suspended"), story.planned()) == ([], ["hub.suspended"])
    over = story.tell(S, "hub.reinstated", HUB, {"on": "2026-06-14", "reason": "시정 완료"}, "2026-06-11")
    story.now("2026-06-13")
    assert story.row("hubs", hub="EU-BRU")["status"] == "suspended"
    story.now("2026-06-14")
    assert story.row("hubs", hub="EU-BRU")["reason"] == story.state(HUB)["reason"] == "시정 완료"
    story.void(S, HUB, over)
    assert story.state(HUB)["status"] == "suspended"
    story.void(S, HUB, planned)
    row = story.row("hubs", hub="EU-BRU")
    assert (row["status"], row["since"], row["reason"]) == ("designated", "2024-12-06", None)
