"""`rebuild` and `asof`: making the tables and asking them, against a Python loop, the stock runner, and themselves."""

from __future__ import annotations

import random
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from api.demo.simulation import designations, year
from domain.record import Entry
from domain.registry import TYPES, entries, tag
from journal.store import identities
from journal.store.journal import Journal
from journal.store.recorder import StoredEntry
from projections import figures
from projections.definitions import INDICATORS
from projections.mirror.files import open_mirror

STOCK = 30_000


def fill(journal: Journal, count: int) -> None:
    """Writes simulated history straight into the record, a year after a year on new streams."""
    told = [event for _, event in designations()]
    told += [event for step in year(1) for events in step.posts.values() for event in events if "corrects" not in event]
    seen: set[str] = set()
    unique = [it for it in told if not (it["id"] in seen or seen.add(it["id"]))]  # type: ignore[func-returns-value]
    facts = [
        (it, msgspec.convert({"type": it["type"], **it["data"]}, TYPES[it["type"]], strict=False)) for it in unique
    ]
    rng = random.Random(7)
    recorded_at, position, copy = datetime(2025, 1, 1, tzinfo=UTC), 0, 0
    while position < count:
        versions: dict[str, int] = {}
        stored, digests = [], []
        for it, fact in facts[: count - position]:
            hub = it["subject"].partition(":")[2][:6]
            stream = it["subject"] if it["subject"].startswith("hub:") else f"{it['subject']}-{copy}"
            versions[stream] = versions.get(stream, 0) + 1
            recorded_at += timedelta(milliseconds=30)
            occurred_at = datetime.fromisoformat(it["time"]).astimezone(UTC)
            entry: Entry[Any] = Entry(
                stream=stream,
                version=versions[stream],
                occurred_at=occurred_at,
                recorded_at=max(recorded_at, occurred_at) if copy == 0 else recorded_at,
                hub=hub,
                actor="c-bench",
                role="hub",
                source="bench",
                id=f"{copy}-{it['id']}",
                salt=f"{rng.getrandbits(128):032x}",
                fact=fact,
            )
            stored.append(StoredEvent(stream, entry.version, tag(fact), msgspec.json.encode(entry)))
            digests.append(identities.stored_identity_digests(StoredEntry(0, tag(fact), stored[-1].state))[0])
        journal.entries.insert_events(stored, digests=digests)
        position += len(stored)
        copy += 1
        facts = [(it, fact) for it, fact in facts if not it["subject"].startswith("hub:")]


def rebuild(count: int) -> dict[str, float]:
    """A fresh file mirror of the record, against a Python loop that scans and decodes the same rows."""
    with tempfile.TemporaryDirectory() as folder, Journal.at(Path(folder) / "journal.db", write=True) as journal:
        fill(journal, count)
        types = len({row.type for row in journal.entries.rows(0, 20_000)})
        decoded, scanned = 0, perf_counter()
        connection = sqlite3.connect(f"file:{folder}/journal.db?mode=ro", uri=True)
        rows = connection.execute("SELECT rowid, topic, state FROM stored_events ORDER BY rowid")
        for _, _, state in rows:
            entries.decode(state)
            decoded += 1
        loop = perf_counter() - scanned
        start = perf_counter()
        mirror = open_mirror(Path(folder), journal.page, anew=True)
        ours = perf_counter() - start
        mirror.settle()
        settled = perf_counter() - start
        mirror.close()
    stock = _stock(min(STOCK, count))
    return {
        "fact types": types,
        "sagwan, events a second": decoded / ours,
        "python loop, events a second": decoded / loop,
        "stock runner in memory, events a second": stock,
        "ratio to the loop (at least 0.5)": loop / ours,
        "ratio to the stock runner (at least 6)": (decoded / ours) / stock,
        "until settled, times until it answers (at most 2.2)": settled / ours,
        "peak memory, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


class Seen(Aggregate):
    """A stream as the stock library would have it."""

    @event("Opened")
    def __init__(self, topic: str) -> None:
        self.topic = topic


class Counts(POPOTrackingRecorder):
    """A read model in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.topics: dict[str, int] = {}


class Counting(Projection[Counts]):
    """Counts topics: the least a projection can do."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        topic = domain_event.topic
        self.view.topics[topic] = self.view.topics.get(topic, 0) + 1
        self.view.insert_tracking(tracking)


def _stock(count: int) -> float:
    """Events a second of the library's own projection runner, all in memory, from the first event to the last."""

    class Stock(Application):
        pass

    env = {"PERSISTENCE_MODULE": "eventsourcing.popo"}
    with ProjectionRunner(application_class=Stock, projection_class=Counting, view_class=Counts, env=env) as runner:
        saved = [Seen(f"topic {n % 7}") for n in range(count)]
        start = perf_counter()
        for n in range(0, count, 1000):
            recordings = runner.app.save(*saved[n : n + 1000])
        runner.wait(recordings[-1].notification.id, timeout=60)
        return count / (perf_counter() - start)


def asof(count: int) -> dict[str, float]:
    """Every indicator by hub and half-year with `known` at the half, against the same at the head; and its growth."""
    found: dict[str, float] = {}
    small = max(count // 10, 10_000)
    heads: dict[str, float] = {}
    for size in (small, count):
        with tempfile.TemporaryDirectory() as folder, Journal.at(Path(folder) / "journal.db", write=True) as journal:
            fill(journal, size)
            mirror = open_mirror(Path(folder), journal.page, anew=True)
            for code in INDICATORS:
                head, half = _best(mirror, code, None), _best(mirror, code, mirror.position // 2)
                if size == small:
                    heads[code] = head
                    continue
                found[f"{code} half to head (at most 1.2)"] = half / head
                found[f"{code} from {small:,} to {count:,}, times"] = head / heads[code]
            mirror.close()
    return found | {"peak memory, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _best(mirror: Any, code: str, known: int | None) -> float:
    """The fastest of several, in seconds."""

    def runs() -> Iterator[float]:
        for _ in range(5):
            start = perf_counter()
            with mirror.reading(known) as reading:
                figures.figures(reading, INDICATORS[code], ("hub", "period"))
            yield perf_counter() - start

    return min(runs())
