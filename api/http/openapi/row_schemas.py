"""Rows of views and figures, and what comes with them in JSON."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from api.http.openapi.schemas import Schema, ref
from projections.definitions import READERS
from projections.figures import SLICES

FILE = Path(__file__).parent / "rows.json"
"""The schema of each column of each view: `python -m tests.written` writes it, `tests/contract/test_valid.py`
fails where it is not current."""

INT, TEXT, YES, MOMENT = (
    {"type": [it, "null"]} | more
    for it, more in (("integer", {}), ("string", {}), ("boolean", {}), ("string", {"format": "date-time"}))
)
AMOUNT = {"type": ["number", "string", "null"], "description": "exact amounts are text"}

AS_OF: dict[str, Schema] = {
    "position": {"type": "integer", "description": "of which position the rows are"},
    "valid": {**MOMENT, "description": "as of which moment, where one was asked for"},
    "fx": {"type": "object", "additionalProperties": {"type": "integer"}},
    "next": {**TEXT, "description": "the cursor of the next page; null on the last"},
    "withheld": {"type": "integer", "description": "how many rows the caller may not see"},
    "withheld_columns": {"type": "array", "items": {"type": "string"}},
    "set_aside": {"type": "array", "items": {"type": "integer"}},
}
ABOUT: dict[str, Schema] = {it: {"type": "string"} for it in ("code", "ko", "en", "unit")}
ABOUT["version"] = {"type": "integer"}

FIGURE: dict[str, Schema] = {
    **dict.fromkeys(SLICES, TEXT),
    "value": AMOUNT,
    "evidence": INT,
    "missing": INT,
    "earlier_rate": INT,
    "rate_sets": {"type": ["array", "null"], "items": {"type": "string"}},
    "target": AMOUNT,
    "late_set": YES,
    "attained": YES,
    "suppressed": YES,
}
"""What `projections.figures.figures` gives, and a column of each slice that is asked for."""
CONTRIBUTION: dict[str, Schema] = {
    **dict.fromkeys(SLICES, TEXT),
    "position": INT,
    "occurred_at": MOMENT,
    "effective_at": MOMENT,
    "amount": AMOUNT,
    "against": AMOUNT,
    "key": TEXT,
    "rate_set": TEXT,
    "rate_age": INT,
    "stream": TEXT,
}

SUPPRESSED = {"suppressed": {"type": "array", "items": {"type": "string"}, "description": "figures that are withheld"}}


@cache
def view_rows() -> dict[str, dict[str, Schema]]:
    """The columns of each view."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, dict[str, dict[str, Any]]])


def row_components() -> dict[str, Schema]:
    found = {
        f"{_class(name)}Row": _row(columns | (SUPPRESSED if READERS[name].figures else {}))
        for name, columns in view_rows().items()
    }
    found |= {f"{_class(name)}View": _answer(f"{_class(name)}Row", {"view": {"const": name}}) for name in view_rows()}
    mapping = {name: ref(f"{_class(name)}View")["$ref"] for name in view_rows()}
    shown = [{"$ref": it} for it in mapping.values()]
    amounts = {it: {"type": "string"} for it in ("amount_ko", "amount_en")}
    return found | {
        "ViewRows": {"oneOf": shown, "discriminator": {"propertyName": "view", "mapping": mapping}},
        "FigureRow": _row(FIGURE),
        "Figures": _answer("FigureRow", ABOUT),
        "ContributionRow": _row(CONTRIBUTION),
        "Contributions": _answer("ContributionRow", ABOUT | amounts),
        "FlatRow": {"type": "object", "description": "The columns of the table, as JSON has them."},
    }


def _class(view: str) -> str:
    return "".join(it.capitalize() for it in view.split("_"))


def _row(columns: dict[str, Schema]) -> Schema:
    """A row lacks columns that were not asked for (`fields`), or that the reader may not see."""
    return {"type": "object", "properties": columns, "additionalProperties": False}


def _answer(row: str, about: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": {**about, **AS_OF, "rows": {"type": "array", "items": ref(row)}},
        "required": [*about, "position", "valid", "rows"],
        "additionalProperties": False,
    }
