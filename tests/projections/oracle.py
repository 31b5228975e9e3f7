"""The figures once more, from plain folds in Python, by the wording of the indicators and not by their SQL."""

from __future__ import annotations

import inspect
import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from statistics import fmean, median
from types import UnionType
from typing import Any, NamedTuple

from domain import merging
from domain.acts import fx
from domain.acts.check_events import CheckOpened
from domain.acts.finding import ActionVerified, CorrectiveActionAgreed, RiskAccepted
from domain.acts.review import SubmissionMade, SubmissionReturned, SubmissionVerified
from domain.effect import effective_at
from domain.facts import centre, exchange, expansion, helpdesk, partner, project, strategy_map
from domain.facts.hub import HubDesignated, HubReinstated, HubRevoked, HubSuspended
from domain.history import effective, in_effect
from domain.period import SEOUL, HalfYear, end_of_day
from domain.record import Entry, Fact, Recorded
from domain.registry import FACTS, EntryCorrected, EntryVoided, kind_of
from domain.values import Money
from projections.definitions import INDICATORS, VERSIONS
from tests.projections import clocks
from tests.projections.clocks import Clocks
from tests.projections.histories import History

DAY = timedelta(days=1)
FAR = datetime(9000, 1, 1, tzinfo=UTC)

Held = list[Recorded[Any]]
At = tuple[str, str, str]
"""An indicator (`HD-04`, an older version `HD-04/1`), a hub and a half-year."""


class Told(NamedTuple):
    """One entry behind a figure; the amount is None where it cannot be told."""

    amount: float | None
    against: float | None = None
    key: str | None = None


class Rating(NamedTuple):
    """A rating, and how many closures came before it."""

    row: Recorded[Any]
    closures: int


