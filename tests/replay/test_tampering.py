"""A thousand ways to touch a sealed record, seeded: each that changes content or order is found, the first place named.

Each trial takes a sealed record apart, does something to it as somebody with the files and without scruples would,
and verifies it as an auditor does.
"""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from domain.registry import entries
from journal.log import tlog
from journal.log.checkpoint import Checkpoint
from journal.log.note import COSIGNATURE, SigningKey, signed_note
from journal.log.sealer import Sealer, SealFolder, SignedTree
from journal.store import identities, recorder
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.store.submission import Receipt
from journal.trusted_clock import now
from journal.witness.witness import Memory, OtherSize, Proposal, Witness
from replay.audit import sealed
from replay.audit.verify import Difference, verify
from tests.journal.acts import correct, designate, opened
from tests.journal.test_seal import current

KEY = SigningKey.generate("example.kr/record")
SIZES = (6, 40, 256, 300)
TRIALS = 100


class Row(NamedTuple):
    """What the database holds of an entry."""

    position: int
    stream: Any
    version: Any
    type: Any
    entry: Any
    digest: Any

    @property
    def content(self) -> tuple[Any, ...]:
        return self[1:5]


class Record(NamedTuple):
    """A sealed record in a folder, taken apart, and checkpoints that an auditor kept of it."""

    folder: Path
    rows: list[Row]
    kept: list[str]


def grow(journal: Journal, rng: random.Random, size: int, what: str = "n") -> None:
    acts = [] if journal.position else [designate("EU")]
    first = journal.position + len(acts)
    for n in range(size - len(acts)):
        if first + n > 4 and rng.random() < 0.2 and journal.position == 0:
            acts.append(correct(acts[2].stream, 3, f"{what}{n}", topic=rng.choice(("tax", "law"))))
        else:
            acts.append(opened(f"case:{rng.randrange(max(2, size // 3))}", f"{what}{n}"))
    admit = Admission(journal)
    # What is corrected is recorded before the correction.
    outcomes = admit.record(acts[:4], now()) + admit.record(acts[4:], now())
    assert all(isinstance(it, Receipt) for it in outcomes), outcomes


def seal(journal: Journal, path: Path) -> Sealer:
    it = Sealer(journal.entries, SealFolder(path, write=True), (KEY,))
    it.resume()
    it.start()
    it.stop()
    assert it.current, it.alarm
    return it


