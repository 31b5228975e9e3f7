"""Which words a condition may use, where there is a list of them: an unknown word is a mistake, not an empty result."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args, get_type_hints

import pyarrow as pa

from domain.acts.finding import FindingRaised
from domain.acts.session import ItemKind
from domain.facts import helpdesk, project
from domain.facts.evidence import RetentionClass
from domain.facts.exchange import Direction
from domain.facts.hub import Region
from domain.facts.partner import PartnerKind
from domain.messages import Invalid
from domain.nearest import UnknownWord
from domain.period import HalfYear
from domain.record import Reason, Role
from domain.registry import KINDS, STREAM, TYPES
from domain.vocabulary import ACTIVITY_KINDS, CENTRE_KINDS, COUNTRIES, LINK_KINDS, MINISTRIES
from projections.definitions import INDICATORS, IRREGULARITIES, QUALITATIVE
from projections.filters import Filter, Filters, where_clause
from projections.mirror.control_tower import LEVELS
from projections.mirror.snapshot import Reading

STATUSES: dict[str, Collection[str]] = {
    "cases": get_args(helpdesk.Status),
    "projects": get_args(project.Status),
} | {
    view: get_args(get_type_hints(type(KINDS[kind].initial))["status"])
    for view, kind in {
        "checks": "check",
        "evidence_items": "evidence",
        "exchanges": "exchange",
        "expansions": "expansion",
        "findings": "finding",
        "centres": "centre",
        "hubs": "hub",
        "persons": "person",
        "reviews": "review",
        "sessions": "session",
        "strategy_maps": "map",
    }.items()
}
"""The statuses that the streams of a view may have."""

CODES = {*INDICATORS, *(code for code, _ in QUALITATIVE)}
LISTS: dict[tuple[str, str], Collection[str]] = {
    ("", "kind"): KINDS,
    ("assessments", "code"): CODES,
    ("audit_trail", "reason"): get_args(Reason),
    ("case_deadlines", "clock"): ("first_response", "resolve"),
    ("case_deadlines", "state"): ("running", "stopped", "met", "breached", "unpromised", "unknown"),
    ("cases", "severity"): get_args(helpdesk.Severity),
    ("control_tower", "code"): INDICATORS,
    ("control_tower", "level"): LEVELS,
    ("evidence_items", "retention"): get_args(RetentionClass),
    ("exchanges", "direction"): get_args(Direction),
    ("findings", "severity"): get_args(get_type_hints(FindingRaised)["severity"]),
    ("indicator_definitions", "code"): CODES,
    ("irregularities", "code"): IRREGULARITIES,
    ("links", "status"): ("told", "confirmed", "declined", "ended"),
    ("links", "kind"): LINK_KINDS.codes,
    ("centres", "kind"): CENTRE_KINDS.codes,
    ("joint_activities", "kind"): ACTIVITY_KINDS.codes,
    ("partners", "kind"): get_args(PartnerKind),
    ("projects", "security_class"): get_args(project.SecurityClass),
    ("session_items", "kind"): get_args(ItemKind),
    ("sla_targets", "severity"): get_args(helpdesk.Severity),
    ("targets", "code"): CODES,
}
"""Other columns of a view whose words come from a list."""


def check_filter(reading: Reading, column: str, it: Filter, view: str = "") -> None:
    """The same for every value that a column is compared with, and for the ends of a range of half-years."""
    for operator, values in it.tests:
        if operator in ("=", "!="):
            # A text with commas is a list, and in a column that has no list of words also a value by itself.
            for word in values[:-1] if len(values) > 1 else values:
                check_condition(reading, column, word, view)
        elif column == "period":
            HalfYear.parse(values[0])


def check_condition(reading: Reading, column: str, word: str, view: str = "") -> None:
    """Raises UnknownWord for a word that the list of a column does not have, ValueError for what is no half-year
    or no name of a stream.

    Hubs and ministries are those of the whole record, whatever `reading` is as of: one that came later had nothing yet.
    """
    if column == "period":
        HalfYear.parse(word)
    elif column == "stream":
        check_stream_name(word)
    elif (known := _known(reading, column, view)) is None or word in known:
        return
    elif not view or not _has(reading, view, column, word):
        raise UnknownWord("called_so", word, filter(None, known), name=column)


def _has(reading: Reading, view: str, column: str, word: str) -> bool:
    """Whether a row has the word all the same, such as an old act that names a hub that nobody designated."""
    there = column in _held(reading, f"SELECT column_name FROM (DESCRIBE {view})")
    return there and bool(reading.rows(f'SELECT 1 FROM {view} WHERE "{column}" = ? LIMIT 1', [word]))


def filtered(reading: Reading, table: pa.Table, where: Filters, what: str) -> pa.Table:
    """The rows of an existing table, in their order. Raises UnknownWord, ValueError."""
    if not where:
        return table
    with reading.another_cursor() as scratch:
        numbered = table.append_column("nth_row", pa.array(range(table.num_rows), pa.int64()))
        scratch.register("rows_there", numbered)
        columns = dict(scratch.execute("SELECT column_name, column_type FROM (DESCRIBE rows_there)").fetchall())
        del columns["nth_row"]
        values: dict[str, object] = {}

        def place(value: object) -> str:
            values[name := f"value{len(values)}"] = value
            return f"${name}"

        condition = where_clause(where, columns, what, place)
        kept = scratch.execute(f"SELECT nth_row FROM rows_there WHERE {condition} ORDER BY 1", values).fetchall()
    return table.take(pa.array([nth for (nth,) in kept], pa.int64()))


def check_stream_name(name: str) -> None:
    """Raises UnknownWord for a stream of an unknown kind, ValueError for what is no name of a stream."""
    if (kind := name.partition(":")[0]) not in KINDS:
        raise UnknownWord("kind", kind, KINDS)
    if not STREAM.fullmatch(name):
        raise Invalid("question.stream")


def _known(reading: Reading, column: str, view: str) -> Collection[str] | None:
    match column:
        case "hub":
            return _held(reading, "SELECT DISTINCT hub FROM record.event WHERE hub IS NOT NULL")
        case "ministry":
            tables = ("hub_designated", "hub_transferred")
            select = " UNION ".join(f"SELECT ministry FROM record.{it} WHERE ministry IS NOT NULL" for it in tables)
            return {*MINISTRIES.codes, *_held(reading, select)}
        case "region":
            return get_args(Region)
        case "country":
            return COUNTRIES.codes
        case "type":
            return TYPES
        case "role":
            return get_args(Role)
        case "status":
            return STATUSES.get(view)
    return LISTS.get((view, column))


def _held(reading: Reading, select: str) -> list[str]:
    return [word for (word,) in reading.rows(select)]
