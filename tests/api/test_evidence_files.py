"""Files of evidence items: who hands one in, who is given it, and what is left of one that was destroyed."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import csv
import hashlib
import http.client
import io
import os
import shutil
import socket
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.http import evidence
from api.server import evidence_files
from journal.evidence import file_store
from journal.evidence.sealed_file import FileHarmed
from tests.api.door import DESIGNATION, Answer, Clock, Door, event
from tests.api.half_year import taken
from tests.commands import command

PDF = "application/pdf"
NOW = "2026-11-20T09:00:00Z"


def content(name: str, size: int = 200_000) -> bytes:
    return b"%PDF-1.7 " + hashlib.shake_128(name.encode()).digest(size)


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def put(door: Door, body: bytes, *, who: str = "EU-BRU", named: str | None = None, **headers: str) -> Answer:
    path = f"/v1/evidence/{named or digest(body)}"
    return door.ask("PUT", path, body, who=who, type_=headers.pop("Content-Type", PDF), headers=headers)


def fetch(door: Door, body: bytes, *, who: str = "EU-BRU") -> Answer:
    return door.get(f"/v1/evidence/{digest(body)}", who=who)


def deposit(door: Door, body: bytes, item: str, *, who: str = "EU-BRU", retention: str = "Y10", time: str = NOW) -> int:
    data = {
        "sha256": digest(body),
        "bytes": len(body),
        "media_type": PDF,
        "custodian": "EU-BRU",
        "retention": retention,
    }
    answer = taken(
        door.post(event("evidence.deposited", f"evidence:{item}", f"{item}-{time}", data, time=time), who=who)
    )
    return int(answer.body["position"])


def kept(door: Door, name: str, **more: Any) -> bytes:
    """A file that is kept for an item of that name."""
    body = content(name)
    deposit(door, body, name, **more)
    assert put(door, body).status == 201
    return body


def purge(door: Door, item: str, *, who: str = "secretariat", time: str | None = None) -> Answer:
    at = time or door.engine.moment().isoformat()
    data = {"legal_basis": "Public Records Act 27"}
    return door.post(event("evidence.purged", f"evidence:{item}", f"purge-{item}-{who}", data, time=at), who=who)


def stored(door: Door) -> set[str]:
    return {it.name for it in (door.path / "files").iterdir()}


def keys(door: Door) -> set[str]:
    return {it.key_id for it in door.engine.vault.files.all()}


def rows(door: Door, view: str, item: str, who: str = "auditor") -> list[dict[str, Any]]:
    at = door.engine.journal.position
    found = door.get(f"/v1/views/{view}?after={at}&where=stream=evidence:{item}", who=who).body["rows"]
    assert isinstance(found, list)
    return found


def on_loop(door: Door, coroutine: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(coroutine, door._loop).result(20)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A server whose record tests add to, each under names of its own."""
    it = Door(tmp_path_factory.mktemp("evidence") / "data")
    yield it
    it.close()


