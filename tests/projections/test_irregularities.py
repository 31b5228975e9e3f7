"""What contradicts the rest is recorded, found, and no longer found once the missing fact arrives."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

import pyarrow as pa
import pytest
from msgspec.structs import replace

from domain.acts.calendar import ClosureDeclared, WorkCalendarPublished
from domain.acts.review import ObjectionDecided, ObjectionFiled
from domain.acts.sla import SlaPolicyPublished
from domain.facts.centre import (
    CentreActivityDeclined,
    CentreActivityHeld,
    CentreAnswered,
    CentreClosed,
    CentreLinkConfirmed,
    CentreLinkDeclined,
    CentreLinked,
    CentreRegistered,
    CentreRenamed,
    CentreUnlinked,
)
from domain.facts.evidence import EvidenceAccessed, EvidenceDeposited, EvidencePurged
from domain.facts.exchange import (
    ExchangeAccepted,
    ExchangeArrived,
    ExchangeCancelled,
    ExchangeCurtailed,
    ExchangeDeparted,
    ExchangeExtended,
    ExchangeNominated,
    ExchangeOutputLinked,
    ExchangeReturned,
    OutcomeRecognised,
)
from domain.facts.expansion import (
    CompanyEnrolled,
    ContractSigned,
    InvestmentSecured,
    LocalEntityEstablished,
    SupportDelivered,
)
from domain.facts.helpdesk import (
    CaseAssigned,
    CaseClosed,
    CaseMerged,
    CaseMergeReversed,
    CaseOpened,
    CaseReferred,
    CaseReopened,
    CaseResolved,
    ClockStarted,
    ClockStopped,
    FirstResponseSent,
    SatisfactionRated,
    SlaBound,
)
from domain.facts.hub import (
    HubCalendarAdopted,
    HubDesignated,
    HubLinked,
    HubReinstated,
    HubRenewed,
    HubRevoked,
    HubSuspended,
    HubTermSet,
    HubTransferred,
)
from domain.facts.partner import PartnerIdentityMerged, PartnerIdentityMergeReversed, PartnerRegistered
from domain.facts.project import (
    AgreementSigned,
    CreditShared,
    ExportControlDetermined,
    FollowOnLinked,
    FundingCommitted,
    FundingDisbursed,
    FundingSpent,
    OutputReported,
    OutputVerified,
    ProjectAmended,
    ProjectCompleted,
    ProjectLaunched,
    ProjectPartnerJoined,
    ProjectProposed,
    ProjectResumed,
    ProjectSuspended,
    ProjectWithdrawn,
    SecurityClassAssigned,
)
from domain.facts.strategy_map import CoopTypeAssigned, StrategyMapApproved, StrategyMapDrafted, StrategyMapSuperseded
from domain.record import Fact
from domain.registry import TYPES, tag
from domain.values import Money
from domain.vocabulary import SCHEMES
from projections.definitions import IRREGULARITIES
from projections.filters import Filter, as_filter
from projections.mirror import empty as empty_mirrors
from projections.mirror import public_views
from projections.mirror.irregular import OF_ANY_FACT, rules_of
from projections.mirror.mirror import Mirror
from projections.mirror.schema import table_of
from tests.mirrors import empty
from tests.projections.histories import History

KIND = attrgetter("kind")
DAY = date(2025, 5, 1)
OPENED, RESOLVED = CaseOpened(topic="visa"), CaseResolved()
LAUNCHED = ProjectLaunched(on=DAY)
CLASSED = SecurityClassAssigned(security_class="GENERAL", basis="x")
SENSITIVE = SecurityClassAssigned(security_class="SENSITIVE", basis="x")
AGREED = AgreementSigned(starts_on=date(2025, 1, 1), ends_on=date(2034, 12, 31))


DESIGNATED = HubDesignated(
    name_ko="가", name_en="a", ministry="MSIT", region="EUROPE", city="x", country="BE", tz="UTC", designated_on=DAY,
    decision_ref="d",
)  # fmt: skip
CALENDAR = WorkCalendarPublished(version=1, tz="UTC", weekly_open=(), source="x")
POLICY = SlaPolicyPublished(
    version=1, first_response_minutes={"low": 1}, resolve_minutes={"low": 1}, stop_reasons=("requester",)
)
BOUND = SlaBound(policy="desk", policy_version=1, calendar="BE", calendar_version=1)
REGISTERED = PartnerRegistered(name="a", country="DE")
PROPOSED = ProjectProposed(title_en="t", fields=("NST12/AI",))
ABROAD = ProjectPartnerJoined(partner="p", role="JOINT", country="DE")
PERMITTED = ExportControlDetermined(result="PERMITTED", ref="r")
REFUSED = ExportControlDetermined(result="REFUSED", ref="r")
STOPPED = ClockStopped(why="requester")
GUEST = ExchangeNominated(direction="INBOUND", person="p-1", project="1")
DRAFTED = StrategyMapDrafted(field="NST12/AI", edition=1)
ENROLLED = CompanyEnrolled(company="c")
DEPOSITED = EvidenceDeposited(sha256="ab" * 32, bytes=1, media_type="x", custodian="x", retention="Y1")


LINKED = CentreLinked(other="US", kind="AGREEMENT", scope="AI", on=DAY)
KOTRA = CentreRegistered(name_ko="가", kind="TRADE_OFFICE", operator="KOTRA", country="BE", city="x")
HELD = CentreActivityHeld(activity="a", kind="FORUM", title="t", on=DAY, others=("US",))
SHARED = CreditShared(shares={"EU": Decimal("0.5"), "US": Decimal("0.5")})
DECLINED = CentreAnswered(subject="project:1", accepts=False, on=DAY, reason="x")


def on(day: int) -> date:
    return date(2025, 6, day)


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
        "exchange.arrived_unaccepted",
        [("exchange:1", ExchangeArrived(on=DAY), 2)],
        [1],
        [("exchange:1", ExchangeAccepted(), 3)],
    ),
    (
        "exchange.arrived_before_acceptance",
        [
            ("exchange:1", ExchangeAccepted(), 1),
            ("exchange:1", ExchangeArrived(on=DAY), 2),
            ("exchange:1", ExchangeAccepted(), 3),
            ("exchange:2", ExchangeArrived(on=DAY), 2),
        ],
        [2],
        [],
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
        "project.spent_below_zero",
        [
            ("project:1", FundingSpent(money=won(6), funder="KR"), 1),
            ("project:1", FundingSpent(money=won(-6), funder="KR"), 2),
            ("project:1", FundingSpent(money=won(-1), funder="PARTNER"), 3),
            ("project:1", FundingSpent(money=won(-1), funder="KR"), 4),
        ],
        [3, 4],
        [
            ("project:1", FundingSpent(money=won(1), funder="PARTNER"), 0),
            ("project:1", FundingSpent(money=won(1), funder="KR"), 0),
        ],
    ),
    (
        "hub.work_on_revoked",
        [
            ("hub:EU", HubRevoked(on=DAY, reason="x"), 5),
            ("case:1", OPENED, 4 - 24),
            ("case:2", OPENED, 4),
            ("case:1", RESOLVED, 6),
            ("hub:EU", HubReinstated(on=DAY + timedelta(2)), 24 * 2 + 5),
            ("case:3", OPENED, 24 * 2 + 4),
        ],
        [3, 4],
        [("hub:EU", HubReinstated(on=DAY), 5.5)],
    ),
    (
        "hub.work_on_suspended",
        [
            ("hub:EU", HubSuspended(on=DAY, reason="x"), 5),
            ("case:1", OPENED, 4 - 24),
            ("case:2", OPENED, 4),
            ("case:1", RESOLVED, 6),
            ("hub:EU", HubReinstated(on=DAY + timedelta(2)), 24 * 2 + 5),
            ("case:3", OPENED, 24 * 2 + 4),
        ],
        [3, 4],
        [("hub:EU", HubReinstated(on=DAY), 5.5)],
    ),
    (
        "hub.fact_day_disagrees",
        [
            ("project:1", LAUNCHED, 2),
            ("project:2", LAUNCHED, 24 * 2),
            ("exchange:1", ExchangeArrived(on=date(2025, 3, 1)), 24 * 30),
            ("hub:EU", HubRevoked(on=date(2025, 3, 1), reason="x"), 24),
            ("project:3", ProjectLaunched(on=date(2030, 1, 1)), 1),
        ],
        [2, 3, 5],
        [],
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
    (
        "hub.designated_again",
        [("hub:EU", DESIGNATED, 1), ("hub:EU", DESIGNATED, 5), ("hub:US", DESIGNATED, 6)],
        [2],
        [("hub:EU", HubRevoked(on=DAY, reason="x"), 3)],
    ),
    (
        "hub.calendar_unknown",
        [
            ("calendar:BE", CALENDAR, 0),
            ("hub:EU", HubCalendarAdopted(calendar="BE", calendar_version=1), 1),
            ("hub:EU", HubCalendarAdopted(calendar="BE", calendar_version=2), 2),
        ],
        [3],
        [("calendar:BE", ClosureDeclared(version=2, day=DAY), 3)],
    ),
    (
        "case.clock_beyond_calendar",
        [
            ("calendar:BE", replace(CALENDAR, covers_from=date(2025, 5, 1), covers_until=date(2025, 5, 31)), 0),
            ("case:1", OPENED, 1),
            ("case:1", BOUND, 1),
            ("case:1", RESOLVED, 800),
            ("case:2", OPENED, 1),
            ("case:2", BOUND, 1),
            ("case:2", RESOLVED, 700),
        ],
        [2],
        [
            ("calendar:BE", replace(CALENDAR, version=2, covers_from=DAY, covers_until=DAY), 0),
            ("case:1", replace(BOUND, calendar_version=3), 2),
        ],
    ),
    (
        "hub.fact_before_designation",
        [
            ("hub:EU", replace(DESIGNATED, designated_on=date(2025, 6, 1)), 1),
            ("case:1", OPENED, -43089.01),  # the last day of May 2020 in Seoul
            ("case:2", OPENED, -43089),
            ("case:3", OPENED, 1),
        ],
        [2],
        [("hub:EU", replace(DESIGNATED, designated_on=date(2025, 5, 31)), 0)],
    ),
    (
        "hub.fact_before_2000",
        [("case:1", OPENED, -222058), ("case:2", OPENED, -222057), ("case:3", OPENED, 1)],
        [1],
        [],
    ),
    (
        "hub.work_after_term",
        [
            ("hub:EU", HubTermSet(starts_on=date(2025, 5, 1), ends_on=date(2025, 5, 31)), 0),
            ("case:1", OPENED, 734),  # the last hour of the term in Seoul
            ("case:1", RESOLVED, 735),
            ("hub:EU", HubCalendarAdopted(calendar="BE", calendar_version=1), 736),
        ],
        [3],
        [("hub:EU", HubRenewed(starts_on=DAY, ends_on=date(2026, 5, 31)), 900)],
    ),
    (
        "hub.reinstated_unsuspended",
        [
            ("hub:EU", HubReinstated(on=on(3)), 1),
            ("hub:US", HubSuspended(on=on(1), reason="x"), 1),
            ("hub:US", HubReinstated(on=on(3)), 2),
            ("hub:US", HubReinstated(on=on(4)), 3),
            ("hub:AS", HubRevoked(on=on(1), reason="x"), 1),
            ("hub:AS", HubReinstated(on=on(3)), 2),
        ],
        [1, 4],
        [("hub:EU", HubSuspended(on=on(2), reason="x"), 5), ("hub:US", HubSuspended(on=on(3), reason="x"), 1750)],
    ),
    (
        "hub.renewed_without_term",
        [("hub:EU", HubRenewed(starts_on=DAY, ends_on=date(2026, 5, 31)), 0)],
        [1],
        [("hub:EU", HubTermSet(starts_on=date(2025, 5, 1), ends_on=date(2025, 5, 31)), -1)],
    ),
    (
        "hub.country_outside_region",
        [
            ("hub:EU", DESIGNATED, 1),
            ("hub:EU", HubTransferred(region="ASIA"), 900),
            ("hub:EU", HubTransferred(region="EUROPE"), 901),
            ("hub:US", replace(DESIGNATED, country="IL"), 1),
            ("hub:US", replace(DESIGNATED, country="IL", region="ASIA"), 2),
            ("hub:AF", replace(DESIGNATED, country="ZA"), 1),
        ],
        [2],
        [],
    ),
    (
        "hub.ministry_unknown",
        [("hub:EU", replace(DESIGNATED, ministry="MSTI"), 1), ("hub:EU", HubTransferred(ministry="MOTIE"), 2)],
        [1],
        [],
    ),
    (
        "centre.linked_with_itself",
        [
            ("centre:EU", replace(LINKED, other="centre:EU"), 1),
            ("centre:EU", LINKED, 1),
            ("centre:US", CentreActivityHeld(activity="a", kind="FORUM", title="t", on=DAY, others=("EU", "US")), 2),
            ("centre:us", LINKED, 2),
            ("centre:EU", CentreUnlinked(other="eu", on=DAY, reason="x"), 3),
        ],
        [1, 3, 4, 5],
        [],
    ),
    (
        "hub.linked_with_itself",
        [
            ("hub:EU", HubLinked(other_centre="EU", scope="x"), 1),
            ("hub:EU", HubLinked(other_centre="KIC 유럽", scope="x"), 1),
        ],
        [1],
        [],
    ),
    (
        "centre.linked_unregistered",
        [
            ("hub:US", DESIGNATED, 0),
            ("centre:EU", LINKED, 1),
            ("centre:EU", replace(LINKED, other="KOTRA"), 1),
            ("centre:EU", CentreActivityHeld(activity="a", kind="FORUM", title="t", on=DAY, others=("US", "KOTRA")), 2),
        ],
        [3, 4],
        [("centre:KOTRA", KOTRA, 9)],
    ),
    (
        "centre.confirmed_untold",
        [
            ("centre:US", CentreLinkConfirmed(other="EU", on=DAY), 1),
            ("centre:US", CentreLinkConfirmed(other="EU", on=DAY, kind="AGREEMENT"), 1),
            ("centre:US", CentreLinkConfirmed(other="AS", on=DAY), 1),
            ("centre:AS", replace(LINKED, kind="FACILITY"), 1),
        ],
        [1, 2],
        [("centre:EU", LINKED, 9)],
    ),
    (
        "centre.confirmed_untold",
        [
            ("centre:EU", LINKED, 1),
            ("centre:US", CentreLinkDeclined(other="EU", on=date(2025, 4, 30), reason="x"), 1),
            ("centre:US", CentreLinkDeclined(other="EU", on=DAY, reason="x"), 1),
        ],
        [2],
        [("centre:EU", replace(LINKED, on=date(2025, 4, 30)), 9)],
    ),
    (
        "centre.closed_linked",
        [
            ("centre:EU", LINKED, 1),
            ("centre:US", KOTRA, 1),
            ("centre:US", CentreClosed(on=on(2), reason="x"), 25),
            ("centre:AS", KOTRA, 1),
            ("centre:AS", CentreClosed(on=on(2), reason="x"), 25),
        ],
        [3],
        [("centre:US", CentreUnlinked(other="EU", on=on(2), reason="x"), 25)],
    ),
    (
        "centre.confirmed_ended",
        [
            ("centre:EU", LINKED, 1),
            ("centre:EU", replace(LINKED, kind="FACILITY"), 1),
            ("centre:US", CentreLinkConfirmed(other="EU", on=on(1)), 25),
            ("centre:EU", CentreUnlinked(other="US", on=on(2), reason="x", kind="AGREEMENT"), 49),
            ("centre:US", CentreLinkConfirmed(other="EU", on=on(3)), 73),
            ("centre:US", CentreLinkConfirmed(other="EU", on=on(3), kind="AGREEMENT"), 73),
            ("centre:US", CentreLinkDeclined(other="AS", on=on(2), reason="x"), 49),
            ("centre:AS", replace(LINKED, kind="FACILITY"), 1),
            ("centre:US", CentreLinkConfirmed(other="AS", on=on(3)), 73),
        ],
        [6, 9],
        [("centre:EU", replace(LINKED, on=on(4)), 9), ("centre:AS", replace(LINKED, on=on(3)), 9)],
    ),
    (
        "centre.ended_untold",
        [
            ("centre:US", CentreUnlinked(other="EU", on=DAY, reason="x"), 1),
            ("centre:US", CentreUnlinked(other="EU", on=DAY, reason="x", kind="AGREEMENT"), 1),
            ("centre:US", CentreUnlinked(other="AS", on=DAY, reason="x"), 1),
            ("centre:AS", replace(LINKED, kind="FACILITY"), 900),
            ("centre:EU", replace(LINKED, on=on(9)), 1),
        ],
        [1, 2],
        [("centre:EU", LINKED, 9)],
    ),
    (
        "centre.changed_unregistered",
        [
            ("centre:KOTRA", CentreRenamed(name_ko="나", on=on(2)), 1),
            ("centre:KIC", CentreClosed(on=on(2), reason="x"), 1),
            ("centre:NIPA", KOTRA, 0),
            ("centre:NIPA", CentreClosed(on=on(2), reason="x"), 1),
        ],
        [1, 2],
        [("centre:KOTRA", KOTRA, 0), ("centre:KIC", KOTRA, 0)],
    ),
    (
        "centre.worked_after_closing",
        [
            ("centre:KOTRA", KOTRA, 0),
            ("centre:KOTRA", CentreClosed(on=on(2), reason="x"), 1),
            ("centre:KOTRA", LINKED, 2),
            ("centre:KOTRA", replace(LINKED, on=on(3)), 3),
        ],
        [4],
        [("centre:KOTRA", KOTRA, 1900)],
    ),
    (
        "centre.activity_days_differ",
        [
            ("centre:EU", HELD, 1),
            ("centre:US", replace(HELD, others=("EU",), on=on(2)), 1),
            ("centre:AS", replace(HELD, others=("JP",), on=on(3)), 1),
            ("centre:EU", replace(HELD, activity="b", on=on(3)), 1),
        ],
        [2],
        [],
    ),
    (
        "centre.activity_disputed",
        [
            ("centre:EU", HELD, 1),
            ("centre:EU", replace(HELD, activity="b"), 1),
            ("centre:US", CentreActivityDeclined(other="centre:EU", activity="a", on=DAY, reason="x"), 2),
            ("centre:AS", CentreActivityDeclined(other="EU", activity="b", on=DAY, reason="x"), 2),
        ],
        [1],
        [],
    ),
    (
        "centre.activity_declined_untold",
        [
            ("centre:EU", HELD, 1),
            ("centre:US", CentreActivityDeclined(other="EU", activity="a", on=DAY, reason="x"), 2),
            ("centre:US", CentreActivityDeclined(other="EU", activity="b", on=DAY, reason="x"), 2),
            ("centre:AS", CentreActivityDeclined(other="EU", activity="a", on=DAY, reason="x"), 2),
            ("centre:US", CentreActivityDeclined(other="EU", activity="a", on=on(2), reason="x"), 2),
        ],
        [3, 4, 5],
        [
            ("centre:EU", replace(HELD, activity="b"), 3),
            ("centre:EU", replace(HELD, others=("AS", "US")), 3),
            ("centre:EU", replace(HELD, on=on(2)), 3),
        ],
    ),
    (
        "centre.answered_unconcerned",
        [
            ("centre:US", CentreAnswered(subject="project:1", accepts=True, on=DAY), 1),
            ("centre:US", CentreAnswered(subject="case:1", accepts=True, on=DAY), 1),
            ("case:1", CaseReferred(body="centre:US"), 0),
        ],
        [1],
        [("project:1", SHARED, 9)],
    ),
    (
        "centre.declined_on_another_day",
        [
            ("project:1", SHARED, 0),
            ("project:1", ProjectLaunched(on=on(3)), 72),
            ("case:1", CaseReferred(body="centre:US"), 0),
            ("centre:US", DECLINED, 100),
            ("centre:US", replace(DECLINED, on=on(3)), 100),
            ("centre:US", replace(DECLINED, on=on(4)), 100),
            ("centre:US", replace(DECLINED, subject="case:1"), 100),
            ("centre:US", replace(DECLINED, subject="case:1", on=on(3)), 100),
            ("centre:US", replace(DECLINED, on=on(4), accepts=True), 100),
            ("centre:US", replace(DECLINED, subject="case:2", on=on(4)), 100),
        ],
        [6, 8],
        [("project:1", SHARED, 24 * 34), ("case:1", CaseReferred(body="US"), 24 * 33)],
    ),
    (
        "project.credit_declined",
        [("project:1", SHARED, 1), ("project:2", SHARED, 1), ("centre:US", DECLINED, 2)],
        [1],
        [("project:1", CreditShared(shares={"EU": Decimal(1)}), 900)],
    ),
    (
        "case.referral_declined",
        [
            ("case:1", CaseReferred(body="US"), 1),
            ("case:2", CaseReferred(body="AS"), 1),
            ("centre:US", replace(DECLINED, subject="case:1"), 2),
            ("case:3", CaseReferred(body="US"), 1),
            ("case:3", CaseReferred(body="US"), 100),
            ("centre:US", replace(DECLINED, subject="case:3"), 2),
        ],
        [1],
        [("case:1", CaseReferred(body="AS"), 900)],
    ),
    (
        "partner.merge_circle",
        [
            ("partner:1", PartnerIdentityMerged(into="2"), 1),
            ("partner:2", PartnerIdentityMerged(into="partner:3"), 2),
            ("partner:3", PartnerIdentityMerged(into="2"), 3),
        ],
        [2, 3],
        [("partner:3", PartnerIdentityMergeReversed(), 4)],
    ),
    (
        "partner.merged_into_unknown",
        [
            ("partner:1", PartnerIdentityMerged(into="2"), 1),
            ("partner:2", PartnerIdentityMerged(into="1"), 1),
            ("partner:1", REGISTERED, 2),
        ],
        [1],
        [("partner:2", REGISTERED, 9)],
    ),
    (
        "case.merge_circle",
        [("case:1", CaseMerged(into="case:1"), 1), ("case:2", CaseMerged(into="3"), 1)],
        [1],
        [("case:1", CaseMergeReversed(), 2)],
    ),
    (
        "case.merged_into_unknown",
        [("case:1", CaseMerged(into="case:2"), 1)],
        [1],
        [("case:2", OPENED, 9)],
    ),
    (
        "case.clock_stopped_twice",
        [("case:1", STOPPED, 1), ("case:1", STOPPED, 3), ("case:2", STOPPED, 3)],
        [2],
        [("case:1", ClockStarted(), 2)],
    ),
    (
        "case.clock_started_running",
        [("case:1", ClockStarted(), 2), ("case:2", STOPPED, 1), ("case:2", ClockStarted(), 2)],
        [1],
        [("case:1", STOPPED, 1)],
    ),
    (
        "case.clock_reason_unlisted",
        [
            ("sla:desk", POLICY, 0),
            ("case:1", BOUND, 1),
            ("case:1", ClockStopped(why="holiday"), 2),
            ("case:1", STOPPED, 3),
            ("case:2", ClockStopped(why="holiday"), 2),
        ],
        [3],
        [],
    ),
    (
        "case.sla_unknown",
        [("calendar:BE", CALENDAR, 0), ("case:1", BOUND, 1)],
        [2],
        [("sla:desk", POLICY, 9)],
    ),
    (
        "case.answered_again",
        [("case:1", FirstResponseSent(), 2), ("case:1", FirstResponseSent(), 1), ("case:2", FirstResponseSent(), 3)],
        [1],
        [],
    ),
    (
        "case.worked_while_merged",
        [
            ("case:1", CaseMerged(into="2"), 1),
            ("case:1", CaseAssigned(), 3),
            ("case:1", CaseAssigned(), 0),
            ("case:1", CaseClosed(), 4),
        ],
        [2],
        [("case:1", CaseMergeReversed(), 2)],
    ),
    (
        "case.rated_again",
        [("case:1", SatisfactionRated(score=5), 1), ("case:1", SatisfactionRated(score=1), 3)],
        [2],
        [("case:1", CaseClosed(), 0), ("case:1", CaseReopened(why="x"), 2)],
    ),
    (
        "case.rated_by_another",
        [
            ("case:1", CaseOpened(topic="visa", requester="p-1"), 0),
            ("case:1", SatisfactionRated(score=5, by="p-1"), 1),
            ("case:1", SatisfactionRated(score=5, by="p-2"), 2),
            ("case:1", SatisfactionRated(score=5), 3),
        ],
        [3],
        [],
    ),
    (
        "project.launched_undetermined",
        [
            ("project:1", SENSITIVE, 0),
            ("project:1", ABROAD, 1),
            ("project:1", LAUNCHED, 3),
            ("project:2", SENSITIVE, 0),
            ("project:2", LAUNCHED, 3),
            ("project:3", CLASSED, 0),
            ("project:3", ABROAD, 1),
            ("project:3", LAUNCHED, 3),
        ],
        [3],
        [("project:1", PERMITTED, 2)],
    ),
    (
        "project.launched_refused",
        [("project:1", REFUSED, 1), ("project:1", LAUNCHED, 3)],
        [2],
        [("project:1", PERMITTED, 2)],
    ),
    (
        "project.output_counted_twice",
        [
            ("project:1", OutputReported(output="o", kind="PAPER", pid="10.1000/x"), 1),
            ("project:1", OutputReported(output="o", kind="PAPER", pid="10.1000/x"), 2),
            ("project:2", OutputReported(output="o", kind="PAPER", pid="https://doi.org/10.1000/X"), 3),
            ("project:2", OutputReported(output="p", kind="PAPER"), 3),
        ],
        [3],
        [],
    ),
    (
        "project.output_judged_unreported",
        [("project:1", OutputVerified(output="o", method="m"), 1)],
        [1],
        [("project:1", OutputReported(output="o", kind="PAPER"), 2)],
    ),
    (
        "project.credit_to_unknown_hub",
        [
            ("hub:EU", DESIGNATED, 0),
            ("project:1", CreditShared(shares={"EU": Decimal("0.5"), "MARS": Decimal("0.5")}), 1),
            ("project:2", CreditShared(shares={"EU": Decimal(1)}), 1),
        ],
        [2],
        [("hub:MARS", DESIGNATED, 9)],
    ),
    (
        "project.work_after_end",
        [
            ("project:1", ProjectCompleted(), 2),
            ("project:1", ProjectSuspended(reason="x"), 3),
            ("project:1", LAUNCHED, 1),
        ],
        [2],
        [],
    ),
    (
        "project.completed_unlaunched",
        [("project:1", ProjectCompleted(), 2)],
        [1],
        [("project:1", LAUNCHED, 1)],
    ),
    (
        "project.resumed_unsuspended",
        [("project:1", ProjectResumed(), 2)],
        [1],
        [("project:1", ProjectSuspended(reason="x"), 1)],
    ),
    (
        "project.follow_on_unknown",
        [
            ("project:1", FollowOnLinked(project="2"), 1),
            ("project:2", FollowOnLinked(project="project:3"), 1),
            ("project:3", PROPOSED, 2),
        ],
        [1],
        [("project:2", PROPOSED, 0)],
    ),
    (
        "exchange.returned_before_arrival",
        [("exchange:1", ExchangeArrived(on=on(5)), 1), ("exchange:1", ExchangeReturned(on=on(4)), 2)],
        [2],
        [("exchange:1", ExchangeArrived(on=on(3)), 1.5)],
    ),
    (
        "exchange.overlaps",
        [
            ("exchange:1", GUEST, 0),
            ("exchange:1", ExchangeArrived(on=on(1)), 1),
            ("exchange:1", ExchangeExtended(until=on(20)), 2),
            ("exchange:2", GUEST, 0),
            ("exchange:2", ExchangeDeparted(on=on(10)), 3),
            ("exchange:3", GUEST, 0),
            ("exchange:3", ExchangeArrived(on=on(20)), 4),
            ("exchange:2", ExchangeReturned(on=on(15)), 5),
        ],
        [5],
        [("exchange:1", ExchangeCurtailed(until=on(10)), 2.5)],
    ),
    (
        "exchange.changed_after_recognition",
        [
            ("exchange:1", OutcomeRecognised(outcome="x"), 1),
            ("exchange:1", ExchangeExtended(until=DAY), 2),
            ("exchange:1", ExchangeOutputLinked(project="1", output="o"), 3),
            ("exchange:1", ExchangeArrived(on=DAY), 0),
        ],
        [2],
        [],
    ),
    (
        "exchange.secured_unapproved",
        [
            ("project:1", SecurityClassAssigned(security_class="SECURED", basis="x"), 0),
            ("exchange:1", GUEST, 1),
            ("exchange:1", ExchangeArrived(on=DAY), 2),
            ("exchange:2", GUEST, 1),
            ("exchange:2", ExchangeArrived(on=DAY, approval_ref="a"), 2),
        ],
        [3],
        [("project:1", CLASSED, 0.5)],
    ),
    (
        "case.referred_to_itself",
        [
            ("case:1", CaseReferred(body="EU"), 1),
            ("case:1", CaseReferred(body="hub:eu"), 2),
            ("case:1", CaseReferred(body="US"), 3),
        ],
        [1, 2],
        [],
    ),
    (
        "project.withdrawn_after_launch",
        [
            ("project:1", LAUNCHED, 1),
            ("project:1", ProjectWithdrawn(reason="x"), 49),
            ("project:2", ProjectWithdrawn(reason="x"), 49),
            ("project:3", ProjectWithdrawn(reason="x"), 49),
            ("project:3", replace(LAUNCHED, on=date(2025, 5, 5)), 100),
        ],
        [2],
        [],
    ),
    (
        "exchange.cancelled_after_arrival",
        [
            ("exchange:1", ExchangeArrived(on=DAY), 1),
            ("exchange:1", ExchangeCancelled(), 49),
            ("exchange:2", ExchangeDeparted(on=DAY), 1),
            ("exchange:2", ExchangeCancelled(), 49),
        ],
        [2],
        [],
    ),
    (
        "exchange.travelled_after_end",
        [("exchange:1", ExchangeCancelled(), 1), ("exchange:1", ExchangeDeparted(on=DAY), 2)],
        [2],
        [],
    ),
    (
        "expansion.amount_without_evidence",
        [("expansion:1", ContractSigned(contract_ref="k", money=won(1)), 1)],
        [1],
        [],
    ),
    (
        "expansion.deal_counted_twice",
        [
            ("expansion:1", ENROLLED, 0),
            ("expansion:2", ENROLLED, 0),
            ("expansion:1", ContractSigned(contract_ref="k", money=won(1)), 1),
            ("expansion:2", ContractSigned(contract_ref="k", money=won(1)), 2),
            ("expansion:2", InvestmentSecured(investment_ref="k", money=won(1)), 2),
            ("expansion:3", ContractSigned(contract_ref="k", money=won(1)), 3),
        ],
        [4],
        [("expansion:2", CompanyEnrolled(company="another"), 1)],
    ),
    (
        "expansion.amount_below_zero",
        [
            ("expansion:1", ContractSigned(contract_ref="k", money=won(-1)), 1),
            ("expansion:1", InvestmentSecured(investment_ref="k", money=won(-1)), 1),
            ("expansion:1", ContractSigned(contract_ref="l", money=won(0)), 1),
        ],
        [1, 2],
        [],
    ),
    (
        "project.amount_below_zero",
        [
            ("project:1", FundingCommitted(money=won(-1), funder="KR"), 1),
            ("project:1", FundingDisbursed(money=won(-1), funder="KR"), 1),
            ("project:1", replace(ABROAD, contribution=won(-1)), 1),
            ("project:1", ABROAD, 1),
            ("project:1", FundingSpent(money=won(-1), funder="KR"), 1),
        ],
        [1, 2, 3],
        [],
    ),
    (
        "expansion.supported_unenrolled",
        [("expansion:1", SupportDelivered(service="law"), 2), ("expansion:1", ENROLLED, 3)],
        [1],
        [("expansion:1", ENROLLED, 1)],
    ),
    (
        "map.changed_after_approval",
        [
            ("map:1", StrategyMapApproved(in_force_from=DAY), 2),
            ("map:1", CoopTypeAssigned(sub_tech="s", coop_type="A"), 3),
            ("map:1", DRAFTED, 1),
        ],
        [2],
        [],
    ),
    (
        "map.approved_undrafted",
        [("map:1", StrategyMapApproved(in_force_from=DAY), 2)],
        [1],
        [("map:1", DRAFTED, 1)],
    ),
    (
        "map.two_in_force",
        [
            ("map:1", DRAFTED, 0),
            ("map:1", StrategyMapApproved(in_force_from=on(1)), 1),
            ("map:2", DRAFTED, 0),
            ("map:2", StrategyMapApproved(in_force_from=on(9)), 2),
            ("map:3", StrategyMapDrafted(field="NST12/BIO", edition=1), 0),
            ("map:3", StrategyMapApproved(in_force_from=on(9)), 2),
        ],
        [4],
        [("map:1", StrategyMapSuperseded(on=on(9), by="2"), 2)],
    ),
    (
        "evidence.purged_early",
        [
            ("evidence:1", DEPOSITED, 0),
            ("evidence:1", EvidencePurged(legal_basis="x"), 10),
            ("evidence:2", DEPOSITED, -9000),
            ("evidence:2", EvidencePurged(legal_basis="x"), 8000),
        ],
        [2],
        [],
    ),
    (
        "evidence.accessed_after_purge",
        [("evidence:1", EvidencePurged(legal_basis="x"), 1), ("evidence:1", EvidenceAccessed(by="c-1"), 2)],
        [2],
        [],
    ),
]


def positions(mirror: Mirror, code: str) -> list[Any]:
    with mirror.reading() as reading:
        return public_views.view(reading, "irregularities", {"code": code})["position"].to_pylist()


def all_of(mirror: Mirror) -> list[tuple[Any, ...]]:
    """What every rule finds, whatever it is about; those of a kind at once: all together plan slowly."""
    with mirror.reading() as reading:
        rows = [
            reading.rows(" UNION ALL ".join(f"SELECT '{it.code}', position FROM {it.view}" for it in rules))
            for _, rules in groupby(sorted(IRREGULARITIES.values(), key=KIND), KIND)
        ]
    return sorted(chain.from_iterable(rows))


def on_each_stream(mirror: Mirror, history: History) -> list[tuple[Any, ...]]:
    with mirror.reading() as reading:
        tables = [public_views.irregularities_of(reading, stream) for stream in history.streams()]
    return sorted((row["code"], row["position"]) for table in tables for row in table.to_pylist())


@pytest.mark.parametrize(("code", "happened", "found", "missing"), CASES, ids=[code for code, *_ in CASES])
def test_an_irregularity_is_found_and_lifts(code: str, happened: Happened, found: list[int], missing: Happened) -> None:
    history, mirror = History(), empty()
    for stream, fact, hour in happened:
        history.add(stream, fact, hour)
    mirror.apply(history.page())
    assert positions(mirror, code) == found
    assert on_each_stream(mirror, history) == all_of(mirror)
    if missing:
        for stream, fact, hour in missing:
            history.add(stream, fact, hour)
        mirror.apply(history.page(mirror.position))
        assert positions(mirror, code) == []


def test_every_irregularity_has_its_example() -> None:
    assert {code for code, *_ in CASES} == IRREGULARITIES.keys()


def test_the_view_has_what_every_rule_finds_and_so_has_who_asks_for_it() -> None:
    history, mirror = History(), empty()
    for n, (_, happened, *_) in enumerate(CASES):
        for stream, fact, hour in happened:
            of_the_hub = stream.startswith(("hub:", "centre:", "calendar:", "sla:"))
            history.add(stream if of_the_hub else f"{stream}-{n}", fact, hour)
    mirror.apply(history.page())
    with mirror.reading() as reading:
        whole = reading.table("FROM irregularities", order="code, position")
        assert public_views.view(reading, "irregularities").equals(whole)
        wanted = ["case.resolved_again", "exchange.departed_unaccepted"]
        some = public_views.view(reading, "irregularities", {"code": Filter((("=", tuple(wanted)),))})
    assert sorted({*some["code"].to_pylist()}) == wanted
    found = [*zip(whole["code"].to_pylist(), whole["position"].to_pylist(), strict=True)]
    assert sorted(found) == all_of(mirror)
    assert len({code for code, _ in found}) > 50
    mirror.close()


def test_a_scheme_marked_as_controlled_asks_an_export_determination(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History()
    for fact, hour in [(PROPOSED, 0), (CLASSED, 0), (ABROAD, 1), (LAUNCHED, 3)]:
        history.add("project:1", fact, hour)
    for marked, found in [(False, []), (True, [4])]:
        with monkeypatch.context() as other:
            other.setitem(SCHEMES, "NST12", replace(SCHEMES["NST12"], controlled=marked))
            other.setattr(sys, "dont_write_bytecode", True)  # its empty mirror is not kept
            empty_mirrors.statements_in_force.cache_clear()
            mirror = empty()
            empty_mirrors.statements_in_force.cache_clear()
        mirror.apply(history.page())
        assert positions(mirror, "project.launched_undetermined") == found


def test_an_amount_has_evidence_once_a_correction_brings_it() -> None:
    history, mirror = History(), empty()
    signed = ContractSigned(contract_ref="k", money=won(1))
    history.add("expansion:1", signed, evidence=("ab" * 32,))
    bare = history.add("expansion:2", signed)
    mirror.apply(history.page())
    assert positions(mirror, "expansion.amount_without_evidence") == [bare]
    history.correct(bare, signed, 1, "LATE_EVIDENCE", evidence=("ab" * 32,))
    mirror.apply(history.page(mirror.position))
    assert positions(mirror, "expansion.amount_without_evidence") == []


SEEN: list[Callable[[date], Fact]] = [
    lambda on: ExchangeDeparted(on=on),
    lambda on: ExchangeArrived(on=on),
    lambda on: ExchangeReturned(on=on),
    lambda on: LocalEntityEstablished(country="DE", on=on),
    lambda on: ProjectCompleted(on=on),
    lambda on: ProjectLaunched(on=on),
    lambda on: CentreActivityHeld(activity="a", kind="FORUM", title="t", on=on, others=("KOTRA",)),
]


def test_the_day_of_whatever_was_seen_is_held_against_its_time_and_that_of_a_decision_is_not() -> None:
    assert {tag(seen(DAY)) for seen in SEEN} == {
        name for name, type_ in TYPES.items() if type_.effective_on and not type_.decided
    }
    history, apart = History(), set()
    for days in range(-2, 3):
        on = DAY - timedelta(days=days)
        for n, seen in enumerate(SEEN):
            position = history.add(f"{tag(seen(on)).partition('.')[0]}:{n}{days + 2}", seen(on), 1)
            apart |= {position} if abs(days) > 1 else set()
        history.add(f"hub:EU{days + 2}", HubRevoked(on=on, reason="x"), 1)
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        found = reading.rows("SELECT position FROM irregularity.hub_fact_day_disagrees")
    assert {position for (position,) in found} == apart
    mirror.close()


def test_the_irregularities_of_a_point_are_computed_once_until_an_entry_comes_or_a_minute_passes() -> None:
    history, mirror = History(), empty()
    history.add("case:1", RESOLVED, 1)
    mirror.apply(history.page())
    at = datetime.now(UTC)

    def told(seconds: int = 0, valid: datetime | None = None) -> tuple[pa.Table, list[int]]:
        mirror.clock = lambda: at + timedelta(seconds=seconds)
        with mirror.reading(valid=valid) as reading:
            shown = public_views.view(reading, "irregularities", {"code": as_filter("case.worked_unopened")})
            return reading.irregularities(), shown["position"].to_pylist()

    first, shown = told()
    assert shown == [1]
    assert told(59)[0] is first
    assert told(61)[0] is not first
    assert told(61, valid=at - timedelta(days=9999))[1] == []
    history.add("case:1", OPENED, 0)
    mirror.apply(history.page(mirror.position))
    assert told(61)[1] == []
    mirror.close()


def test_only_rules_that_read_every_fact_are_planned_for_streams_of_other_kinds() -> None:
    """Each costs its planning with every reading of a stream; what they find on each is tried with every example."""
    assert rules_of("calendar") == rules_of("credential") == []
    for kind in ("case", "exchange"):
        assert {it.code for it in rules_of(kind) if it.kind != kind} == OF_ANY_FACT
    others = ("effective", "planned", "event", *(table_of(name) for name in TYPES if not name.startswith("hub.")))
    for it in IRREGULARITIES.values():
        if it.kind == "hub" and it.code not in OF_ANY_FACT:
            assert not {*re.findall(r"(?:FROM|JOIN)\s+(\w+)", it.sql)} & {*others}, it.code
