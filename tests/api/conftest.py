from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.door import Clock, Door


@pytest.fixture
def clock() -> Clock:
    """The clock that `door` goes by in a test that asks for it."""
    return Clock()


@pytest.fixture
def door(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Door]:
    own = request.getfixturevalue("clock") if "clock" in request.fixturenames else None
    it = Door(tmp_path / "data", clock=own)
    yield it
    it.close()
