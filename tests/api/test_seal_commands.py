"""The seal on the command line: a key, a proof for an e-mail, a verification against what somebody kept, a move."""

from __future__ import annotations

import shutil
import sqlite3
import stat

import pytest

from journal.log.proof import Proof
from tests.api.door import opened
from tests.api.test_crash import Server
from tests.test_sagwan import sagwan


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A folder that a server sealed, the record's public key, and a checkpoint that was kept before the last event."""
    folder = tmp_path_factory.mktemp("sealed")
    data = folder / "data"
    key = sagwan("keygen", "--data", str(data), "--origin", "example.kr/record").strip()
    server = Server(data)
    token = server.founded()
    for n in range(4):
        position = server.ask("POST", "/v1/events", opened(f"case:{n}", str(n)), token)[1]["position"]
    wire = sagwan("proof", str(position), "-o", str(folder / "wire.tlog-proof"), "--data", str(data))
    assert "bytes" in wire
    full = ("proof", str(position), "-o", str(folder / "full.tlog-proof"), "--data", str(data))
    sagwan(*full, token=token)
    shutil.copy(data / "log" / "checkpoint", folder / "kept")
    server.ask("POST", "/v1/events", opened("case:9", "9"), token)
    server.stop()
    return folder, key, position


def test_a_key_is_printed_for_others_and_kept_for_its_owner(told, tmp_path):
    folder, key, _ = told
    assert key.startswith("example.kr/record+")
    assert stat.S_IMODE((folder / "data" / "seal.key").stat().st_mode) == 0o600
    assert "--rotate" in sagwan("keygen", "--data", str(folder / "data"), expect=1)
    assert sagwan("keygen", "--data", str(tmp_path / "other")).startswith("sagwan/")
    assert "no name of a key" in sagwan("keygen", "--data", str(tmp_path / "third"), "--origin", "a b", expect=1)


def test_a_proof_is_checked_offline_with_a_key_got_elsewhere(told, tmp_path):
    folder, key, position = told
    for name, what in (("wire", "an event"), ("full", "case.opened on case:3, version 1")):
        proof = str(folder / f"{name}.tlog-proof")
        shown = sagwan("proof", "--check", proof, "--key", key, "--data", str(tmp_path))
        assert f"proven: {what}, SHA-256" in shown
        assert "signed by example.kr/record" in shown
        assert "--key" in sagwan("proof", "--check", proof, "--data", str(tmp_path), expect=1)
    other = sagwan("keygen", "--data", str(tmp_path / "other"), "--origin", "example.kr/record").strip()
    assert "not proven" in sagwan("proof", "--check", str(folder / "wire.tlog-proof"), "--key", other, expect=1)
    event = tmp_path / "event.json"
    event.write_text('{"stream":"case:3","version":1,"fact":{"type":"case.opened"}}')
    forged = ("proof", "--check", str(folder / "full.tlog-proof"), "--event", str(event), "--key", key)
    assert "not proven" in sagwan(*forged, expect=1)
    without = ("proof", str(position), "-o", str(tmp_path / "x.tlog-proof"), "--data", str(folder / "data"))
    sagwan(*without)
    assert "proven" in sagwan("proof", "--check", str(tmp_path / "x.tlog-proof"), "--key", key)
    assert "no entry has this position" in sagwan("proof", "999", "--data", str(folder / "data"), expect=1)
    assert "position" in sagwan("proof", expect=1)


def test_a_verification_holds_the_record_against_a_checkpoint_that_was_kept(told, tmp_path):
    folder, key, _ = told
    data = ("--data", str(folder / "data"))
    shown = sagwan("verify", *data, "--key", key, "--checkpoint", str(folder / "kept"))
    assert "sealed: " in shown
    assert "that example.kr/record signed" in shown
    other = sagwan("keygen", "--data", str(tmp_path / "other"), "--origin", "example.kr/record").strip()
    assert "not to be trusted" in sagwan("verify", *data, "--key", other, expect=1)
    copy = tmp_path / "copy"
    shutil.copytree(folder / "data", copy)
    shutil.rmtree(copy / "log")
    assert "what was signed with it last is gone" in sagwan("verify", "--data", str(copy), expect=1)


