"""How somebody wants to be recorded: under a key, at a version, all or nothing, with a short answer; and how much."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.server import quotas
from api.server.quotas import Limits, Quotas
from journal.log.sealer import NotAsSigned
from journal.store import writer
from tests.api.door import BATCH, SINGLE, Answer, Door, event, opened
from tests.api.test_content_modes import binary
from tests.api.test_crash import Server

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("terms") / "data")

    yield it
    it.close()


def send(door: Door, body: Any, path: str = "/v1/events", who: str = "EU-BRU", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    type_ = BATCH if isinstance(body, list) else SINGLE if path.startswith("/v1/events") else "application/json"
    return door.ask("POST", path, body, who=who, headers=named, type_=type_)


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["code"]


def test_a_key_is_the_id_of_an_event_without_one(steady: Door) -> None:
    without = opened("case:key", "", id=None)
    first = send(steady, without, Idempotency_Key=f'"{KEY}"')
    assert first.status == 201
    assert steady.get(f"/v1/events/{first.body['position']}").body["entry"]["id"] == KEY
    again = send(steady, without, Idempotency_Key=KEY)
    assert (again.status, again.body["position"]) == (200, first.body["position"])
    other = send(steady, opened("case:key", "", topic="tax", id=None), Idempotency_Key=KEY)
    assert told(other) == (422, "identity.reused")
    assert binary(steady, "", subject="case:key", Idempotency_Key=KEY).status == 400


def test_a_key_in_headers_is_the_id_of_an_event_in_headers(steady: Door) -> None:
    headers = {"ce-specversion": "1.0", "ce-source": "test", "ce-type": "case.opened", "ce-subject": "case:1"}
    headers |= {"ce-time": "2025-03-03T10:00:00Z", "Idempotency-Key": '"binary"'}
    answer = steady.ask("POST", "/v1/events", {"topic": "visa"}, who="EU-BRU", headers=headers)
    assert steady.get(f"/v1/events/{answer.body['position']}").body["entry"]["id"] == "binary"
    assert told(steady.ask("POST", "/v1/events", {"topic": "x"}, who="EU-BRU", headers=headers | {"ce-id": "a"})) == (
        422,
        "http.idempotency_key",
    )


NO_UTF8 = b'{"specversion":"1.0","source":"test","id":"a\xf9","type":"case.opened","subject":"case:1","data":{}}'


def test_what_is_no_utf8_is_told_so_whatever_the_headers_say_of_it(steady: Door) -> None:
    key, attribute = {"Idempotency-Key": '"1"'}, {"ce-specversion": "1.0", "ce-id": "a"}
    for headers, status in ((key, 422), (attribute, 400), (key | attribute, 400), ({}, 400)):
        answer = steady.ask("POST", "/v1/events", NO_UTF8, who="EU-BRU", type_=SINGLE, headers=headers)
        assert answer.status == status, headers
    for body in (b'{"valid_cutoff":"\xf9"}', b'{"\xf9":1}', b'"\xf9"'):
        assert steady.ask("POST", "/v1/editions/2025S1", body, who="secretariat").status == 400, body
    for path, who in (("/v1/tokens", "operator"), ("/v1/persons", "EU-BRU"), ("/v1/persons/resolve", "EU-BRU")):
        assert steady.ask("POST", path, b'{"role":"\xf9","references":["\xf9"]}', who=who).status == 400, path


def test_a_key_agrees_with_an_id_or_is_refused(steady: Door) -> None:
    assert send(steady, opened("case:key", "own"), Idempotency_Key='"own"').status == 201
    assert told(send(steady, opened("case:key", "own"), Idempotency_Key='"other"')) == (422, "http.idempotency_key")
    assert told(send(steady, [opened("case:key", "own")], Idempotency_Key='"own"')) == (400, "http.idempotency_key")
    for wrong in ('""', '"a', "a b", '"' + "x" * 257 + '"'):
        assert told(send(steady, opened("case:key", "own"), Idempotency_Key=wrong)) == (400, "http.idempotency_key")


def test_a_token_is_issued_once_under_a_key(steady: Door) -> None:
    def issue(role: str = "analyst") -> Answer:
        return send(steady, {"role": role}, "/v1/tokens", "operator", Idempotency_Key='"issue"')

    before = len(steady.get("/v1/tokens", who="operator").body["tokens"])
    first, again = issue(), issue()
    assert (first.status, told(again)) == (201, (409, "token.issued"))
    assert again.body["facts"]["id"] == first.body["id"]
    assert told(issue("auditor")) == (422, "identity.reused")
    assert len(steady.get("/v1/tokens", who="operator").body["tokens"]) == before + 1
    rotation = f"/v1/tokens/{first.body['id']}/rotation"
    rotated = [send(steady, {}, rotation, "operator", Idempotency_Key='"turn"') for _ in range(2)]
    assert (rotated[0].status, told(rotated[1])) == (201, (409, "token.issued"))
    assert steady.get("/v1/views", who=rotated[0].body["token"]).status == 200


def test_a_person_is_taken_in_once_under_a_key(steady: Door) -> None:
    def add(name: str = "김철수") -> Answer:
        return send(steady, {"name_ko": name}, "/v1/persons", Idempotency_Key='"person"')

    first, again = add(), add()
    assert (first.status, again.status) == (201, 200)
    assert first.body["pseudonym"] == again.body["pseudonym"]
    assert told(add("이영희")) == (422, "identity.reused")
    consents = f"/v1/persons/{first.body['pseudonym']}/consents"
    consent = {"purpose": "visa", "cross_border": True, "countries": ["BE"]}
    given = [send(steady, consent, consents, Idempotency_Key='"consent"') for _ in range(2)]
    assert [it.status for it in given] == [201, 200]
    assert given[0].body == given[1].body


@pytest.mark.parametrize("name", ["Idempotency-Key", "If-Match", "If-None-Match", "If-Unmodified-Since"])
def test_a_condition_that_a_path_does_not_go_by_is_refused(steady: Door, name: str) -> None:
    for method, path in (("POST", "/v1/events/known"), ("POST", "/v1/mirror/rebuild"), ("DELETE", "/v1/tokens/c-1")):
        answer = steady.ask(method, path, None, who="operator", headers={name: '"1"'})
        assert (*told(answer), answer.body["facts"]["header"]) == (400, "http.condition", name)
    if name != "If-None-Match":
        assert told(steady.get("/v1/events", **{name: '"1"'})) == (400, "http.condition")
    if name == "If-Unmodified-Since":
        assert told(send(steady, opened("case:1", "1"), If_Unmodified_Since="x")) == (400, "http.condition")


def test_an_entry_is_recorded_at_the_version_that_its_poster_looked_at(steady: Door) -> None:
    first = send(steady, opened("case:version", "v-1"), If_None_Match="*")
    assert first.status == 201
    refused = send(steady, opened("case:version", "v-2"), If_None_Match="*")
    assert (*told(refused), refused.body["facts"]["version"]) == (412, "stream.version", 1)
    assert told(send(steady, opened("case:version", "v-2"), If_Match='"2"')) == (412, "stream.version")
    assert told(send(steady, opened("case:nowhere", "v-2"), If_Match="*")) == (412, "stream.version")
    second = send(steady, opened("case:version", "v-2"), If_Match='"7", "1"')
    assert (second.status, second.body["version"]) == (201, 2)
    assert send(steady, opened("case:version", "v-2"), If_Match='"1"').status == 200, "the same again is no conflict"
    assert send(steady, opened("case:version", "v-3"), If_Match="*").status == 201


def test_what_is_no_version_is_refused(steady: Door) -> None:
    tag = steady.get("/v1/streams/hub:EU-BRU").headers["ETag"]
    for headers in (
        {"If_Match": tag},
        {"If_Match": "1"},
        {"If_None_Match": '"1"'},
        {"If_Match": "*", "If_None_Match": "*"},
    ):
        assert told(send(steady, opened("case:1", "no"), **headers)) == (400, "http.if_match")
    assert told(send(steady, [opened("case:1", "no")], If_Match='"1"')) == (400, "http.if_match")


def test_of_many_who_looked_at_one_version_one_is_recorded(steady: Door) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda n: send(steady, opened("case:race", f"race-{n}"), If_None_Match="*").status, range(8))
    assert sorted(answers) == [201, *[412] * 7]


def test_acts_are_taken_all_or_none(steady: Door) -> None:
    def calendar(n: int, key: str) -> dict[str, Any]:
        data = {"version": n, "tz": "Asia/Seoul", "weekly_open": [], "source": "x"}
        data |= {"covers_from": "2025-01-01", "covers_until": "2025-12-31"}
        return event("calendar.published", f"calendar:{key}", f"{key}-{n}", data, time=None)

    def whole(events: list[Any], **headers: str) -> Answer:
        return send(steady, events, "/v1/events?atomic=true", "secretariat", **headers)

    before = steady.get("/readyz").body["position"]
    some = whole([calendar(1, "KR"), calendar(3, "KR"), calendar(1, "BE")])
    assert (some.status, some.body["recorded"], some.body["refused"]) == (422, 0, 3)
    codes = [it["problem"]["code"] for it in some.body["results"]]
    assert codes.count("batch.not_whole") == 2
    assert steady.get("/readyz").body["position"] == before
    unread = whole([calendar(1, "KR"), {}])
    assert [it["problem"]["code"] for it in unread.body["results"]] == ["batch.not_whole", "event.invalid"]
    good = [calendar(1, "KR"), calendar(2, "KR")]
    assert told_codes(whole(good, If_Match='"1"')) == ["stream.version"] * 2
    assert whole(good, If_None_Match="*").body["recorded"] == 2
    assert whole(good, If_None_Match="*").body["duplicates"] == 2
    assert told_codes(whole([calendar(3, "KR"), calendar(1, "DE")], If_Match='"2"'))[1] == "stream.version"
    assert steady.get("/readyz").body["position"] == before + 2


def told_codes(answer: Answer) -> list[str]:
    return [it["problem"]["code"] for it in answer.body["results"]]


def test_facts_are_never_refused_for_others(steady: Door) -> None:
    facts = [opened("case:whole", "whole-1"), opened("case:whole", "whole-2")]
    answer = send(steady, facts, "/v1/events?atomic=true")
    assert set(told_codes(answer)) == {"batch.facts_stand_alone"}
    assert told(send(steady, facts[0], "/v1/events?atomic=true")) == (400, "query.invalid")
    assert told(send(steady, facts, "/v1/events?atomic=yes")) == (400, "query.invalid")


def test_little_is_answered_where_little_is_preferred(steady: Door) -> None:
    one = send(steady, opened("case:min", "min-1", traceparent="00"), Prefer='return="minimal"')
    assert (one.status, one.raw, one.headers["Preference-Applied"]) == (201, b"", "return=minimal")
    assert one.headers["Location"] == f"/v1/events/{one.headers['Sagwan-Position']}"
    assert one.headers["Sagwan-Not-Kept"] == "traceparent"
    batch = [opened("case:min", "min-1", traceparent="00"), {}, opened("case:min", "min-2", traceparent="00")]
    many = send(steady, batch, Prefer="foo, return=minimal")
    assert (many.status, many.headers["Preference-Applied"]) == (207, "return=minimal")
    assert [it["index"] for it in many.body.pop("results")] == [1]
    assert many.body == {"recorded": 1, "duplicates": 1, "refused": 1, "not_kept": {"traceparent": 2}}
    assert "Preference-Applied" not in send(steady, batch, Prefer="return=representation").headers


@pytest.fixture
def limited(steady: Door) -> Iterator[Door]:
    yield steady
    steady.engine.quotas = Quotas()


def limit(door: Door, **limits: int) -> list[float]:
    """Quotas anew, by a clock that a test sets on."""
    clock = [0.0]
    door.engine.quotas = Quotas(Limits(**limits), lambda: clock[0])
    return clock


def test_a_token_that_posted_its_quota_waits_and_others_do_not(limited: Door) -> None:
    clock = limit(limited, requests=4, content_bytes=0)
    answers = [send(limited, opened("case:quota", f"quota-{n}")) for n in range(4)]
    assert [it.status for it in answers] == [201] * 4
    assert ["RateLimit" in it.headers for it in answers] == [False, False, True, True]
    assert answers[2].headers["RateLimit"] == '"requests";r=1;t=45'
    assert answers[3].headers["RateLimit"] == '"requests";r=0;t=60'
    over = send(limited, opened("case:quota", "quota-5"))
    assert told(over) == (429, "quota.used_up")
    assert over.headers["Retry-After"] == "15"
    assert over.headers["RateLimit-Policy"] == '"requests";q=4;w=60'
    assert over.headers["RateLimit"] == '"requests";r=0;t=60'
    assert send(limited, opened("case:quota", "quota-s"), who="AS-SIN").status != 429
    clock[0] += 15
    assert send(limited, opened("case:quota", "quota-5")).status == 201


def test_what_is_left_is_told_with_a_refusal_too(limited: Door) -> None:
    limit(limited, requests=4, content_bytes=0)
    wrong = [send(limited, {"specversion": "1.0"}) for _ in range(3)]
    assert [it.status for it in wrong] == [400] * 3
    assert ["RateLimit" in it.headers for it in wrong] == [False, False, True]


def test_the_quota_of_a_server_is_its_operators_to_set(tmp_path: Path) -> None:
    server = Server(tmp_path, "--requests-a-minute", "2")
    token = server.founded()
    answers = [server.ask("POST", "/v1/events", opened("case:set", f"set-{n}"), token)[0] for n in range(3)]
    server.stop()
    assert answers == [201, 201, 429]


def test_bytes_are_counted_as_they_are_unpacked_and_a_body_is_refused_before_it_is_read(limited: Door) -> None:
    limit(limited, requests=0, content_bytes=1000)
    batch = [opened("case:quota", f"bytes-{n}") for n in range(50)]
    assert send(limited, batch).status == 201
    over = send(limited, b"not even read", Content_Encoding="gzip")
    assert told(over) == (429, "quota.used_up")
    assert over.headers["RateLimit-Policy"] == '"content";q=1000;qu="content-bytes";w=60'


def test_what_is_posted_at_once_is_bounded_before_memory_grows(limited: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(limited)
    monkeypatch.setattr(quotas, "MOST_HELD_BYTES", 10_000)
    batch = [opened("case:held", f"held-{n}") for n in range(100)]
    busy = send(limited, batch)
    assert told(busy) == (503, "record.overloaded")
    assert int(busy.headers["Retry-After"]) > 0
    monkeypatch.setattr(quotas, "MOST_HELD_OF_ONE", 10_000)
    own = send(limited, batch)
    assert (*told(own), own.headers["Retry-After"]) == (429, "quota.at_once", "1")
    assert limited.engine.quotas.held == 0
    assert send(limited, batch[:10]).status == 201


def test_an_overloaded_record_says_when_to_come_back(limited: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WAITING", -1)
    answer = send(limited, opened("case:full", "full"))
    assert (*told(answer), answer.headers["Retry-After"]) == (503, "record.overloaded", "2")


def test_what_no_waiting_mends_says_no_time(limited: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited.engine.sealer, "alarm", NotAsSigned("entry", position=1))
    answer = send(limited, opened("case:full", "full"))
    assert told(answer) == (503, "record.not_as_signed")
    assert "Retry-After" not in answer.headers
