"""The record of a demo tells the whole programme: every view has rows, every indicator a figure, and what departs from
the rules is what the story means."""

from __future__ import annotations

import asyncio
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from rich.console import Console

from api.demo.course import STORY
from api.demo.narrator import VERIFIER, DemoCredential, Narrator, SimulatedClock
from api.folder_source import open_folder
from domain.acts.check import Check
from journal.folder import Folder
from projections.definitions import INDICATORS
from replay.editions.editions import check_of, find_edition, kept_content

HERE = Path(__file__).parent
PUBLIC = tomllib.loads((HERE.parents[1] / "projections/names.toml").read_text(encoding="utf-8"))["public_views"]

MADE_OF_FIGURES = {
    "control_tower": "its rows are figures, and one of its questions is a command that the demo names",
    "hub_performance": "its rows are figures; `sagwan query` asks for it in tests/test_sagwan.py",
}

MEANT = {
    "centre.activity_disputed": "Toronto says that it was at no planning with Boston",
    "case.clock_reason_unlisted": "clocks that stop for a colleague's holiday",
    "case.referral_declined": "KOTRA in Singapore declines a case, and nobody works on it since",
    "case.resolved_unanswered": "cases resolved without a first response",
    "exchange.arrived_unaccepted": "stays that nobody accepted",
    "exchange.departed_before_acceptance": "stays accepted on the way",
    "exchange.departed_unaccepted": "stays that nobody accepted",
    "exchange.secured_unapproved": "the second guest of the secured project",
    "expansion.amount_without_evidence": "deals told without evidence",
    "hub.fact_day_disagrees": "a launch and a return of June that are told in July",
    "hub.work_on_suspended": "Ho Chi Minh City works while it is suspended",
    "project.credit_declined": "Toronto declines its share",
    "project.launched_unagreed": "projects that began days before their agreement",
    "project.launched_unclassified": "projects without a security class",
}

Rows = Callable[[str], list[tuple[Any, ...]]]


class Told(NamedTuple):
    """Asks the record of a demo as of its last entry; the check of its first half-year, the figures of its second."""

    rows: Rows
    check: Check
    figures: dict[str, str | None]