class Oracle:
    """A record as known at a position, of what had happened by a moment."""

    def __init__(
        self, history: History, known: int, valid: datetime | None, named: dict[str, int] | None = None
    ) -> None:
        self.recorded = [row for row in history.rows if row.position <= known]
        self.valid = valid
        now = history.clock(known)
        self.streams = {
            name: held
            for name, past in history.streams().items()
            if (held := effective(past, known=known, valid=valid, now=now))
        }
        self.cut = valid or now or FAR
        self.evidence: dict[At, list[Told]] = defaultdict(list)
        self.clocks = Clocks(self.recorded, self.streams)
        self.rates = rates(history.rows, known, named)
        self.absorbed = self.merged()
        self.cases()
        self.projects()
        self.outputs()
        self.exchanges()
        self.expansions()
        self.network()
        self.governance()

    def figures(self) -> dict[At, float | None]:
        return {at: AGGREGATES[at[0]](told) for at, told in self.evidence.items()}

    def say(
        self, code: str, hub: str, when: datetime | HalfYear | str, amount: float | None, against: float | None = None,
        key: str | None = None,
    ) -> None:  # fmt: skip
        period = HalfYear.of(when) if isinstance(when, datetime) else when
        for it in {code, SLICED_OTHERWISE.get(code, code)}:
            self.evidence[it, hub, str(period)].append(Told(amount, against, key))

    def of(self, kind: str) -> list[Held]:
        return [held for name, held in self.streams.items() if kind_of(name) == kind]

    def periods(self) -> list[tuple[HalfYear, datetime]]:
        """Half-years with the last moment of each that counts."""
        times = [effect(row) for kind in FACTS for held in self.of(kind) for row in held]
        if not times:
            return []
        found, period = [], HalfYear.of(min(times))
        while period <= HalfYear.of(max(times)):
            found.append((period, min(period.last_moment, self.cut)))
            period = period.next
        return found

    def ended(self, day: date) -> bool:
        """Whether a day in Seoul had ended by the cut."""
        return end_of_day(day) <= self.cut

    def krw(self, money: Money, at: datetime, days: int = 10) -> float | None:
        """By the rate of its day, else of the last day before it that has one, at most so many days back."""
        if money.currency == "KRW":
            return float(money.amount)
        found = (self.rates.get((money.currency, seoul(at) - n * DAY)) for n in range(days + 1))
        rate = next((it for it in found if it is not None), None)
        return None if rate is None else float((money.amount * rate).quantize(Decimal("0.01"), ROUND_HALF_UP))

    def merged(self, cut: datetime = FAR) -> set[str]:
        """Cases that another stands for, as of a moment."""
        into: dict[str, str] = {}
        for held in self.of("case"):
            state = folded(helpdesk, held, cut)
            if state.merged_into:
                into[merging.key_of(held[0].entry.stream)] = state.merged_into
        return {f"case:{key}" for key, root in merging.roots(into).items() if root != key}

    def cases(self) -> None:
        for held in self.of("case"):
            for it in rows(held, helpdesk.SatisfactionRated):
                self.say("HD-07/1", it.entry.hub, it.entry.occurred_at, it.entry.fact.score)
            opened = rows(held, helpdesk.CaseOpened)
            ratings = self.ratings(held, opened)
            for rating in {it.closures: it.row.entry for it in ratings}.values():
                self.say("HD-07/2", rating.hub, rating.occurred_at, rating.fact.score)
            of_closures = self.of_closures(held, ratings)
            running = self.clocks.running(held) if opened else None
            if opened:
                self.backlog(held)
            if held[0].entry.stream in self.absorbed:
                continue
            for rating in of_closures.values():
                self.say("HD-07", rating.hub, rating.occurred_at, rating.fact.score)
            resolved, answered = rows(held, helpdesk.CaseResolved), rows(held, helpdesk.FirstResponseSent)
            if opened:
                since = opened[0].entry.occurred_at
                self.say("HD-01", opened[0].entry.hub, since, 1)
                for code, done in [("HD-02", answered[:1]), ("HD-04", resolved[-1:])]:
                    for row in done:
                        at = row.entry.occurred_at
                        self.say(f"{code}/1", row.entry.hub, at, (at - since) / clocks.MINUTE)
                        version = self.clocks.calendar_of(held)
                        known = (
                            running is not None and version is not None and clocks.told(version, since, max(since, at))
                        )
                        for version_ in (code, f"{code}/2"):
                            minutes = clocks.minutes(running or [], at) if known else None
                            self.say(version_, row.entry.hub, at, minutes)
                self.whole_compliance(held, running)
                self.compliance(held, running)
            for row in rows(held, helpdesk.CaseClosed)[-1:]:
                rated = bool(rows(held, helpdesk.SatisfactionRated))
                self.say("HD-07R/1", row.entry.hub, row.entry.occurred_at, rated)
                before = [place(it) for it in rows(held, helpdesk.CaseReopened) if place(it) < place(row)]
                answered_ = any(not before or place(each.row) > max(before) for each in ratings)
                self.say("HD-07R/2", row.entry.hub, row.entry.occurred_at, answered_)
                closures = sum(isinstance(it.entry.fact, helpdesk.CaseClosed) for it in closings(held))
                self.say("HD-07R", row.entry.hub, row.entry.occurred_at, closures in of_closures)
            again = [row.entry.occurred_at for row in rows(held, helpdesk.CaseReopened)]
            by_period: dict[HalfYear, bool] = defaultdict(bool)
            for row in resolved:
                when = row.entry.occurred_at
                by_period[HalfYear.of(when)] |= any(when <= it <= when + timedelta(days=30) for it in again)
            for period, reopened in by_period.items():
                self.say("HD-05", resolved[0].entry.hub, period, reopened)

    def ratings(self, held: Held, opened: Held) -> list[Rating]:
        """What the requester rated, with how many closures came before."""
        requester = opened[-1].entry.fact.requester if opened else None
        return [
            Rating(row, sum(place(it) < place(row) for it in rows(held, helpdesk.CaseClosed)))
            for row in rows(held, helpdesk.SatisfactionRated)
            if None in (requester, row.entry.fact.by) or requester == row.entry.fact.by
        ]

    def of_closures(self, held: Held, ratings: Iterable[Rating]) -> dict[int, Entry[Any]]:
        """By closure, the one before a rating that stands then, else the next: who is named before who is not, the last
        before others."""
        found: dict[int, Entry[Any]] = {}
        for row, _ in ratings:
            told = [it for it in closings(held) if place(it) < place(row)]
            done = len([it for it in told if isinstance(it.entry.fact, helpdesk.CaseClosed)])
            closure = done if told and isinstance(told[-1].entry.fact, helpdesk.CaseClosed) else done + 1
            if row.entry.fact.by is not None or closure not in found or found[closure].fact.by is None:
                found[closure] = row.entry
        return found

    def ends(self, held: Held) -> dict[str, datetime]:
        """When each clock of a case ended: with its first response; the resolution, else the closure, that stands."""
        reopened = max((place(row) for row in rows(held, helpdesk.CaseReopened)), default=None)
        standing = [row for row in held if reopened is None or place(row) > reopened]
        done = rows(standing, helpdesk.CaseResolved) or rows(standing, helpdesk.CaseClosed)
        ended = {"answer": rows(held, helpdesk.FirstResponseSent)[:1], "resolve": done[-1:]}
        return {clock: row[0].entry.occurred_at for clock, row in ended.items() if row}

    def compliance(self, held: Held, running: list[clocks.Span] | None) -> None:
        """Each clock by itself: what can be told within the days covered stays told."""
        if not (promises := self.clocks.promises(held)):
            return
        hub, ends, version = held[0].entry.hub, self.ends(held), self.clocks.calendar_of(held)
        bound = rows(held, helpdesk.SlaBound)[-1].entry.occurred_at
        opened = rows(held, helpdesk.CaseOpened)[0].entry.occurred_at
        lost: list[datetime] = [] if version else [bound]
        decided: list[tuple[datetime, bool]] = []
        for clock, promised in promises.items() if version else ():
            assert version is not None
            until = ends.get(clock, self.cut)
            deadline = self.clocks.deadline(running or [], promised)
            if not clocks.told(version, opened):
                lost.append(bound)
            elif deadline is not None and deadline < until:
                decided += [(deadline, False)] if deadline < self.cut else []
            elif not clocks.told(version, max(opened, until)):
                lost.append(clocks.after(version))
            elif clock in ends:
                decided.append((ends[clock], True))
        if lost:
            self.say("HD-03", hub, ends.get("resolve", max(bound, min(lost))), None)
        elif len(decided) == len(promises):
            self.say("HD-03", hub, max(at for at, _ in decided), all(met for _, met in decided))

    def whole_compliance(self, held: Held, running: list[clocks.Span] | None) -> None:
        """As versions before 4 had it: a case at once, or not at all."""
        promises = self.clocks.promises(held)
        running = running if self.whole(held) else None
        resolved = rows(held, helpdesk.CaseResolved)
        if promises and running is None:
            for row in resolved[-1:]:
                self.say("HD-03/1", row.entry.hub, row.entry.occurred_at, None)
            untold = (resolved or rows(held, helpdesk.SlaBound))[-1]
            for code in ("HD-03/3", "HD-03/2"):
                self.say(code, untold.entry.hub, untold.entry.occurred_at, None)
        if not promises or running is None:
            return
        ends = self.ends(held)
        decided: list[tuple[datetime, bool]] = []
        for clock, promised in promises.items():
            deadline = self.clocks.deadline(running, promised) or FAR
            ended = ends.get(clock, FAR)
            if min(ended, deadline) == FAR or (ended > deadline and deadline >= self.cut):
                return
            decided.append((min(ended, deadline), ended <= deadline))
        for code in ("HD-03/3", "HD-03/2", "HD-03/1"):
            self.say(code, held[0].entry.hub, max(at for at, _ in decided), all(met for _, met in decided))

    def whole(self, held: Held) -> Any:
        """The calendar of a case, where it covers the case until its resolution, or until now."""
        version = self.clocks.calendar_of(held)
        opened = rows(held, helpdesk.CaseOpened)[0].entry.occurred_at
        ends = self.ends(held).get("resolve", self.cut)
        return version if version and clocks.told(version, opened, max(opened, ends)) else None

    def backlog(self, held: Held) -> None:
        whole, version = self.whole(held), self.clocks.calendar_of(held)
        for period, cut in self.periods():
            state = folded(helpdesk, held, cut)
            merged = held[0].entry.stream in self.merged(cut)
            if state.opened_at and state.work not in ("resolved", "closed") and not merged:
                hub, age = held[0].entry.hub, (cut - state.opened_at) / DAY
                self.say("HD-06", hub, period, age)
                self.say("HD-06A/1", hub, period, age)
                self.say("HD-06A/2", hub, period, whole and clocks.working_days(whole, state.opened_at, cut))
                days = None
                if version and clocks.told(version, state.opened_at, cut):
                    days = clocks.working_days(version, state.opened_at, cut)
                self.say("HD-06A", hub, period, days)

    def shares(self, name: str) -> dict[str, float]:
        """How much of a project counts for each hub."""
        held = self.streams[name]
        return {hub: float(it) for hub, it in folded(project, held).shares.items()} or {held[0].entry.hub: 1.0}

    def projects(self) -> None:
        for held in self.of("project"):
            name, hub, state = held[0].entry.stream, held[0].entry.hub, folded(project, held)
            for row in rows(held, project.ProjectLaunched)[:1]:
                abroad = {it for it in state.partners.values() if it} - {"KR"}
                aligned = self.aligned(held, row.entry.fact.on, abroad)
                everywhere = {it.entry.fact.country for it in rows(held, project.ProjectPartnerJoined)} - {None}
                with_korea = self.aligned(held, row.entry.fact.on, everywhere)
                for credited, share in self.shares(name).items():
                    self.say("JR-01/1", credited, row.entry.occurred_at, share)
                    key = f"{name}/{credited}"
                    for _ in {it for it in state.partners.values() if it} or {None}:
                        self.say("JR-01/2", credited, row.entry.occurred_at, share, key=key)
                        self.say("JR-01/3", credited, effect(row), share, key=key)
                    for _ in abroad or {None}:
                        self.say("JR-01", credited, effect(row), share, key=key)
                    self.say("JR-09/1", credited, row.entry.occurred_at, share * with_korea, share)
                    self.say("JR-09/2", credited, effect(row), share * with_korea, share)
                    self.say("JR-09", credited, effect(row), share * aligned, share)
            if state.proposed_at and state.agreed_at:
                self.say("JR-02", hub, state.agreed_at, (state.agreed_at - state.proposed_at) / DAY)
            self.reports(held, state)
            self.money(held)
            for period, cut in self.periods():
                levels = [it.entry.fact.level for it in rows(upto(held, cut), project.TrlAssessed)]
                if len(levels) > 1:
                    self.say("JR-08", hub, period, levels[-1] - levels[0])
                for code, when in (("NW-01", effect), ("NW-01/1", occurred)):
                    said = [it for it in held if isinstance(it.entry.fact, LIVE + OVER) and when(it) <= cut]
                    last = max(said, key=lambda it: (when(it), occurred(it), it.position), default=None)
                    if last and isinstance(last.entry.fact, LIVE):
                        joined = rows(upto(held, cut), project.ProjectPartnerJoined)
                        countries = {it.entry.fact.country for it in joined} - {None, "KR"}
                        for credited, share in self.shares(name).items():
                            for country in countries:
                                self.say(code, credited, period, share / len(countries), key=country)
            for row in rows(held, project.ProjectCompleted)[-1:]:
                linked = rows(held, project.FollowOnLinked)
                others = [it for it in linked if it.entry.fact.project.rpartition(":")[2] != name.partition(":")[2]]
                for code, when, said in (
                    ("JR-10", effect, others),
                    ("JR-10/2", effect, linked),
                    ("JR-10/1", occurred, linked),
                ):
                    if (matures := months_later(when(row), 12)) <= self.cut:
                        self.say(code, hub, matures, any(it.entry.occurred_at <= matures for it in said))

    def aligned(self, held: Held, day: date, countries: set[str]) -> bool:
        """Whether the map of its main field in force that day assesses one of these."""
        field = folded(project, held).field
        for of_map in self.of("map"):
            it = folded(strategy_map, of_map)
            in_force = it.in_force_from and it.in_force_from <= day < (it.in_force_to or date(9999, 12, 31))
            if field and it.field == field and in_force and {at.split("/")[1] for at in it.levels} & countries:
                return True
        return False

    def reports(self, held: Held, state: project.Project) -> None:
        """By kind, the n-th that the agreement asks for is the n-th filed."""
        over = [
            seoul(it.entry.occurred_at)
            for it in held
            if isinstance(it.entry.fact, project.ProjectTerminated | project.ProjectWithdrawn)
        ]
        due: dict[str, list[date]] = defaultdict(list)
        if state.starts_on and state.ends_on:
            signed = rows(held, project.AgreementSigned)[-1:]
            stages = signed[0].entry.fact.stages if signed else ()
            start, end = state.starts_on, state.ends_on
            due["FINAL"] = [end + 60 * DAY]
            due["STAGE"] = sorted(it - DAY for it in stages if start < it - DAY < end)
            years = [start.replace(year=start.year + n) for n in range(1, 12)]
            due["ANNUAL"] = [it - DAY for it in years if it <= end and it - DAY < end and it not in stages]
        for kind in ("ANNUAL", "STAGE", "FINAL"):
            owed: list[date | None] = [it for it in due[kind] if not over or it < min(over)]
            filed = [it.entry for it in rows(held, project.ReportFiled) if it.entry.fact.kind == kind]
            for n in range(max(len(owed), len(filed))):
                entry = filed[n] if n < len(filed) else None
                day = entry.fact.due_on if entry else owed[n]
                assert day is not None
                if self.ended(day):
                    in_time = entry is not None and seoul(entry.occurred_at) <= day
                    self.say("JR-03", held[0].entry.hub, half_year_of(day), in_time)

    def money(self, held: Held) -> None:
        of_funder = {"KR": "JR-04", "PARTNER": "JR-04P"}
        for spent, leverage, days in (("JR-04/2", "JR-05", 10), ("JR-04/1", "JR-05/1", 0)):
            for it in rows(held, project.FundingSpent):
                amount = self.krw(it.entry.fact.money, it.entry.occurred_at, days)
                for code in (spent, *([of_funder[it.entry.fact.funder]] if days else [])):
                    self.say(code, it.entry.hub, it.entry.occurred_at, amount, 0)
            for it in rows(held, project.FundingCommitted):
                period = it.entry.fact.period or HalfYear.of(it.entry.occurred_at)
                amount = self.krw(it.entry.fact.money, it.entry.occurred_at, days)
                korean = it.entry.fact.funder == "KR"
                for code in (spent, *([of_funder[it.entry.fact.funder]] if days else [])):
                    self.say(code, it.entry.hub, period, 0, amount)
                self.say(leverage, it.entry.hub, period, 0 if korean else amount, amount if korean else 0)

    def verified(self, name: str, output: str) -> Recorded[Any] | None:
        """The first verification of an output that counts."""
        held = self.streams.get(name, [])
        judged = (project.OutputVerified, project.OutputRejected)
        said = [row for row in held if isinstance(row.entry.fact, judged) and row.entry.fact.output == output]
        told = [row for row in held if getattr(row.entry.fact, "output", None) == output]
        if not told or not isinstance(told[-1].entry.fact, project.OutputVerified):
            return None
        return next(row for row in said if isinstance(row.entry.fact, project.OutputVerified))

    def outputs(self) -> None:
        reported: dict[str, list[Recorded[Any]]] = defaultdict(list)
        for held in self.of("project"):
            of_output: dict[str, list[Recorded[Any]]] = defaultdict(list)
            for row in rows(held, project.OutputReported):
                of_output[row.entry.fact.output].append(row)
            for output, told in of_output.items():
                pid = [row.entry.fact.pid for row in told if row.entry.fact.pid]
                itself = f"{held[0].entry.stream}/{output}"
                reported[pid[-1].lower().removeprefix("https://doi.org/") if pid else itself] += told
        for told in reported.values():
            last = max(told, key=place).entry.fact
            found = [self.verified(row.entry.stream, row.entry.fact.output) for row in told]
            if not any(found):
                continue
            first = min((row for row in found if row), key=place)
            countries = set(last.countries)
            for credited, share in self.shares(first.entry.stream).items():
                if last.kind == "PAPER" and "KR" in countries and len(countries) > 1:
                    self.say("JR-06", credited, first.entry.occurred_at, share)
                if last.kind == "PATENT" and len(countries) > 1:
                    self.say("JR-07", credited, first.entry.occurred_at, share)

    def exchanges(self) -> None:
        for held in self.of("exchange"):
            state = folded(exchange, held)
            begin = state.arrived_on or state.departed_on
            called_off = rows(held, exchange.ExchangeCancelled)[-1:] if state.status == "cancelled" else []
            for period, cut in self.periods():
                if begin is None:
                    break
                first, last = max(begin, seoul(period.starts_at)), min(state.returned_on or date.max, seoul(cut))
                away = min([last, *(seoul(it.entry.occurred_at) for it in called_off)])
                for code in ("EX-01", {"INBOUND": "EX-01I", "OUTBOUND": "EX-01O"}.get(state.direction or "")):
                    if code is None:
                        continue
                    for versions, until in (((code,), away), ((f"{code}/1", f"{code}/2"), last)):
                        for version in versions if until >= first else ():
                            self.say(version, held[0].entry.hub, period, (until - first).days + 1)
            returned = rows(held, exchange.ExchangeReturned)[-1:]
            ended = returned or [
                row
                for row in rows(held, exchange.ExchangeCancelled)[-1:]
                if any(it.entry.occurred_at <= row.entry.occurred_at for it in rows(held, exchange.ExchangeAccepted))
            ]
            for row in ended:
                self.say("EX-02/1", row.entry.hub, row.entry.occurred_at, state.recognised)
                self.say("EX-02/2", row.entry.hub, effect(row), state.recognised)
                if returned or state.status in ("cancelled", "recognised"):
                    self.say("EX-02", row.entry.hub, effect(row), state.recognised)
            for row in returned:
                linked = [it.entry.fact for it in rows(held, exchange.ExchangeOutputLinked)]
                found = [self.verified(f"project:{it.project.rpartition(':')[2]}", it.output) for it in linked]
                for code, when in (("EX-03", effect), ("EX-03/1", occurred)):
                    if (matures := months_later(when(row), 24)) <= self.cut:
                        by_then = any(it and it.entry.occurred_at <= matures for it in found)
                        self.say(code, row.entry.hub, matures, by_then)

    def expansions(self) -> None:
        deals: dict[tuple[bool, str], list[Recorded[Any]]] = defaultdict(list)
        for held in self.of("expansion"):
            company = folded(expansion, held).company or held[0].entry.stream
            for row in rows(held, expansion.SupportDelivered):
                self.say("DX-01", row.entry.hub, row.entry.occurred_at, 1, key=company)
            last: dict[tuple[bool, str], Recorded[Any]] = {}
            for row in rows(held, expansion.ContractSigned):
                last[True, row.entry.fact.contract_ref] = row
            for row in rows(held, expansion.InvestmentSecured):
                last[False, row.entry.fact.investment_ref] = row
            for ref, row in last.items():
                deals[ref].append(row)
            for row in rows(held, expansion.CompanyEnrolled)[:1]:
                matures = months_later(row.entry.occurred_at, 24)
                entities = rows(held, expansion.LocalEntityEstablished)
                for code, when in (("DX-03", effect), ("DX-03/1", occurred)):
                    if matures <= self.cut:
                        self.say(code, row.entry.hub, matures, any(when(it) <= matures for it in entities))
        for told in deals.values():
            first = min(told, key=place).entry
            for code, days in (("DX-02/2", 10), ("DX-02/1", 0)):
                amount = self.krw(first.fact.money, first.occurred_at, days)
                self.say(code, first.hub, first.occurred_at, amount)
        self.deals()

    def deals(self) -> None:
        """Each deal of a company with a partner once, of the case that told it first, as that told it last; since
        version 4 when that told it first, since version 5 of merged partners as one."""
        merged = {key(held): into for held in self.of("partner") if (into := folded(partner, held).merged_into)}
        roots = merging.roots(merged)
        told: dict[tuple[str, bool, str], list[Recorded[Any]]] = defaultdict(list)
        for held in self.of("expansion"):
            company = folded(expansion, held).company or held[0].entry.stream
            for row in held:
                match row.entry.fact:
                    case expansion.ContractSigned(contract_ref=ref):
                        told[company, True, ref].append(row)
                    case expansion.InvestmentSecured(investment_ref=ref):
                        told[company, False, ref].append(row)
        for said in told.values():
            said.sort(key=place)
            first = next((it.entry.fact.partner for it in said if it.entry.fact.partner), None)
            named = [it.entry.fact.partner or first for it in said]
            for last, same in by_partner(said, named):
                self.deal(min(last.values(), key=place), "DX-02/3", "DX-02U/1")
                self.deal(last[same[0].entry.stream], "DX-02/4", "DX-02U/2", same[0].entry.occurred_at)
            for last, same in by_partner(said, [root_of(it, roots) for it in named]):
                self.deal(last[same[0].entry.stream], "DX-02", "DX-02U", same[0].entry.occurred_at)

    def deal(self, counted: Recorded[Any], evidenced: str, bare: str, when: datetime | None = None) -> None:
        at = when or counted.entry.occurred_at
        code = evidenced if self.proven(counted.position) else bare
        self.say(code, counted.entry.hub, at, self.krw(counted.entry.fact.money, at))

    def proven(self, position: int) -> bool:
        """Whether an entry, or its newest correction, has evidence."""
        corrected = [it for it in self.recorded if getattr(it.entry.fact, "entry", None) == position]
        own = [it for it in self.recorded if it.position == position]
        return any(it.entry.evidence for it in own + corrected[-1:])

    def network(self) -> None:
        hubs = {key(held) for held in self.of("hub") if rows(held, HubDesignated)}
        # What was suspended, revoked or closed was there, told or not.
        told = HubDesignated | HubSuspended | HubReinstated | HubRevoked | centre.CentreRegistered | centre.CentreClosed
        centres = {key(held) for kind in ("hub", "centre") for held in self.of(kind) if rows(held, told)}
        answers = {
            (key(held), row.entry.fact.subject): row.entry.fact.accepts
            for held in self.of("centre")
            for row in rows(held, centre.CentreAnswered)
        }

        denied = {
            (key(held), merging.key_of(row.entry.fact.other), row.entry.fact.activity.lower())
            for held in self.of("centre")
            for row in rows(held, centre.CentreActivityDeclined)
        }
        first: dict[tuple[str, str, str, str], datetime] = {}
        as_written = {
            (key(held), merging.key_of(row.entry.fact.other), row.entry.fact.activity)
            for held in self.of("centre")
            for row in rows(held, centre.CentreActivityDeclined)
        }

        def met(
            members: Iterable[str], subject: str, when: datetime, teller: str | None = None, refused: bool | None = None
        ) -> None:
            for one, two in combinations(sorted({*members}), 2):
                accepted = answers.get((one, subject), True) and answers.get((two, subject), True)
                for side in hubs & {one, two} if accepted else ():
                    self.say("NW-02/1", side, when, 1, key=f"{one}|{two}")
                    if {one, two} <= centres:
                        self.say("NW-02/2", side, when, 1, key=f"{one}|{two}")
                if teller is None:
                    together(one, two, when, *(["NW-02/3", "NW-02/4"] if accepted else []))
                    together(one, two, when, *(["NW-02"] if (accepted if refused is None else not refused) else []))
                    continue
                for code, work, denials in (
                    ("NW-02", subject.lower(), denied),
                    *((("NW-02/4", subject.lower(), denied), ("NW-02/3", subject, as_written)) if accepted else ()),
                ):
                    if not {(it, teller, work) for it in (one, two)} & denials:
                        same = (code, one, two, work)
                        first[same] = min(when, first.get(same, when))

        def together(one: str, two: str, when: datetime, *codes: str) -> None:
            for side in hubs & {one, two} if {one, two} <= centres and one.lower() != two.lower() else ():
                for code in codes:
                    self.say(code, side, when, 1, key=f"{one}|{two}")

        for held in self.of("centre"):
            for row in rows(held, centre.CentreActivityHeld):
                members = {key(held), *map(merging.key_of, row.entry.fact.others)}
                met(members, row.entry.fact.activity, effect(row), key(held))
        for (code, one, two, _), when in first.items():
            together(one, two, when, code)
        for held in self.of("case"):
            for row in rows(held, helpdesk.CaseReferred):
                if (body := merging.key_of(row.entry.fact.body)) in centres:
                    refused = self.refused(held, body, seoul(row.entry.occurred_at))
                    met({row.entry.hub, body}, row.entry.stream, row.entry.occurred_at, refused=refused)
        for held in self.of("project"):
            for row in rows(held, project.ProjectLaunched)[:1]:
                credited = {it for it, share in self.shares(row.entry.stream).items() if share > 0}
                met(credited, row.entry.stream, effect(row))

    def refused(self, held: list[Recorded[Any]], body: str, day: date) -> bool:
        """Whether a centre said of the referral of a case to it on a day, last, that it declines."""
        to_it = [it for it in rows(held, helpdesk.CaseReferred) if merging.key_of(it.entry.fact.body) == body]
        days = {seoul(it.entry.occurred_at) for it in to_it}
        said = [
            fact.accepts
            for it in rows(self.streams.get(f"centre:{body}", []), centre.CentreAnswered)
            if (fact := it.entry.fact).subject == held[0].entry.stream
            and max((it for it in days if it - timedelta(1) <= fact.on), default=None) == day
        ]
        return said[-1:] == [False]

    def governance(self) -> None:
        for held in self.of("check"):
            for row in rows(held, CheckOpened)[:1]:
                for hub in row.entry.fact.hubs if self.ended(row.entry.fact.due_on) else ():
                    made = rows(self.streams.get(f"review:{row.entry.fact.period}-{hub}", []), SubmissionMade)[:1]
                    in_time = any(seoul(it.entry.occurred_at) <= row.entry.fact.due_on for it in made)
                    self.say("GV-01", hub, half_year_of(row.entry.fact.due_on), in_time)
        for held in self.of("review"):
            for row in rows(held, SubmissionVerified):
                self.say("GV-02", row.entry.hub, row.entry.occurred_at, not rows(held, SubmissionReturned))
        for held in self.of("finding"):
            for row in rows(held, CorrectiveActionAgreed):
                due, later = row.entry.fact.due_on, [it for it in held if it.position > row.position]
                by_then = [it for it in later if seoul(it.entry.occurred_at) <= due]
                agreed = rows(later, CorrectiveActionAgreed)[:1]
                replaced = any(seoul(it.entry.occurred_at) <= due for it in agreed)
                if self.ended(due) and not replaced and not rows(by_then, RiskAccepted):
                    self.say("GV-03", row.entry.hub, half_year_of(due), bool(rows(by_then, ActionVerified)))
        for kind in FACTS:
            for held in self.of(kind):
                for row in held:
                    if not row.entry.imported:
                        lag = (row.entry.recorded_at - row.entry.occurred_at) / DAY
                        self.say("GV-04/1", row.entry.hub, row.entry.occurred_at, lag)
                        lag = (row.entry.recorded_at - effect(row)) / DAY
                        self.say("GV-04", row.entry.hub, effect(row), max(lag, 0))
        restated = {it.entry.fact.entry for it in self.recorded if isinstance(it.entry.fact, RESTATING)}
        for row in self.recorded:
            worldly = kind_of(row.entry.stream) in FACTS and not isinstance(row.entry.fact, RESTATING)
            if not worldly:
                continue
            if effect(row) <= (self.valid or FAR):
                self.say("GV-04R/1", row.entry.hub, row.entry.occurred_at, row.position in restated)
            if in_effect(effect(row), row.entry.occurred_at, self.valid, self.cut):
                self.say("GV-04R", row.entry.hub, effect(row), row.position in restated)


