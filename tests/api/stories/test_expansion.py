"""A company is helped abroad: late, corrected and voided; nothing of it can be planned."""

from __future__ import annotations

from tests.api.stories.telling import Story

CASE = "expansion:1"
COMPANY = {"company": "kr-1", "target_countries": ["VN", "DE"]}
ENTITY = {"country": "VN", "on": "2026-04-20"}


def test_a_company_is_enrolled_late_and_counts_once_for_all_that_helped_it(story: Story) -> None:
    early = story.tell(
        "EU-BRU", "expansion.support_delivered", CASE, {"service": "LEGAL", "hours": "2.5"}, "2026-05-02"
    )
    assert story.irregular("expansion.supported_unenrolled") == [early]
    other = {"service": "PATENT"}
    story.tell("AS-SIN", "expansion.company_enrolled", "expansion:2", COMPANY, "2026-05-03")
    story.tell("AS-SIN", "expansion.support_delivered", "expansion:2", other, "2026-05-04")
    assert story.figure("DX-01", "2026S1") == 2, "nobody knows whose case the first is"
    enrolled = story.tell("EU-BRU", "expansion.company_enrolled", CASE, COMPANY, "2026-05-01")
    assert (story.irregular("expansion.supported_unenrolled"), story.figure("DX-01", "2026S1")) == ([], 1)
    assert story.figure("DX-01", "2026S1", country="VN") == 1
    row, state = story.row("expansions", stream=CASE), story.state(CASE)
    assert row["company"] == state["company"] == "kr-1"
    assert row["target_countries"] == state["target_countries"] == ["VN", "DE"]
    (support,) = (it for it in story.rows("expansion_support") if it["stream"] == CASE)
    assert (support["company"], support["service"], float(support["hours"])) == ("kr-1", "LEGAL", 2.5)

    story.correct("EU-BRU", CASE, enrolled, COMPANY | {"company": "kr-2", "target_countries": ["DE"]})
    assert (story.figure("DX-01", "2026S1"), story.figure("DX-01", "2026S1", country="DE")) == (2, 1)
    story.correct("EU-BRU", CASE, early, other, occurred_at="2025-11-03T01:00:00Z")
    assert (story.figure("DX-01", "2026S1"), story.figure("DX-01", "2025S2")) == (1, 1)
    assert story.irregular("expansion.supported_unenrolled") == [early], "it was before the enrolment after all"
    story.void("EU-BRU", CASE, early)
    assert (story.figure("DX-01", "2025S2"), story.state(CASE)["status"]) == (0, "enrolled")
    assert story.refused("EU-BRU", "expansion.support_delivered", CASE, other, "2026-06-02") == (
        "time.future",
        "$.time",
    )

    story.tell("EU-BRU", "expansion.partner_matched", CASE, {"partner": "p-vn"}, "2026-05-06")
    closed = {"result": "CONTRACT", "note": "현지 계약"}
    story.tell("EU-BRU", "expansion.closed", CASE, closed, "2026-05-30")
    row = story.row("expansions", stream=CASE)
    assert (row["status"], row["result"], row["note"], row["partners"]) == ("closed", "CONTRACT", "현지 계약", ["p-vn"])


def test_a_local_entity_counts_by_the_day_on_which_it_was_established(story: Story) -> None:
    story.tell("EU-BRU", "expansion.company_enrolled", CASE, COMPANY, "2024-05-02")
    assert story.figure("DX-03", "2026S1") == 0, "24 months ended in May"
    late = story.tell("EU-BRU", "expansion.local_entity_established", CASE, ENTITY, "2026-06-01")
    assert story.figure("DX-03", "2026S1") == 100, "it was established before they ended, and told after"
    assert story.irregular("hub.fact_day_disagrees") == [late]
    row, state = story.row("expansions"), story.state(CASE)
    assert row["established"] == state["established"] == {"VN": "2026-04-20"}
    assert (row["entities"], row["status"], state["status"]) == (["VN"], "enrolled", "enrolled")

    story.correct("EU-BRU", CASE, late, ENTITY | {"on": "2026-06-01"})
    assert (story.figure("DX-03", "2026S1"), story.irregular("hub.fact_day_disagrees")) == (0, [])
    story.correct("EU-BRU", CASE, late, ENTITY, occurred_at="2026-04-20T03:00:00Z")
    assert (story.figure("DX-03", "2026S1"), story.irregular("hub.fact_day_disagrees")) == (100, [])
    story.void("EU-BRU", CASE, late)
    assert (story.figure("DX-03", "2026S1"), story.row("expansions")["entities"]) == (0, [])
    ahead = ENTITY | {"on": "2026-07-01"}
    refused = story.refused("EU-BRU", "expansion.local_entity_established", CASE, ahead, "2026-06-01")
    assert refused == ("date.future", "$.data.on"), "what is seen is not planned"
