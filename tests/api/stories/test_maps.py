"""A strategy map is drafted, approved and superseded: late, corrected, voided and planned."""

from __future__ import annotations

from tests.api.stories.telling import S, Story

MAP, NEXT, PROJECT = "map:NST12-AI-1", "map:NST12-AI-2", "project:1"
DRAFT = {"field": "NST12/AI", "edition": 1, "scheme_version": "2024", "title_ko": "인공지능 전략지도"}
LEVEL = {"sub_tech": "AI-1", "country": "BE", "score": "82.5", "unit": "%", "method": "DELPHI", "reference_year": 2024}
APPROVED = {"in_force_from": "2026-05-01", "session": "GRDSC-2026-4"}


def test_what_is_told_of_a_map_decides_which_projects_are_on_it(story: Story) -> None:
    story.tell("EU-BRU", "project.proposed", PROJECT, {"title_ko": "과제", "fields": ["NST12/AI"]}, "2026-03-02")
    story.tell(
        "EU-BRU", "project.partner_joined", PROJECT, {"partner": "p", "role": "JOINT", "country": "BE"}, "2026-03-03"
    )
    story.tell("EU-BRU", "project.launched", PROJECT, {"on": "2026-05-20"}, "2026-05-20")
    level = story.tell(S, "map.level_assessed", MAP, LEVEL, "2026-04-10")
    story.tell(S, "map.coop_type_assigned", MAP, {"sub_tech": "AI-1", "coop_type": "CATCH_UP"}, "2026-04-10")
    assert story.figure("JR-09", "2026S1") == 0
    approved = story.tell(S, "map.approved", MAP, APPROVED, "2026-04-28")
    assert story.irregular("map.approved_undrafted") == [approved]
    assert story.figure("JR-09", "2026S1") == 0, "nobody knows of which field it is"
    drafted = story.tell(S, "map.drafted", MAP, DRAFT, "2026-04-01")
    assert (story.irregular("map.approved_undrafted"), story.figure("JR-09", "2026S1")) == ([], 100), "told late"
    row, state = story.row("strategy_maps"), story.state(MAP)
    for name, told in (DRAFT | APPROVED | {"status": "approved", "coop_types": {"AI-1": "CATCH_UP"}}).items():
        assert row[name] == state[name] == told, name
    row = story.row("map_levels")
    assert {name: row[name] for name in LEVEL} == LEVEL | {"score": row["score"]}
    assert float(row["score"]) == 82.5
    assert story.row("map_in_force")["first_day"] == "2026-05-01"

    story.correct(S, MAP, level, LEVEL | {"country": "DE"})
    assert (story.row("map_levels")["country"], story.figure("JR-09", "2026S1")) == ("DE", 0), "no partner is German"
    story.correct(S, MAP, level, LEVEL)
    story.correct(S, MAP, approved, APPROVED | {"in_force_from": "2026-05-21"})
    assert (story.row("map_in_force")["first_day"], story.figure("JR-09", "2026S1")) == ("2026-05-21", 0)
    story.void(S, MAP, approved)
    assert (story.row("strategy_maps")["status"], story.rows("map_in_force")) == ("drafted", [])
    story.correct(S, MAP, approved, APPROVED)
    assert story.figure("JR-09", "2026S1") == 100, "a correction reinstates what was void"
    after = story.tell(S, "map.level_assessed", MAP, LEVEL | {"country": "FR"}, "2026-05-10")
    assert story.irregular("map.changed_after_approval") == [after]
    story.void(S, MAP, after)
    assert story.irregular("map.changed_after_approval") == []
    story.void(S, MAP, drafted)
    assert story.state(MAP)["field"] is None


def test_the_next_edition_takes_its_place_by_itself_on_its_day(story: Story) -> None:
    for name, edition, country in ((MAP, 1, "BE"), (NEXT, 2, "DE")):
        story.tell(S, "map.drafted", name, DRAFT | {"edition": edition}, "2026-04-01")
        story.tell(S, "map.level_assessed", name, LEVEL | {"country": country}, "2026-04-10")
    story.tell(S, "map.approved", MAP, APPROVED, "2026-04-28")
    story.tell(S, "map.approved", NEXT, APPROVED | {"in_force_from": "2026-06-10"}, "2026-06-01")
    over = story.tell(S, "map.superseded", MAP, {"on": "2026-06-10", "by": "NST12-AI-2"}, "2026-06-01")
    assert story.planned() == ["map.approved", "map.superseded"]
    assert [it["status"] for it in story.rows("strategy_maps")] == ["approved", "drafted"]
    assert [it["edition"] for it in story.rows("map_in_force", "valid=2026-06-10")] == [1, 2]
    story.now("2026-06-12")
    assert story.planned() == []
    rows = story.rows("strategy_maps")
    assert [(it["status"], it["in_force_to"], it["superseded_by"]) for it in rows] == [
        ("superseded", "2026-06-10", "NST12-AI-2"), ("approved", None, None),
    ]  # fmt: skip
    assert story.state(MAP)["superseded_by"] == "NST12-AI-2"
    for name, country, on in (("project:BE", "BE", "2026-06-09"), ("project:DE", "DE", "2026-06-10")):
        story.tell("EU-BRU", "project.proposed", name, {"title_ko": "과제", "fields": ["NST12/AI"]}, "2026-03-02")
        story.tell(
            "EU-BRU",
            "project.partner_joined",
            name,
            {"partner": "p", "role": "JOINT", "country": country},
            "2026-03-03",
        )
        story.tell("EU-BRU", "project.launched", name, {"on": on}, on)
    assert story.figure("JR-09", "2026S1") == 100, "each by the edition of its day"
    story.correct(S, MAP, over, {"on": "2026-06-08", "by": "NST12-AI-2"})
    assert story.figure("JR-09", "2026S1") == 50, "on the day before the next none was in force"
    story.void(S, MAP, over)
    (position,) = story.irregular("map.two_in_force")
    assert story.row("effective", position=position)["stream"] == NEXT
    ahead = {"sub_tech": "AI-1", "coop_type": "CATCH_UP"}
    assert story.refused(S, "map.coop_type_assigned", NEXT, ahead, "2026-06-20")[0] == "time.future"
