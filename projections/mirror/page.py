"""One page of the record on its way into the tables: stored JSON in, effective rows out."""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from domain.record import FOREVER
from domain.registry import TYPES
from projections.mirror import schema

BATCH = 8192
"""Rows of a record batch: small enough that DuckDB scans one page on every core."""

RESTATING = ("entry.corrected", "entry.voided")


class Misfit(Exception):
    """An entry that the tables cannot take; the message names its position, type and field. Nothing was applied."""

    def __init__(self, position: int, type_: str, why: str) -> None:
        super().__init__(f"entry {position} ({type_}) does not fit the tables: {why}")
        self.position = position
        self.type = type_
        self.why = why


class Restated(msgspec.Struct):
    """For one type in one page: whether it is corrected, and whether the originals are in earlier pages or this one."""

    corrected: bool = False
    before: bool = False
    here: bool = False


class Sorted(NamedTuple):
    """A page with its entries as text, and its rows by type."""

    page: pa.Table
    rows: dict[str, pa.Table]


def sorted_page(page: pa.Table) -> Sorted:
    """Raises Misfit when an entry is not text, or its type is unknown."""
    page = page_as_text(page)
    if page.num_rows == 0:
        return Sorted(page, {})
    codes = page["type"].combine_chunks().dictionary_encode()
    order = pc.sort_indices(codes.indices)
    # Combined first: taking rows from many chunks costs four times as much.
    table = page.combine_chunks().take(order)
    runs = pc.run_end_encode(codes.indices.take(order))
    tags = codes.dictionary.take(runs.values).to_pylist()
    ends = runs.run_ends.to_pylist()
    rows = {tag: table.slice(start, end - start) for tag, start, end in zip(tags, [0, *ends], ends, strict=False)}
    if unknown := rows.keys() - TYPES.keys():
        tag = min(unknown)
        raise Misfit(rows[tag]["position"][0].as_py(), tag, "no such type")
    return Sorted(page, rows)


