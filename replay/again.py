"""A script with which plain DuckDB, without Sagwan, makes the figures of a pack again and lists those that differ."""

from __future__ import annotations

from projections import evidence, schema
from projections.comparison import TABLES
from projections.evidence import INDICATORS

HEAD = """-- Makes the figures of this pack again, without Sagwan, and lists those that differ: there should be none.
-- In the unpacked folder:  duckdb < sql/again.sql  (DuckDB 2). `tables/` has the events as tables; a row holds from
-- the entry `since` to the correction or void `until`.
"""

DIFFERING = """
SELECT code, hub, period, told.value AS told, again.value AS again, told.evidence, again.evidence AS evidence_again
FROM told FULL JOIN again USING (code, hub, period)
WHERE (told.evidence, told.value IS NULL) IS DISTINCT FROM (again.evidence, again.value IS NULL)
   OR abs(told.value - again.value) > 1e-9 * abs(told.value)
ORDER BY ALL
"""


def script(position: int) -> str:
    """The statements, each with its semicolon: tables, views, rows, the figures again, the comparison."""
    again = " UNION ALL ".join(
        f"SELECT '{it.code}' AS code, hub, period, ({it.aggregate})::DOUBLE AS value, count(*) AS evidence"
        f" FROM {it.view} GROUP BY ALL"
        for it in INDICATORS.values()
    )
    statements = [
        *schema.ddl(),
        *evidence.ddl(),
        *(f"INSERT INTO record.{it} BY NAME {_rows(it)}" for it in TABLES),
        f"SET VARIABLE known = {position:d}::BIGINT",
        "SET VARIABLE valid = NULL::TIMESTAMP",
        f"CREATE VIEW again AS {again}",
        "CREATE VIEW told AS FROM read_csv('figures/figures.csv', types = {'value': 'DOUBLE', 'evidence': 'BIGINT'})",
        DIFFERING,
    ]
    return HEAD + "".join(f"\n{it.strip().removesuffix(';')};\n" for it in statements)


def _rows(table: str) -> str:
    kept = "* EXCLUDE since" if table == "event" else "*"
    return f"SELECT {kept} FROM 'tables/{table}.parquet'"
