"""Indicators and irregularities: SQL files, the figures they make, and the events behind a figure.

An indicator is a query of the entries that contribute (`position, hub, occurred_at, field, country, amount`,
and `period` where the header says that it has its own) and an aggregate over them. A ratio of sums has a second
amount, `against`; what counts once in every slice has a `key`. An amount that cannot be told (no rate on that day,
no calendar) is NULL, and the figure says how many are.

Each version of an indicator is a file, `indicators/hd_04/2.sql`, and stays when a newer one comes. In the mirror the
newest is the view `indicator.hd_04`, an older one `indicator.hd_04_v1`; each irregularity is
`irregularity.case_resolved_again`, all of them together `irregularities`.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa

from projections.reading import Reading

HERE = Path(__file__).parent
SLICES = {
    "hub": "evidence.hub",
    "ministry": "hubs.ministry",
    "region": "hubs.region",
    "period": "evidence.period",
    "field": "evidence.field",
    "country": "evidence.country",
}
"""What a figure may be sliced by, and where it stands. Ministry and region are those at the end of the half-year."""

VIEWS: dict[str, tuple[str, ...]] = {
    "audit_trail": ("position",),
    "backlog": ("period", "position"),
    "calendars": ("calendar", "version"),
    "cases": ("stream",),
    "checks": ("period",),
    "deadlines": ("hub", "period", "due_on", "subject"),
    "editions": ("period", "edition"),
    "effective": ("position",),
    "evidence_items": ("stream",),
    "exchanges": ("stream",),
    "expansions": ("stream",),
    "findings": ("stream",),
    "fx_rates": ("rate_set", "version", "currency", "day"),
    "hub_performance": ("hub", "period"),
    "hubs": ("hub",),
    "indicator_definitions": ("code", "version"),
    "irregularities": ("code", "position"),
    "late_entries": ("period", "position"),
    "map_in_force": ("field", "first_day", "stream"),
    "partners": ("stream",),
    "period": ("period",),
    "persons": ("pseudonym",),
    "project_reports": ("stream", "due_on", "kind", "number"),
    "project_term": ("stream", "occurred_at", "position"),
    "outputs": ("identity",),
    "projects": ("stream",),
    "retention": ("stream",),
    "reviews": ("stream",),
    "session_items": ("session", "position"),
    "sessions": ("session",),
    "sla_targets": ("policy", "version", "severity"),
    "strategy_maps": ("stream",),
    "targets": ("code", "period", "hub"),
    "technology": ("scheme", "code"),
    "vocabulary": ("list", "code", "since"),
}
"""The public views beside the fact tables, and how their rows are ordered."""

SHARED = (
    "cut",
    "period",
    "case_topic",
    "case_absorbed",
    "open_hours",
    "case_calendar",
    "case_clock",
    "backlog",
    "project_slice",
    "project_credit",
    "verified_outputs",
    "krw_rate",
    "exchange_slice",
    "exchange_stay",
)

Where = Mapping[str, str | Sequence[str | None] | None]


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a figure: names, unit, how the amounts are put together, and the query of its evidence.

    `persons` when persons stand behind it: what leaves the house goes through `projections.disclosure`.
    `formula` is the SHA-256 digest of its file.
    """

    code: str
    version: int
    class_: str = msgspec.field(name="class")
    ko: str
    en: str
    unit: str
    aggregate: str
    counts: str
    own_period: bool
    persons: bool
    formula: str
    sql: str

    @property
    def view(self) -> str:
        newest = INDICATORS[self.code].version == self.version
        return f"indicator.{self.column}" if newest else f"indicator.{self.column}_v{self.version}"

    def uses(self, column: str) -> bool:
        """Whether its evidence has this column beside those that all have."""
        return re.search(rf"\b{column}\b", self.aggregate) is not None

    @property
    def column(self) -> str:
        """Its name among columns: `HD-01` is `hd_01`."""
        return self.code.lower().replace("-", "_")


