"""Tokens have names, scopes, an end and a last use; they are rotated and revoked, and the record says so."""

from __future__ import annotations

import http.client
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from api.server.last_use import LastUse, read_last_use
from tests.api.door import DESIGNATION, Clock, Door, event, opened
from tests.api.half_year import HalfYear, taken
from tests.commands import command
from tests.test_sagwan import sagwan


def listed(door: Door) -> dict[str, Any]:
    return {it["id"]: it for it in door.get("/v1/tokens", who="operator").body["tokens"]}


def issued(door: Door, **wish: Any) -> Any:
    return taken(door.ask("POST", "/v1/tokens", wish, who="operator")).body


def test_a_token_opens_nothing_from_its_end_on(door: Door, clock: Clock) -> None:
    ends = clock.now + timedelta(hours=1)
    made = issued(door, role="analyst", label="until noon", expires_at=ends.isoformat())
    assert made["expires_at"] == ends.isoformat().replace("+00:00", "Z")
    assert door.get("/v1/views", who=made["token"]).status == 200
    assert listed(door)[made["id"]]["status"] == "issued"
    clock.now = ends - timedelta(seconds=1)
    assert door.get("/v1/views", who=made["token"]).status == 200
    clock.now = ends
    assert door.get("/v1/views", who=made["token"]).body["code"] == "token.invalid"
    assert listed(door)[made["id"]]["status"] == "expired"


