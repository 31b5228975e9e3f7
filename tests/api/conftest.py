from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.door import Door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    it = Door(tmp_path / "data")
    yield it
    it.close()
