"""What is told is shown: every field of every fact of the world changes the state of its stream and a row of a view."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest
from msgspec.structs import replace

from domain import registry
from domain.history import state
from domain.record import Fact
from domain.registry import FACTS, TYPES
from domain.values import Money
from projections.definitions import NAMES
from projections.mirror import public_views
from tests.mirrors import empty
from tests.projections.histories import History

GOLDEN = Path(__file__).parents[1] / "domain" / "golden.ndjson"
SAMPLES: dict[str, Any] = {
    registry.tag(fact): fact
    for fact in (registry.entries.decode(line).fact for line in GOLDEN.read_bytes().splitlines())
}
FIRST = {
    "hub": "designated",
    "centre": "registered",
    "partner": "registered",
    "map": "drafted",
    "project": "proposed",
    "exchange": "nominated",
    "expansion": "company_enrolled",
    "case": "opened",
    "evidence": "deposited",
}
"""The fact of each kind that stands before every other."""

OF_ENTRIES = {"audit_trail", "effective", "irregularities", "late_entries", "planned", "restricted", "retention"}
"""Views that say of entries when they were made and what is wrong with them, not what they tell."""

UNSHOWN: dict[str, str] = {}
"""Fields that are shown nowhere, each with the reason."""

OTHER = {
    "country": ("DE", "JP"),
    "tz": ("Europe/Brussels", "Asia/Seoul"),
    "ror": ("05a28rw58", "03yrm5c26"),
    "sha256": ("ab" * 32, "cd" * 32),
    "period": ("2025S1", "2025S2"),
    "pid": ("10.1000/x", "10.1000/y"),
    "pid_scheme": ("OTHER", "DOI"),
    "countries": (("DE",), ("JP",)),
    "target_countries": (("DE",), ("JP",)),
    "shares": ({"EU": Decimal(1)}, {"EU": Decimal("0.5"), "US": Decimal("0.5")}),
    "reference_year": (2020, 2024),
    "functions": (("HELPDESK",), ("EXCHANGE", "HELPDESK")),
    "into": ("1", "2"),
}
"""Two values of fields in which not every value is one."""

ANY = {str: "x", int: 3, date: date(2025, 3, 3), Decimal: Decimal(3), Money: Money(Decimal(3), "KRW")}
"""A value of a field that the sample leaves out."""


def two_values(field: msgspec.structs.FieldInfo, sample: Any) -> tuple[Any, Any]:
    """Two values that a field can have."""
    if field.name in OTHER:
        return OTHER[field.name]
    kinds = [it for it in _bare(field.type) if it is not NoneType]
    words = [word for it in kinds if get_origin(it) is Literal for word in get_args(it)]
    match sample if sample is not None else ANY[kinds[0]]:
        case _ if words:
            return words[0], words[1]
        case date() as day:
            return day, day + timedelta(1 if field.name in ("ends_on", "planned_until") else -1)
        case Money(amount=amount, currency=currency):
            return Money(amount, currency), Money(amount + 1, currency)
        case Decimal() | int() as number:
            return number, number - 1 if number > 1 else number + 1
        case tuple() as several:
            return several, several[:-1] or (date(2025, 1, 1),)
        case str() as word:
            return f"{word}-1", f"{word}-2"
    raise TypeError(f"two values of {field.name}: add them to OTHER")


def _bare(type_: Any) -> list[Any]:
    if get_origin(type_) is Literal:
        return [type_]
    args = get_args(type_)
    return [type_] if not args else [it for arg in args for it in _bare(arg)]


def told() -> dict[str, tuple[str, Fact, Fact]]:
    """By stream, a field of a fact of the world, and two facts that differ in it alone."""
    found: dict[str, Any] = {}
    for tag in TYPES:
        if tag.partition(".")[0] in FACTS:
            for field in msgspec.structs.fields(TYPES[tag]):
                one, other = two_values(field, getattr(SAMPLES[tag], field.name))
                facts = (replace(SAMPLES[tag], **{field.name: it}) for it in (one, other))
                found[f"{tag.partition('.')[0]}:{len(found)}"] = (f"{tag}.{field.encode_name}", *facts)
    return found


def recorded(which: int) -> History:
    """A record with one of the two facts on each stream, behind the first of its kind."""
    history = History()
    for stream, (field, *facts) in told().items():
        kind, _, what = field.partition(".")
        hub = stream.partition(":")[2] if kind == "hub" else "EU"
        if (first := FIRST[kind]) != what.partition(".")[0]:
            history.add(stream, SAMPLES[f"{kind}.{first}"], -2400, hub=hub)
        history.add(stream, facts[which], 1, hub=hub)
    return history


def rows(history: History) -> dict[str, dict[str, list[str]]]:
    """By stream, the rows that tell of it in each view."""
    mirror = empty()
    mirror.apply(history.page())
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    with mirror.reading() as reading:
        for view in NAMES.public_views.keys() - OF_ENTRIES:
            for row in public_views.view(reading, view).to_pylist():
                if "stream" in row:
                    found[row["stream"]][view].append(repr(row))
    mirror.close()
    return found


@pytest.fixture(scope="module")
def unshown() -> dict[str, str]:
    """Of every field that is not, where it is not shown."""
    one, other = recorded(0), recorded(1)
    shown, otherwise = rows(one), rows(other)
    pasts, differently = one.streams(), other.streams()
    found: dict[str, Any] = {}
    for stream, (field, *_) in told().items():
        states = [state(stream, past[stream]) for past in (pasts, differently)]
        where = ["state"] * (states[0] == states[1]) + ["views"] * (shown[stream] == otherwise[stream])
        if where:
            found[field] = " and ".join(where)
    return found


def test_every_field_of_every_fact_of_the_world_is_shown_in_its_state_and_a_view(unshown: dict[str, str]) -> None:
    missing = {field: where for field, where in unshown.items() if field not in UNSHOWN}
    assert missing == {}, "add it to the state and the view of its kind, or to UNSHOWN with the reason"


def test_what_is_listed_as_unshown_is_not_shown_and_has_a_reason(unshown: dict[str, str]) -> None:
    assert UNSHOWN.keys() <= unshown.keys(), "what is shown by now is no longer listed"
    assert all(UNSHOWN.values())
