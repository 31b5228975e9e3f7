"""The tables of the mirror, derived from the fact types: columns, DDL, and how stored JSON becomes rows.

`record.mirror` says which entry was applied last: its position, and its digest in the sealed log. `record.set_aside`
has the entries that do not fit the tables, each until a correction or void restates it.

`record.event` holds the envelope of every entry (not its salt); if content was destroyed, `redacted` is the digest of
what remains. Each fact type has a table such as `record.case_opened`, whose rows say from when until when they hold:
`position` (the original entry), `since` (the entry or correction that states the row) and `until` (the correction or
void that ended it, else FOREVER). Public views of the same names in the schema `main` show what holds at the variables
`known` and `valid`, and was not withdrawn. A type that names the day on which it takes effect (`domain.effect`) has a
column `effective_at`; for the others `occurred_at` is that time. What is planned for a day after the variable `now`
does not hold yet, unless `valid` says otherwise.

A field whose name is taken by the envelope has the prefix `fact_`: `review_sample_drawn.fact_position`,
`review_sample_item_tested.fact_position`, `check_cutoff_fixed.fact_position`, `exchange_extended.fact_until`,
`exchange_curtailed.fact_until`, `indicator_target_set.fact_hub`, `indicator_target_withdrawn.fact_hub`,
`credential_issued.fact_hub`,
`entry_corrected.fact_occurred_at`, `person_consent_recorded.fact_until`,
`person_hold_placed.fact_until`.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from domain import retention
from domain.record import FOREVER
from domain.registry import FACTS, TYPES, WITHDRAWN, EntryCorrected
from domain.registry import tag as tag_of
from domain.visibility import CLASSES, PERSONS, RATING, SUBMISSION
from domain.vocabulary import (
    ACTIVITY_KINDS,
    CENTRE_KINDS,
    COOP_TYPES,
    COUNTRIES_OF_REGIONS,
    LINK_KINDS,
    MINISTRIES,
    REGIONS,
    REGIONS_OF_COUNTRIES,
    SCHEMES,
)
from projections.mirror import shared_sql

HERE = Path(__file__).parents[1]
ENVELOPE = ("position", "since", "until", "stated_by", "stream", "hub", "occurred_at", "effective_at")
"""Names that no column of a fact may have."""

SCALARS = {
    str: "VARCHAR",
    int: "BIGINT",
    bool: "BOOLEAN",
    Decimal: "DECIMAL(38,12)",
    date: "DATE",
    datetime: "TIMESTAMP",
}
EVENT = {
    "stream": "VARCHAR",
    "version": "BIGINT",
    "occurred_at": "TIMESTAMP",
    "zone": "VARCHAR",
    "recorded_at": "TIMESTAMP",
    "hub": "VARCHAR",
    "actor": "VARCHAR",
    "role": "VARCHAR",
    "source": "VARCHAR",
    "id": "VARCHAR",
    "evidence": "VARCHAR[]",
    "imported": "BOOLEAN",
}
EFFECTIVE_APART = "effective_apart"
"""The column of `record.event` with the time at which an entry takes effect, if it is not `occurred_at`: kept for each
of them, it would take a tenth of the file."""

EVENT_DEFAULTS = {"zone": "'UTC'", "evidence": "[]::VARCHAR[]", "imported": "false"}
KNOWN = f"coalesce(getvariable('known')::BIGINT, {FOREVER - 1})"
FACT_KINDS = ", ".join(f"'{kind}'" for kind in FACTS)
HALVES = ", ".join(f"'{year}S{half}'" for year in range(2000, 2050) for half in (1, 2))
VALID = "coalesce(getvariable('valid')::TIMESTAMP, 'infinity'::TIMESTAMP)"
MOMENT = "coalesce(getvariable('valid')::TIMESTAMP, getvariable('now')::TIMESTAMP, 'infinity'::TIMESTAMP)"
"""The moment as of which tables are read: what is planned for later does not hold yet."""
CORRECTED = tag_of(EntryCorrected)
DAYS = {tag: fact.effective_on for tag, fact in TYPES.items() if fact.effective_on}
"""By type, the field of the day on which facts of it take effect."""


class Column(NamedTuple):
    """One column of a fact's table. `default` is SQL for what an absent field means, None where it may be NULL."""

    name: str
    field: str
    type: str
    required: bool
    default: str | None
    parts: tuple[str, ...]

    @property
    def checks(self) -> str:
        """The DDL constraints of the column: never NULL where the struct forbids it, nor inside a struct."""
        inside = "".join(f' CHECK ("{self.name}" IS NULL OR "{self.name}"."{part}" IS NOT NULL)' for part in self.parts)
        return (" NOT NULL" if self.required else "") + inside

    @property
    def broken(self) -> str:
        """A condition true of a row that breaks a constraint."""
        inside = [f'("{self.name}" IS NOT NULL AND "{self.name}"."{part}" IS NULL)' for part in self.parts]
        return " OR ".join([f'"{self.name}" IS NULL'] * self.required + inside) or "false"


