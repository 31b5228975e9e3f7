"""The titles of table columns for people; a column without one is titled by its name."""

from __future__ import annotations

import re
from functools import cache

from domain.descriptions import common_fields
from domain.phrase import Phrase
from domain.words import COLUMNS, STATE
from projections.definitions import INDICATORS

_MORE = re.compile(r"\s*\([^()]*\)$")
"""What follows the noun in a field's title: the values that it may have."""


def column_title(name: str, table: str = "") -> Phrase:
    """The title of a table column in both languages."""
    found = COLUMNS.get(table, {}).get(name) or COLUMNS["any"].get(name) or STATE.get(name)
    if found is not None:
        return found
    if words := common_fields().get(name):
        return Phrase(_MORE.sub("", words.ko), _MORE.sub("", words.label))
    return _indicators().get(name, Phrase(name, name))


@cache
def _indicators() -> dict[str, Phrase]:
    return {it.column: Phrase(f"{it.code} {it.ko}", f"{it.code} {it.en}") for it in INDICATORS.values()}
