"""Figures, their slices and their evidence come from one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from domain.acts.fx import FxRateSetPublished
from domain.acts.indicator import TargetSet
from domain.facts.expansion import CompanyEnrolled, ContractSigned, SupportDelivered
from domain.facts.helpdesk import CaseMerged, CaseOpened, CaseReopened, CaseResolved
from domain.facts.hub import HubDesignated
from domain.facts.partner import PartnerRegistered
from domain.facts.project import (
    CreditShared,
    FundingCommitted,
    FundingSpent,
    ProjectLaunched,
    ProjectPartnerJoined,
    ProjectProposed,
)
from domain.values import Money
from projections import figures as evidence
from projections.definitions import HERE, INDICATORS, VERSIONS
from projections.mirror import public_views
from projections.mirror.public_views import PUBLIC_VIEWS
from projections.mirror.snapshot import Reading
from tests import mirrors
from tests.mirrors import empty
from tests.projections.histories import PROOF, History


def designated(ministry: str, region: str) -> HubDesignated:
    return HubDesignated(
        name_ko="센터", name_en="Centre", ministry=ministry, region=region, city="x", country="BE",  # type: ignore[arg-type]
        tz="UTC", designated_on=date(2025, 1, 1), decision_ref="d",
    )  # fmt: skip


@pytest.fixture
def reading() -> Reading:
    history = History()
    history.add("hub:EU", designated("MSIT", "EUROPE"))
    history.add("hub:US", designated("MOTIE", "AMERICAS"), hub="US")
    for n, (hub, topic, hour) in enumerate(
        [("EU", "visa", 0), ("EU", "tax", 1), ("US", "visa", 2), ("US", "visa", 1600), ("US", "visa", 3)]
    ):
        history.add(f"case:{n}", CaseOpened(topic=topic), hour, hub=hub)
    history.add("case:0", CaseResolved(), 30)
    history.add("case:4", CaseMerged(into="case:2"), 4, hub="US")
    history.add("project:1", ProjectProposed(title_en="t", fields=("ai", "bio")))
    history.add("project:1", ProjectPartnerJoined(partner="p", role="JOINT", country="DE"), 1)
    history.add("project:1", ProjectPartnerJoined(partner="q", role="JOINT", country="FR"), 2)
    history.add("project:1", CreditShared(shares={"EU": Decimal("0.4"), "US": Decimal("0.6")}), 3)
    history.add("project:1", ProjectLaunched(on=date(2025, 6, 1)), 4)
    mirror = empty()
    mirror.apply(history.page())
    return mirrors.reading(mirror)


def figures(reading: Reading, code: str, *by: str, **more: object) -> list[tuple[object, ...]]:
    table = evidence.figures(reading, INDICATORS[code], by, **more)  # type: ignore[arg-type]
    assert table.column_names[: len(by) + 3] == [*by, "value", "evidence", "missing"]
    return [tuple(row.values())[: len(by) + 2] for row in table.to_pylist()]


def test_a_figure_is_sliced_by_any_dimensions(reading: Reading) -> None:
    assert figures(reading, "HD-01") == [(4, 4)]
    assert figures(reading, "HD-01", "ministry", "period") == [
        ("MOTIE", "2025S1", 1, 1),
        ("MOTIE", "2025S2", 1, 1),
        ("MSIT", "2025S1", 2, 2),
    ]
    assert figures(reading, "HD-01", "field") == [("tax", 1, 1), ("visa", 3, 3)]
    assert figures(reading, "JR-09", "hub", "field", "country") == [("EU", "ai", "DE", 0, 1), ("US", "ai", "DE", 0, 1)]
    assert figures(reading, "JR-09", "country") == [("DE", 0, 2)]


def test_a_project_counts_for_each_country_that_takes_part_and_once_in_all(reading: Reading) -> None:
    assert figures(reading, "JR-01", "hub", "field", "country") == [
        ("EU", "ai", "DE", 0.4, 1),
        ("EU", "ai", "FR", 0.4, 1),
        ("US", "ai", "DE", 0.6, 1),
        ("US", "ai", "FR", 0.6, 1),
    ]
    assert figures(reading, "JR-01", "country") == [("DE", 1.0, 2), ("FR", 1.0, 2)]
    assert figures(reading, "JR-01", "hub") == [("EU", 0.4, 1), ("US", 0.6, 1)]
    assert figures(reading, "JR-01") == [(1.0, 2)], "once, by the shares of two hubs"
    assert figures(reading, "JR-01", where={"country": ["DE", "FR"]}) == [(1.0, 2)]


def test_a_country_takes_part_once_however_many_of_it_joined_and_one_that_is_told_otherwise_is_not_there() -> None:
    history, mirror = History(), empty()
    for partner, country in (("p", "DE"), ("q", "DE"), ("r", "FR"), ("r", "JP"), ("s", None)):
        history.add("project:1", ProjectPartnerJoined(partner=partner, role="JOINT", country=country))
    for key in ("1", "2"):
        history.add(f"project:{key}", ProjectLaunched(on=date(2025, 6, 1)), 4)
    mirror.apply(history.page())
    with mirror.reading() as reading:
        assert figures(reading, "JR-01", "country") == [("DE", 1.0, 1), ("JP", 1.0, 1), (None, 1.0, 1)]
        assert figures(reading, "JR-01") == [(2.0, 2)]
        before = evidence.figures(reading, VERSIONS["JR-01", 1], ("country",)).to_pylist()
        assert [(it["country"], it["value"]) for it in before] == [("DE", 1.0), (None, 1.0)], "the first partner alone"


COMBINATIONS = [by for size in range(7) for by in combinations(evidence.SLICES, size)]


@pytest.mark.parametrize("code", ["HD-01", "HD-06A", "JR-01", "NW-01"])
def test_every_combination_of_slices_is_the_figure_of_its_own_evidence(reading: Reading, code: str) -> None:
    it = INDICATORS[code] if code != "HD-06A" else VERSIONS[code, 1]
    rows = evidence.contributing_entries(reading, it).to_pylist()
    assert rows
    assert len(COMBINATIONS) == 64
    for by in COMBINATIONS:
        groups: dict[tuple[object, ...], list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            groups[tuple(row[name] for name in by)].append(row)
        count = (lambda them: len({row["key"] for row in them})) if it.counts_once else len
        expected = {at: (pytest.approx(AGGREGATES[code](them)), count(them)) for at, them in groups.items()}
        found = evidence.figures(reading, it, by).to_pylist()
        assert {tuple(row[name] for name in by): (row["value"], row["evidence"]) for row in found} == expected, by


def ninetieth(ages: list[float]) -> float:
    below, part = divmod(0.9 * (len(ages) - 1), 1)
    return ages[int(below)] + part * (ages[min(int(below) + 1, len(ages) - 1)] - ages[int(below)])


def spread(rows: list[dict[str, Any]]) -> float:
    weights: dict[str, float] = defaultdict(float)
    for row in rows:
        weights[row["country"]] += float(row["amount"])
    return 1 - sum((it / sum(weights.values())) ** 2 for it in weights.values())


AGGREGATES: dict[str, Callable[[list[dict[str, Any]]], float]] = {
    "HD-01": len,
    "HD-06A": lambda rows: ninetieth(sorted(row["amount"] for row in rows)),
    "JR-01": lambda rows: float(sum({row["key"]: row["amount"] for row in rows}.values())),
    "NW-01": spread,
}


def test_a_figure_is_narrowed_by_values(reading: Reading) -> None:
    assert figures(reading, "HD-01", where={"region": "AMERICAS"}, period="2025S1") == [(1, 1)]
    assert figures(reading, "HD-01", "hub", where={"field": ["tax", "none"]}) == [("EU", 1, 1)]
    assert figures(reading, "HD-01", where={"country": None}) == [(4, 4)]
    assert figures(reading, "HD-01", where={"field": []}) == [(0, 0)]
    assert figures(reading, "HD-04", where={"hub": "nobody"}) == [(None, 0)]


def test_values_are_never_sql(reading: Reading) -> None:
    assert figures(reading, "HD-01", where={"field": "x' OR true --"}) == [(0, 0)]
    assert figures(reading, "HD-01", period="2025S1' OR 'a'='a") == [(0, 0)]


@pytest.mark.parametrize("name", ["topic", "hub; DROP TABLE record.event", "amount"])
def test_an_unknown_slice_is_refused(reading: Reading, name: str) -> None:
    with pytest.raises(ValueError, match="figures are not sliced by this"):
        figures(reading, "HD-01", name)
    with pytest.raises(ValueError, match="figures are not sliced by this"):
        evidence.contributing_entries(reading, INDICATORS["HD-01"], {name: "x"})


def test_the_evidence_is_what_the_figure_counts(reading: Reading) -> None:
    found = evidence.contributing_entries(reading, INDICATORS["HD-01"], {"hub": "US"}, "2025S1").to_pylist()
    told = [(row["position"], row["stream"], row["ministry"], row["field"]) for row in found]
    assert told == [(5, "case:2", "MOTIE", "visa")]


def test_a_row_of_evidence_has_the_moment_that_counts_as_it_is_known() -> None:
    history, mirror = History(), empty()
    launched = history.add("project:1", ProjectLaunched(on=date(2025, 6, 30)), 61.5 * 24)
    history.correct(launched, ProjectLaunched(on=date(2025, 6, 28)), 61.5 * 24)
    mirror.apply(history.page())
    for known, day in ((1, 30), (2, 28)):
        with mirror.reading(known=known) as reading:
            (row,) = evidence.contributing_entries(reading, INDICATORS["JR-01"]).to_pylist()
            assert row["occurred_at"] == datetime.fromisoformat("2025-07-01T12:00")
            assert row["effective_at"] == datetime.fromisoformat(f"2025-06-{day}T14:59:59.999999")


def test_an_entry_that_is_void_stands_behind_the_figure_that_counts_voids() -> None:
    history, mirror = History(), empty()
    history.void(history.add("case:1", CaseOpened(topic="visa"), 1))
    mirror.apply(history.page())
    with mirror.reading() as reading:
        (row,) = evidence.contributing_entries(reading, INDICATORS["GV-04R"]).to_pylist()
        assert (row["position"], row["amount"], row["effective_at"]) == (1, 1, row["occurred_at"])
        assert evidence.figures(reading, INDICATORS["GV-04R"])["evidence"].to_pylist() == [1]


def test_a_view_is_narrowed_by_its_columns(reading: Reading) -> None:
    assert public_views.view(reading, "cases", {"status": "resolved"})["stream"].to_pylist() == ["case:0"]
    with pytest.raises(ValueError, match="cases has no column of this name"):
        public_views.view(reading, "cases", {"shoe": "1"})
    with pytest.raises(ValueError, match="no view"):
        public_views.view(reading, "record.event")


def test_every_view_indicator_and_irregularity_answers_on_an_empty_record() -> None:
    with empty().reading() as reading:
        found = {name: public_views.view(reading, name).num_rows for name in PUBLIC_VIEWS}
        assert found == dict.fromkeys(PUBLIC_VIEWS, 0) | {
            "technology": 12 + 17 + 33,
            "vocabulary": 12 + 17 + 33 + 15 + 4 + 3 + 7 + 6 + 6,
        }
        assert {evidence.figures(reading, it)["evidence"][0].as_py() for it in INDICATORS.values()} == {0}


def test_a_query_has_the_columns_that_its_definition_says() -> None:
    with empty().reading() as reading:
        for it in VERSIONS.values():
            more = {name for name in ("against", "key") if it.uses(name)} | ({"period"} if it.own_period else set())
            columns = {name for name, *_ in reading.rows(f"DESCRIBE {it.sql}")}
            more |= {"rate_set", "rate_age"} if it.in_money else set()
            assert columns == {"position", "hub", "occurred_at", "field", "country", "amount", *more}, it.code


def test_every_version_is_a_file_of_its_own_and_the_newest_is_in_use() -> None:
    files = {(path.parent.name, int(path.stem)) for path in (HERE / "indicators").glob("*/*.sql")}
    assert files == {(it.column, it.version) for it in VERSIONS.values()}
    for code, it in INDICATORS.items():
        numbers = [number for other, number in VERSIONS if other == code]
        assert sorted(numbers) == [*range(1, it.version + 1)]


def test_a_target_stands_beside_the_figure_and_says_when_it_came_too_late() -> None:
    history, mirror = History(), empty()
    for n, hub in enumerate(["EU", "US", "US"]):
        history.add(f"case:{n}", CaseOpened(topic="visa"), hub=hub)
    early, late = -24 * 200, 24 * 10
    history.add("indicator:HD-01", TargetSet(period="2025S1", hub="EU", value=Decimal(5)), early, hub="")
    history.add("indicator:HD-01", TargetSet(period="2025S1", value=Decimal(9)), late, hub="")
    mirror.apply(history.page())
    with mirror.reading() as reading:
        by_hub = evidence.figures(reading, INDICATORS["HD-01"], ("hub", "period")).to_pylist()
        assert [(it["hub"], it["value"], it["target"], it["late_set"]) for it in by_hub] == [
            ("EU", 1, 5, False),
            ("US", 2, None, None),
        ]
        (together,) = evidence.figures(reading, INDICATORS["HD-01"], ("period",)).to_pylist()
        assert (together["value"], together["target"], together["late_set"]) == (3, 9, True)
        at_once = evidence.all_figures(reading, versions=[INDICATORS["HD-01"]]).to_pylist()
        assert [it["target"] for it in at_once] == [5, None]
        assert "target" not in evidence.figures(reading, INDICATORS["HD-01"], ("field", "period")).column_names
        # What is narrowed by something else is a part of what the target was set for.
        for where in ({"field": "visa"}, {"hub": "EU"}, {"region": "EUROPE"}):
            part = evidence.figures(reading, INDICATORS["HD-01"], ("period",), where)
            assert not {"target", "attained"} & {*part.column_names}, where
        whole = evidence.figures(reading, INDICATORS["HD-01"], ("hub", "period"), {"hub": "EU"}, "2025S1").to_pylist()
        assert [(it["value"], it["target"]) for it in whole] == [(1, 5)]


def test_a_target_is_attained_from_the_side_that_is_better() -> None:
    history, mirror = History(), empty()
    for n, hours in enumerate([1, 3]):
        history.add(f"case:{n}", CaseOpened(topic="visa"), hub=f"H{n}")
        history.add(f"case:{n}", CaseResolved(), hours, hub=f"H{n}")
        history.add(f"project:{n}", ProjectLaunched(on=date(2025, 6, 1)), hub=f"H{n}")
    for code, value in (("HD-04", "120"), ("JR-01", "2"), ("HD-01", "1")):
        for hub in ("H0", "H1", None):
            history.add(f"indicator:{code}", TargetSet(period="2025S1", hub=hub, value=Decimal(value)), hub="")
    mirror.apply(history.page())
    slow = VERSIONS["HD-04", 1]
    with mirror.reading() as reading:
        for it, expected in (
            (slow, [True, False]),
            (INDICATORS["JR-01"], [False, False]),
            (INDICATORS["HD-01"], [None] * 2),
        ):
            assert evidence.figures(reading, it, ("hub", "period"))["attained"].to_pylist() == expected
        at_once = evidence.all_figures(reading, ("period",), versions=[slow, INDICATORS["JR-01"]]).to_pylist()
        assert [(it["code"], it["value"], it["attained"]) for it in at_once] == [
            ("HD-04", 120, True),
            ("JR-01", 2, True),
        ]
        assert "attained" not in evidence.figures(reading, slow, ("field", "period")).column_names


def test_money_is_converted_at_the_rate_of_its_day_by_the_set_that_the_reader_names() -> None:
    history, mirror = History(), empty()
    for n, (amount, currency, hour) in enumerate([(100, "EUR", 0), (7, "KRW", 0), (50, "EUR", 24 * 11)]):
        money = Money(Decimal(amount), currency)
        history.add(f"expansion:{n}", ContractSigned(contract_ref=f"c-{n}", money=money), hour, evidence=PROOF)
    before = history.position
    for version, rate in enumerate(["1500", "1600.5"], 1):
        rates = {"EUR": {date(2025, 5, 1): Decimal(rate)}}
        history.add(
            "fx:2025S1",
            FxRateSetPublished(version=version, as_of=date(2025, 7, 1), source="x", rates=rates),
            1990,
            hub="",
        )
    mirror.apply(history.page())

    def deals(known: int | None = None, fx: dict[str, int] | None = None) -> tuple[object, ...]:
        with mirror.reading(known, None, fx) as reading:
            (row,) = evidence.figures(reading, INDICATORS["DX-02"]).to_pylist()
        assert row["earlier_rate"] == 0
        return row["value"], row["evidence"], row["missing"], row["rate_sets"]

    assert deals() == (160_057, 3, 1, ["fx:2025S1/2"])
    assert deals(fx={"2025S1": 1}) == (150_007, 3, 1, ["fx:2025S1/1"])
    assert deals(fx={}) == (7, 3, 2, [])
    assert deals(known=before) == (7, 3, 2, [])
    assert deals(known=before, fx={"2025S1": 2}) == (160_057, 3, 1, ["fx:2025S1/2"])


def rated(history: History, rates: dict[str, dict[date, str]], version: int = 1, stream: str = "fx:2025S1") -> None:
    told = {code: {day: Decimal(it) for day, it in by_day.items()} for code, by_day in rates.items()}
    history.add(
        stream, FxRateSetPublished(version=version, as_of=date(2025, 7, 1), source="x", rates=told), 1990, hub=""
    )


@pytest.mark.parametrize(
    ("day", "value", "missing", "earlier"),
    [(0, 1000, 0, 0), (1, 1000, 0, 1), (10, 1000, 0, 1), (11, None, 1, 0), (-1, None, 1, 0), (12, 2000, 0, 0)],
)
def test_a_day_without_a_rate_goes_by_the_last_one_before_it_of_ten_days(
    day: int, value: float | None, missing: int, earlier: int
) -> None:
    history, mirror = History(), empty()
    money = Money(Decimal(1), "EUR")
    history.add("expansion:1", ContractSigned(contract_ref="c", money=money), 24 * day, evidence=PROOF)
    rated(history, {"EUR": {date(2025, 5, 1): "1000", date(2025, 5, 13): "2000"}, "USD": {date(2025, 5, 8): "7"}})
    mirror.apply(history.page())
    with mirror.reading() as reading:
        (row,) = evidence.figures(reading, INDICATORS["DX-02"]).to_pylist()
        assert (row["value"], row["evidence"], row["missing"], row["earlier_rate"]) == (value, 1, missing, earlier)
        (behind,) = evidence.contributing_entries(reading, INDICATORS["DX-02"]).to_pylist()
        assert behind["rate_age"] == (None if value is None else day % 12)
        assert behind["rate_set"] == (None if value is None else "fx:2025S1/1")
        (before,) = evidence.figures(reading, VERSIONS["DX-02", 1]).to_pylist()
        assert (before["missing"], "rate_sets" in before) == (0 if day in (0, 12) else 1, False), "by the day alone"


def test_spending_of_which_no_amount_can_be_told_is_no_budget_left_unspent() -> None:
    history, mirror = History(), empty()
    euro, won = Money(Decimal(10), "EUR"), Money(Decimal(20_000), "KRW")
    for hub, spent in (("EU", euro), ("US", won), ("JP", None)):
        history.add(f"project:{hub}", FundingCommitted(money=won, funder="KR"), hub=hub)
        history.add(f"project:{hub}", FundingCommitted(money=spent or won, funder="PARTNER"), hub=hub)
        if spent:
            history.add(f"project:{hub}", FundingSpent(money=spent, funder="KR"), hub=hub)
    mirror.apply(history.page())
    with mirror.reading() as reading:
        told = evidence.figures(reading, INDICATORS["JR-04"], ("hub",)).to_pylist()
        assert [(it["hub"], it["value"], it["missing"]) for it in told] == [
            ("EU", None, 1),
            ("JP", 0, 0),
            ("US", 100, 0),
        ]
        told = evidence.figures(reading, INDICATORS["JR-05"], ("hub",)).to_pylist()
        assert [(it["hub"], it["value"], it["missing"]) for it in told] == [("EU", None, 1), ("JP", 1, 0), ("US", 1, 0)]
        assert evidence.figures(reading, VERSIONS["JR-04", 1], ("hub",))["value"].to_pylist()[0] == 0, "as it was"


def test_all_figures_of_a_hub_say_what_is_missing_and_by_which_rates_money_went() -> None:
    history, mirror = History(), empty()
    history.add("hub:EU", designated("MSIT", "EUROPE"))
    history.add("hub:US", designated("MOTIE", "AMERICAS"), hub="US")
    for n, (hour, currency) in enumerate([(0, "EUR"), (24, "EUR"), (24 * 20, "EUR"), (0, "KRW"), (0, "USD")]):
        signed = ContractSigned(contract_ref=f"c-{n}", money=Money(Decimal(1), currency))
        history.add(f"expansion:{n}", signed, hour, evidence=PROOF)
    rated(history, {"EUR": {date(2025, 5, 1): "1000"}})
    rated(history, {"USD": {date(2025, 5, 1): "900"}}, stream="fx:own")
    mirror.apply(history.page())
    mirror.settle()
    for opened in (mirror.figure_reading, mirror.reading):
        with opened() as reading:
            rows = public_views.view(reading, "hub_performance").to_pylist(maps_as_pydicts="strict")
            shown = {it["hub"]: (it["dx_02"], it["missing"], it["earlier_rate"], it["rate_sets"]) for it in rows}
            assert shown == {
                "EU": (2901, {"dx_02": 1}, {"dx_02": 1}, ["fx:2025S1/1", "fx:own/1"]),
                "US": (None, {}, {}, []),
            }


def test_what_the_secretariat_tells_of_the_world_is_of_no_hub_and_makes_no_row() -> None:
    history, mirror = History(), empty()
    history.add("hub:EU", designated("MSIT", "EUROPE"))
    history.add("case:1", CaseOpened(topic="visa"), hub="EU")
    history.add("partner:1", PartnerRegistered(name="x", country="BE"), hub="")
    mirror.apply(history.page())
    with mirror.reading() as reading:
        assert [it["hub"] for it in public_views.view(reading, "hub_performance").to_pylist()] == ["EU"]
        assert figures(reading, "GV-04")[0][1] == 3, "all hubs together count it"


def test_a_company_counts_once_in_every_slice() -> None:
    history, mirror = History(), empty()
    for n, (company, hub) in enumerate([("a", "EU"), ("a", "US"), ("b", "US")]):
        history.add(f"expansion:{n}", CompanyEnrolled(company=company), hub=hub)
        for hour in (1, 2):
            history.add(f"expansion:{n}", SupportDelivered(service="law"), hour, hub=hub)
    mirror.apply(history.page())
    with mirror.reading() as reading:
        assert figures(reading, "DX-01") == [(2, 6)]
        assert figures(reading, "DX-01", "hub") == [("EU", 1, 2), ("US", 2, 4)]


@pytest.mark.parametrize(("hours", "rate"), [(24 * 30, 100.0), (24 * 30 + 1, 0.0), (-1, 0.0)])
def test_a_reopening_counts_for_thirty_days(hours: int, rate: float) -> None:
    history, mirror = History(), empty()
    history.add("case:1", CaseResolved(), 10)
    history.add("case:1", CaseReopened(why="x"), 10 + hours)
    mirror.apply(history.page())
    with mirror.reading() as reading:
        assert figures(reading, "HD-05") == [(rate, 1)]
