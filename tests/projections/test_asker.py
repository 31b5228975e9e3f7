"""Who leaves is computed for no longer; what others wait for goes on, and nothing is left half made."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import duckdb
import pytest

from projections import figures
from projections.definitions import INDICATORS
from projections.mirror import figure_tables, public_views
from projections.mirror.asker import ASKER, Asker, Cancelled, NotBuilt, Shared, ready_only, threads, working_for
from projections.mirror.figure_tables import catalogue
from projections.mirror.mirror import Mirror
from tests.mirrors import empty
from tests.projections.histories import scene

ENDLESS = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b"


class Asking(threading.Thread):
    """Somebody who asks for something on a thread of his own."""

    def __init__(self, ask: Any) -> None:
        super().__init__(daemon=True)
        self.asker = Asker()
        self.answer: Any = None
        self._ask = ask
        self.start()

    def run(self) -> None:
        try:
            with working_for(self.asker):
                self.answer = self._ask()
        except (duckdb.Error, Cancelled, NotBuilt) as error:
            self.answer = error

    def leaves(self) -> None:
        """Leaves, and says so until nothing runs for him."""
        until = time.monotonic() + 20
        while self.is_alive() and time.monotonic() < until:
            self.asker.cancel()
            self.join(0.05)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    it = empty()
    it.apply(scene("desk").page())
    yield it
    it.close()


def performance(mirror: Mirror, known: int) -> Any:
    with mirror.figure_reading(known) as reading:
        return public_views.view(reading, "hub_performance")


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> str:
    """The first table of all takes for ever, until the view has its text back."""
    it = catalogue()["cut"]
    slow = it._replace(select=f"SELECT cut.* FROM main.cut, ({ENDLESS}) AS slow (n)")
    monkeypatch.setattr(figure_tables, "catalogue", lambda: {**catalogue(), "cut": slow})
    return it.view


def test_a_query_ends_with_who_asked_for_it(mirror: Mirror) -> None:
    def ask() -> Any:
        with mirror.reading() as reading:
            return reading.rows(ENDLESS)

    somebody = Asking(ask)
    time.sleep(0.3)
    somebody.leaves()
    assert isinstance(somebody.answer, duckdb.InterruptException)
    assert not mirror._reading


def test_it_ends_on_whatever_threads_it_runs(mirror: Mirror) -> None:
    begun = threading.Barrier(3)

    def one(_: int) -> Any:
        with mirror.reading() as reading, reading.another_cursor() as cursor:
            begun.wait()
            return cursor.execute(ENDLESS).fetchall()

    def ask() -> Any:
        with threads(2) as pool:
            return [*pool.map(one, range(2))]

    somebody = Asking(ask)
    begun.wait()
    time.sleep(0.3)
    somebody.leaves()
    assert isinstance(somebody.answer, duckdb.InterruptException)


def test_a_table_that_was_given_up_is_made_by_who_asks_next(
    mirror: Mirror, endless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = Asking(lambda: performance(mirror, 3))
    time.sleep(0.3)
    somebody.leaves()
    assert isinstance(somebody.answer, duckdb.InterruptException)
    monkeypatch.undo()
    with mirror.reading(3) as own:
        assert performance(mirror, 3).equals(public_views.view(own, "hub_performance"))


def test_a_table_that_another_waits_for_is_made_though_who_began_it_leaves(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()
    stand = figure_tables.MadeTables._stand

    def slow(*asked: Any) -> None:
        began.set()
        go_on.wait(20)
        stand(*asked)

    monkeypatch.setattr(figure_tables.MadeTables, "_stand", slow)
    first = Asking(lambda: performance(mirror, 3))
    assert began.wait(20)
    second = Asking(lambda: performance(mirror, 3))
    time.sleep(0.3)
    first.asker.cancel()
    go_on.set()
    second.join(60)
    first.join(20)
    assert isinstance(first.answer, Cancelled)
    assert second.answer.equals(performance(mirror, 3))


def test_who_waits_for_a_table_and_leaves_is_free_at_once(mirror: Mirror, endless: str) -> None:
    first = Asking(lambda: performance(mirror, 3))
    time.sleep(0.3)
    second = Asking(lambda: performance(mirror, 3))
    time.sleep(0.3)
    second.leaves()
    assert isinstance(second.answer, Cancelled)
    assert first.is_alive()
    first.leaves()


def test_only_what_is_made_is_answered_to_who_wants_nothing_made(mirror: Mirror) -> None:
    def ask() -> Any:
        return ready_only(lambda: performance(mirror, 3))

    with pytest.raises(NotBuilt):
        ask()
    made = performance(mirror, 3)
    assert ask().equals(made)
    with pytest.raises(NotBuilt):
        ready_only(lambda: mirror.reading(3).__enter__())


def test_what_is_shared_goes_on_until_the_last_who_waits_has_left() -> None:
    shared, running = Shared[int](), threading.Event()
    gone: list[bool] = []

    def make() -> int:
        running.set()
        asker = ASKER.get()
        assert asker
        gone.append(asker.given_up.wait(20))
        raise Cancelled

    maker = Asking(lambda: shared.make(make))
    assert running.wait(20)
    other = Asking(shared.wait)
    time.sleep(0.2)
    maker.asker.cancel()
    time.sleep(0.2)
    assert gone == []
    other.leaves()
    maker.join(20)
    assert gone == [True]


def test_points_that_are_kept_warm_stay_when_others_are_asked_for(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.mirror.points.MOST_BYTES", 0)
    monkeypatch.setattr("projections.mirror.points.SHORTENED", 0)
    made = [*mirror.points.warm([(2, None, None), (3, None, None)])]
    assert made
    for known in (4, 5, 6, 7):
        performance(mirror, known)
    told = []
    for known in (2, 4):
        try:
            told.append(ready_only(partial(performance, mirror, known)).num_rows)
        except NotBuilt:
            told.append(None)
    assert told == [performance(mirror, 2).num_rows, None]
    with mirror.figure_reading(2) as warm, mirror.reading(2) as own:
        assert figures.figures(warm, INDICATORS["HD-01"]).equals(figures.figures(own, INDICATORS["HD-01"]))
