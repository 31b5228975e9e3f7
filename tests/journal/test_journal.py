"""What the record promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import itertools
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import psycopg
import pytest

from domain.acts.credential import CredentialIssued
from domain.facts.helpdesk import CaseOpened, CaseResolved
from domain.record import Refused
from domain.registry import EntryVoided, entries
from journal.folder import Busy, Folder
from journal.store import entry_rules
from journal.store.admission import Admission
from journal.store.journal import PAGE, Journal
from journal.store.submission import Receipt
from journal.store.writer import NotTaken, Overloaded, Writer
from journal.trusted_clock import now
from tests.journal.acts import AS, EU, OPERATOR, SECRETARIAT, THEN, correct, designate, opened, post


@pytest.fixture
def journal(place):
    with Journal.at(place, write=True) as it:
        yield it


@pytest.fixture
def writer(journal):
    it = Writer(journal)
    it.start()
    assert all(isinstance(outcome, Receipt) for outcome in it.record(designate("EU"), designate("AS")))
    yield it
    it.stop()


def refused(outcome) -> str:
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def test_positions_and_versions_count_up_and_recorded_times_never_decrease(journal, writer):
    receipts = writer.record(opened("case:1", "1"), opened("case:2", "2"), opened("case:1", "3"))
    assert [(it.position, it.version) for it in receipts] == [(3, 1), (4, 1), (5, 2)]
    times = [row.entry.recorded_at for row in journal.stream("case:1")]
    assert times == sorted(times)


def test_a_clock_that_goes_back_does_not_take_the_record_with_it(journal):
    late, early = now(), now() - timedelta(hours=1)
    clock = iter([late, early])
    writer = Writer(journal, clock=lambda: next(clock))
    writer.start()
    first, second = writer.record(designate("EU"))[0], writer.record(designate("AS"))[0]
    writer.stop()
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert first.recorded_at == second.recorded_at == late


def test_what_is_stored_encodes_again_to_the_same_bytes(journal, writer):
    writer.record(opened("case:1", "1"), correct("case:1", 3, "2", topic="tax"))
    for row in journal.entries.rows(0, 100):
        entry = entries.decode(row.entry)
        assert msgspec.json.encode(entry) == row.entry
        assert len(entry.salt) == 32


def test_every_entry_has_its_own_salt(journal, writer):
    writer.record(*[opened("case:1", str(n)) for n in range(200)])
    salts = {row.entry.salt for row in journal.stream("case:1")}
    assert len(salts) == 200


def test_the_same_assertion_again_returns_the_first_answer(writer):
    (first,) = writer.record(opened("case:1", "1"))
    twice = writer.record(opened("case:1", "1"), opened("case:1", "1"))
    assert [(it.position, it.duplicate) for it in twice] == [(first.position, True)] * 2
    within = writer.record(opened("case:2", "2"), opened("case:2", "2"))
    assert [it.duplicate for it in within] == [False, True]
    assert within[0].position == within[1].position


def test_the_same_identity_with_another_content_is_refused(writer):
    writer.record(opened("case:1", "1"))
    later = writer.record(opened("case:1", "1", topic="tax"), opened("case:2", "1"))
    assert [refused(it) for it in later] == ["identity.reused"] * 2
    within = writer.record(opened("case:3", "2"), opened("case:3", "2", topic="tax"))
    assert refused(within[1]) == "identity.reused"


def test_a_refused_event_fails_alone(journal, writer):
    outcomes = writer.record(opened("case:1", "1"), opened("case:1", "2", by=AS), opened("case:1", "3"))
    assert [isinstance(it, Receipt) for it in outcomes] == [True, False, True]
    assert refused(outcomes[1]) == "authority.not_yours"
    assert [row.entry.id for row in journal.stream("case:1")] == ["1", "3"]


def test_roles_write_what_is_theirs(writer):
    outcomes = writer.record(
        opened("case:1", "1", by=SECRETARIAT),
        post("hub:XX", designate("XX").fact, by=EU, id="2"),
        post("case:1", CaseOpened(topic="visa"), by=OPERATOR, id="3"),
    )
    assert [refused(it) for it in outcomes] == ["authority.role"] * 3


def test_a_hub_nobody_designated_writes_nothing(writer):
    unknown = msgspec.structs.replace(EU, hub="XX")
    assert refused(writer.record(opened("case:1", "1", by=unknown))[0]) == "hub.unknown"


def test_a_fact_is_not_told_before_it_happens(writer):
    soon, later = now() + timedelta(seconds=20), now() + timedelta(minutes=5)
    outcomes = writer.record(
        post("case:1", CaseOpened(topic="visa"), id="1", at=soon),
        post("case:1", CaseOpened(topic="visa"), id="2", at=later),
    )
    assert isinstance(outcomes[0], Receipt)
    assert refused(outcomes[1]) == "time.future"


def test_an_event_over_sixty_kibibytes_is_refused(writer):
    fat = CaseResolved(resolution="x" * entry_rules.MOST_BYTES)
    assert refused(writer.record(post("case:1", fat, id="1"))[0]) == "event.too_large"


def test_a_correction_restates_an_original_and_nothing_else(journal, writer):
    (case,) = writer.record(opened("case:1", "1"))
    (correction,) = writer.record(correct("case:1", case.position, "2", topic="tax"))
    stored = journal.entry(correction.position).entry.fact
    assert (stored.data, stored.occurred_at) == (CaseOpened(topic="tax"), THEN)
    void = EntryVoided(entry=correction.position, reason="CLERICAL")
    outcomes = writer.record(
        correct("case:1", correction.position, "3", topic="law"),
        post("case:1", void, id="4"),
        correct("case:2", case.position, "5", topic="law"),
        correct("case:1", 999, "6", topic="law"),
        correct("case:1", case.position, "7", subject="law"),
    )
    assert [refused(it) for it in outcomes] == [
        "entry.not_an_original",
        "entry.not_an_original",
        "entry.other_stream",
        "entry.unknown",
        "event.invalid",
    ]


def test_a_repeated_correction_is_a_duplicate(writer):
    writer.record(opened("case:1", "1"))
    first, again = (writer.record(correct("case:1", 3, "2", topic="tax"))[0] for _ in range(2))
    assert (again.position, again.duplicate) == (first.position, True)


def test_an_act_of_the_house_is_judged_and_takes_the_servers_time(journal, writer):
    act = post("credential:c-1", CredentialIssued(role="analyst", digest="ab" * 32), by=OPERATOR, id="1")
    assert isinstance(writer.record(act)[0], Receipt)
    entry = journal.stream("credential:c-1")[0].entry
    assert entry.occurred_at == entry.recorded_at
    again = post("credential:c-1", CredentialIssued(role="analyst", digest="cd" * 32), by=OPERATOR, id="2")
    assert refused(writer.record(again)[0]) == "credential.out_of_turn"


def test_a_new_writer_goes_on_where_the_last_one_ended(place):
    for n in range(2):
        with Journal.at(place, write=True) as journal:
            admit = Admission(journal)
            if n == 0:
                admit.record([designate("EU")], now())
            (receipt,) = admit.record([opened("case:1", str(n))], now())
            assert isinstance(receipt, Receipt)
        assert (receipt.position, receipt.version) == (n + 2, n + 1)


def test_a_second_writer_is_turned_away(tmp_path, database):
    folder = Folder(tmp_path)
    folder.acquire()
    folder.announce("http://localhost")
    with pytest.raises(Busy, match="serving http://localhost"):
        Folder(tmp_path).acquire()
    owner = folder.owner()
    assert owner
    assert owner.url == "http://localhost"
    folder.release()
    assert folder.owner() is None
    with (
        Journal.at(database, write=True),
        pytest.raises(Busy, match="another server"),
        Journal.at(database, write=True),
    ):
        pass


def test_a_server_that_starts_as_another_ends_waits_until_the_database_has_seen_that(database):
    def position() -> int:
        with Journal.at(database, write=True) as second:
            return second.position

    with ThreadPoolExecutor(1) as beside:
        with Journal.at(database, write=True):
            second = beside.submit(position)
            time.sleep(0.5)
            assert not second.done()
        assert second.result(10) == 0


def test_a_database_that_fails_answers_everybody_and_the_writer_goes_on(journal):
    writer = Writer(journal)
    writer.start()
    writer.record(designate("EU"))
    healthy, journal.entries.insert_events = journal.entries.insert_events, _broken
    with pytest.raises(NotTaken):
        writer.record(opened("case:1", "1"))
    journal.entries.insert_events = healthy
    (receipt,) = writer.record(opened("case:1", "1"))
    assert isinstance(receipt, Receipt)
    assert (receipt.version, receipt.duplicate) == (1, False)
    writer.stop()


def _broken(*_: object, **__: object):
    raise OSError("no space left on device")


def test_a_writer_that_is_far_behind_turns_work_away(journal, monkeypatch):
    monkeypatch.setattr("journal.store.writer.WAITING", 1)
    writer = Writer(journal)
    writer.submit([designate("EU"), designate("AS")], None)
    with pytest.raises(Overloaded):
        writer.submit([designate("EU")], None)


def test_pages_come_as_arrow_in_order(journal, writer):
    writer.record(*[opened(f"case:{n}", str(n)) for n in range(20)])
    page = journal.page(5, 10)
    assert page.schema == PAGE
    assert page["position"].to_pylist() == list(range(6, 16))
    assert journal.page(22, 10).num_rows == 0


def test_the_last_position_at_a_moment_is_found(journal):
    moments = [now() + timedelta(seconds=n - 60) for n in range(5)]
    clock = iter(moments)
    admit = Admission(journal)
    for n in range(5):
        admit.record([designate(f"H{n}")], next(clock))
    assert journal.last_at(moments[0] - timedelta(seconds=1)) == 0
    assert [journal.last_at(it) for it in moments] == [1, 2, 3, 4, 5]


def test_identities_and_streams_are_listed(journal, writer):
    writer.record(opened("case:1", "1"), opened("case:2", "2"))
    assert sorted(journal.entries.streams("case")) == ["case:1", "case:2"]
    assert journal.entries.columns(2, 9) == [("case:1", 1), ("case:2", 1)]
    assert journal.entries.strays() == []


def test_nobody_rewrites_a_file(tmp_path):
    place = tmp_path / "journal.db"
    with Journal.at(place, write=True) as journal:
        Admission(journal).record([designate("EU")], now())
    statements = [
        f"{verb} {table}{rest}"
        for verb, table, rest in itertools.chain(
            [("UPDATE", "stored_events", " SET topic = 'x'"), ("UPDATE", "identity", " SET digest = 'x'")],
            [("DELETE FROM", table, "") for table in ("stored_events", "identity")],
            [("INSERT OR REPLACE INTO", t, f" SELECT * FROM {t}") for t in ("stored_events", "identity")],
        )
    ]
    statements.append(
        "INSERT OR REPLACE INTO stored_events SELECT 99, originator_id, 1, topic, state FROM stored_events"
    )
    connection = sqlite3.connect(place)
    for statement in statements:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_nobody_rewrites_a_database(database):
    with Journal.at(database, write=True) as journal:
        Admission(journal).record([designate("EU")], now())
    writer = "SET ROLE sagwan_writer; "
    verbs = ["UPDATE sagwan.{} SET {} = 'x'", "DELETE FROM sagwan.{}", "TRUNCATE sagwan.{} CASCADE"]
    with psycopg.connect(database, autocommit=True) as connection:
        for (table, column), verb in itertools.product([("journal_events", "topic"), ("identity", "digest")], verbs):
            statement = verb.format(table, column)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute((writer + statement).encode())
            connection.execute(b"RESET ROLE")
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                connection.execute(statement.encode())


def test_a_reader_needs_no_right_to_write(tmp_path):
    place = tmp_path / "journal.db"
    with pytest.raises(FileNotFoundError), Journal.at(place):
        pass
    with Journal.at(place, write=True) as journal:
        Admission(journal).record([designate("EU")], now())
        with Journal.at(place) as reader:
            assert reader.position == 1


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_a_page_in_columns_says_what_the_rows_say(journal, writer, limit):
    writer.record(*[opened(f"case:{n}", str(n)) for n in range(7)])
    rows = journal.entries.rows(2, limit)
    page = journal.page(2, limit)
    assert page.schema == PAGE
    assert [tuple(row.values()) for row in page.to_pylist()] == [tuple(row) for row in rows]


def test_a_type_that_was_damaged_into_two_lines_is_still_one_row(tmp_path):
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        Admission(journal).record([designate("EU"), designate("AS")], now())
        damage = sqlite3.connect(tmp_path / "journal.db")
        damage.execute("DROP TRIGGER stored_events_not_updated")
        damage.execute("UPDATE stored_events SET topic = 'hub.' || char(10) || 'gone' WHERE rowid = 1")
        damage.commit()
        assert journal.page(0, 10)["type"].to_pylist() == ["hub.\ngone", "hub.designated"]
