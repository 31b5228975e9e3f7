"""The seal follows the record, survives crashes, and signs no other past than the one it signed before."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.acts.seal import KeyAdopted
from domain.redaction import digest_of
from journal import supervision
from journal.log import keys, leaves, note, tiles, tlog
from journal.log import sealer as seal
from journal.log.checkpoint import Checkpoint
from journal.log.leaves import Ranks
from journal.log.note import SigningKey
from journal.log.sealer import NotAsSigned, Rollback, Sealer, SealFolder
from journal.log.tiles import GrowingTree, Levels, Tile, Tree
from journal.store import moving
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.store.moving import move_record
from journal.store.recorder import Stored
from journal.trusted_clock import now
from tests.journal.acts import designate, opened
from tests.journal.test_tlog import naive_root

KEY = SigningKey.generate("example.kr/record")


@contextmanager
def sealing(journal: Journal, path: Path, *signing: SigningKey) -> Iterator[Sealer]:
    it = Sealer(journal.entries, SealFolder(path, write=True), signing or (KEY,))
    it.resume()
    it.start()
    try:
        yield it
    finally:
        it.stop()


def current(sealer: Sealer) -> seal.SignedTree:
    assert sealer.current
    return sealer.current


def sealed(journal: Journal, path: Path) -> seal.SignedTree:
    """The record sealed to its end by a sealer of its own."""
    with sealing(journal, path) as it:
        assert it.wait(journal.position, 20), it.alarm
        return current(it)


def add(journal: Journal, count: int, first: int = 0) -> None:
    acts = [designate("EU"), *(opened(f"case:{n}", str(n)) for n in range(first, first + count))]
    Admission(journal).record(acts, now())


def naive(journal: Journal) -> list[bytes]:
    return [leaves.log_entry(head, stored) for _, head, stored in journal.entries.leaves(0, 1_000_000)]


def test_a_log_entry_is_stream_version_type_and_digest_on_lines_of_their_own(place):
    with Journal.at(place, write=True) as journal:
        add(journal, 1)
        row = journal.entries.rows(1, 1)[0]
        assert naive(journal)[1].decode().split("\n") == ["case:0", "1", "case.opened", digest_of(row.entry), ""]


def test_every_checkpoint_is_over_the_tree_of_the_definition_and_signed(place, tmp_path):
    with Journal.at(place, write=True) as journal, sealing(journal, tmp_path / "log") as sealer:
        for first in (0, 3, 300, 800):
            add(journal, first + 1, first)
            sealer.wake()
            assert sealer.wait(journal.position, 20)
            checkpoint, _ = Checkpoint.opened(current(sealer).note, [KEY.verifier])
            entries = naive(journal)
            assert checkpoint == Checkpoint("example.kr/record", len(entries), naive_root(entries))


def test_a_commit_is_sealed_by_itself_within_a_second_or_so(tmp_path):
    with Journal.at(tmp_path / "journal.db", write=True) as journal, sealing(journal, tmp_path / "log") as sealer:
        for n in range(4):
            add(journal, 1, n)
            sealer.wake()
            end = time.monotonic() + 20
            while sealer.position < journal.position:
                assert time.monotonic() < end
                time.sleep(0.01)


def test_a_sealer_with_nothing_to_do_asks_the_record_nothing(tmp_path, monkeypatch):
    with Journal.at(tmp_path / "journal.db", write=True) as journal, sealing(journal, tmp_path / "log") as sealer:
        add(journal, 3)
        assert sealer.wait(journal.position, 20)
        asked = []
        real = journal.entries.leaves

        def asking(*words: Any) -> Any:
            asked.append(words)
            return real(*words)

        monkeypatch.setattr(journal.entries, "leaves", asking)
        time.sleep(3 * seal.PACE_SECONDS)
        assert len(asked) <= 8
        assert not sealer.health.trouble


def test_the_same_tree_on_sqlite_on_postgresql_and_after_a_move_there_and_back(tmp_path, database):
    places = [tmp_path / "journal.db", database, tmp_path / "back.db"]
    with Journal.at(places[0], write=True) as journal:
        add(journal, 700)
        # A database may leave gaps; the positions stay what they were.
        before = sealed(journal, tmp_path / "log")
    for source, target in itertools.pairwise(places):
        with Journal.at(source) as journal, Journal.at(target, write=True) as moved:
            assert move_record(journal, moved) == 701
            assert moved.entries.rows(0, 1000) == journal.entries.rows(0, 1000)
            assert moved.entries.columns(0, 1000) == journal.entries.columns(0, 1000)
            assert sealed(moved, tmp_path / "log").note == before.note
            assert sealed(moved, tmp_path / f"log-{type(target).__name__}").note == before.note
            with pytest.raises(ValueError, match="not empty"):
                move_record(journal, moved)
    for target in places[1:]:
        with Journal.at(target, write=True) as moved:
            add(moved, 5, 700)
            assert [row.position for row in moved.entries.rows(700, 10)] == [701, *range(702, 707)]
            assert sealed(moved, tmp_path / f"more-{type(target).__name__}").tree.size == 706


def test_a_move_keeps_each_transaction_small_however_long_the_texts_are(tmp_path, monkeypatch):
    sizes: list[int] = []
    with Journal.at(tmp_path / "a.db", write=True) as journal, Journal.at(tmp_path / "b.db", write=True) as moved:
        add(journal, 300)
        least = sum(len(row.entry) for row in journal.entries.rows(0, 10))
        monkeypatch.setattr(moving, "TRANSACTION_BYTES", least)
        take = moved.entries.take

        def taken(stored: list[Stored]) -> None:
            sizes.append(sum(len(it.entry) for it in stored))
            take(stored)

        monkeypatch.setattr(moved.entries, "take", taken)
        told: list[int] = []
        assert move_record(journal, moved, told.append) == 301
        assert moved.entries.rows(0, 1000) == journal.entries.rows(0, 1000)
    assert len(sizes) > 20
    assert max(sizes) < 2 * least
    assert told[-1] == 301


def test_gaps_between_positions_leave_no_gaps_between_leaves(tmp_path, database):
    with Journal.at(database, write=True) as journal, psycopg.connect(database, autocommit=True) as connection:
        for n in range(4):
            add(journal, 2, 2 * n)
            connection.execute("SELECT nextval('sagwan.journal_events_notification_id_seq') FROM generate_series(1, 3)")
        positions = [row.position for row in journal.entries.rows(0, 100)]
        assert positions[-1] > len(positions)
        ranks = sealed(journal, tmp_path / "log").ranks
        assert [ranks.of(it) for it in positions] == [*range(len(positions))]
        with Journal.at(tmp_path / "moved.db", write=True) as moved:
            move_record(journal, moved)
            assert sealed(moved, tmp_path / "log").ranks == ranks


@given(st.lists(st.sets(st.integers(1, 60), min_size=1, max_size=8), max_size=6))
def test_ranks_agree_with_a_list_of_positions(groups):
    positions = sorted({n * 60 + it for n, group in enumerate(groups) for it in group})
    ranks, done = Ranks(), []
    for n, group in enumerate(groups):
        ranks = ranks.followed_by(sorted(n * 60 + it for it in group))
        done += sorted(n * 60 + it for it in group)
        assert (ranks.size, ranks.last) == (len(done), done[-1])
    assert [ranks.position(it) for it in range(len(positions))] == positions
    for position in range(62 * 6):
        assert ranks.of(position) == (positions.index(position) if position in positions else None)
        assert ranks.upto(position) == sum(it <= position for it in positions)
    for size in range(len(positions) + 1):
        assert ranks.first(size) == Ranks().followed_by(positions[:size])


@given(st.integers(0, 2**40), st.integers(1, 256), st.integers(0, 7))
def test_the_path_of_a_tile_reads_back_as_the_tile(nth, width, level):
    assert Tile.parse(Tile(level, nth, width).path) == Tile(level, nth, width)


def test_paths_of_tiles_are_those_of_the_specification():
    assert Tile(0, 1234067).path == "0/x001/x234/067"
    assert Tile(2, 0, 1).path == "2/000.p/1"
    for path in ("0/x001/067.p/256", "0/000.p/0", "0/000.p/01", "0/1", "0/x000/001", "00/000", "0/001/067", "0/x067"):
        with pytest.raises(ValueError, match="a tile is"):
            Tile.parse(path)


def test_seventy_thousand_leaves_make_the_tiles_of_the_specification(tmp_path):
    made = b"".join(tlog.leaf_hash(b"%d" % n) for n in range(70_000))
    growing = GrowingTree(Tree(Levels(tmp_path, write=True)))
    for at in range(0, len(made), 32 * 4999):
        growing.append(made[at : at + 32 * 4999])
    growing.sync()
    tree = Tree(Levels(tmp_path), 70_000)
    assert growing.root() == tlog.root(70_000, tree)
    for tile in (Tile(0, 272), Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)):
        assert len(tree.tile(tile)) == 32 * tile.width
        assert tile.leaves <= 70_000
    assert all(it.leaves > 70_000 for it in (Tile(0, 273, 113), Tile(1, 1, 18), Tile(2, 0, 2), Tile(3, 0, 1)))


def test_what_is_sealed_once_is_not_hashed_again_at_the_next_start(tmp_path, monkeypatch):
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        add(journal, 600)
        sealed(journal, tmp_path / "log")
        add(journal, 10, 600)
        hashed = []
        real = leaves.leaf_hashes

        def hashing(found: Any) -> Any:
            hashed.extend(found)
            return real(found)

        monkeypatch.setattr(leaves, "leaf_hashes", hashing)
        assert sealed(journal, tmp_path / "log").tree.size == 611
        assert len({position for position, _, _ in hashed}) <= 10 + 1


CRASHES = 40


@pytest.mark.parametrize("crash", range(CRASHES))
def test_a_crash_at_any_write_leaves_the_tree_as_if_it_had_not_happened(tmp_path, monkeypatch, crash):
    """The process dies before its nth call that touches the disk, with half of a write done where it is one."""
    calls = 0

    class Died(BaseException):
        pass

    def dying(real, half):
        def call(*operands):
            nonlocal calls
            calls += 1
            if calls == crash + 1:
                half(*operands)
                raise Died
            return real(*operands)

        return call

    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        add(journal, 300)
        signed = []
        with monkeypatch.context() as patched:
            os = vars(tiles)["os"]
            write = os.pwrite
            patched.setattr(os, "pwrite", dying(write, lambda file, view, at: write(file, view[: len(view) // 2], at)))
            for name in ("fsync", "replace"):
                patched.setattr(os, name, dying(getattr(os, name), lambda *_: None))
            it = Sealer(journal.entries, SealFolder(tmp_path / "log", write=True), (KEY,))
            try:
                it._pass()
                add(journal, 400, 300)
                it._pass()
            except Died:
                pass
            if it.current:
                signed.append(it.current.checkpoint)
        if crash < 12:
            assert calls == crash + 1, "the crash came about"
        on_disk = SealFolder(tmp_path / "log").signed()
        assert not signed or (on_disk and on_disk[0].size >= signed[0].size)
        add(journal, 10, 900)
        after = sealed(journal, tmp_path / "log")
        entries = naive(journal)
        assert after.checkpoint.root == naive_root(entries)
        for size in range(1, len(entries) + 1, 97):
            assert tlog.root(size, after.tree) == naive_root(entries[:size])
        for said in [*signed, *([on_disk[0]] if on_disk else [])]:
            assert said.root == naive_root(entries[: said.size])


def test_a_checkpoint_over_any_beginning_says_what_the_first_one_over_it_said(tmp_path):
    with Journal.at(tmp_path / "journal.db", write=True) as journal, sealing(journal, tmp_path / "log") as sealer:
        said = {}
        for n in range(0, 40, 8):
            add(journal, 8, n)
            assert sealer.wait(journal.position, 20)
            said[current(sealer).tree.size] = current(sealer).note
        for size, text in said.items():
            assert sealer.at(size).note == text
        for size in range(1, 42):
            made = sealer.at(size)
            assert Checkpoint.opened(made.note, [KEY.verifier])[0] == made.checkpoint
            assert made.checkpoint.root == naive_root(naive(journal)[:size])
            assert made.ranks.size == size
        with pytest.raises(ValueError, match="no checkpoint covers"):
            sealer.at(42)
        # Not even for asking is another past signed: here somebody changed the tree on disk.
        level = tmp_path / "log" / "level-0"
        level.write_bytes(bytes(32) + level.read_bytes()[32:])
        with pytest.raises(NotAsSigned, match="was changed"):
            sealer.at(7)


def copied(source: Path, target: Path) -> None:
    """A backup as SQLite makes it."""
    with sqlite3.connect(source) as live, sqlite3.connect(target) as copy:
        live.backup(copy)


def test_an_older_backup_stops_the_sealer_and_says_what_is_missing(tmp_path):
    place = tmp_path / "journal.db"
    with Journal.at(place, write=True) as journal:
        add(journal, 5)
        copied(place, tmp_path / "older.db")
        add(journal, 5, 5)
        newest = sealed(journal, tmp_path / "log").note
    with Journal.at(tmp_path / "older.db", write=True) as journal, sealing(journal, tmp_path / "log") as sealer:
        assert isinstance(sealer.alarm, Rollback)
        assert (sealer.alarm.first, sealer.alarm.last) == (7, 11)
        assert "entries 7 to 11 are missing" in str(sealer.alarm)
    assert (tmp_path / "log" / "checkpoint").read_text() == newest
    with Journal.at(place, write=True) as journal:
        add(journal, 1, 11)
        assert sealed(journal, tmp_path / "log").tree.size == 12


@pytest.mark.parametrize("more", [5, 20])
def test_another_history_over_an_older_backup_is_named_where_it_begins(tmp_path, more):
    place = tmp_path / "journal.db"
    with Journal.at(place, write=True) as journal:
        add(journal, 5)
        copied(place, tmp_path / "older.db")
        add(journal, 5, 5)
        newest = sealed(journal, tmp_path / "log").note
    with Journal.at(tmp_path / "older.db", write=True) as journal:
        add(journal, more, 100)
        with sealing(journal, tmp_path / "log") as sealer:
            assert isinstance(sealer.alarm, NotAsSigned)
            assert sealer.alarm.position == 7
    assert (tmp_path / "log" / "checkpoint").read_text() == newest


def test_another_history_under_a_running_sealer_is_not_signed(tmp_path, database):
    with Journal.at(database, write=True) as journal, sealing(journal, tmp_path / "log") as sealer:
        add(journal, 5)
        assert sealer.wait(journal.position, 20)
        newest = current(sealer).note
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("ALTER TABLE sagwan.journal_events DISABLE TRIGGER ALL")
            connection.execute("UPDATE sagwan.journal_events SET topic = 'case.closed' WHERE notification_id = 6")
        add(journal, 1, 5)
        assert not sealer.wait(journal.position, 5)
        assert sealer.alarm
        assert sealer.alarm.position == 6
        assert current(sealer).note == newest


def test_an_equal_backup_of_journal_and_seal_raises_no_alarm(tmp_path):
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        add(journal, 300)
        newest = sealed(journal, tmp_path / "log").note
        copied(tmp_path / "journal.db", tmp_path / "copy.db")
        shutil.copytree(tmp_path / "log", tmp_path / "log-copy")
    with Journal.at(tmp_path / "copy.db", write=True) as journal:
        assert sealed(journal, tmp_path / "log-copy").note == newest


@pytest.mark.parametrize("lost", [["head"], ["level-0"], ["level-1"], ["head", "level-0", "level-1"]])
def test_a_tree_that_was_lost_is_made_anew_and_measured_against_what_was_signed(tmp_path, lost):
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        add(journal, 300)
        newest = sealed(journal, tmp_path / "log")
        for name in lost:
            (tmp_path / "log" / name).unlink()
        again = sealed(journal, tmp_path / "log")
        assert (again.note, again.ranks) == (newest.note, newest.ranks)
        add(journal, 300, 300)
        assert sealed(journal, tmp_path / "log").checkpoint.root == naive_root(naive(journal))


def test_a_sealer_whose_disk_failed_goes_on_when_it_is_well_again(tmp_path, monkeypatch):
    monkeypatch.setattr(supervision, "FIRST_SECONDS", 0.05)
    failed = threading.Event()

    def full(*_: object) -> None:
        failed.set()
        raise OSError(28, "no space left on device")

    with Journal.at(tmp_path / "journal.db", write=True) as journal, sealing(journal, tmp_path / "log") as sealer:
        with monkeypatch.context() as patched:
            patched.setattr(seal, "replace_file", full)
            add(journal, 5)
            sealer.wake()
            assert failed.wait(20)
            assert sealer.current is None
        assert sealer.wait(journal.position, 20)
        assert current(sealer).checkpoint.root == naive_root(naive(journal))


def test_a_key_is_made_once_for_its_owner_only_and_keeps_its_origin(tmp_path):
    key = keys.make_key(tmp_path, "example.kr/record")
    assert stat.S_IMODE((tmp_path / "seal.key").stat().st_mode) == 0o600
    assert [it.verifier for it in keys.signing_keys(tmp_path)] == [key.verifier]
    with pytest.raises(FileExistsError, match="--rotate"):
        keys.make_key(tmp_path, None)
    with pytest.raises(ValueError, match="for ever"):
        keys.signing_keys(tmp_path, "example.kr/other")
    (tmp_path / "seal.key").chmod(0o644)
    with pytest.raises(PermissionError, match="can be read by others"):
        keys.signing_keys(tmp_path)


def test_a_new_origin_is_bounded_and_a_longer_one_of_before_is_read_and_rotated(tmp_path):
    with pytest.raises(ValueError, match="at most 200 characters, not 201"):
        keys.make_key(tmp_path, "o" * 201)
    assert not (tmp_path / "seal.key").exists()
    keys.make_key(tmp_path / "longest", "o" * 200)
    long = SigningKey.generate("o" * 300)
    long.save(tmp_path / "seal.key")
    new = keys.rotate_key(tmp_path)
    adopted = KeyAdopted(verifier=str(new.verifier), replaces=str(long.verifier))
    assert msgspec.json.decode(msgspec.json.encode(adopted), type=KeyAdopted) == adopted


def test_a_default_origin_is_random():
    names = {SigningKey.generate(keys.random_origin()).verifier.name for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("sagwan/") for name in names)


def test_after_a_rotation_both_keys_sign_until_the_old_one_is_removed(tmp_path):
    old = keys.make_key(tmp_path, "example.kr/record")
    new = keys.rotate_key(tmp_path)
    with pytest.raises(FileExistsError, match="still signs"):
        keys.rotate_key(tmp_path)
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        add(journal, 3)
        with sealing(journal, tmp_path / "log", *keys.signing_keys(tmp_path)) as sealer:
            assert sealer.wait(4, 20)
            for key in (old, new):
                assert Checkpoint.opened(current(sealer).note, [key.verifier])[0].size == 4
        (tmp_path / "seal.key.previous").unlink()
        add(journal, 1, 3)
        with sealing(journal, tmp_path / "log", *keys.signing_keys(tmp_path)) as sealer:
            assert sealer.wait(5, 20)
            with pytest.raises(note.NoTrustedSignature):
                Checkpoint.opened(current(sealer).note, [old.verifier])


def test_a_lost_key_is_replaced_under_the_same_origin(tmp_path):
    keys.make_key(tmp_path, "example.kr/record")
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        add(journal, 3)
        with sealing(journal, tmp_path / "log", *keys.signing_keys(tmp_path)) as sealer:
            assert sealer.wait(4, 20)
    (tmp_path / "seal.key").unlink()
    assert keys.signing_keys(tmp_path)[0].verifier.name == "example.kr/record"
