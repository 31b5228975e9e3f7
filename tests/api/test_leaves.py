"""What the sealed log says of an event: of a record founded now its digest, of an older one what it always did."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from journal.log import keys
from journal.log.checkpoint import Checkpoint
from journal.log.note import SigningKey
from journal.log.sealer import SealFolder
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.trusted_clock import now
from replay.audit import sealed
from replay.pack.verifier import verify
from tests.api.door import Answer, Door, event, opened
from tests.before.records import answers, placed
from tests.journal.acts import designate

DIGEST = re.compile(r"[0-9a-f]{64}\n")


def lines(door: Door) -> list[bytes]:
    """The log entries, as anybody reads them."""
    size = Checkpoint.opened(public(door, "checkpoint").raw, keys.verifier_keys(door.path))[0].size
    assert size < 256
    bundle, found = public(door, f"tile/entries/000.p/{size}").raw, []
    while bundle:
        end = 2 + int.from_bytes(bundle[:2], "big")
        found.append(bundle[2:end])
        bundle = bundle[end:]
    return found


def public(door: Door, path: str) -> Answer:
    return door.ask("GET", f"/v1/log/{path}", None, who=None)


def verified(door: Door) -> list[str]:
    with Journal.at(door.database or door.path / "journal.db") as journal:
        found = sealed.check_seal(journal.entries, SealFolder(door.path / "log"), keys.verifier_keys(door.path))
    return [it.what for it in found.differences]


def test_the_log_of_a_new_record_names_no_stream_no_type_and_nobody(door: Door) -> None:
    position = door.post(opened("case:kim-cheolsu", "kim")).body["position"]
    assert public(door, f"checkpoint?position={position}").status == 200
    found = lines(door)
    assert len(found) >= position
    assert all(DIGEST.fullmatch(it.decode()) for it in found)
    for path in (f"proof?position={position}", f"proof?position={position}&format=tlog-proof"):
        assert b"kim" not in public(door, path).raw
    assert verified(door) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_older_record_keeps_the_leaves_that_it_has(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("database") if kind == "postgres" else None
    folder, url = placed(kind, "sound", tmp_path / "data", database)
    was = answers()["sound"]
    door = Door(folder, url)
    try:
        door.tokens = dict(was["tokens"])
        position = door.post(opened("case:later", "later")).body["position"]
        assert public(door, f"checkpoint?position={position}").status == 200
        assert lines(door)[-1].decode().splitlines()[:3] == ["case:later", "1", "case.opened"]
        kept = tmp_path / "kept"
        kept.write_text(was["checkpoint"], encoding="utf-8")
        said: list[str] = []
        asked = verify.arguments(
            ["--url", door.url, "--key", *map(str, keys.verifier_keys(folder)), "--earlier", str(kept)]
        )
        assert verify.run(verify.Check(asked, said.append), door.tokens["auditor"]) == 0, said
        assert any("are those of the earlier checkpoint" in it for it in said)
    finally:
        door.close()
    assert verified(door) == []


def test_a_record_begun_without_a_server_keeps_stream_version_and_type_when_one_comes(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with Journal.at(tmp_path / "data/journal.db", write=True) as journal:
        Admission(journal).record([designate("EU-BRU")], now())
    door = Door(tmp_path / "data")
    assert public(door, "checkpoint?position=2").status == 200
    assert [len(it.splitlines()) for it in lines(door)] == [4, 4]
    door.close()
    assert verified(door) == []


def test_what_leaves_are_made_of_is_not_changed_afterwards(door: Door) -> None:
    (held,) = keys.verifier_keys(door.path)
    other = SigningKey.generate("example.kr/other").verifier
    act = {"verifier": str(other), "replaces": str(held), "leaf": "digest"}
    answer = door.post(event("seal.key_adopted", "seal:key", "again", act, time=None), who="operator")
    assert (answer.status, answer.body["code"]) == (422, "seal.leaf_fixed")


def test_a_token_that_does_not_read_everything_does_not_make_a_record_look_wrong(door: Door) -> None:
    found = {"title_ko": "x"}
    door.post(event("project.proposed", "project:1", "1", found))
    door.post(event("project.security_class_assigned", "project:1", "2", {"security_class": "SECURED", "basis": "b"}))
    asked = verify.arguments(["--url", door.url, "--key", *map(str, keys.verifier_keys(door.path))])
    assert public(door, f"checkpoint?position={door.get('/readyz').body['position']}").status == 200
    said: list[str] = []
    assert verify.run(verify.Check(asked, said.append), door.tokens["AS-SIN"]) == 2
    assert "not for this token" in said[-1]
    assert verify.run(verify.Check(asked, said.append), door.tokens["auditor"]) == 0
