"""The figures once more, from plain folds in Python, by the wording of the indicators and not by their SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import fmean, median
from typing import Any

from domain import exchange, helpdesk, merging, project
from domain.history import effective
from domain.period import SEOUL, HalfYear
from domain.record import Fact, Recorded
from domain.streams import EntryCorrected, EntryVoided, kind_of
from tests.projections.histories import History

DAY = timedelta(days=1)
FAR = datetime(9000, 1, 1, tzinfo=UTC)

Figures = dict[tuple[str, str, str], float]
"""By indicator, hub and half-year."""


class Oracle:
    """A record as known at a position, of what had happened by a moment."""

    def __init__(self, history: History, known: int, valid: datetime | None) -> None:
        self.recorded = [row for row in history.rows if row.position <= known]
        self.valid = valid
        self.streams = {
            name: held
            for name, past in history.streams().items()
            if (held := effective(past, known=known, valid=valid))
        }
        self.amounts: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        self.absorbed = self.merged()

    def evidence(self) -> dict[tuple[str, str, str], list[float]]:
        self.cases()
        self.projects()
        self.exchanges()
        self.governance()
        return self.amounts

    def figures(self) -> Figures:
        return {at: AGGREGATES[at[0]](amounts) for at, amounts in self.evidence().items()}

    def say(self, code: str, hub: str, when: datetime | HalfYear, amount: float) -> None:
        period = when if isinstance(when, HalfYear) else HalfYear.of(when)
        self.amounts[code, hub, str(period)].append(amount)

    def of(self, kind: str) -> list[list[Recorded[Any]]]:
        return [held for name, held in self.streams.items() if kind_of(name) == kind]

    def periods(self) -> list[tuple[HalfYear, datetime]]:
        """Half-years with the last moment of each that counts."""
        times = [row.entry.occurred_at for held in self.streams.values() for row in held]
        if not times:
            return []
        cut = self.valid or max(row.entry.recorded_at for row in self.recorded)
        found, period = [], HalfYear.of(min(times))
        while period <= HalfYear.of(max(times)):
            found.append((period, min(period.ends_at - timedelta(microseconds=1), cut)))
            period = period.next
        return found

    def merged(self, cut: datetime = FAR) -> set[str]:
        """Cases that another stands for, as of a moment."""
        into: dict[str, str] = {}
        for held in self.of("case"):
            state = helpdesk.initial
            for row in held:
                if row.entry.occurred_at <= cut:
                    state = helpdesk.evolve(state, row.entry)
            if state.merged_into:
                into[merging.key(held[0].entry.stream)] = state.merged_into
        return {f"case:{key}" for key, root in merging.roots(into).items() if root != key}

    def cases(self) -> None:
        for held in self.of("case"):
            for it in rows(held, helpdesk.SatisfactionRated):
                self.say("HD-07", it.entry.hub, it.entry.occurred_at, it.entry.fact.score)
            self.backlog(held)
            if held[0].entry.stream in self.absorbed:
                continue
            opened, resolved = rows(held, helpdesk.CaseOpened), rows(held, helpdesk.CaseResolved)
            answered = rows(held, helpdesk.FirstResponseSent)
            if opened:
                since = opened[0].entry.occurred_at
                self.say("HD-01", opened[0].entry.hub, since, 1)
                for code, done in [("HD-02", answered[:1]), ("HD-04", resolved[-1:])]:
                    for row in done:
                        minutes = (row.entry.occurred_at - since) / timedelta(minutes=1)
                        self.say(code, row.entry.hub, row.entry.occurred_at, minutes)
            again = [row.entry.occurred_at for row in rows(held, helpdesk.CaseReopened)]
            by_period: dict[HalfYear, bool] = defaultdict(bool)
            for row in resolved:
                when = row.entry.occurred_at
                by_period[HalfYear.of(when)] |= any(when <= it <= when + timedelta(days=30) for it in again)
            for period, reopened in by_period.items():
                self.say("HD-05", resolved[0].entry.hub, period, reopened)

    def backlog(self, held: list[Recorded[Any]]) -> None:
        for period, cut in self.periods():
            past = [row for row in held if row.entry.occurred_at <= cut]
            state = helpdesk.initial
            for row in past:
                state = helpdesk.evolve(state, row.entry)
            merged = held[0].entry.stream in self.merged(cut)
            if state.opened_at and state.work not in ("resolved", "closed") and not merged:
                for code in ("HD-06", "HD-06A"):
                    self.say(code, past[0].entry.hub, period, (cut - state.opened_at) / timedelta(days=1))

    def projects(self) -> None:
        for held in self.of("project"):
            state = project.initial
            for row in held:
                state = project.evolve(state, row.entry)
            for row in rows(held, project.ProjectLaunched)[:1]:
                for hub, share in (state.shares or {row.entry.hub: Decimal(1)}).items():
                    self.say("JR-01", hub, row.entry.occurred_at, float(share))
            if state.proposed_at and state.agreed_at:
                self.say("JR-02", held[0].entry.hub, state.agreed_at, (state.agreed_at - state.proposed_at) / DAY)

    def exchanges(self) -> None:
        for held in self.of("exchange"):
            state = exchange.initial
            for row in held:
                state = exchange.evolve(state, row.entry)
            begin = state.arrived_on or state.departed_on
            for period, cut in self.periods():
                if begin is None:
                    break
                first = period.starts_at.astimezone(SEOUL).date()
                last = cut.astimezone(SEOUL).date()
                days = (min(state.returned_on or last, last) - max(begin, first)).days + 1
                if days > 0:
                    self.say("EX-01", held[0].entry.hub, period, days)
            ended = rows(held, exchange.ExchangeReturned)[-1:] or [
                row
                for row in rows(held, exchange.ExchangeCancelled)[-1:]
                if any(it.entry.occurred_at <= row.entry.occurred_at for it in rows(held, exchange.ExchangeAccepted))
            ]
            for row in ended:
                self.say("EX-02", row.entry.hub, row.entry.occurred_at, state.recognised)

    def governance(self) -> None:
        for held in self.streams.values():
            for row in held:
                if not row.entry.imported:
                    lag = (row.entry.recorded_at - row.entry.occurred_at) / DAY
                    self.say("GV-04", row.entry.hub, row.entry.occurred_at, lag)
        restated = {it.entry.fact.entry for it in self.recorded if isinstance(it.entry.fact, RESTATING)}
        for row in self.recorded:
            if not isinstance(row.entry.fact, RESTATING) and row.entry.occurred_at <= (self.valid or FAR):
                self.say("GV-04R", row.entry.hub, row.entry.occurred_at, row.position in restated)


RESTATING = (EntryCorrected, EntryVoided)


def rows(held: Iterable[Recorded[Any]], type_: type[Fact]) -> list[Recorded[Any]]:
    return [row for row in held if isinstance(row.entry.fact, type_)]


def p90(amounts: list[float]) -> float:
    at = sorted(amounts)
    place = 0.9 * (len(at) - 1)
    low = int(place)
    return at[low] + (at[min(low + 1, len(at) - 1)] - at[low]) * (place - low)


def percent(amounts: list[float]) -> float:
    return 100 * fmean(amounts)


AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "HD-01": len,
    "HD-02": median,
    "HD-04": median,
    "HD-05": percent,
    "HD-06": len,
    "HD-06A": p90,
    "HD-07": fmean,
    "JR-01": sum,
    "JR-02": median,
    "EX-01": lambda days: sum(days) / 30.4375,
    "EX-02": percent,
    "GV-04": median,
    "GV-04R": percent,
}
