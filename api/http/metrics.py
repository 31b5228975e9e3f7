"""Counts what is answered, and `GET /metrics`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.server.engine import ENGINE, Engine

LIVE = "/v1/events/live"
"""An answer that ends when its reader leaves, so that its time means nothing."""


@web.middleware
async def count_answers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Counts by the pattern of the route, so that no address makes a series of its own."""
    began = time.perf_counter()
    answer = await handler(request)
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "none"
    seconds = 0.0 if route == LIVE else time.perf_counter() - began
    request.app[ENGINE].metrics.answered(route, request.method, answer.status, seconds)
    return answer


async def show_metrics(request: web.Request) -> web.Response:
    engine = request.app[ENGINE]
    body, media_type = engine.metrics.exposition(request.headers.get("Accept", ""), Standing(engine))
    return web.Response(body=body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})


class Standing(Collector):
    """The present state of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        it = self._engine
        position = it.journal.position
        gauges = {
            "sagwan_position": ("The last entry of the record.", position),
            "sagwan_waiting_events": ("Events that wait for the writer.", it.writer.waiting),
            "sagwan_mirror_lag_entries": ("Entries that are not in the tables yet.", position - it.follower.position),
            "sagwan_figures_lag_entries": (
                "Entries that are not in the figures yet; those rest while nobody asks.",
                position - it.settler.position,
            ),
            "sagwan_seal_lag_entries": ("Entries that no checkpoint covers yet.", position - it.sealer.position),
            "sagwan_set_aside_entries": ("Entries that fit no table.", len(it.follower.set_aside_positions())),
            "sagwan_clock_doubted": ("1 while the clock is not believed.", int(it.doubt() is not None)),
        }
        if it.cosignatures.policy.witness:
            lag = position - it.cosignatures.size
            gauges["sagwan_witness_lag_entries"] = ("Entries that no witnessed checkpoint covers yet.", lag)
        for name, (what, value) in gauges.items():
            yield GaugeMetricFamily(name, what, value=max(value, 0))
        working = GaugeMetricFamily("sagwan_worker_up", "1 while a worker does its work.", labels=("worker",))
        for health in it.healths:
            working.add_metric((health.worker,), int(health.trouble is None))
        yield working
        reads = GaugeMetricFamily("sagwan_reads", "Long reads that run or wait, by kind.", labels=("kind",))
        pools = {"long": it.long_reads, "past": it.past_reads, "wide": it.wide_reads, "sql": it.adhoc_queries}
        for kind, pool in pools.items():
            reads.add_metric((kind,), pool.running)
        yield reads