class Irregularity(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that a rule is against, by its code; `rule` names the source."""

    code: str
    version: int
    ko: str
    en: str
    rule: str
    sql: str

    @property
    def view(self) -> str:
        return f"irregularity.{self.code.replace('.', '_')}"


def figures(
    reading: Reading, it: Indicator, by: Sequence[str] = (), where: Where | None = None, period: str | None = None
) -> pa.Table:
    """The figure per slice: the columns `by`, then

    - `value`,
    - `evidence`, how many entries stand behind it,
    - `missing`, how many of them have an amount that cannot be told and are left out,
    - by half-year alone or by hub and half-year also `target` and `late_set`, whether it was set too late.

    `where` keeps one value of a slice, or several; `period` is short for where["period"]. Without `by` there
    is exactly one row. Raises ValueError for an unknown slice.
    """
    where = {**(where or {}), **({"period": period} if period else {})}
    condition, values = _condition(where)
    found = _figure(it, by, where, condition, it.aggregate)
    order = "ORDER BY ALL" if by else ""
    return reading.table(f"{_with_targets(found, by, repr(it.code))} {order}", values)


def all_figures(
    reading: Reading,
    by: Sequence[str] = ("hub", "period"),
    where: Where | None = None,
    versions: Collection[Indicator] | None = None,
) -> pa.Table:
    """Every indicator at once: `code, version`, then what `figures` has of each. The newest versions, unless others are
    asked for. Raises ValueError for an unknown slice."""
    condition, values = _condition(where or {})
    asked = INDICATORS.values() if versions is None else versions
    found = " UNION ALL ".join(
        f"SELECT '{it.code}' AS code, {it.version} AS version, * FROM ("
        f"{_figure(it, by, where or {}, condition, f'({it.aggregate})::DOUBLE')})"
        for it in asked
    )
    with made_once(reading):
        return reading.table(f"{_with_targets(found, by, 'figure.code')} ORDER BY ALL", values * len(asked))


@contextlib.contextmanager
def made_once(reading: Reading) -> Iterator[None]:
    """Views that several indicators build on are made once: a temporary table of the same name stands before each, seen
    by this reading alone. Each is behind what it builds on."""
    try:
        for name in SHARED:
            reading.rows(f"CREATE TEMP TABLE {name} AS FROM {name}")
        yield
    finally:
        for name in SHARED:
            reading.rows(f"DROP TABLE IF EXISTS temp.{name}")


def persons(reading: Reading, it: Indicator, by: Sequence[str]) -> dict[tuple[str | None, ...], int]:
    """How many persons are behind each cell of a figure sliced by `by`.

    A stay or case whose person is not known counts as one of its own.
    """
    slices = "".join(f"{_slice(name)}, " for name in by)
    rows = reading.rows(
        f"SELECT {slices}count(DISTINCT coalesce(person_of.person, event.stream)) FROM {_sliced(it, by)}"
        " JOIN record.event AS event ON event.position = evidence.position"
        f" LEFT JOIN person_of ON person_of.stream = event.stream {'GROUP BY ALL' if by else ''}"
    )
    return {tuple(cell): count for *cell, count in rows}


def behind(reading: Reading, it: Indicator, dimensions: Sequence[str], period: str) -> pa.Table:
    """The rows that the figures of a half-year are made of, with the person behind each, as `persons` counts them.

    Columns: the dimensions, `position`, `person`, `amount`, and `against` or `key` where the aggregate uses them.
    """
    slices = "".join(f"{_slice(name)}::VARCHAR AS {name}, " for name in dimensions)
    more = "".join(f", {column}" for column in ("against", "key") if it.uses(column))
    return reading.table(
        f"SELECT {slices}evidence.position, coalesce(person_of.person, event.stream) AS person, amount{more} "
        f"FROM {_sliced(it, dimensions)} JOIN record.event AS event ON event.position = evidence.position "
        "LEFT JOIN person_of ON person_of.stream = event.stream WHERE evidence.period = ?",
        [period],
    )


def each(reading: Reading, it: Indicator, dimensions: Sequence[str], period: str) -> pa.Table:
    """The figure of all together and of every value of each dimension, in one pass.

    Columns: `by` (the dimension, NULL for all together), `of` (its value), `value`, `evidence`, `missing`.
    """
    slices = [_slice(name) for name in dimensions]
    by = "".join(f"WHEN grouping({it}) = 0 THEN '{name}' " for name, it in zip(dimensions, slices, strict=True))
    of = "".join(f"WHEN grouping({it}) = 0 THEN {it}::VARCHAR " for it in slices)
    return reading.table(
        f'SELECT CASE {by}END AS "by", CASE {of}END AS "of", {sums(it, it.aggregate)} '
        f"FROM {_sliced(it, dimensions)} "
        f"WHERE evidence.period = ? GROUP BY GROUPING SETS ((), {', '.join(slices)})",
        [period],
    )


def evidence(reading: Reading, it: Indicator, where: Where | None = None, period: str | None = None) -> pa.Table:
    """The entries behind a figure: `position, period, hub, ministry, region, field, country, occurred_at, amount`, and
    `against` or `key` where its aggregate uses them. Raises ValueError for an unknown slice."""
    condition, values = _condition({**(where or {}), **({"period": period} if period else {})})
    more = "".join(f", {column}" for column in ("against", "key") if it.uses(column))
    return reading.table(
        f"SELECT position, period, evidence.hub, ministry, region, field, country, occurred_at, amount{more} "
        f"FROM {_sliced(it, SLICES)} WHERE {condition} ORDER BY position, period, evidence.hub",
        values,
    )


def view(reading: Reading, name: str, where: Mapping[str, str] | None = None) -> pa.Table:
    """A public view, rows in the order of its first columns. `where` compares columns as text.

    Raises ValueError for a view or a column that is not there.
    """
    if name not in VIEWS:
        raise ValueError(f"no view is called {name}; there are {', '.join(sorted(VIEWS))}")
    columns = [column for (column, *_) in reading.rows(f"DESCRIBE {name}")]
    if strange := (where or {}).keys() - set(columns):
        raise ValueError(f"{name} has no column {min(strange)}; it has {', '.join(columns)}")
    condition = " AND ".join(f'"{column}"::VARCHAR = ?' for column in where or {}) or "true"
    return reading.table(f"FROM {name} WHERE {condition} ORDER BY {', '.join(VIEWS[name])}", [*(where or {}).values()])


def irregular(reading: Reading, stream: str) -> pa.Table:
    """The irregularities of one stream, as the view `irregularities` has them, by the rules that can concern it:
    those of its kind and those of hubs, which look at all that a hub does."""
    kinds = (stream.partition(":")[0], "hub")
    found = [
        f"SELECT '{rule.code}' AS code, * FROM {rule.view} WHERE stream = $stream"
        for rule in IRREGULARITIES.values()
        if rule.code.partition(".")[0] in kinds
    ]
    return reading.table(" UNION ALL ".join(found) + " ORDER BY code, position", {"stream": stream})


def ddl() -> Iterator[str]:
    """The views of all indicators and irregularities, and of their sums per hub and half-year."""
    for it in (VERSIONS[key] for key in sorted(VERSIONS)):
        period = "period" if it.own_period else "half_year(occurred_at) AS period"
        against = "against" if it.uses("against") else "NULL::DECIMAL(38, 12) AS against"
        key = "key" if it.uses("key") else "NULL::VARCHAR AS key"
        slices = "field::VARCHAR AS field, country::VARCHAR AS country"
        told = f"position, hub, occurred_at, {slices}, amount, {against}, {key}, {period}"
        yield f"CREATE VIEW {it.view} AS SELECT {told} FROM ({it.sql})"
    for rule in IRREGULARITIES.values():
        yield f"CREATE VIEW {rule.view} AS SELECT position, hub, occurred_at, stream FROM ({rule.sql})"
    found = " UNION ALL ".join(f"SELECT '{rule.code}' AS code, * FROM {rule.view}" for rule in IRREGULARITIES.values())
    yield f"CREATE VIEW irregularities AS {found}"
    yield _hub_performance()


def _hub_performance() -> str:
    codes = INDICATORS.values()
    figure = " UNION ALL ".join(
        f"SELECT hub, period, '{it.code}' AS code, ({it.aggregate})::DOUBLE AS value FROM {it.view} GROUP BY ALL"
        for it in codes
    )
    pivot = ", ".join(f"max(value) FILTER (code = '{it.code}') AS {it.column}" for it in codes)
    return (
        f"CREATE VIEW hub_performance AS WITH figure AS ({figure} UNION ALL "
        "SELECT hub, period, NULL, NULL FROM hubs, period) "
        f"SELECT figure.hub, hubs.name_en AS name, hubs.name_ko, held.ministry, held.region, period, {pivot} "
        "FROM figure ASOF LEFT JOIN hub_assignment AS held ON held.hub = figure.hub AND figure.period >= held.since "
        "LEFT JOIN hubs ON hubs.hub = figure.hub GROUP BY ALL"
    )


def _with_targets(figures: str, by: Sequence[str], code: str) -> str:
    """Targets are set by half-year, for one hub or for all together; figures sliced otherwise have none."""
    if "period" not in by or not {*by} <= {"hub", "period"}:
        return figures
    hub = "figure.hub" if "hub" in by else "NULL"
    return (
        f"SELECT figure.*, target.value::DOUBLE AS target, target.late AS late_set FROM ({figures}) AS figure "
        f"LEFT JOIN targets AS target ON target.code = {code} AND target.period = figure.period "
        f"AND target.hub IS NOT DISTINCT FROM {hub}"
    )


def _figure(it: Indicator, by: Sequence[str], where: Where, condition: str, value: str) -> str:
    slices = "".join(f"{_slice(name)} AS {name}, " for name in by)
    grouping = "GROUP BY ALL" if by else ""
    return f"SELECT {slices}{sums(it, value)} FROM {_sliced(it, by, where)} WHERE {condition} {grouping}"


def sums(it: Indicator, value: str) -> str:
    """The columns `value, evidence, missing` of a figure over its rows."""
    missing = "amount IS NULL OR against IS NULL" if it.uses("against") else "amount IS NULL"
    return f"{value} AS value, count(*) AS evidence, count(*) FILTER ({missing}) AS missing"


def _sliced(it: Indicator, *slices: Iterable[str]) -> str:
    """The evidence, with the ministry and region of each hub where one of the slices asks for them."""
    if not {"ministry", "region"} & set().union(*slices):
        return f"{it.view} AS evidence"
    return (
        f"{it.view} AS evidence ASOF LEFT JOIN hub_assignment AS hubs "
        "ON hubs.hub = evidence.hub AND evidence.period >= hubs.since"
    )


def _slice(name: str) -> str:
    if name not in SLICES:
        raise ValueError(f"figures are not sliced by {name}; there are {', '.join(SLICES)}")
    return SLICES[name]


def _condition(where: Where) -> tuple[str, list[str | None]]:
    """A condition with a parameter for each value, and the values."""
    conditions, values = ["true"], []
    for name, wanted in where.items():
        options = [wanted] if wanted is None or isinstance(wanted, str) else list(wanted)
        either = [f"{_slice(name)} IS NOT DISTINCT FROM ?::VARCHAR" for _ in options]
        conditions.append(f"({' OR '.join(either) or 'false'})")
        values += options
    return " AND ".join(conditions), values


def _files(pattern: str) -> Iterator[tuple[dict[str, str], str, str]]:
    """Header, query and digest of each SQL file, by name."""
    for path in sorted(HERE.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        query = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        yield _header(text), query, hashlib.sha256(text.encode()).hexdigest()


def _header(text: str) -> dict[str, str]:
    """`-- key: value    key: value`; a key begins its line or stands after two spaces, other lines go on."""
    header: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        pairs = re.findall(
            r"(?:^|\s{2,})([a-z]+): +(.+?)(?=\s{2,}[a-z]+: |$)", line[2:].lstrip() if ":" in line else ""
        )
        if pairs:
            header |= dict(pairs)
            last = pairs[-1][0]
        elif last:
            header[last] += " " + line[2:].strip()
    return header


VERSIONS: dict[tuple[str, int], Indicator] = {
    (it["code"], int(it["version"])): Indicator(
        code=it["code"],
        version=int(it["version"]),
        class_=it["class"],
        ko=it["ko"],
        en=it["en"],
        unit=it["unit"],
        aggregate=it["aggregate"],
        counts=it["counts"],
        own_period="period" in it,
        persons=it.get("persons") == "yes",
        formula=formula,
        sql=sql,
    )
    for it, sql, formula in _files("indicators/*/*.sql")
}
"""Every version of every indicator, by code and number: an edition is reproduced with those it was made with."""

INDICATORS: dict[str, Indicator] = {
    code: VERSIONS[code, max(number for other, number in VERSIONS if other == code)] for code, _ in VERSIONS
}
"""The newest version of every indicator, by its code."""

IRREGULARITIES: dict[str, Irregularity] = {
    it["code"]: Irregularity(
        code=it["code"], version=int(it["version"]), ko=it["ko"], en=it["en"], rule=it["rule"], sql=sql
    )
    for it, sql, _ in _files("irregularities/*.sql")
}
"""Every irregularity by its code."""