def test_a_feed_ends_when_its_token_does(door: Door, clock: Clock) -> None:
    made = issued(door, role="analyst", expires_at=(clock.now + timedelta(hours=1)).isoformat())
    connection = http.client.HTTPConnection(door.url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/v1/events/live?after=0", headers={"Authorization": f"Bearer {made['token']}"})
    answer, said = connection.getresponse(), bytearray()
    while b"event: credential.issued" not in said:
        said += answer.read1(65536)
    clock.now += timedelta(hours=2)
    threading.Timer(0.5, lambda: door.post(event("case.opened", "case:1", "1", {"topic": "visa"}))).start()
    said += answer.read()
    assert b"event: ended" in said
    assert b"token.invalid" in said


def test_a_day_is_taken_to_its_end_in_seoul_and_what_is_no_time_is_refused(door: Door) -> None:
    assert issued(door, role="analyst", expires_at="2099-12-31")["expires_at"] == "2099-12-31T14:59:59.999999Z"
    edges = "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"
    for wrong in ("tomorrow", "2099-13-01", "2099-12-31T00:00:00", "", *edges):
        answer = door.ask("POST", "/v1/tokens", {"role": "analyst", "expires_at": wrong}, who="operator")
        assert (answer.status, answer.body["code"]) == (400, "token.wish"), wrong
        assert "2027-12-31" in answer.body["detail"]
    past = door.ask("POST", "/v1/tokens", {"role": "analyst", "expires_at": "2020-01-01"}, who="operator")
    assert (past.status, past.body["code"]) == (422, "credential.expiry")


def test_a_rotated_credential_has_another_token_and_all_else_as_it_was(door: Door, clock: Clock) -> None:
    scope = {"hubs": ["EU-BRU"], "classes": ["SECURED"]}
    ends = (clock.now + timedelta(days=1)).isoformat()
    old = issued(door, role="official", scope=scope, label="desk of MSIT", expires_at=ends)
    edge = {"expires_at": "9999-12-31T23:59:59-14:00"}
    assert door.ask("POST", f"/v1/tokens/{old['id']}/rotation", edge, who="operator").status == 400
    assert door.get("/v1/views", who=old["token"]).status == 200
    new = taken(door.ask("POST", f"/v1/tokens/{old['id']}/rotation", None, who="operator")).body
    assert (new["id"], new["role"], new["expires_at"]) == (old["id"], "official", old["expires_at"])
    assert (door.get("/v1/views", who=old["token"]).status, door.get("/v1/views", who=new["token"]).status) == (
        401,
        200,
    )
    line = listed(door)[old["id"]]
    assert (line["label"], line["scope"], line["status"]) == ("desk of MSIT", scope, "issued")
    later = (clock.now + timedelta(days=9)).isoformat()
    longer = door.ask("POST", f"/v1/tokens/{old['id']}/rotation", {"expires_at": later}, who="operator").body
    clock.now += timedelta(days=2)
    assert door.get("/v1/views", who=longer["token"]).status == 200
    types = [it["entry"]["fact"]["type"] for it in door.get(f"/v1/streams/credential:{old['id']}").body["history"]]
    assert types == ["credential.issued", "credential.rotated", "credential.rotated"]
    door.ask("DELETE", f"/v1/tokens/{old['id']}", None, who="operator")
    assert door.get("/v1/views", who=longer["token"]).status == 401
    gone = door.ask("POST", f"/v1/tokens/{old['id']}/rotation", None, who="operator")
    assert (gone.status, gone.body["code"]) == (422, "credential.out_of_turn")
    assert door.ask("POST", "/v1/tokens/c-none/rotation", None, who="operator").status == 404
    assert door.ask("POST", f"/v1/tokens/{old['id']}/rotation", None, who="auditor").status == 403


def test_what_no_scope_says_is_refused_with_the_nearest_word(door: Door) -> None:
    for scope, says in (
        ({"ministries": ["MSITT"]}, "MSIT"),
        ({"regions": ["EUROP"]}, "regions"),
        ({"classes": ["GENERAL"]}, "classes"),
        ({"ministry": ["MSIT"]}, "did you mean ministries?"),
        ({}, "name one"),
    ):
        answer = door.ask("POST", "/v1/tokens", {"role": "official", "scope": scope}, who="operator")
        assert answer.status in (400, 422), scope
        assert says in answer.body["detail"], answer.body


def test_a_refusal_names_the_field_where_the_request_has_it(door: Door) -> None:
    for wish, path in (
        ({"role": "analyst", "scope": {"hubs": ["EU-BRU"]}}, "$.scope"),
        ({"role": "official", "scope": {"ministries": ["MSITT"]}}, "$.scope"),
        ({"role": "hub", "hub": "EU BRU"}, "$.hub"),
        ({"role": "analyst", "expires_at": "2020-01-01"}, "$.expires_at"),
        ({"role": "analyst", "person": "p-0123456789abcdef01234567"}, "$.person"),
        ({"role": "analyst", "label": "kim@msit.example.kr"}, "$.label"),
    ):
        answer = door.ask("POST", "/v1/tokens", wish, who="operator")
        assert answer.body["facts"]["path"] == path, answer.body
        assert "$.data" not in answer.body["detail"]


def test_a_hub_that_the_record_does_not_have_is_told_with_the_nearest_and_not_refused(door: Door) -> None:
    scope = {"hubs": ["EU-BRX", "EU-BRU", "ZZ"]}
    assert issued(door, role="official", scope=scope)["unknown_hubs"] == {"EU-BRX": ["EU-BRU"], "ZZ": []}
    made = issued(door, role="hub", hub="AF-NBO")
    assert made["unknown_hubs"] == {"AF-NBO": []}
    designation = event("hub.designated", "hub:AF-NBO", "d", DESIGNATION)
    assert door.post(designation, who="secretariat").status == 201
    assert door.post(opened("case:AF-1", "1"), who=made["token"]).status == 201
    assert "unknown_hubs" not in issued(door, role="hub", hub="AF-NBO")


def test_when_a_token_was_last_used_is_told_and_kept_beside_the_record(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    made = issued(door, role="analyst", label="dashboard")
    assert listed(door)[made["id"]]["last_used"] is None
    before = door.get("/readyz").body["position"]
    assert door.get("/v1/views", who=made["token"]).status == 200
    told = datetime.fromisoformat(listed(door)[made["id"]]["last_used"])
    assert timedelta(0) <= datetime.now(UTC) - told < timedelta(minutes=2)
    assert door.get("/readyz").body["position"] == before
    door.close()
    assert read_last_use(tmp_path / "data")[made["id"]] == told
    assert (tmp_path / "data" / "last-use.json").stat().st_mode & 0o077 == 0
    shown = sagwan("token", "list", "--data", str(tmp_path / "data"))
    (line,) = (it for it in shown.splitlines() if "dashboard" in it)
    assert str(told.year) in line
    again = Door(tmp_path / "data")
    assert again.operator is None
    assert again.engine.last_use.shown()[made["id"]] == told
    again.close()


def test_a_file_of_last_use_that_does_not_read_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "last-use.json").write_bytes(b"half a fi")
    it = LastUse(tmp_path, lambda: datetime.now(UTC))
    assert it.shown() == {}
    it.note("c-1")
    it.keep()
    assert [*read_last_use(tmp_path)] == ["c-1"]


def test_two_tokens_of_one_person_are_one_to_who_needs_four_eyes(door: Door) -> None:
    keeper = issued(door, role="secretariat", persons="all")["token"]
    person = taken(door.ask("POST", "/v1/persons", {"name_ko": "김하나"}, who=keeper)).body["pseudonym"]
    one, two = (issued(door, role="secretariat", person=person)["token"] for _ in range(2))
    half = HalfYear(door)
    taken(half.open())
    taken(half.cut())
    finding = "finding:2025S1-EU-BRU-1"
    found = dict.fromkeys(("criteria", "condition", "cause", "effect"), "기한 경과") | {"severity": "LOW"}
    position = taken(half.act("finding.raised", finding, found, who=one)).body["position"]
    entry = door.get(f"/v1/events/{position}", who="auditor").body["entry"]
    assert (entry["actor"], entry["role"]) == (person, "secretariat")
    taken(half.act("finding.response_received", finding, {"text": "조치 예정", "agrees": True}, who="EU-BRU"))
    agreed = {"action": "교육", "due_on": "2099-01-01", "owner": person}
    taken(half.act("finding.action_agreed", finding, agreed, who=one))
    taken(half.act("finding.action_reported", finding, {"text": "완료"}, who="EU-BRU"))
    verified = half.act("finding.action_verified", finding, {}, who=two)
    assert (verified.status, verified.body["code"]) == (422, "finding.self_verified")
    taken(half.act("finding.action_verified", finding, {}, who="verifier"))
    nobody = door.ask("POST", "/v1/tokens", {"role": "auditor", "person": "p-nobody"}, who="operator")
    assert (nobody.status, nobody.body["code"]) == (422, "credential.person")


def test_a_long_answer_of_one_token_of_a_person_is_not_fetched_by_another(door: Door) -> None:
    keeper = issued(door, role="secretariat", persons="all")["token"]
    person = taken(door.ask("POST", "/v1/persons", {"name_ko": "김하나"}, who=keeper)).body["pseudonym"]
    wide = issued(door, role="auditor", person=person)["token"]
    narrow = issued(door, role="analyst", person=person)["token"]
    begun = door.get("/v1/export/evidence", who=wide, Prefer="respond-async")
    assert begun.status == 202
    assert door.get(begun.headers["Location"], who=wide).status == 200
    assert door.get(begun.headers["Location"], who=narrow).status == 404
    assert door.get("/v1/work", who=narrow).body["work"] == []


def test_scopes_ends_and_rotation_are_said_in_the_terminal_too(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    words = ["--ministry", "MSIT", "--region", "ASIA", "--class", "SENSITIVE", "--withhold-persons"]
    words += ["--reads-hub", "EU-BRU", "--reads-hub", "EU-BRX", "--expires", "2099-12-31", "--label", "ministry"]
    made = command("token", "issue", "official", *words, "--data", door.path, token=door.operator)
    token = made.stdout.strip()
    assert f"{door.url}/sign-in/once/" in made.stderr, "a link, for a person, beside what programs read"
    assert "EU-BRX: the record has no such hub; did you mean EU-BRU?" in made.stderr
    (line,) = (it for it in listed(door).values() if it["label"] == "ministry")
    assert line["scope"] == {
        "hubs": ["EU-BRU", "EU-BRX"],
        "ministries": ["MSIT"],
        "regions": ["ASIA"],
        "classes": ["SENSITIVE"],
        "withhold_persons": True,
    }
    assert line["expires_at"] == "2099-12-31T14:59:59.999999Z"
    rotate = ["token", "rotate", line["id"], "--data", str(door.path)]
    turned = command(*rotate, token=door.operator).stdout.strip()
    assert (door.get("/v1/views", who=token).status, door.get("/v1/views", who=turned).status) == (401, 200)
    door.close()
    offline = sagwan(*rotate, "--expires", "2098-12-31").strip()
    shown = sagwan("token", "list", "--data", str(door.path))
    assert "EU-BRU, EU-BRX, MSIT, ASIA, SENSITIVE, no persons" in shown
    again = Door(tmp_path / "data")
    assert (again.get("/v1/views", who=turned).status, again.get("/v1/views", who=offline).status) == (401, 200)
    again.close()
