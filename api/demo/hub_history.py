"""What a hub of a demo loads of the years before it was designated, out of older books (`imported`): a finished project
with its results, a running one, stays, and companies. Figures that look back for two years have something to look at.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from api.demo.cloud_events import YEAR, Event
from api.demo.course import FIELDS
from api.demo.hub_teller import HubTeller
from api.demo.hub_year import CLASSED, HOME, PURPOSES, SERVICES, won


def load_history(hub: HubTeller) -> None:
    finished, running = f"{hub.hub.id}-2023-001", f"{hub.hub.id}-2024-001"
    _finished_project(hub, finished, running)
    _running_project(hub, running)
    for n, month in enumerate((9, 10)):
        _old_stay(hub, n, month, finished)
        _old_company(hub, n, month)


def find_in_ledger(hub: HubTeller) -> None:
    """Money spent in spring and found in the books in summer: whatever else comes late, this does."""
    stream, spring = f"project:{hub.hub.id}-2024-001", datetime(YEAR, 4, 15, 3, tzinfo=UTC)
    found = datetime(YEAR, 8, 11, 3, tzinfo=UTC)
    promised, spent = (
        {"money": {"amount": it, "currency": "KRW"}, "funder": "KR"} for it in ("240000000", "180000000")
    )
    hub.tell_on(spring, stream, "project.funding_committed", spring, promised)
    hub.tell_on(found, stream, "project.funding_spent", spring + timedelta(days=15), spent)


def _begun(hub: HubTeller, stream: str, title: str, signed: date, starts: date, ends: date) -> str:
    """A project from its proposal to its launch; the country of its partner."""
    partner, country = hub.partner()
    begun: list[tuple[str, date, Event]] = [
        ("project.proposed", signed - timedelta(days=77), {"title_ko": title, "fields": [hub.rng.choice([*FIELDS])]}),
        (
            "project.partner_joined",
            signed - timedelta(days=60),
            {"partner": partner, "role": "JOINT", "country": country},
        ),
        ("project.security_class_assigned", signed - timedelta(days=48), CLASSED),
        ("project.agreement_signed", signed, {"starts_on": starts, "ends_on": ends}),
        ("project.launched", starts, {"on": starts}),
    ]
    for type_, day, data in begun:
        hub.load(stream, type_, day, data)
    return country


def _finished_project(hub: HubTeller, key: str, follow_on: str) -> None:
    stream, rng = f"project:{key}", hub.rng
    title = f"{hub.hub.place} 기반 국제공동연구"
    country = _begun(hub, stream, title, date(2023, 9, 20), date(2023, 10, 1), date(2024, 11, 30))
    hub.load(
        stream,
        "project.funding_committed",
        date(2023, 10, 1),
        {"money": won(rng.randint(18000, 42000)), "funder": "KR"},
    )
    paper = {"output": "논문-1", "kind": "PAPER", "pid": f"10.5555/{hub.hub.id.lower()}.2024.0", "pid_scheme": "DOI"}
    hub.load(stream, "project.output_reported", date(2024, 5, 14), paper | {"countries": ["KR", country]})
    hub.load(
        stream, "project.output_verified", date(2024, 6, 10), {"output": "논문-1", "method": "학술 데이터베이스 대조"}
    )
    annual = {"kind": "ANNUAL", "due_on": date(2024, 9, 30), "covers": "1차년도"}
    hub.load(stream, "project.report_filed", date(2024, 9, 20), annual)
    hub.load(stream, "project.completed", date(2024, 11, 30), {"on": date(2024, 11, 30)})
    hub.load(stream, "project.evaluated", date(2024, 12, 20), {"kind": "FINAL", "grade": rng.choice(["우수", "보통"])})
    if rng.random() < 0.6:
        hub.load(stream, "project.follow_on_linked", date(2024, 12, 23), {"project": follow_on})
    final = {"kind": "FINAL", "due_on": date(YEAR, 1, 29)}
    filed = hub.noon(date(YEAR, 1, rng.choice([16, 20, 24, 31])))
    hub.tell(stream, "project.report_filed", filed, final, sure=True)


def _running_project(hub: HubTeller, key: str) -> None:
    """Each half-year of the year has money of its own; the report of its first year falls due in the second."""
    stream, rng = f"project:{key}", hub.rng
    title = f"{hub.hub.place} 후속 국제공동연구"
    _begun(hub, stream, title, date(2024, 7, 15), date(2024, 8, 1), date(2026, 7, 31))
    for half, begins in (("2025S1", date(YEAR, 1, 20)), ("2025S2", date(YEAR, 7, 18))):
        at, promised = hub.noon(begins), rng.randint(240, 600) * 100
        ours = {"money": won(promised), "funder": "KR", "period": half}
        hub.tell(stream, "project.funding_committed", at, ours, sure=True)
        spent = won(promised * rng.randint(55, 95) // 100)
        hub.tell(stream, "project.funding_spent", at + hub.hours(1500, 2600), {"money": spent, "funder": "KR"})
    annual = {"kind": "ANNUAL", "due_on": date(YEAR, 7, 31), "covers": "1차년도"}
    filed = hub.noon(rng.choice([date(YEAR, 7, 14), date(YEAR, 7, 22), date(YEAR, 7, 29), date(YEAR, 8, 12)]))
    hub.tell(stream, "project.report_filed", filed, annual, sure=True)


def _old_stay(hub: HubTeller, n: int, month: int, project: str) -> None:
    stream, (partner, country) = f"exchange:{hub.hub.id}-2023-{n:04d}", hub.partner()
    came, went = date(2023, month, 4), date(2023, month + 2, 12)
    nominated = {
        "direction": "OUTBOUND",
        "person": f"p-{hub.rng.getrandbits(48):012x}",
        "from_org": HOME[n],
        "to_org": partner,
        "country": country,
        "project": project,
        "purpose": PURPOSES[n],
    }
    hub.load(stream, "exchange.nominated", date(2023, 8, 10), nominated)
    hub.load(stream, "exchange.accepted", date(2023, 8, 24), {"by": HOME[n]})
    hub.load(stream, "exchange.departed", came - timedelta(days=1), {"on": came - timedelta(days=1)})
    hub.load(stream, "exchange.arrived", came, {"on": came})
    hub.load(stream, "exchange.returned", went, {"on": went})
    hub.load(stream, "exchange.outcome_recognised", date(2024, 1, 15), {"outcome": "결과보고서"})
    if hub.rng.random() < 0.5:
        hub.load(stream, "exchange.output_linked", date(2024, 6, 20), {"project": project, "output": "논문-1"})


def _old_company(hub: HubTeller, n: int, month: int) -> None:
    stream = f"expansion:{hub.hub.id}-2023-{n:03d}"
    enrolled = {"company": f"{hub.hub.id}-F{n:02d}", "target_countries": hub.countries}
    hub.load(stream, "expansion.company_enrolled", date(2023, month, 12), enrolled)
    support = {"service": SERVICES[n], "hours": "24"}
    hub.load(stream, "expansion.support_delivered", date(2023, month, 26), support)
    if hub.rng.random() < 0.4:
        entity = {"country": hub.countries[0], "on": date(2024, 10, 7)}
        hub.load(stream, "expansion.local_entity_established", date(2024, 10, 7), entity)
    hub.load(stream, "expansion.closed", date(2024, 12, 27), {"result": "지원 종료"})
