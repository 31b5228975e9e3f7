"""One token, one body or one query never stops what others do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import body, cloudevents
from api.problems import Problem
from api.server.bounded_threads import AT_ONCE, WAITING
from domain.nearest import COMPARED
from domain.registry import TYPES
from projections.mirror import adhoc, spill
from tests.api.door import BATCH, SINGLE, Door, event, opened

ITSELF = "SELECT count(*) AS position FROM " + ", ".join(f"event {it}" for it in "abcdefghijklmno")
"""A query that would not end."""


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("work") / "data")
    yield it
    it.close()


def sample(door: Door, population: str, who: str = "auditor"):
    return door.get(f"/v1/sample?seed=1&population={quote(population)}", who=who)


def test_a_query_ends_after_its_time_and_says_how_to_ask(steady, monkeypatch):
    monkeypatch.setattr(adhoc, "SECONDS", 0.5)
    answer = sample(steady, ITSELF)
    assert (answer.status, answer.body["code"]) == (422, "query.too_long")
    assert "fewer entries" in answer.body["detail"]


def test_eight_heavy_queries_leave_everybody_else_answered(steady, monkeypatch):
    monkeypatch.setattr(adhoc, "SECONDS", 3.0)
    askers = [steady.another("auditor") for _ in range(8)]
    answers = []
    threads = [threading.Thread(target=lambda who=who: answers.append(sample(steady, ITSELF, who))) for who in askers]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    begun = time.monotonic()
    assert steady.get("/v1/views/cases").status == 200
    assert steady.post(opened("case:meanwhile", "meanwhile")).status == 201
    assert time.monotonic() - begun < 10
    for thread in threads:
        thread.join()
    assert {it.body["code"] for it in answers} <= {"query.too_long", "query.busy"}


def test_a_credential_has_one_query_at_a_time(steady, monkeypatch):
    monkeypatch.setattr(adhoc, "SECONDS", 2.0)
    thread = threading.Thread(target=sample, args=(steady, ITSELF))
    thread.start()
    while not steady.engine.adhoc_queries.running:
        time.sleep(0.05)
    answer = sample(steady, "SELECT position FROM event")
    assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (503, "query.busy", "2")
    thread.join()


def test_long_answers_wait_for_each_other_and_nobody_else_for_them(steady):
    go_on = threading.Event()
    engine = steady.engine
    for who in range(AT_ONCE + WAITING):
        waiting = engine.long_reads.run(f"c-{who}", lambda _: go_on.wait(30))
        asyncio.run_coroutine_threadsafe(waiting, engine._loop)
    try:
        assert steady.get("/v1/views/hub_performance").status == 200
        busy = steady.get("/v1/diff?a=1&b=2", who="auditor")
        assert (busy.status, busy.body["code"]) == (503, "read.busy")
        assert int(busy.headers["Retry-After"]) == busy.body["facts"]["retry_after"] == (AT_ONCE + WAITING) / AT_ONCE
    finally:
        go_on.set()
    until = time.monotonic() + 10
    while engine.long_reads.running and time.monotonic() < until:
        time.sleep(0.05)
    assert steady.get("/v1/diff?a=1&b=2", who="auditor").status == 200


def test_a_query_ends_with_who_asked(steady):
    host, port = steady.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as asker:
        asker.sendall(
            f"GET /v1/sample?seed=1&population={quote(ITSELF)} HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {steady.tokens['auditor']}\r\n\r\n".encode()
        )
        time.sleep(0.5)
        assert steady.engine.adhoc_queries.running
    until = time.monotonic() + 5
    while steady.engine.adhoc_queries.running and time.monotonic() < until:
        time.sleep(0.05)
    assert not steady.engine.adhoc_queries.running


def test_a_server_ends_within_seconds_while_a_query_runs(tmp_path):
    door = Door(tmp_path / "data")

    def asked() -> None:
        with contextlib.suppress(OSError, HTTPException):
            sample(door, ITSELF)

    thread = threading.Thread(target=asked)
    thread.start()
    time.sleep(0.5)
    begun = time.monotonic()
    door.close()
    assert time.monotonic() - begun < 8
    thread.join()


@pytest.mark.parametrize(
    "population",
    [
        "SELECT length(repeat('a', 4000000000)) AS position",
        "SELECT position FROM event ORDER BY lpad('a', 1000000000, 'b')",
        "SELECT position || position AS position FROM event",
        "SELECT unnest(range(1000000000)) AS position",
        "SELECT position FROM range(1000000000000) t(position)",
        "FROM force_checkpoint()",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT current_setting('home_directory') AS position",
        "SET threads = 1",
        "SELECT 1 AS position, 2 AS position",
        "SELECT position FROM event WHERE " + "(" * 900 + "1=1",
        "SELECT position FROM event -- " + "x" * adhoc.LONGEST,
    ],
)
def test_a_query_calls_nothing_that_cannot_be_stopped_and_reads_nothing_else(steady, population):
    begun = time.monotonic()
    answer = sample(steady, population)
    assert answer.status in (400, 422)
    assert answer.body["facts"]["parameter"] == "population"
    assert time.monotonic() - begun < 5


def test_what_a_population_asks_is_still_answered(steady):
    for population in (
        "SELECT position FROM event WHERE type = 'hub.designated' AND date_part('year', occurred_at) >= 2025",
        "SELECT max(position) AS position FROM event GROUP BY stream HAVING count(*) >= 1",
        "SELECT position FROM event WHERE lower(stream) LIKE 'hub:%' QUALIFY row_number() OVER (ORDER BY position) < 9",
        "SELECT position FROM effective WHERE hub = 'EU-BRU' AND half_year(occurred_at) = '2025S1'",
        "SELECT position FROM event WHERE seoul(occurred_at) >= months_later(half_year_starts('2025S1'), 1)",
        "SELECT position FROM (SELECT max(moment(occurred_at, position)) AS m, max(position) AS position FROM event)",
    ):
        assert sample(steady, population).status == 200, population


def test_what_does_not_fit_into_memory_goes_elsewhere_than_beside_the_record(steady):
    mirror = steady.engine.follower.mirror
    with mirror.reading() as reading:
        ((place, memory, disk),) = reading.rows(
            "SELECT current_setting('temp_directory'), current_setting('memory_limit'),"
            " current_setting('max_temp_directory_size')"
        )
    assert not Path(place).is_relative_to(steady.path)
    assert Path(place).parent.stat().st_mode & 0o777 == 0o700
    assert memory
    assert disk


def test_what_a_killed_process_left_there_is_gone_at_the_next_start(tmp_path):
    door = Door(tmp_path / "data")
    place = spill.spill_folder(door.engine.follower.mirror.path)
    door.close()
    place.mkdir(exist_ok=True)
    (place / "left").write_bytes(b"x")
    door = Door(tmp_path / "data")
    _ = door.engine.follower.mirror
    assert not (place / "left").exists()
    door.close()


def test_who_records_nothing_is_told_so_before_anything_is_read(steady):
    batch = [opened("case:1", str(n)) | {"type": f"case.opend{n}"} for n in range(10_000)]
    begun = time.monotonic()
    answer = steady.post(batch, who="analyst")
    assert (answer.status, answer.body["code"]) == (403, "authority.role")
    assert time.monotonic() - begun < 2


def test_who_names_many_streams_asks_one_question(steady):
    many = ",".join(f"project:{n}" for n in range(500))

    def seconds(method, path, who):
        begun = time.monotonic()
        assert steady.ask(method, path, None, who=who).status == 200
        return time.monotonic() - begun

    for who in ("analyst", "AS-SIN"):
        for method, path in (("GET", "/v1/events?limit=1"), ("HEAD", "/v1/events/live?after=0")):
            one = seconds(method, f"{path}&stream=project:1", who)
            assert seconds(method, f"{path}&stream={many}", who) < 2 + 5 * one


def test_one_stream_among_many_that_is_not_for_who_asks_is_refused(steady):
    assert steady.post(event("exchange.nominated", "exchange:1", "closed", {"direction": "INBOUND"})).status == 201
    many = ",".join(f"exchange:{n}" for n in range(300))
    for path in ("/v1/events?stream=", "/v1/events/live?stream=", "/v1/events?where=stream="):
        told = steady.get(path + many)
        assert (told.status, told.body["code"]) == (403, "authority.withheld"), path


def test_the_nearest_word_is_told_of_the_first_few(steady):
    few = COMPARED // len(TYPES)
    batch = [opened("case:1", str(n)) | {"type": f"case.opend{n}"} for n in range(2 * few)]
    results = steady.post(batch).body["results"]
    assert [it["problem"]["code"] for it in results] == ["event.unknown_type"] * len(batch)
    near = [it["problem"]["facts"]["did_you_mean"] for it in results]
    assert all("case.opened" in it for it in near[:few])
    assert not any(near[few:])


def test_a_word_that_stands_in_every_event_is_compared_once_and_told_of_each(steady):
    batch = [opened("case:1", str(n)) | {"type": "case.opend"} for n in range(2 * COMPARED // len(TYPES))]
    results = steady.post(batch).body["results"]
    assert ["case.opened" in it["problem"]["facts"]["did_you_mean"] for it in results] == [True] * len(batch)


def test_an_unknown_word_of_a_megabyte_is_no_work(steady):
    begun = time.monotonic()
    assert steady.post(opened("case:1", "long") | {"type": "case." + "o" * 200_000}).status == 422
    many = opened("case:1", "many") | {f"a{n:x}": 1 for n in range(10_000)}
    assert steady.post(many).body["code"] == "event.attribute"
    assert time.monotonic() - begun < 3


def test_an_event_of_brackets_is_refused_for_them(steady):
    deep = b"[" + b"[" * cloudevents.MOST_BRACKETS + b"]" * cloudevents.MOST_BRACKETS + b"]"
    dense = b"[[" + b"{}," * cloudevents.MOST_BRACKETS + b"1],{}]"
    for body_ in (deep, b"[" + b" " * 100_000 + deep + b"]", dense + b" " * 100_000):
        answer = steady.post(body_, type_=BATCH)
        assert (answer.status, answer.body["code"]) in [(413, "event.too_large"), (400, "body.not_json")], answer
        assert answer.status == 413 or body_ is not dense
    rates = {"EUR": {f"{year}-{day:04}": "1500" for year in range(9) for day in range(999)}}
    many = [opened(f"case:dense-{n}", f"dense-{n}") | {"data": {"topic": "visa", "rates": rates}} for n in range(2)]
    assert steady.post(many).status == 422


def test_an_event_longer_than_any_is_refused_before_it_is_read(steady):
    long = msgspec.json.encode(opened("case:1", "long") | {"note": "x" * cloudevents.MOST_BYTES})
    answer = steady.post(long, type_=SINGLE)
    assert (answer.status, answer.body["code"]) == (413, "event.too_large")
    assert answer.body["facts"]["most"] == cloudevents.MOST_BYTES
    answer = steady.post(b"[" + long + b"," + long + b"]", type_=BATCH)
    assert (answer.status, answer.body["code"]) == (413, "event.too_large")


def test_a_long_batch_is_recorded_in_parts_and_answered_as_one(steady, monkeypatch):
    batch = [opened(f"case:part-{n}", f"part-{n}", topic="t" * 100) for n in range(5_000)]
    answer = steady.post(batch)
    assert (answer.status, answer.body["recorded"]) == (201, 5_000)
    assert [it["stream"] for it in answer.body["results"]] == [it["subject"] for it in batch]
    again = steady.post(batch)
    assert (again.status, again.body["duplicates"]) == (200, 5_000)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\{}[],가\u2028 ', max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab}{,", max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(values, max_size=30), st.sampled_from([None, 1]), st.integers(8, 64))
def test_a_batch_taken_apart_in_slices_is_the_same_batch(batch, indent, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloudevents, "SLICE", size)
        text = json.dumps(batch, indent=indent, ensure_ascii=False).encode()
        found = [it for some in cloudevents.batch_elements(text) for it in some]
    assert [msgspec.json.decode(it) for it in found] == batch


@given(st.lists(values, min_size=1, max_size=30), st.integers(8, 64), st.data())
def test_a_batch_cut_off_anywhere_is_refused(batch, size, data):
    text = json.dumps(batch).encode()
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloudevents, "SLICE", size)
        with pytest.raises(Problem):
            [*cloudevents.batch_elements(text[:cut])]


def test_a_body_over_the_limit_says_the_limit(steady):
    answer = steady.post(b"[" + b" " * body.MOST_BODY_BYTES + b"]", type_=BATCH)
    assert (answer.status, answer.body["code"]) == (413, "body.too_large")
    assert answer.body["facts"]["most"] == body.MOST_BODY_BYTES
