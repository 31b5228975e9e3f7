"""What a server counts and its present state, for monitoring (OpenMetrics)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from domain.record import Refused
from journal.store.submission import Outcome

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._group = Histogram("sagwan_group_events", "Events of one commit.", buckets=SIZES, registry=None)
        self._commit = Histogram(
            "sagwan_commit_seconds",
            "Time from when a group of events was taken up until it was on disk.",
            buckets=SECONDS,
            registry=None,
        )
        self._events = _Counts("sagwan_events", "Events that were posted, by what became of them.", "outcome")
        self._refused = _Counts("sagwan_events_refused", "Events that were refused, by problem code.", "code")
        self._problems = _Counts("sagwan_problems", "Answers that are a problem, by its code.", "code")
        self._answers = _Answers()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        self._answers.count(route, method, status, seconds)

    def problem(self, code: str) -> None:
        self._problems.of[code] += 1

    def exposition(self, accept: str, standing: Collector) -> tuple[bytes, str]:
        """The counts and the present state as text, and its media type: OpenMetrics, or that of Prometheus before
        it, as `Accept` says."""
        registry = CollectorRegistry()
        for it in (self._group, self._commit, self._events, self._refused, self._problems, self._answers, standing):
            registry.register(it)
        encode, media_type = choose_encoder(accept)
        return encode(registry), media_type

    def committed(self, count: int, seconds: float) -> None:
        self._group.observe(count)
        self._commit.observe(seconds)

    def count_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        for it in outcomes:
            if isinstance(it, Refused):
                self._events.of["refused"] += 1
                self._refused.of[it.code] += 1
            else:
                self._events.of["repeated" if it.duplicate else "recorded"] += 1


class _Counts(Collector):
    """A counter for each of some words, of one thread: what is counted with every request has no lock."""

    def __init__(self, name: str, what: str, label: str) -> None:
        self._described = name, what, (label,)
        self.of = Counter[str]()

    def collect(self) -> Iterator[Metric]:
        name, what, labels = self._described
        family = CounterMetricFamily(name, what, labels=labels)
        for word, count in sorted(self.of.items()):
            family.add_metric((word,), count)
        yield family


class _Answers(Collector):
    """How many requests were answered and how long that took, by route."""

    def __init__(self) -> None:
        self._answered: dict[tuple[str, str, int], list[float]] = defaultdict(lambda: [0, 0.0])

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        of = self._answered[route, method, status]
        of[0] += 1
        of[1] += seconds

    def collect(self) -> Iterator[Metric]:
        family = SummaryMetricFamily(
            "sagwan_http_answers_seconds",
            "Time until a request was answered. A live feed, which ends when its reader leaves, counts 0.",
            labels=("route", "method", "status"),
        )
        for (route, method, status), (count, seconds) in sorted(self._answered.items()):
            family.add_metric((route, method, str(status)), int(count), seconds)
        yield family