def found(folder: Path, kept: list[str]) -> list[Difference]:
    with Journal.at(folder / "journal.db") as journal:
        seen = sealed.check_seal(journal.entries, SealFolder(folder / "log"), [KEY.verifier], kept)
        return verify(journal, None, seen.position, seal=seen).differences


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> list[Record]:
    made = []
    for size in SIZES:
        folder = tmp_path_factory.mktemp(f"record-{size}")
        with Journal.at(folder / "journal.db", write=True) as journal:
            grow(journal, random.Random(size), size)
            sealer = seal(journal, folder / "log")
            kept = [sealer.at(it).note for it in (size // 3, size // 2, size)]
        made.append(Record(folder, rows(folder / "journal.db"), kept))
    return made


def rows(path: Path) -> list[Row]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [
            Row(*row)
            for row in connection.execute(
                "SELECT e.rowid, originator_id, originator_version, topic, CAST(state AS BLOB), digest"
                " FROM stored_events AS e LEFT JOIN identity ON position = e.rowid ORDER BY e.rowid"
            )
        ]


def by_stream(folder: Path) -> list[Any]:
    """What the index says, which finds the entries of a stream."""
    with contextlib.closing(sqlite3.connect(folder / "journal.db")) as connection:
        select = "SELECT originator_id, originator_version, rowid FROM stored_events ORDER BY 1, 2"
        return connection.execute(select).fetchall()


def written(path: Path, changed: list[Row]) -> None:
    """A database with these rows, by somebody who leaves out every constraint."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        for table in ("stored_events", "identity"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute(
            "CREATE TABLE stored_events"
            " (rowid INTEGER PRIMARY KEY AUTOINCREMENT, originator_id, originator_version, topic, state)"
        )
        connection.execute("CREATE TABLE identity (digest, position)")
        connection.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?)", [it[:5] for it in changed])
        named = [(it.digest, it.position) for it in changed if it.digest is not None]
        connection.executemany("INSERT INTO identity VALUES (?, ?)", named)
        connection.execute("COMMIT")


@pytest.fixture
def copy(tmp_path) -> Callable[[Record], Path]:
    def made(record: Record) -> Path:
        target = tmp_path / "copy"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(record.folder, target)
        return target

    return made


def flipped(value: Any, rng: random.Random) -> Any:
    """With one bit the other way round, as the same kind of value; a text stays text that reads as UTF-8."""
    if isinstance(value, int):
        return value ^ 1 << rng.randrange(20)
    data = bytearray(value if isinstance(value, bytes) else value.encode())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(7)
    return bytes(data) if isinstance(value, bytes) else data.decode()


def bit_flipped(rng: random.Random, it: list[Row]) -> list[Row]:
    at = rng.randrange(len(it))
    field = rng.choice(Row._fields[1:])
    return [*it[:at], it[at]._replace(**{field: flipped(getattr(it[at], field), rng)}), *it[at + 1 :]]


def dropped(rng: random.Random, it: list[Row]) -> list[Row]:
    at, more = rng.randrange(len(it)), rng.choice((1, 1, 2, 5))
    return it[:at] + it[at + more :]


def dropped_and_closed_up(rng: random.Random, it: list[Row]) -> list[Row]:
    return [row._replace(position=n) for n, row in enumerate(dropped(rng, it), 1)]


def swapped(rng: random.Random, it: list[Row]) -> list[Row]:
    a, b = sorted(rng.sample(range(len(it)), 2))
    changed = list(it)
    changed[a], changed[b] = it[b]._replace(position=it[a].position), it[a]._replace(position=it[b].position)
    return changed


def inserted(rng: random.Random, it: list[Row]) -> list[Row]:
    at = rng.randrange(len(it))
    twin = entries.decode(it[at].entry)
    new = msgspec.structs.replace(twin, id=f"forged-{rng.random()}", salt=f"{rng.getrandbits(128):032x}")
    row = it[at]._replace(entry=msgspec.json.encode(new))
    row = row._replace(digest=identities.stored_identity_digests(recorder.StoredEntry(0, row.type, row.entry))[0])
    return [row._replace(position=n) for n, row in enumerate([*it[:at], row, *it[at:]], 1)]


def inserted_before_the_first(rng: random.Random, it: list[Row]) -> list[Row]:
    return [rng.choice(it)._replace(position=rng.randrange(-5, 1), digest=rng.randbytes(32)), *it]


def renumbered(rng: random.Random, it: list[Row]) -> list[Row]:
    at, shift = rng.randrange(len(it)), rng.randrange(1, 9)
    return it[:at] + [row._replace(position=row.position + shift) for row in it[at:]]


def rewritten(rng: random.Random, it: list[Row]) -> list[Row]:
    """An entry that says something else and is in every way as an entry must be."""
    at = rng.randrange(1, len(it))
    entry = entries.decode(it[at].entry)
    new = msgspec.structs.replace(entry, actor=f"c-{rng.randrange(10**6)}")
    return [*it[:at], it[at]._replace(entry=msgspec.json.encode(new)), *it[at + 1 :]]


def reversed_in_part(rng: random.Random, it: list[Row]) -> list[Row]:
    a, b = sorted(rng.sample(range(len(it) + 1), 2))
    part = [row._replace(position=it[a + n].position) for n, row in enumerate(it[a:b][::-1])]
    return it[:a] + part + it[b:]


def cut_short(rng: random.Random, it: list[Row]) -> list[Row]:
    return it[: rng.randrange(len(it))]


def first_wrong(before: list[Row], after: list[Row]) -> set[int]:
    """Where the first difference may be said to be: as the record was, or as it is now. Nothing if nothing differs."""
    below = [row.position for row in after if row.position < 1]
    if below:
        return {below[0]}
    for old, new in zip(before, after, strict=False):
        if old.content != new.content:
            return {old.position, new.position}
        if old.position != new.position:
            return {new.position}
        if old != new:
            return {new.position}
    if len(after) < len(before):
        return {before[len(after)].position}
    return set()


@pytest.mark.parametrize(
    "tamper",
    [
        bit_flipped,
        dropped,
        dropped_and_closed_up,
        swapped,
        inserted,
        inserted_before_the_first,
        renumbered,
        rewritten,
        reversed_in_part,
        cut_short,
    ],
    ids=lambda it: it.__name__,
)
def test_what_was_done_to_the_rows_is_found_and_the_first_place_named(records, copy, tamper):
    changes = 0
    for n in range(TRIALS):
        rng = random.Random(f"{tamper.__name__}-{n}")
        record = rng.choice(records)
        after = tamper(rng, record.rows)
        expected = first_wrong(record.rows, after)
        folder = copy(record)
        written(folder / "journal.db", after)
        wrong = found(folder, [])
        if not expected:
            assert wrong == []
            continue
        changes += 1
        assert wrong, f"trial {n} went unnoticed"
        assert wrong[0].position in expected, (n, expected, wrong[:3])
        if len(after) < len(record.rows):
            missing = f"entries {len(after) + 1} to {len(record.rows)} are missing"
            assert any(missing in it.what for it in wrong), wrong
    assert changes > TRIALS * 0.7


def test_a_bit_flipped_anywhere_in_the_file_is_found_if_it_changes_anything_that_is_read(records, copy):
    unread = 0
    for n in range(2 * TRIALS):
        rng = random.Random(f"file-{n}")
        record = rng.choice(records)
        folder = copy(record)
        data = bytearray((folder / "journal.db").read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (folder / "journal.db").write_bytes(bytes(data))
        try:
            same = rows(folder / "journal.db") == record.rows and by_stream(folder) == by_stream(record.folder)
        except (sqlite3.Error, UnicodeDecodeError):
            same = False
        try:
            wrong = found(folder, [])
        except Exception:
            # The database cannot even be opened, and says so; nobody takes that for a whole record.
            assert not same, "what any reader can read, an auditor can verify"
            continue
        if same and not wrong:
            unread += 1
        else:
            assert wrong, f"trial {n} went unnoticed"
            # What is wrong with an index is named as the database names it.
            assert same or wrong[0].position is not None or "damaged" in wrong[0].what, wrong
    assert unread < 2 * TRIALS


def test_a_tree_made_anew_over_another_record_does_not_stand_against_a_checkpoint_that_was_kept(records, copy):
    for n in range(TRIALS):
        rng = random.Random(f"rechained-{n}")
        record = rng.choice(records)
        tamper = rng.choice((rewritten, swapped, dropped_and_closed_up, inserted, reversed_in_part))
        after = tamper(rng, record.rows)
        if not first_wrong(record.rows, after):
            continue
        folder = copy(record)
        written(folder / "journal.db", after)
        shutil.rmtree(folder / "log")
        with Journal.at(folder / "journal.db") as journal:
            seal(journal, folder / "log")
        wrong = [it for it in found(folder, record.kept) if "earlier" in it.what or "missing" in it.what]
        assert wrong, f"trial {n} went unnoticed"
        rank = next(
            (r for r, (a, b) in enumerate(zip(record.rows, after, strict=False)) if a.content != b.content), None
        )
        if rank is not None and (place := re.search(r"number (\d+) to (\d+)", wrong[0].what)):
            assert int(place[1]) <= rank + 1 <= int(place[2]), (n, rank, wrong)


def test_a_fork_shown_to_two_witnesses_is_refused_by_each_and_found_by_whoever_sees_both(records, copy, tmp_path):
    for n in range(40):
        rng = random.Random(f"fork-{n}")
        record = rng.choice(records)
        common = rng.randrange(1, len(record.rows))
        folder = copy(record)
        written(folder / "journal.db", record.rows[:common])
        shutil.rmtree(folder / "log")
        with (
            Journal.at(record.folder / "journal.db") as ours,
            Journal.at(folder / "journal.db", write=True) as forked,
        ):
            grow(forked, rng, len(record.rows) - common + rng.randrange(3), f"fork-{n}-")
            theirs = seal(forked, folder / "log").current
            mine = SealFolder(record.folder / "log").seal()
            assert mine
            assert theirs
            with witness(tmp_path / f"a{n}") as first, witness(tmp_path / f"b{n}") as second:
                first.update(Proposal(0, [], mine.note))
                second.update(Proposal(0, [], theirs.note))
                for it, known, shown in ((first, mine, theirs), (second, theirs, mine)):
                    with pytest.raises((OtherSize, tlog.NotProven, ValueError)):
                        it.update(Proposal(known.tree.size, proof(known, shown), shown.note))
            wrong = sealed.check_seal(ours.entries, SealFolder(record.folder / "log"), [KEY.verifier], [theirs.note])
            first_place = wrong.differences[0]
            assert "signed over others" in first_place.what or "missing" in first_place.what
            if place := re.search(r"number (\d+) to (\d+)", first_place.what):
                assert int(place[1]) <= common + 1 <= int(place[2])


def proof(known: SignedTree, shown: SignedTree) -> list[bytes]:
    return tlog.consistency(known.tree.size, shown.tree.size, shown.tree) if known.tree.size < shown.tree.size else []


@contextlib.contextmanager
def witness(folder: Path) -> Iterator[Witness]:
    folder.mkdir()
    key = SigningKey.generate("witness.example.kr/w", COSIGNATURE)
    Memory.found(folder, key.verifier)
    it = Witness(folder, key)
    it.memory.trust(KEY.verifier)
    try:
        yield it
    finally:
        it.close()


def test_a_restore_shorter_than_the_newest_checkpoint_names_what_is_missing(records, copy, tmp_path):
    """The whole folder is an older backup, seal and all: only a checkpoint that somebody kept can tell."""
    for n, record in enumerate(records):
        folder = copy(record)
        with Journal.at(folder / "journal.db", write=True) as journal:
            before = journal.position
            grow(journal, random.Random(n), 7, "later")
            newest = current(seal(journal, folder / "log")).note
        assert found(folder, [*record.kept, newest]) == []
        (rollback,) = found(record.folder, [*record.kept, newest])
        assert f"entries {before + 1} to {before + 7} are missing" in rollback.what
        assert rollback.position == before + 1


def test_a_checkpoint_of_another_record_says_nothing(records):
    text, key = Checkpoint("example.kr/other", 3, bytes(32)).text, SigningKey.generate("example.kr/other")
    foreign, trusted = signed_note(text, key.sign(text)), [KEY.verifier, key.verifier]
    with Journal.at(records[0].folder / "journal.db") as journal:
        folder = SealFolder(records[0].folder / "log")
        with pytest.raises(ValueError, match="says nothing about"):
            sealed.check_seal(journal.entries, folder, trusted, [foreign])


def test_a_hundred_untouched_records_and_their_restored_backups_raise_no_alarm(tmp_path):
    for n in range(100):
        rng = random.Random(f"untouched-{n}")
        folder, backup = tmp_path / str(n), tmp_path / f"{n}-backup"
        with Journal.at(folder / "journal.db" if not folder.mkdir() else "", write=True) as journal:
            kept = []
            for part in range(rng.randrange(1, 4)):
                grow(journal, rng, rng.randrange(1, 100), f"part{part}-")
                kept.append(current(seal(journal, folder / "log")).note)
            if rng.random() < 0.3:
                grow(journal, rng, 3, "unsealed")
        shutil.copytree(folder, backup)
        assert found(folder, kept) == found(backup, kept) == []
        with Journal.at(backup / "journal.db", write=True) as journal:
            grow(journal, rng, 2, "after")
            assert seal(journal, backup / "log").alarm is None
        assert found(backup, kept) == []
        shutil.rmtree(folder)
