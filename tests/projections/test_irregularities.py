"""What contradicts the rest is recorded, found, and no longer found once the missing fact arrives."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.exchange import ExchangeAccepted, ExchangeArrived, ExchangeDeparted, ExchangeReturned
from domain.helpdesk import CaseOpened, CaseReopened, CaseResolved, FirstResponseSent
from domain.hub import HubReinstated, HubRevoked
from domain.project import (
    AgreementSigned,
    FundingCommitted,
    FundingSpent,
    ProjectAmended,
    ProjectLaunched,
    SecurityClassAssigned,
)
from domain.record import Fact
from domain.review import ObjectionDecided, ObjectionFiled
from domain.values import Money
from projections import evidence
from projections.mirror import Mirror
from tests.projections.histories import History

DAY = date(2025, 6, 1)
OPENED, RESOLVED = CaseOpened(topic="visa"), CaseResolved()
LAUNCHED = ProjectLaunched(on=DAY)
CLASSED = SecurityClassAssigned(security_class="GENERAL", basis="x")
AGREED = AgreementSigned(starts_on=date(2025, 1, 1), ends_on=date(2034, 12, 31))


def won(amount: int) -> Money:
    return Money(Decimal(amount), "KRW")


Happened = list[tuple[str, Fact, float]]
CASES: list[tuple[str, Happened, list[int], Happened]] = [
    (
        "case.resolved_unanswered",
        [("case:1", OPENED, 0), ("case:1", RESOLVED, 2), ("case:1", FirstResponseSent(), 3)],
        [2],
        [("case:1", FirstResponseSent(), 1)],
    ),
    (
        "case.resolved_again",
        [("case:1", RESOLVED, 1), ("case:1", RESOLVED, 5), ("case:2", RESOLVED, 6)],
        [2],
        [("case:1", CaseReopened(why="x"), 3)],
    ),
    (
        "case.worked_unopened",
        [("case:1", RESOLVED, 1), ("case:2", OPENED, 1), ("case:1", FirstResponseSent(), 1)],
        [1, 3],
        [("case:1", OPENED, 9)],
    ),
    (
        "exchange.departed_before_acceptance",
        [
            ("exchange:1", ExchangeAccepted(), 1),
            ("exchange:1", ExchangeDeparted(on=DAY), 2),
            ("exchange:1", ExchangeAccepted(), 3),
            ("exchange:2", ExchangeDeparted(on=DAY), 2),
        ],
        [2],
        [],
    ),
    (
        "exchange.departed_unaccepted",
        [("exchange:1", ExchangeDeparted(on=DAY), 2)],
        [1],
        [("exchange:1", ExchangeAccepted(), 3)],
    ),
    (
        "exchange.returned_undeparted",
        [("exchange:1", ExchangeReturned(on=DAY), 2), ("exchange:1", ExchangeDeparted(on=DAY), 3)],
        [1],
        [("exchange:1", ExchangeArrived(on=DAY), 1)],
    ),
    (
        "project.launched_unagreed",
        [("project:1", LAUNCHED, 2), ("project:1", AGREED, 3)],
        [1],
        [("project:1", AGREED, 1)],
    ),
    (
        "project.launched_unclassified",
        [("project:1", LAUNCHED, 2)],
        [1],
        [("project:1", CLASSED, 1)],
    ),
    (
        "project.term_over_ten_years",
        [("project:1", AGREED, 1), ("project:1", ProjectAmended(ends_on=date(2035, 1, 1)), 3)],
        [2],
        [("project:1", ProjectAmended(starts_on=date(2025, 2, 1)), 2)],
    ),
    (
        "project.spent_over_committed",
        [
            ("project:1", FundingCommitted(money=won(10), funder="KR"), 0),
            ("project:1", FundingSpent(money=won(6), funder="KR"), 1),
            ("project:1", FundingSpent(money=won(5), funder="KR"), 2),
            ("project:2", FundingSpent(money=won(0), funder="KR"), 2),
        ],
        [3],
        [("project:1", FundingCommitted(money=won(1), funder="KR"), 9)],
    ),
    (
        "hub.work_on_revoked",
        [("hub:EU", HubRevoked(on=DAY, reason="x"), 5), ("case:1", OPENED, 4), ("case:1", RESOLVED, 6)],
        [3],
        [("hub:EU", HubReinstated(on=DAY), 5.5)],
    ),
    (
        "review.decided_late",
        [
            ("review:1", ObjectionFiled(grounds="x"), 0),
            ("review:1", ObjectionDecided(upheld=True, reasons="x"), 24 * 30),
            ("review:2", ObjectionFiled(grounds="x"), 0),
            ("review:2", ObjectionDecided(upheld=True, reasons="x"), 24 * 30 + 1),
        ],
        [4],
        [],
    ),
]


def positions(mirror: Mirror, code: str) -> list[Any]:
    with mirror.reading() as reading:
        return evidence.view(reading, "irregularities", {"code": code})["position"].to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(("code", "happened", "found", "missing"), CASES, ids=[code for code, *_ in CASES])
def test_an_irregularity_is_found_and_lifts(code: str, happened: Happened, found: list[int], missing: Happened) -> None:
    history, mirror = History(), Mirror()
    for stream, fact, hour in happened:
        history.add(stream, fact, hour)
    mirror.apply(history.page())
    assert positions(mirror, code) == found
    if missing:
        for stream, fact, hour in missing:
            history.add(stream, fact, hour)
        mirror.apply(history.page(mirror.position))
        assert positions(mirror, code) == []


def test_every_irregularity_has_its_example() -> None:
    assert {code for code, *_ in CASES} == evidence.IRREGULARITIES.keys()
