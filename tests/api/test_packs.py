"""Evidence packs and remote verification of real servers."""

from __future__ import annotations

import contextlib
import csv
import http.client
import io
import re
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from domain.registry import TYPES
from journal.log import keys
from journal.witness.policy import Policy
from projections.definitions import INDICATORS
from tests.api.door import BATCH, Door, event, opened
from tests.api.test_crash import Server, until
from tests.api.test_log import served, witnesses
from tests.replay.test_verifier import checked
from tests.test_sagwan import sagwan

PACK = "/v1/export/evidence"


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    it = Door(tmp_path_factory.mktemp("packs") / "data")
    for n in range(20):
        it.post(opened(f"case:{n}", f"o{n}", topic="visa" if n % 3 else "tax"), who=("EU-BRU", "AS-SIN")[n % 2])
        if n % 4 == 0:
            answer = event("case.resolved", f"case:{n}", f"r{n}", time="2025-03-04T10:00:00+01:00")
            it.post(answer, who=("EU-BRU", "AS-SIN")[n % 2])
    it.head = it.get("/readyz").body["position"]
    (it.key,) = (str(key) for key in keys.verifier_keys(it.path))
    yield it
    it.close()


def test_a_pack_of_a_running_server_is_proven(door, tmp_path):
    answer = door.get(PACK, who="auditor")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Sagwan-Position"] == str(door.head)
    (tmp_path / "pack.zip").write_bytes(answer.raw)
    code, said = checked(tmp_path / "pack.zip", "--key", door.key)
    assert code == 0, said
    assert f"{door.head} events make the signed root" in said


def test_a_record_on_postgresql_makes_packs_too(database, tmp_path):
    with served(tmp_path / "data", database=database) as door:
        door.post([opened(f"case:{n}", f"{n}") for n in range(20)])
        (tmp_path / "pack.zip").write_bytes(door.get(PACK, who="auditor").raw)
        key = str(keys.verifier_keys(door.path)[0])
    code, said = checked(tmp_path / "pack.zip", "--key", key)
    assert code == 0, said


def test_a_pack_of_the_past_stays_the_same_while_the_record_grows(door):
    before = door.get(f"{PACK}?known={door.head}", who="secretariat").raw
    door.post(opened("case:late", "late"))
    assert door.get(f"{PACK}?known={door.head}", who="operator").raw == before
    assert door.get(PACK, who="operator").raw != before


@pytest.mark.parametrize("back", [0, 9])
def test_figures_in_a_pack_are_those_that_the_server_answers_as_of_its_position(door, back):
    known = door.head - back
    archive = zipfile.ZipFile(io.BytesIO(door.get(f"{PACK}?known={known}", who="auditor").raw))
    packed: dict[str, list[Any]] = {code: [] for code in INDICATORS}
    for row in csv.DictReader(io.StringIO(archive.read("figures/figures.csv").decode("utf-8-sig"))):
        value = float(row["value"]) if row["value"] else None
        packed[row["code"]].append((row["hub"], row["period"], value, int(row["evidence"]), int(row["missing"])))
    for code, rows in packed.items():
        asked = door.get(f"/v1/indicators/{code}?by=hub,period&known={known}", who="auditor").body["rows"]
        assert rows == [(*(it[name] for name in ("hub", "period", "value", "evidence", "missing")),) for it in asked], (
            code
        )
    assert packed["HD-01"]


def test_a_part_names_its_figures(door, tmp_path):
    answer = door.get(f"{PACK}?indicator=HD-04&indicator=hd-01", who="auditor")
    (tmp_path / "part.zip").write_bytes(answer.raw)
    code, said = checked(tmp_path / "part.zip", "--key", door.key)
    assert code == 0, said
    assert "this pack" in said
    assert door.get(f"{PACK}?indicator=XX-1", who="auditor").status == 404


