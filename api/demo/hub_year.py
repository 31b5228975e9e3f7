"""What happens to one hub in a year, by chance: helpdesk cases, stays of persons, joint projects, companies on their
way abroad.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from api.demo.cloud_events import YEAR, Event
from api.demo.course import FIELDS, HUBS
from api.demo.hub_teller import HubTeller
from domain.period import HalfYear

SLA = "DESK"
"""The promise (처리기한) of every helpdesk."""
LISTED, UNLISTED = ("신청인 회신 대기", "관계기관 회신 대기"), "담당자 휴가"
"""For which reasons its clocks may stop, and one for which they may not."""

TOPICS = ["비자·체류", "계약", "세무", "지식재산", "연구비", "장비 반입"]
PURPOSES = ["공동 실험", "연구장비 활용", "박사후 연수", "기술 실증", "공동연구 기획"]
SERVICES = ["법률 자문", "특허 전략", "현지화", "시장 조사"]
CLASSED: Event = {"security_class": "GENERAL", "basis": "국가연구개발혁신법 제21조"}
HOME = ["한국과학기술연구원", "한국전자통신연구원", "한국생명공학연구원", "한국에너지기술연구원"]


class HubYear(HubTeller):
    """One hub's year."""

    def case(self, n: int) -> None:
        rng, stream, tell = self.rng, f"case:{self.hub.id}-{YEAR}-{n:05d}", self.tell
        at, who = self.day(), f"p-{self.rng.getrandbits(48):012x}"
        opened = {
            "topic": rng.choice(TOPICS),
            "channel": rng.choice(["web", "mail", "phone", "visit"]),
            "language": rng.choice(["ko", "ko", "en"]),
            "requester": who,
            "severity": rng.choice(["low", "normal", "normal", "high"]),
        }
        tell(stream, "case.opened", at, opened, typo={"topic": rng.choice(TOPICS)})
        promise = {"policy": SLA, "policy_version": 1, "calendar": self.hub.id, "calendar_version": 1}
        tell(stream, "case.sla_bound", at, promise)
        if rng.random() < 0.15:
            tell(stream, "case.triaged", at + self.hours(0, 1), {"severity": rng.choice(["normal", "high"])})
        at += self.hours(1, 30)
        tell(stream, "case.assigned", at, {"team": "현장지원팀"})
        if rng.random() > 0.02:
            at += self.hours(1, 40)
            tell(stream, "case.first_response_sent", at, {})
        if rng.random() < 0.2:
            at += self.hours(1, 20)
            tell(stream, "case.clock_stopped", at, {"why": UNLISTED if rng.random() < 0.06 else rng.choice(LISTED)})
            at += self.hours(20, 200)
            tell(stream, "case.clock_started", at, {})
        if rng.random() < 0.05:
            tell(stream, "case.escalated", at, {"level": 2})
        if rng.random() > 0.02:
            at += self.hours(8, 300)
            tell(stream, "case.resolved", at, {"resolution": "안내 완료"})
            if rng.random() < 0.07:
                at += self.hours(20, 500)
                tell(stream, "case.reopened", at, {"why": "안내한 절차로 해결되지 않음"})
                at += self.hours(8, 100)
                tell(stream, "case.resolved", at, {"resolution": "현지 기관과 협의하여 해결"})
            at += self.hours(20, 120)
            tell(stream, "case.closed", at, {})
            if rng.random() < 0.5:
                tell(stream, "case.satisfaction_rated", at, {"score": rng.choice([2, 3, 4, 4, 5, 5]), "by": who})

    def exchange(self, n: int) -> None:
        rng, stream, tell = self.rng, f"exchange:{self.hub.id}-{YEAR}-{n:04d}", self.tell
        nominated = self.day(last=300)
        starts = nominated.date() + timedelta(days=rng.randint(14, 60))
        ends = starts + timedelta(days=rng.randint(5, 180))
        direction, home = rng.choice(["INBOUND", "OUTBOUND"]), rng.choice(HOME)
        abroad, country = self.partner()
        data = {
            "direction": direction,
            "person": f"p-{rng.getrandbits(48):012x}",
            "from_org": abroad if direction == "INBOUND" else home,
            "to_org": home if direction == "INBOUND" else abroad,
            "country": country,
            "field": rng.choice(list(FIELDS)),
            "purpose": rng.choice(PURPOSES),
            "planned_from": starts.isoformat(),
            "planned_until": ends.isoformat(),
        }
        tell(stream, "exchange.nominated", nominated, data, typo={"field": rng.choice(list(FIELDS))}, sure=True)
        if rng.random() < 0.06:
            tell(stream, "exchange.declined", nominated + self.hours(24, 200), {"reason": "예산 부족"})
            return
        on_the_way = rng.random() < 0.01
        agreed = self.noon(starts) + (timedelta(hours=6) if on_the_way else -timedelta(days=rng.randint(6, 13)))
        if rng.random() > 0.01:
            tell(stream, "exchange.accepted", agreed, {"by": home})
        if rng.random() < 0.06:
            tell(stream, "exchange.cancelled", self.noon(starts) - timedelta(days=1), {"reason": "일정 변경"})
            return
        tell(stream, "exchange.departed", self.noon(starts), {"on": starts.isoformat()})
        arrived = starts + timedelta(days=1)
        slip = {"on": (arrived + timedelta(days=1)).isoformat()}
        tell(stream, "exchange.arrived", self.noon(arrived), {"on": arrived.isoformat()}, typo=slip)
        tell(stream, "exchange.returned", self.noon(ends), {"on": ends.isoformat()})
        if rng.random() < 0.7:
            outcome = {"outcome": rng.choice(["결과보고서", "공동연구 제안서", "공저논문 초고"])}
            tell(stream, "exchange.outcome_recognised", self.noon(ends) + self.hours(100, 900), outcome)

    def project(self, n: int) -> None:
        rng, stream, tell = self.rng, f"project:{self.hub.id}-{YEAR}-{n:03d}", self.tell
        at = self.day(last=220)
        fields = rng.sample(list(FIELDS), 2)
        proposed = {
            "title_ko": f"{self.hub.place} {FIELDS[fields[0]]} 국제공동연구 {n + 1}",
            "title_en": f"{self.hub.name_en} joint research {n + 1}",
            "fields": fields,
        }
        tell(stream, "project.proposed", at, proposed)
        partners = {self.partner() for _ in range(rng.randint(1, 3))}
        for k, (partner, country) in enumerate(sorted(partners)):
            joins = {"partner": partner, "role": "LEAD" if k == 0 else "JOINT", "country": country}
            tell(stream, "project.partner_joined", at + self.hours(1, 90), joins)
        if rng.random() > 0.04:
            at += self.hours(100, 500)
            tell(stream, "project.security_class_assigned", at, CLASSED)
        if rng.random() < 0.12:
            tell(stream, "project.withdrawn", at + self.hours(20, 200), {"reason": "상대 기관의 참여 포기"})
            return
        signed = at + self.hours(200, 1500)
        launched = signed + timedelta(days=-3 if rng.random() < 0.06 else rng.randint(0, 30))
        years = rng.randint(2, 4)
        term = {"starts_on": launched.date().isoformat(), "ends_on": _years_later(launched.date(), years).isoformat()}
        tell(stream, "project.agreement_signed", signed, term)
        other = rng.choice([hub.id for hub in HUBS if hub.id != self.hub.id])
        share = Decimal(rng.choice(["0.5", "0.6", "0.75"]))
        if rng.random() < 0.4:
            shares = {self.hub.id: str(share), other: str(1 - share)}
            tell(stream, "project.credit_shared", signed, {"shares": shares})
        tell(stream, "project.launched", launched, {"on": launched.date().isoformat()})
        self._funded(stream, launched)
        level = rng.choice([2, 3, 3, 4])
        for risen, later in ((0, self.hours(100, 900)), (rng.choice([0, 1, 1, 2]), self.hours(1000, 4000))):
            assessed = {"level": level + risen, "assessor_role": "외부 평가위원"}
            tell(stream, "project.trl_assessed", launched + later, assessed)
        if rng.random() < 0.5:
            tell(stream, "project.milestone_reached", launched + self.hours(1000, 4000), {"milestone": "1차 시제품"})
        country = rng.choice(self.countries)
        if rng.random() < 0.6:
            doi = f"10.5555/{self.hub.id.lower()}.{YEAR}.{n}"
            self._output(stream, "논문-1", launched, {"kind": "PAPER", "pid": doi, "pid_scheme": "DOI"}, country)
        if rng.random() < 0.25:
            family = {"kind": "PATENT", "pid": f"EP-{self.hub.id}-{n:03d}", "pid_scheme": "PATENT_FAMILY"}
            self._output(stream, "특허-1", launched, family, country)

    def _funded(self, stream: str, launched: datetime) -> None:
        """Money of Korea in won, of partners in their own: promised for two half-years, paid out, and spent within
        what was promised.
        """
        promised = self.rng.randint(90, 380) * 100
        half = HalfYear.of(launched)
        for period in (half, half.next):
            ours = {"money": won(promised), "funder": "KR", "period": str(period)}
            self.tell(stream, "project.funding_committed", launched, ours, sure=True, name=str(period))
        paid = launched + self.hours(48, 400)
        self.tell(stream, "project.funding_disbursed", paid, {"money": won(promised), "funder": "KR"})
        for least, most in ((25, 60), (30, 80)):
            paid += self.hours(300, 1700)
            spent = won(promised * self.rng.randint(least, most) // 100)
            self.tell(stream, "project.funding_spent", paid, {"money": spent, "funder": "KR"})
        if self.rng.random() < 0.6:
            promised = self.rng.randint(70, 420)
            at = launched + timedelta(minutes=5)
            theirs = {"money": self.abroad(promised), "funder": "PARTNER"}
            self.tell(stream, "project.funding_committed", at, theirs, sure=True)
            spent = self.abroad(promised * self.rng.randint(10, 70) // 100)
            spent_at = at + self.hours(700, 2600)
            self.tell(stream, "project.funding_spent", spent_at, {"money": spent, "funder": "PARTNER"})

    def _output(self, stream: str, output: str, launched: datetime, what: Event, country: str) -> None:
        at = launched + self.hours(500, 3000)
        reported = {"output": output, "countries": ["KR", country]} | what
        self.tell(stream, "project.output_reported", at, reported)
        verified = {"output": output, "method": "학술·특허 데이터베이스 대조"}
        self.tell(stream, "project.output_verified", at + self.hours(50, 500), verified)

    def expansion(self, n: int) -> None:
        rng, stream, tell = self.rng, f"expansion:{self.hub.id}-{YEAR}-{n:03d}", self.tell
        at = self.day(last=280)
        enrolled: Event = {"company": f"{self.hub.id}-C{n:02d}", "target_countries": self.countries}
        tell(stream, "expansion.company_enrolled", at, enrolled, sure=True)
        for _ in range(rng.randint(1, 3)):
            at += self.hours(50, 500)
            service = {"service": rng.choice(SERVICES), "hours": f"{rng.randint(2, 40)}"}
            tell(stream, "expansion.support_delivered", at, service)
        partner, country = self.partner()
        if rng.random() < 0.6:
            tell(stream, "expansion.partner_matched", at + self.hours(20, 200), {"partner": partner})
        shown = rng.random() > 0.1
        if rng.random() < 0.6:
            money = self.abroad(rng.randint(40, 900)) if rng.random() < 0.7 else won(rng.randint(5000, 90000))
            contract = {"contract_ref": f"{self.hub.id}-{YEAR}-{n}", "money": money, "partner": partner}
            signed = contract | {"country": country}
            tell(stream, "expansion.contract_signed", at + self.hours(100, 900), signed, evidence=shown)
        if rng.random() < 0.25:
            round_ = {"investment_ref": f"{self.hub.id}-{YEAR}-{n}", "stage": rng.choice(["SEED", "SERIES_A"])}
            secured = round_ | {"money": self.abroad(rng.randint(150, 2400)), "partner": partner, "country": country}
            tell(stream, "expansion.investment_secured", at + self.hours(300, 1500), secured, evidence=shown)
        if rng.random() < 0.2:
            opened = at + self.hours(400, 1600)
            entity = {"country": country, "on": opened.astimezone(self.zone).date().isoformat()}
            tell(stream, "expansion.local_entity_established", opened, entity)


def won(ten_thousands: int) -> Event:
    return {"amount": f"{ten_thousands}0000", "currency": "KRW"}


def _years_later(day: date, years: int) -> date:
    """The last day of a term of so many years."""
    return date(day.year + years, day.month, min(day.day, 28)) - timedelta(days=1)
