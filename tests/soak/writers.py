"""Hubs that post, keep what was acknowledged, and post again what was not answered."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import Any

from tests.api.door import BATCH, SINGLE, event, opened
from tests.soak.tally import Said, Tally

WRITERS = 64
SOURCE = "soak"
AT = "2025-09-03T10:00:00Z"
"""In a half-year that no edition was published of: tens of thousands of late facts in one are another trial."""
FIRST_PAUSE, SLOWER = 1.25, 1.03
"""Seconds between two posts at first, and by how much longer each next one is: so the record has nearly its length when
memory is compared, and what grows then does not grow with the record."""
LATER = (429, 503, 507)
"""Answers that say: not now."""


class Acknowledged:
    """What the record must have: by identity (of its hub, source and id) the position, told twice the same."""

    def __init__(self) -> None:
        self.positions: dict[tuple[str, str], int] = {}
        self.duplicates = 0
        self._lock = threading.Lock()

    def take(self, hub: str, id_: str, answer: dict[str, Any]) -> str | None:
        """Keeps an answer; what is wrong with it."""
        if answer.get("status") not in ("recorded", "duplicate"):
            return f"refused {hub} {id_}: {answer!r:.400}"
        with self._lock:
            self.duplicates += answer["status"] == "duplicate"
            before = self.positions.setdefault((hub, id_), answer["position"])
        if before != answer["position"]:
            return f"{hub} {id_} was acknowledged at {before}, and then at {answer['position']}"
        return None


class Writer(threading.Thread):
    """One of a hub's clients. It ends when it is told to leave and nothing it posted is unanswered."""

    def __init__(self, number: int, hub: str, tally: Tally, kept: Acknowledged, leaving: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number, self.hub, self.tally, self.kept, self.leaving = number, hub, tally, kept, leaving
        self.dice = random.Random(f"writer {number}")
        self.posted: list[list[dict[str, Any]]] = []

    def run(self) -> None:
        count, pause = 0, FIRST_PAUSE
        while not self.leaving.wait(self.dice.expovariate(1 / pause)):
            pause *= SLOWER
            if self.posted and self.dice.random() < 0.1:
                self._deliver(self.dice.choice(self.posted[-50:]))
                continue
            batch = self._made(f"{self.number}-{count}")
            self._deliver(batch)
            self.posted = [*self.posted[-50:], batch]
            count += 1

    def _deliver(self, batch: list[dict[str, Any]]) -> None:
        alone = len(batch) == 1
        given_up, pause = None, 0.2
        while True:
            body, type_ = (batch[0], SINGLE) if alone else (batch, BATCH)
            said = self.tally.send("POST", "/v1/events", self.hub, body, type_)
            if said is not None and said.status not in LATER:
                return self._answered(batch, said)
            if self.leaving.is_set():
                given_up = given_up or time.monotonic() + 120
                if time.monotonic() > given_up:
                    return self.tally.fault(f"never answered: {self.hub} {batch[0]['id']}, lastly {said}")
            self.tally.repeat()
            time.sleep(self.dice.uniform(0.5, 1) * pause)
            pause = min(2 * pause, 3.0)

    def _answered(self, batch: list[dict[str, Any]], said: Said) -> None:
        if said.status not in (200, 201, 207, 422) or (len(batch) == 1 and said.status == 422):
            return self.tally.fault(f"{said.status} for {batch!r:.400}: {said.raw[:400]!r}")
        results = [said.body] if len(batch) == 1 else said.body["results"]
        for it, answer in zip(batch, results, strict=True):
            if wrong := self.kept.take(self.hub, it["id"], answer):
                self.tally.fault(wrong)

    def _made(self, key: str) -> list[dict[str, Any]]:
        """A case alone, a day's cases, or a project from its proposal to its launch."""
        made = self.dice.random()
        if made < 0.4:
            return [opened(f"case:S-{key}", f"{key}-o", source=SOURCE, time=AT)]
        if made < 0.9:
            names = [f"{key}-{n}" for n in range(self.dice.choice((2, 3, 5, 10)))]
            return [
                it
                for name in names
                for it in (
                    opened(f"case:S-{name}", f"{name}-o", source=SOURCE, time=AT),
                    event("case.resolved", f"case:S-{name}", f"{name}-r", source=SOURCE, time="2025-09-05T10:00:00Z"),
                )
            ]
        facts: dict[str, dict[str, Any]] = {
            "proposed": {"title_ko": key, "fields": ["NST12/AI"]},
            "agreement_signed": {"starts_on": "2025-09-01", "ends_on": "2026-09-01"},
            "launched": {"on": "2025-09-02"},
        }
        return [
            event(f"project.{what}", f"project:S-{key}", f"{key}-{what}", data, source=SOURCE, time=AT)
            for what, data in facts.items()
        ]


def lost(kept: dict[tuple[str, str], int], record: list[tuple[tuple[str, str], int]]) -> list[str]:
    """What the record, as (identity, position), does not hold once at the position that was acknowledged."""
    count, found = Counter(identity for identity, _ in record), dict(record)
    faults = [f"{it} is in the record {n} times" for it, n in count.items() if n > 1]
    faults += [
        f"{it} was acknowledged at {position}, and the record has it at {found.get(it, 'no position')}"
        for it, position in kept.items()
        if found.get(it) != position
    ]
    return faults
