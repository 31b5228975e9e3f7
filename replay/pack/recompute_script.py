"""A script with which plain DuckDB, without Sagwan, makes the figures of a pack again out of its events.

It is the mirror's own schema and queries, and a plainer way of filling the tables: the whole history at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from domain.record import FOREVER
from domain.registry import TYPES
from projections.definitions import INDICATORS, Indicator
from projections.mirror import public_views, schema
from projections.mirror.snapshot import Reading
from replay.editions.period_figures import DIMENSIONS

HEAD = """-- Makes the figures of this pack again out of events.ndjson, without Sagwan, and lists those that differ:
-- there should be none. Start DuckDB 2 in the unpacked folder and say:  .read sql/again.sql
-- Each fact type has a table, `record.case_opened`; a row holds from the entry `since` to the correction or void
-- `until`.
"""

EVENTS = """
CREATE TEMP TABLE events AS
SELECT position, entry::VARCHAR AS entry, entry ->> '$.fact.type' AS type,
       (entry ->> '$.fact.entry')::BIGINT AS restates
FROM read_json('events.ndjson', format = 'newline_delimited', columns = {position: 'BIGINT', entry: 'JSON'},
               maximum_object_size = 1048576)
"""

SPANS = f"""
CREATE TEMP TABLE span AS
SELECT *, lead(since, 1, {FOREVER}) OVER (PARTITION BY position ORDER BY since) AS until
FROM (
    SELECT CASE WHEN type IN ('entry.corrected', 'entry.voided') THEN restates ELSE position END AS position,
           position AS since, type = 'entry.corrected' AS corrects
    FROM events
    UNION ALL SELECT position, position, false FROM events WHERE type IN ('entry.corrected', 'entry.voided')
)
"""
"""From which entry to which each statement of an original holds; a correction or void is an original of its own too."""

DIFFERING = """
SELECT code, hub, period, told.value AS told, again.value AS again, told.evidence, again.evidence AS evidence_again
FROM told FULL JOIN again USING (code, hub, period)
WHERE (told.evidence, told.value IS NULL) IS DISTINCT FROM (again.evidence, again.value IS NULL)
   OR abs(told.value - again.value) > 1e-9 * abs(told.value)
ORDER BY ALL
"""


OF_EDITION = """-- Makes the figures of this edition again out of the rows under evidence/, without Sagwan, and lists
-- those that differ: there should be none. Start DuckDB 2 in the unpacked folder and say:  .read sql/again.sql
-- What the edition withholds is not compared.
"""

PUBLISHED = """
CREATE VIEW told AS SELECT unnest(figures, recursive := true) FROM read_json('edition/content.json', columns = {figures:
    'STRUCT(indicator VARCHAR, "by" VARCHAR, "of" VARCHAR, value DOUBLE, evidence BIGINT, missing BIGINT,
            withheld BOOLEAN)[]'})
"""

NOT_AS_PUBLISHED = """
SELECT coalesce(told.indicator, again.indicator) AS indicator, coalesce(told."by", again."by") AS "by",
       coalesce(told."of", again."of") AS "of", told.value AS told, again.value AS again,
       told.evidence, again.evidence AS evidence_again
FROM told FULL JOIN again ON again.indicator = told.indicator
    AND again."by" IS NOT DISTINCT FROM told."by" AND again."of" IS NOT DISTINCT FROM told."of"
WHERE NOT coalesce(withheld, false) AND (
    (told.evidence, told.missing, told.value IS NULL)
        IS DISTINCT FROM (again.evidence, again.missing, again.value IS NULL)
    OR abs(told.value - again.value) > 1e-6 + 1e-9 * abs(told.value))
ORDER BY ALL
"""


def recompute_script(reading: Reading) -> str:
    """The statements, each with its semicolon: tables, views, rows, the figures of a reading, the comparison."""
    again = " UNION ALL ".join(
        f"SELECT '{it.code}' AS code, hub, period, ({it.aggregate})::DOUBLE AS value, count(*) AS evidence"
        f" FROM {it.view} GROUP BY ALL"
        for it in INDICATORS.values()
    )
    statements = [
        *schema.mirror_ddl(),
        *public_views.views_ddl(),
        EVENTS,
        SPANS,
        *_loads(),
        f"SET VARIABLE known = {reading.known:d}::BIGINT",
        f"SET VARIABLE valid = {_moment(reading.valid)}::TIMESTAMP",
        *([f"SET VARIABLE fx = MAP({[*reading.fx]}, {[*reading.fx.values()]})"] if reading.fx is not None else []),
        f"CREATE VIEW again AS {again}",
        # What no hub told (a strategy map) is told by the hub '', which a CSV file gives back as NULL.
        "CREATE VIEW told AS SELECT * REPLACE (coalesce(hub, '') AS hub) "
        "FROM read_csv('figures/figures.csv', types = {'value': 'DOUBLE', 'evidence': 'BIGINT'})",
        DIFFERING,
    ]
    return HEAD + _text(statements)


def recompute_edition_script(indicators: Iterable[Indicator]) -> str:
    """The statements with which the rows behind the figures of an edition make them again."""
    by = "".join(f"WHEN grouping({it}) = 0 THEN '{it}' " for it in DIMENSIONS)
    of = "".join(f"WHEN grouping({it}) = 0 THEN {it}::VARCHAR " for it in DIMENSIONS)
    sets = ", ".join(DIMENSIONS)
    again = " UNION ALL ".join(
        f'SELECT \'{it.code}\' AS indicator, CASE {by}END AS "by", CASE {of}END AS "of", '
        f"{it.figure_columns(f'({it.aggregate})::DOUBLE')} "
        f"FROM read_parquet('evidence/{it.code}.parquet') GROUP BY GROUPING SETS ((), {sets})"
        for it in indicators
    )
    macros = re.findall(r"^CREATE MACRO .*?;$", "\n".join(schema.mirror_ddl()), re.DOTALL | re.MULTILINE)
    return OF_EDITION + _text([*macros, PUBLISHED, f"CREATE VIEW again AS {again}", NOT_AS_PUBLISHED])


def _moment(valid: datetime | None) -> str:
    return f"'{valid.astimezone(UTC).replace(tzinfo=None)}'" if valid else "NULL"


def _text(statements: Iterable[str]) -> str:
    return "".join(f"\n{it.strip().removesuffix(';')};\n" for it in statements)


def _loads() -> Iterator[str]:
    yield (
        f"INSERT INTO record.event SELECT position, type, {schema.event_rows()} FROM "
        f"(SELECT position, type, entry, from_json(entry, '{schema.EVENT_STRUCTURE}') AS e FROM events)"
    )
    for tag in TYPES:
        original = f"SELECT position, from_json(entry, '{schema.structure(tag)}') AS e FROM events WHERE type = '{tag}'"
        corrected = (
            f"SELECT position AS since, from_json(entry, '{schema.structure(tag, corrected=True)}') AS e FROM events "
            f"WHERE type = 'entry.corrected' AND entry ->> '$.fact.data.type' = '{tag}'"
        )
        yield (
            f"INSERT INTO record.{schema.table_of(tag)} SELECT position, since, until, {schema.fact_rows(tag)} "
            f"FROM ({original}) JOIN span USING (position) WHERE since = position UNION ALL "
            f"SELECT position, since, until, {schema.fact_rows(tag, corrected=True)} "
            f"FROM ({corrected}) JOIN span USING (since) WHERE corrects"
        )
