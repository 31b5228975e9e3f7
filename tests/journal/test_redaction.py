"""Content that the law wants gone: the act stays, the bytes go, and nothing else changes. On SQLite and PostgreSQL."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from domain import redaction
from domain.acts.credential import CredentialIssued, CredentialRevoked
from domain.facts.exchange import ExchangeNominated
from domain.facts.helpdesk import CaseReopened, CaseResolved
from domain.record import Refused
from domain.registry import EntryRedacted, entries
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.store.submission import Receipt
from journal.trusted_clock import now
from tests.journal.acts import EU, OPERATOR, SECRETARIAT, correct, designate, opened, post

ROOT = Path(__file__).parent.parent.parent
SECRET = "the-neighbour-of-the-minister"
LONG = "".join(random.Random(1).choices(string.ascii_letters + "!?;:*~", k=3960)) + SECRET
"""Longer than a page, so that it lies in more than one place; nothing that a database would compress."""


def there(journal: Any, position: int) -> Any:
    return journal.entry(position).entry


def nominated(stream: str, purpose: str, id: str):
    return post(stream, ExchangeNominated(direction="INBOUND", country="DE", purpose=purpose), id=id)


def redact(stream: str, entry: int, *fields: str, id: str = "r", by=SECRETARIAT, reason: str | None = None):
    fact = EntryRedacted(entry=entry, fields=fields, basis="PIPA 36", reason=reason)
    return post(stream, fact, by=by, id=id, at=None)


def told(place: Path | str, secret: str = SECRET) -> list[str]:
    """The files of the database in which the secret stands."""
    if isinstance(place, Path):
        files = [path for path in place.parent.iterdir() if path.is_file()]
    else:
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            ((folder,),) = connection.execute("SHOW data_directory").fetchall()
            ((oid,),) = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchall()
        files = [path for path in (Path(folder) / "base" / str(oid)).iterdir() if path.is_file()]
    return sorted(path.name for path in files if secret.encode() in path.read_bytes())


@pytest.fixture
def journal(place):
    with Journal.at(place, write=True) as it:
        Admission(it).record([designate("EU"), nominated("exchange:1", SECRET, "1"), opened("case:1", "2")], now())
        yield it


def taken(journal: Journal, *submissions) -> list[Receipt]:
    outcomes = Admission(journal).record(submissions, now())
    assert all(isinstance(it, Receipt) for it in outcomes), outcomes
    return outcomes  # type: ignore[return-value]


def refusal(journal: Journal, submission) -> str:
    (outcome,) = Admission(journal).record([submission], now())
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def stored(journal: Journal, position: int) -> bytes:
    (row,) = journal.entries.at([position])
    return row.entry


@pytest.mark.parametrize("purpose", [SECRET, LONG], ids=["short", "long"])
def test_the_bytes_are_in_the_files_before_and_in_none_after(place, purpose):
    with Journal.at(place, write=True) as journal:
        taken(journal, designate("EU"), *(opened(f"case:{n}", f"o{n}") for n in range(50)))
        (receipt,) = taken(journal, nominated("exchange:1", purpose, "1"))
        taken(journal, *(opened(f"case:{n}", f"p{n}") for n in range(50)))
        assert told(place)
        taken(journal, redact("exchange:1", receipt.position, "purpose"))
        assert told(place) == []
    assert told(place) == []


def test_what_is_left_is_the_entry_without_the_text_and_without_its_salt_and_the_digest_of_what_was(journal):
    before = stored(journal, 2)
    taken(journal, redact("exchange:1", 2, "purpose"))
    after = stored(journal, 2)
    was, left = entries.decode(before), entries.decode(after)
    assert left.redacted
    assert left.redacted.digest == redaction.sha256(before) == redaction.digest_of(before) == redaction.digest_of(after)
    assert after.endswith(b',"redacted":{"digest":"' + left.redacted.digest.encode() + b'"}}')
    assert b"salt" not in after
    assert msgspec.json.encode(left) == after
    fact = msgspec.structs.replace(was.fact, purpose=None)
    assert left == msgspec.structs.replace(was, salt="", fact=fact, redacted=left.redacted)
    act = journal.entry(4).entry
    assert (act.fact.remains, act.occurred_at) == (redaction.sha256(after), act.recorded_at)


def test_a_required_text_says_that_it_is_gone_and_a_correction_is_reached_into(journal):
    resolved, reopened = taken(
        journal,
        post("case:1", CaseResolved(resolution=SECRET), id="3"),
        post("case:1", CaseReopened(why=SECRET), id="4"),
    )
    (correction,) = taken(journal, correct("case:1", resolved.position, "5", resolution=SECRET))
    taken(
        journal,
        redact("case:1", resolved.position, "resolution", id="r1"),
        redact("case:1", reopened.position, "why", id="r2"),
        redact("case:1", correction.position, "data.resolution", id="r3"),
    )
    facts = [row.entry.fact for row in journal.stream("case:1")]
    assert (facts[1].resolution, facts[2].why, facts[3].data.resolution) == (None, redaction.REDACTED, None)


def test_a_second_act_takes_more_and_the_digest_stays_that_of_the_original(journal):
    before = stored(journal, 2)
    taken(journal, post("exchange:2", ExchangeNominated(direction="INBOUND", purpose="p", to_org="o"), id="6"))
    both = taken(journal, redact("exchange:2", 4, "purpose", id="a"), redact("exchange:2", 4, "to_org", id="b"))
    fact = journal.entry(4).entry.fact
    assert (fact.purpose, fact.to_org) == (None, None)
    assert redaction.sha256(stored(journal, 4)) == journal.entry(both[1].position).entry.fact.remains
    taken(journal, redact("exchange:1", 2, "purpose", id="c"))
    assert there(journal, 2).redacted.digest == redaction.sha256(before)


@pytest.mark.parametrize(
    ("submission", "code"),
    [
        (redact("exchange:1", 2, "purpose", by=EU), "authority.role"),
        (redact("exchange:1", 2, "purpose", by=OPERATOR), "authority.role"),
        (redact("exchange:1", 99, "purpose"), "entry.unknown"),
        (redact("case:1", 2, "purpose"), "entry.other_stream"),
        (redact("exchange:1", 2, "nonsense"), "redaction.no_such_field"),
        (redact("exchange:1", 2, "data.purpose"), "redaction.no_such_field"),
        (redact("exchange:1", 2, "country"), "redaction.not_text"),
        (redact("exchange:1", 2, "direction"), "redaction.not_text"),
        (redact("exchange:1", 2, "person"), "redaction.not_text"),
        (redact("case:1", 3, "topic"), "redaction.not_text"),
        (redact("exchange:1", 2, "from_org"), "redaction.nothing"),
        (redact("exchange:1", 2, "purpose", "purpose"), "redaction.nothing"),
        (redact("exchange:1", 2, "purpose", reason="call 010-2345-6789"), "freetext.phone_number"),
    ],
)
def test_what_cannot_be_redacted_is_refused_with_the_reason_and_stays(journal, submission, code):
    before = stored(journal, 2)
    assert refusal(journal, submission) == code
    assert stored(journal, 2) == before


def test_an_act_of_the_house_loses_its_text_and_its_state_goes_on(journal):
    issued = CredentialIssued(role="analyst", digest="ab" * 32, label=SECRET)
    taken(journal, post("credential:c-1", issued, by=OPERATOR, id="i"))
    admission = Admission(journal)
    admission.record([redact("credential:c-1", 4, "label")], now())
    assert journal.entry(4).entry.fact.label is None
    (revoked,) = admission.record([post("credential:c-1", CredentialRevoked(), by=OPERATOR, id="v")], now())
    assert isinstance(revoked, Receipt)
    assert (revoked.position, revoked.version) == (6, 3)


def test_posted_again_the_content_is_a_duplicate_and_does_not_come_back(place, journal):
    taken(journal, redact("exchange:1", 2, "purpose"))
    admission = Admission(journal)
    same = nominated("exchange:1", SECRET, "1")
    guess = nominated("exchange:1", "another text", "1")
    other = post("exchange:1", ExchangeNominated(direction="OUTBOUND", purpose=SECRET), id="1")
    outcomes = admission.record([same, guess, other, redact("exchange:1", 2, "purpose")], now())
    assert [getattr(it, "position", None) for it in outcomes] == [2, 2, None, 4]
    assert all(it.duplicate for it in outcomes if isinstance(it, Receipt))
    assert isinstance(outcomes[2], Refused)
    assert outcomes[2].code == "identity.reused"
    assert told(place) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.trusted_clock import now
from tests.journal.test_redaction import redact

place = Path(sys.argv[1]) if sys.argv[2] == "file" else sys.argv[1]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with Journal.at(place, write=True) as journal:
    if sys.argv[3] == "before":
        journal.entries.destroy = die
    else:
        import contextlib
        store, calls = journal.entries.datastore, []
        transaction = store.transaction

        @contextlib.contextmanager
        def and_die(**how):
            with transaction(**how) as cursor:
                yield cursor
            calls.append(1)
            if len(calls) == 2:  # the act, then the body: the log and the old row are still there
                die()

        store.transaction = and_die
    Admission(journal).record([redact("exchange:1", 2, "purpose")], now())
"""