@pytest.fixture(scope="module")
def told(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("demo") / "data"
    shutil.copytree(demo / "data", folder)
    with open_folder(Folder(folder), folder / "journal.db") as source:
        first, second = (str(it.half) for it in STORY.checks)
        content = kept_content(source.journal, find_edition(source.journal, second, 1))
        assert content
        figures = {it.indicator: it.value for it in content.figures if it.by is None}
        with source.mirror.reading(source.mirror.position) as reading:
            yield Told(reading.rows, check_of(source.journal, first), figures)


def only(rows: Rows, sql: str) -> Any:
    """The one value that a question answers."""
    ((value,),) = rows(sql)
    return value


def test_every_view_of_the_catalogue_has_rows(told):
    rows = told.rows
    assert MADE_OF_FIGURES.keys() <= PUBLIC.keys()
    assert [view for view in PUBLIC if view not in MADE_OF_FIGURES and not rows(f"FROM {view} LIMIT 1")] == []


def test_every_indicator_has_a_figure_of_all_hubs_in_the_second_half_year(told):
    assert told.figures.keys() == INDICATORS.keys()
    assert not [code for code, value in told.figures.items() if value is None]


def test_only_what_the_story_means_departs_from_the_rules(told):
    rows = told.rows
    found = dict(rows("SELECT code, count(*) FROM irregularities GROUP BY code"))
    assert found.keys() == MEANT.keys()
    assert sum(found.values()) < 100


def test_links_are_told_confirmed_declined_and_ended_and_centres_do_things_together(told):
    rows = told.rows
    statuses = Counter(status for (status,) in rows("SELECT status FROM links"))
    assert statuses == {"confirmed": 9, "told": 2, "declined": 1, "ended": 1}
    assert only(rows, "SELECT count(*) FROM centres WHERE status = 'registered' AND NOT is_hub") == 10
    held = rows("SELECT activity, count(*) FROM joint_activities GROUP BY activity ORDER BY activity")
    assert ("EU-2025-FORUM", 2) in held
    assert len(held) == 4
    assert set(rows("SELECT centre, accepts FROM centre_answers")) == {
        ("KOTRA-BRU", True),
        ("KOTRA-SIN", False),
        ("EU-BER", True),
        ("AM-TOR", False),
    }


def test_hubs_have_an_operator_a_term_and_budgets_and_one_rested_for_a_time(told):
    rows = told.rows
    run = rows("SELECT hub, operator, term_ends_on, renewals, cardinality(budgets) FROM hubs ORDER BY hub")
    assert len(run) == 10
    assert all(operator and ends > date(2026, 12, 31) and budgets == 3 for _, operator, ends, _, budgets in run)
    assert {hub for hub, _, _, renewals, _ in run if renewals} == {"AM-WDC", "EU-BRM"}
    course = "SELECT status, began::DATE FROM hub_status WHERE hub = 'AS-SGN' ORDER BY began"
    assert [status for status, _ in rows(course)] == ["designated", "suspended", "designated"]
    decided = "SELECT max(recorded_at)::DATE FROM effective WHERE type IN ('hub.suspended', 'hub.reinstated')"
    assert only(rows, decided) == STORY.suspension.lifted_on
    rested = rows("SELECT DISTINCT hub, stream FROM irregularities WHERE code = 'hub.work_on_suspended'")
    assert rested == [("AS-SGN", "case:AS-SGN-2025-X0001")]


def test_money_is_foreign_too_by_the_rates_of_its_half_year_and_partners_money_is_apart(told):
    rows = told.rows
    spent = rows("SELECT DISTINCT funder, currency FROM project_money WHERE kind = 'spent'")
    assert set(spent) == {("KR", "KRW"), ("PARTNER", "USD"), ("PARTNER", "EUR"), ("PARTNER", "SGD")}
    dealt = rows("SELECT DISTINCT currency, kind, country IS NOT NULL, partner IS NOT NULL FROM expansion_deals")
    assert {currency for currency, *_ in dealt} == {"KRW", "USD", "EUR", "SGD"}
    assert {kind for _, kind, *_ in dealt} == {"contract", "investment"}
    assert all(country and partner for *_, country, partner in dealt)
    assert {evidenced for (evidenced,) in rows("SELECT DISTINCT evidenced FROM expansion_deals")} == {True, False}
    assert rows("SELECT DISTINCT rate_set FROM expansion_deals WHERE currency <> 'KRW' ORDER BY 1") == [
        ("fx:2025S1/1",),
        ("fx:2025S2/1",),
    ]


def test_maps_say_by_what_and_of_which_year_each_sub_technology_was_assessed(told):
    rows = told.rows
    told_how = "score IS NULL OR unit IS NULL OR method IS NULL OR reference_year IS NULL OR rank IS NULL"
    assert not rows(f"FROM map_levels WHERE {told_how}")
    assert only(rows, "SELECT count(DISTINCT sub_tech) FROM map_levels") == 18
    classed = "SELECT security_class, count(*) FROM projects WHERE security_class <> 'GENERAL' GROUP BY 1"
    assert rows(classed) == [("SECURED", 1)]


def test_what_is_told_late_on_either_when_counts_in_the_half_year_of_its_day(told):
    rows, check, _ = told
    launch = "SELECT position FROM project_launched WHERE stream = 'project:EU-BRU-2025-L01'"
    assert check.editions[0].position < only(rows, launch) < check.editions[1].position
    behind = """SELECT stream, half_year(occurred_at), half_year(effective_at) FROM effective
                WHERE half_year(effective_at) < half_year(occurred_at) AND kind IN ('project', 'exchange')
                  AND occurred_at - effective_at > INTERVAL 1 DAY ORDER BY stream"""
    assert rows(behind) == [
        ("exchange:AM-TOR-2025-L01", "2025S2", "2025S1"),
        ("project:EU-BRU-2025-L01", "2025S2", "2025S1"),
    ]
    waited = "SELECT recorded_at::DATE - occurred_at::DATE FROM effective WHERE stream = 'expansion:AS-SIN-2025-L01'"
    assert max(days for (days,) in rows(waited)) > 200


def test_decisions_are_still_to_come_when_the_demo_ends(told):
    rows = told.rows
    kinds = {type_ for (type_,) in rows("SELECT type FROM planned")}
    assert {"hub.designated", "hub.suspended", "hub.reinstated", "hub.operator_appointed", "map.approved"} <= kinds
    assert only(rows, "SELECT count(*) FROM hubs WHERE hub = 'EU-MUC'") == 0


def test_the_first_half_year_is_stated_again_for_a_reason_that_a_person_gave_and_another_approved(told):
    rows, check, _ = told
    assert [it.number for it in check.editions] == [1, 2]
    said = """SELECT event.actor, reason, indicators
              FROM check_restatement_proposed AS proposed JOIN event USING (position)
              WHERE proposed.stream = 'check:2025S1' ORDER BY position"""
    proposals = rows(said)
    assert proposals[-1][1] == STORY.restatement.reason
    assert "DX-02" in proposals[-1][2], "what moved most is named"
    (approved,) = rows("SELECT event.actor FROM check_restatement_approved JOIN event USING (position)")
    assert len({proposals[0][0], proposals[-1][0], approved[0]}) == 3


def test_figures_are_of_a_believable_size(told):
    figures = {code: Decimal(value) for code, value in told.figures.items() if value}
    sizes: dict[str, tuple[float, float]] = {
        "HD-01": (300, 800),
        "HD-04": (1500, 6000),
        "JR-01": (20, 80),
        "JR-04": (30, 100),
        "EX-01": (500, 1500),
        "DX-02": (5_000_000_000, 100_000_000_000),
        "HD-07": (3.5, 4.5),
    }
    assert not {code: figures[code] for code, (least, most) in sizes.items() if not least <= figures[code] <= most}


def test_a_demo_asks_again_where_it_is_told_when_to() -> None:
    said = {"/waits": [503, 503, 200], "/by-hand": [503]}

    async def answer(request: web.Request) -> web.Response:
        status = said[request.path].pop(0)
        again = {"Retry-After": "0"} if request.path == "/waits" else None
        return web.json_response({"detail": "not yet"}, status=status, headers=again)

    async def asked(path: str) -> Any:
        app = web.Application()
        app.router.add_get("/{path}", answer)
        async with TestServer(app) as server, ClientSession(server.make_url("/")) as http:
            narrator = Narrator(http, SimulatedClock(datetime(2025, 1, 1, tzinfo=UTC)), [], Console(quiet=True))
            narrator.people[VERIFIER] = DemoCredential("c-1", "token")
            return await narrator.ask("GET", path, VERIFIER)

    assert asyncio.run(asked("/waits")) == {"detail": "not yet"}
    with pytest.raises(RuntimeError, match="503: not yet"):
        asyncio.run(asked("/by-hand"))
    assert said == {"/waits": [], "/by-hand": []}
