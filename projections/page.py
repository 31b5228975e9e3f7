"""One page of the record on its way into the tables: stored JSON in, effective rows out."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from domain.record import FOREVER
from domain.streams import TYPES
from projections import schema

BATCH = 8192
"""Rows of a record batch: small enough that DuckDB scans one page on every core."""

RESTATING = ("entry.corrected", "entry.voided")


class Misfit(Exception):
    """An entry that the tables cannot take; the message names its position, type and field. Nothing was applied."""

    def __init__(self, position: int, type_: str, why: str) -> None:
        super().__init__(f"entry {position} ({type_}) does not fit the tables: {why}")
        self.position = position
        self.type = type_


class Page:
    """Rows by type, and what they restate. Works inside the caller's transaction, which it ends when it raises."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, page: pa.Table) -> None:
        """Raises Misfit when an entry is no text or of a type that nobody knows."""
        self._connection = connection
        self._page = page.set_column(2, "entry", _text(page))
        codes = page["type"].combine_chunks().dictionary_encode()
        order = pc.sort_indices(codes.indices)
        rows = self._page.take(order)
        runs = pc.run_end_encode(codes.indices.take(order))
        tags = codes.dictionary.take(runs.values).to_pylist()
        ends = runs.run_ends.to_pylist()
        self._rows = {
            tag: rows.slice(start, end - start) for tag, start, end in zip(tags, [0, *ends], ends, strict=False)
        }
        if unknown := self._rows.keys() - TYPES.keys():
            tag = min(unknown)
            raise Misfit(self._rows[tag]["position"][0].as_py(), tag, "no such type")

    def apply(self) -> None:
        """Raises Misfit, and then the transaction is rolled back."""
        parsed = f"SELECT position, type, from_json(entry, '{schema.EVENT_STRUCTURE}') AS e FROM page"
        self._insert(None, f"SELECT position, type, {schema.event_rows()} FROM ({parsed})", page=self._page)
        restated = self._restated()
        for tag, positions in restated.items():
            self._restate(tag, positions)
        for tag, rows in self._rows.items():
            self._add(tag, rows, restated.get(tag))

    def _add(self, tag: str, rows: pa.Table, restated: pa.Table | None) -> None:
        parsed = f"SELECT position, from_json(entry, '{schema.structure(tag)}') AS e FROM page"
        until, ended, shown = str(FOREVER), "", {"page": rows}
        if restated is not None:
            until, shown["restated"] = f"coalesce(r.position, {FOREVER})", restated
            ended = "LEFT JOIN (FROM restated WHERE first) AS r ON r.entry = p.position"
        self._insert(
            tag,
            f"SELECT p.position AS position, p.position AS since, {until} AS until, {schema.rows(tag)} "
            f"FROM ({parsed}) AS p {ended}",
            **shown,
        )

    def _restate(self, tag: str, restated: pa.Table) -> None:
        """Ends the rows of earlier pages, and adds what the corrections of this page say instead."""
        table = f"record.{schema.table_of(tag)}"
        self._show(restated=restated)
        self._connection.execute(
            f"UPDATE {table} SET until = r.position FROM restated AS r "
            f"WHERE r.first AND {table}.position = r.entry AND {table}.until = {FOREVER}"
        )
        if "entry.corrected" not in self._rows:
            return
        parsed = (
            f"SELECT position, r.entry, r.next, from_json(page.entry, '{schema.structure(tag, corrected=True)}') AS e "
            "FROM page JOIN restated AS r USING (position)"
        )
        self._insert(
            tag,
            f"SELECT p.entry AS position, p.position AS since, coalesce(p.next, {FOREVER}) AS until, "
            f"{schema.rows(tag, corrected=True)} FROM ({parsed}) AS p",
            page=self._rows["entry.corrected"],
            restated=restated,
        )

    def _restated(self) -> dict[str, pa.Table]:
        """By type of the original: `position` restates `entry`, as the `first` in this page, until the `next`.

        Raises Misfit when the original is not in the record.
        """
        rows = [self._rows[tag] for tag in RESTATING if tag in self._rows]
        if not rows:
            return {}
        self._show(page=pa.concat_tables(rows))
        found = self._connection.execute("""
            SELECT position, entry, event.type, lead(position) OVER following AS next, lag(position) OVER following IS NULL AS first
            FROM (SELECT position, from_json(entry, '{"fact": {"entry": "BIGINT"}}').fact.entry AS entry FROM page) AS page
            LEFT JOIN (SELECT position AS entry, type FROM record.event) AS event USING (entry)
            WINDOW following AS (PARTITION BY entry ORDER BY position)
            """).to_arrow_table()
        if stray := found.filter(pc.is_null(found["type"]))["position"].to_pylist():
            raise Misfit(min(stray), "entry", "the entry it restates is not in the record")
        return {tag: found.filter(pc.equal(found["type"], tag)) for tag in pc.unique(found["type"]).to_pylist()}

    def _insert(self, tag: str | None, select: str, **shown: pa.Table) -> None:
        self._show(**shown)
        try:
            self._connection.execute(f"INSERT INTO record.{schema.table_of(tag) if tag else 'event'} {select}")
        except duckdb.Error as error:
            self._connection.rollback()
            self._show(**shown)
            raise self._misfit(tag, select) or error from error

    def _misfit(self, tag: str | None, select: str) -> Misfit | None:
        """The first entry that broke the insert, or None when no entry did."""
        query = "SELECT position, type FROM page WHERE NOT json_valid(entry) ORDER BY position LIMIT 1"
        for position, type_ in self._connection.execute(query).fetchall():
            return Misfit(position, type_, "not JSON")
        since = "since" if tag else "position"
        for field, condition in schema.broken(tag).items():
            query = f"SELECT min({since}) FROM ({select}) WHERE {condition}"
            ((position,),) = self._connection.execute(query).fetchall()
            if position is not None:
                return Misfit(position, tag or "entry", f"{field} is absent or of another type")
        return None

    def _show(self, **tables: pa.Table) -> None:
        for name, table in tables.items():
            batches = table.combine_chunks().to_batches(max_chunksize=BATCH)
            self._connection.register(name, pa.Table.from_batches(batches, table.schema))


def _text(page: pa.Table) -> pa.ChunkedArray:
    """The stored JSON as text. Raises Misfit when it is not UTF-8."""
    try:
        return page["entry"].cast(pa.large_string() if page.nbytes > 2**30 else pa.string())
    except pa.ArrowInvalid:
        for position, type_, entry in zip(*(column.to_pylist() for column in page.columns), strict=True):
            try:
                entry.decode()
            except UnicodeDecodeError:
                raise Misfit(position, type_, "not UTF-8") from None
        raise
