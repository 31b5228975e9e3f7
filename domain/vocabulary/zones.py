"""Time zones by the names of the IANA database: of places, of UTC and of offsets from it.

Some systems list entries that are no zone of any place: the machine's own setting, and a marker for none.
"""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

NOWHERE = {"localtime", "posixrules", "Factory"}


@lru_cache(1)
def zones() -> frozenset[str]:
    return frozenset(available_timezones() - NOWHERE)
