"""The view of all: every figure by nation, ministry, region and hub, beside what it is read against."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.acts.indicator import TargetSet
from domain.facts.expansion import CompanyEnrolled, ContractSigned
from domain.facts.helpdesk import CaseOpened, SatisfactionRated
from domain.facts.hub import HubDesignated, HubTransferred, Region
from domain.facts.partner import PartnerRegistered
from domain.facts.project import CreditShared, ProjectLaunched
from domain.values import Money
from projections import figures
from projections.definitions import INDICATORS
from projections.mirror import public_views
from projections.mirror.control_tower import NO_HUB, UNASSIGNED
from projections.mirror.mirror import Mirror
from projections.mirror.snapshot import Reading
from replay.editions.control_tower import suppressed_tower
from tests.mirrors import empty
from tests.projections.histories import PROOF, History

SECOND, NEXT = 24 * 70, 24 * 255
"""Hours from the start of May 2025 to July 2025 and to January 2026."""

HUBS: dict[str, tuple[str, Region]] = {
    "EU": ("MSIT", "EUROPE"),
    "US": ("MSIT", "AMERICAS"),
    "SG": ("MOTIE", "ASIA"),
    "VN": ("MOTIE", "ASIA"),
}


def designated(hub: str) -> HubDesignated:
    ministry, region = HUBS[hub]
    return HubDesignated(
        name_ko=f"{hub} 센터", name_en=f"Centre {hub}", ministry=ministry, region=region, city="x",
        country="BE", tz="UTC", designated_on=date(2025, 1, 1), decision_ref="d",
    )  # fmt: skip


def world(cases: list[tuple[str, float]]) -> History:
    history = History()
    for hub in HUBS:
        history.add(f"hub:{hub}", designated(hub), 0, hub=hub)
    for n, (hub, hour) in enumerate(cases):
        history.add(f"case:{n}", CaseOpened(topic="visa"), hour, hub=hub)
    return history


def tower(reading: Reading, code: str = "HD-01") -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of an indicator by half-year and unit."""
    rows = public_views.view(reading, "control_tower", {"code": code}).to_pylist()
    found = {(row["period"], row["key"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def at_head(history: History) -> Mirror:
    mirror = empty()
    mirror.apply(history.page())
    mirror.settle()
    return mirror


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    cases=st.lists(st.tuples(st.sampled_from([*HUBS]), st.sampled_from([1.0, SECOND, NEXT])), min_size=1, max_size=20)
)
def test_counts_medians_shares_and_changes_are_those_of_a_count_by_hand_at_the_head_and_at_a_point(
    cases: list[tuple[str, float]],
) -> None:
    mirror = at_head(world(cases))
    of = {1.0: "2025S1", SECOND: "2025S2", NEXT: "2026S1"}
    told = [(hub, of[hour]) for hub, hour in cases]
    for opened in (mirror.figure_reading, lambda: mirror.figure_reading(mirror.position), mirror.reading):
        with opened() as reading:
            for (period, key), row in tower(reading).items():
                within = [hub for hub in HUBS if key in ("KR", hub, *HUBS[hub])]
                counts = {hub: told.count((hub, period)) for hub in HUBS}
                count = sum(counts[hub] for hub in within)
                before = {"2025S1": "2024S2", "2025S2": "2025S1", "2026S1": "2025S2"}[period]
                previous = sum(told.count((hub, before)) for hub in within)
                assert row["value"] == (count or None), (period, key)
                assert (row["evidence"], row["why"]) == (count, None if count else "no_evidence")
                assert (row["previous_period"], row["previous"]) == (before, previous or None)
                assert row["change"] == (count - previous if count and previous else None)
                trend = "up" if count > previous else "down" if count < previous else "same"
                assert row["trend"] == (trend if count and previous else None)
                peers = [n for hub, n in counts.items() if n and (row["level"] == "hub" or hub in within)]
                assert (row["hubs_with_value"], row["hubs_median"]) == (len(peers), median(peers) if peers else None)
                share = count / sum(counts.values()) if count and row["level"] != "nation" else None
                assert row["share_of_nation"] == share
    mirror.close()


def test_each_level_says_what_the_indicator_says_of_it() -> None:
    mirror = at_head(world([("EU", 1), ("EU", 2), ("US", 3), ("SG", SECOND)]))
    with mirror.figure_reading() as reading:
        rows = public_views.view(reading, "control_tower").to_pylist()
        for it in INDICATORS.values():
            for level in ("nation", "ministry", "region", "hub"):
                by = ("period",) if level == "nation" else (level, "period")
                said = figures.figures(reading, it, by).to_pylist()
                asked = {(row.get(level, "KR"), row["period"]): row["value"] for row in said}
                shown = {
                    (row["key"], row["period"]): row["value"]
                    for row in rows
                    if (row["code"], row["level"]) == (it.code, level)
                }
                assert {at: value for at, value in shown.items() if value is not None} == {
                    at: value for at, value in asked.items() if value is not None
                }, (it.code, level)


def test_what_belongs_to_no_designated_hub_is_named_and_is_no_hub_among_others() -> None:
    """A share of a hub that nobody designated, and what the secretariat tells of no hub."""
    history = world([("EU", 1), ("US", 2)])
    history.add("project:P-1", ProjectLaunched(on=date(2025, 5, 1)), 1, hub="EU")
    shares = {"EU": Decimal("0.5"), "SG": Decimal("0.2"), "XX-NONE": Decimal("0.3")}
    history.add("project:P-1", CreditShared(shares=shares), 2, hub="EU")
    history.add("partner:DE-1", PartnerRegistered(name="x", country="DE", kind="UNIVERSITY"), 3, hub="")
    mirror = at_head(history)
    for opened in (mirror.figure_reading, lambda: mirror.figure_reading(mirror.position), mirror.reading):
        with opened() as reading:
            rows = public_views.view(reading, "control_tower", {"period": "2025S1"}).to_pylist()
            named = {(it["name_ko"], it["name_en"]) for it in rows if it["level"] == UNASSIGNED}
            assert named == {("미지정", "No designated hub")}
            assert {it["key"] for it in rows if it["level"] == "hub"} == {*HUBS}
            launched = {it["key"]: it for it in rows if it["code"] == "JR-01"}
            assert {key: it["value"] for key, it in launched.items() if it["value"] is not None} == {
                "KR": 1, "MSIT": 0.5, "MOTIE": 0.2, "EUROPE": 0.5, "ASIA": 0.2, "EU": 0.5, "SG": 0.2, NO_HUB: 0.3,
            }  # fmt: skip
            assert (launched["KR"]["hubs_with_value"], launched["KR"]["hubs_median"]) == (2, 0.35)
            assert (launched[NO_HUB]["hub"], launched[NO_HUB]["hubs_with_value"]) == (None, 0)
            lag = {it["key"]: it["evidence"] for it in rows if it["code"] == "GV-04"}
            assert (lag[NO_HUB], lag["KR"]) == (1, sum(lag[key] for key in (*HUBS, NO_HUB)))
    with mirror.figure_reading() as reading:
        told = public_views.view(reading, "hub_performance", {"hub": "XX-NONE"}).to_pylist()
        assert [(it["name_ko"], it["name"], it["jr_01"]) for it in told] == [("미지정", "No designated hub", 0.3)]
    first = history.position
    nobody = HubDesignated(
        name_ko="새 센터", name_en="New", ministry="MOTIE", region="ASIA", city="x", country="VN", tz="UTC",
        designated_on=date(2025, 5, 1), decision_ref="d",
    )  # fmt: skip
    history.add("hub:XX-NONE", nobody, 4, hub="XX-NONE")
    mirror.apply(history.page(first))
    mirror.settle()
    with mirror.figure_reading() as reading:
        launched = {key: it["value"] for (period, key), it in tower(reading, "JR-01").items() if period == "2025S1"}
        assert (launched["XX-NONE"], launched["MOTIE"], launched[NO_HUB]) == (0.3, 0.5, None), "it was designated since"


def test_what_few_persons_of_no_hub_told_is_withheld_and_does_not_follow_from_the_rest() -> None:
    history = world([])
    for n in range(13):
        hub = "XX-NONE" if n == 12 else ("EU", "SG")[n % 2]
        history.add(f"case:{n}", CaseOpened(topic="visa"), 1, hub=hub)
        history.add(f"case:{n}", SatisfactionRated(score=4), 2, hub=hub)
    with at_head(history).figure_reading() as reading:
        table = public_views.view(reading, "control_tower", {"code": "HD-07"})
        shown = {row["key"]: row for row in suppressed_tower(reading, table, 5).to_pylist()}
    whys = {key: shown[key]["why"] for key in ("KR", NO_HUB, "MSIT", "MOTIE")}
    assert (whys[NO_HUB], shown[NO_HUB]["value"], shown[NO_HUB]["evidence"]) == ("withheld", None, None)
    assert "withheld" in {whys["KR"], whys["MSIT"], whys["MOTIE"]}, "one at least, else it follows"


def test_a_ratio_of_a_ministry_is_of_its_entries_and_has_no_share_of_the_nation() -> None:
    history = world([("EU", 1)])
    for n in range(3):
        signed = ContractSigned(contract_ref=f"c{n}", money=Money(Decimal(10), "KRW"), country="SG")
        history.add(f"expansion:E-{n}", CompanyEnrolled(company=f"c-{n}"), 1, hub="SG" if n else "VN")
        history.add(f"expansion:E-{n}", signed, 2, hub="SG" if n else "VN", evidence=PROOF)
    with at_head(history).figure_reading() as reading:
        money = tower(reading, "DX-02")
        assert (money["2025S1", "SG"]["value"], money["2025S1", "SG"]["share_of_nation"]) == (20, 2 / 3)
        assert money["2025S1", "MOTIE"]["share_of_nation"] == 1
        assert {row["share_of_nation"] for row in tower(reading, "HD-04").values()} == {None}


def test_what_cannot_be_told_says_why_and_is_never_nought() -> None:
    history = world([("EU", 1)])
    signed = ContractSigned(contract_ref="c", money=Money(Decimal(10), "EUR"), country="BE")
    history.add("expansion:E-1", CompanyEnrolled(company="c"), 1, hub="EU")
    history.add("expansion:E-1", signed, 2, hub="EU", evidence=PROOF)
    with at_head(history).figure_reading() as reading:
        rows = tower(reading, "DX-02")
        assert [(rows["2025S1", key]["value"], rows["2025S1", key]["why"]) for key in ("EU", "KR", "US")] == [
            (None, "missing"), (None, "missing"), (None, "no_evidence"),
        ]  # fmt: skip
        assert rows["2025S1", "EU"]["missing"] == 1


def test_targets_stand_by_the_level_that_they_are_set_for() -> None:
    history = world([("EU", 1), ("EU", 2), ("US", 3)])
    history.add("indicator:HD-01", TargetSet(period="2025S1", value=Decimal(5)), 4)
    history.add("indicator:HD-01", TargetSet(period="2025S1", hub="EU", value=Decimal(2)), 5)
    with at_head(history).figure_reading() as reading:
        rows = tower(reading)
        told = {
            key: (rows["2025S1", key]["target"], rows["2025S1", key]["attained"]) for key in ("KR", "EU", "US", "MSIT")
        }
        assert told["KR"][0] == 5
        assert told["EU"][0] == 2
        assert told["US"] == told["MSIT"] == (None, None)


def test_names_and_units_stand_beside_codes_and_a_hub_goes_by_its_ministry_at_the_end_of_the_half_year() -> None:
    history = world([("EU", 1), ("EU", SECOND), ("US", SECOND)])
    history.add("hub:EU", HubTransferred(ministry="MOTIE"), SECOND + 1, hub="EU")
    with at_head(history).figure_reading() as reading:
        rows = tower(reading)
        assert (rows["2025S1", "MSIT"]["value"], rows["2025S2", "MSIT"]["value"]) == (1, 1)
        assert rows["2025S2", "MOTIE"]["value"] == 1
        assert (rows["2025S1", "EU"]["ministry"], rows["2025S2", "EU"]["ministry"]) == ("MSIT", "MOTIE")
        assert rows["2025S1", "MOTIE"]["name_ko"] == "산업통상자원부"
        assert rows["2025S2", "MOTIE"]["name_ko"] == "산업통상부"
        assert (rows["2025S1", "EU"]["name_ko"], rows["2025S1", "EU"]["name_en"]) == ("EU 센터", "Centre EU")
        assert (rows["2025S1", "EUROPE"]["name_ko"], rows["2025S1", "KR"]["name_ko"]) == ("유럽", "전체")
        it = INDICATORS["HD-01"]
        assert {(row["indicator_ko"], row["unit_ko"]) for row in rows.values()} == {(it.ko, it.unit_ko)}
        assert (rows["2025S1", "KR"]["state"], rows["2025S2", "KR"]["state"]) == ("ended", "running")


def test_a_hub_that_moves_ministry_moves_the_figures_of_levels_that_were_settled() -> None:
    history = world([("EU", 1), ("US", 2)])
    mirror, first = at_head(history), history.position
    history.add("hub:EU", HubTransferred(ministry="MOTIE"), 3, hub="EU")
    mirror.apply(history.page(first))
    mirror.settle()
    with mirror.figure_reading() as reading:
        rows = tower(reading)
        assert (rows["2025S1", "MSIT"]["value"], rows["2025S1", "MOTIE"]["value"]) == (1, 1)
