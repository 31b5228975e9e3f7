"""What an auditor's verification finds in a record that somebody touched."""

from __future__ import annotations

import re
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from domain import redaction
from domain.facts.exchange import ExchangeNominated
from domain.registry import EntryRedacted
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.trusted_clock import now
from projections.mirror.comparison import rows_as_of
from projections.mirror.files import open_mirror
from replay.audit.verify import verify
from tests.commands import command
from tests.journal.acts import SECRETARIAT, correct, designate, opened, post


@pytest.fixture
def folder(tmp_path):
    """A record of seven entries and its mirror."""
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        admit = Admission(journal)
        admit.record([designate("EU"), *(opened(f"case:{n}", str(n)) for n in range(4))], now())
        admit.record([opened("case:0", "more"), correct("case:1", 3, "fix", topic="tax")], now())
        open_mirror(tmp_path, journal.page).close()
    return tmp_path


def found(folder: Path, *, live: bool = True) -> list[tuple[int | None, str]]:
    with Journal.at(folder / "journal.db") as journal:
        mirror = open_mirror(folder, journal.page)
        report = verify(journal, partial(rows_as_of, mirror) if live else None, mirror.position)
        mirror.close()
    return [(it.position, it.what) for it in report.differences]


def tamper(folder: Path, statement: str, *operands: object) -> None:
    """As somebody with the file and without scruples would."""
    connection = sqlite3.connect(folder / "journal.db", isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA foreign_keys = OFF")
    assert connection.execute(statement, operands).rowcount
    connection.close()


def test_an_untouched_record_is_whole(folder):
    assert found(folder) == []


def test_a_byte_flipped_after_the_mirror_was_made_is_found_and_named(folder):
    tamper(
        folder,
        "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), 'visa', 'visb') AS BLOB) WHERE rowid = 4",
    )
    assert found(folder) == [(4, "the live table case_opened differs from the record in topic")]
    done = command("verify", "--data", folder)
    assert done.returncode == 1
    assert re.search(r"not whole: at position 4: the live table case_opened", done.stdout)


@pytest.mark.parametrize(
    ("statement", "position", "says"),
    [
        ("UPDATE stored_events SET state = CAST('{' AS BLOB) WHERE rowid = 3", 3, "does not decode"),
        (
            "UPDATE stored_events SET state = CAST(' ' || CAST(state AS TEXT) AS BLOB) WHERE rowid = 3",
            3,
            "stored bytes",
        ),
        ("UPDATE stored_events SET topic = 'case.closed' WHERE rowid = 5", 5, "type beside the entry"),
        ("UPDATE stored_events SET originator_version = 7 WHERE rowid = 6", 6, "version or type beside the entry"),
        ("DELETE FROM stored_events WHERE rowid = 2", 2, "an entry that does not exist"),
        ("DELETE FROM stored_events WHERE rowid = 7", 7, "an entry that does not exist"),
        ("UPDATE identity SET digest = x'ab' WHERE position = 4", 4, "identity beside the entry"),
        ("INSERT INTO identity VALUES (x'ab', 4)", 4, "identity beside the entry"),
        ("INSERT INTO identity VALUES (x'ab', 99)", 99, "an entry that does not exist"),
        ("DELETE FROM identity WHERE position = 4", 4, "identity of the entry is missing"),
    ],
)
def test_what_was_done_to_the_journal_is_found_and_named(folder, statement, position, says):
    tamper(folder, statement)
    first = found(folder)[0]
    assert first[0] == position
    assert says in first[1]


def test_an_entry_taken_out_with_its_identity_leaves_a_gap_in_its_stream(folder):
    tamper(folder, "DELETE FROM identity WHERE position IN (2, 3)")
    tamper(folder, "DELETE FROM stored_events WHERE rowid IN (2, 3)")
    assert found(folder, live=False) == [
        (6, "case:0 goes on with version 2, not 1"),
        (7, "case:1 goes on with version 2, not 1"),
        (7, "restates 3, which is no original entry before it"),
    ]


def test_a_row_changed_in_the_mirror_is_found_and_named(folder):
    with Journal.at(folder / "journal.db") as journal:
        mirror = open_mirror(folder, journal.page)
        mirror._connection.execute("UPDATE record.case_opened SET topic = 'law' WHERE position = 5")
        mirror.close()
    assert found(folder) == [(5, "the live table case_opened differs from the record in topic")]


def test_a_row_missing_from_the_mirror_is_found_and_named(folder):
    with Journal.at(folder / "journal.db") as journal:
        mirror = open_mirror(folder, journal.page)
        mirror._connection.execute("DELETE FROM record.event WHERE position = 5")
        mirror.close()
    assert found(folder) == [(5, "the live table event lacks a row that the record makes")]


PURPOSE = "to see the neighbour of the minister"


@pytest.fixture
def redacted(tmp_path):
    """A record of which the purpose of the second entry was destroyed by the fourth, and its mirror."""
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        stay = ExchangeNominated(direction="INBOUND", purpose=PURPOSE, country="DE")
        admit = Admission(journal)
        admit.record([designate("EU"), post("exchange:1", stay, id="1"), opened("case:1", "2")], now())
        act = EntryRedacted(entry=2, fields=("purpose",), basis="PIPA 36")
        admit.record([post("exchange:1", act, by=SECRETARIAT, id="r", at=None)], now())
        open_mirror(tmp_path, journal.page).close()
    return tmp_path


def test_a_record_of_which_content_was_destroyed_is_whole(redacted):
    assert found(redacted) == []
    with Journal.at(redacted / "journal.db") as journal:
        assert verify(journal, None, 3).differences == [], "also before the act, since the content is gone for all"


def rewritten(folder: Path, position: int, change) -> None:
    with Journal.at(folder / "journal.db") as journal:
        (row,) = journal.entries.at([position])
    tamper(folder, "UPDATE stored_events SET state = ? WHERE rowid = ?", change(row.entry), position)


def test_a_redaction_that_nobody_ordered_is_found(folder):
    rewritten(folder, 4, lambda body: redaction.redact(body, []))
    assert (4, "content of it is gone, and no act of redaction names it") in found(folder, live=False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda body: body.replace(b"DE", b"FR"), "not what its redaction left"),
        (lambda body: body.replace(b'"digest":"', b'"digest":"0')[:-4] + b'"}}', "not what its redaction left"),
    ],
    ids=["what was left is changed", "the digest of what was is changed"],
)
def test_a_redacted_entry_is_as_provable_as_any(redacted, change, says):
    rewritten(redacted, 2, change)
    assert any(position == 2 and says in what for position, what in found(redacted, live=False))


def test_content_put_back_is_found(redacted, tmp_path_factory):
    whole = tmp_path_factory.mktemp("whole")
    with Journal.at(whole / "journal.db", write=True) as journal:
        stay = ExchangeNominated(direction="INBOUND", purpose=PURPOSE, country="DE")
        Admission(journal).record([designate("EU"), post("exchange:1", stay, id="1")], now())
        (other,) = journal.entries.at([2])
    rewritten(redacted, 2, lambda _: other.entry)
    assert (2, "it is not what its redaction left, nor what it was before") in found(redacted, live=False)
