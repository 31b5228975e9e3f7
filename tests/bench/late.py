"""The late register of a made record with many late entries: facts of every kind, corrections and voids among them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from time import perf_counter
from typing import Any

import msgspec
import pyarrow as pa

from domain import history
from domain.acts.check import Check
from domain.acts.check_events import CheckOpened, CutoffFixed
from domain.period import HalfYear
from domain.record import Entry, Fact, Recorded
from domain.registry import EntryCorrected, EntryVoided, tag
from projections import figures
from projections.definitions import INDICATORS
from projections.mirror.mirror import Mirror
from replay.editions.late_register import late_register
from replay.editions.period_figures import FigureCache
from tests.bench.indicators import DAYS, HUBS, PAGE, START, Said, facts

PERIOD = "2024S2"
HALF = HalfYear.parse(PERIOD)
LATE = 10_000
RESTATED = 5
"""Of so many late entries one corrects or voids a fact from before the cut-off."""


class Made:
    """A record that is made entry by entry."""

    def __init__(self) -> None:
        self.position = 0
        self._versions: dict[str, int] = defaultdict(int)
        self._salts = random.Random(7)
        self.acts: list[Recorded[Any]] = []

    def page(self, said: list[Said]) -> pa.Table:
        rows = [self._entry(*it) for it in said]
        return pa.table(
            {
                "position": pa.array([it.position for it in rows], pa.int64()),
                "type": pa.array([tag(it.entry.fact) for it in rows], pa.string()),
                "entry": pa.array([msgspec.json.encode(it.entry) for it in rows], pa.binary()),
            }
        )

    def _entry(self, stream: str, hub: str, fact: Fact, at: Any) -> Recorded[Any]:
        self.position += 1
        self._versions[stream] += 1
        entry: Entry[Any] = Entry(
            stream=stream, version=self._versions[stream], occurred_at=at,
            recorded_at=START + timedelta(days=DAYS + 200, milliseconds=30 * self.position), hub=hub, actor="c-bench",
            role="hub", source="bench", id=str(self.position), salt=f"{self._salts.getrandbits(128):032x}", fact=fact,
        )  # fmt: skip
        row = Recorded(self.position, entry)
        if stream == f"check:{PERIOD}":
            self.acts.append(row)
        return row


def record(count: int, late: int = LATE) -> tuple[Mirror, Check]:
    """A mirror of `count` entries of three years, and behind the cut-off of a half-year `late` ones of it."""
    made, mirror, known = Made(), Mirror(), list[tuple[int, Said]]()
    said = facts(3)
    with mirror.bulk():
        while count > made.position:
            page = [it for it in islice(said, min(PAGE, count - made.position)) if it[0] != f"check:{PERIOD}"]
            known += [(at, it) for at, it in enumerate(page, made.position + 1) if HalfYear.of(it[3]) == HALF]
            mirror.apply(made.page(page))
        versions = {code: it.version for code, it in INDICATORS.items()}
        last = HALF.last_moment
        opened = CheckOpened(period=PERIOD, due_on=last.date(), hubs=tuple(HUBS), indicators=versions)
        cut = CutoffFixed(valid_cutoff=last, position=made.position)
        mirror.apply(made.page([(f"check:{PERIOD}", "", it, last + timedelta(days=1)) for it in (opened, cut)]))
        mirror.apply(made.page([*islice(_late(known), late)]))
    return mirror, history.state(f"check:{PERIOD}", made.acts)


def _late(known: list[tuple[int, Said]]) -> Iterator[Said]:
    """Facts of the half-year on streams of their own, and between them what restates facts that are known."""
    rng = random.Random(11)
    rng.shuffle(known)
    restated = (it for it in known if it[0] > 200)
    for stream, hub, fact, at in islice(facts(5), 200, None):
        if HalfYear.of(at) != HALF:
            continue
        yield f"{stream}-late", hub, fact, at
        if not rng.randrange(RESTATED):
            position, (stream, hub, fact, at) = next(restated)
            act: Fact = EntryVoided(entry=position, reason="DUPLICATE")
            if rng.random() < 0.7:
                act = EntryCorrected(entry=position, reason="CLERICAL", occurred_at=at + timedelta(hours=1), data=fact)  # type: ignore[arg-type]
            yield stream, hub, act, START + timedelta(days=DAYS + 100)


def late(count: int) -> dict[str, float]:
    """The register against all figures at a point with nothing kept."""
    mirror, check = record(count)
    try:
        known = iter(range(mirror.position - 900, 0, -7))

        def own() -> None:
            with mirror.reading(next(known)) as reading:
                figures.all_figures(reading)

        alone = sorted(_timed(own) for _ in range(3))[1]
        cache = FigureCache(mirror.reading, mirror.figure_reading)
        took = _timed(lambda: late_register(cache, check, mirror.position))
    finally:
        mirror.close()
    return {f"late register of {LATE} entries, times all figures at a point (at most 4)": took / alone}


def _timed(run: Callable[[], Any]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start
