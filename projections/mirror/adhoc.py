"""A user's own SQL, within limits: what it may call, how long it may run, how much it may return.

The timeout stops a query only between two steps, not inside one function; and no memory limit counts what a function
makes of its arguments (`repeat('a', 4000000000)` held a server for two minutes). So a query may call only functions
whose result is no longer than their input.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import duckdb
import msgspec
import pyarrow as pa

from domain.messages import Invalid, unlisted
from projections.mirror.damage import damaged

SECONDS = 10.0
"""How long one query may take."""
MOST_ROWS, MOST_BYTES = 5_000_000, 256 * 1024 * 1024
LONGEST = 4_000
"""The most characters of a query: with more joins than fit here DuckDB plans for longer than it can be stopped."""

FUNCTIONS = frozenset(
    """
    + - * / // % ~~ !~~ ~~* !~~* ~~~ abs round floor ceil ceiling trunc sign greatest least coalesce ifnull nullif
    lower upper trim ltrim rtrim left right substr substring length strlen starts_with ends_with contains prefix suffix
    strpos regexp_matches regexp_full_match hash md5 sha256
    date_part date_trunc date_diff datediff datepart datetrunc year quarter month day week hour minute dayofweek isodow
    to_years to_months to_weeks to_days to_hours to_minutes to_seconds make_date epoch now today current_date
    count count_star sum min max avg mean median mode any_value arg_max arg_min bool_and bool_or first last
    stddev stddev_samp stddev_pop var_samp var_pop quantile_cont quantile_disc approx_count_distinct
    row_number rank dense_rank percent_rank ntile lag lead first_value last_value nth_value cume_dist
    list_contains array_contains len cardinality struct_extract array_extract isfinite isnan
    moment of_the_world seoul half_year half_year_of_day half_year_starts first_moment minutes days months_later krw
    """.split()
)
"""What a query may call; the last line is our own macros, which sample queries have used since the first record."""


class TooMuch(Invalid):
    """The query takes longer, or returns more, than allowed; a smaller one may succeed."""


class _Said(msgspec.Struct):
    error: bool
    error_message: str = ""


def check_query(cursor: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """The names of what it reads from. Raises ValueError unless it is one SELECT that calls nothing but FUNCTIONS."""
    if len(sql) > LONGEST:
        raise TooMuch("question.long", most=LONGEST, length=len(sql))
    statements = cursor.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise Invalid("question.select")
    (serialized,) = cursor.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    outcome = msgspec.json.decode(serialized[0], type=_Said)
    if outcome.error:
        raise Invalid("question.plain", because=unlisted(outcome.error_message))
    parsed = msgspec.json.decode(serialized[0])
    if others := sorted({name.lower() for name in _named(parsed, "function_name")} - FUNCTIONS):
        raise Invalid("question.functions", others=others, there=sorted(FUNCTIONS))
    return {*_named(parsed, "table_name")}


def run_query(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    given_up: threading.Event | None = None,
    reads: Callable[[str], object] = lambda _: None,
) -> pa.Table:
    """The result of a query that passes `check_query`. Raises TooMuch, ValueError when DuckDB refuses it.

    Ends within moments when `given_up` is set. `reads` is called with each name that it reads from.
    """
    batches, rows, size = [], 0, 0
    with _limited(cursor, given_up or threading.Event()) as late:
        try:
            for name in sorted(check_query(cursor, sql)):
                reads(name)
            reader = cursor.sql(sql).to_arrow_reader(100_000)
            for batch in reader:
                batches.append(batch)
                rows, size = rows + batch.num_rows, size + batch.nbytes
                if rows > MOST_ROWS or size > MOST_BYTES:
                    raise TooMuch("question.much", rows=MOST_ROWS, bytes=MOST_BYTES)
            return pa.Table.from_batches(batches, reader.schema)
        except (duckdb.Error, OSError) as error:
            if isinstance(error, duckdb.Error) and damaged(error) and not late.is_set():
                raise
            if late.is_set():
                raise TooMuch("question.slow", seconds=f"{SECONDS:.0f}") from None
            if isinstance(error, duckdb.OutOfMemoryException):
                raise TooMuch("question.memory") from None
            raise ValueError(str(error)) from None


@contextlib.contextmanager
def _limited(cursor: duckdb.DuckDBPyConnection, given_up: threading.Event) -> Iterator[threading.Event]:
    """Interrupts what runs on a cursor when time is over or its asker has given up; then the event is set."""
    done, late = threading.Event(), threading.Event()

    def watch() -> None:
        until = time.monotonic() + SECONDS
        while not done.wait(0.05):
            if given_up.is_set() or time.monotonic() > until:
                late.set()
                cursor.interrupt()

    watcher = threading.Thread(target=watch, name="query", daemon=True)
    watcher.start()
    try:
        yield late
    finally:
        done.set()
        watcher.join()


def _named(node: object, member: str) -> Iterator[str]:
    """What a member says in a parsed query, at whatever depth."""
    match node:
        case dict():
            if name := node.get(member):
                yield str(name)
            for inner in node.values():
                yield from _named(inner, member)
        case list():
            for inner in node:
                yield from _named(inner, member)