SLICED_OTHERWISE = {
    "JR-02": "JR-02/1", "JR-03": "JR-03/1", "JR-04": "JR-04/3", "JR-04P": "JR-04P/1", "JR-05": "JR-05/2",
    "JR-06": "JR-06/1", "JR-07": "JR-07/1", "JR-08": "JR-08/1",
}  # fmt: skip
"""Versions that differ from the one before in their slices by country alone."""
RESTATING = (EntryCorrected, EntryVoided)
LIVE = (project.ProjectLaunched, project.ProjectSuspended, project.ProjectResumed)
OVER = (project.ProjectCompleted, project.ProjectTerminated, project.ProjectWithdrawn)


def rates(
    history: Iterable[Recorded[Any]], known: int, named: dict[str, int] | None
) -> dict[tuple[str, date], Decimal]:
    """By currency and day: of the newest version of each set (or the one named) the one published last."""
    sets: dict[str, dict[int, Recorded[Any]]] = defaultdict(dict)
    for row in history:
        if isinstance(row.entry.fact, fx.FxRateSetPublished):
            sets[row.entry.stream.partition(":")[2]][row.entry.fact.version] = row
    used = []
    for key, versions in sets.items():
        wanted = max((n for n, row in versions.items() if row.position <= known), default=0)
        if (number := wanted if named is None else named.get(key, 0)) in versions:
            used.append(versions[number])
    found: dict[tuple[str, date], Decimal] = {}
    for row in sorted(used, key=lambda row: row.position):
        for code, by_day in row.entry.fact.rates.items():
            found |= {(code, day): rate for day, rate in by_day.items()}
    return found