@pytest.mark.parametrize("when", ["before", "between"], ids=["the body stands", "the log has it"])
def test_killed_between_the_act_and_the_destruction_the_next_opening_finishes_it(place, when):
    with Journal.at(place, write=True) as journal:
        taken(journal, designate("EU"), nominated("exchange:1", SECRET, "1"))
    command = [sys.executable, "-c", KILLED, str(place), "file" if isinstance(place, Path) else "url", when]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert told(place)
    with Journal.at(place) as reader:
        assert isinstance(there(reader, 3).fact, EntryRedacted), "the act is durable"
    with Journal.at(place, write=True) as journal:
        assert there(journal, 2).redacted
        assert told(place) == []
    assert told(place) == []


def test_an_older_backup_under_the_acts_of_today_loses_the_content_again(tmp_path):
    place, backup = tmp_path / "live" / "journal.db", tmp_path / "backup.db"
    place.parent.mkdir()
    with Journal.at(place, write=True) as journal:
        taken(journal, designate("EU"), nominated("exchange:1", SECRET, "1"))
        journal.entries.destroy([])
        shutil.copy(place, backup)
        taken(journal, redact("exchange:1", 2, "purpose"))
    for path in place.parent.iterdir():
        path.unlink()
    shutil.copy(backup, place)
    with Journal.at(place, write=True) as journal:
        assert told(place)
        taken(journal, redact("exchange:1", 2, "purpose"))
    assert told(place) == []


