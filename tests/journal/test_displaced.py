"""A writer that lost its place in a database cannot commit, whatever became of its locks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from journal.folder import Busy
from journal.store import postgres_silence
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.store.recorder import Displaced, Unprepared
from journal.store.submission import Outcome, Receipt
from journal.store.writer import NotTaken, Writer
from journal.trusted_clock import now
from tests.before.records import restored
from tests.journal.acts import designate, opened


def position(outcomes: list[Outcome]) -> int:
    (only,) = outcomes
    assert isinstance(only, Receipt)
    return only.position


def robbed(database: str) -> None:
    """Ends every connection to a database, and with them the writer's lock."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_who_lost_the_lock_and_the_place_cannot_commit_and_who_has_it_can(database: str) -> None:
    with Journal.at(database, write=True) as first:
        writer = Writer(first)
        writer.start()
        writer.record(designate("EU"))
        robbed(database)
        with Journal.at(database, write=True) as second:
            newer = Writer(second)
            newer.start()
            assert position(newer.record(opened("case:1", "1"))) == 2
            for n in range(3):
                with pytest.raises((Displaced, NotTaken)):
                    writer.record(opened("case:2", f"2-{n}"))
            assert isinstance(writer.displaced, Displaced)
            assert position(newer.record(opened("case:3", "3"))) > 2
            newer.stop()
            assert [row.type for row in second.entries.rows(0, 10)] == ["hub.designated", "case.opened", "case.opened"]
        writer.stop()


def test_who_lost_only_the_lock_takes_it_again_and_goes_on(database: str) -> None:
    with Journal.at(database, write=True) as journal:
        writer = Writer(journal)
        writer.start()
        writer.record(designate("EU"))
        robbed(database)
        taken: list[Outcome] = []
        while not taken:
            try:
                taken = writer.record(opened("case:1", "1"))
            except NotTaken:
                continue
        assert position(taken) > 1
        with pytest.raises(Busy), Journal.at(database, write=True):
            pass
        writer.stop()


def test_of_two_that_commit_at_once_the_older_writes_nothing(database: str) -> None:
    with Journal.at(database, write=True) as first:
        Admission(first).record([designate("EU")], now())
        robbed(database)
        with Journal.at(database, write=True) as second, ThreadPoolExecutor(2) as both:

            def write(journal: Journal, name: str) -> int:
                done = 0
                for n in range(40):
                    try:
                        Admission(journal).record([opened(f"case:{name}-{n}", f"{name}-{n}")], now())
                        done += 1
                    except Exception:
                        continue
                return done

            assert [*both.map(write, (first, second), ("first", "second"))] == [0, 40]


def test_it_works_with_the_rights_to_insert_and_select_alone(database: str) -> None:
    restored("sound", database)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS porter")
        owner.execute("CREATE ROLE porter LOGIN")
        owner.execute("GRANT sagwan_writer TO porter")
    porter = psycopg.conninfo.make_conninfo(database, user="porter")
    statement = r"(?s)CREATE TABLE IF NOT EXISTS sagwan\.writer_epoch"
    with pytest.raises(Unprepared, match=statement), Journal.at(porter, write=True):
        pass
    with Journal.at(database, write=True):
        pass
    with Journal.at(porter, write=True) as journal, journal.entries.datastore.get_connection() as connection:  # type: ignore[attr-defined]
        for statement in ("UPDATE sagwan.writer_epoch SET epoch = 9", "DELETE FROM sagwan.writer_epoch"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
    with psycopg.connect(database, autocommit=True) as owner:
        assert owner.execute("SELECT max(epoch) FROM sagwan.writer_epoch").fetchone() == (2,)
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            owner.execute("DELETE FROM sagwan.writer_epoch")
        owner.execute("DROP ROLE porter")


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_silence, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(postgres_silence, "AGAIN_SECONDS", 0.5)
    with Journal.at(database, write=True) as journal, psycopg.connect(database) as other:
        Admission(journal).record([designate("EU")], now())
        other.execute("LOCK TABLE sagwan.journal_events IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OperationalError, match="does not answer"):
            Admission(journal).record([opened("case:1", "1")], now())
        begun = time.monotonic()
        for ask in (journal.entries.last, lambda: journal.stream("case:1"), journal.entries.claim):
            with pytest.raises(OperationalError, match="does not answer"):  # told at once, whatever is asked
                ask()
        assert time.monotonic() - begun < 0.4
        time.sleep(0.5)
        with pytest.raises(OperationalError, match="does not answer"):  # one finds out that it still is so
            journal.entries.last()
        other.rollback()
        time.sleep(0.5)
        assert position(Admission(journal).record([opened("case:1", "1")], now())) > 1