@pytest.mark.parametrize(("more", "says"), [("", "[0-9a-f]{64}"), ("&event=true", "case:")])
def test_the_verifier_believes_the_proofs_of_a_running_server(door, tmp_path, more, says):
    proof = tmp_path / "12.tlog-proof"
    proof.write_bytes(door.get(f"/v1/log/proof?position=12&format=tlog-proof{more}").raw)
    code, said = checked("--proof", proof, "--key", door.key)
    assert code == 0, said
    assert re.search(f"number 12 of the signed record is {says}", said)
    (tmp_path / "event").write_bytes(door.get("/v1/events/12").raw)
    assert checked("--proof", proof, "--event", tmp_path / "event", "--key", door.key)[0] == 0
    (tmp_path / "event").write_bytes(door.get("/v1/events/13").raw)
    assert checked("--proof", proof, "--event", tmp_path / "event", "--key", door.key)[0] == 1


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [
        ("analyst", "", 403),
        ("EU-BRU", "", 403),
        ("auditor", "?known=999999", 422),
        ("auditor", "?known=0", 404),
        ("auditor", "?known=then", 400),
    ],
)
def test_who_may_not_and_what_cannot_be_packed_is_told(door, who, query, status):
    answer = door.get(PACK + query, who=who)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")


def touch(journal: Path, position: int, statement: str) -> None:
    """As somebody with the file and without scruples would, under a running server."""
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER stored_events_not_updated")
        connection.execute(f"UPDATE stored_events SET state = {statement} WHERE rowid = ?", [position])


def test_a_pack_that_cannot_be_made_is_an_error_and_no_file_is_left(server, tmp_path):
    touch(server.data / "journal.db", 100, "CAST('{' AS BLOB)")
    words = ("export", "evidence", "--data", str(server.data), "-o", str(tmp_path / "pack.zip"))
    assert "the entry at position 100 does not read" in sagwan(*words, token=server.auditor, expect=1)
    assert not list(tmp_path.glob("pack.zip*"))


def test_a_pack_of_the_newest_position_has_the_cosignatures_of_the_witnesses(tmp_path):
    key = keys.make_key(tmp_path / "data")
    with witnesses(tmp_path, key, "w1", "w2") as asked:
        Policy(2, tuple(asked)).save(tmp_path / "data")
        with served(tmp_path / "data") as door:
            position = door.post(opened("case:1", "1")).body["position"]
            until(lambda: door.ask("GET", "/v1/log/checkpoint", None, who=None).headers["Sagwan-Witnessed"] == "true")
            before = door.get(f"{PACK}?known={position - 1}", who="auditor").raw
            newest = door.get(PACK, who="auditor").raw
    (tmp_path / "before.zip").write_bytes(before)
    (tmp_path / "newest.zip").write_bytes(newest)
    (tmp_path / "then").write_bytes(zipfile.ZipFile(tmp_path / "before.zip").read("log/checkpoint"))
    trusted = ["--key", key.verifier, *(word for it in asked for word in ("--witness", it.verifier))]
    code, said = checked(tmp_path / "newest.zip", *trusted, "--earlier", tmp_path / "then")
    assert code == 0, said
    assert "2 of 2 witnesses signed the checkpoint, 2 must" in said
    assert f"the first {position - 1} events are those of the earlier checkpoint" in said
    code, said = checked(tmp_path / "before.zip", *trusted)
    assert (code, "WRONG  0 of 2 witnesses signed" in said) == (1, True)


