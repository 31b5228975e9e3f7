"""Databases of earlier releases are brought up to date at start; those of later ones are refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest

from journal.store.journal import Journal
from journal.store.recorder import FORMAT, KeptContent, Newer, Unprepared
from tests.before.records import restored, unfolded

KEPT = KeptContent("ab" * 32, b"{}", "sagwan 0.1.0")


def test_an_old_database_gets_what_is_missing_when_it_is_opened_to_write(tmp_path: Path, database: str) -> None:
    for place in (unfolded("sound", tmp_path) / "journal.db", restored("sound", database)):
        with Journal.at(place) as journal:
            assert (journal.entries.format(), journal.entries.all_kept()) == (0, [])
            position = journal.position
        with Journal.at(place, write=True) as journal:
            journal.entries.keep([KEPT])
        with Journal.at(place) as journal:
            assert (journal.entries.format(), journal.position) == (FORMAT, position)
            assert journal.entries.kept(KEPT.digest) == KEPT


def test_a_record_of_a_newer_release_is_refused_to_readers_and_writers(place: Path | str) -> None:
    with Journal.at(place, write=True):
        pass
    if isinstance(place, Path):
        with sqlite3.connect(place) as connection:
            connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
        connection.close()
    else:
        with psycopg.connect(place, autocommit=True) as owner:
            owner.execute("INSERT INTO sagwan.format VALUES (%s)", [FORMAT + 1])
    for write in (False, True):
        with pytest.raises(Newer, match=f"format {FORMAT + 1}"), Journal.at(place, write=write):
            pass


def test_a_user_who_may_not_create_is_told_the_statements(database: str) -> None:
    place = restored("sound", database)
    with psycopg.connect(place, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS clerk")
        owner.execute("CREATE ROLE clerk LOGIN")
        owner.execute("GRANT sagwan_writer TO clerk")
    clerk = psycopg.conninfo.make_conninfo(place, user="clerk")
    statements = r"(?s)may not bring.*CREATE TABLE IF NOT EXISTS sagwan\.edition_content"
    with pytest.raises(Unprepared, match=statements), Journal.at(clerk, write=True):
        pass
    with Journal.at(place, write=True):
        pass
    with Journal.at(clerk, write=True) as journal:
        journal.entries.keep([KEPT])
    with psycopg.connect(place, autocommit=True) as owner:
        owner.execute("DROP ROLE clerk")


def test_what_an_edition_says_is_kept_as_it_was_first(place: Path | str) -> None:
    with Journal.at(place, write=True) as journal:
        other = KeptContent("cd" * 32, "다른 것".encode(), "sagwan 0.2.0")
        journal.entries.keep([KEPT])
        journal.entries.keep([KEPT._replace(content=b"second"), other])
        assert [journal.entries.kept(it) for it in journal.entries.all_kept()] == [KEPT, other]
        assert journal.entries.kept("ef" * 32) is None
