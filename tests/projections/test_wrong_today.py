"""What a newer version of an indicator counts otherwise: deals, ratings, stops of clocks, money by its source,
stays that were called off, partner countries."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.acts.calendar import Opening, WorkCalendarPublished
from domain.acts.sla import SlaPolicyPublished
from domain.facts import centre, exchange, expansion, helpdesk, partner, project, strategy_map
from domain.facts.hub import HubDesignated
from domain.period import HalfYear
from domain.values import Money
from projections import figures
from projections.definitions import INDICATORS, VERSIONS
from projections.mirror import public_views
from tests.mirrors import empty
from tests.projections.histories import DESIGNATED, PROOF, History, day


def won(amount: int) -> Money:
    return Money(Decimal(amount), "KRW")


def contract(ref: str, amount: int, **more: Any) -> expansion.ContractSigned:
    return expansion.ContractSigned(contract_ref=ref, money=won(amount), **more)


def enrolled(history: History, **companies: str) -> None:
    for stream, company in companies.items():
        fact = expansion.CompanyEnrolled(company=company, target_countries=("VN",))
        history.add(f"expansion:{stream}", fact, hub="US" if stream == "us" else "EU")


def answers(history: History, *versions: tuple[str, int]) -> dict[str, list[Any]]:
    """By version (`DX-02/3`) the amounts that it counts, in the order of their positions."""
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        found = {
            f"{code}/{n}": figures.contributing_entries(reading, VERSIONS[code, n])["amount"].to_pylist()
            for code, n in versions
        }
    mirror.close()
    return found


def value(history: History, code: str, n: int, **where: str) -> float | None:
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        (found,) = figures.figures(reading, VERSIONS[code, n], (), where)["value"].to_pylist()
    mirror.close()
    return None if found is None else float(found)


def test_the_same_number_from_two_companies_is_two_contracts() -> None:
    history = History()
    enrolled(history, one="kr-1", two="kr-2")
    history.add("expansion:one", contract("2025-01", 100), 1, evidence=PROOF)
    history.add("expansion:two", contract("2025-01", 30), 2, evidence=PROOF)
    assert answers(history, ("DX-02", 5), ("DX-02", 2)) == {"DX-02/5": [100, 30], "DX-02/2": [100]}


def test_a_contract_that_two_hubs_tell_of_one_company_is_one() -> None:
    history = History()
    enrolled(history, eu="kr-1", us="kr-1")
    history.add("expansion:eu", contract("2025-01", 100, partner="p"), 1, evidence=PROOF)
    history.add("expansion:us", contract("2025-01", 100), 2, hub="US", evidence=PROOF)
    assert answers(history, ("DX-02", 5)) == {"DX-02/5": [100]}, "whoever names no partner means the one told first"


def test_the_same_number_with_another_partner_is_another_contract_in_figure_view_and_state() -> None:
    history = History()
    enrolled(history, eu="kr-1")
    first = history.add("expansion:eu", contract("2025-01", 100, partner="p"), 1, evidence=PROOF)
    second = history.add("expansion:eu", contract("2025-01", 30, partner="q"), 2, evidence=PROOF)
    assert answers(history, ("DX-02", 5)) == {"DX-02/5": [100, 30]}
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        rows = public_views.view(reading, "expansion_deals").to_pylist()
        assert [(it["partner"], it["position"], it["evidenced"]) for it in rows] == [
            ("p", first, True),
            ("q", second, True),
        ]
        assert public_views.view(reading, "irregularities").to_pylist() == []
    mirror.close()


def test_a_contract_with_two_partners_that_are_one_is_one_until_the_merge_is_reversed() -> None:
    history = History()
    enrolled(history, eu="kr-1", us="kr-1")
    history.add("expansion:eu", contract("2025-01", 100, partner="p"), 1, evidence=PROOF)
    again = history.add("expansion:us", contract("2025-01", 30, partner="partner:q"), 2, hub="US", evidence=PROOF)
    assert answers(history, ("DX-02", 5)) == {"DX-02/5": [100, 30]}
    history.add("partner:q", partner.PartnerIdentityMerged(into="partner:p"), 1500)
    assert answers(history, ("DX-02", 5), ("DX-02", 4)) == {"DX-02/5": [100], "DX-02/4": [100, 30]}
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        found = reading.rows("SELECT code, position FROM irregularities WHERE code LIKE 'expansion.%'")
        assert found == [("expansion.deal_counted_twice", again)]
    mirror.close()
    history.add("partner:q", partner.PartnerIdentityMergeReversed(), 1600)
    assert answers(history, ("DX-02", 5)) == {"DX-02/5": [100, 30]}


@pytest.mark.parametrize("name", ["1", "project:1"])
def test_a_project_does_not_follow_itself(name: str) -> None:
    """An older record may say so; the door refuses it."""
    history = History()
    history.add("project:1", project.ProjectCompleted(), -24 * 300)
    history.add("project:1", project.FollowOnLinked(project=name), -24 * 250)
    assert answers(history, ("JR-10", 3), ("JR-10", 2)) == {"JR-10/3": [0], "JR-10/2": [1]}
    history.add("project:1", project.FollowOnLinked(project="2"), -24 * 240)
    assert answers(history, ("JR-10", 3)) == {"JR-10/3": [1]}


def test_an_investment_is_one_within_a_company_too() -> None:
    history = History()
    enrolled(history, eu="kr-1", us="kr-2")
    for stream, amount in (("eu", 5), ("us", 7), ("us", 8)):
        fact = expansion.InvestmentSecured(investment_ref="A", money=won(amount))
        history.add(f"expansion:{stream}", fact, amount, hub=stream.upper(), evidence=PROOF)
    assert answers(history, ("DX-02", 5)) == {"DX-02/5": [5, 8]}


def test_a_deal_that_its_case_tells_again_stays_its_own_and_in_its_half_year() -> None:
    """An amendment: the case that told first keeps it, though another told it in between, and though July came."""
    history = History()
    enrolled(history, eu="kr-1", us="kr-1")
    june, july = 24 * 55, 24 * 65
    history.add("expansion:eu", contract("1", 100, partner="p", country="DE"), june, evidence=PROOF)
    history.add("expansion:us", contract("1", 80, partner="p"), june + 1, hub="US", evidence=PROOF)
    again = history.add("expansion:eu", contract("1", 120, partner="p"), july, evidence=PROOF)
    assert answers(history, ("DX-02", 5), ("DX-02", 3)) == {"DX-02/5": [120], "DX-02/3": [80]}
    for where in ({"hub": "EU"}, {"period": "2025S1"}, {"country": "DE"}):
        assert value(history, "DX-02", 5, **where) == 120, where
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        found = public_views.view(reading, "irregularities").to_pylist()
        assert [(it["code"], it["position"]) for it in found] == [("expansion.deal_counted_twice", again - 1)]
    mirror.close()


def test_a_deal_counts_in_its_own_country_and_where_that_is_not_told_in_the_target_of_the_company() -> None:
    history = History()
    enrolled(history, eu="kr-1")
    history.add("expansion:eu", contract("1", 100, country="DE"), 1, evidence=PROOF)
    history.add("expansion:eu", contract("2", 30), 2, evidence=PROOF)
    invested = expansion.InvestmentSecured(investment_ref="3", money=won(4), country="JP")
    history.add("expansion:eu", invested, 3, evidence=PROOF)
    assert [value(history, "DX-02", 5, country=it) for it in ("DE", "VN", "JP")] == [100, 30, 4]
    assert value(history, "DX-02", 2, country="VN") == 134


def test_deals_without_evidence_are_counted_apart_until_a_correction_brings_it() -> None:
    history = History()
    enrolled(history, eu="kr-1")
    history.add("expansion:eu", contract("1", 100), 1, evidence=PROOF)
    bare = history.add("expansion:eu", contract("2", 30), 2)
    both = (("DX-02", 5), ("DX-02U", 3))
    assert answers(history, *both) == {"DX-02/5": [100], "DX-02U/3": [30]}
    history.correct(bare, contract("2", 31), 2, "LATE_EVIDENCE", evidence=PROOF)
    assert answers(history, *both) == {"DX-02/5": [100, 31], "DX-02U/3": []}


def rated(*course: Any) -> History:
    history = History()
    history.add("case:1", helpdesk.CaseOpened(topic="visa", requester="p-1"), 0)
    for hour, fact in enumerate(course, 1):
        history.add("case:1", fact, hour)
    return history


def score(value: int, by: str | None = "p-1") -> helpdesk.SatisfactionRated:
    return helpdesk.SatisfactionRated(score=value, by=by)


CLOSED, REOPENED = helpdesk.CaseClosed(), helpdesk.CaseReopened(why="x")
RATED = (("HD-07", 2), ("HD-07", 1), ("HD-07R", 2), ("HD-07R", 1))
OF_CLOSURES = (("HD-07", 3), ("HD-07R", 3))


@pytest.mark.parametrize(
    ("course", "scores", "answered"),
    [
        ((CLOSED, score(5), score(1, None)), [5], [1]),
        ((CLOSED, score(1, None), score(5)), [5], [1]),
        ((CLOSED, score(1, None), score(2, None)), [2], [1]),
        ((CLOSED, score(4), score(5), score(1, "p-2")), [5], [1]),
        ((CLOSED, score(1, "p-2")), [], [0]),
        ((score(2), CLOSED, score(5)), [5], [1]),
        ((score(2), CLOSED), [2], [1]),
        ((CLOSED, score(2), CLOSED, score(5)), [5], [1]),
        ((CLOSED, score(2), CLOSED), [2], [1]),
        ((CLOSED, score(2), REOPENED, score(4), CLOSED, score(3, None)), [2, 4], [1]),
        ((CLOSED, score(2), REOPENED, CLOSED), [2], [0]),
        ((REOPENED, score(2), CLOSED, score(5)), [5], [1]),
    ],
)
def test_one_rating_of_each_closure_counts_the_requesters_last_and_both_figures_say_so(
    course: tuple[Any, ...], scores: list[int], answered: list[int]
) -> None:
    found = answers(rated(*course), *OF_CLOSURES)
    assert (found["HD-07/3"], found["HD-07R/3"]) == (scores, answered)


def test_only_what_the_requester_rated_counts() -> None:
    found = answers(rated(CLOSED, score(2), score(5, "p-2")), *RATED)
    assert found == {"HD-07/2": [2], "HD-07/1": [2, 5], "HD-07R/2": [1], "HD-07R/1": [1]}
    found = answers(rated(CLOSED, score(5, "p-2")), *RATED)
    assert found == {"HD-07/2": [], "HD-07/1": [5], "HD-07R/2": [0], "HD-07R/1": [1]}
    assert answers(rated(CLOSED, score(4, None)), ("HD-07", 2)) == {"HD-07/2": [4]}, "nobody says that it was another"


def test_the_last_rating_of_each_closure_counts() -> None:
    found = answers(rated(CLOSED, score(1), score(2), REOPENED, CLOSED, score(5), score(3)), *RATED)
    assert (found["HD-07/2"], found["HD-07/1"], found["HD-07R/2"]) == ([2, 3], [1, 2, 5, 3], [1])


def test_a_rating_from_before_a_reopening_is_no_response_to_the_closure_after_it() -> None:
    found = answers(rated(CLOSED, score(1), REOPENED, CLOSED), *RATED)
    assert (found["HD-07R/2"], found["HD-07R/1"]) == ([0], [1])
    assert answers(rated(score(1), CLOSED), ("HD-07R", 2)) == {"HD-07R/2": [1]}, "rated when it was resolved"


def held(*others: str, on: date, activity: str = "forum") -> centre.CentreActivityHeld:
    return centre.CentreActivityHeld(activity=activity, kind="FORUM", title="t", on=on, others=others)


def pairs(*told: tuple[str, Any], valid: datetime | None = None) -> dict[str, list[tuple[str, str]]]:
    """By half-year, the pairs of two hubs and a registered centre that NW-02 counts."""
    history = History()
    for hub in ("EU", "US"):
        designated = HubDesignated(
            name_ko=hub, name_en=hub, ministry="MSIT", region="EUROPE", city="x", country="BE", tz="UTC",
            designated_on=date(2025, 1, 1), decision_ref="d",
        )  # fmt: skip
        history.add(f"hub:{hub}", designated, 0, hub=hub)
    office = centre.CentreRegistered(name_ko="가", kind="TRADE_OFFICE", operator="KOTRA", country="DE", city="x")
    history.add("centre:KOTRA", office, 0, hub="")
    for hour, (who, fact) in enumerate(told, 1600):
        history.add(f"centre:{who}", fact, hour)
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading(None, valid) as reading:
        rows = figures.contributing_entries(reading, INDICATORS["NW-02"]).to_pylist()
        counted = reading.rows("SELECT sum(activities) FROM network")
    mirror.close()
    found = {(row["period"], row["key"]) for row in rows}
    assert counted[0][0] == (len(found) or None)
    return {
        period: sorted(tuple(key.split("|")) for of, key in found if of == period) for period in sorted({*dict(found)})
    }


JUNE, JULY = date(2025, 6, 30), date(2025, 7, 1)


def test_an_activity_of_two_centres_counts_once_on_the_first_day_for_which_it_is_told_whoever_tells_first() -> None:
    told = ("EU", held("US", on=JUNE)), ("US", held("EU", on=JULY))
    assert pairs(*told) == pairs(*reversed(told)) == {"2025S1": [("EU", "US")]}
    assert pairs(told[0], ("US", held("EU", on=JULY, activity="another"))) == {
        "2025S1": [("EU", "US")], "2025S2": [("EU", "US")],
    }  # fmt: skip
    assert pairs(told[1], ("EU", held("KOTRA", on=JUNE))) == {"2025S1": [("EU", "KOTRA")], "2025S2": [("EU", "US")]}
    assert pairs(told[1], ("KOTRA", held("EU", "US", on=JUNE))) == {
        "2025S1": [("EU", "KOTRA"), ("EU", "US"), ("KOTRA", "US")]
    }, "a third tells of the two"


def test_an_activity_is_the_same_in_whatever_letters_its_key_is_written() -> None:
    told = ("EU", held("US", on=JUNE, activity="K3")), ("US", held("EU", on=JULY, activity="k3"))
    assert pairs(*told) == {"2025S1": [("EU", "US")]}
    denied = ("KOTRA", centre.CentreActivityDeclined(other="EU", activity="k3", on=JUNE, reason="x"))
    assert pairs(("EU", held("KOTRA", on=JUNE, activity="K3")), denied) == {}


def test_an_activity_is_not_of_who_denies_it_unless_another_telling_names_it() -> None:
    both = ("EU", held("US", "KOTRA", on=JUNE))
    denied = ("US", centre.CentreActivityDeclined(other="EU", activity="forum", on=JUNE, reason="x"))
    assert pairs(both, denied) == {"2025S1": [("EU", "KOTRA")]}
    assert pairs(both, denied, valid=HalfYear.parse("2025S1").last_moment) == {"2025S1": [("EU", "KOTRA")]}, "late"
    assert pairs(denied, both) == {"2025S1": [("EU", "KOTRA")]}, "whatever is told first"
    of_another = ("US", centre.CentreActivityDeclined(other="EU", activity="another", on=JULY, reason="x"))
    assert pairs(both, of_another) == {"2025S1": [("EU", "KOTRA"), ("EU", "US"), ("KOTRA", "US")]}
    assert pairs(both, denied, ("KOTRA", held("US", on=JULY))) == {
        "2025S1": [("EU", "KOTRA")], "2025S2": [("KOTRA", "US")],
    }  # fmt: skip


def referrals(*told: tuple[int, Any]) -> list[str | None]:
    """The half-years in which version 5 and version 4 of NW-02 count a case that EU refers to US, by what is told of it
    on which days since the start of May."""
    history = History()
    for hub in ("EU", "US"):
        history.add(f"hub:{hub}", DESIGNATED, hub=hub)
    for days, fact in told:
        answers = isinstance(fact, centre.CentreAnswered)
        history.add("centre:US" if answers else "case:1", fact, 24 * days + 1, hub="US" if answers else "EU")
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        found = [figures.contributing_entries(reading, VERSIONS["NW-02", n])["period"].to_pylist() for n in (5, 4)]
        ((edges,),) = reading.rows("SELECT sum(referrals) FROM network")
    mirror.close()
    assert bool(edges) == bool(found[0])
    return [" ".join(sorted({*them})) or None for them in found]


REFERRED = helpdesk.CaseReferred(body="US")


def said(days: int, *, accepts: bool) -> centre.CentreAnswered:
    return centre.CentreAnswered(subject="case:1", accepts=accepts, on=day(days), reason="x")


TAKEN = said(71, accepts=True)


@pytest.mark.parametrize(
    ("told", "counts", "before"),
    [
        ([(5, REFERRED), (9, said(5, accepts=False))], None, None),
        ([(5, REFERRED), (9, said(5, accepts=False)), (70, REFERRED)], "2025S2", None),
        ([(5, REFERRED), (9, said(5, accepts=False)), (70, REFERRED), (71, TAKEN)], "2025S2", "2025S1 2025S2"),
        ([(5, REFERRED), (70, REFERRED), (71, said(70, accepts=False))], "2025S1", None),
        ([(5, REFERRED), (9, said(9, accepts=True)), (70, REFERRED), (71, said(70, accepts=False))], "2025S1", None),
        ([(5, REFERRED), (9, said(4, accepts=False))], None, None),
        ([(5, REFERRED), (9, said(3, accepts=False))], "2025S1", None),
        ([(5, REFERRED), (9, said(5, accepts=False)), (10, said(6, accepts=True))], "2025S1", "2025S1"),
        ([(70, REFERRED), (71, said(5, accepts=False)), (72, REFERRED)], "2025S2", None),
    ],
    ids=["declined", "referred again", "and taken", "the second declined", "the first taken, the second declined",
         "declined a day earlier elsewhere", "declined before there was one", "taken after all", "of no referral"],
)  # fmt: skip
def test_each_referral_of_a_case_counts_by_the_answer_to_itself(
    told: list[tuple[int, Any]], counts: str | None, before: str | None
) -> None:
    assert referrals(*told) == [counts, before]


def desk(*course: tuple[str, float]) -> History:
    """A case that is promised an hour and six, open without a break, with stops at some hours, answered after 10."""
    history = History()
    weekly = tuple(Opening(it, "00:00", "24:00") for it in range(1, 8))
    history.add("calendar:A", WorkCalendarPublished(version=1, tz="UTC", weekly_open=weekly, source="x"), 2000, hub="")
    policy = SlaPolicyPublished(
        version=1, first_response_minutes={"low": 60}, resolve_minutes={"low": 360}, stop_reasons=("requester",)
    )
    history.add("sla:desk", policy, 2001, hub="")
    history.add("case:1", helpdesk.CaseOpened(topic="visa", severity="low"), 100)
    history.add("case:1", helpdesk.SlaBound(policy="desk", policy_version=1, calendar="A", calendar_version=1), 100)
    for why, hour in course:
        history.add("case:1", helpdesk.ClockStopped(why=why) if why else helpdesk.ClockStarted(), 100 + hour)
    return history


DESK = (("HD-02", 3), ("HD-03", 3), ("HD-04", 3))


def done(history: History) -> History:
    history.add("case:1", helpdesk.FirstResponseSent(), 110)
    history.add("case:1", helpdesk.CaseResolved(), 111)
    return history


def test_a_stop_for_a_reason_that_the_policy_does_not_list_does_not_stop_the_promise() -> None:
    unlisted = done(desk(("holiday", 0.5), ("", 9.75)))
    assert answers(unlisted, *DESK) == {"HD-02/3": [600], "HD-03/3": [0], "HD-04/3": [660]}
    listed = done(desk(("requester", 0.5), ("", 9.75)))
    assert answers(listed, *DESK) == {"HD-02/3": [45], "HD-03/3": [1], "HD-04/3": [105]}


def test_a_listed_stop_counts_though_an_unlisted_one_came_before_it() -> None:
    history = done(desk(("holiday", 0.25), ("requester", 0.5), ("", 9.75)))
    assert answers(history, *DESK) == {"HD-02/3": [45], "HD-03/3": [1], "HD-04/3": [105]}


def test_deadlines_show_the_clock_running_on_though_the_case_waits() -> None:
    mirror = empty()
    mirror.apply(desk(("holiday", 0.5)).page())
    with mirror.reading() as reading:
        clocks = public_views.view(reading, "case_deadlines").to_pylist()
        (case,) = public_views.view(reading, "cases").to_pylist()
        codes = {it["code"] for it in public_views.view(reading, "irregularities").to_pylist()}
    mirror.close()
    assert {(it["clock"], it["state"]) for it in clocks} == {("first_response", "breached"), ("resolve", "breached")}
    assert (case["status"], [it["why"] for it in case["stops"]]) == ("waiting", ["holiday"])
    assert "case.clock_reason_unlisted" in codes


def test_money_of_korean_sources_and_of_partners_is_executed_apart() -> None:
    history = History()
    for funder, committed, spent in (("KR", 100, 50), ("PARTNER", 400, 100)):
        history.add("project:1", project.FundingCommitted(money=won(committed), funder=funder), 1)  # type: ignore[arg-type]
        history.add("project:1", project.FundingSpent(money=won(spent), funder=funder), 2)  # type: ignore[arg-type]
    assert [value(history, *it) for it in (("JR-04", 3), ("JR-04P", 1), ("JR-04", 2))] == [50, 25, 30]


DEPARTED, ARRIVED = exchange.ExchangeDeparted(on=day(1)), exchange.ExchangeArrived(on=day(2))
CANCELLED = exchange.ExchangeCancelled(reason="x")
STAYS = (("EX-01", 2), ("EX-01", 3), ("EX-02", 2), ("EX-02", 3))


def stay(*told: tuple[exchange.ExchangeFact, float]) -> History:
    history = History()
    for fact, hour in ((exchange.ExchangeAccepted(), 1), *told):
        history.add("exchange:1", fact, hour)
    history.add("case:1", helpdesk.CaseOpened(topic="visa"), 24 * 70)
    return history


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([(DEPARTED, 25), (CANCELLED, 24 * 4 + 1)], ([60, 23], [4], [0], [0])),
        ([(CANCELLED, 2), (DEPARTED, 25)], ([60, 23], [60, 23], [0], [])),
        ([(ARRIVED, 49), (CANCELLED, 24 * 4 + 1)], ([59, 23], [59, 23], [0], [])),
        ([(CANCELLED, 2)], ([], [], [0], [0])),
    ],
)
def test_a_stay_that_was_called_off_ends_and_one_under_way_does_not(
    told: list[tuple[exchange.ExchangeFact, float]], found: tuple[list[int], ...]
) -> None:
    names = [f"{code}/{n}" for code, n in STAYS]
    assert answers(stay(*told), *STAYS) == dict(zip(names, found, strict=True))


def abroad() -> History:
    """A project of a Korean lead with Belgium, in a field whose map assesses Korea and Germany."""
    history = History()
    history.add("map:1", strategy_map.StrategyMapDrafted(field="NST12/AI", edition=1))
    for country in ("KR", "DE"):
        history.add("map:1", strategy_map.TechLevelAssessed(sub_tech="x", country=country, rank=1))
    history.add("map:1", strategy_map.StrategyMapApproved(in_force_from=day(0)))
    history.add("project:1", project.ProjectProposed(title_ko="가", fields=("NST12/AI",)), 1)
    for name, country in (("KAIST", "KR"), ("IMEC", "DE"), ("IMEC", "BE")):
        history.add("project:1", project.ProjectPartnerJoined(partner=name, role="JOINT", country=country), 2)
    history.add("project:1", project.AgreementSigned(), 25)
    history.add("project:1", project.ProjectLaunched(on=day(1)), 26)
    return history


def test_what_a_map_says_of_korea_puts_no_project_on_it() -> None:
    history = abroad()
    assert [value(history, "JR-09", n) for n in (2, 3)] == [100, 0]
    history.add("map:1", strategy_map.TechLevelAssessed(sub_tech="x", country="BE", rank=2))
    assert value(history, "JR-09", 3) == 100


def test_a_partner_country_is_one_outside_korea() -> None:
    history, mirror = abroad(), empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        by_country = {
            name: figures.figures(reading, VERSIONS[name], ("country",), {})["country"].to_pylist()
            for name in (("JR-01", 3), ("JR-01", 4), ("JR-02", 1), ("JR-02", 2), ("JR-09", 3))
        }
    mirror.close()
    assert by_country == {
        ("JR-01", 3): ["BE", "KR"], ("JR-01", 4): ["BE"], ("JR-02", 1): ["KR"], ("JR-02", 2): ["BE"],
        ("JR-09", 3): ["BE"],
    }  # fmt: skip


def test_a_case_that_is_referred_again_is_owed_again_until_the_centre_answers_that() -> None:
    history = History()
    history.add("case:1", helpdesk.CaseOpened(topic="visa"))

    def owed() -> list[tuple[str, date]]:
        mirror = empty()
        mirror.apply(history.page())
        with mirror.reading() as reading:
            rows = public_views.view(reading, "deadlines").to_pylist()
        mirror.close()
        return [(it["owes"], it["due_on"]) for it in rows]

    for days in (2, 20):
        history.add("case:1", helpdesk.CaseReferred(body="centre:KOTRA", due_on=day(days + 9)), 24 * days)
        assert owed() == [("referral", day(days + 9))]
        accepted = centre.CentreAnswered(subject="case:1", accepts=True, on=day(days))
        history.add("centre:KOTRA", accepted, 24 * days + 1)
        assert owed() == []