def key(held: Held) -> str:
    """The key of a stream."""
    return str(held[0].entry.stream.partition(":")[2])


def rows(held: Iterable[Recorded[Any]], type_: type[Fact] | UnionType) -> list[Recorded[Any]]:
    return [row for row in held if isinstance(row.entry.fact, type_)]


def closings(held: Held) -> Held:
    """Closures and reopenings of a case in turn: neither is told twice."""
    found: Held = []
    for row in held:
        closes = isinstance(row.entry.fact, helpdesk.CaseClosed)
        if closes == (not found or isinstance(found[-1].entry.fact, helpdesk.CaseReopened)) and (
            closes or isinstance(row.entry.fact, helpdesk.CaseReopened)
        ):
            found.append(row)
    return found


def upto(held: Held, cut: datetime) -> Held:
    return [row for row in held if effect(row) <= cut]


def folded(kind: Any, held: Held, cut: datetime = FAR) -> Any:
    state = kind.initial
    for row in upto(held, cut):
        state = kind.evolve(state, row.entry)
    return state


def place(row: Recorded[Any]) -> tuple[datetime, datetime, int]:
    return effect(row), row.entry.occurred_at, row.position


def effect(row: Recorded[Any]) -> datetime:
    return effective_at(row.entry.fact, row.entry.occurred_at)


