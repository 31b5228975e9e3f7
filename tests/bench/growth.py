"""`growth`: what figures of now and a page of new entries take in a record, against one a hundredth as long."""

from __future__ import annotations

import contextlib
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pyarrow as pa

from projections.mirror.mirror import Mirror
from tests.bench.figures import QUESTIONS, timed
from tests.bench.indicators import pages

TIMES = 11
STEP = 32
"""Entries of a page that comes to a record that is followed."""

TIMES_AS_LONG = 100
SETTLING = "a page"


def growth(count: int) -> dict[str, float]:
    """The factor by which each question takes longer where the record is a hundred times as long.

    Both records are asked by turns: a machine that is slower for a while is slower for both.
    """
    with _followed_record(count // TIMES_AS_LONG) as short, _followed_record(count) as long:
        taken = [defaultdict[str, list[float]](list) for _ in range(2)]
        for pages_ in zip(short.pages, long.pages, strict=True):
            for mirror, page, found in zip((short.mirror, long.mirror), pages_, taken, strict=True):
                found[SETTLING].append(timed(partial(_followed, mirror, page)))
                for name, question in QUESTIONS.items():
                    with mirror.figure_reading() as reading:
                        found[name].append(timed(partial(question, reading)))
    once, again = ({name: median(them) for name, them in found.items()} for found in taken)
    factors = {name: again[name] / once[name] for name in once}
    page = factors.pop(SETTLING)
    most = max(factors, key=lambda name: factors[name])
    return {
        f"{most}, which grows most, times as long as in a hundredth (at most 115)": factors[most],
        "the median question": median(factors.values()),
        f"applying and settling a page of {STEP} entries (at most 2)": page,
    }


class _Record(NamedTuple):
    """A settled record, and the pages that come to it."""

    mirror: Mirror
    pages: list[pa.Table]


@contextlib.contextmanager
def _followed_record(count: int) -> Iterator[_Record]:
    with tempfile.TemporaryDirectory() as folder:
        mirror = Mirror(Path(folder) / "mirror-1.duckdb")
        coming = list[pa.Table]()
        with mirror.bulk():
            for page in pages(count + TIMES * STEP):
                mirror.apply(page.slice(0, max(0, count - mirror.position)))
                coming.append(page.slice(max(0, page.num_rows - (page["position"][-1].as_py() - count))))
        mirror.checkpoint()
        mirror.settle()
        mirror.checkpoint()  # as a server does that has more to move than `LONG_LOG`
        new = pa.concat_tables(coming)
        yield _Record(mirror, [new.slice(at, STEP) for at in range(0, TIMES * STEP, STEP)])
        mirror.close()


def _followed(mirror: Mirror, page: pa.Table) -> None:
    mirror.apply(page)
    mirror.settle()
