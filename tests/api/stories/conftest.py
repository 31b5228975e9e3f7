from __future__ import annotations

import pytest

from tests.api.door import Clock, Door
from tests.api.stories.telling import Story


@pytest.fixture
def story(door: Door, clock: Clock) -> Story:
    """It is noon of 1 June 2026 in Seoul; there are two hubs, EU-BRU and AS-SIN."""
    return Story(door, clock)
