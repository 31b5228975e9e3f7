"""The house at work for tests: acts tried in any order, those that its rules take recorded one after the other."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from domain import registry
from domain.acts import calendar, check, check_events, edition, finding, fx, indicator, review, session, sla
from domain.record import Entry, Fact, Recorded, Refused, Role
from tests.projections.histories import History, at

DAYS = [date(2025, 1, 27), date(2025, 6, 3), date(2026, 9, 1)]
OFFICE = tuple(calendar.Opening(day, "09:00", "18:00") for day in range(1, 6))
MORNING = (calendar.Hours("09:00", "13:00"),)
DIGESTS = ["ab" * 32, "cd" * 32]
HUBS = ("EU", "US")
STREAMS = [
    *(
        "calendar:BE",
        "calendar:KR",
        "sla:desk",
        "fx:2025S1",
        "indicator:HD-Q",
        "check:2025S1",
        "session:1",
        "session:1",
    ),
    *("finding:2025S1-EU-1", "finding:2025S1-US-1"),
    *2 * ("check:2025S1",),
    *4 * ("review:2025S1-EU",),
    *3 * ("review:2024S2-EU",),
]
"""The second review is of a half-year without a check, and runs its course undisturbed."""


class House:
    """A record of acts, each judged as it is made."""

    def __init__(self, random: Random) -> None:
        self.history = History()
        self.random = random

    @property
    def position(self) -> int:
        return self.history.position

    def recorded(self, stream: str) -> bool:
        return True

    def state(self, stream: str) -> Any:
        kind = registry.kind_of(stream)
        state = registry.KINDS[kind].initial
        for row in self.history.streams()[stream]:
            state = registry.KINDS[kind].evolve(state, row.entry)
        return state

    def act(self, stream: str) -> bool:
        """Records the first act, of those possible in any order, that is not refused."""
        facts = self.facts(stream)
        self.random.shuffle(facts)
        for fact in facts:
            for role, actor in self.random.sample(ACTORS, len(ACTORS)):
                entry = self.entry(stream, fact, role, actor)
                try:
                    registry.judge(registry.kind_of(stream), self.state(stream), entry, self)
                except Refused:
                    continue
                self.history.rows.append(Recorded(self.position + self.random.choice([1, 1, 3]), entry))
                return True
        return False

    def entry(self, stream: str, fact: Fact, role: Role, actor: str) -> Entry[Any]:
        now = at(20 * len(self.history.rows))
        version = len(self.history.streams()[stream]) + 1
        named = stream.partition(":")[2].split("-")
        return Entry(
            stream=stream, version=version, occurred_at=now, recorded_at=now, hub=named[1] if len(named) > 1 else "",
            actor=actor, role=role, source="house", id=f"{stream}/{version}", salt="00" * 16, fact=fact,
        )  # fmt: skip

    def facts(self, stream: str) -> list[Fact]:
        pick, state = self.random.choice, self.state(stream)
        number = len(getattr(state, "versions", ())) + 1
        match registry.kind_of(stream):
            case "calendar":
                days = tuple(self.random.sample(DAYS, 1))
                return [
                    calendar.WorkCalendarPublished(
                        version=number, tz="Asia/Seoul", weekly_open=OFFICE, closed_days=days, source="x"
                    ),
                    calendar.ClosureDeclared(version=number, day=pick(DAYS)),
                    calendar.ClosureDeclared(version=number, day=pick(DAYS)),
                    calendar.HoursDeclared(version=number, special=calendar.SpecialDay(pick(DAYS), MORNING)),
                    calendar.CalendarWithdrawn(version=pick(range(1, number + 1)), reason="x"),
                ]
            case "sla":
                first = {pick(["low", "normal"]): pick([60, 120])}
                return [
                    sla.SlaPolicyPublished(version=number, first_response_minutes=first, resolve_minutes={"low": 9}),  # type: ignore[arg-type]
                    sla.SlaPolicyWithdrawn(version=pick(range(1, number + 1)), reason="x"),
                ]
            case "fx":
                rates = {pick(["USD", "EUR"]): {pick(DAYS): Decimal(pick(["1400", "1500.25"]))}}
                return [
                    fx.FxRateSetPublished(version=number, as_of=DAYS[0], source="x", rates=rates),
                    fx.FxRateSetWithdrawn(version=pick(range(1, number + 1)), reason="x"),
                ]
            case "indicator":
                target = indicator.TargetSet(
                    period=pick(["2025S1", "2025S2"]), hub=pick([None, "EU"]), value=Decimal(pick([1, 2]))
                )
                defined = indicator.IndicatorDefined(
                    version=state.version + 1, first_period=pick(["2025S1", "2026S1"]), name_ko="가", name_en="a",
                    unit="x", measures="PROCESS", qualitative=True,
                )  # fmt: skip
                withdrawn = indicator.TargetWithdrawn(period=target.period, hub=target.hub, reason="x")
                return [target, target, withdrawn, defined]
            case "check":
                return self.check_facts(state)
            case "review":
                drawn = review.SampleDrawn(
                    population="p", position=self.position, seed="s", method="m", size=pick([0, 1]),
                    positions=pick([(), (1,), (2, 1)]),
                )  # fmt: skip
                return [
                    review.AssessmentMade(
                        indicator="HD-Q", version=pick([1, 2]), text_ko="가", evidence=(pick(DIGESTS),)
                    ),
                    review.SubmissionMade(
                        figures_digest=pick(DIGESTS), cutoff=pick([None, self.state("check:2025S1").position])
                    ),
                    review.SubmissionAttested(),
                    review.SubmissionReturned(points=("x",)),
                    review.VerificationStarted(),
                    drawn,
                    review.SampleItemTested(position=pick([1, 2]), result="AGREES"),
                    review.SubmissionVerified(opinion=pick(["CLEAN", "QUALIFIED"])),
                    review.ObjectionFiled(grounds="x"),
                    review.ObjectionDecided(upheld=True, reasons="x"),
                ]
            case "finding":
                due = at(20 * len(self.history.rows)).date() + timedelta(days=pick([1, 5]))
                return [
                    finding.FindingRaised(
                        criteria="a", condition="b", cause="c", effect="d", severity=pick(["LOW", "HIGH"])
                    ),
                    finding.ResponseReceived(text="x", agrees=True),
                    finding.CorrectiveActionAgreed(action="x", due_on=due, owner=pick(["h-1", "h-2"])),
                    finding.ActionReported(text="x"),
                    finding.ActionVerified(),
                    finding.ActionRejected(reason="x"),
                    finding.FindingClosed(),
                    finding.FindingReopened(reason="x"),
                    finding.RiskAccepted(session="1", reason="x"),
                ]
            case _:
                item = pick(["1", "2"])
                return [
                    session.SessionConvened(on=DAYS[1], seats=3, present=("m-1", "m-2", "m-3")),
                    session.AgendaTabled(item=item, kind=pick(["REPORT", "DELIBERATION"]), subject="check:2025S1"),
                    session.MemberRecused(item=item, member="m-1"),
                    session.OpinionRecorded(item=item, text_ko=pick(["가", "나"]), text_en=pick([None, "a"])),
                    session.DecisionAdopted(item=item, votes_for=2),
                ]

    def check_facts(self, state: check.Check) -> list[Fact]:
        pick = self.random.choice
        cut, position = state.valid_cutoff or at(0), state.position or 0
        key = edition.EditionKey(
            period="2025S1", valid_cutoff=cut, position=position, checkpoint=None, calendars={"BE": 1}, slas={}, fx={},
            schemes={"NST12": "2022"}, indicators={}, disclosure=pick([None, edition.Disclosure(1, 5)]),
        )  # fmt: skip
        later = replace(key, position=self.position)
        reviews = {hub: self.state(f"review:2025S1-{hub}").status for hub in HUBS}
        without = tuple(hub for hub, status in reviews.items() if status not in ("verified", "objected", "final"))
        return [
            check_events.CheckOpened(period="2025S1", due_on=DAYS[1], hubs=HUBS, indicators={"HD-Q": 1}),
            check_events.CutoffFixed(valid_cutoff=pick([cut, max(cut, at(10))]), position=self.position),
            check_events.CheckWithdrawn(reason="x"),
            check_events.CheckVerificationStarted(),
            check_events.CheckVerificationCompleted(),
            check_events.CheckTabled(session="1", item=pick(["1", "2"])),
            check_events.CheckOpinionReceived(),
            check_events.CheckClosed(without=without),
            check_events.EditionPublished(key=key, digest=pick(DIGESTS)),
            check_events.RestatementProposed(edition=len(state.editions), reason="x"),
            check_events.RestatementApproved(),
            check_events.RestatementRejected(reason="x"),
            check_events.EditionRestated(edition=len(state.editions) + 1, key=later, digest=pick(DIGESTS)),
            check_events.EditionWithdrawn(edition=state.restates, reason="x"),
        ]


ACTORS: list[tuple[Role, str]] = [("secretariat", "s-1"), ("secretariat", "s-2"), ("hub", "h-1"), ("hub", "h-2")]


@st.composite
def houses(draw: st.DrawFn) -> History:
    """A record of the house in which many acts of one check were possible."""
    house = House(draw(st.randoms(use_true_random=False)))
    house.act("check:2025S1")
    for stream in draw(st.lists(st.sampled_from(STREAMS), min_size=10, max_size=90)):
        house.act(stream)
    return house.history
