"""A script with which plain DuckDB, without Sagwan, computes the figures of a pack again from its events.

It has the mirror's own schema and queries, and a simpler way to fill the tables: the whole history at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from pathlib import Path

from domain.record import FOREVER
from domain.registry import TYPES
from projections.definitions import INDICATORS, Indicator
from projections.mirror import public_views, schema
from projections.mirror.snapshot import Reading
from replay.editions.period_figures import DIMENSIONS

AGAIN = Path(__file__).parent / "again"


def recompute_script(reading: Reading) -> str:
    """The statements, each with its semicolon: tables, views, rows, the figures of a reading, the comparison."""
    again = " UNION ALL ".join(
        f"SELECT '{it.code}' AS code, hub, period, {it.figure_columns(f'({it.aggregate})::DOUBLE')}"
        f" FROM {it.view} GROUP BY ALL"
        for it in INDICATORS.values()
    )
    valid = f"'{reading.valid.astimezone(UTC).replace(tzinfo=None)}'" if reading.valid else "NULL"
    ((moment,),) = reading.rows("SELECT getvariable('now')")
    now = f"'{moment}'" if moment else "NULL"
    statements = [
        *schema.mirror_ddl(),
        *public_views.views_ddl(),
        _sql("events"),
        _sql("span").replace("$FOREVER", str(FOREVER)),
        *_loads(),
        f"SET VARIABLE known = {reading.known:d}::BIGINT",
        f"SET VARIABLE valid = {valid}::TIMESTAMP",
        f"SET VARIABLE now = {now}::TIMESTAMP",
        *([f"SET VARIABLE fx = MAP({[*reading.fx]}, {[*reading.fx.values()]})"] if reading.fx is not None else []),
        f"CREATE VIEW again AS {again}",
        # An entry of no hub (a strategy map) has the hub '', which a CSV file gives back as NULL.
        "CREATE VIEW told AS SELECT * REPLACE (coalesce(hub, '') AS hub) "
        "FROM read_csv('figures/figures.csv', types = {'value': 'DOUBLE', 'evidence': 'BIGINT'})",
        _sql("differing"),
    ]
    return _sql("head") + _text(statements)


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
    statements = [*macros, _sql("published"), f"CREATE VIEW again AS {again}", _sql("not_as_published")]
    return _sql("head_of_edition") + _text(statements)


def _sql(name: str) -> str:
    return (AGAIN / f"{name}.sql").read_text(encoding="utf-8")


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