def occurred(row: Recorded[Any]) -> datetime:
    moment: datetime = row.entry.occurred_at
    return moment


def seoul(at: datetime) -> date:
    return at.astimezone(SEOUL).date()


def half_year_of(day: date) -> HalfYear:
    return HalfYear.of(end_of_day(day))


def months_later(at: datetime, months: int) -> datetime:
    local = at.astimezone(SEOUL)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(UTC)


def amounts(told: list[Told]) -> list[float]:
    return [it.amount for it in told if it.amount is not None]


def p90(told: list[Told]) -> float | None:
    if not (at := sorted(amounts(told))):
        return None
    where = 0.9 * (len(at) - 1)
    low = int(where)
    return at[low] + (at[min(low + 1, len(at) - 1)] - at[low]) * (where - low)


def middle(told: list[Told]) -> float | None:
    return median(found) if (found := amounts(told)) else None


def mean(told: list[Told]) -> float | None:
    return fmean(found) if (found := amounts(told)) else None


def percent(told: list[Told]) -> float | None:
    return None if (found := mean(told)) is None else 100 * found


def total(told: list[Told]) -> float | None:
    return sum(found) if (found := amounts(told)) else None


def ratio(told: list[Told]) -> float | None:
    against = [it.against for it in told if it.against is not None]
    found = amounts(told)
    return sum(found) / sum(against) if found and sum(against) else None