def test_a_body_put_back_under_a_recorded_act_goes_again_at_the_next_opening(tmp_path):
    place = tmp_path / "journal.db"
    with Journal.at(place, write=True) as journal:
        taken(journal, designate("EU"), nominated("exchange:1", SECRET, "1"))
        body = stored(journal, 2)
        taken(journal, redact("exchange:1", 2, "purpose"))
    connection = sqlite3.connect(place, isolation_level=None)
    connection.execute("DROP TRIGGER stored_events_not_updated")
    connection.execute("UPDATE stored_events SET state = ? WHERE rowid = 2", (body,))
    connection.close()
    assert told(place)
    with Journal.at(place, write=True) as journal:
        assert there(journal, 2).redacted
    assert told(place) == []


def test_a_destruction_that_fails_does_not_unsay_the_act_and_is_done_at_the_next(journal, caplog):
    taken(journal, nominated("exchange:2", "more", "x"))
    healthy, journal.entries.destroy = journal.entries.destroy, _broken
    (receipt,) = taken(journal, redact("exchange:1", 2, "purpose"))
    assert receipt.position == 5
    assert journal.entry(2).entry.fact.purpose == SECRET
    assert "still stands" in caplog.text
    journal.entries.destroy = healthy
    taken(journal, redact("exchange:2", 4, "purpose", id="r2"))
    assert journal.entry(2).entry.fact.purpose is None


def _broken(*_: object):
    raise OSError("no space left on device")


def test_no_other_update_passes_the_database(place, journal):
    taken(journal, redact("exchange:1", 2, "purpose"))
    left = stored(journal, 2)
    for position, body in [
        (3, left),  # no act names it
        (2, left[:-67] + b"0" * 64 + b'"}}'),  # another original
        (2, b'{"redacted":{"digest":"' + b"0" * 64 + b'"}}'),
        (2, b"{}"),
        (1, stored(journal, 1)),
    ]:
        with pytest.raises(Exception, match="append-only"):
            journal.entries.destroy([(position, body)])
    assert stored(journal, 2) == left


def test_the_writers_role_has_a_body_destroyed_by_the_function_and_in_no_other_way(database):
    with Journal.at(database, write=True) as journal:
        taken(journal, designate("EU"), nominated("exchange:1", SECRET, "1"))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET ROLE sagwan_writer")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE sagwan.journal_events SET state = ''")
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("SELECT sagwan.redact(2, '{}')")


def test_a_record_made_before_redaction_existed_is_opened_and_redacted(tmp_path):
    place = tmp_path / "journal.db"
    with Journal.at(place, write=True) as journal:
        taken(journal, designate("EU"), nominated("exchange:1", SECRET, "1"))
    connection = sqlite3.connect(place, isolation_level=None)
    connection.execute("DROP TRIGGER stored_events_not_updated")
    connection.execute("DROP INDEX acts_of_redaction")
    connection.execute(
        "CREATE TRIGGER stored_events_not_updated BEFORE UPDATE ON stored_events"
        " BEGIN SELECT raise(ABORT, 'the record is append-only'); END"
    )
    connection.close()
    with Journal.at(place, write=True) as journal:
        taken(journal, redact("exchange:1", 2, "purpose"))
    assert told(place) == []
    assert os.path.getsize(place) > 0
