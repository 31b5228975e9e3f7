"""What columns of tables are called for people; by its name one that nobody called otherwise."""

from __future__ import annotations

import re
from functools import cache

from domain.descriptions import common_fields
from domain.phrase import Phrase
from domain.words import COLUMNS, STATE
from projections.definitions import INDICATORS

_MORE = re.compile(r"\s*\([^()]*\)$")
"""What a field says beside its noun: the values that it may have."""


def column_title(name: str, table: str = "") -> Phrase:
    """The head of a column of a table in both languages."""
    found = COLUMNS.get(table, {}).get(name) or COLUMNS["any"].get(name) or STATE.get(name)
    if found is not None:
        return found
    if words := common_fields().get(name):
        return Phrase(_MORE.sub("", words.ko), _MORE.sub("", words.label))
    return _indicators().get(name, Phrase(name, name))


@cache
def _indicators() -> dict[str, Phrase]:
    return {it.column: Phrase(f"{it.code} {it.ko}", f"{it.code} {it.en}") for it in INDICATORS.values()}
