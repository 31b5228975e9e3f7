"""What differs from what was recorded and is meant to, each with its reason; the CHANGELOG says it to users.

An entry that nothing differs by fails the test. What is new (a route, a command, a view, a code) is listed too.
"""

from __future__ import annotations

from tests.surface.comparing import Changed

CHANGED: list[Changed] = []
