"""A record in which something of every kind was done, for the pages that show it.

The clock stands at noon of 1 June 2026 in Seoul.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from tests.api.door import Clock, Door, event, opened
from tests.api.half_year import INDICATORS, HalfYear, taken

S = "secretariat"
PERSON = {"reference": "kim.c", "name_ko": "김철수"}
WEEK = [{"weekday": it, "opens": "09:00", "closes": "18:00"} for it in range(1, 6)]
COVERED = {"covers_from": "2025-01-01", "covers_until": "2027-12-31"}
CALENDAR = {"version": 1, "tz": "Europe/Brussels", "weekly_open": WEEK, "source": "test", **COVERED}
POLICY = {"version": 1, "first_response_minutes": {"normal": 240}, "resolve_minutes": {"normal": 960}}
BOUND = {"policy": "desk", "policy_version": 1, "calendar": "BE", "calendar_version": 1}
RATES = {"version": 1, "as_of": "2025-07-01", "source": "test", "rates": {"EUR": {"2025-03-03": "1500"}}}
LEVEL = {"unit": "%", "method": "DELPHI", "reference_year": 2024}
PARTNERS = 121

ids = count(1)


class Worked(Door):
    """`person` is the pseudonym of somebody of whom a stay tells, and who was looked at."""

    person: str

    def __init__(self, path: Path) -> None:
        super().__init__(path, clock=Clock())
        self.work()
        # On a busy machine the figures take longer to be made than a question waits for them.
        asked = (self.get(f"/v1/views/control_tower?after={self.last}").status for _ in range(20))
        assert next(it for it in asked if it != 503) == 200

    def tell(self, type_: str, subject: str, data: Any, /, who: str = "EU-BRU", **more: Any) -> None:
        told = event(type_, subject, f"w-{next(ids)}", data, **more)
        self.last = int(taken(self.post(told, who=who)).body["position"])

    def work(self) -> None:
        self._rules()
        self._projects()
        self._persons()
        self._companies()
        self._cases()
        self._maps()
        self._network()
        half = HalfYear(self)
        half.target("HD-01", "12")
        half.target("JR-01", "99")
        half.cases("EU-BRU", 3)
        taken(half.open(indicators=INDICATORS | {"NW-02": 5}))
        taken(half.cut())
        found = dict.fromkeys(("criteria", "condition", "cause", "effect"), "CONDITION-FOUND") | {"severity": "LOW"}
        taken(half.act("finding.raised", "finding:2025S1-EU-BRU-1", found))
        half.close()
        half.publish()
        self.last = half.position

    def _rules(self) -> None:
        for type_, subject, data in (
            ("calendar.published", "calendar:BE", CALENDAR),
            ("sla.published", "sla:desk", POLICY),
            ("fx.published", "fx:2025S1", RATES),
        ):
            self.tell(type_, subject, data, who=S, time=None)
        adopted = {"calendar": "BE", "calendar_version": 1}
        self.tell("hub.calendar_adopted", "hub:EU-BRU", adopted, who=S, time="2025-01-02T00:00:00Z")

    def _projects(self) -> None:
        many = {"name": "기관", "country": "DE"}
        named = [event("partner.registered", f"partner:n-{n:03}", f"partner-{n}", many) for n in range(PARTNERS - 1)]
        assert self.post(named).status == 201
        self.tell("partner.registered", "partner:tue", {"name": "TU 아인트호벤", "country": "NL", "kind": "UNIVERSITY"})
        for name, class_ in (("OPEN", "GENERAL"), ("CLOSED", "SECURED")):
            stream = f"project:P-{name}"
            self.tell("project.proposed", stream, {"title_ko": f"과제 {name}", "fields": ["NST12/AI"]})
            self.tell("project.security_class_assigned", stream, {"security_class": class_, "basis": "decided"})
            self.tell("project.agreement_signed", stream, {"starts_on": "2025-03-01", "ends_on": "2027-03-01"})
            self.tell("project.partner_joined", stream, {"partner": "tue", "role": "LEAD", "country": "NL"})
            self.tell("project.launched", stream, {"on": "2025-03-02"})
            for currency, amount in (("KRW", "300000000"), ("EUR", "100000"), ("USD", "777")):
                money = {"money": {"amount": amount, "currency": currency}, "funder": "KR"}
                self.tell("project.funding_committed", stream, money)
            self.tell("project.trl_assessed", stream, {"level": 4, "assessor_role": "expert"})

    def _persons(self) -> None:
        self.person = taken(self.ask("POST", "/v1/persons", PERSON, who="EU-BRU")).body["pseudonym"]
        stay = {"direction": "INBOUND", "person": self.person, "country": "BE", "from_org": "tue", "to_org": "KIST"}
        self.tell("exchange.nominated", "exchange:X-1", stay)
        self.tell("exchange.accepted", "exchange:X-1", {})
        self.tell("exchange.arrived", "exchange:X-1", {"on": "2025-03-03"})
        wish = {"role": "secretariat", "persons": "all"}
        self.tokens["grantee"] = taken(self.ask("POST", "/v1/tokens", wish, who="operator")).body["token"]
        seen = self.get(f"/v1/persons/{self.person}?purpose=visa-check&fields=name_ko", who="grantee")
        assert seen.status == 200, seen.body

    def _companies(self) -> None:
        self.tell(
            "expansion.company_enrolled", "expansion:E-1", {"company": "가나소프트", "target_countries": ["NL", "DE"]}
        )
        self.tell("expansion.support_delivered", "expansion:E-1", {"service": "법률"})
        deal = {"contract_ref": "c-1", "money": {"amount": "100000", "currency": "EUR"}, "partner": "tue"}
        self.tell("expansion.contract_signed", "expansion:E-1", deal, evidence="ab" * 32)
        self.tell("expansion.local_entity_established", "expansion:E-1", {"country": "NL", "on": "2025-03-03"})

    def _cases(self) -> None:
        """One runs, and is to be answered by one in the afternoon there; one is late."""
        for name, at in (("RUNS", "2026-05-31T12:00:00Z"), ("LATE", "2026-05-18T07:00:00Z")):
            severity = {"topic": "visa", "severity": "normal"}
            self.tell("case.opened", f"case:{name}", severity, time=at)
            self.tell("case.sla_bound", f"case:{name}", BOUND, time=at)
        taken(self.post(opened("case:ASIA", "asia", time="2026-05-20T02:00:00Z"), who="AS-SIN"))

    def _maps(self) -> None:
        stream = "map:NST12-AI-1"
        drafted = {"field": "NST12/AI", "edition": 1, "title_ko": "인공지능 전략지도", "title_en": "Strategy map, AI"}
        self.tell("map.drafted", stream, drafted, who=S)
        for country, score in (("KR", "80"), ("NL", "90"), ("DE", "95"), ("VN", "40")):
            level = {"sub_tech": "언어모형", "country": country, "score": score, **LEVEL}
            self.tell("map.level_assessed", stream, level, who=S)
        self.tell("map.approved", stream, {"in_force_from": "2025-01-01", "session": "GRDSC-1"}, who=S)

    def _network(self) -> None:
        held = {"activity": "a-1", "kind": "FORUM", "title": "포럼", "on": "2025-03-03", "others": ["AS-SIN"]}
        link = {"other": "AS-SIN", "kind": "AGREEMENT", "scope": "정보 공유", "on": "2025-03-03"}
        self.tell("centre.linked", "centre:EU-BRU", link)
        self.tell("centre.activity_held", "centre:EU-BRU", held)
