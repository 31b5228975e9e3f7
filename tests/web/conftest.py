"""A record with an edition, behind a server that pages are asked of, and a real browser."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.api.door import Door, event, opened
from tests.api.half_year import INDICATORS, HalfYear, taken
from tests.api.test_report import FINDING
from tests.made_once import made_once

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OFFICE = "sagwan.office.example"
"""A name by which tests reach the server over plain HTTP, as from another machine."""

ELSEWHERE = f"--host-resolver-rules=MAP {OFFICE} 127.0.0.1"

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One for all pages; while it is there nothing else runs a loop of asyncio in the thread of the tests."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as started:
        # Without its sandbox: whoever runs tests as root has none.
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", ELSEWHERE])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Two hubs of which one has cases, a check that is closed and an edition that is published."""
    it = Door.copied(made_once(tmp_path_factory, "published", published), tmp_path_factory.mktemp("pages") / "data")
    yield it
    it.close()


def published(folder: Path) -> None:
    it = Door(folder / "data")
    half = HalfYear(it)
    half.cases("EU-BRU", 3)
    taken(half.open())
    taken(half.cut())
    half.close()
    half.publish()
    it.keep(folder)


CALENDAR = {
    "version": 1,
    "tz": "Europe/Brussels",
    "weekly_open": [{"weekday": day, "opens": "09:00", "closes": "18:00"} for day in range(1, 6)],
    "source": "work days",
    "covers_from": "2025-01-01",
    "covers_until": "2025-12-31",
}
TITLE = "한-EU 반도체 공동연구"
WHY = "1월 상담이 마감 후 접수됨"


def answered(door: Door, name: str, opened_at: str, answered_at: str) -> int:
    """A case of EU-BRU with its first response; the position of that."""
    taken(door.post(opened(f"case:{name}", f"{name}-o", time=opened_at)))
    said = door.post(event("case.first_response_sent", f"case:{name}", f"{name}-f", time=answered_at))
    return int(taken(said).body["position"])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A half-year that was published and restated since HD-02 of EU-BRU fell by a correction; and a case that came
    later. What the record says of it stands in `closed`."""
    it = Door.copied(made_once(tmp_path_factory, "restated", restated), tmp_path_factory.mktemp("told") / "data")
    yield it
    it.close()


def restated(folder: Path) -> None:
    it = Door(folder / "data")
    half = HalfYear(it)
    taken(half.act("calendar.published", "calendar:BE", CALENDAR))
    adopted = {"calendar": "BE", "calendar_version": 1}
    taken(
        it.post(
            event("hub.calendar_adopted", "hub:EU-BRU", "adopts", adopted, time="2025-01-02T09:00:00Z"),
            who="secretariat",
        )
    )
    days = ("2025-03-03", "2025-03-04", "2025-03-05")
    firsts = [answered(it, f"EU-2025-{n}", f"{day}T09:00:00Z", f"{day}T11:00:00Z") for n, day in enumerate(days, 1)]
    half.cases("AS-SIN", 4)
    proposed = {"title_ko": TITLE, "title_en": "Korea-EU chips", "fields": ["NST/02"]}
    taken(it.post(event("project.proposed", "project:EU-2025-P1", "proposed", proposed, time="2025-03-01T09:00:00Z")))
    taken(half.open(materiality="1", indicators=INDICATORS | {"HD-02": 3}))  # so that nobody but us proposes
    taken(half.cut())
    taken(half.act("finding.raised", "finding:2025S1-EU-BRU-1", FINDING))
    half.close()
    half.publish()
    it.closed = {"before": str(half.position)}
    for n, (day, position) in enumerate(zip(days[:2], firsts, strict=False)):
        corrected = {"entry": position, "reason": "CLERICAL", "occurred_at": f"{day}T10:00:00Z", "data": {}}
        correction = event("entry.corrected", f"case:EU-2025-{n + 1}", f"corrects-{n}", corrected, time=None)
        it.closed["correction"] = str(taken(it.post(correction)).body["position"])
    restating = {"edition": 1, "reason": WHY, "reason_en": "told late", "indicators": ["HD-02"]}
    taken(half.check("restatement_proposed", restating))
    taken(half.check("restatement_approved", who="verifier"))
    half.publish()
    answered(it, "EU-2025-9", "2025-03-06T09:00:00Z", "2025-03-06T09:30:00Z")
    it.keep(folder)


AXE = "axe-core@4.14.1"


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> str:
    """The source of axe-core, in tests only: fetched once into the cache of pytest."""
    folder: Path = request.config.cache.mkdir(AXE.replace("@", "-"))
    source = folder / "package" / "axe.min.js"
    if not source.exists():
        if (npm := shutil.which("npm")) is None:
            pytest.skip("axe-core is not to be had: there is no npm")
        packed = subprocess.run([npm, "pack", "--silent", AXE], cwd=folder, capture_output=True, text=True, check=False)
        if packed.returncode:
            pytest.skip(f"axe-core is not to be had: {packed.stderr[-200:]}")
        shutil.unpack_archive(folder / packed.stdout.strip().splitlines()[-1], folder, filter="data")
    return source.read_text(encoding="utf-8")
