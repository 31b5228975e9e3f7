"""Time zones by the names of the IANA database: of places, of UTC and of offsets from it.

Some systems list what is no zone of anywhere beside them: what the machine itself is set to, and a marker of none.
"""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

NOWHERE = {"localtime", "posixrules", "Factory"}


@lru_cache(1)
def zones() -> frozenset[str]:
    return frozenset(available_timezones() - NOWHERE)
