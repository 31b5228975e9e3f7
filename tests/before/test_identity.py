"""Identities of a record of the release before: what was posted then is known, and what was taken is given back."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.facts.helpdesk import CaseOpened
from domain.identity import identity_digests
from domain.record import SAGWAN, Entry
from journal.log import keys
from journal.store import identities
from journal.store.entry_rules import encode_entry
from journal.store.journal import Journal
from journal.store.moving import move_record
from journal.store.recorder import Stored
from replay.audit.verify import verify
from tests.api.door import Door, event, opened
from tests.before.records import answers, placed
from tests.journal.acts import THEN

AT = "2025-10-06T10:00:00Z"


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def serve(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Serves a record of that release by its name; called again, the same after a restart, `before` between."""
    database = request.getfixturevalue("database") if kind == "postgres" else None  # here, or it goes before the server
    place: list[Any] = []
    running: list[Door] = []

    def made(name: str, before: Callable[[Path], object] = lambda _: None) -> Door:
        if not place:
            place.extend(placed(kind, name, tmp_path / "data", database))
        while running:
            running.pop().close()
        before(place[0])
        running.append(Door(*place))
        running[0].tokens = dict(answers()["sound"]["tokens"])
        return running[0]

    yield made
    for it in running:
        it.close()


def test_whatever_was_posted_is_known_with_its_position(serve: Any) -> None:
    door = serve("sound")
    lines = door.get("/v1/events?limit=10000").body["events"]
    posted = [it for it in lines if not it["entry"]["source"].startswith("sagwan")]
    assert len(posted) > 100

    def poster(line: Any) -> str:
        entry = line["entry"]
        return str(entry["hub"] if entry["role"] == "hub" else entry["role"])

    for who, some in itertools.groupby(sorted(posted, key=poster), key=poster):
        told = [*some]
        answer = door.post([again(it["entry"]) for it in told], who=who)
        assert [it.get("position") for it in answer.body["results"]] == [it["position"] for it in told], answer.body
        assert (answer.status, answer.body["duplicates"]) == (200, len(told))


def again(entry: Any) -> Any:
    fact = {name: it for name, it in entry["fact"].items() if name != "type"}
    return event(
        entry["fact"]["type"], entry["stream"], entry["id"], fact, source=entry["source"], time=entry["occurred_at"]
    )


def test_what_was_taken_and_should_not_have_been_is_known_as_it_was_posted(serve: Any, kind: str) -> None:
    door = serve("bad")
    was = answers()["bad" if kind == "sqlite" else "bad_postgres"]
    taken = {
        "id_nfd": opened("case:bad-nfd", "\u1100\u1161-1", time=AT),
        "id_outside_bmp": opened("case:bad-bmp", "\U00020000" * 256, time=AT, source="\U00020000" * 400),
        "id_control": opened("case:bad-control", "a\nb\u001b[31m", time=AT),
        "text_bidi": event("case.resolved", "case:bad-nfd", "bidi", {"resolution": "가\u202e나\u2066"}, time=AT),
        "text_crlf": event("case.resolved", "case:bad-nfd", "crlf", {"resolution": "가\r\n나\rc"}, time=AT),
        "text_nfd": event("case.resolved", "case:bad-nfd", "nfd", {"resolution": "\u1100\u1161\u1102\u1161"}, time=AT),
        "text_control": event("case.resolved", "case:bad-nfd", "bell", {"resolution": "a\u0007\u0000b"}, time=AT),
        "same_desk_first": opened("case:desk-eu", "1", time=AT, source="desk"),
        "taken_seal-2": opened("case:seal-2", "seal-2", time=AT, source="sagwan"),
    }
    if kind == "sqlite":
        taken["id_nul"] = opened("case:bad-nul", "a\u0000b", time=AT)
    for name, it in taken.items():
        answer = door.post(it)
        assert (answer.status, answer.body["position"]) == (200, was[name]), (name, answer.body)
    in_nfc = door.post(opened("case:bad-nfd", "\uac00-1", time=AT))
    assert (in_nfc.status, in_nfc.body["position"]) == (200, was["id_nfd"])
    others = door.post(opened("case:others", "1", time=AT, source="hub:EU-BRU/keys"), who="AS-SIN")
    assert (others.status, others.body["position"]) == (200, was["others_source"])
    second = door.post(opened("case:desk-as", "1", time=AT, source="desk"), who="AS-SIN")
    assert (second.status, second.body["status"]) == (201, "recorded")


