"""A record with an edition, behind a server that pages are asked of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.door import Door
from tests.api.half_year import HalfYear, taken


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
