"""Figures over real logs are what plain code makes of the same files. The facts go straight into a mirror."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import pytest

from api.cloudevents import submission
from api.hub.sheet import Sheet
from domain.acts.calendar import Opening, WorkCalendarPublished
from domain.acts.fx import FxRateSetPublished
from domain.acts.sla import SlaPolicyPublished
from domain.facts.helpdesk import CaseOpened, FirstResponseSent, SlaBound
from domain.facts.project import (
    AgreementSigned,
    CreditShared,
    FundingCommitted,
    ProjectLaunched,
    ProjectPartnerJoined,
    ProjectProposed,
)
from domain.facts.strategy_map import StrategyMapApproved, StrategyMapDrafted, TechLevelAssessed
from domain.input_policy.authority import Actor
from domain.period import SEOUL, HalfYear
from domain.record import Entry, Fact, Recorded
from domain.values import Money
from projections import figures
from projections.definitions import INDICATORS, VERSIONS, Indicator
from projections.mirror.mirror import Mirror
from tests.mirrors import empty
from tests.projections.histories import page
from tests.real.test_imports import DATA, MAPPINGS, named, pytestmark  # noqa: F401  skips where the data is absent

NOW = datetime(2025, 6, 1, tzinfo=UTC)
WEEK = tuple(Opening(day, "09:00", "18:00") for day in range(1, 6))
HOLIDAYS = "reference_lists/public_holidays_16_countries_2014_2030.csv"
MINUTE = timedelta(minutes=1)

Said = tuple[str, Fact, datetime]


def mirrored(said: Iterable[Said]) -> Mirror:
    """A mirror of facts as one hub tells them, in this order."""
    versions: Counter[str] = Counter()
    rows: list[Recorded[Any]] = []
    for position, (stream, fact, at) in enumerate(said, 1):
        versions[stream] += 1
        entry: Entry[Any] = Entry(
            stream=stream, version=versions[stream], occurred_at=at.astimezone(UTC), recorded_at=NOW, hub="EU-BRU",
            actor="c-1", role="hub", source="hub:EU-BRU", id=str(position), imported=True, salt="00" * 16, fact=fact,
        )  # fmt: skip
        rows.append(Recorded(position, entry))
    mirror = empty()
    mirror.apply(page(rows))
    return mirror


def told(mapping: str, *files: str) -> Iterator[Said]:
    """What the rows of files state by a mapping; what is repeated, once."""
    actor, seen = Actor(id="c-1", role="hub", hub="EU-BRU"), set()
    for name in files:
        sheet = Sheet(DATA / name, MAPPINGS / f"{mapping}.toml")
        _, rows = sheet.stated({name: f"p-{number}" for number, name in enumerate(sheet.people())})
        for row in rows:
            for event in row.events:
                it = submission(msgspec.json.encode(event), actor)
                if (it.source, it.id) not in seen:
                    seen.add((it.source, it.id))
                    assert it.occurred_at is not None
                    yield it.stream, it.fact, it.occurred_at  # type: ignore[misc]


def by_period(mirror: Mirror, it: Indicator, **more: Any) -> dict[str, float]:
    with mirror.reading(**more) as reading:
        rows = figures.figures(reading, it, ("period",)).to_pylist()
    return {row["period"]: row["value"] for row in rows if row["value"] is not None}


def grouped(amounts: Iterable[tuple[datetime, float]], how: Any) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for at, amount in amounts:
        found[str(HalfYear.of(at))].append(amount)
    return {period: how(them) for period, them in found.items()}


def percent(amounts: list[float]) -> float:
    return 100 * fmean(amounts)


@cache
def holidays(country: str) -> tuple[date, ...]:
    return tuple(sorted({date.fromisoformat(row["date"]) for row in named(HOLIDAYS) if row["country"] == country}))


def published(tz: str, country: str) -> WorkCalendarPublished:
    return WorkCalendarPublished(
        version=1, tz=tz, weekly_open=WEEK, closed_days=holidays(country), source="reference_lists"
    )


class OpenHours:
    """How long a week of 09:00 to 18:00, less holidays, has been open at any moment, by running totals."""

    def __init__(self, tz: str, country: str, first: int, last: int) -> None:
        zone, closed = ZoneInfo(tz), set(holidays(country))
        self.starts: list[datetime] = []
        self.totals: list[timedelta] = [timedelta()]
        day = date(first, 1, 1)
        while day < date(last, 1, 1):
            if day.weekday() < 5 and day not in closed:
                self.starts.append(datetime.combine(day, time(9), zone).astimezone(UTC))
                self.totals.append(self.totals[-1] + timedelta(hours=9))
            day += timedelta(days=1)

    def until(self, at: datetime) -> timedelta:
        n = bisect_right(self.starts, at)
        return self.totals[n - 1] + min(at - self.starts[n - 1], timedelta(hours=9)) if n else timedelta()

    def reaches(self, total: timedelta) -> datetime:
        """The last moment at which no more than `total` has been open."""
        n = bisect_right(self.totals, total) - 1
        return self.starts[n] + (total - self.totals[n])


@pytest.mark.parametrize("country", ["KR", "US", "VN", "DE", "SG", "CN"])
def test_the_days_of_a_calendar_are_the_weekdays_that_the_list_leaves(country: str) -> None:
    mirror = mirrored([
        ("calendar:x", published("Asia/Seoul", country), NOW),
        ("case:1", CaseOpened(topic="x"), datetime(2024, 1, 1, tzinfo=UTC)),
        ("case:1", SlaBound(policy="p", policy_version=1, calendar="x", calendar_version=1), NOW),
    ])  # fmt: skip
    with mirror.reading() as reading:
        counted = dict(
            reading.rows(
                "SELECT year(seoul(opens_at)), count(*) FROM open_hours WHERE year(seoul(opens_at)) = 2024 GROUP BY ALL"
            )
        )
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
    assert counted == {2024: sum(day.weekday() < 5 and day not in holidays(country) for day in days)}


@pytest.mark.parametrize(
    ("tz", "country", "hours"),
    [
        ("Asia/Seoul", "KR", 9),
        ("America/New_York", "US", 54),
        ("America/Los_Angeles", "US", 54),
        ("Asia/Ho_Chi_Minh", "VN", 54),
    ],
)
def test_chuseok_leaves_nine_hours_in_seoul_and_nothing_off_elsewhere(tz: str, country: str, hours: int) -> None:
    opened = datetime(2025, 10, 2, 8, tzinfo=UTC)
    mirror = mirrored([
        ("calendar:here", published(tz, country), opened),
        ("case:1", CaseOpened(topic="visa"), opened),
        ("case:1", SlaBound(policy="desk", policy_version=1, calendar="here", calendar_version=1), opened),
        ("case:1", FirstResponseSent(), datetime(2025, 10, 10, 8, tzinfo=UTC)),
    ])  # fmt: skip
    assert by_period(mirror, INDICATORS["HD-02"]) == {"2025S2": hours * 60}


PROMISE = SlaPolicyPublished(
    version=1,
    first_response_minutes={"critical": 60},
    resolve_minutes={"normal": 2700},
    stop_reasons=("wait", "wait-user", "wait-implementation", "wait-vendor", "wait-customer"),
)
LOGS = {
    "helpdesk_italian": ("helpdesk_italian/helpdesk.csv", "Europe/Rome", "CH", 2010, 2015),
    "bpic2013_incidents": ("bpic2013_incidents/bpic2013_incidents.csv", "Europe/Stockholm", "SE", 2010, 2013),
}


def lives(log: str) -> dict[str, list[tuple[datetime, str]]]:
    """What befell each case, in order; at the same moment, as the file has it."""
    name, tz, *_ = LOGS[log]
    found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in named(name):
        case, what, when = (
            (row["Case ID"], row["Activity"], row["Complete Timestamp"].replace("/", "-"))
            if log == "helpdesk_italian"
            else (row["caseid"], row["task"], row["end_timestamp"])
        )
        found[case].append((datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(tz)).astimezone(UTC), what))
    return {case: sorted(did, key=lambda it: it[0]) for case, did in found.items()}


RESOLVES = {"Resolve ticket", "Completed+Resolved", "Completed+In Call"}
CLOSES = {"Closed", "Completed+Closed", "Completed+Cancelled"}


@pytest.fixture(scope="module", params=[*LOGS])
def log(request: pytest.FixtureRequest) -> Iterator[tuple[str, Mirror]]:
    """A log with every case bound to five working days of a calendar."""
    name, tz, country, *_ = LOGS[request.param]
    said = list(told(request.param, name))
    began = min(at for _, _, at in said)
    bound = SlaBound(policy="desk", policy_version=1, calendar="x", calendar_version=1)
    house: list[Said] = [("calendar:x", published(tz, country), began), ("sla:desk", PROMISE, began)]
    binding: list[Said] = [(stream, bound, at) for stream, fact, at in said if isinstance(fact, CaseOpened)]
    mirror = mirrored([*house, *said, *binding])
    yield request.param, mirror
    mirror.close()


def test_intake_and_resolution_in_calendar_time(log: tuple[str, Mirror]) -> None:
    name, mirror = log
    cases = lives(name).values()
    assert by_period(mirror, INDICATORS["HD-01"]) == grouped(((did[0][0], 1) for did in cases), len)
    resolved = [(did[0][0], [at for at, what in did if what in RESOLVES][-1:]) for did in cases]
    took = [(last[0], (last[0] - opened) / MINUTE) for opened, last in resolved if last]
    assert by_period(mirror, VERSIONS["HD-04", 1]) == pytest.approx(grouped(took, median))


def running(did: list[tuple[datetime, str]], at: datetime) -> datetime:
    """The moment up to which the clock ran: the logs stop clocks, and never start one again."""
    return min([at, *(when for when, what in did if what.startswith(("Wait", "Accepted+Wait")))])


def test_resolution_in_business_minutes(log: tuple[str, Mirror]) -> None:
    name, mirror = log
    hours = OpenHours(*LOGS[name][1:])
    took = []
    for did in lives(name).values():
        last = [at for at, what in did if what in RESOLVES][-1:]
        took += [(at, (hours.until(running(did, at)) - hours.until(did[0][0])) / MINUTE) for at in last]
    assert by_period(mirror, INDICATORS["HD-04"]) == pytest.approx(grouped(took, median))


def test_compliance_with_five_working_days(log: tuple[str, Mirror]) -> None:
    name, mirror = log
    hours = OpenHours(*LOGS[name][1:])
    with mirror.reading() as reading:
        again = dict(reading.rows("SELECT stream, max(occurred_at) FROM case_reopened GROUP BY stream"))
    decided = []
    for case, did in lives(name).items():
        key = f"case:{case.replace(' ', '-')}" if name == "helpdesk_italian" else f"case:VINST-{case}"
        reopened = again[key].replace(tzinfo=UTC) if key in again else datetime.min.replace(tzinfo=UTC)
        ends = [
            max((at for at, what in did if what in these and at > reopened), default=None)
            for these in (RESOLVES, CLOSES)
        ]
        ended = ends[0] or ends[1]
        due = hours.until(did[0][0]) + timedelta(minutes=2700)
        stops = running(did, datetime.max.replace(tzinfo=UTC))
        deadline = hours.reaches(due) if hours.until(stops) > due else None
        if ended and (deadline is None or ended <= deadline):
            decided.append((ended, 1))
        elif deadline:
            decided.append((deadline, 0))
    assert by_period(mirror, INDICATORS["HD-03"]) == pytest.approx(grouped(decided, percent))


def reopenings(did: list[tuple[datetime, str]]) -> list[datetime]:
    """Work behind the first completion; tickets are never completed in so many words, and so never reopened."""
    first = min((at for at, what in did if what.startswith("Completed+")), default=datetime.max.replace(tzinfo=UTC))
    return [at for at, what in did if at > first and not what.startswith("Completed+")]


def test_reopenings_within_thirty_days(log: tuple[str, Mirror]) -> None:
    name, mirror = log
    expected: dict[str, dict[str, int]] = defaultdict(dict)
    for case, did in lives(name).items():
        again = reopenings(did)
        for at, what in did:
            if what in RESOLVES:
                period = str(HalfYear.of(at))
                back = any(at <= it <= at + timedelta(days=30) for it in again)
                expected[period][case] = max(back, expected[period].get(case, 0))
    rates = {period: percent(list(them.values())) for period, them in expected.items()}
    assert by_period(mirror, INDICATORS["HD-05"]) == pytest.approx(rates)
    assert (max(rates.values()) > 0) == (name == "bpic2013_incidents")


WORK = ("Queued+Awaiting Assignment", "Accepted+", "Assign seriousness", "Take in charge ticket", "Wait")


def test_what_is_open_at_the_end_of_each_half_year(log: tuple[str, Mirror]) -> None:
    name, mirror = log
    with mirror.reading() as reading:
        cuts = [(period, at.replace(tzinfo=UTC)) for period, at in reading.rows("SELECT period, cut_at FROM period")]
    left: Counter[str] = Counter()
    for did in lives(name).values():
        again, spells = {*reopenings(did)}, [(did[0][0], True)]
        for at, what in did:
            if what in RESOLVES | CLOSES:
                spells.append((at, False))
            elif at in again or what.startswith(WORK):
                spells.append((at, True))
        for period, cut in cuts:
            past = [open_ for at, open_ in spells if at <= cut]
            left[period] += bool(past) and past[-1]
    assert by_period(mirror, INDICATORS["HD-06"]) == {period: count for period, count in left.items() if count}


def test_stays_and_their_completion() -> None:
    mirror = mirrored(told("bpic2020_permits", "bpic2020_travel/PermitLog.csv.gz"))
    trips: dict[str, dict[str, datetime]] = defaultdict(dict)
    for row in named("bpic2020_travel/PermitLog.csv.gz"):
        trips[row["case:concept:name"]][row["concept:name"]] = datetime.fromisoformat(row["time:timestamp"])
    days: Counter[str] = Counter()
    for did in trips.values():
        first, last = (did[name].astimezone(ZoneInfo("Europe/Amsterdam")).date() for name in ("Start trip", "End trip"))
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            days[f"{day.year}S{1 if day.month < 7 else 2}"] += 1
    with mirror.reading() as reading:
        known = [period for (period,) in reading.rows("SELECT period FROM period")]
    expected = {period: count / 30.4375 for period, count in days.items() if period in known}
    assert by_period(mirror, INDICATORS["EX-01"]) == pytest.approx(expected)
    ended = [(did["End trip"], "Payment Handled" in did) for did in trips.values()]
    assert by_period(mirror, INDICATORS["EX-02"]) == pytest.approx(grouped(ended, percent))


CORDIS = [f"cordis_plus/cordis-plus-{year}.csv" for year in (2007, 2014, 2022, 2023)]


def test_projects_count_once_whatever_their_shares_and_spread_over_countries() -> None:
    """Each project is shared by three hubs after the countries of its participants, to a thousandth."""
    participants: dict[str, list[dict[str, str]]] = defaultdict(list)
    for name in CORDIS:
        for row in named(name):
            participants[row["project_id"]].append(row)
    shares = {}
    for key, rows in participants.items():
        south = Decimal(sum(it["country_code"] in ("IT", "ES", "EL", "PT") for it in rows)) / len(rows)
        north = Decimal(sum(it["country_code"] in ("SE", "DK", "FI", "NO") for it in rows)) / len(rows)
        parts = {"S": round(south, 3), "N": round(north, 3)}
        shares[key] = {hub: it for hub, it in (parts | {"EU": 1 - sum(parts.values(), Decimal())}).items() if it > 0}
    shared: list[Said] = [(f"project:CORDIS-{key}", CreditShared(shares=it), NOW) for key, it in shares.items()]
    said = [it for it in told("cordis_plus", *CORDIS) if it[2] < NOW]
    mirror = mirrored([*said, *shared])

    starts = {key: rows[0]["start_date"] for key, rows in participants.items()}
    launched = {
        key: datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Brussels"))
        for key, day in starts.items()
        if day != "NA"
    }
    launched = {key: at for key, at in launched.items() if at < NOW}
    by_hub: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for key, at in launched.items():
        for hub, share in shares[key].items():
            by_hub[hub, str(HalfYear.of(at))] += share
    with mirror.reading() as reading:
        rows = figures.figures(reading, INDICATORS["JR-01"], ("hub", "period")).to_pylist()
        assert {(it["hub"], it["period"]): it["value"] for it in rows} == pytest.approx(
            {at: float(share) for at, share in by_hub.items()}
        )
        (national,) = figures.figures(reading, INDICATORS["JR-01"]).to_pylist()
        assert national["value"] == len(launched)
    assert by_period(mirror, INDICATORS["JR-01"]) == pytest.approx(grouped(((at, 1) for at in launched.values()), len))

    cut = datetime(2020, 6, 30, 14, 59, 59, 999999, tzinfo=UTC)
    weights: dict[str, float] = defaultdict(float)
    with mirror.reading() as reading:
        ended = {
            stream.removeprefix("project:CORDIS-")
            for (stream,) in reading.rows(
                "SELECT stream FROM project_completed WHERE occurred_at <= ?", [cut.replace(tzinfo=None)]
            )
        }
        value = figures.figures(reading, INDICATORS["NW-01"], (), period="2020S1")["value"][0].as_py()
    iso = {"EL": "GR", "UK": "GB"}
    for key, at in launched.items():
        countries = set()
        for row in participants[key]:
            joined = row["signature_date"] if row["signature_date"] != "NA" else row["start_date"]
            when = datetime.fromisoformat(joined).replace(tzinfo=ZoneInfo("Europe/Brussels"))
            if when <= cut and row["pic"] != "NA" and row["country_code"] not in ("NA", "KR"):
                countries.add(iso.get(row["country_code"], row["country_code"]))
        if at <= cut and key not in ended:
            for country in countries:
                weights[country] += 1 / len(countries)
    assert value == pytest.approx(1 - sum((it / sum(weights.values())) ** 2 for it in weights.values()), abs=1e-6)


def credited(rows: list[dict[str, str]]) -> dict[str, Decimal]:
    """Shares of three hubs by what participants were granted, to a thousandth; they sum to 1."""
    granted = [Decimal(it["Innvilget beløp organisasjon EUR"].replace(",", ".") or "0") for it in rows]
    whole = sum(granted) or Decimal(1)
    parts = {
        hub: round(sum(it for n, it in enumerate(granted) if n % 3 == at) / whole, 3)
        for at, hub in ((1, "B"), (2, "C"))
    }
    return {hub: it for hub, it in (parts | {"A": 1 - sum(parts.values(), Decimal())}).items() if it > 0}


def test_grants_are_signed_and_committed_as_the_council_lists_them() -> None:
    """A rate for the first twenty days of each month; later in a month the last holds for ten days, and the 31st has
    none."""
    oslo = ZoneInfo("Europe/Oslo")

    def day(text: str) -> datetime:
        return datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=oslo).astimezone(UTC)

    with open(DATA / "forskningsradet_eu/eu_dataset.csv", encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["Kontrakt signeringsdato"]]
    rows = [row for row in rows if row["Søknadsdato"] and row["Kontrakt startdato"]]
    said: list[Said] = []
    projects: dict[str, dict[str, str]] = {}
    for row in rows:
        stream, signed = f"project:{row['Prosjektnr']}", day(row["Kontrakt signeringsdato"])
        if row["Prosjektnr"] not in projects:
            projects[row["Prosjektnr"]] = row
            said.append((stream, ProjectProposed(title_en=row["Prosjektkortnavn"] or "x"), day(row["Søknadsdato"])))
            said.append((stream, AgreementSigned(), signed))
            start = day(row["Kontrakt startdato"])
            said.append((stream, ProjectLaunched(on=start.astimezone(oslo).date()), start))
        said.append((stream, ProjectPartnerJoined(partner=row["Deltakernr"], role="JOINT", country="NO"), signed))
        amount = Decimal(row["Innvilget beløp organisasjon EUR"].replace(",", ".") or "0").quantize(Decimal("0.01"))
        said.append((stream, FundingCommitted(money=Money(amount, "EUR"), funder="PARTNER"), signed))
    days = [date(2014, 1, 1) + timedelta(days=n) for n in range(9 * 365)]
    rates = {it: 1300 + Decimal(it.toordinal() % 100) / 4 for it in days if it.day <= 20}
    fx = FxRateSetPublished(version=1, as_of=NOW.date(), source="test", rates={"EUR": rates})
    mirror = mirrored([*said, ("fx:all", fx, NOW)])

    waited = [(day(it["Kontrakt signeringsdato"]), day(it["Søknadsdato"])) for it in projects.values()]
    expected = grouped(((at, (at - since) / timedelta(days=1)) for at, since in waited), median)
    assert by_period(mirror, INDICATORS["JR-02"]) == pytest.approx(expected)
    starts = [(day(it["Kontrakt startdato"]), 1) for it in projects.values()]
    assert by_period(mirror, INDICATORS["JR-01"]) == pytest.approx(grouped(starts, len))

    # Three hubs share each project after what its participants were granted; all partners are Norwegian.
    told = {key: credited([row for row in rows if row["Prosjektnr"] == key]) for key in projects}
    split: list[Said] = [(f"project:{key}", CreditShared(shares=it), NOW) for key, it in told.items()]
    credit: dict[tuple[str, str], float] = defaultdict(float)
    for key, project in projects.items():
        for hub, share in told[key].items():
            credit[hub, str(HalfYear.of(day(project["Kontrakt startdato"])))] += float(share)
    with mirrored([*said, *split]).reading() as reading:
        shared = figures.figures(reading, INDICATORS["JR-01"], ("hub", "period")).to_pylist()
        assert {(it["hub"], it["period"]): it["value"] for it in shared} == pytest.approx(credit)
        (everywhere,) = figures.figures(reading, INDICATORS["JR-01"], ("country",)).to_pylist()
        assert (everywhere["country"], everywhere["value"]) == ("NO", len(projects))

    sums: dict[str, Decimal] = defaultdict(Decimal)
    without: Counter[str] = Counter()
    later: Counter[str] = Counter()
    for _, fact, at in said:
        if isinstance(fact, FundingCommitted):
            local = at.astimezone(SEOUL).date()
            period = str(HalfYear.of(at))
            if local.day == 31:
                without[period] += 1
            else:
                sums[period] += round(fact.money.amount * rates[local.replace(day=min(local.day, 20))], 2)
                later[period] += local.day > 20
    with mirror.reading() as reading:
        found = figures.figures(reading, INDICATORS["JR-05"], ("period",)).to_pylist()
        assert {it["period"]: it["missing"] for it in found if it["missing"]} == without
        assert {it["period"]: it["earlier_rate"] for it in found if it["earlier_rate"]} == +later
        committed = reading.rows("SELECT period, sum(amount)::DOUBLE FROM indicator.jr_05 GROUP BY period")
    assert {period: it for period, it in committed if it} == pytest.approx({at: float(it) for at, it in sums.items()})


def test_levels_of_the_maps_rank_countries_as_their_patents_do_and_projects_align() -> None:
    families = DATA / "ncses_tech_level/intl_patent_families_by_field_economy_year.csv"
    codes = DATA / "reference_lists/iso3166_countries.csv"
    ranked = duckdb.execute(
        """
        SELECT technology_field, alpha2,
               rank() OVER (PARTITION BY technology_field ORDER BY families::BIGINT DESC)::BIGINT
        FROM read_csv($1, all_varchar = true) AS told
        JOIN read_csv($2, all_varchar = true) AS iso ON iso.name = economy
        WHERE year = '2020' AND TRY_CAST(families AS BIGINT) > 0
        QUALIFY row_number() OVER (PARTITION BY technology_field, alpha2 ORDER BY path) = 1
        """,
        [str(families), str(codes)],
    ).fetchall()
    fields = sorted({field for field, *_ in ranked})
    assert len(fields) > 30
    key = {field: f"map:{n}" for n, field in enumerate(fields)}
    said: list[Said] = []
    for field in fields:
        said.append((key[field], StrategyMapDrafted(field=field, edition=1), datetime(2024, 6, 1, tzinfo=UTC)))
        said.append(
            (key[field], StrategyMapApproved(in_force_from=date(2024, 12, 6)), datetime(2024, 12, 6, tzinfo=UTC))
        )
    at = datetime(2024, 7, 1, tzinfo=UTC)
    for field, country, rank in ranked:
        said.append((key[field], TechLevelAssessed(sub_tech="all", country=country, rank=rank, unit="families"), at))
    aligned = []
    for n, (field, country) in enumerate((field, country) for field in fields for country in ("DE", "JP", "VN", "KE")):
        start = datetime(2024, 11 + n % 2, 15, tzinfo=UTC)
        said.append((f"project:{n}", ProjectProposed(title_en="x", fields=(field,)), start))
        said.append((f"project:{n}", ProjectPartnerJoined(partner="p", role="JOINT", country=country), start))
        said.append((f"project:{n}", ProjectLaunched(on=start.date()), start))
        told_of = {(it, where) for it, where, _ in ranked}
        aligned.append((start, (field, country) in told_of and start.date() >= date(2024, 12, 6)))
    mirror = mirrored(said)
    with mirror.reading() as reading:
        levels = reading.rows("SELECT field, unnest(map_entries(levels), recursive := true) FROM strategy_maps")
    assert {(field, at_, rank) for field, at_, rank in levels} == {
        (field, f"all/{it}", rank) for field, it, rank in ranked
    }
    assert by_period(mirror, INDICATORS["JR-09"]) == pytest.approx(grouped(aligned, percent))