def table_of(tag: str) -> str:
    """The table of a fact type: `case.opened` is `case_opened`."""
    return tag.replace(".", "_")


@cache
def columns(tag: str) -> tuple[Column, ...]:
    """The columns of a fact type besides the envelope. What a correction restates is not a column of its own."""
    fact = TYPES[tag]
    return tuple(
        _column(field)
        for field in msgspec.structs.fields(fact)
        if not (fact is EntryCorrected and field.name == "data")
    )


def _column(field: msgspec.structs.FieldInfo) -> Column:
    kind, nullable = _bare(field.type)
    default = None
    if not field.required:
        value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        default = None if value is None else _literal(value, _sql(kind))
    parts = [it.encode_name for it in _parts(kind) if it.required and not _bare(it.type)[1]]
    name = f"fact_{field.name}" if field.name in ENVELOPE else field.name
    return Column(name, field.encode_name, _sql(kind), not nullable, default, tuple(parts))


def _bare(type_: Any) -> tuple[Any, bool]:
    """A type without its constraints, and whether it may be None."""
    if get_origin(type_) is Annotated:
        return _bare(get_args(type_)[0])
    if get_origin(type_) in (Union, types.UnionType):
        (inner,) = (it for it in get_args(type_) if it is not types.NoneType)
        return _bare(inner)[0], True
    return type_, False


