"""`figures`: questions for figures at the head and at a point of the past, against each other and a plain GROUP BY.

Each question at the head follows new entries that touch what it counts; what settling them takes is told beside it.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import duckdb
import pyarrow as pa

from projections import figures
from projections.definitions import INDICATORS
from projections.mirror import public_views
from projections.mirror.mirror import Mirror
from projections.mirror.snapshot import Reading
from replay.audit import diff
from tests.bench import late
from tests.bench.indicators import pages

TIMES = 5
STEP = 200
"""Entries that come before each round of questions."""

BY = ("hub", "period")


def _figure(code: str) -> Callable[[Reading], Any]:
    return lambda reading: figures.figures(reading, INDICATORS[code], BY)


QUESTIONS: dict[str, Callable[[Reading], Any]] = {
    "plain": lambda reading: reading.table("SELECT hub, period, count(*) FROM settled.hd_01 GROUP BY ALL"),
    **{code: _figure(code) for code in INDICATORS},
    "hub_performance": lambda reading: public_views.view(reading, "hub_performance"),
}


def head(count: int) -> dict[str, float]:
    """Every question at the head, each behind new entries, against HD-01 and a GROUP BY over a table of its rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mirror-1.duckdb"
        mirror = Mirror(path)
        said = pa.concat_tables(pages(count + TIMES * STEP))
        made = timed(lambda: _apply(mirror, said.slice(0, count)))
        mirror.checkpoint()
        before = _plain_file(mirror, Path(folder) / "plain.duckdb")
        mirror.settle()
        mirror.checkpoint()
        passes: list[float] = []
        taken: dict[str, list[float]] = defaultdict(list)
        for at in range(count, said.num_rows, STEP):
            _apply(mirror, said.slice(at, STEP))
            passes.append(timed(mirror.settle))
            for name, question in QUESTIONS.items():
                with mirror.figure_reading() as reading:
                    taken[name].append(timed(partial(question, reading)))
        asked = {name: median(them) for name, them in taken.items()}
        plain, performance, first = asked.pop("plain"), asked.pop("hub_performance"), asked.pop("HD-01")
        found = {
            "HD-01, plain GROUP BYs (at most 5)": first / plain,
            "hub_performance, times HD-01 (at most 3)": performance / first,
            "the dearest other figure, times HD-01 (at most 3)": max(asked.values()) / first,
            "settling a page, times applying the record": median(passes) / made,
            "file, times one of the record's tables alone as DuckDB makes it (at most 1.5)": path.stat().st_size
            / before,
            **_past(mirror),
        }
        mirror.close()
    return found | late.late(count)


def _plain_file(mirror: Mirror, path: Path) -> int:
    """How large DuckDB's own file is of the tables of the record alone."""
    with duckdb.connect(str(path)) as plain, mirror.reading() as reading:
        for (name,) in reading.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'record'"):
            table = reading.table(f"FROM record.{name}")
            plain.register("rows_of_it", table)
            plain.execute(f"CREATE TABLE {name} AS FROM rows_of_it")
    return path.stat().st_size


def _past(mirror: Mirror) -> dict[str, float]:
    known = iter(range(mirror.position - 900, 0, -7))

    def point(question: Callable[[Reading], Any], at: int | None) -> float:
        def answered() -> None:
            with mirror.figure_reading(at) as reading:
                question(reading)

        return timed(answered)

    def own() -> None:
        with mirror.reading(next(known)) as reading:
            figures.all_figures(reading)

    alone = median(timed(own) for _ in range(3))
    once = [*islice(known, 3)]
    anew = median(point(figures.all_figures, at) for at in once)

    def again(name: str) -> float:
        """Asked again at a point, by turns with the same at the head."""
        for at in once:
            point(QUESTIONS[name], at)
        asked = [(point(QUESTIONS[name], at), point(QUESTIONS[name], None)) for at in once * TIMES]
        past, head = (median(them) for them in zip(*asked, strict=True))
        return past / head

    compared = timed(lambda: diff.diff_between(mirror.figure_reading, mirror.position - 100, mirror.position - 1))
    return {
        "past: the first question, times all figures alone (at most 1.2)": anew / alone,
        "past: HD-01 asked again, times at the head (at most 1.5)": again("HD-01"),
        "past: hub_performance again, times at the head (at most 1.5)": again("hub_performance"),
        "diff over 100 entries, times all figures at a point (at most 4)": compared / alone,
    }


def _apply(mirror: Mirror, page: pa.Table) -> None:
    for start in range(0, page.num_rows, 250_000):
        mirror.apply(page.slice(start, 250_000))


def timed(run: Callable[[], Any]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start