class PageWriter:
    """Writes a page and what it restates, inside the caller's transaction, which is over if this raises."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, page: Sorted) -> None:
        self._connection = connection
        self._page, self._rows = page
        self._shown: dict[str, pa.Table] = {}

    def apply(self) -> None:
        """Raises Misfit, and then the transaction is rolled back."""
        parsed = f"SELECT position, type, entry, from_json(entry, '{schema.EVENT_STRUCTURE}') AS e FROM page"
        self._show(page=self._page)
        self._insert(None, f"SELECT position, type, {schema.event_rows()} FROM ({parsed})")
        restated = self._restated()
        for tag in sorted(self._rows.keys() | restated.keys()):
            selects = [self._originals(tag, restated.get(tag))] if tag in self._rows else []
            if tag in restated:
                self._end(tag, restated[tag])
                if restated[tag].corrected:
                    selects.append(self._corrected(tag))
            self._show(page=self._rows.get(tag, self._page.slice(0, 0)))
            if selects:
                self._insert(tag, " UNION ALL ".join(selects))

    def _originals(self, tag: str, restated: Restated | None) -> str:
        """The rows that entries of this page state, each until the first that restates it."""
        parsed = f"SELECT position, from_json(entry, '{schema.structure(tag)}') AS e FROM page"
        until, ended = str(FOREVER), ""
        if restated and restated.here:
            until = f"coalesce(r.position, {FOREVER})"
            ended = f"LEFT JOIN (FROM restated WHERE first AND type = '{tag}') AS r ON r.entry = p.position"
        return (
            f"SELECT p.position AS position, p.position AS since, {until} AS until, {schema.fact_rows(tag)} "
            f"FROM ({parsed}) AS p {ended}"
        )

    def _corrected(self, tag: str) -> str:
        """The rows that corrections of this page state, each until the next that restates the same entry."""
        parsed = (
            f"SELECT position, r.entry, r.next, from_json(c.entry, '{schema.structure(tag, corrected=True)}') AS e "
            f"FROM corrections AS c JOIN (FROM restated WHERE type = '{tag}') AS r USING (position)"
        )
        return (
            f"SELECT p.entry AS position, p.position AS since, coalesce(p.next, {FOREVER}) AS until, "
            f"{schema.fact_rows(tag, corrected=True)} FROM ({parsed}) AS p"
        )

    def _end(self, tag: str, restated: Restated) -> None:
        """Ends the rows of earlier pages that entries of this page restate."""
        if restated.before:
            table = f"record.{schema.table_of(tag)}"
            self._connection.execute(
                f"UPDATE {table} SET until = r.position FROM restated AS r "
                f"WHERE r.first AND {table}.position = r.entry AND {table}.until = {FOREVER}"
            )

    def _restated(self) -> dict[str, Restated]:
        """What is restated by type of the original; shows `restated` and `corrections` to the statements that follow.

        In `restated`, `position` restates `entry`, as the `first` in this page, until the `next`.
        Raises Misfit when the original is not in the record.
        """
        rows = [self._rows[tag] for tag in RESTATING if tag in self._rows]
        if not rows:
            return {}
        self._show(page=pa.concat_tables(rows), corrections=self._rows.get("entry.corrected", rows[0].slice(0, 0)))
        reader = self._connection.sql("""
            SELECT position, page.type = 'entry.corrected' AS corrects, entry, event.type,
                   lead(position) OVER following AS next, lag(position) OVER following IS NULL AS first
            FROM (
                SELECT position, type, from_json(entry, '{"fact": {"entry": "BIGINT"}}').fact.entry AS entry FROM page
            ) AS page
            LEFT JOIN (SELECT position AS entry, type FROM record.event) AS event USING (entry)
            WINDOW following AS (PARTITION BY entry ORDER BY position)
            """)
        restatements = reader.to_arrow_table()
        if stray := restatements.filter(pc.is_null(restatements["type"]))["position"].to_pylist():
            raise Misfit(min(stray), "entry", "the entry it restates is not in the record")
        self._show(restated=restatements)
        self._connection.execute(
            f"UPDATE record.set_aside SET until = r.position FROM restated AS r "
            f"WHERE r.first AND record.set_aside.position = r.entry AND record.set_aside.until = {FOREVER}"
        )
        begins = self._page["position"][0].as_py()
        restated: dict[str, Restated] = {}
        for type_, entry, corrects in zip(
            *(restatements[name].to_pylist() for name in ("type", "entry", "corrects")), strict=True
        ):
            if type_ not in TYPES:
                continue  # it was set aside, and no table has a row of it
            it = restated.setdefault(type_, Restated())
            it.corrected |= corrects
            it.before |= entry < begins
            it.here |= entry >= begins
        return restated

    def _insert(self, tag: str | None, select: str) -> None:
        try:
            self._connection.execute(f"INSERT INTO record.{schema.table_of(tag) if tag else 'event'} {select}")
        except duckdb.Error as error:
            self._connection.rollback()
            self._show(**self._shown)
            raise self._misfit(tag, select) or error from error

    def _misfit(self, tag: str | None, select: str) -> Misfit | None:
        """The first entry that broke the insert, or None when no entry did."""
        query = "SELECT position, type FROM page WHERE NOT json_valid(entry) ORDER BY position LIMIT 1"
        for position, type_ in self._connection.execute(query).fetchall():
            return Misfit(position, type_, "not JSON")
        since = "since" if tag else "position"
        for field, condition in schema.broken_rows(tag).items():
            query = f"SELECT min({since}) FROM ({select}) WHERE {condition}"
            ((position,),) = self._connection.execute(query).fetchall()
            if position is not None:
                return Misfit(position, tag or "entry", f"{field} is absent or of another type")
        return None

    def _show(self, **tables: pa.Table) -> None:
        self._shown |= tables
        for name, table in tables.items():
            batches = table.combine_chunks().to_batches(max_chunksize=BATCH)
            self._connection.register(name, pa.Table.from_batches(batches, table.schema))


def page_as_text(page: pa.Table) -> pa.Table:
    """A page with the stored JSON as text. Raises Misfit when it is not UTF-8."""
    try:
        text = page["entry"].cast(pa.large_string() if page.nbytes > 2**30 else pa.string())
        return page.set_column(2, "entry", text)
    except pa.ArrowInvalid:
        for position, type_, entry in zip(*(column.to_pylist() for column in page.columns), strict=True):
            try:
                entry.decode()
            except UnicodeDecodeError:
                raise Misfit(position, type_, "not UTF-8") from None
        raise