def _parts(kind: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else ()


def _sql(type_: Any) -> str:
    """The DuckDB type of values of a Python type. Raises TypeError where there is none."""
    kind, _ = _bare(type_)
    if kind in SCALARS:
        return SCALARS[kind]
    if parts := _parts(kind):
        return "STRUCT(" + ", ".join(f'"{it.encode_name}" {_sql(it.type)}' for it in parts) + ")"
    match get_origin(kind), get_args(kind):
        case origin, values if origin is Literal and all(isinstance(it, str) for it in values):
            return "VARCHAR"
        case origin, (inner, *_) if origin is tuple:
            return f"{_sql(inner)}[]"
        case origin, (key, inner) if origin is dict:
            return f"MAP({_sql(key)}, {_sql(inner)})"
    raise TypeError(f"the mirror has no column type for {kind}")


def _literal(value: object, sql_type: str) -> str:
    match value:
        case bool() | int() | Decimal():
            return f"{value}::{sql_type}"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case dict() if not value:
            return f"MAP {{}}::{sql_type}"
        case tuple():
            return f"[{', '.join(_literal(it, sql_type.removesuffix('[]')) for it in value)}]::{sql_type}"
    raise TypeError(f"the mirror cannot coalesce to {value!r}")


def structure(tag: str, *, corrected: bool = False) -> str:
    """The narrow structure that `from_json` reads an entry of this type into, or a correction that restates one."""
    fields: dict[str, Any] = {column.field: column.type for column in columns(tag)}
    shape: dict[str, Any] = {"stream": "VARCHAR", "hub": "VARCHAR"}
    if tag == CORRECTED:
        fields["data"] = DAYS_STRUCTURE
    if corrected:
        shape["fact"] = {"entry": "BIGINT", "occurred_at": "TIMESTAMP"} | ({"data": fields} if fields else {})
    else:
        shape |= {"occurred_at": "TIMESTAMP"} | ({"fact": fields} if fields else {})
    return msgspec.json.encode(shape).decode()


def fact_rows(tag: str, *, corrected: bool = False) -> str:
    """The columns of a fact's table behind `position, since, until`, out of a column `e` of its `structure`."""
    at, data = ("e.fact.occurred_at", "e.fact.data") if corrected else ("e.occurred_at", "e.fact")
    cells = ["e.stream AS stream", "e.hub AS hub", f"{at} AS occurred_at"]
    cells += [_cell(f'{data}."{column.field}"', column.default, column.name) for column in columns(tag)]
    if tag in DAYS:
        cells.append(f'effective_at({at}, {data}."{DAYS[tag]}") AS effective_at')
    elif tag == CORRECTED:
        cells.append(f"effective_at({data}.occurred_at, {_day(f'{data}.data')}) AS restated_effective_at")
    return ", ".join(cells)


def _day(fact: str) -> str:
    """The day on which a fact of any type takes effect, out of a struct of `DAYS_STRUCTURE`."""
    tags: dict[str, list[str]] = {}
    for tag, it in DAYS.items():
        tags.setdefault(it, []).append(f"'{tag}'")
    days = (f'WHEN {fact}.type IN ({", ".join(of)}) THEN {fact}."{it}"' for it, of in tags.items())
    return f"CASE {' '.join(days)} END"


def event_rows() -> str:
    """The columns of `record.event` behind `position, type`, out of the columns `entry`, its JSON, and `e`."""
    cells = [_cell(f"e.{name}", EVENT_DEFAULTS.get(name), name) for name in EVENT]
    redacted = "CASE WHEN e.redacted IS NOT NULL THEN sha256(entry) END AS redacted"
    effective = f"effective_at(e.occurred_at, {_day('e.fact')})"
    apart = f"nullif({effective}, e.occurred_at) AS {EFFECTIVE_APART}"
    return ", ".join(["split_part(e.stream, ':', 1) AS kind", *cells, redacted, apart])


def broken_rows(tag: str | None) -> dict[str, str]:
    """By field, a condition true of a row that the table of this type (or `record.event`) must not take."""
    if tag is None:
        return {name: f"{name} IS NULL" for name in EVENT}
    envelope = {name: f"{name} IS NULL" for name in ("position", "stream", "hub", "occurred_at")}
    return envelope | {column.field: column.broken for column in columns(tag)}


def _cell(cell: str, default: str | None, name: str) -> str:
    return f'coalesce({cell}, {default}) AS "{name}"' if default else f'{cell} AS "{name}"'


DAYS_STRUCTURE = {"type": "VARCHAR"} | dict.fromkeys(sorted({*DAYS.values()}), "DATE")
EVENT_STRUCTURE = msgspec.json.encode(EVENT | {"redacted": {"digest": "VARCHAR"}, "fact": DAYS_STRUCTURE}).decode()


def mirror_ddl(wanted: shared_sql.Digests = MappingProxyType({})) -> Iterator[str]:
    """Every statement that makes an empty mirror, in order; the indicators' own views come after them.

    `wanted` names earlier texts of macros and views.
    """
    yield "CREATE SCHEMA record"
    yield "CREATE SCHEMA indicator"
    yield "CREATE SCHEMA irregularity"
    yield "CREATE TABLE record.mirror (schema VARCHAR NOT NULL, position BIGINT NOT NULL, digest VARCHAR NOT NULL)"
    yield (
        "CREATE TABLE record.set_aside (position BIGINT NOT NULL, until BIGINT NOT NULL, type VARCHAR NOT NULL, "
        "stream VARCHAR NOT NULL, why VARCHAR NOT NULL)"
    )
    cells = "".join(f", {name} {type_} NOT NULL" for name, type_ in EVENT.items())
    event = f"position BIGINT NOT NULL, type VARCHAR NOT NULL, kind VARCHAR NOT NULL{cells}, redacted VARCHAR"
    effective = f"effective_at TIMESTAMP GENERATED ALWAYS AS (coalesce({EFFECTIVE_APART}, occurred_at)) VIRTUAL"
    yield f"CREATE TABLE record.event ({event}, {EFFECTIVE_APART} TIMESTAMP, {effective})"
    shared = [(it.name, reader_sql(it.text)) for it in shared_sql.statements(wanted)]
    yield from (text for name, text in shared if name in shared_sql.IN_FACTS)
    yield (
        f"CREATE VIEW event AS SELECT * EXCLUDE ({EFFECTIVE_APART}) FROM record.event "
        f"WHERE position <= {KNOWN} AND by_valid(effective_at, occurred_at)"
    )
    yield from map(_table, TYPES)
    yield from map(_view, TYPES)
    yield from _vocabularies()
    yield from (text for name, text in shared if name not in shared_sql.IN_FACTS)


def reader_sql(text: str) -> str:
    """A shared statement with its placeholders filled in: the variables of the reader, and lists."""
    filled = {
        "$KNOWN": KNOWN,
        "$VALID": VALID,
        "$MOMENT": MOMENT,
        "$WORLD": FACT_KINDS,
        "$HALVES": HALVES,
        "$FOREVER": str(FOREVER),
        "$RATING": RATING,
        "$PERSONS": PERSONS,
        "$SUBMISSION": SUBMISSION,
        "$CONFIDENTIAL": ", ".join(f"'{it}'" for it in CLASSES),
        **_retention(),
    }
    for name, value in filled.items():
        text = text.replace(name, value)
    return text


def _retention() -> dict[str, str]:
    """The data of `domain.retention` as rows of the view `retention`."""
    classes = [(name, rank, years) for rank, (name, years) in enumerate(retention.YEARS.items())]
    schedule = retention.SCHEDULE
    rules = [*schedule.by_kind.items(), *schedule.by_type.items()]
    turns = [(type_, type_ in schedule.completes) for type_ in sorted(schedule.completes | schedule.reopens)]
    return {"$CLASSES": _values(classes), "$RULES": _values(rules), "$TURNS": _values(turns)}


def _values(rows: Iterable[tuple[str | int | None, ...]]) -> str:
    def sql(value: str | int | None) -> str:
        return f"'{value}'" if isinstance(value, str) else "NULL" if value is None else str(value)

    return ", ".join(f"({', '.join(map(sql, row))})" for row in rows)


def _table(tag: str) -> str:
    cells = "".join(f', "{column.name}" {column.type}{column.checks}' for column in columns(tag))
    return (
        f"CREATE TABLE record.{table_of(tag)} (position BIGINT NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL, "
        f"stream VARCHAR NOT NULL, hub VARCHAR NOT NULL, occurred_at TIMESTAMP NOT NULL{cells}{_effect(tag)})"
    )


def _effect(tag: str) -> str:
    """The column of a fact's table that says when it took effect; of corrections, when what they restate did."""
    if tag == CORRECTED:
        return ", restated_effective_at TIMESTAMP"
    return ", effective_at TIMESTAMP NOT NULL" if tag in DAYS else ""


def more(tag: str) -> str:
    """The extra column of a row `said` of a fact's table: when it took effect, if the table has no such column."""
    return "" if tag in DAYS else ", occurred_at AS effective_at"


def _view(tag: str) -> str:
    shown = "".join(f', "{column.name}"' for column in columns(tag))
    return (
        f"CREATE VIEW {table_of(tag)} AS SELECT position, since AS stated_by, stream, hub, occurred_at{shown}"
        f"{more(tag) or ', effective_at'} "
        f"FROM record.{table_of(tag)} AS said{without_withdrawn(tag)} WHERE {holds(tag)}"
    )


def holds(tag: str, known: str = KNOWN) -> str:
    """The condition that a row `said` of a fact's table holds, as known at a position, unless it was withdrawn."""
    moment = "in_effect(effective_at, occurred_at)" if tag in DAYS else f"occurred_at <= {VALID}"
    return f"since <= {known} AND until > {known} AND {moment}"


def without_withdrawn(tag: str, known: str = KNOWN) -> str:
    """The join that keeps of rows `said` those that were not withdrawn, as known at a position; empty where nothing of
    the type can be. Written as `NOT EXISTS`, it would have DuckDB rewrite the whole plan of each query on the table."""
    if tag not in WITHDRAWN:
        return ""
    by, fields = WITHDRAWN[tag]
    named = {it: {column.field: column.name for column in columns(it)} for it in (tag, by)}
    same = "".join(f' AND act."{named[by][it]}" IS NOT DISTINCT FROM said."{named[tag][it]}"' for it in fields)
    return (
        f" ANTI JOIN record.{table_of(by)} AS act ON act.stream = said.stream "
        f"AND act.position > said.position AND act.position <= {known} AND act.occurred_at <= {VALID}{same}"
    )


def _vocabularies() -> Iterator[str]:
    """The lists that others keep as a view, the countries of regions, and technology fields by the name in facts."""
    lists = (*SCHEMES.values(), MINISTRIES, COOP_TYPES, REGIONS, CENTRE_KINDS, LINK_KINDS, ACTIVITY_KINDS)
    rows = [
        f"({', '.join(_nullable(it) for it in (list_.name, list_.version, term.code, term.ko, term.en))}, "
        f"{_nullable(term.since)}::DATE, {list_.verified}, {list_.controlled})"
        for list_ in lists
        for term in list_.terms
    ]
    columns = "list, version, code, ko, en, since, verified, controlled"
    yield f"CREATE VIEW vocabulary AS FROM (VALUES {', '.join(rows)}) AS term ({columns})"
    regions = [
        (region, country, int(REGIONS_OF_COUNTRIES.get(country) == region))
        for region, countries in COUNTRIES_OF_REGIONS.items()
        for country in countries
    ]
    yield (
        "CREATE VIEW region_country AS SELECT region, country, counted = 1 AS counted "
        f"FROM (VALUES {_values(regions)}) AS held (region, country, counted)"
    )
    schemes = ", ".join(_literal(name, "VARCHAR") for name in SCHEMES)
    yield (
        "CREATE VIEW technology AS SELECT concat(list, '/', code) AS field, list AS scheme, * EXCLUDE (list, since) "
        f"FROM vocabulary WHERE list IN ({schemes})"
    )


def _nullable(value: object) -> str:
    return "NULL" if value is None else _literal(str(value), "VARCHAR")


def schema_digest(statements: Iterable[str]) -> str:
    """The digest of these statements, stored in a mirror, so that another version of Sagwan makes its own."""
    return hashlib.sha256("\0".join(statements).encode()).hexdigest()
