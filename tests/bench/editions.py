"""`reproduce`: making an edition again from the record, against making the tables of the whole record once."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from eventsourcing.persistence import StoredEvent

from domain.acts.check_events import CheckClosed, CheckOpened, CutoffFixed, EditionPublished
from domain.period import HalfYear
from domain.record import Entry, Fact
from domain.registry import tag
from journal.store import identities
from journal.store.journal import Journal
from journal.store.recorder import StoredEntry
from projections.definitions import INDICATORS
from projections.mirror.files import open_mirror
from replay.editions.editions import check_of, cut_of, edition_content, edition_key
from replay.editions.period_figures import FigureCache
from replay.editions.reproduction import reproduce
from tests.bench.mirror import fill


def again(count: int) -> dict[str, float]:
    """An edition of every indicator, cut at the end of the record, so that both read all of it."""
    with tempfile.TemporaryDirectory() as folder, Journal.at(Path(folder) / "journal.db", write=True) as journal:
        fill(journal, count)
        half = HalfYear(2025, 1)
        versions = {code: it.version for code, it in INDICATORS.items()}
        hubs = tuple(it.partition(":")[2] for it in journal.entries.streams("hub"))
        opened = CheckOpened(period=str(half), due_on=date(2025, 7, 15), hubs=hubs, indicators=versions)
        cutoff = CutoffFixed(valid_cutoff=half.last_moment, position=journal.position)
        _act(journal, 1, opened)
        _act(journal, 2, cutoff)
        _act(journal, 3, CheckClosed(without=hubs))
        start = perf_counter()
        mirror = open_mirror(Path(folder), journal.page, anew=True)
        rebuilt = perf_counter() - start
        cache = FigureCache(mirror.reading)
        start = perf_counter()
        key = edition_key(mirror.reading, cut_of(check_of(journal, str(half))), None)
        content = edition_content(journal, cache, key)
        computed = perf_counter() - start
        _act(journal, 4, EditionPublished(key=key, digest=content.digest))
        mirror.close()
        start = perf_counter()
        made = reproduce(journal, str(half), 1)
        reproduced = perf_counter() - start
        assert made.same
    return {
        "indicators": len(versions),
        "figures": len(content.figures),
        "rebuild, seconds": rebuilt,
        "figures of an edition, seconds": computed,
        "reproduction, seconds": reproduced,
        "reproduction to rebuild (at most 2)": reproduced / rebuilt,
    }


def _act(journal: Journal, version: int, fact: Fact) -> None:
    """Straight into the record: the rules that judge it are measured elsewhere."""
    now = datetime(2026, 7, 1, tzinfo=UTC)
    entry: Entry[Any] = Entry(
        stream="check:2025S1", version=version, occurred_at=now, recorded_at=now, hub="", actor="c-bench",
        role="secretariat", source="bench", id=f"check-{version}", salt="00" * 16, fact=fact,
    )  # fmt: skip
    stored = StoredEvent(entry.stream, version, tag(fact), msgspec.json.encode(entry))
    journal.entries.insert_events(
        [stored], digests=identities.stored_identity_digests(StoredEntry(0, stored.topic, stored.state))
    )
