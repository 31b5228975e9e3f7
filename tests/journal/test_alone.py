"""Whatever goes wrong with one submission refuses that one, and nobody else hears of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import psycopg
import pytest
from eventsourcing.persistence import OperationalError, ProgrammingError

from domain.acts.credential import CredentialIssued
from domain.facts.helpdesk import CaseOpened, CaseResolved
from domain.record import Refused, Role
from journal.store import entry_rules
from journal.store.journal import Journal
from journal.store.submission import PostedCorrection, Receipt
from journal.store.writer import NotTaken, Writer
from tests.journal.acts import AS, EU, OPERATOR, designate, opened, post

NFD, NFC = "\u1100\u1161-1", "\uac00-1"


@pytest.fixture
def journal(place: Path | str) -> Iterator[Journal]:
    with Journal.at(place, write=True) as it:
        yield it


@pytest.fixture
def writer(journal: Journal) -> Iterator[Writer]:
    it = Writer(journal)
    it.start()
    it.record(designate("EU"), designate("AS"))
    yield it
    it.stop()


def code(outcome: Any) -> str:
    return outcome.code if isinstance(outcome, Refused) else "recorded"


CULPRITS = {
    "bytes of another encoding inside a correction": (
        post("case:0", PostedCorrection(entry=3, reason="CLERICAL", data=msgspec.Raw(b'{"topic":"\xba\xf1"}')), id="c"),
        "event.invalid",
    ),
    "a null character in the id": (opened("case:c", "a\u0000b"), "text.character"),
    "a null character in the source": (
        post("case:c", CaseOpened(topic="x"), id="c", source="a\u0000"),
        "text.character",
    ),
    "a null character in a text": (post("case:c", CaseResolved(resolution="a\u0000"), id="c"), "text.character"),
    "half a surrogate pair in the id": (opened("case:c", "\ud800"), "text.character"),
    "half a surrogate pair in a text": (post("case:c", CaseResolved(resolution="\udc00"), id="c"), "text.character"),
    "a source and an id outside the BMP": (
        post("case:c", CaseOpened(topic="x"), id="\U00020000" * 256, source="\U00020000" * 512),
        "identity.too_long",
    ),
    "an id that is not in NFC": (opened("case:c", NFD), "text.not_nfc"),
    "what is stored and would never be read again": (
        post("credential:c", CredentialIssued(role=cast(Role, "king"), digest="ab" * 32), by=OPERATOR, id="c"),
        "event.invalid",
    ),
    "a fact that no rule foresaw": (post("case:c", CaseOpened(topic=object()), id="c"), "event.unfit"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", CULPRITS)
def test_one_bad_submission_fails_alone(journal: Journal, writer: Writer, what: str) -> None:
    bad, expected = CULPRITS[what]
    writer.record(opened("case:0", "0"))
    outcomes = writer.record(opened("case:1", "1"), bad, opened("case:1", "2", by=EU), opened("case:2", "3", by=AS))
    assert [code(it) for it in outcomes] == ["recorded", expected, "recorded", "recorded"]
    assert code(writer.record(bad)[0]) == expected
    assert [row.entry.id for row in journal.stream("case:1")] == ["1", "2"]


def test_a_stream_that_does_not_read_is_the_trouble_of_who_writes_on_it(tmp_path: Path) -> None:
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        writer = Writer(journal)
        writer.start()
        writer.record(designate("EU"), opened("case:harmed", "1"), opened("case:1", "5"))
        writer.stop()
        with sqlite3.connect(tmp_path / "journal.db") as harm:
            harm.execute("DROP TRIGGER stored_events_not_updated")
            harm.execute("UPDATE stored_events SET state = CAST('{' AS BLOB) WHERE rowid = 2")
        harm.close()
        writer = Writer(journal)
        writer.start()
        outcomes = writer.record(opened("case:1", "2"), opened("case:harmed", "3"), opened("case:1", "4"))
        writer.stop()
    assert [code(it) for it in outcomes] == ["recorded", "record.unread", "recorded"]
    assert isinstance(outcomes[1], Refused)
    assert outcomes[1].facts == {"position": 2}


@pytest.mark.parametrize("failure", [psycopg.DataError("x"), sqlite3.IntegrityError("x"), OverflowError("x")])
def test_where_a_database_does_not_take_a_content_the_group_is_halved_until_it_stands_alone(
    journal: Journal, writer: Writer, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    healthy = journal.entries.insert_events

    def fussy(stored: Any, **more: Any) -> Any:
        if any(b'"culprit"' in it.state for it in stored):
            raise failure
        return healthy(stored, **more)

    monkeypatch.setattr(journal.entries, "insert_events", fussy)
    group = [opened("case:1", str(n)) for n in range(7)]
    outcomes = writer.record(*group[:5], opened("case:1", "culprit"), *group[5:])
    assert [code(it) for it in outcomes] == ["recorded"] * 5 + ["event.unfit"] + ["recorded"] * 2
    assert [it.version for it in outcomes if isinstance(it, Receipt)] == [*range(1, 8)]
    assert [row.entry.id for row in journal.stream("case:1")] == [it.id for it in group]
    again = writer.record(*group)
    assert [it.duplicate for it in again if isinstance(it, Receipt)] == [True] * 7


def test_a_database_that_is_away_refuses_nobody(
    journal: Journal, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for failure in (OperationalError("gone"), ProgrammingError("no such table"), OSError("no space left on device")):
        with monkeypatch.context() as patched:

            def away(*_: Any, failure: Exception = failure) -> Any:
                raise failure

            patched.setattr(journal.entries, "at", away)
            with pytest.raises(NotTaken) as told:
                writer.record(opened("case:1", "1"), post("case:1", PostedCorrection(entry=1, reason="CLERICAL",
                              data=msgspec.Raw(b"{}")), id="2"))  # fmt: skip
        assert told.value.full is (isinstance(failure, OSError))


def test_what_the_log_says_of_it_is_where_and_never_what(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("김하나")

    monkeypatch.setattr(entry_rules, "check_terms", broken)
    (outcome,) = writer.record(opened("case:1", "1"))
    assert code(outcome) == "event.unfit"
    assert "KeyError at " in caplog.text
    assert "김하나" not in caplog.text + str(outcome) + repr(getattr(outcome, "facts", ""))


def test_texts_are_kept_in_nfc_and_repeats_compare_in_it(journal: Journal, writer: Writer) -> None:
    def resolved(text: str, id: str) -> Any:
        return writer.record(post("case:1", CaseResolved(resolution=text), id=id))[0]

    first = resolved("\u1100\u1161\r\nb\rc", "1")
    stored = journal.entry(first.position)
    assert stored is not None
    assert stored.entry.fact.resolution == "가\nb\nc"
    assert [resolved(it, "1").duplicate for it in ("가\nb\nc", "\u1100\u1161\r\nb\rc")] == [True, True]
    assert code(resolved("가\nb\nd", "1")) == "identity.reused"
    restated = PostedCorrection(
        entry=first.position, reason="CLERICAL", data=msgspec.Raw('{"resolution":"나"}'.encode())
    )
    writer.record(post("case:1", restated, id="2"))
    again = msgspec.structs.replace(restated, data=msgspec.Raw('{"resolution":"\u1102\u1161"}'.encode()))
    (answer,) = writer.record(post("case:1", again, id="2"))
    assert isinstance(answer, Receipt)
    assert answer.duplicate


def test_an_id_that_is_refused_for_its_form_names_the_form_that_is_taken(writer: Writer) -> None:
    (refusal,) = writer.record(opened("case:1", NFD))
    assert isinstance(refusal, Refused)
    assert refusal.facts == {"path": "$.id", "nfc": NFC}
    first, second = (writer.record(opened("case:1", it))[0] for it in (NFC, NFD))
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert (second.position, second.duplicate) == (first.position, True)


def test_the_longest_source_and_id_are_taken(writer: Writer) -> None:
    """512 and 256 characters of Korean are the longest that a hub could ever post to PostgreSQL."""
    longest = [
        post("case:1", CaseOpened(topic="x"), id="나" * 256, source="가" * 512),
        post("case:1", CaseOpened(topic="x"), id="\U00020000" * 256, source="\U00020000" * 344),
    ]
    assert all(isinstance(it, Receipt) for it in writer.record(*longest))
    beyond = post("case:1", CaseOpened(topic="x"), id="\U00020000" * 256, source="\U00020000" * 344 + "a")
    assert code(writer.record(beyond)[0]) == "identity.too_long"
