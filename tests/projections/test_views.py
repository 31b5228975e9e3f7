"""What views compute beside the state of one stream."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from domain.facts.evidence import EvidenceDeposited
from domain.facts.helpdesk import CaseMerged, CaseOpened
from domain.facts.hub import HubDesignated, HubTransferred
from domain.facts.partner import PartnerIdentityMerged, PartnerRegistered
from domain.facts.project import (
    AgreementSigned,
    OutputRejected,
    OutputReported,
    OutputVerified,
    ProjectTerminated,
    ReportFiled,
)
from domain.facts.strategy_map import StrategyMapApproved, StrategyMapDrafted, StrategyMapSuperseded
from domain.nearest import UnknownWord
from domain.record import Fact
from domain.visibility import Reader
from projections import figures as evidence
from projections.definitions import INDICATORS, READERS
from projections.mirror import public_views
from tests.mirrors import empty
from tests.projections.histories import START, History

SUMMER = 24 * 70
"""Hours from the start of May to July 2025, in the second half-year."""


def rows(happened: list[tuple[str, Fact, float]], sql: str) -> list[tuple[Any, ...]]:
    history, mirror = History(), empty()
    for stream, fact, hour in happened:
        history.add(stream, fact, hour)
    mirror.apply(history.page())
    with mirror.reading() as reading:
        return reading.rows(sql)


def designated(ministry: str = "MSIT") -> HubDesignated:
    return HubDesignated(
        name_ko="센터", name_en="Centre", ministry=ministry, region="EUROPE", city="x", country="BE", tz="UTC",
        designated_on=date(2025, 1, 1), decision_ref="d",
    )  # fmt: skip


def test_a_figure_goes_by_the_ministry_at_the_end_of_its_half_year() -> None:
    history, mirror = History(), empty()
    history.add("hub:EU", designated(), 48)
    history.add("hub:EU", HubTransferred(ministry="MOTIE"), SUMMER)
    for n, hour in enumerate([0, 100, SUMMER - 100, SUMMER + 100]):
        history.add(f"case:{n}", CaseOpened(topic="visa"), hour)
    mirror.apply(history.page())
    by = ("ministry", "period")
    with mirror.reading() as reading:
        figures = evidence.figures(reading, INDICATORS["HD-01"], by).to_pylist()
        assert [(it["ministry"], it["period"], it["value"]) for it in figures] == [
            ("MOTIE", "2025S2", 2),
            ("MSIT", "2025S1", 2),
        ]
        assert reading.rows("SELECT ministry FROM hubs") == [("MOTIE",)]
        shown = reading.rows("SELECT period, ministry FROM hub_performance ORDER BY period")
        assert shown == [("2025S1", "MSIT"), ("2025S2", "MOTIE")]
    with mirror.reading(known=1) as before:
        assert before.rows("SELECT ministry FROM hubs") == [("MSIT",)]


def test_a_region_alone_changes_and_the_ministry_stays() -> None:
    moved = [("hub:EU", designated(), 0.0), ("hub:EU", HubTransferred(region="ASIA"), SUMMER)]
    assert rows(moved, "SELECT since, ministry, region FROM hub_assignment ORDER BY since") == [
        ("", "MSIT", "EUROPE"),
        ("2025S2", "MSIT", "ASIA"),
    ]


def test_a_merge_is_followed_to_its_end_and_a_circle_counts_once() -> None:
    merged: list[tuple[str, Fact, float]] = [
        ("case:3", CaseOpened(topic="visa"), 0),
        ("case:1", CaseMerged(into="2"), 1),
        ("case:2", CaseMerged(into="case:3"), 1),
        *((f"case:{n}", CaseOpened(topic="visa"), 0.0) for n in (1, 2, 7, 8)),
        ("case:7", CaseMerged(into="8"), 1),
        ("case:8", CaseMerged(into="7"), 1),
    ]
    assert rows(merged, "SELECT key, root FROM case_identity ORDER BY key") == [
        ("1", "3"), ("2", "3"), ("7", "7"), ("8", "7"),
    ]  # fmt: skip
    assert rows(merged, "SELECT stream FROM indicator.hd_01 JOIN event USING (position) ORDER BY 1") == [
        ("case:3",),
        ("case:7",),
    ]
    assert rows(merged, "SELECT count(*) FROM backlog WHERE period = '2025S1'") == [(2,)]


def test_a_partner_shows_whom_it_stands_for() -> None:
    merged = [
        ("partner:1", PartnerRegistered(name="a", country="DE"), 0.0),
        ("partner:1", PartnerIdentityMerged(into="partner:2"), 1.0),
        ("partner:2", PartnerRegistered(name="b", country="DE"), 0.0),
    ]
    assert rows(merged, "SELECT stream, status, root FROM partners ORDER BY stream") == [
        ("partner:1", "merged", "2"),
        ("partner:2", "registered", "2"),
    ]


def test_an_output_counts_once_over_all_projects_by_its_identifier() -> None:
    def paper(output: str, pid: str | None = None) -> OutputReported:
        return OutputReported(output=output, kind="PAPER", pid=pid, countries=("KR", "DE"))

    said: list[tuple[str, Fact, float]] = [
        ("project:1", paper("o", "10.1000/X"), 0),
        ("project:2", paper("o", "https://doi.org/10.1000/x"), 1),
        ("project:2", OutputVerified(output="o", method="m"), 2),
        ("project:2", paper("p"), 3),
        ("project:2", OutputRejected(output="p", method="m"), 4),
    ]
    assert rows(said, "SELECT identity, stream, standing, streams FROM outputs ORDER BY identity") == [
        ("10.1000/x", "project:1", "verified", ["project:1", "project:2"]),
        ("project:2/p", "project:2", "rejected", ["project:2"]),
    ]


def test_reports_are_due_by_year_by_stage_and_at_the_end() -> None:
    agreed = AgreementSigned(starts_on=date(2024, 1, 1), ends_on=date(2026, 12, 31), stages=(date(2025, 1, 1),))
    filed = ReportFiled(kind="STAGE", due_on=date(2025, 1, 15), covers="1")
    said = [("project:1", agreed, 0.0), ("project:1", filed, 1.0)]
    assert rows(said, "SELECT kind, due_on, filed_on FROM project_reports ORDER BY due_on") == [
        ("STAGE", date(2025, 1, 15), START.date()),
        ("ANNUAL", date(2025, 12, 31), None),
        ("FINAL", date(2027, 3, 1), None),
    ]
    over = [*said, ("project:1", ProjectTerminated(reason="x"), 2.0)]
    assert rows(over, "SELECT kind FROM project_reports") == [("STAGE",)]


def test_one_edition_of_a_map_holds_until_it_is_superseded() -> None:
    said: list[tuple[str, Fact, float]] = [
        ("map:1", StrategyMapDrafted(field="NST12/AI", edition=1), 0),
        ("map:1", StrategyMapApproved(in_force_from=date(2024, 12, 6)), 1),
        ("map:1", StrategyMapSuperseded(on=date(2025, 6, 1)), 2),
        ("map:2", StrategyMapDrafted(field="NST12/AI", edition=2), 0),
        ("map:2", StrategyMapApproved(in_force_from=date(2025, 6, 1)), 2),
    ]
    assert rows(said, "SELECT edition, first_day, last_day FROM map_in_force ORDER BY edition") == [
        (1, date(2024, 12, 6), date(2025, 5, 31)),
        (2, date(2025, 6, 1), date(9999, 12, 30)),
    ]


def test_a_file_is_kept_until_the_end_of_its_last_year() -> None:
    def kept(retention: Any) -> Any:
        item = EvidenceDeposited(sha256="ab" * 32, bytes=1, media_type="x", custodian="x", retention=retention)
        ((until,),) = rows([("evidence:1", item, 0.0)], "SELECT keep_until FROM evidence_items")
        return until

    assert kept("Y10") == date(2035, 12, 31)
    assert kept("PERMANENT") == date(9999, 12, 31)


def test_a_ministry_has_each_name_from_its_day_on() -> None:
    found = rows([], "SELECT since, ko FROM vocabulary WHERE code = 'MOTIE' ORDER BY since")
    assert found == [(date(2013, 3, 23), "산업통상자원부"), (date(2025, 10, 1), "산업통상부")]


def test_the_schemes_are_a_table() -> None:
    found = rows([], "SELECT ko, verified, controlled FROM technology WHERE field = 'NST12/AI'")
    assert found == [("인공지능", True, False)]


def test_who_reads_what_of_a_public_view_is_said_column_by_column() -> None:
    """What names a stream, an entry or a hub of a row is not only shown: by it rows are withheld."""
    assert READERS.keys() == public_views.PUBLIC_VIEWS.keys()
    figures = {it.column for it in INDICATORS.values()}
    with empty().reading() as reading:
        for name, it in READERS.items():
            columns = {column for column, *_ in reading.rows(f"DESCRIBE {name}")}
            assert it.named == columns - (figures if it.figures else set()), name
            assert {it.streams, it.entry, it.hub} - {None} <= columns, name
            assert it.streams is not None or not columns & {"stream", "streams", "subject"}, name
            assert it.entry is not None or "position" not in columns, name


def test_a_column_that_is_not_said_is_shown_to_nobody_from_whom_something_may_be_withheld(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(READERS, "hubs", replace(READERS["hubs"], columns="hub stream"))
    with empty().reading() as reading:
        assert "name_ko" in public_views.visible_view(reading, "hubs").table.column_names
        for reader in (Reader(frozenset({"EU-BRU"})), Reader(every=True)):
            seen = public_views.visible_view(reading, "hubs", reader=reader)
            assert {*seen.table.column_names} == {"hub", "stream"}
            with pytest.raises(UnknownWord):
                public_views.visible_view(reading, "hubs", {"name_ko": "브뤼셀"}, reader=reader)


def test_a_view_that_is_not_said_is_shown_to_nobody_from_whom_something_may_be_withheld(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(public_views.PUBLIC_VIEWS, "hub_assignment", ("hub",))
    with empty().reading() as reading:
        assert public_views.visible_view(reading, "hub_assignment").withheld == 0
        with pytest.raises(KeyError):
            public_views.visible_view(reading, "hub_assignment", reader=Reader(frozenset({"EU-BRU"})))
