"""The sealed record over HTTP, as anybody's client of C2SP tlog-tiles reads it, and proofs that verify offline."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import sqlite3
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from api.witness.server import serving_witness as serving_witness
from domain.redaction import digest_of
from journal.log import keys, note, tlog
from journal.log.checkpoint import Checkpoint
from journal.log.note import SigningKey
from journal.log.proof import Proof, possible_log_entries
from journal.witness.policy import Policy, WitnessEndpoint
from tests.api.door import Door, opened
from tests.api.test_cosigning import prepared
from tests.journal.log import Log
from tests.journal.test_tlog import naive_root


@pytest.fixture
def filled(door: Door) -> Door:
    answer = door.post([opened(f"case:{n}", str(n)) for n in range(600)])
    door.last = answer.body["results"][-1]["position"]
    assert proof(door, f"position={door.last}")["position"] == door.last
    return door


def proof(door: Door, query: str):
    answer = door.ask("GET", f"/v1/log/proof?{query}", None, who=None)
    assert answer.status == 200, answer
    return answer.body


def log(door: Door, path: str):
    return door.ask("GET", f"/v1/log/{path}", None, who=None)


def head(door: Door, query: str = "") -> Checkpoint:
    return Checkpoint.opened(log(door, f"checkpoint{query}").raw, keys.verifier_keys(door.path))[0]


def entries(bundle: bytes) -> list[bytes]:
    found = []
    while bundle:
        end = 2 + int.from_bytes(bundle[:2], "big")
        found.append(bundle[2:end])
        bundle = bundle[end:]
    return found


def test_the_checkpoint_is_the_signed_root_of_all_entries_and_needs_no_token(filled):
    answer = log(filled, "checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=1"
    size = head(filled).size
    assert size == filled.engine.journal.position
    read = [entry for n in range(size // 256) for entry in entries(log(filled, f"tile/entries/{n:03d}").raw)]
    read += entries(log(filled, f"tile/entries/{size // 256:03d}.p/{size % 256}").raw)
    assert naive_root(read) == head(filled).root
    rows = filled.engine.journal.entries.rows(0, 1000)
    assert [it.decode() for it in read] == [f"{digest_of(row.entry)}\n" for row in rows]


def test_tiles_are_there_as_far_as_a_checkpoint_reaches_and_no_further(filled):
    size = head(filled).size
    full, rest = divmod(size, 256)
    answer = log(filled, "tile/0/000")
    assert (answer.status, len(answer.raw)) == (200, 8192)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert log(filled, f"tile/0/{full:03d}.p/{rest}").raw[:32] == log(filled, f"tile/0/{full:03d}.p/1").raw
    assert len(log(filled, f"tile/1/000.p/{full}").raw) == 32 * full
    for beyond in (f"0/{full:03d}.p/{rest + 1}", f"1/000.p/{full + 1}", "2/000.p/1", "2/000", "9/000", "0/x001/000"):
        assert log(filled, f"tile/{beyond}").status == 404, beyond
    assert log(filled, f"tile/entries/{full:03d}.p/{rest + 1}").status == 404
    for malformed in ("0/1", "0/000.p/0", "0/000.p/256", "00/000", "0/x000/000"):
        assert log(filled, f"tile/{malformed}").status == 400, malformed


def test_bundles_of_entries_are_compressed_for_who_wants_it(filled):
    plain = log(filled, "tile/entries/000")
    packed = filled.ask("GET", "/v1/log/tile/entries/000", None, who=None, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.raw) < len(plain.raw)
    assert gzip.decompress(packed.raw) == plain.raw


def test_an_inclusion_proof_proves_an_entry_in_a_tree_of_any_size(filled):
    for position in (1, 2, 300, filled.last):
        for size in {position, position + 1, 512, filled.last} - {filled.last + 1}:
            if size < position:
                continue
            it = proof(filled, f"position={position}&size={size}")
            checkpoint, _ = Checkpoint.opened(it["checkpoint"], keys.verifier_keys(filled.path))
            assert (checkpoint.size, it["index"]) == (size, position - 1)
            hashes = [note.decode_base64(hash_) or b"" for hash_ in it["proof"]]
            leaf = tlog.leaf_hash(it["entry"].encode())
            assert note.decode_base64(it["leaf"]) == leaf
            tlog.check_inclusion(hashes, position - 1, size, leaf, checkpoint.root)


def test_a_consistency_proof_proves_that_a_tree_begins_with_another(filled):
    for old, new in ((1, 2), (5, 5), (255, 256), (256, 600), (300, None)):
        it = proof(filled, f"from={old}" + (f"&to={new}" if new else ""))
        before = Checkpoint.opened(log(filled, f"checkpoint?size={old}").raw, keys.verifier_keys(filled.path))[0]
        after = Checkpoint.opened(it["checkpoint"], keys.verifier_keys(filled.path))[0]
        hashes = [note.decode_base64(hash_) or b"" for hash_ in it["proof"]]
        tlog.check_consistency(hashes, old, before.root, after.size, after.root)
        assert (note.decode_base64(it["from_root"]), note.decode_base64(it["to_root"])) == (before.root, after.root)


def test_a_checkpoint_ends_with_any_position_asked_for_at_once(door):
    for n in range(5):
        position = door.post(opened(f"case:{n}", str(n))).body["position"]
        assert head(door, f"?position={position}").size == position
    assert head(door, "?position=3").size == 3


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("proof?position=0", 404, "event.none"),
        ("proof?position=9999", 404, "event.none"),
        ("proof?position=x", 400, "query.invalid"),
        ("proof?position=9&size=5", 422, "log.not_covered"),
        ("proof?position=9&size=99999", 422, "log.not_covered"),
        ("proof?from=0", 422, "log.sizes"),
        ("proof?from=9&to=5", 422, "log.sizes"),
        ("checkpoint?position=9999", 404, "event.none"),
        ("checkpoint?witnessed=true", 404, "log.unwitnessed"),
    ],
)
def test_what_cannot_be_proven_is_said(filled, path, status, code):
    answer = log(filled, path)
    assert (answer.status, answer.body["code"]) == (status, code)


def test_a_bundle_verifies_offline_and_tells_the_event_only_to_who_may_read_it(filled):
    answer = log(filled, "proof?position=30&format=tlog-proof")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="30.tlog-proof"'
    it = Proof.parse(answer.raw.decode())
    trusted = keys.verifier_keys(filled.path)
    assert it.checked(possible_log_entries(it.extra or b""), trusted)[0] == head(filled)
    stored = filled.engine.journal.entries.rows(29, 1)[0].entry
    assert stored not in answer.raw
    assert log(filled, "proof?position=30&format=tlog-proof&event=true").status == 401
    with_event = filled.get("/v1/log/proof?position=30&format=tlog-proof&event=true").raw.decode()
    it = Proof.parse(with_event)
    assert it.extra == stored
    assert it.checked(possible_log_entries(it.extra or b""), trusted)[0] == head(filled)
    assert Proof.parse(it.text) == it
    assert len(with_event) < 4096, "small enough for an e-mail"
    page = filled.get("/v1/events?after=29&limit=1&format=ndjson").raw
    assert it.checked(possible_log_entries(page.strip()), trusted)
    with pytest.raises(tlog.NotProven):
        it.checked(possible_log_entries(stored.replace(b"visa", b"visb")), trusted)
    other = SigningKey.generate("example.kr/record").verifier
    with pytest.raises(note.NoTrustedSignature):
        it.checked(possible_log_entries(stored), [other])
    for harmed in (with_event[1:], with_event.replace("\n\n", "\n", 1), with_event.replace("index ", "index 0")):
        with pytest.raises(note.MalformedNote):
            Proof.parse(harmed)


def test_every_event_behind_a_figure_is_proven(filled):
    path = "/v1/indicators/HD-01/evidence"
    filled.get(f"{path}?after={filled.last}")
    rows = filled.get(path).body["rows"]
    assert filled.ask("GET", f"{path}?format=tlog-proof", None, who=None).status == 401
    answer = filled.get(f"{path}?format=tlog-proof")
    assert answer.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.raw))
    names = {f"{row['position']}.tlog-proof" for row in rows}
    assert set(archive.namelist()) == names | {"checkpoint"}
    assert len(names) == 600
    for name in sorted(names)[::50]:
        it = Proof.parse(archive.read(name).decode())
        assert it.checkpoint == archive.read("checkpoint").decode()
        assert it.checked(possible_log_entries(it.extra or b""), keys.verifier_keys(filled.path))


@contextlib.contextmanager
def served(path: Path, tokens: dict[str, str] | None = None, database: str | None = None) -> Iterator[Door]:
    door = Door(path, database)
    door.tokens = door.tokens or tokens or {}
    try:
        yield door
    finally:
        door.close()


def test_the_record_says_with_which_key_it_is_sealed(tmp_path):
    with served(tmp_path) as door:
        tokens = door.tokens
        (act,) = door.get("/v1/streams/seal:key").body["history"]
        (first,) = keys.verifier_keys(door.path)
        assert act["entry"]["fact"] == {"type": "seal.key_adopted", "verifier": str(first), "leaf": "digest"}
    keys.rotate_key(tmp_path)
    new, _ = keys.verifier_keys(tmp_path)
    with served(tmp_path, tokens) as door:
        latest = door.get(f"/v1/streams/seal:key?after={door.engine.journal.position}").body["history"][-1]
        assert latest["entry"]["fact"] == {"type": "seal.key_adopted", "verifier": str(new), "replaces": str(first)}
        text = log(door, f"checkpoint?position={latest['position']}").raw
        for key in (first, new):
            assert Checkpoint.opened(text, [key])[0].size == latest["position"]
    with served(tmp_path, tokens) as door:
        assert len(door.get("/v1/streams/seal:key").body["history"]) == 2


def test_a_rolled_back_record_is_read_but_takes_nothing_and_signs_nothing(tmp_path):
    data, older = tmp_path / "data", tmp_path / "older.db"
    with served(data) as door:
        tokens = door.tokens
        position = door.post(opened("case:1", "1")).body["position"]
        with contextlib.closing(sqlite3.connect(data / "journal.db")) as live, sqlite3.connect(older) as copy:
            live.backup(copy)
        copy.close()
        newest = log(door, f"checkpoint?position={door.post(opened('case:2', '2')).body['position']}").raw
    for path in data.glob("journal.db*"):
        path.unlink()
    older.rename(data / "journal.db")
    with served(data, tokens) as door:
        refused = door.post(opened("case:3", "3"))
        assert (refused.status, refused.body["code"]) == (503, "record.not_as_signed")
        assert f"entries {position + 1} to {position + 1} are missing" in refused.body["detail"]
        ready = door.ask("GET", "/readyz", None, who=None)
        assert ready.status == 503
        assert "rolled back" in ready.body["seal"]
        assert log(door, "checkpoint").raw == newest
        assert door.get(f"/v1/events/{position}").status == 200


def test_a_bigger_record_is_ready_when_it_is_sealed(filled):
    ready = filled.ask("GET", "/readyz", None, who=None)
    assert ready.status == 200
    assert ready.body["sealed"] == ready.body["position"]


class Trusted(NamedTuple):
    """A record as `prepared` wants it: its key."""

    key: SigningKey


@contextlib.contextmanager
def witnesses(folder: Path, key: SigningKey, *names: str) -> Iterator[list[WitnessEndpoint]]:
    """Real witnesses that trust a key, in a thread of their own."""
    asked: list[WitnessEndpoint] = []
    up, loop = threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for name in names:
                own = prepared(folder / name, [cast(Log, Trusted(key))])
                url = await stack.enter_async_context(serving_witness(folder / name, own, "127.0.0.1", 0))
                asked.append(WitnessEndpoint(url, str(own.verifier)))
            up.set()
            await down.wait()

    down = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert up.wait(20)
    try:
        yield asked
    finally:
        loop.call_soon_threadsafe(down.set)
        thread.join()
        loop.close()


def test_cosignatures_are_collected_in_the_background_and_served_on_the_checkpoint(tmp_path):
    key = keys.make_key(tmp_path / "data")
    with witnesses(tmp_path, key, "w1", "w2") as asked:
        away = SigningKey.generate("witness.example.kr/away", note.COSIGNATURE)
        Policy(2, (*asked, WitnessEndpoint("http://127.0.0.1:9", str(away.verifier)))).save(tmp_path / "data")
        trusted = [key.verifier, *(it.verifier for it in asked)]
        with served(tmp_path / "data") as door:
            position = door.post(opened("case:1", "1")).body["position"]
            end = time.monotonic() + 30
            while (answer := log(door, "checkpoint?witnessed=true")).status != 200 or size(answer.raw) < position:
                assert time.monotonic() < end, answer
                time.sleep(0.05)
            assert answer.headers["Sagwan-Witnessed"] == "true"
            checkpoint, signatures = Checkpoint.opened(answer.raw, trusted)
            assert len(signatures) == 3
            it = Proof.parse(log(door, f"proof?position={position}&format=tlog-proof").raw.decode())
            assert len(it.checked(possible_log_entries(it.extra or b""), trusted)[1]) == 3
        with served(tmp_path / "data") as door:
            assert size(log(door, "checkpoint?witnessed=true").raw) >= checkpoint.size


def size(text: bytes) -> int:
    return Checkpoint.parse(note.split_note(text)[0]).size