@pytest.mark.parametrize(
    ("edited", "says"),
    [
        (lambda kept: b"\xef\xbb\xbf" + kept.replace(b"\n", b"\r\n"), "byte order mark, its lines end in CRLF"),
        (lambda kept: kept.replace(b"\n", b"\r\n").decode().encode("utf-16"), "it is in UTF-16"),
    ],
)
def test_a_kept_checkpoint_that_an_editor_touched_is_read_as_what_it_is(told, tmp_path, edited, says):
    folder, key, position = told
    data = ("--data", str(folder / "data"), "--key", key)
    file = tmp_path / "kept"
    kept = (folder / "kept").read_bytes()
    file.write_bytes(edited(kept))
    shown = sagwan("verify", *data, "--checkpoint", str(file))
    assert "sealed: " in shown
    assert says in " ".join(shown.split())
    file.write_bytes(edited(kept.replace(b"record\n%d\n" % position, b"record\n1\n")))
    assert f"{file} is not to be trusted" in sagwan("verify", *data, "--checkpoint", str(file), expect=1)
    file.write_bytes(b"nonsense")
    assert "a text, an empty line and signature lines" in sagwan("verify", *data, "--checkpoint", str(file), expect=1)
    proof, event = tmp_path / "proof", tmp_path / "event.json"
    proof.write_bytes(edited((folder / "full.tlog-proof").read_bytes()))
    checked = ("proof", "--check", str(proof), "--key", key)
    assert says in " ".join(sagwan(*checked).split())
    event.write_bytes(b"\xef\xbb\xbf" + (Proof.parse((folder / "full.tlog-proof").read_text()).extra or b""))
    assert "proven: " in sagwan(*checked, "--event", str(event))


def test_a_touched_record_names_the_first_wrong_place(told, tmp_path):
    folder, key, position = told
    copy = tmp_path / "copy"
    shutil.copytree(folder / "data", copy)
    with sqlite3.connect(copy / "journal.db") as connection:
        connection.execute("DROP TRIGGER stored_events_not_updated")
        connection.execute(
            "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), 'visa', 'work') AS BLOB)"
            " WHERE rowid = ?",
            (position,),
        )
    connection.close()
    shown = sagwan("verify", "--data", str(copy), "--key", key, expect=1)
    assert f"not whole: at position {position}: case:3: this is not the entry that was signed here" in shown


def test_a_rotation_is_recorded_at_the_next_start_and_both_keys_sign(told, tmp_path):
    folder, key, _ = told
    copy = tmp_path / "copy"
    shutil.copytree(folder / "data", copy)
    new = sagwan("keygen", "--rotate", "--data", str(copy)).strip()
    assert "still signs" in sagwan("keygen", "--rotate", "--data", str(copy), expect=1)
    server = Server(copy)
    assert "stop it first" in sagwan("keygen", "--rotate", "--data", str(copy), expect=1)
    server.stop()
    for one in (key, new):
        assert "sealed: " in sagwan("verify", "--data", str(copy), "--key", one)
    (copy / "seal.key.previous").unlink()
    Server(copy).stop()
    assert "sealed: " in sagwan("verify", "--data", str(copy))


def test_a_record_keeps_its_origin(told, tmp_path):
    folder, _, _ = told
    copy = tmp_path / "copy"
    shutil.copytree(folder / "data", copy)
    shown = sagwan("serve", "--data", str(copy), "--origin", "example.kr/other", "--port", "0", expect=1)
    assert "for ever" in shown


def test_a_move_of_a_record_that_is_not_there_makes_nothing(tmp_path):
    for to in (tmp_path / "there", tmp_path / "far" / "there"):
        assert "there is no record at" in sagwan("move", str(to), "--data", str(tmp_path / "here"), expect=1)
    assert list(tmp_path.iterdir()) == []


def test_a_record_moves_to_postgresql_and_its_seal_with_it(told, tmp_path, database):
    folder, key, position = told
    copy = tmp_path / "copy"
    shutil.copytree(folder / "data", copy)
    assert "entries moved" in sagwan("move", database, "--data", str(copy))
    (copy / "journal.db").unlink()
    assert "sealed: " in sagwan("verify", "--data", str(copy), "--database", database, "--key", key)
    server = Server(copy, "--database", database)
    server.stop()
    made = ("proof", str(position), "-o", str(tmp_path / "p"), "--data", str(copy), "--database", database)
    sagwan(*made)
    assert "proven" in sagwan("proof", "--check", str(tmp_path / "p"), "--key", key)


def test_a_copy_without_the_key_still_proves_and_makes_no_pack(told, tmp_path):
    folder, key, position = told
    copy = tmp_path / "copy"
    shutil.copytree(folder / "data", copy, ignore=shutil.ignore_patterns("seal.key*", "lock", "server.json"))
    made = tmp_path / "p"
    sagwan("proof", str(position), "-o", str(made), "--data", str(copy))
    assert "proven" in sagwan("proof", "--check", str(made), "--key", key)
    said = sagwan("export", "evidence", "--data", str(copy), "-o", str(tmp_path / "pack.zip"), expect=1)
    assert "there is no seal.key here" in said
    assert list(tmp_path.glob("pack.zip*")) == []
    assert not (copy / "seal.key").exists()


def test_a_copy_without_the_key_and_the_seal_proves_nothing(told, tmp_path):
    folder, _, position = told
    copy = tmp_path / "copy"
    shutil.copytree(folder / "data", copy, ignore=shutil.ignore_patterns("seal.key*", "log", "lock", "server.json"))
    proof = ("proof", str(position), "-o", str(tmp_path / "p"), "--data", str(copy))
    assert "nothing is sealed yet" in sagwan(*proof, expect=1)
