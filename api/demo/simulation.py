"""A year of ten hubs that never was: seeded, with late facts, corrections, irregularities and duplicates."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from api.demo.course import HUBS, SimulatedHub
from domain.period import SEOUL

YEAR = 2025
END = datetime(YEAR + 1, 3, 1, tzinfo=UTC)
"""Late facts of the year are told until then."""

FIELDS = ["NST12/SEMICONDUCTOR", "NST12/AI", "NST12/BIO", "NST12/QUANTUM", "NST12/BATTERY", "CN17/HYDROGEN"]
SLA = "DESK"
"""The promise (처리기한) of every helpdesk."""
TOPICS = ["visa", "contract", "tax", "ip", "funding", "equipment"]

Event = dict[str, Any]
"""A CloudEvent; one that corrects has `corrects`, the id of what it corrects, in place of data.entry."""


class Step(NamedTuple):
    """What reaches the record at one moment, by hub."""

    now: datetime
    posts: dict[str, list[Event]]


def designations() -> Iterator[tuple[SimulatedHub, Event]]:
    """What the secretariat posts first."""
    for hub in HUBS:
        data = msgspec.structs.asdict(hub) | {"designated_on": "2024-12-06", "decision_ref": "GRDSC-2024-12"}
        del data["id"], data["partners"]
        yield hub, cloud_event(f"hub:{hub.id}", "hub.designated", datetime(2024, 12, 6, 1, tzinfo=UTC), data)


def calendars() -> Iterator[Event]:
    """The working week of each hub, published by the secretariat, and that the hub works by it."""
    week = [{"weekday": day, "opens": "09:00", "closes": "18:00"} for day in range(1, 6)]
    closed = [f"{year}-{day}" for year in (YEAR, YEAR + 1) for day in ("01-01", "12-25")]
    covered = {"covers_from": f"{YEAR}-01-01", "covers_until": f"{YEAR + 1}-12-31"}
    for hub in HUBS:
        at = datetime(2024, 12, 6, 1, 30, tzinfo=UTC)
        data = {"version": 1, "tz": hub.tz, "weekly_open": week, "closed_days": closed, "source": "simulated"}
        data |= covered
        yield cloud_event(f"calendar:{hub.id}", "calendar.published", at, data)
        yield cloud_event(f"hub:{hub.id}", "hub.calendar_adopted", at, {"calendar": hub.id, "calendar_version": 1})


def year(seed: int, scale: float = 1.0) -> list[Step]:
    """The year in half-days. `scale` multiplies how much happens; 1 is about 11,400 events."""
    posts: dict[datetime, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for hub in HUBS:
        told = _Hub(hub, random.Random(f"{seed}/{hub.id}"))  # noqa: S311  a story, not a secret
        for n in range(round(100 * scale)):
            told.case(n)
        for n in range(round(60 * scale)):
            told.exchange(n)
        for n in range(round(9 * scale)):
            told.project(n)
        for n in range(round(6 * scale)):
            told.expansion(n)
        if hub == HUBS[0]:
            told.ledger()
        for recorded_at, event in told.events:
            if recorded_at < END:
                posts[_half_day(recorded_at)][hub.id].append(event)
    return [Step(now, dict(posts[now])) for now in sorted(posts)]


class _Hub:
    """One hub's year, as (when it is posted, event)."""

    def __init__(self, hub: SimulatedHub, rng: random.Random) -> None:
        self.hub = hub
        self.rng = rng
        self.zone = ZoneInfo(hub.tz)
        self.events: list[tuple[datetime, Event]] = []

    def case(self, n: int) -> None:
        rng, stream = self.rng, f"case:{self.hub.id}-{YEAR}-{n:05d}"
        at = self._day()
        opened = {
            "topic": rng.choice(TOPICS),
            "channel": rng.choice(["web", "mail", "phone", "visit"]),
            "requester": f"p-{rng.getrandbits(48):012x}",
            "severity": rng.choice(["low", "normal", "normal", "high"]),
        }
        self._tell(stream, "case.opened", at, opened, typo={"topic": rng.choice(TOPICS)})
        promise = {"policy": SLA, "policy_version": 1, "calendar": self.hub.id, "calendar_version": 1}
        self._tell(stream, "case.sla_bound", at, promise)
        at += self._hours(1, 30)
        self._tell(stream, "case.assigned", at, {"team": "desk"})
        if rng.random() > 0.05:
            at += self._hours(1, 40)
            self._tell(stream, "case.first_response_sent", at, {})
        if rng.random() < 0.2:
            at += self._hours(1, 20)
            self._tell(stream, "case.clock_stopped", at, {"why": "requester"})
            at += self._hours(20, 200)
            self._tell(stream, "case.clock_started", at, {})
        if rng.random() < 0.05:
            self._tell(stream, "case.escalated", at, {"level": 2})
        if rng.random() > 0.08:
            at += self._hours(8, 300)
            self._tell(stream, "case.resolved", at, {"resolution": "answered"})
            if rng.random() < 0.07:
                at += self._hours(20, 500)
                self._tell(stream, "case.reopened", at, {"why": "not solved"})
                at += self._hours(8, 100)
                self._tell(stream, "case.resolved", at, {"resolution": "answered again"})
            at += self._hours(20, 120)
            self._tell(stream, "case.closed", at, {})
            if rng.random() < 0.5:
                self._tell(stream, "case.satisfaction_rated", at, {"score": rng.choice([2, 3, 4, 4, 5, 5])})

    def exchange(self, n: int) -> None:
        rng, stream = self.rng, f"exchange:{self.hub.id}-{YEAR}-{n:04d}"
        nominated = self._day(last=300)
        starts = nominated.date() + timedelta(days=rng.randint(14, 60))
        ends = starts + timedelta(days=rng.randint(5, 180))
        data = {
            "direction": rng.choice(["INBOUND", "OUTBOUND"]),
            "person": f"p-{rng.getrandbits(48):012x}",
            "country": rng.choice(self.hub.partners.split()),
            "field": rng.choice(FIELDS),
            "planned_from": starts.isoformat(),
            "planned_until": ends.isoformat(),
        }
        self._tell(stream, "exchange.nominated", nominated, data, typo={"field": rng.choice(FIELDS)}, sure=True)
        if rng.random() < 0.06:
            self._tell(stream, "exchange.declined", nominated + self._hours(24, 200), {"reason": "budget"})
            return
        lag = rng.randint(-5, 2) if rng.random() < 0.08 else -rng.randint(6, 13)
        self._tell(stream, "exchange.accepted", self._on(starts) - timedelta(days=-lag), {})
        if rng.random() < 0.06:
            self._tell(stream, "exchange.cancelled", self._on(starts) - timedelta(days=1), {"reason": "illness"})
            return
        self._tell(stream, "exchange.departed", self._on(starts), {"on": starts.isoformat()})
        arrived = starts + timedelta(days=1)
        slip = {"on": (arrived + timedelta(days=2)).isoformat()}
        self._tell(stream, "exchange.arrived", self._on(arrived), {"on": arrived.isoformat()}, typo=slip)
        self._tell(stream, "exchange.returned", self._on(ends), {"on": ends.isoformat()})
        if rng.random() < 0.7:
            self._tell(
                stream, "exchange.outcome_recognised", self._on(ends) + self._hours(100, 900), {"outcome": "report"}
            )

    def project(self, n: int) -> None:
        rng, stream = self.rng, f"project:{self.hub.id}-{YEAR}-{n:03d}"
        at = self._day(last=220)
        fields = rng.sample(FIELDS, 2)
        proposed = {
            "title_ko": f"{self.hub.name_ko.split()[0]} 공동연구 {n + 1}",
            "title_en": f"{self.hub.name_en} joint research {n + 1}",
            "fields": fields,
        }
        self._tell(stream, "project.proposed", at, proposed)
        for k in range(rng.randint(1, 3)):
            partner = {
                "partner": f"{self.hub.id}-P{rng.randint(1, 12):02d}",
                "role": "LEAD" if k == 0 else "JOINT",
                "country": rng.choice(self.hub.partners.split()),
            }
            self._tell(stream, "project.partner_joined", at + self._hours(1, 90), partner)
        if rng.random() > 0.08:
            at += self._hours(100, 500)
            self._tell(
                stream, "project.security_class_assigned", at, {"security_class": "GENERAL", "basis": "decree 44"}
            )
        if rng.random() < 0.15:
            self._tell(stream, "project.withdrawn", at + self._hours(20, 200), {"reason": "no partner"})
            return
        signed = at + self._hours(200, 1500)
        launched = signed + timedelta(days=rng.randint(-4, 30))
        term = {
            "starts_on": launched.date().isoformat(),
            "ends_on": (launched.date() + timedelta(days=365 * rng.randint(2, 4))).isoformat(),
        }
        self._tell(stream, "project.agreement_signed", signed, term)
        other = rng.choice([hub.id for hub in HUBS if hub.id != self.hub.id])
        share = rng.choice(["0.5", "0.6", "0.75"])
        if rng.random() < 0.4:
            rest = str(1 - float(share))[:4]
            self._tell(stream, "project.credit_shared", signed, {"shares": {self.hub.id: share, other: rest}})
        self._tell(stream, "project.launched", launched, {"on": launched.date().isoformat()})
        self._tell(stream, "project.funding_committed", launched, {"money": self._won(20, 400), "funder": "KR"})
        if rng.random() < 0.6:
            theirs: Event = {"money": self._won(10, 300), "funder": "PARTNER"}
            self._tell(stream, "project.funding_committed", launched + timedelta(minutes=5), theirs)
        spent: Event = {"money": self._won(5, 60), "funder": "KR"}
        self._tell(stream, "project.funding_spent", launched + self._hours(500, 2000), spent)
        for level in (3, 4):
            at = launched + self._hours(100 if level == 3 else 1000, 900 if level == 3 else 4000)
            self._tell(stream, "project.trl_assessed", at, {"level": level, "assessor_role": "expert"})
        if rng.random() < 0.6:
            at = launched + self._hours(500, 3000)
            doi = f"10.5555/{self.hub.id.lower()}.{YEAR}.{n}"
            countries = ["KR", rng.choice(self.hub.partners.split())]
            paper: Event = {
                "output": "paper-1",
                "kind": "PAPER",
                "pid": doi,
                "pid_scheme": "DOI",
                "countries": countries,
            }
            self._tell(stream, "project.output_reported", at, paper)
            at += self._hours(50, 500)
            self._tell(stream, "project.output_verified", at, {"output": "paper-1", "method": "registry"})

    def expansion(self, n: int) -> None:
        rng, stream = self.rng, f"expansion:{self.hub.id}-{YEAR}-{n:03d}"
        at = self._day(last=280)
        countries = self.hub.partners.split()
        enrolled: Event = {"company": f"{self.hub.id}-C{n:02d}", "target_countries": countries}
        self._tell(stream, "expansion.company_enrolled", at, enrolled)
        for _ in range(rng.randint(1, 3)):
            at += self._hours(50, 500)
            service = {"service": rng.choice(["legal", "patent", "localisation"]), "hours": f"{rng.randint(2, 40)}"}
            self._tell(stream, "expansion.support_delivered", at, service)
        if rng.random() < 0.5:
            contract: Event = {"contract_ref": f"{self.hub.id}-{YEAR}-{n}", "money": self._won(50, 900)}
            signed = contract | {"country": rng.choice(countries)}
            self._tell(stream, "expansion.contract_signed", at + self._hours(100, 900), signed, evidence=True)

    def ledger(self) -> None:
        """Money spent in spring and found in the books in summer: whatever else comes late, this does."""
        stream, spring = f"project:{self.hub.id}-{YEAR}-ledger", datetime(YEAR, 4, 15, 3, tzinfo=UTC)
        committed, spent = (
            {"money": {"amount": amount, "currency": "KRW"}, "funder": "KR"} for amount in ("5000000", "4000000")
        )
        found = datetime(YEAR, 8, 11, 3, tzinfo=UTC)
        self.events.append((spring, cloud_event(stream, "project.funding_committed", spring, committed)))
        self.events.append((found, cloud_event(stream, "project.funding_spent", spring + timedelta(days=30), spent)))

    def _tell(
        self,
        stream: str,
        type_: str,
        at: datetime,
        data: Event,
        typo: Event | None = None,
        evidence: bool = False,
        sure: bool = False,
    ) -> None:
        """Posts a fact when the hub got round to it: mostly within two days, sometimes weeks late; what is `sure` in
        time, and never taken back."""
        rng = self.rng
        recorded_at = at + (self._hours(200, 1600) if rng.random() < 0.08 and not sure else self._hours(0, 40))
        wrong = typo is not None and rng.random() < 0.09
        event = cloud_event(stream, type_, at.astimezone(self.zone), data | (typo if wrong and typo else {}))
        if evidence:
            event["evidence"] = hashlib.sha256(event["id"].encode()).hexdigest()
        self.events.append((recorded_at, event))
        if rng.random() < 0.02:
            self.events.append((recorded_at + self._hours(0, 100), event))
        if wrong:
            note = {"reason": "CLERICAL", "data": data}
            later = recorded_at + self._hours(30, 1500)
            correction = cloud_event(stream, "entry.corrected", later, note, id_=f"{event['id']}-corrected")
            self.events.append((later, correction | {"corrects": event["id"]}))
        elif rng.random() < 0.004 and not sure:
            later = recorded_at + self._hours(30, 900)
            void = cloud_event(stream, "entry.voided", later, {"reason": "DUPLICATE"}, id_=f"{event['id']}-voided")
            self.events.append((later, void | {"corrects": event["id"]}))

    def _day(self, last: int = 350) -> datetime:
        day = date(YEAR, 1, 2) + timedelta(days=self.rng.randint(0, last))
        return datetime.combine(day, time(9), self.zone).astimezone(UTC) + self._hours(0, 9)

    def _on(self, day: date) -> datetime:
        return datetime.combine(day, time(12), self.zone).astimezone(UTC)

    def _won(self, least: int, most: int) -> Event:
        """Money, in ten thousands of won."""
        return {"amount": f"{self.rng.randint(least, most)}0000", "currency": "KRW"}

    def _hours(self, least: float, most: float) -> timedelta:
        return timedelta(minutes=round(self.rng.uniform(least, most) * 60))


def cloud_event(stream: str, type_: str, at: datetime, data: Event, id_: str = "") -> Event:
    return {
        "specversion": "1.0",
        "id": id_ or f"{stream}/{type_}/{at.astimezone(UTC):%m%dT%H%M}",
        "source": f"demo/{stream.partition(':')[0]}",
        "type": type_,
        "subject": stream,
        "time": at.isoformat(),
        "data": data,
    }


def _half_day(moment: datetime) -> datetime:
    """The end of the half-day in Seoul in which a post is made."""
    local = moment.astimezone(SEOUL)
    start = local.replace(hour=12 * (local.hour // 12), minute=0, second=0, microsecond=0)
    return (start + timedelta(hours=12)).astimezone(UTC)