@pytest.fixture(params=["sqlite", "postgres"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Door]:
    it = Door(tmp_path / "data", request.getfixturevalue("database") if request.param == "postgres" else None)
    yield it
    close(it)  # unless a test served it anew


def close(door: Door) -> None:
    if not door._loop.is_closed():
        door.close()


def again(door: Door) -> Door:
    """The same record, served anew."""
    close(door)
    it = Door(door.path, door.database, door.clock)
    it.tokens = door.tokens
    return it


def test_a_file_comes_back_as_it_was_handed_in_and_who_is_given_it_is_recorded_first(anywhere: Door) -> None:
    body = kept(anywhere, "whole")
    (item,) = rows(anywhere, "evidence_items", "whole")
    assert (item["file_kept"], item["accesses"]) == (True, 0)
    assert all(
        body[at : at + 64] not in it.read_bytes() for it in anywhere.path.rglob("*") if it.is_file() for at in (0, 9)
    )
    answer = anywhere.get(f"/v1/evidence/{digest(body)}?purpose=verification", who="auditor")
    assert (answer.status, answer.raw) == (200, body)
    (access,) = rows(anywhere, "evidence_accesses", "whole")
    assert (access["purpose"], access["position"]) == ("verification", int(answer.headers["Sagwan-Position"]))
    anywhere = again(anywhere)
    assert fetch(anywhere, body).raw == body
    anywhere.close()


def test_a_browser_saves_it_and_runs_nothing_of_it(desk: Door) -> None:
    body = kept(desk, "safe")
    said = fetch(desk, body).headers
    assert said["Content-Disposition"] == f'attachment; filename="{digest(body)}.pdf"'
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert said["Cache-Control"] == "no-store"
    assert said["Repr-Digest"] == f"sha-256=:{base64.b64encode(bytes.fromhex(digest(body))).decode()}:"


def test_head_says_what_there_is_and_gives_nothing_out(desk: Door) -> None:
    body = kept(desk, "head")
    before = desk.engine.journal.position
    answer = desk.ask("HEAD", f"/v1/evidence/{digest(body)}", None, who="EU-BRU")
    assert (answer.status, answer.raw, answer.headers["Content-Length"]) == (200, b"", str(len(body)))
    assert desk.engine.journal.position == before
    assert desk.ask("HEAD", f"/v1/evidence/{digest(body)}", None, who="AS-SIN").status == 404


def test_the_same_again_is_kept_once(desk: Door) -> None:
    body = kept(desk, "twice")
    before = stored(desk), desk.engine.journal.position
    answer = put(desk, body)
    assert (answer.status, answer.body["status"]) == (200, "kept")
    assert (stored(desk), desk.engine.journal.position) == before


def test_a_file_that_comes_first_waits_for_its_item_and_nobody_reads_it_meanwhile(desk: Door) -> None:
    body = content("early")
    waits = put(desk, body)
    assert (waits.status, waits.body["until"][-1]) == (202, "Z")
    refused = fetch(desk, body).body
    assert (refused["code"], refused["facts"]["until"]) == ("evidence.waiting", waits.body["until"])
    for who in ("AS-SIN", "auditor", "operator", "secretariat", "analyst"):
        assert (fetch(desk, body, who=who).status, fetch(desk, body, who=who).body["code"]) == (404, "evidence.none")
    deposit(desk, body, "another", who="AS-SIN")
    assert fetch(desk, body, who="AS-SIN").body["code"] == "evidence.not_kept", "another hub's item does not take it"
    deposit(desk, body, "early")
    assert fetch(desk, body).raw == body
    assert fetch(desk, body, who="AS-SIN").status == 404


def test_what_waited_too_long_is_destroyed(door: Door, clock: Clock) -> None:
    body = content("late")
    put(door, body)
    clock.now += evidence_files.WAITS - timedelta(minutes=1)
    on_loop(door, door.engine.evidence._drop_overdue())
    assert len(stored(door)) == 1
    clock.now += timedelta(minutes=2)
    on_loop(door, door.engine.evidence._drop_overdue())
    assert (stored(door), keys(door)) == (set(), set())
    deposit(door, body, "late", time="2026-06-01T00:00:00Z")
    assert fetch(door, body).body["code"] == "evidence.not_kept"


def test_a_deposit_without_its_file_says_that_it_is_not_kept_here(desk: Door) -> None:
    body = content("before")
    deposit(desk, body, "before")
    answer = fetch(desk, body)
    assert (answer.status, answer.body["code"]) == (404, "evidence.not_kept")
    assert answer.body["facts"] == {"custodian": "EU-BRU", "item": "evidence:before"}
    (item,) = rows(desk, "evidence_items", "before")
    assert item["file_kept"] is False


def test_what_is_not_there_and_what_is_not_yours_is_answered_the_same(desk: Door) -> None:
    body, guess = kept(desk, "hidden"), content("nowhere")
    waits, deposited = content("hidden and waiting"), content("hidden and not kept")
    put(desk, waits)
    deposit(desk, deposited, "hidden-2")
    for who in ("AS-SIN", "analyst"):
        told = [fetch(desk, it, who=who) for it in (body, guess, waits, deposited)]
        assert {(it.status, it.body["detail"], it.body["code"]) for it in told} == {
            (404, "there is no such file here, or it is not for you", "evidence.none")
        }


def test_another_hub_hands_the_same_file_in_for_itself(desk: Door) -> None:
    body = kept(desk, "shared")
    answer = put(desk, body, who="AS-SIN")
    assert answer.status == 202, "it is told nothing of the other's"
    deposit(desk, body, "shared-too", who="AS-SIN")
    assert fetch(desk, body, who="AS-SIN").raw == body
    assert purge(desk, "shared").status == 201
    assert fetch(desk, body).status == 410
    assert fetch(desk, body, who="AS-SIN").raw == body


@pytest.mark.parametrize(
    "field", ["Content-Digest", "Repr-Digest", "path"], ids=["content digest", "repr digest", "path"]
)
def test_a_file_that_is_another_than_it_is_said_to_be_is_nowhere(desk: Door, field: str) -> None:
    body, other = content("wrong"), content("other")
    named = base64.b64encode(hashlib.sha512(other).digest()).decode()
    before = stored(desk), keys(desk)
    if field == "path":
        answer = put(desk, body, named=digest(other))
    else:
        answer = put(desk, body, **{field: f"sha-512=:{named}:, unixsum=:AAA=:"})
    assert (answer.status, answer.body["code"]) == (422, "evidence.other_digest")
    assert (stored(desk), keys(desk)) == before


def test_digests_that_are_right_are_taken_and_those_that_do_not_read_are_refused(desk: Door) -> None:
    body = content("right")
    said = {
        name: base64.b64encode(hashlib.new(name.replace("-", ""), body).digest()).decode()
        for name in ("sha-256", "sha-512")
    }
    field = ", ".join(f"{name}=:{it}:" for name, it in said.items())
    assert put(desk, body, **{"Repr-Digest": field, "Content-Digest": field}).status == 202
    for wrong in ("sha-256", "sha-256=abc", "sha-256=:a:", "SHA-256:=:=:"):
        answer = put(desk, body, **{"Content-Digest": wrong})
        assert (answer.status, answer.body["code"]) == (400, "http.digest_field"), wrong


@pytest.mark.parametrize("name", ["..%2f..%2fmaster.key", "A" * 64, "ab" * 31, "ab" * 32 + "0", "k-0123456789abcdef"])
def test_a_file_has_no_name_but_its_digest(desk: Door, name: str) -> None:
    for method in ("GET", "PUT"):
        answer = desk.ask(method, f"/v1/evidence/{name}", b"x" if method == "PUT" else None, who="EU-BRU", type_=PDF)
        assert (answer.status, answer.body["code"]) == (400, "evidence.malformed")


def test_who_hands_files_in(desk: Door) -> None:
    for who in ("analyst", "auditor", "operator"):
        assert put(desk, content("role"), who=who).body["code"] == "authority.role"
    own = content("secretariat")
    deposit(desk, own, "central", who="secretariat")
    assert put(desk, own, who="secretariat").status == 201
    assert fetch(desk, own, who="auditor").raw == own
    assert fetch(desk, own).status == 404


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "text/html"}, 415, "evidence.media_type"),
        ({"Content-Type": "image/svg+xml"}, 415, "evidence.media_type"),
        ({"Content-Encoding": "gzip"}, 415, "body.encoding"),
        ({"Content-Range": "bytes 0-1/3"}, 400, "http.content_range"),
    ],
)
def test_what_is_not_taken(desk: Door, headers: dict[str, str], status: int, code: str) -> None:
    answer = put(desk, content("type"), **headers)
    assert (answer.status, answer.body["code"]) == (status, code)