@pytest.mark.skipif("entry.redacted" not in TYPES, reason="this record redacts nothing")
def test_what_was_redacted_is_gone_from_packs_and_what_is_left_is_proven(tmp_path):
    data = {"direction": "INBOUND", "person": "p-17", "from_org": "A", "to_org": "B", "country": "BE"}
    with served(tmp_path / "data") as door:
        told = event("exchange.nominated", "exchange:1", "n", data | {"purpose": "to see the laboratory of Kim"})
        position = door.post(told).body["position"]
        last = door.post(event("exchange.departed", "exchange:1", "d", {"on": "2025-02-03"})).body["position"]
        order = {"entry": position, "fields": ["purpose"], "basis": "PIPA 36"}
        act = door.post(event("entry.redacted", "exchange:1", "r", order, time=None), who="secretariat")
        table = f"/v1/mirror/exchange_nominated?position={act.body['position']}"
        until(lambda: b"laboratory" not in door.get(table, who="auditor").raw)
        packs = [
            door.get(PACK + query, who="auditor").raw
            for query in ("", f"?known={last}", f"?known={last}&indicator=EX-01")
        ]
        (key,) = keys.verifier_keys(door.path)
    for n, content in enumerate(packs):
        path = tmp_path / f"{n}.zip"
        path.write_bytes(content)
        archive = zipfile.ZipFile(path)
        assert [name for name in archive.namelist() if b"laboratory" in archive.read(name)] == []
        assert ("log/later/events.ndjson" in archive.namelist()) == (n > 0)
        code, said = checked(path, "--key", key)
        assert code == 0, said
        assert "1 events lost content by law; what is left is what acts of redaction say" in said


@pytest.fixture
def server(tmp_path: Path):
    it = Server(tmp_path / "data")
    it.hub = it.founded()
    it.auditor = it.token_for(it.token, role="auditor")
    batch = [opened(f"case:{n}", f"{n}") for n in range(300)]
    posted = it.ask("POST", "/v1/events", batch, it.hub, BATCH)[1]["results"]
    last = posted[-1]["position"]
    it.ask("GET", f"/v1/views/cases?after={last}", None, it.hub)
    until(lambda: int(raw(it, "/v1/log/checkpoint").split(b"\n")[1]) >= last)
    it.data = tmp_path / "data"
    (it.key,) = (str(key) for key in keys.verifier_keys(it.data))
    yield it
    if it.process.poll() is None:
        it.stop()


def test_the_command_writes_the_same_pack_with_a_server_and_without(server, tmp_path):
    with_, without = tmp_path / "with.zip", tmp_path / "without.zip"
    words = ("export", "evidence", "--known", "250", "--data", str(server.data))
    assert "README.en.md" in sagwan(*words, "-o", str(with_), token=server.auditor)
    assert "takes no evidence packs" in sagwan(*words, "-o", str(without), token=server.hub, expect=1)
    server.stop()
    sagwan(*words, "-o", str(without))
    assert with_.read_bytes() == without.read_bytes()
    assert checked(without, "--key", server.key)[0] == 0
    assert "no indicator" in sagwan(*words, "--indicator", "XX-1", "-o", str(without), expect=1)


def test_a_server_is_verified_from_afar_until_somebody_touches_its_journal(server, tmp_path):
    remote = ("verify", "--remote", f"http://{server.address}", "--key", server.key)
    assert "entries make the signed root and all tiles" in sagwan(*remote)
    kept = tmp_path / "kept"
    kept.write_bytes(raw(server, "/v1/log/checkpoint"))
    server.ask("POST", "/v1/events", opened("case:more", "more"), server.hub)
    said = sagwan(*remote, "--earlier", str(kept), token=server.auditor)
    assert "events of the server have the digests that were sealed" in said
    assert "events are those of the earlier checkpoint" in said
    other = "record.example+" + server.key.partition("+")[2]
    assert "no Ed25519 verifier key" in sagwan(*remote[:-1], other, expect=2)
    touch(server.data / "journal.db", 100, "CAST(replace(CAST(state AS TEXT), 'visa', 'visb') AS BLOB)")
    said = sagwan(*remote, token=server.auditor, expect=1)
    assert "WRONG  first wrong place: number 100 of the log" in said
    assert "the entry is not the one of its tile" in said


def raw(server: Server, path: str) -> bytes:
    connection = http.client.HTTPConnection(server.address, timeout=10)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body