def told_ratio(told: list[Told]) -> float | None:
    """No ratio where all that is told of the first is nothing, and something of it is not told."""
    untold = any(it.amount is None for it in told)
    return None if untold and not sum(amounts(told)) else ratio(told)


def each_once(told: list[Told]) -> float | None:
    return total([*{it.key: it for it in told}.values()])


def months(told: list[Told]) -> float:
    return sum(amounts(told)) / 30.4375


def evenness(told: list[Told]) -> float | None:
    by_key: dict[str | None, float] = defaultdict(float)
    for it in told:
        by_key[it.key] += it.amount or 0
    return 1 - sum((it / sum(by_key.values())) ** 2 for it in by_key.values())


def root_of(name: str | None, roots: Mapping[str, str]) -> str | None:
    """Whom a partner stands for after all merges."""
    return None if name is None else roots.get(it := merging.key_of(name), it)


def by_partner(said: Held, named: Sequence[str | None]) -> Iterator[tuple[dict[str, Recorded[Any]], Held]]:
    """What was told with each of the partners that are named: of each case the last, and all in their order."""
    for whom in {*named}:
        same = [it for it, who in zip(said, named, strict=True) if who == whom]
        yield {it.entry.stream: it for it in same}, same


AGGREGATES: dict[str, Callable[[list[Told]], float | None]] = {
    **dict.fromkeys(["HD-01", "HD-06"], len),
    **dict.fromkeys(
        ["HD-02", "HD-02/1", "HD-02/2", "HD-04", "HD-04/1", "HD-04/2", "JR-02", "GV-04", "GV-04/1"], middle
    ),
    **dict.fromkeys(["HD-07", "HD-07/1", "HD-07/2", "JR-08"], mean),
    **dict.fromkeys(
        ["HD-03", "HD-03/1", "HD-03/2", "HD-03/3", "HD-05", "HD-07R", "HD-07R/1", "HD-07R/2", "JR-03"], percent
    ),
    **dict.fromkeys(
        ["JR-10", "JR-10/1", "JR-10/2", "EX-02", "EX-02/1", "EX-02/2", "EX-03", "EX-03/1", "DX-03", "DX-03/1"], percent
    ),
    **dict.fromkeys(["GV-01", "GV-02", "GV-03", "GV-04R", "GV-04R/1"], percent),
    **dict.fromkeys(["HD-06A", "HD-06A/1", "HD-06A/2"], p90),
    **dict.fromkeys(
        ["JR-01/1", "JR-06", "JR-07", *(f"DX-02{it}" for it in ("", "/1", "/2", "/3", "/4", "U", "U/1", "U/2"))], total
    ),
    **dict.fromkeys([f"EX-01{way}{version}" for way in ("", "I", "O") for version in ("", "/1", "/2")], months),
    **dict.fromkeys(
        ["JR-04/1", "JR-09", "JR-09/1", "JR-09/2"], lambda told: None if (it := ratio(told)) is None else 100 * it
    ),
    **dict.fromkeys(["JR-01", "JR-01/2", "JR-01/3"], each_once),
    **dict.fromkeys(
        ["JR-04", "JR-04/2", "JR-04P"], lambda told: None if (it := told_ratio(told)) is None else 100 * it
    ),
    "JR-05": told_ratio,
    "JR-05/1": ratio,
    "DX-01": lambda told: len({it.key for it in told}),
    **dict.fromkeys(["NW-02", "NW-02/1", "NW-02/2", "NW-02/3", "NW-02/4"], lambda told: len({it.key for it in told})),
    **dict.fromkeys(["NW-01", "NW-01/1"], evenness),
}

AGGREGATES |= {before: AGGREGATES[code] for code, before in SLICED_OTHERWISE.items()}


def without(versions: Iterable[tuple[str, int]], told: Iterable[str]) -> list[str]:
    """The definition files of those versions that have no oracle."""
    names = {(code, n): code if INDICATORS[code].version == n else f"{code}/{n}" for code, n in versions}
    return [
        f"projections/indicators/{INDICATORS[code].column}/{n}.toml has no oracle: say {names[code, n]} in "
        "tests/projections/oracle.py, in Oracle and in AGGREGATES"
        for code, n in names
        if names[code, n] not in {*told}
    ]


_ORACLE = inspect.getsource(Oracle)  # once: it parses the file
SAID = [it for it in AGGREGATES if re.search(rf'"{it.partition("/")[0]}["/]', _ORACLE)]
if missing := without(VERSIONS, SAID):
    raise LookupError("; ".join(missing))
