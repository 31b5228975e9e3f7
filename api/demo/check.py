"""A half-year check (반기별 점검) over HTTP, as ten hubs and the secretariat go through it; see docs/check.md."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from rich.console import Console

from api.demo.cloud_events import Event, morning, office_hours
from api.demo.course import FIRST, HUBS, STORY, CheckCourse, PlannedFinding, SimulatedHub
from api.demo.narrator import VERIFIER, Act, Narrator
from api.demo.preparation import MEMBERS, SEATS
from api.demo.programme import SECRETARIAT
from api.demo.showing import bar, dated_act, short
from domain.period import SEOUL
from domain.words import VALUES, Phrase
from projections.definitions import INDICATORS, QUALITATIVE
from replay.report.content import half_year_name

SAMPLE = 5
"""How many entries of each hub are tested."""

POPULATION = "SELECT position FROM effective WHERE hub = '{hub}' AND half_year(effective_at) = '{period}'"


async def run_check(narrator: Narrator, course: CheckCourse, out: Console) -> Any:
    """Goes through a check from its opening to the first edition, which it returns as JSON."""
    it = _Check(narrator, course, out)
    await it.opened()
    await it.submitted()
    await it.verified()
    await it.found()
    await it.concluded()
    return await publish_next(narrator, it.period, out)


async def settle_findings(narrator: Narrator) -> None:
    """The hub reports its action done, the verifier verifies and closes it; the other finding is carried over."""
    found, *_ = FIRST.findings
    stream = _finding(FIRST, found)
    await narrator.until(morning(found.due_on - timedelta(days=4)))
    await narrator.act(found.hub, ("finding.action_reported", stream, {"text": "당일 입력을 시작했습니다."}))
    await narrator.until(morning(found.due_on - timedelta(days=1)))
    await narrator.act(
        VERIFIER,
        ("finding.action_verified", stream, {"method": "표본 재확인"}),
        ("finding.closed", stream, {}),
    )


class _Check:
    def __init__(self, narrator: Narrator, course: CheckCourse, out: Console) -> None:
        self.narrator = narrator
        self.course = course
        self.out = out
        self.period = str(course.half)
        self.stream = f"check:{self.period}"
        self.hubs = [hub.id for hub in HUBS]
        self.names = half_year_name(self.period)
        self.differing: dict[str, int] = {}

    async def opened(self) -> None:
        await self.on(0)
        due_on = self.course.opens + timedelta(days=11)
        indicators = {it.code: it.version for it in INDICATORS.values()}
        indicators |= {code: version for code, version in QUALITATIVE if code in STORY.assessments}
        opening = {"period": self.period, "due_on": f"{due_on}", "hubs": self.hubs, "indicators": indicators}
        await self.narrator.act(SECRETARIAT, ("check.opened", self.stream, opening))
        self.say("opened", hubs=len(self.hubs), indicators=len(indicators), due_on=due_on)
        await self.on(2)
        last, position = self.course.half.last_moment, self.narrator.position
        await self.narrator.act(
            SECRETARIAT, ("check.cutoff_fixed", self.stream, {"valid_cutoff": last, "position": position})
        )
        self.say("cutoff", day=f"{last.astimezone(SEOUL):%Y-%m-%d}", position=f"{position:,}")

    async def submitted(self) -> None:
        """Of one hub the submission is returned, and made again."""
        await self.on(7)
        with bar(self.out, "figures"):
            await self.narrator.ask("GET", f"/v1/checks/{self.period}/figures", SECRETARIAT)
            await asyncio.gather(*map(self.assessed, HUBS))
            ko, en = self.names
            await self.submit(self.hubs, f"{ko} 실적을 제출합니다.", f"These are the results of the {en.lower()}.")
        self.say("submitted")
        await self.on(8)
        await self.attest(self.hubs)
        self.say("attested")
        returned = self.course.returned
        await self.on(9)
        again = ("review.submission_returned", self.review(returned), {"points": [self.course.points]})
        await self.narrator.act(SECRETARIAT, again)
        self.say("returned", hub=returned, points=Phrase(self.course.points, self.course.points_en))
        await self.on(10)
        ko, en = self.names
        again_en = f"These are the results of the {en.lower()} once more, with the reasons that were missing."
        await self.submit([returned], f"{ko} 실적을 다시 제출합니다. 사유를 보완했습니다.", again_en)
        await self.on(11)
        await self.attest([returned])
        self.say("again", hub=returned)

    async def assessed(self, hub: SimulatedHub) -> None:
        """What the hub says in words, with a file that shows it."""
        texts = {code: text.format(place=hub.place) for code, text in STORY.assessments.items()}
        told_en = {code: text.format(place=hub.name_en) for code, text in STORY.assessments_en.items()}
        shown = {code: hashlib.sha256(f"{hub.id}/{self.period}/{code}".encode()).hexdigest() for code in texts}
        acts: list[Act] = [
            (
                "review.assessment_made",
                self.review(hub.id),
                {"indicator": code, "version": 1, "text_ko": texts[code], "text_en": told_en[code]}
                | {"evidence": [shown[code]]},
            )
            for code in texts
        ]
        await self.narrator.act(hub.id, *acts)

    async def submit(self, hubs: Iterable[str], ko: str, en: str) -> None:
        async def one(hub: str) -> None:
            own = await self.narrator.ask("GET", f"/v1/checks/{self.period}/figures", hub, hub=hub)
            narrative = {"narrative_ko": ko, "narrative_en": en}
            made = {"figures_digest": own["digest"], "cutoff": own["position"]} | narrative
            await self.narrator.act(hub, ("review.submission_made", self.review(hub), made))

        await asyncio.gather(*map(one, hubs))

    async def attest(self, hubs: Iterable[str]) -> None:
        acts = {hub: ("review.submission_attested", self.review(hub), Event()) for hub in hubs}
        await asyncio.gather(*(self.narrator.act(f"{hub}/2", it) for hub, it in acts.items()))

    async def verified(self) -> None:
        await self.on(14)
        await self.narrator.act(SECRETARIAT, ("check.verification_started", self.stream, {}))
        await self.on(24)
        with bar(self.out, "samples"):
            samples = [await self.drawn(hub) for hub in self.hubs]  # a credential has one query at a time
            acts = [it for hub, sample in zip(self.hubs, samples, strict=True) for it in self.tested(hub, sample)]
            await self.narrator.act(VERIFIER, *acts)
        qualified = [it.hub for it in self.course.findings]
        drawn, clean = sum(len(it["positions"]) for it in samples), len(self.hubs) - len(qualified)
        which = "verified_qualified" if qualified else "verified"
        self.say("verified", which, entries=drawn, clean=clean, qualified=len(qualified), hubs=qualified)

    async def drawn(self, hub: str) -> Event:
        population = POPULATION.format(hub=hub, period=self.period)
        sample: Event = await self.narrator.ask(
            "GET",
            "/v1/sample",
            VERIFIER,
            population=population,
            seed=self.period,
            size=SAMPLE,
            position=self.narrator.position,
        )
        del sample["of"]
        return sample

    def tested(self, hub: str, sample: Event) -> list[Act]:
        """Where a finding follows, one entry of the sample is not what its source says."""
        stream, differs = self.review(hub), any(it.hub == hub for it in self.course.findings)
        if differs:
            self.differing[hub] = sample["positions"][0]
        tests: list[Act] = [
            (
                "review.sample_item_tested",
                stream,
                {"position": it, "result": "DIFFERS" if it == self.differing.get(hub) else "AGREES"},
            )
            for it in sample["positions"]
        ]
        return [
            ("review.verification_started", stream, {}),
            ("review.sample_drawn", stream, sample),
            *tests,
            ("review.submission_verified", stream, {"opinion": "QUALIFIED" if differs else "CLEAN"}),
        ]

    async def found(self) -> None:
        """Findings are raised, answered, and an action agreed; the hub's attester answers for it."""
        for it in self.course.findings:
            stream = _finding(self.course, it)
            await self.on(25)
            raised = {name: getattr(it, name) for name in ("criteria", "condition", "cause", "effect", "severity")}
            entries = {"entries": [self.differing[it.hub]]}
            await self.narrator.act(VERIFIER, ("finding.raised", stream, raised | entries))
        for it in self.course.findings:
            await self.on(28)
            response = {"text": it.response, "agrees": True}
            await self.narrator.act(it.hub, ("finding.response_received", _finding(self.course, it), response))
        for it in self.course.findings:
            await self.on(29)
            owner = self.narrator.people[f"{it.hub}/2"].id
            agreed = {"action": it.action, "due_on": f"{it.due_on}", "owner": owner}
            await self.narrator.act(VERIFIER, ("finding.action_agreed", _finding(self.course, it), agreed))
            self.say("finding", hub=it.hub, severity=VALUES["severity"][it.severity], due_on=it.due_on)
        await self.on(30)
        await self.narrator.act(SECRETARIAT, ("check.verification_completed", self.stream, {}))

    async def concluded(self) -> None:
        """The special committee (특별위원회) sits, its opinion is recorded, and the check is closed."""
        await self.on(45)
        session = f"session:{self.period}-1"
        item = {"item": "1", "kind": "DELIBERATION", "subject": self.stream}
        titles = {"title_ko": f"{self.names[0]} 반기별 점검", "title_en": f"Half-year check, {self.names[1]}"}
        opinion = {"item": "1", "text_ko": self.course.opinion_ko, "text_en": self.course.opinion_en}
        await self.narrator.act(
            SECRETARIAT,
            ("session.convened", session, {"on": f"{self.today}", "seats": SEATS, "present": MEMBERS}),
            ("session.agenda_tabled", session, item | titles),
            ("check.tabled", self.stream, {"session": f"{self.period}-1", "item": "1"}),
            ("session.opinion_recorded", session, opinion),
            ("check.opinion_received", self.stream, {}),
        )
        opinion_ = Phrase(self.course.opinion_ko, self.course.opinion_en)
        self.say("committee", present=len(MEMBERS), seats=SEATS, opinion=opinion_)
        await self.on(49)
        await self.narrator.act(SECRETARIAT, ("check.closed", self.stream, {}))
        await self.on(51)

    async def on(self, days: int) -> None:
        """Goes on to a day of the check; what the hubs post meanwhile is recorded, and late."""
        await self.narrator.until(office_hours(self.course.opens + timedelta(days=days)))

    @property
    def today(self) -> date:
        return self.narrator.clock.now.astimezone(SEOUL).date()

    def review(self, hub: str) -> str:
        return f"review:{self.period}-{hub}"

    def say(self, act: str, which: str = "", **facts: object) -> None:
        dated_act(self.out, self.narrator.clock.now, act, which, **facts)


async def publish_next(narrator: Narrator, period: str, out: Console) -> Any:
    """Publishes the edition whose turn it is."""
    with bar(out, "edition"):
        edition = await narrator.ask("POST", f"/v1/editions/{period}", SECRETARIAT, {})
    digests = {"key": short(edition["key_digest"]), "digest": short(edition["digest"])}
    dated_act(out, narrator.clock.now, "published", edition=edition["edition"], **digests)
    return edition


def _finding(course: CheckCourse, it: PlannedFinding) -> str:
    return f"finding:{course.half}-{it.hub}-1"