def spoken(door: Door, head: str, body: bytes, *, end: bool = False, wait: float = 10) -> bytes:
    """What a server answers to half a request; with `end`, nothing, as it is broken off."""
    host, _, port = door.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=wait) as line:
        token = door.tokens["EU-BRU"]
        line.sendall(
            f"{head}\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {PDF}\r\n\r\n".encode() + body
        )
        return b"" if end else line.recv(65536)


def settled(condition: Any) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_huge_body_is_refused_by_its_length_and_while_it_comes(desk: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    body, before = content("huge", 900_000), stored(desk)
    monkeypatch.setattr(evidence, "MOST_FILE_BYTES", 600_000)
    assert put(desk, body).status == 413
    head = f"PUT /v1/evidence/{digest(body)} HTTP/1.1\r\nTransfer-Encoding: chunked"
    answer = spoken(desk, head, b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    assert b"413" in answer.splitlines()[0]
    assert stored(desk) == before


def test_a_slow_body_is_not_waited_for(desk: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "FIRST_SECONDS", 0.2)
    before = stored(desk)
    answer = spoken(desk, f"PUT /v1/evidence/{'ab' * 32} HTTP/1.1\r\nContent-Length: 100", b"x")
    assert b"408" in answer.splitlines()[0]
    assert stored(desk) == before


def test_a_token_that_ends_meanwhile_hands_nothing_in(desk: Door) -> None:
    made = taken(desk.ask("POST", "/v1/tokens", {"role": "hub", "hub": "EU-BRU"}, who="operator")).body
    body, before = content("revoked"), stored(desk)
    wire = socket.create_connection(("127.0.0.1", int(desk.url.rpartition(":")[2])), timeout=30)
    head = f"PUT /v1/evidence/{digest(body)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf"
    wire.sendall(f"{head}\r\nAuthorization: Bearer {made['token']}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    wire.sendall(body[:1000])
    settled(lambda: desk.engine.evidence._running.total())
    assert desk.ask("DELETE", f"/v1/tokens/{made['id']}", None, who="operator").status == 204
    wire.sendall(body[1000:])
    assert b" 401 " in wire.recv(100)
    wire.close()
    assert stored(desk) == before


def test_of_a_body_that_breaks_off_nothing_is_left(desk: Door) -> None:
    before = stored(desk), keys(desk)
    spoken(desk, f"PUT /v1/evidence/{'ab' * 32} HTTP/1.1\r\nContent-Length: 2000000", b"x" * 1_500_000, end=True)
    settled(lambda: (stored(desk), keys(desk)) == before and not desk.engine.evidence._running.total())


def test_the_disk_is_left_to_the_record(desk: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    body, before = content("full"), stored(desk)
    with monkeypatch.context() as patch:
        patch.setattr(file_store, "RESERVE_BYTES", 2**62)
        assert (put(desk, body).status, put(desk, body).body["code"]) == (507, "evidence.disk_full")
    with monkeypatch.context() as patch:
        patch.setattr(evidence_files, "MOST_WAITING_BYTES", 1000)
        assert put(desk, body).body["code"] == "evidence.quota"
    with monkeypatch.context() as patch:
        patch.setattr(evidence_files, "MOST_OF_ONE", 0)
        assert (put(desk, body).status, put(desk, body).body["code"]) == (503, "evidence.busy")
    assert stored(desk) == before


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, dict[str, bytes]]]:
    """Files that projects of every class name, in which AM-NYC has a share, and one that none does."""
    it = Door(tmp_path_factory.mktemp("projects") / "data")
    taken(it.post(event("hub.designated", "hub:AM-NYC", "AM-NYC", DESIGNATION), who="secretariat"))
    it.tokens["AM-NYC"] = it.another("hub", "AM-NYC")
    for who, scope in {
        "of the hub": {"hubs": ["EU-BRU"]},
        "of the class": {"hubs": ["EU-BRU"], "classes": ["SECURED"]},
        "of all classes": {"hubs": ["EU-BRU"], "classes": ["SECURED", "SENSITIVE"]},
        "without persons": {"hubs": ["EU-BRU"], "classes": ["SECURED", "SENSITIVE"], "withhold_persons": True},
    }.items():
        wish = {"role": "official", "scope": scope}
        it.tokens[who] = taken(it.ask("POST", "/v1/tokens", wish, who="operator")).body["token"]
    files = {}
    for name in ("SECURED", "GENERAL", "UNNAMED", "BOTH"):
        files[name] = kept(it, name)
    named = {"SECURED": ("SECURED", "BOTH"), "GENERAL": ("GENERAL", "BOTH")}
    for class_, names in named.items():
        stream, at = f"project:P-{class_}", "2025-03-03T10:00:00Z"
        proof = " ".join(digest(files[name]) for name in names)
        facts: dict[str, dict[str, Any]] = {
            "proposed": {"title_ko": class_, "fields": ["NST12/AI"]},
            "security_class_assigned": {"security_class": class_, "basis": "x"},
        }
        if class_ == "GENERAL":
            facts["credit_shared"] = {"shares": {"EU-BRU": "0.5", "AM-NYC": "0.5"}}
        for what, data in facts.items():
            taken(it.post(event(f"project.{what}", stream, f"{class_}-{what}", data, time=at, evidence=proof)))
    # What somebody else says of a file neither opens nor closes it.
    foreign = " ".join(map(digest, files.values()))
    taken(
        it.post(
            event("project.proposed", "project:P-X", "x", {"title_ko": "x", "fields": ["NST12/AI"]}, evidence=foreign),
            who="AS-SIN",
        )
    )
    yield it, files
    it.close()


MAY = {
    "SECURED": {"EU-BRU", "of the class", "of all classes"},
    "GENERAL": {"EU-BRU", "AM-NYC", "of the hub", "of the class", "of all classes"},
    "BOTH": {"EU-BRU", "of the class", "of all classes"},
    "UNNAMED": {"EU-BRU", "of all classes"},
}
HOUSE = {"auditor", "secretariat", "operator"}


@pytest.mark.parametrize("name", [*MAY])
def test_a_file_follows_the_projects_that_name_it(projects: tuple[Door, dict[str, bytes]], name: str) -> None:
    door, files = projects
    asked = ("EU-BRU", "AM-NYC", "AS-SIN", "analyst", "of the hub", "of the class", "of all classes", "without persons")
    answers = {who: fetch(door, files[name], who=who) for who in (*asked, *sorted(HOUSE))}
    assert {who for who, it in answers.items() if it.status == 200} == MAY[name] | HOUSE
    assert {it.body["code"] for it in answers.values() if it.status != 200} == {"evidence.none"}


def test_a_class_that_is_assigned_later_closes_a_file_that_was_open(projects: tuple[Door, dict[str, bytes]]) -> None:
    door, _ = projects
    body, at = kept(door, "opened"), "2025-03-03T10:00:00Z"
    said = {"title_ko": "x", "fields": ["NST12/AI"]}
    taken(door.post(event("project.proposed", "project:P-L", "l", said, time=at, evidence=digest(body))))
    assert fetch(door, body, who="of the hub").status == 200
    class_ = {"security_class": "SECURED", "basis": "x"}
    taken(door.post(event("project.security_class_assigned", "project:P-L", "l-2", class_, time=at)))
    assert fetch(door, body, who="of the hub").status == 404
    assert fetch(door, body, who="of the class").status == 200


def test_a_purge_destroys_the_file_and_its_key_and_what_a_backup_brings_back(anywhere: Door, tmp_path: Path) -> None:
    body, other = kept(anywhere, "gone"), kept(anywhere, "stays")
    (key,) = {row["key_id"] for row in rows(anywhere, "evidence_files", "gone")}
    shutil.copytree(anywhere.path / "files", tmp_path / "files")
    shutil.copy(anywhere.path / "vault.db", tmp_path / "vault.db")
    assert purge(anywhere, "gone").status == 201
    assert (key in stored(anywhere), key in keys(anywhere)) == (False, False)
    assert key.encode() not in (anywhere.path / "vault.db").read_bytes()
    for who in ("EU-BRU", "auditor"):
        assert (fetch(anywhere, body, who=who).status, fetch(anywhere, body, who=who).body["code"]) == (
            410,
            "evidence.purged",
        )
    assert fetch(anywhere, body, who="AS-SIN").body["code"] == "evidence.none"
    assert put(anywhere, body).status == 410, "nor does it come back by being handed in"
    anywhere.close()
    shutil.copytree(tmp_path / "files", anywhere.path / "files", dirs_exist_ok=True)
    shutil.copy(tmp_path / "vault.db", anywhere.path / "vault.db")
    it = again(anywhere)
    assert (key in stored(it), key in keys(it)) == (False, False)
    assert fetch(it, body).status == 410
    assert fetch(it, other).raw == other
    deposit(it, body, "gone", time="2026-11-21T09:00:00Z")
    assert put(it, body).status == 410, "the deposit is of before the purge"
    it.close()


def test_deposited_anew_after_a_purge_it_may_be_handed_in_again(desk: Door) -> None:
    body = kept(desk, "anew")
    assert purge(desk, "anew").status == 201
    deposit(desk, body, "anew-2")
    assert put(desk, body).status == 201
    assert fetch(desk, body).raw == body


def test_a_file_of_two_items_goes_with_the_last(desk: Door) -> None:
    body = kept(desk, "one")
    deposit(desk, body, "two")
    assert put(desk, body).body["streams"] == ["evidence:two"]
    assert purge(desk, "one").status == 201
    assert fetch(desk, body).raw == body
    assert purge(desk, "two").status == 201
    assert fetch(desk, body).status == 410


def test_a_hub_purges_a_file_when_its_retention_has_ended_and_the_secretariat_before(desk: Door) -> None:
    body = kept(desk, "old", retention="Y1", time="2024-02-01T00:00:00Z")
    assert purge(desk, "old", who="EU-BRU").status == 201
    assert fetch(desk, body).status == 410
    young = kept(desk, "young", retention="Y1")
    refused = purge(desk, "young", who="EU-BRU")
    assert (refused.status, refused.body["code"]) == (409, "evidence.retained")
    assert refused.body["facts"]["keep_until"] == "2027-12-31"
    assert fetch(desk, young).raw == young
    assert purge(desk, "young").status == 201


def test_nobody_shortens_a_retention_by_a_correction(desk: Door) -> None:
    body = content("long")
    position = deposit(desk, body, "long", retention="Y30", time="2020-01-01T00:00:00Z")
    put(desk, body)
    data = {"sha256": digest(body), "bytes": 1, "media_type": PDF, "custodian": "x", "retention": "Y1"}
    said = {"entry": position, "reason": "CLERICAL", "data": data}
    taken(desk.post(event("entry.corrected", "evidence:long", "shorter", said)))
    assert purge(desk, "long", who="EU-BRU").body["facts"]["keep_until"] == "2050-12-31"


def test_a_purge_is_not_taken_back_and_nobody_says_that_a_file_is_kept(desk: Door) -> None:
    body = kept(desk, "final")
    (file,) = rows(desk, "evidence_files", "final")
    early = purge(desk, "final", time="2026-11-20T10:00:00Z") if file["occurred_at"] > "2026-11-20T10" else None
    assert early is None or early.body["code"] == "evidence.purged_before_kept"
    position = purge(desk, "final").body["position"]
    void = {"entry": position, "reason": "CLERICAL"}
    answer = desk.post(event("entry.voided", "evidence:final", "v", void), who="secretariat")
    assert (answer.status, answer.body["code"]) == (409, "evidence.destroyed")
    for type_, data in (
        ("evidence.kept", {name: file[name] for name in ("sha256", "bytes", "media_type", "key_id", "sealed")}),
        ("entry.voided", {"entry": file["position"], "reason": "CLERICAL"}),
    ):
        answer = desk.post(event(type_, "evidence:final", type_, data), who="operator")
        assert (answer.status, answer.body["code"]) == (403, "authority.type")
    assert fetch(desk, body).status == 410


def test_a_file_that_is_harmed_is_given_to_nobody_and_mended_by_handing_it_in_again(desk: Door) -> None:
    body = kept(desk, "harmed")
    (row,) = rows(desk, "evidence_files", "harmed")
    path = desk.path / "files" / row["key_id"]
    whole = path.read_bytes()
    for harmed, code in (
        (whole[:-1], None),
        (whole[:60] + b"x" + whole[61:], "evidence.harmed"),
        (None, "evidence.missing"),
    ):
        path.unlink() if harmed is None else path.write_bytes(harmed)
        if code is None:  # its first part is whole: the answer begins, and has no end
            with pytest.raises(http.client.IncompleteRead):
                assert fetch(desk, body).raw == body
        else:
            before = desk.engine.journal.position
            assert (fetch(desk, body).status, fetch(desk, body).body["code"]) == (500, code)
            assert desk.engine.journal.position == before, "nobody was given it"
        done = command("verify", "--data", desk.path, "--token", desk.tokens["operator"])
        assert done.returncode == 1
        assert f"{digest(body)} of evidence:harmed is {'missing' if harmed is None else 'harmed'}" in done.output
    assert put(desk, body).status == 201
    assert fetch(desk, body).raw == body
    assert row["key_id"] not in keys(desk)
    done = command("verify", "--data", desk.path, "--token", desk.tokens["operator"])
    assert (done.returncode, "are kept and whole" in done.output) == (0, True)


def test_what_was_cut_short_is_gone_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(tmp_path / "data")
    body = kept(door, "there")
    whole = stored(door)
    cut = content("cut")
    with monkeypatch.context() as patch:  # killed behind the key, before the name: it opens nothing
        patch.setattr(type(door.engine.evidence.store), "_path", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        assert put(door, cut).status >= 500
    assert (len(stored(door)), len(keys(door))) == (1, 2)
    with monkeypatch.context() as patch:  # killed behind the key, before the record says so
        patch.setattr(type(door.engine.evidence), "_claim", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        deposit(door, content("unsaid"), "unsaid")
        assert put(door, content("unsaid")).status >= 500
    (door.path / "files" / f"k-{'0' * 16}{file_store.COMING}").write_bytes(b"half")
    assert fetch(door, content("unsaid")).body["code"] == "evidence.waiting"
    door = again(door)
    assert fetch(door, body).raw == body
    assert fetch(door, cut).body["code"] == "evidence.none"
    settled(lambda: fetch(door, content("unsaid")).raw == content("unsaid"))
    assert len(stored(door)) == len(keys(door)) == len(whole) + 1
    door.close()


def test_an_older_vault_loses_no_file_that_a_newer_one_opens(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    kept(door, "first")
    older, newer = tmp_path / "older.db", tmp_path / "newer.db"
    shutil.copy(door.path / "vault.db", older)
    body = kept(door, "second")
    door.close()
    shutil.copy(door.path / "vault.db", newer)
    shutil.copy(older, door.path / "vault.db")
    door = again(door)
    assert fetch(door, body).body["code"] == "evidence.missing"
    done = command("verify", "--data", door.path, "--token", door.tokens["operator"])
    assert (done.returncode, "without its key in the vault" in done.output) == (1, True)
    door.close()
    shutil.copy(newer, door.path / "vault.db")
    door = again(door)
    assert fetch(door, body).raw == body
    door.close()


@pytest.mark.parametrize("older", ["journal.db log", "journal.db log vault.db", "vault.db"])
def test_what_was_brought_back_by_mistake_has_destroyed_no_file(
    tmp_path: Path, older: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    door = Door(tmp_path / "data", clock=clock)
    kept(door, "first", time="2026-05-20T09:00:00Z")
    door.close()
    shutil.copytree(door.path, tmp_path / "older")
    door = again(door)
    body, waits = kept(door, "second", time="2026-05-20T09:00:00Z"), content("waits")
    assert put(door, waits).status == 202
    door.close()
    shutil.copytree(door.path, tmp_path / "newest")
    bring_back(tmp_path / "older", door.path, older)
    clock.now += timedelta(days=8)  # more than what waits is kept for
    door = again(door)
    on_loop(door, door.engine.evidence._drop_overdue())
    assert fetch(door, body).status >= 400
    door.close()
    assert "older" in caplog.text or "newer vault" in caplog.text
    clock.now -= timedelta(days=8)
    bring_back(tmp_path / "newest", door.path, older)
    door = again(door)
    assert fetch(door, body).raw == body
    if older == "vault.db":  # which knew nothing of it, and so did not destroy it either
        assert fetch(door, waits).body["code"] == "evidence.waiting"
    door.close()


def bring_back(source: Path, data: Path, names: str) -> None:
    for name in names.split():
        for it in data.glob(f"{name}*"):
            shutil.rmtree(it) if it.is_dir() else it.unlink()
        (shutil.copytree if (source / name).is_dir() else shutil.copy)(source / name, data / name)


def test_an_older_record_takes_up_a_file_again_when_its_item_is_posted_again(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    door.close()
    shutil.copytree(door.path, tmp_path / "older")
    door = again(door)
    body = kept(door, "item")
    door.close()
    bring_back(tmp_path / "older", door.path, "journal.db log")
    door = again(door)
    deposit(door, body, "item")
    settled(lambda: fetch(door, body).raw == body)
    door.close()


def test_commands_hand_a_file_in_and_fetch_it(desk: Door, tmp_path: Path) -> None:
    body, file = content("typed", 3_000_000), tmp_path / "contract.pdf"
    file.write_bytes(body)
    place = ("--data", desk.path, "--token", desk.tokens["EU-BRU"])
    words = ("--item", "evidence:typed", "--custodian", "EU-BRU", "--retention", "Y10")
    assert "kept" in command("evidence", "put", file, *words, *place).stdout
    again_ = command("evidence", "put", file, *words, *place)
    assert "deposit duplicate" in again_.stdout or again_.returncode == 1
    got = tmp_path / "got.pdf"
    assert command("evidence", "get", digest(body), "-o", got, "--purpose", "점검", *place).returncode == 0
    assert got.read_bytes() == body
    (access,) = rows(desk, "evidence_accesses", "typed")
    assert access["purpose"] == "점검"
    other = ("--data", desk.path, "--token", desk.tokens["AS-SIN"])
    refused = command("evidence", "get", digest(body), "-o", tmp_path / "none.pdf", *other)
    assert (refused.returncode, [*tmp_path.glob("none*")]) == (1, [])
    unknown = tmp_path / "page.html"
    unknown.write_bytes(b"<p>")
    assert "--type" in command("evidence", "put", unknown, *place).stderr


def test_a_pack_says_what_became_of_each_file(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    for name in ("kept", "lost", "purged"):
        kept(door, name)
    deposit(door, content("none"), "none")
    purge(door, "purged")
    (row,) = rows(door, "evidence_files", "lost")
    os.unlink(door.path / "files" / row["key_id"])
    pack = zipfile.ZipFile(io.BytesIO(door.get("/v1/export/evidence", who="auditor").raw))
    told = csv.DictReader(io.TextIOWrapper(pack.open("evidence_files.csv"), "utf-8-sig", newline=""))
    assert {it["stream"].partition(":")[2]: it["file"] for it in told} == {
        "kept": "kept", "lost": "missing", "purged": "destroyed", "none": "not kept here"
    }  # fmt: skip
    door.close()


def test_a_purge_while_a_file_is_read_ends_the_reading(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    kept(door, "read")
    store = door.engine.evidence.store
    (it,) = store.keys.all()
    parts = store.opened(it)
    next(parts)
    assert purge(door, "read").status == 201
    with contextlib.closing(parts), pytest.raises(FileHarmed):
        next(parts)
    door.close()
