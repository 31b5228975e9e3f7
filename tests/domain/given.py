"""given(stream kind, facts...) folds a history, an hour apart; .when(fact) judges or folds the next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain import registry
from domain.record import Entry, Fact, Recorded, Refused, Role

START = datetime(2025, 3, 3, 9, tzinfo=UTC)


def entry(
    fact: Fact,
    *,
    hour: float = 0,
    actor: str = "c-1",
    role: Role = "hub",
    stream: str = "case:1",
    version: int = 1,
    source: str = "hub/eu",
) -> Entry[Any]:
    at = START + timedelta(hours=hour)
    return Entry(
        stream=stream,
        version=version,
        occurred_at=at,
        recorded_at=at,
        source=source,
        id=f"{stream}-{version}",
        hub="EU",
        actor=actor,
        role=role,
        salt="00" * 16,
        fact=fact,
    )


def recorded(*facts: Fact, stream: str = "case:1", hours: list[float] | None = None) -> list[Recorded[Any]]:
    """A stream's history, recorded in this order; the facts happened at the given hours."""
    hours = hours or [float(n) for n in range(len(facts))]
    return [
        Recorded(n, entry(fact, hour=hour, stream=stream, version=n))
        for n, (fact, hour) in enumerate(zip(facts, hours, strict=True), 1)
    ]


class Beside:
    """The other streams of acts as they stand, and how long the record is."""

    def __init__(self, position: int, states: dict[str, Any]) -> None:
        self.position = position
        self.states = states

    def recorded(self, stream: str) -> bool:
        """Every hub was designated, but none whose name no stream can have."""
        return registry.STREAM.fullmatch(stream) is not None

    def state(self, stream: str) -> Any:
        return self.states.get(stream, registry.KINDS[stream.partition(":")[0]].initial)


class Given:
    """A stream of one kind after some entries, and what stands beside it."""

    def __init__(self, kind: str, entries: list[Entry[Any]], stream: str, house: Beside) -> None:
        self.kind = kind
        self.stream = stream
        self.house = house
        self.state = registry.KINDS[kind].initial
        self.hours = len(entries)
        for it in entries:
            registry.judge(kind, self.state, it, house)
            self.state = registry.KINDS[kind].evolve(self.state, it)

    def when(
        self, fact: Fact, *, actor: str = "c-1", role: Role = "hub", hours: float = 1, source: str = "hub/eu"
    ) -> Any:
        """The state after one more fact. Raises Refused where the house has a rule against it."""
        it = entry(fact, hour=self.hours - 1 + hours, actor=actor, role=role, stream=self.stream, source=source)
        registry.judge(self.kind, self.state, it, self.house)
        return registry.KINDS[self.kind].evolve(self.state, it)


def refusal(it: Given, fact: Fact, **more: Any) -> Refused:
    """Why the house does not take a fact."""
    try:
        it.when(fact, **more)
    except Refused as refused:
        return refused
    raise AssertionError(f"{fact} was taken")


def given(
    kind: str,
    *facts: Fact | tuple[Fact, str, Role],
    stream: str = "",
    position: int = 1000,
    beside: dict[str, Any] | None = None,
) -> Given:
    """Facts as they are, or with the actor and role that recorded them; the states of other streams beside them."""
    stream = stream or f"{kind}:1"
    entries = []
    for hour, it in enumerate(facts):
        fact, actor, role = it if isinstance(it, tuple) else (it, "c-1", "hub")
        entries.append(entry(fact, hour=hour, actor=actor, role=role, stream=stream))
    return Given(kind, entries, stream, Beside(position, beside or {}))
