"""Records made up for tests: entries in the order of recording, as pages for the mirror and as streams for the fold."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
from hypothesis import strategies as st

from domain.acts.calendar import (
    CalendarWithdrawn,
    ClosureDeclared,
    Hours,
    HoursDeclared,
    Opening,
    SpecialDay,
    WorkCalendarPublished,
)
from domain.acts.check_events import CheckOpened
from domain.acts.finding import ActionVerified, CorrectiveActionAgreed, RiskAccepted
from domain.acts.fx import FxRateSetPublished
from domain.acts.review import SubmissionMade, SubmissionReturned, SubmissionVerified
from domain.acts.sla import SlaPolicyPublished
from domain.facts import centre, evidence, exchange, expansion, helpdesk, hub, partner, project, strategy_map
from domain.facts.helpdesk import Severity
from domain.record import Entry, Fact, Reason, Recorded
from domain.registry import EntryCorrected, EntryVoided, tag
from domain.values import Money

START = datetime(2025, 5, 1, tzinfo=UTC)
HUBS = ("EU", "US")


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def day(number: int) -> date:
    return START.date() + timedelta(days=number)


class History:
    """A record that grows. Hours count from the start of May 2025; every entry is recorded an hour after the last."""

    def __init__(self) -> None:
        self.rows: list[Recorded[Any]] = []
        self._versions: dict[str, int] = defaultdict(int)

    @property
    def position(self) -> int:
        return self.rows[-1].position if self.rows else 0

    def add(
        self,
        stream: str,
        fact: Fact,
        hour: float = 0,
        *,
        hub: str = "EU",
        imported: bool = False,
        gap: int = 1,
        evidence: tuple[str, ...] = (),
    ) -> int:
        """The position of the new entry, `gap` behind the last."""
        self._versions[stream] += 1
        position = self.position + gap
        entry = Entry(
            stream=stream,
            version=self._versions[stream],
            occurred_at=at(hour),
            recorded_at=at(2000 + len(self.rows)),
            hub=hub,
            actor="c-1",
            role="hub",
            source=f"hub/{hub}",
            id=str(position),
            imported=imported,
            evidence=evidence,
            salt="00" * 16,
            fact=fact,
        )
        self.rows.append(Recorded(position, entry))
        return position

    def correct(
        self, original: int, fact: Any, hour: float, reason: Reason = "CLERICAL", evidence: tuple[str, ...] = ()
    ) -> int:
        entry = self.entry(original)
        correction = EntryCorrected(entry=original, reason=reason, occurred_at=at(hour), data=fact)
        return self.add(entry.stream, correction, 1990, hub=entry.hub, evidence=evidence)

    def void(self, original: int, reason: Reason = "DUPLICATE") -> int:
        entry = self.entry(original)
        return self.add(entry.stream, EntryVoided(entry=original, reason=reason), 1990, hub=entry.hub)

    def entry(self, position: int) -> Entry[Any]:
        return next(row.entry for row in self.rows if row.position == position)

    def clock(self, known: int) -> datetime | None:
        """When the last entry known was recorded."""
        return max((row.entry.recorded_at for row in self.rows if row.position <= known), default=None)

    def page(self, after: int = 0, limit: int = 10**9) -> pa.Table:
        return page([row for row in self.rows if row.position > after][:limit])

    def streams(self) -> dict[str, list[Recorded[Any]]]:
        found: dict[str, list[Recorded[Any]]] = defaultdict(list)
        for row in self.rows:
            found[row.entry.stream].append(row)
        return found


def page(rows: list[Recorded[Any]]) -> pa.Table:
    return pa.table(
        {
            "position": pa.array([row.position for row in rows], pa.int64()),
            "type": pa.array([tag(row.entry.fact) for row in rows], pa.string()),
            "entry": pa.array([msgspec.json.encode(row.entry) for row in rows], pa.binary()),
        }
    )


DAYS = st.integers(-20, 120).map(day)
MONEY = st.builds(Money, amount=st.integers(0, 5).map(Decimal), currency=st.sampled_from(["KRW", "EUR"]))
SHARES = st.sampled_from([{"EU": Decimal(1)}, {"EU": Decimal("0.25"), "US": Decimal("0.75")}])
COUNTRIES = st.sampled_from(["DE", "JP", "KR", None])
FUNDER = st.sampled_from(["KR", "PARTNER"])
OUTPUT = st.sampled_from(["o", "p"])
ACTIVITY = st.sampled_from(["o", "O", "p"])
CENTRES = st.sampled_from(["EU", "US", "centre:US", "KOTRA", "attaché"])
INTO = st.sampled_from(["1", "2", "case:1", "partner:2", "3"])


def _term(of: Any, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    ends = st.one_of(st.none(), st.tuples(DAYS, st.sampled_from([30, 400, 4000])))
    return st.builds(
        lambda start, end, **told: of(
            starts_on=start, ends_on=max(end[0], start or end[0]) + timedelta(end[1]) if end else None, **told
        ),
        st.one_of(st.none(), DAYS, DAYS.map(lambda it: it - timedelta(400))),
        ends,
        **more,
    )


PARTNERS = st.sampled_from([None, None, "p", "q"])
FACTS: dict[type[Fact], st.SearchStrategy[Any]] = {
    project.ProjectProposed: st.builds(
        project.ProjectProposed,
        title_ko=st.sampled_from([None, "과제 '하나'"]),
        title_en=st.just("one"),
        fields=st.sampled_from([(), ("ai",), ("NST12/AI", "ai")]),
    ),
    project.ProjectPartnerJoined: st.builds(
        project.ProjectPartnerJoined,
        partner=st.sampled_from(["p", "q"]),
        role=st.just("JOINT"),
        country=COUNTRIES,
        contribution=st.one_of(st.none(), MONEY),
    ),
    project.AgreementSigned: _term(
        project.AgreementSigned, stages=st.lists(DAYS, unique=True, max_size=2).map(lambda it: tuple(sorted(it)))
    ),
    project.ProjectAmended: _term(project.ProjectAmended),
    project.CreditShared: st.builds(project.CreditShared, shares=SHARES),
    project.ProjectLaunched: st.builds(project.ProjectLaunched, on=DAYS),
    project.FundingCommitted: st.builds(
        project.FundingCommitted, money=MONEY, funder=FUNDER, period=st.sampled_from([None, "2025S1", "2025S2"])
    ),
    project.FundingDisbursed: st.builds(project.FundingDisbursed, money=MONEY, funder=FUNDER),
    project.FundingSpent: st.builds(project.FundingSpent, money=MONEY, funder=FUNDER),
    project.ReportFiled: st.builds(project.ReportFiled, kind=st.sampled_from(["FINAL", "STAGE"]), due_on=DAYS),
    project.TrlAssessed: st.builds(project.TrlAssessed, level=st.integers(1, 9), assessor_role=st.just("x")),
    project.OutputReported: st.builds(
        project.OutputReported,
        output=OUTPUT,
        kind=st.sampled_from(["PAPER", "PATENT"]),
        pid=st.sampled_from([None, "10.1000/x", "https://doi.org/10.1000/X"]),
        countries=st.sampled_from([(), ("KR", "DE"), ("DE", "JP"), ("KR", "KR")]),
    ),
    project.ProjectCompleted: st.builds(project.ProjectCompleted, on=st.one_of(st.none(), DAYS)),
    exchange.ExchangeNominated: st.builds(
        exchange.ExchangeNominated,
        direction=st.sampled_from(["INBOUND", "OUTBOUND"]),
        country=COUNTRIES,
        field=st.sampled_from([None, "ai", "bio"]),
        planned_until=st.one_of(st.none(), DAYS),
        person=st.sampled_from([None, "p-1"]),
        project=st.sampled_from([None, "1"]),
    ),
    hub.HubDesignated: st.builds(
        hub.HubDesignated,
        name_ko=st.just("유럽"),
        name_en=st.just("Europe"),
        ministry=st.sampled_from(["MSIT", "MOTIE"]),
        region=st.sampled_from(["EUROPE", "ASIA"]),
        city=st.just("Brussels"),
        country=st.just("BE"),
        tz=st.just("Europe/Brussels"),
        designated_on=DAYS,
        decision_ref=st.just("d-1"),
    ),
    centre.CentreRegistered: st.builds(
        centre.CentreRegistered,
        name_ko=st.sampled_from(["무역관", "혁신센터"]),
        kind=st.just("TRADE_OFFICE"),
        operator=st.just("KOTRA"),
        country=st.sampled_from(["BE", "DE"]),
        city=st.just("Brussels"),
    ),
    centre.CentreLinked: st.builds(
        centre.CentreLinked, other=CENTRES, kind=st.just("AGREEMENT"), scope=st.just("AI"), on=DAYS
    ),
    centre.CentreActivityHeld: st.builds(
        centre.CentreActivityHeld,
        activity=ACTIVITY,
        kind=st.just("FORUM"),
        title=st.just("t"),
        on=DAYS,
        others=st.sampled_from([("US",), ("EU", "KOTRA"), ("centre:US", "US"), ("X",)]),
    ),
    centre.CentreActivityDeclined: st.builds(
        centre.CentreActivityDeclined, other=CENTRES, activity=ACTIVITY, on=DAYS, reason=st.just("x")
    ),
    centre.CentreAnswered: st.builds(
        centre.CentreAnswered,
        subject=st.sampled_from(["case:1", "project:1"]),
        accepts=st.booleans(),
        on=DAYS,
        reason=st.just("x"),
    ),
    helpdesk.CaseReferred: st.builds(helpdesk.CaseReferred, body=CENTRES),
    hub.HubCalendarAdopted: st.builds(
        hub.HubCalendarAdopted, calendar=st.sampled_from(["A", "B"]), calendar_version=st.integers(1, 2)
    ),
    hub.HubOperatorAppointed: st.builds(
        hub.HubOperatorAppointed, operator=st.sampled_from(["NRF", "KIST"]), name_ko=st.just("재단"), on=DAYS
    ),
    hub.HubTermSet: st.builds(hub.HubTermSet, starts_on=DAYS, ends_on=DAYS.map(lambda it: it + timedelta(200))),
    hub.HubRenewed: st.builds(hub.HubRenewed, starts_on=DAYS, ends_on=DAYS.map(lambda it: it + timedelta(200))),
    hub.HubBudgetAllocated: st.builds(
        hub.HubBudgetAllocated, period=st.sampled_from(["2025S1", "2025S2"]), money=MONEY, on=DAYS
    ),
    hub.HubFunctionsChanged: st.builds(hub.HubFunctionsChanged, functions=st.sampled_from([(), ("HELPDESK",)])),
    helpdesk.CaseOpened: st.builds(
        helpdesk.CaseOpened,
        topic=st.sampled_from(["visa", "tax"]),
        severity=st.sampled_from(["low", "normal"]),
        requester=st.sampled_from([None, "p-1"]),
    ),
    hub.HubTransferred: st.builds(
        hub.HubTransferred, ministry=st.sampled_from([None, "MOTIE"]), region=st.sampled_from(["ASIA", "EUROPE"])
    ),
    project.OutputVerified: st.builds(project.OutputVerified, output=OUTPUT, method=st.just("m")),
    project.OutputRejected: st.builds(project.OutputRejected, output=OUTPUT, method=st.just("m")),
    project.ExportControlDetermined: st.builds(
        project.ExportControlDetermined, result=st.sampled_from(["PERMITTED", "REFUSED"]), ref=st.just("r")
    ),
    partner.PartnerRegistered: st.builds(
        partner.PartnerRegistered,
        name=st.sampled_from(["a", "b"]),
        country=st.sampled_from(["DE", "JP"]),
        kind=st.sampled_from(["OTHER", "COMPANY"]),
        ror=st.sampled_from([None, "05a28rw58"]),
    ),
    partner.PartnerScreened: st.builds(
        partner.PartnerScreened, list=st.sampled_from(["x", "y"]), result=st.sampled_from(["CLEAR", "MATCH"])
    ),
    partner.PartnerIdentityMerged: st.builds(partner.PartnerIdentityMerged, into=INTO),
    strategy_map.StrategyMapDrafted: st.builds(
        strategy_map.StrategyMapDrafted, field=st.sampled_from(["NST12/AI", "NST12/BIO"]), edition=st.integers(1, 2)
    ),
    strategy_map.TechLevelAssessed: st.builds(
        strategy_map.TechLevelAssessed,
        sub_tech=st.sampled_from(["s", "t"]),
        country=st.sampled_from(["DE", "JP"]),
        rank=st.sampled_from([None, 1, 2]),
        score=st.sampled_from([Decimal(1), Decimal("0.5")]),
        unit=st.sampled_from([None, "%"]),
        reference_year=st.sampled_from([None, 2020, 2024]),
    ),
    strategy_map.CoopTypeAssigned: st.builds(
        strategy_map.CoopTypeAssigned, sub_tech=st.sampled_from(["s", "t"]), coop_type=st.sampled_from(["A", "B"])
    ),
    expansion.CompanyEnrolled: st.builds(
        expansion.CompanyEnrolled, company=st.sampled_from(["c", "d"]), target_countries=st.sampled_from([(), ("DE",)])
    ),
    expansion.SupportDelivered: st.builds(expansion.SupportDelivered, service=st.just("law")),
    expansion.ContractSigned: st.builds(
        expansion.ContractSigned, contract_ref=OUTPUT, money=MONEY, country=COUNTRIES, partner=PARTNERS
    ),
    expansion.InvestmentSecured: st.builds(
        expansion.InvestmentSecured, investment_ref=OUTPUT, money=MONEY, country=COUNTRIES, partner=PARTNERS
    ),
    expansion.LocalEntityEstablished: st.builds(
        expansion.LocalEntityEstablished, country=st.sampled_from(["DE", "JP"])
    ),
    helpdesk.CaseEscalated: st.builds(helpdesk.CaseEscalated, level=st.integers(1, 3)),
    helpdesk.ClockStopped: st.builds(helpdesk.ClockStopped, why=st.sampled_from(["requester", "holiday"])),
    helpdesk.SatisfactionRated: st.builds(
        helpdesk.SatisfactionRated, score=st.integers(1, 5), by=st.sampled_from([None, "p-1", "p-2"])
    ),
    helpdesk.CaseMerged: st.builds(helpdesk.CaseMerged, into=INTO),
    helpdesk.CaseTriaged: st.builds(helpdesk.CaseTriaged, severity=st.sampled_from(["low", "normal", "high"])),
    helpdesk.SlaBound: st.builds(
        helpdesk.SlaBound,
        policy=st.just("desk"),
        policy_version=st.integers(1, 2),
        calendar=st.sampled_from(["A", "A", "B"]),
        calendar_version=st.integers(1, 2),
    ),
    exchange.ExchangeOutputLinked: st.builds(
        exchange.ExchangeOutputLinked, project=st.sampled_from(["1", "project:2"]), output=OUTPUT
    ),
    strategy_map.StrategyMapApproved: st.builds(strategy_map.StrategyMapApproved, in_force_from=DAYS),
    strategy_map.StrategyMapSuperseded: st.builds(strategy_map.StrategyMapSuperseded, on=DAYS),
}
"""Facts whose fields matter to a figure or a view; of other types any value does."""

KINDS = {
    "hub": hub,
    "centre": centre,
    "partner": partner,
    "map": strategy_map,
    "project": project,
    "exchange": exchange,
    "expansion": expansion,
    "case": helpdesk,
    "evidence": evidence,
}
TYPES: dict[str, list[type[Fact]]] = {
    kind: [it for it in vars(module).values() if isinstance(it, type) and issubclass(it, Fact) and it is not Fact]
    for kind, module in KINDS.items()
}
FAVOURED = [
    *(helpdesk.CaseOpened, helpdesk.FirstResponseSent, helpdesk.CaseResolved, helpdesk.CaseReopened),
    *(helpdesk.SlaBound, helpdesk.ClockStopped, helpdesk.ClockStarted, helpdesk.CaseClosed),
    *(project.ProjectProposed, project.AgreementSigned, project.ProjectLaunched, project.CreditShared),
    *(project.ProjectPartnerJoined, project.OutputReported, project.OutputVerified, project.TrlAssessed),
    *(project.FundingCommitted, project.FundingSpent, hub.HubCalendarAdopted, strategy_map.TechLevelAssessed),
    *(exchange.ExchangeNominated, exchange.ExchangeDeparted, exchange.ExchangeReturned, exchange.ExchangeOutputLinked),
]
"""What most figures are made of, and so drawn more often."""
for kind in TYPES:
    TYPES[kind] += 4 * [it for it in FAVOURED if it in TYPES[kind]]


def fact(type_: type[Fact]) -> st.SearchStrategy[Any]:
    plain = {"on": DAYS, "until": DAYS}
    required = [field for field in msgspec.structs.fields(type_) if field.required]
    if type_ in FACTS:
        return FACTS[type_]
    return st.builds(type_, **{it.name: plain.get(it.name, _any(it)) for it in required})


def _any(field: msgspec.structs.FieldInfo) -> st.SearchStrategy[Any]:
    return st.integers(1, 9) if field.type is int else st.from_type(field.type)


HOURS = st.one_of(
    st.integers(0, 1900).map(float),
    st.sampled_from([1430.9, 1431.0, 0.0]),
    st.integers(0, 400).map(lambda it: it - 9000.0),
    st.integers(0, 400).map(lambda it: it - 17700.0),
)
"""Two months around the end of a half-year, and days a year and two years before, whose cohorts ripen in them."""


def _house(draw: st.DrawFn, history: History) -> None:
    """An act of the house, at its own time; versions follow each other, the rest comes in any order."""
    stream = draw(st.sampled_from(["calendar:A", "calendar:A", "calendar:B", "sla:desk", "fx:2025S1", "fx:own", "act"]))
    said_before = [row.entry.fact for row in history.rows if row.entry.stream == stream]
    version = sum(not isinstance(it, CalendarWithdrawn) for it in said_before) + 1
    said: Fact
    match stream.partition(":")[0]:
        case "calendar" if version > 2 and draw(st.booleans()):
            said = CalendarWithdrawn(version=version - 1, reason="x")
        case "calendar" if version > 1 and draw(st.booleans()):
            special = HoursDeclared(version=version, special=SpecialDay(draw(DAYS), draw(MORNINGS)))
            said = draw(st.sampled_from([ClosureDeclared(version=version, day=draw(DAYS)), special]))
        case "calendar":
            said = draw(calendars(version))
        case "sla":
            minutes = st.dictionaries(st.sampled_from(SEVERITIES), st.integers(1, 3000), min_size=1)
            said = SlaPolicyPublished(
                version=version,
                first_response_minutes=draw(minutes),
                resolve_minutes=draw(minutes),
                stop_reasons=draw(st.sampled_from([(), ("requester",)])),
            )
        case "fx":
            every, worth = draw(st.integers(1, 3)), draw(st.sampled_from(["1400", "1500.255"]))
            days = {day(n): Decimal(worth) for n in range(0, 80, every)}
            said = FxRateSetPublished(version=version, as_of=day(0), source="x", rates={"EUR": days})
        case _:
            stream, said = draw(ACTS)
    history.add(stream, said, 2000 + len(history.rows), hub=stream.split("-")[1] if "-" in stream else "")


MORNINGS = st.sampled_from(
    [(Hours("09:00", "13:00"),), (Hours("00:00", "02:00"), Hours("14:00", "24:00")), (Hours("08:00", "20:00"),)]
)
COVERED: st.SearchStrategy[dict[str, date]] = st.one_of(
    st.just({}),
    st.just({}),
    st.tuples(st.integers(-750, 20), st.integers(30, 90)).map(
        lambda it: {"covers_from": day(it[0]), "covers_until": day(it[1])}
    ),
)
SPECIAL = st.lists(st.builds(SpecialDay, DAYS, MORNINGS), max_size=3, unique_by=lambda it: it.day).map(tuple)


def calendars(version: int) -> st.SearchStrategy[WorkCalendarPublished]:
    return st.builds(
        lambda covered, **more: WorkCalendarPublished(version=version, **covered, **more),
        COVERED,
        special_days=SPECIAL,
        tz=st.sampled_from(["Asia/Seoul", "Europe/Brussels", "America/Los_Angeles"]),
        weekly_open=st.sampled_from(
            [
                tuple(Opening(it, "09:00", "18:00") for it in range(1, 6)),
                (Opening(1, "09:00", "12:00"), Opening(1, "13:30", "24:00"), Opening(6, "00:00", "08:00")),
                (),
            ]
        ),
        closed_days=st.lists(DAYS, max_size=5).map(tuple),
        source=st.just("x"),
    )


REVIEW = st.tuples(
    st.sampled_from(["review:2025S1-EU", "review:2025S1-US"]),
    st.one_of(
        st.just(SubmissionMade(figures_digest="ab" * 32)),
        st.just(SubmissionReturned(points=("x",))),
        st.just(SubmissionVerified(opinion="CLEAN")),
    ),
)
FINDING = st.tuples(
    st.sampled_from(["finding:2025S1-EU-1", "finding:2025S1-US-1"]),
    st.one_of(
        st.builds(CorrectiveActionAgreed, action=st.just("x"), due_on=st.integers(80, 90).map(day), owner=st.just("o")),
        st.just(ActionVerified()),
        st.just(RiskAccepted(session="1", reason="x")),
    ),
)
CHECK = st.builds(
    CheckOpened, period=st.just("2025S1"), due_on=st.integers(80, 90).map(day), hubs=st.just(HUBS),
    indicators=st.just({"HD-01": 1}),
).map(lambda it: ("check:2025S1", it))  # fmt: skip
ACTS = st.one_of(REVIEW, FINDING, CHECK)
TOGETHER = [
    ["case", "hub"],
    ["case"],
    ["project", "map"],
    ["project"],
    ["exchange", "project"],
    ["expansion"],
    ["centre", "hub"],
]


SEVERITIES: list[Severity] = ["low", "normal", "high"]

OWNERS = {"1": "EU", "2": "US", "3": "EU"}
"""The hub of a stream by its key."""

DESIGNATED = hub.HubDesignated(
    name_ko="가", name_en="a", ministry="MSIT", region="EUROPE", city="x", country="BE", tz="UTC", designated_on=day(0),
    decision_ref="d",
)  # fmt: skip

PROOF = ("ab" * 32,)

SCENES: dict[str, list[tuple[Any, ...]]] = {
    "nothing": [],
    "desk": [
        (
            "calendar:A",
            WorkCalendarPublished(
                version=1,
                tz="Asia/Seoul",
                weekly_open=tuple(Opening(it, "09:00", "18:00") for it in range(1, 6)),
                source="x",
            ),
            2000,
        ),
        (
            "sla:desk",
            SlaPolicyPublished(version=1, first_response_minutes={"low": 60}, resolve_minutes={"low": 6000}),
            2001,
        ),
        ("case:1", helpdesk.CaseOpened(topic="visa", severity="low"), 100),
        ("case:1", helpdesk.SlaBound(policy="desk", policy_version=1, calendar="A", calendar_version=1), 101),
        ("case:1", helpdesk.FirstResponseSent(), 102),
        ("case:1", helpdesk.CaseResolved(), 130),
        ("case:1", helpdesk.SatisfactionRated(score=4), 131),
        ("case:1", helpdesk.CaseClosed(), 132),
        ("case:2", helpdesk.CaseOpened(topic="tax", severity="low"), 100),
        ("case:2", helpdesk.SlaBound(policy="desk", policy_version=1, calendar="A", calendar_version=1), 101),
    ],
    "projects": [
        ("project:1", project.ProjectProposed(title_en="one", title_ko=None, fields=("NST12/AI",)), 0),
        ("project:1", project.AgreementSigned(starts_on=day(-400), ends_on=day(-20)), 24),
        ("project:1", project.ProjectPartnerJoined(partner="p", role="JOINT", country="DE"), 25),
        ("project:1", project.ProjectLaunched(on=day(2)), 48),
        ("project:1", project.FundingCommitted(money=Money(Decimal(5), "KRW"), funder="KR"), 49),
        ("project:1", project.FundingCommitted(money=Money(Decimal(5), "KRW"), funder="PARTNER"), 49),
        ("project:1", project.FundingSpent(money=Money(Decimal(2), "KRW"), funder="KR"), 50),
        ("project:1", project.TrlAssessed(level=3, assessor_role="x"), 51),
        ("project:1", project.TrlAssessed(level=5, assessor_role="x"), 400),
        ("project:1", project.OutputReported(output="o", kind="PAPER", countries=("KR", "DE")), 500),
        ("project:1", project.OutputVerified(output="o", method="m"), 501),
        ("project:1", project.OutputReported(output="p", kind="PATENT", countries=("KR", "DE")), 502),
        ("project:1", project.OutputVerified(output="p", method="m"), 503),
        ("project:2", project.ProjectCompleted(), -9000),
    ],
    "stays": [
        ("exchange:1", exchange.ExchangeNominated(direction="INBOUND", country="DE"), -17700),
        ("exchange:1", exchange.ExchangeDeparted(on=day(-736)), -17660),
        ("exchange:1", exchange.ExchangeReturned(on=day(-734)), -17610),
        ("exchange:2", exchange.ExchangeNominated(direction="OUTBOUND", country="DE"), 0),
        ("exchange:2", exchange.ExchangeDeparted(on=day(2)), 48),
    ],
    "expansions": [
        ("expansion:1", expansion.CompanyEnrolled(company="c"), -17700),
        ("expansion:1", expansion.SupportDelivered(service="law"), 0),
        ("expansion:1", expansion.ContractSigned(contract_ref="o", money=Money(Decimal(5), "KRW"), country="DE"), 1),
        ("expansion:1", expansion.ContractSigned(contract_ref="q", money=Money(Decimal(7), "KRW")), 1, PROOF),
    ],
    "network": [
        ("hub:EU", DESIGNATED, 0),
        ("hub:US", DESIGNATED, 0),
        (
            "centre:KOTRA",
            centre.CentreRegistered(
                name_ko="무역관", kind="TRADE_OFFICE", operator="KOTRA", country="DE", city="Frankfurt"
            ),
            1,
        ),
        (
            "centre:EU",
            centre.CentreActivityHeld(activity="a", kind="FORUM", title="t", on=day(2), others=("US", "centre:KOTRA")),
            48,
        ),
        (
            "centre:US",
            centre.CentreActivityHeld(activity="a", kind="FORUM", title="t", on=day(70), others=("EU",)),
            1680,
        ),
        ("centre:US", centre.CentreActivityDeclined(other="EU", activity="a", on=day(71), reason="x"), 1700),
        ("case:1", helpdesk.CaseReferred(body="US"), 50),
        ("case:3", helpdesk.CaseReferred(body="KOTRA"), 51),
        ("project:1", project.CreditShared(shares={"EU": Decimal("0.5"), "US": Decimal("0.5")}), 52),
        ("project:1", project.ProjectLaunched(on=day(3)), 72),
        ("centre:US", centre.CentreAnswered(subject="project:1", accepts=True, on=day(4)), 96),
        ("centre:US", centre.CentreAnswered(subject="case:1", accepts=False, on=day(2), reason="x"), 97),
        ("case:1", helpdesk.CaseReferred(body="US"), 1710),
    ],
    "check": [
        ("check:2025S1", CheckOpened(period="2025S1", due_on=day(80), hubs=HUBS, indicators={"HD-01": 1}), 1900),
        ("review:2025S1-EU", SubmissionMade(figures_digest="ab" * 32), 1910),
        ("review:2025S1-EU", SubmissionVerified(opinion="CLEAN"), 1911),
        ("finding:2025S1-EU-1", CorrectiveActionAgreed(action="x", due_on=day(80), owner="o"), 1912),
    ],
}
"""Histories begin with one of these: together they reach every indicator, which what is drawn at random seldom does."""


def scene(name: str) -> History:
    history = History()
    for stream, said, hour, *proof in SCENES[name]:
        kind, _, key = stream.partition(":")
        owner = OWNERS.get(key, key) if kind in KINDS else key.partition("-")[2][:2]
        history.add(stream, said, hour, hub=owner, evidence=proof[0] if proof else ())
    return history


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A scene, then facts on a few streams of each kind in any order, corrected and voided at random."""
    history = scene(draw(st.sampled_from([*SCENES])))
    originals = [row.position for row in history.rows if row.entry.stream.partition(":")[0] in KINDS]
    kinds = draw(st.one_of(st.sampled_from(TOGETHER), st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=2)))
    for _ in range(draw(st.one_of(st.integers(1, 20), st.integers(40, 90)))):
        act = draw(st.sampled_from(["add", "add", "add", "add", "correct", "void", "house"]))
        if act == "house":
            _house(draw, history)
        elif act == "add" or not originals:
            kind = draw(st.sampled_from(kinds))
            key = draw(st.sampled_from(HUBS if kind in ("hub", "centre") else ["1", "1", "1", "2", "3"]))
            owner = OWNERS.get(key, key)
            said = draw(fact(draw(st.sampled_from(TYPES[kind]))))
            gap, imported = draw(st.sampled_from([1, 1, 3])), draw(st.booleans())
            proof = draw(st.sampled_from([(), PROOF])) if kind == "expansion" else ()
            originals.append(
                history.add(f"{kind}:{key}", said, draw(HOURS), hub=owner, gap=gap, imported=imported, evidence=proof)
            )
        elif act == "correct":
            original = draw(st.sampled_from(originals))
            history.correct(original, draw(fact(type(history.entry(original).fact))), draw(HOURS))
        else:
            history.void(draw(st.sampled_from(originals)))
    return history