def test_what_is_the_machines_is_given_back_to_it(serve: Any) -> None:
    door = serve("bad")
    names = ("seal-2", "seal-3", "edition.2026S1.1", "restatement.2025S2.2.1")
    with Journal.at(door.database or door.path / "journal.db") as journal:
        for name in names:
            assert journal.entries.known(identity_digests(SAGWAN, SAGWAN, name)) == {}
            assert journal.entries.known(identity_digests("hub:EU-BRU", SAGWAN, name)) != {}
    listed = door.get("/v1/tokens", who="operator").body["tokens"]
    mine = next(it["id"] for it in listed if it["hub"] == "EU-BRU")
    assert door.ask("DELETE", f"/v1/tokens/{mine}", None, who="operator").status == 204
    assert door.post(opened("case:late", "late")).status == 401
    served = serve("bad", keys.rotate_key)
    events = served.get("/v1/events?limit=10000").body["events"]
    adopted = [it["entry"]["id"] for it in events if it["entry"]["stream"] == "seal:key"]
    assert adopted == ["seal-1", "seal-2"]


@pytest.mark.parametrize("name", ["sound", "bad"])
def test_identities_are_made_once_and_moved_to_either_database(
    name: str, kind: str, tmp_path: Path, database: str
) -> None:
    folder, url = placed(kind, name, tmp_path / "data", database)
    place = url or folder / "journal.db"
    with Journal.at(place) as journal:
        assert journal.entries.names(0, 9) is None
        assert verify(journal, None, journal.position).differences == []
        source = journal.position
    with Journal.at(place, write=True) as journal:
        first = journal.entries.names(0, source)
        assert verify(journal, None, journal.position).differences == []
    with Journal.at(place, write=True) as journal:
        assert first
        assert journal.entries.names(0, source) == first
        assert len(first) == len(journal.entries.rows(0, 10_000)) + (name == "bad")
    other = tmp_path / "moved.db" if url else database
    with Journal.at(place) as journal, Journal.at(other, write=True) as moved:
        move_record(journal, moved)
        assert moved.entries.names(0, source) == first
        assert verify(moved, None, source).differences == []


def test_who_wrote_the_same_id_in_two_forms_finds_each_again(tmp_path: Path) -> None:
    """A spreadsheet from a Mac and one from Windows: two entries then, each its own identity, the NFC form's first."""
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        for position, id_ in enumerate(("\u1100\u1161", "\uac00", "\u1102\u1161"), 1):
            entry = Entry(
                stream=f"case:{position}", version=1, occurred_at=THEN, recorded_at=THEN, hub="EU", actor="c",
                role="hub", source="desk", id=id_, fact=CaseOpened(topic="x"),
            )  # fmt: skip
            written = identity_digests("hub:EU", "desk", id_)[0]
            journal.entries.take([Stored(position, f"case:{position}", 1, "case.opened", encode_entry(entry), written)])
        with contextlib.closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as connection:
            connection.execute("DROP TRIGGER identity_not_deleted")
            connection.execute("DELETE FROM identity")
        identities.fill_identities(journal.entries)
        for position, (written, *in_nfc) in enumerate(
            (identity_digests("hub:EU", "desk", it) for it in ("\u1100\u1161", "\uac00", "\u1102\u1161")), 1
        ):
            assert journal.entries.known([written]) == {written: position}
            assert [*journal.entries.known(in_nfc).values()] == {1: [2], 2: [], 3: [3]}[position]
        assert verify(journal, None, 3).differences == []
