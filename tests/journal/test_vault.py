"""The vault on real files: what it keeps, what it destroys, and whom it lets in."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given as any_
from hypothesis import settings
from hypothesis import strategies as st

from journal.folder import Folder
from journal.store.journal import Journal
from journal.vault.master_key import MasterKeyMissing, generate_master_key, master_key
from journal.vault.swept_database import SweptDatabase
from journal.vault.vault import DamagedPerson, Personal, Vault, WrongMasterKey, new_key_id, new_pseudonym, open_vault

KEY = bytes(range(32))
KIM = Personal(reference="kim.c", name_ko="김철수", name_en="Kim Cheol-su", email="kim@example.org", note="알레르기")


@contextlib.contextmanager
def vault(path: Path, key: bytes = KEY):
    with contextlib.closing(Vault(path)) as it:
        it.unlock(key)
        yield it


def put(it: Vault, hub: str, people: dict[str, Personal]) -> None:
    it.stage(hub, people, {name: new_key_id() for name in people})
    it.put([*people])


def stored(path: Path) -> dict[str, tuple[bytes, bytes, bytes]]:
    """By pseudonym: what must be in no file after an erasure."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        select = "SELECT pseudonym, wrapped, sealed, lookup FROM "
        rows = [*connection.execute(select + "person"), *connection.execute(select + "apart")]
    return {name: (wrapped, sealed, (lookup or "").encode()) for name, wrapped, sealed, lookup in rows}


def test_what_is_put_in_comes_out_and_is_not_in_the_file(tmp_path):
    with vault(tmp_path / "v") as it:
        put(it, "EU", {"p-1": KIM})
        assert it.read("p-1") == KIM
        assert it.fields("p-1") == ("email", "name_en", "name_ko", "note", "reference")
    content = (tmp_path / "v").read_bytes()
    for value in ("김철수", "Kim", "kim@example.org", "kim.c"):
        assert value.encode() not in content
    assert (tmp_path / "v").stat().st_mode & 0o077 == 0
    with vault(tmp_path / "v") as it:
        assert it.read("p-1") == KIM


def test_a_reference_finds_its_person_in_its_own_hub_however_it_was_typed(tmp_path):
    with vault(tmp_path / "v") as it:
        put(it, "EU", {"p-1": Personal(reference="김철수")})
        decomposed = " \u1100\u1175\u11b7\u110e\u1165\u11af\u1109\u116e "
        assert it.find("EU", ["김철수", decomposed, "other"]) == {"김철수": "p-1", decomposed: "p-1"}
        assert it.find("AS", ["김철수"]) == {}


def test_with_another_master_key_it_says_so_and_loses_nothing(tmp_path):
    with vault(tmp_path / "v") as it:
        put(it, "EU", {"p-1": KIM})
    before = (tmp_path / "v").read_bytes()
    with pytest.raises(WrongMasterKey, match="nothing is lost"), vault(tmp_path / "v", bytes(32)):
        pass
    assert (tmp_path / "v").read_bytes() == before
    with vault(tmp_path / "v") as it:
        assert it.read("p-1") == KIM


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE person SET sealed = (SELECT sealed FROM person WHERE pseudonym = 'p-2') WHERE pseudonym = 'p-1'",
        "UPDATE person SET wrapped = (SELECT wrapped FROM person WHERE pseudonym = 'p-2'), nonce = (SELECT nonce FROM"
        " person WHERE pseudonym = 'p-2'), sealed = (SELECT sealed FROM person WHERE pseudonym = 'p-2')"
        " WHERE pseudonym = 'p-1'",
        "UPDATE person SET hub = 'AS' WHERE pseudonym = 'p-1'",
        """UPDATE person SET fields = '["name_ko"]' WHERE pseudonym = 'p-1'""",
        "UPDATE person SET wrapped = zeroblob(40) WHERE pseudonym = 'p-1'",
        "UPDATE person SET lookup = 'x' WHERE pseudonym = 'p-1'",
    ],
)
def test_what_is_sealed_is_bound_to_the_person_and_the_fields(tmp_path, harm):
    with vault(tmp_path / "v") as it:
        put(it, "EU", {"p-1": KIM, "p-2": Personal(name_ko="이영희")})
    with contextlib.closing(sqlite3.connect(tmp_path / "v")) as connection, connection:
        connection.execute(harm)
    with vault(tmp_path / "v") as it, pytest.raises(DamagedPerson) as damage:
        it.read("p-1")
    assert "김" not in str(damage.value)


def test_no_key_encrypts_twice(tmp_path):
    with vault(tmp_path / "v") as it:
        keys = set()
        for n in range(20):
            put(it, "EU", {"p-1": Personal(note=str(n))})
            keys.add((it.key_id("p-1"), *stored(tmp_path / "v")["p-1"][:2]))
        assert len(keys) == len({wrapped for _, wrapped, _ in keys}) == 20


def test_what_was_replaced_is_gone_too(tmp_path):
    with vault(tmp_path / "v") as it:
        put(it, "EU", {"p-1": KIM})
        before = stored(tmp_path / "v")["p-1"]
        put(it, "EU", {"p-1": Personal(reference="kim.c", name_ko="김철호")})
        content = (tmp_path / "v").read_bytes()
    assert not [it for it in before[:2] if it in content]


