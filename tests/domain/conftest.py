from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def golden() -> list[bytes]:
    """One stored entry of every type, as written by the first version of each."""
    return (Path(__file__).parent / "golden.ndjson").read_bytes().splitlines()
