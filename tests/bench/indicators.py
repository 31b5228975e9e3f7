"""`indicators`: every indicator of every hub and half-year in one call, against one full scan of the same tables."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import pyarrow as pa

from domain.acts import calendar, check_events, finding, fx, review, sla
from domain.facts import exchange, expansion, helpdesk, hub, project, strategy_map
from domain.facts.helpdesk import Severity
from domain.record import Entry, Fact
from domain.registry import TYPES, tag
from domain.values import Money
from projections import figures
from projections.definitions import INDICATORS
from projections.mirror.mirror import Mirror
from projections.mirror.schema import table_of

PAGE = 250_000
START = datetime(2023, 1, 1, tzinfo=UTC)
DAYS = 3 * 365
ZONES = ["Asia/Seoul", "Europe/Brussels", "America/New_York", "America/Los_Angeles", "Asia/Ho_Chi_Minh"]
HUBS = [f"H-{n}" for n in range(10)]
COUNTRIES = ["DE", "FR", "JP", "US", "VN", "CA"]
FIELDS = ["NST12/AI", "NST12/BIO", "NST12/QUANTUM"]

Said = tuple[str, str, Fact, datetime]


def facts(seed: int) -> Iterator[Said]:
    """Stream, hub, fact and time, without end: first the house, then cases, projects, stays and companies by turns."""
    rng = random.Random(seed)
    yield from _house()
    number = 0
    while True:
        number += 1
        hub_id, at = rng.choice(HUBS), START + timedelta(minutes=rng.randrange(DAYS * 1440))
        kinds = [_case, _case, _case, _case, _case, _project, _stay, _stay, _company]
        for stream, fact, when in rng.choice(kinds)(rng, number, at):
            yield stream, hub_id, fact, when


def _house() -> Iterator[Said]:
    week = tuple(calendar.Opening(day, "09:00", "18:00") for day in range(1, 6))
    for n, zone in enumerate(ZONES):
        closed = tuple(date(2025, 1, 1) + timedelta(days=20 * it + n) for it in range(15))
        yield (
            f"calendar:{n}",
            "",
            calendar.WorkCalendarPublished(version=1, tz=zone, weekly_open=week, closed_days=closed, source="b"),
            START,
        )
    first: dict[Severity, int] = {"low": 2400, "normal": 960, "high": 240}
    resolve: dict[Severity, int] = {"low": 9600, "normal": 4800, "high": 1920}
    yield (
        "sla:desk",
        "",
        sla.SlaPolicyPublished(version=1, first_response_minutes=first, resolve_minutes=resolve),
        START,
    )
    days = {START.date() + timedelta(days=n): Decimal("1450.25") for n in range(DAYS + 60)}
    yield (
        "fx:all",
        "",
        fx.FxRateSetPublished(version=1, as_of=START.date(), source="b", rates={"EUR": days, "USD": days}),
        START,
    )
    for n, key in enumerate(HUBS):
        zone = ZONES[n % 5]
        yield f"hub:{key}", key, hub.HubDesignated(
            name_ko="센터", name_en=key, ministry="MSIT" if n else "MOTIE", region="EUROPE", city="x", country="BE",
            tz=zone, designated_on=START.date(), decision_ref="d",
        ), START  # fmt: skip
        yield f"hub:{key}", key, hub.HubCalendarAdopted(calendar=str(n % 5), calendar_version=1), START
    for field in FIELDS:
        stream = f"map:{field[6:]}"
        yield stream, "", strategy_map.StrategyMapDrafted(field=field, edition=1), START
        yield stream, "", strategy_map.TechLevelAssessed(sub_tech="s", country="DE", rank=1), START
        yield stream, "", strategy_map.StrategyMapApproved(in_force_from=START.date()), START
    for half in ("2023S1", "2023S2", "2024S1", "2024S2", "2025S1"):
        due = START + timedelta(days=200)
        yield (
            f"check:{half}",
            "",
            check_events.CheckOpened(period=half, due_on=due.date(), hubs=tuple(HUBS), indicators={}),
            START,
        )
        for key in HUBS:
            yield f"review:{half}-{key}", key, review.SubmissionMade(figures_digest="ab" * 32), due
            yield f"review:{half}-{key}", key, review.SubmissionVerified(opinion="CLEAN"), due
            agreed = finding.CorrectiveActionAgreed(action="x", due_on=due.date(), owner="o")
            yield f"finding:{half}-{key}-1", key, agreed, due
            yield f"finding:{half}-{key}-1", key, finding.ActionVerified(), due


def _case(rng: random.Random, n: int, at: datetime) -> Iterator[tuple[str, Fact, datetime]]:
    stream = f"case:{n}"

    def later(hours: float) -> datetime:
        nonlocal at
        at += timedelta(hours=rng.expovariate(1 / hours))
        return at

    yield (
        stream,
        helpdesk.CaseOpened(topic=rng.choice(["visa", "tax", "ip"]), severity=rng.choice(["low", "normal"])),
        at,
    )
    if rng.random() < 0.7:
        bound = helpdesk.SlaBound(policy="desk", policy_version=1, calendar=str(n % 5), calendar_version=1)
        yield stream, bound, at
    yield stream, helpdesk.CaseAssigned(team="desk"), later(2)
    yield stream, helpdesk.FirstResponseSent(), later(10)
    if rng.random() < 0.3:
        yield stream, helpdesk.ClockStopped(why="wait"), later(10)
        yield stream, helpdesk.ClockStarted(), later(40)
    yield stream, helpdesk.CaseResolved(), later(60)
    if rng.random() < 0.1:
        yield stream, helpdesk.CaseReopened(why="x"), later(60)
        yield stream, helpdesk.CaseResolved(), later(60)
    if rng.random() < 0.9:
        yield stream, helpdesk.CaseClosed(), later(100)
    if rng.random() < 0.4:
        yield stream, helpdesk.SatisfactionRated(score=rng.randrange(1, 6)), later(10)


def _project(rng: random.Random, n: int, at: datetime) -> Iterator[tuple[str, Fact, datetime]]:
    stream = f"project:{n}"

    def later(days: float) -> datetime:
        nonlocal at
        at += timedelta(days=rng.expovariate(1 / days))
        return at

    yield stream, project.ProjectProposed(title_en="t", fields=(rng.choice(FIELDS),)), at
    yield stream, project.SecurityClassAssigned(security_class="GENERAL", basis="b"), later(5)
    for key in range(rng.randrange(1, 4)):
        yield stream, project.ProjectPartnerJoined(partner=f"p-{key}", role="JOINT", country=rng.choice(COUNTRIES)), at
    yield stream, project.AgreementSigned(starts_on=at.date(), ends_on=at.date() + timedelta(days=900)), later(30)
    first, second = rng.sample(HUBS, 2)
    yield stream, project.CreditShared(shares={first: Decimal("0.6"), second: Decimal("0.4")}), at
    yield stream, project.ProjectLaunched(on=at.date()), later(20)
    for funder in ("KR", "PARTNER"):
        money = Money(Decimal(rng.randrange(10**6)), rng.choice(["KRW", "EUR", "USD"]))
        yield stream, project.FundingCommitted(money=money, funder=funder), at
    yield stream, project.TrlAssessed(level=rng.randrange(1, 5), assessor_role="x"), at
    yield stream, project.FundingSpent(money=Money(Decimal(rng.randrange(10**6)), "EUR"), funder="KR"), later(60)
    yield stream, project.ReportFiled(kind="ANNUAL", due_on=at.date()), later(100)
    kind = rng.choice(["PAPER", "PATENT"])
    reported = project.OutputReported(output="o", kind=kind, pid=f"10.1000/{n}", countries=("KR", "DE"))  # type: ignore[arg-type]
    yield stream, reported, at
    yield stream, project.OutputVerified(output="o", method="m"), later(30)
    yield stream, project.TrlAssessed(level=rng.randrange(4, 9), assessor_role="x"), later(100)
    yield stream, project.ProjectCompleted(on=at.date()), later(100)
    if rng.random() < 0.3:
        yield stream, project.FollowOnLinked(project=str(n + 1)), later(100)


def _stay(rng: random.Random, n: int, at: datetime) -> Iterator[tuple[str, Fact, datetime]]:
    stream, days = f"exchange:{n}", rng.randrange(5, 200)
    direction = rng.choice(["INBOUND", "OUTBOUND"])
    nominated = exchange.ExchangeNominated(direction=direction, country=rng.choice(COUNTRIES), person=f"p-{n}")  # type: ignore[arg-type]
    yield stream, nominated, at
    yield stream, exchange.ExchangeAccepted(), at + timedelta(days=5)
    arrived = at + timedelta(days=30)
    yield stream, exchange.ExchangeArrived(on=arrived.date()), arrived
    returned = arrived + timedelta(days=days)
    yield stream, exchange.ExchangeReturned(on=returned.date()), returned
    if rng.random() < 0.5:
        yield stream, exchange.OutcomeRecognised(outcome="x"), returned + timedelta(days=30)


def _company(rng: random.Random, n: int, at: datetime) -> Iterator[tuple[str, Fact, datetime]]:
    stream = f"expansion:{n}"
    enrolled = expansion.CompanyEnrolled(company=f"c-{rng.randrange(5000)}", target_countries=(rng.choice(COUNTRIES),))
    yield stream, enrolled, at
    for _ in range(rng.randrange(1, 5)):
        at += timedelta(days=rng.randrange(40))
        yield stream, expansion.SupportDelivered(service="law"), at
    if rng.random() < 0.3:
        money = Money(Decimal(rng.randrange(10**8)), rng.choice(["KRW", "EUR"]))
        yield stream, expansion.ContractSigned(contract_ref=f"c-{n}", money=money), at
    if rng.random() < 0.3:
        yield stream, expansion.LocalEntityEstablished(country="DE"), at + timedelta(days=100)


def pages(count: int) -> Iterator[pa.Table]:
    """The first so many facts as pages of a record."""
    versions: dict[str, int] = {}
    salts, positions = random.Random(7), iter(range(1, count + 1))
    said = islice(facts(3), count)
    while batch := list(islice(said, PAGE)):
        rows: list[tuple[int, str, bytes]] = []
        for stream, hub_id, fact, at in batch:
            versions[stream] = versions.get(stream, 0) + 1
            position = next(positions)
            entry: Entry[Any] = Entry(
                stream=stream, version=versions[stream], occurred_at=at,
                recorded_at=START + timedelta(days=DAYS + 200, milliseconds=30 * position), hub=hub_id, actor="c-bench",
                role="hub", source="bench", id=str(position), salt=f"{salts.getrandbits(128):032x}", fact=fact,
            )  # fmt: skip
            rows.append((position, tag(fact), msgspec.json.encode(entry)))
        position_, type_, stored = zip(*rows, strict=True)
        yield pa.table(
            {
                "position": pa.array(position_, pa.int64()),
                "type": pa.array(type_, pa.string()),
                "entry": pa.array(stored, pa.binary()),
            }
        )


def indicators(count: int) -> dict[str, float]:
    """The one call against a scan that touches every column of every table; and what each indicator takes alone."""
    with tempfile.TemporaryDirectory() as folder:
        mirror = Mirror(Path(folder) / "mirror-1.duckdb")
        with mirror.bulk():
            for page in pages(count):
                mirror.apply(page)
        found = measured(mirror)
        mirror.close()
    return found


def measured(mirror: Mirror) -> dict[str, float]:
    """A scan is every row of every table handed over as Arrow; beside it the least that touches every value."""
    tables = ["record.event", *(f"record.{table_of(it)}" for it in TYPES)]
    inside = " UNION ALL ".join(f"SELECT bit_xor(hash(it)) FROM {name} AS it" for name in tables)
    with mirror.reading() as reading:
        hashed = _best(lambda: reading.rows(inside))
        scanned = _best(lambda: [reading.table(f"FROM {name}") for name in tables])
        called = _best(lambda: figures.all_figures(reading))
        cells = figures.all_figures(reading).num_rows
        alone = {
            f"{it.code} alone, scans": _best(lambda it=it: figures.figures(reading, it, ("hub", "period"))) / scanned
            for it in INDICATORS.values()
        }
    return {
        "one full scan, every value as Arrow, s": scanned,
        "one full scan, every value hashed in DuckDB, s": hashed,
        "all indicators in one call, s": called,
        "figures in it": cells,
        "scans as Arrow in one call (at most 10)": called / scanned,
        "scans by hash in one call": called / hashed,
        **dict(sorted(alone.items(), key=lambda it: -it[1])[:8]),
    }


def _best(run: Any) -> float:
    def times() -> Iterator[float]:
        for _ in range(3):
            start = perf_counter()
            run()
            yield perf_counter() - start

    return min(times())