def test_whoever_is_set_apart_is_in_another_table_and_still_found_and_read(tmp_path):
    with vault(tmp_path / "v") as it:
        put(it, "EU", {"p-1": KIM})
        it.set_apart(["p-1", "p-none"])
        assert it.read("p-1") == KIM
        assert it.find("EU", ["kim.c"]) == {"kim.c": "p-1"}
    with contextlib.closing(sqlite3.connect(tmp_path / "v")) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM apart").fetchone() == (1,)


def test_erasing_needs_no_key_and_leaves_everybody_else(tmp_path):
    with vault(tmp_path / "v") as it:
        put(it, "EU", {"p-1": KIM, "p-2": Personal(name_ko="이영희")})
    with contextlib.closing(Vault(tmp_path / "v")) as it:
        it.destroy(["p-1", "p-none"])
        it.unlock(KEY)
        with pytest.raises(KeyError):
            it.read("p-1")
        assert it.find("EU", ["kim.c"]) == {}
        assert it.read("p-2").name_ko == "이영희"


@settings(max_examples=30, deadline=None)
@any_(seed=st.integers(0, 2**32), people=st.integers(1, 300), gone=st.integers(1, 60), apart=st.integers(0, 30))
def test_no_byte_of_who_was_erased_stays_in_the_file(tmp_path_factory, seed, people, gone, apart):
    """Pages split and merge while people come and go; `secure_delete` without the sweep fails this."""
    path, rng = tmp_path_factory.mktemp("v") / "v", random.Random(seed)
    with vault(path) as it:
        names: list[str] = []
        while len(names) < people:
            some = {
                new_pseudonym(): Personal(reference=f"r{seed}-{len(names) + n}", note="x" * rng.randint(1, 900))
                for n in range(50)
            }
            put(it, "EU", some)
            names += some
        it.set_apart(rng.sample(names, min(apart, people)))
        before = stored(path)
        content = path.read_bytes()
        assert all(part in content for part in before[names[0]][:1])
        erased = rng.sample(names, min(gone, people))
        it.destroy(erased)
        content = path.read_bytes()
        for name in names:
            if name in erased:
                assert not [part for part in before[name] if part[:64] in content]
            else:
                assert before[name][0] in content
                it.read(name)
    assert [file.name for file in path.parent.iterdir()] == ["v"]


def test_a_sweep_cut_short_is_done_when_the_vault_is_opened_again(tmp_path, monkeypatch):
    with vault(tmp_path / "v") as it:
        put(it, "EU", {f"p-{n}": Personal(note="x" * 500) for n in range(50)})
        monkeypatch.setattr(SweptDatabase, "_sweep", lambda self: None)
        it.destroy([f"p-{n}" for n in range(49)])
    monkeypatch.undo()
    long = (tmp_path / "v").stat().st_size
    with vault(tmp_path / "v") as it:
        assert (tmp_path / "v").stat().st_size < long
        assert it.read("p-49").note


def test_a_master_key_is_made_once_and_only_its_owner_reads_it(tmp_path, monkeypatch):
    monkeypatch.delenv("SAGWAN_MASTER_KEY", raising=False)
    path = tmp_path / "master.key"
    with pytest.raises(MasterKeyMissing, match="put the file back"):
        master_key(path, make=False)
    key = master_key(path, make=True)
    assert (len(key), path.stat().st_mode & 0o777) == (32, 0o600)
    assert master_key(path, make=True) == key
    with pytest.raises(FileExistsError):
        generate_master_key(path)
    assert master_key(path, make=False) == key
    assert [it.name for it in tmp_path.iterdir()] == ["master.key"]
    path.chmod(0o640)
    with pytest.raises(PermissionError, match="chmod 600"):
        master_key(path, make=False)


def test_the_environment_goes_before_the_file_and_nonsense_is_said_to_be_none(tmp_path, monkeypatch):
    monkeypatch.setenv("SAGWAN_MASTER_KEY", KEY.hex())
    assert master_key(tmp_path / "master.key", make=True) == KEY
    assert not os.listdir(tmp_path)
    monkeypatch.setenv("SAGWAN_MASTER_KEY", "secret words")
    with pytest.raises(MasterKeyMissing, match="64 hexadecimal digits") as missing:
        master_key(tmp_path / "master.key", make=True)
    assert "secret" not in str(missing.value)


def test_pseudonyms_are_random():
    names = {new_pseudonym() for _ in range(10_000)}
    assert len(names) == 10_000
    assert all(len(name) == 26 for name in names)


def test_people_whom_the_record_does_not_know_are_counted_in_a_warning(tmp_path, caplog):
    folder = Folder(tmp_path)
    with Journal.at(folder.journal, write=True) as journal:
        with open_vault(folder, journal) as it:
            put(it, "EU", {"p-1": KIM})
        assert not caplog.messages
        with open_vault(folder, journal):
            pass
    assert "holds 1 people whom the record does not know" in caplog.text
