"""A record with an edition, behind a server that pages are asked of, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.api.door import Door
from tests.api.half_year import HalfYear, taken

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as started:
        # Without its sandbox: whoever runs tests as root has none.
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Two hubs of which one has cases, a check that is closed and an edition that is published."""
    it = Door(tmp_path_factory.mktemp("pages") / "data")
    half = HalfYear(it)
    half.cases("EU-BRU", 3)
    taken(half.open())
    taken(half.cut())
    half.close()
    half.publish()
    yield it
    it.close()
