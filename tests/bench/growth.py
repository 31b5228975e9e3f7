"""`growth`: what figures of now and a page of new entries take in a record, against one a hundredth as long."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from functools import partial
from pathlib import Path
from statistics import median

import pyarrow as pa

from projections.mirror.mirror import Mirror
from tests.bench.figures import QUESTIONS, timed
from tests.bench.indicators import pages

TIMES = 7
STEP = 32
"""Entries of a page that comes to a record that is followed."""

TIMES_AS_LONG = 100
SETTLING = "a page"


def growth(count: int) -> dict[str, float]:
    """The factor by which each question takes longer where the record is a hundred times as long."""
    short, long = _taken(count // TIMES_AS_LONG), _taken(count)
    factors = {name: long[name] / taken for name, taken in short.items()}
    page = factors.pop(SETTLING)
    most = max(factors, key=lambda name: factors[name])
    return {
        f"{most}, which grows most, times as long as in a hundredth (at most 115)": factors[most],
        "the median question": median(factors.values()),
        f"applying and settling a page of {STEP} entries (at most 2)": page,
    }


def _taken(count: int) -> dict[str, float]:
    """Seconds of each question behind a new page, and of the page."""
    taken = defaultdict[str, list[float]](list)
    with tempfile.TemporaryDirectory() as folder:
        mirror = Mirror(Path(folder) / "mirror-1.duckdb")
        coming = list[pa.Table]()
        with mirror.bulk():
            for page in pages(count + TIMES * STEP):
                mirror.apply(page.slice(0, max(0, count - mirror.position)))
                coming.append(page.slice(max(0, page.num_rows - (page["position"][-1].as_py() - count))))
        mirror.checkpoint()
        mirror.settle()
        new = pa.concat_tables(coming)
        for at in range(0, new.num_rows, STEP):
            taken[SETTLING].append(timed(partial(_followed, mirror, new.slice(at, STEP))))
            for name, question in QUESTIONS.items():
                with mirror.figure_reading() as reading:
                    taken[name].append(timed(partial(question, reading)))
        mirror.close()
    return {name: median(them) for name, them in taken.items()}


def _followed(mirror: Mirror, page: pa.Table) -> None:
    mirror.apply(page)
    mirror.settle()
