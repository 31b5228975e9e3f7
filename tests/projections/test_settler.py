"""Tables of figures are kept up while somebody asks, and whoever asks gets what there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from domain.facts.helpdesk import CaseOpened
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.trusted_clock import now
from projections.mirror import settled
from projections.mirror import settler as settlers
from projections.mirror.follower import Follower
from projections.mirror.settler import Settler
from tests.journal.acts import designate, post


class Record:
    """A record that is followed and settled."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        self.journal = journal
        self.follower = Follower(journal.page, folder)
        self.settler = Settler(self.follower)

    def grow(self, id_: str) -> int:
        case = post(f"case:{id_}", CaseOpened(topic="visa"), id=id_)
        Admission(self.journal).record([case], now())
        self.follower.wake()
        assert self.follower.wait(self.journal.position, 20)
        return self.journal.position

    def read(self) -> tuple[int, int]:
        """The position of the figures of now, and how many cases came."""
        with self.settler.reading() as reading:
            ((cases,),) = reading.rows(f"SELECT count(*) FROM {reading.of('indicator.hd_01')}")
            return reading.position, cases


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        Admission(journal).record([designate("EU")], now())
        it = Record(journal, tmp_path)
        it.follower.start()
        it.settler.start()
        yield it
        it.settler.stop()
        it.follower.stop()


def test_who_asks_at_once_waits_for_no_pace(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlers, "BEHIND_SECONDS", 60.0)
    position = record.grow("1")
    assert record.read() == (position, 1)


def test_passes_rest_while_nobody_asks_and_who_asks_then_gets_all_that_is_there(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlers, "ATTENTION_SECONDS", 0.0)
    monkeypatch.setattr(settlers, "BEHIND_SECONDS", 0.0)
    first = record.grow("1")
    assert record.read() == (first, 1)
    record.grow("2")
    last = record.grow("3")
    time.sleep(0.5)
    assert record.follower.mirror.settled == first
    assert record.read() == (last, 3)


def test_while_somebody_asks_they_are_kept_up(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlers, "BEHIND_SECONDS", 0.0)
    record.read()
    last = record.grow("1")
    end = time.monotonic() + 20
    while record.follower.mirror.settled < last:
        assert time.monotonic() < end, "they are not kept up"
        time.sleep(0.02)


def test_in_a_flood_passes_are_seldom_and_who_waits_for_an_entry_waits_for_no_pace(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlers, "BEHIND_SECONDS", 0.0)
    monkeypatch.setattr(settlers, "FLOOD", 0.0)
    monkeypatch.setattr(settlers, "FLOOD_SHARE", 1_000_000)
    record.read()
    first = record.grow("1")
    assert record.settler.wait(first, 20)
    last = record.grow("2")
    time.sleep(1.5)
    assert record.read() == (first, 1)
    assert record.settler.wait(last, 20)
    assert record.read() == (last, 2)


def test_what_came_while_a_pass_ran_is_no_flood(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlers, "BEHIND_SECONDS", 0.0)
    monkeypatch.setattr(settlers, "FLOOD", 0.9)
    monkeypatch.setattr(settlers, "FLOOD_SHARE", 1_000_000)
    record.read()
    settle, runs = record.follower.mirror.settle, threading.Event()

    def slowly() -> int:
        position = settle()
        runs.set()
        time.sleep(1.0)
        return position

    monkeypatch.setattr(record.follower.mirror, "settle", slowly)
    assert record.settler.wait(record.grow("1"), 20)
    runs.clear()
    record.grow("2")
    assert runs.wait(20)
    last = record.grow("3")
    wait_until(lambda: record.settler.position == last)


def test_why_all_is_made_anew_is_told_until_it_need_not_be(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlers, "BEHIND_SECONDS", 0.0)
    record.grow("1")
    record.read()
    with monkeypatch.context() as broken:
        broken.setattr(settled, "touched", mock.Mock(side_effect=duckdb.InvalidInputException("a stranger's words")))
        assert record.settler.wait(record.grow("2"), 20)
        wait_until(lambda: record.settler.health.trouble is not None)
        assert record.read()[1] == 2
        assert (trouble := record.settler.health.trouble)
        assert "InvalidInputException" in trouble.why
        assert "stranger" not in trouble.why
    assert record.settler.wait(record.grow("3"), 20)
    wait_until(lambda: record.settler.health.trouble is None)


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)
