"""Long answers: joined, told how far they are, fetched later, given up with the last who waits. Points of the past."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api import reader
from api.reader import RecordReader
from api.reads import catalogue
from api.server.bounded_threads import AT_ONCE
from api.server.engine import MOST_SHORT
from projections.mirror.asker import report_progress
from replay.audit import diff
from replay.editions import late_register
from tests.api.door import Answer, Door
from tests.api.half_year import HalfYear

ENDLESS = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b"
LATER = {"Prefer": "respond-async"}
PACK = "/v1/export/evidence?indicator=HD-01"


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("long") / "data")
    half = HalfYear(it)
    for hub in ("EU-BRU", "AS-SIN"):
        half.cases(hub, 3)
    half.run()
    half.cases("EU-BRU", 2, day=10)
    until(lambda: half.standing["proposed_by"])  # nothing more is recorded then
    yield it
    it.close()


def until(true: Callable[[], Any], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def fetched(door: Door, told: Answer, who: str = "auditor") -> Answer:
    """The answer of a work, once it is done."""
    assert told.status == 202
    assert told.headers["Location"] == f"/v1/work/{told.body['id']}"
    done = until(
        lambda: (it := door.get(told.headers["Location"], who=who).body)["status"] in ("done", "failed") and it
    )
    return door.get(done["answer"], who=who)


class Slow:
    """Takes the place of what makes a long answer; `go_on` lets it end."""

    def __init__(self, made: Callable[..., Any], endless: bool = False) -> None:
        self.began, self.go_on, self.times = threading.Event(), threading.Event(), 0
        self._made, self._endless = made, endless

    def __call__(self, opened: Any, *asked: Any) -> Any:
        self.times += 1
        report_progress("what is slow", 1, 3)
        self.began.set()
        if self._endless:
            with opened(1, None) as reading:
                reading.rows(ENDLESS)
        self.go_on.wait(30)
        return self._made(opened, *asked)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    it = Slow(diff.diff_between)
    monkeypatch.setattr(diff, "diff_between", it)
    return it


@pytest.mark.parametrize("path", ["/v1/checks/2025S1/late", "/v1/diff?a=3&b=9"])
def test_an_answer_that_is_fetched_later_is_the_same(steady, path):
    later = fetched(steady, steady.get(path, who="auditor", **LATER))
    now = steady.get(path, who="auditor")
    assert (later.status, later.body) == (200, now.body)
    assert later.headers["Sagwan-Position"] == now.headers["Sagwan-Position"]


def test_who_would_wait_a_moment_is_answered_at_once_what_takes_no_longer(steady):
    path = "/v1/diff?a=2&b=8"
    assert steady.get(path, who="auditor").status == 200
    assert steady.get(path, who="auditor", Prefer="respond-async, wait=20").status == 200


def test_it_says_how_far_it_is_and_asking_again_joins_it(steady, slow):
    path = "/v1/diff?a=1&b=7"
    first = steady.get(path, who="auditor", **LATER)
    assert slow.began.wait(20)
    told = steady.get(first.headers["Location"], who="auditor").body
    assert {name: told[name] for name in ("asked", "status", "what", "done", "of")} == {
        "asked": path, "status": "running", "what": "what is slow", "done": 1, "of": 3
    }  # fmt: skip
    again = steady.get("/v1/diff?b=7&a=1", who="auditor", **LATER)
    assert again.body["id"] == first.body["id"]
    assert [it["id"] for it in steady.get("/v1/work", who="auditor").body["work"]][-1] == first.body["id"]
    assert steady.get("/v1/work", who="analyst").body == {"work": []}
    assert steady.get(first.headers["Location"], who="analyst").body["code"] == "work.none"
    plain: list[Answer] = []
    waiting = threading.Thread(target=lambda: plain.append(steady.get(path, who="auditor")))
    other = threading.Thread(target=lambda: plain.append(steady.get(path, who="secretariat")))
    for it in (waiting, other):
        it.start()
    time.sleep(0.5)
    slow.go_on.set()
    for it in (waiting, other):
        it.join()
    answer = fetched(steady, again)
    assert [it.body for it in plain] == [answer.body] * 2
    assert steady.get(path, who="auditor", **LATER).body == answer.body, "nothing came since"
    assert slow.times == 1


def test_what_fails_says_why_where_it_would_be_fetched(steady):
    told = steady.get("/v1/checks/2031S1/late", who="auditor", **LATER)
    answer = fetched(steady, told)
    assert (answer.status, answer.body["code"]) == (404, "edition.none")
    assert steady.get(told.headers["Location"], who="auditor").body["problem"]["code"] == "edition.none"


def test_what_nobody_wants_is_dropped(steady, slow):
    told = steady.get("/v1/diff?a=1&b=6", who="auditor", **LATER)
    assert slow.began.wait(20)
    assert steady.ask("DELETE", told.headers["Location"], None, who="auditor").status == 204
    slow.go_on.set()
    assert steady.get(told.headers["Location"], who="auditor").status == 404
    assert until(lambda: not steady.engine.long_reads.running)


@contextlib.contextmanager
def asking(door: Door, path: str, who: str = "auditor") -> Iterator[None]:
    """Somebody who asks, and leaves without an answer."""
    host, port = door.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as asker:
        words = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.tokens[who]}\r\n\r\n"
        asker.sendall(words.encode())
        yield


def test_what_runs_for_who_left_is_interrupted(steady, monkeypatch):
    endless = Slow(diff.diff_between, endless=True)
    monkeypatch.setattr(diff, "diff_between", endless)
    with asking(steady, "/v1/diff?a=1&b=5"):
        assert endless.began.wait(20)
        time.sleep(0.3)
    assert until(lambda: not steady.engine.long_reads.running)
    assert until(lambda: not steady.engine.follower.mirror._reading)
    monkeypatch.undo()
    assert steady.get("/v1/diff?a=1&b=5", who="auditor").status == 200


def test_what_another_waits_for_too_goes_on(steady, slow):
    found: list[Answer] = []
    path = "/v1/diff?a=1&b=4"
    other = threading.Thread(target=lambda: found.append(steady.get(path, who="secretariat")))
    with asking(steady, path):
        assert slow.began.wait(20)
        other.start()
        assert until(lambda: steady.engine.long_reads.running == 2)
        time.sleep(0.3)
    time.sleep(1)
    slow.go_on.set()
    other.join()
    assert (found[0].status, slow.times) == (200, 1)


def test_a_pack_that_is_fetched_later_is_the_one_that_is_sent(steady):
    now = steady.get(PACK, who="auditor")
    later = fetched(steady, steady.get(PACK, who="auditor", **LATER))
    assert later.headers["Content-Disposition"] == now.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(now.raw)) as one, zipfile.ZipFile(io.BytesIO(later.raw)) as other:
        assert {it: one.read(it) for it in one.namelist()} == {it: other.read(it) for it in other.namelist()}


def test_a_mirror_is_made_anew_once_for_all_who_ask_meanwhile(steady, monkeypatch):
    go_on, made = threading.Event(), steady.engine.follower.rebuild
    monkeypatch.setattr(steady.engine.follower, "rebuild", lambda told: (told(3), go_on.wait(30), made(told))[-1])
    told = [steady.ask("POST", "/v1/mirror/rebuild", None, who="operator", headers=LATER) for _ in range(2)]
    assert [it.status for it in told] == [202, 202]
    assert told[0].body["id"] == told[1].body["id"]
    running = until(lambda: (it := steady.get(told[0].headers["Location"], who="operator").body).get("what") and it)
    assert (running["what"], running["done"]) == ("tables up to position", 3)
    go_on.set()
    assert fetched(steady, told[0], who="operator").body["position"] == steady.engine.journal.position


def test_what_was_made_of_tables_that_are_no_more_is_kept_no_longer(steady):
    told = steady.get("/v1/diff?a=2&b=5", who="auditor", **LATER)
    assert fetched(steady, told).status == 200
    assert steady.ask("POST", "/v1/mirror/rebuild", None, who="operator").status == 200
    assert steady.get(told.headers["Location"], who="auditor").status == 404


def test_commands_show_how_far_it_is_at_a_server_and_without(steady, slow, monkeypatch, tmp_path):
    monkeypatch.setattr(reader, "PROMPT_SECONDS", 0)
    told: list[tuple[str, int, int]] = []

    def progress(*step: Any) -> None:
        told.append(step)
        if step[0] == "what is slow":
            slow.go_on.set()

    at = RecordReader.at(steady.path, steady.url, steady.tokens["auditor"])
    found = at.long(catalogue.DIFF, progress, a="1", b="3")
    assert (found["a"], found["b"]) == (1, 3)
    assert ("what is slow", 1, 3) in told
    assert told[-1][0] == "KiB received"


def test_commands_show_how_far_it_is_in_a_folder(tmp_path):
    door = Door(tmp_path / "data")
    HalfYear(door).cases("EU-BRU", 2)
    door.close()
    told: list[tuple[str, int, int]] = []
    RecordReader.at(tmp_path / "data", None, None).long(catalogue.DIFF, lambda *it: told.append(it), a="1", b="9")
    assert {what for what, _, _ in told} >= {"tables", "comparing figures"}


def test_questions_of_the_past_wait_for_each_other_and_nobody_else_for_them(steady):
    go_on, engine = threading.Event(), steady.engine
    figures = "/v1/indicators/HD-01?by=hub"
    assert steady.get(f"{figures}&known=5").status == 200
    for who in range(AT_ONCE + MOST_SHORT):
        waiting = engine.past_reads.run(f"c-{who}", lambda _: go_on.wait(30))
        asyncio.run_coroutine_threadsafe(waiting, engine._loop)
    try:
        assert until(lambda: engine.past_reads.running == AT_ONCE + MOST_SHORT)
        assert steady.get(figures).status == 200
        assert steady.get("/v1/views/cases").status == 200
        assert steady.get("/v1/diff?a=1&b=2", who="auditor").status == 200
        assert steady.get(f"{figures}&known=5").status == 200, "what it is made of is there"
        for path in (f"{figures}&known=14", "/v1/views/cases?known=5", "/v1/indicators/HD-01/evidence?known=13"):
            busy = steady.get(path, who="auditor")
            assert (busy.status, busy.body["code"]) == (503, "read.busy")
            assert int(busy.headers["Retry-After"]) == busy.body["facts"]["retry_after"] > 0
    finally:
        go_on.set()
    assert until(lambda: not engine.past_reads.running)
    assert steady.get(f"{figures}&known=14").status == 200


def test_the_points_of_editions_are_made_before_anybody_asks(steady):
    engine = steady.engine

    def warm() -> bool:
        mirror = engine.follower.mirror
        return any(point.tables._made.get("hub_performance") for point in mirror.points._points.values())

    assert until(warm, 60)
    go_on = threading.Event()
    for who in range(AT_ONCE + MOST_SHORT):
        asyncio.run_coroutine_threadsafe(engine.past_reads.run(f"c-{who}", lambda _: go_on.wait(30)), engine._loop)
    try:
        assert until(lambda: engine.past_reads.running == AT_ONCE + MOST_SHORT)
        answer = steady.get("/v1/views/hub_performance?known=2025S1/1", who="auditor")
        assert (answer.status, len(answer.body["rows"]) > 0) == (200, True)
        assert steady.get("/v1/indicators/HD-01?by=region&known=2025S1/1", who="auditor").status == 200
    finally:
        go_on.set()
    assert until(lambda: not engine.past_reads.running)


def test_a_late_register_is_made_once_for_all_credentials(steady, monkeypatch):
    times, made = list[int](), late_register.late_register

    def counted(*asked: Any) -> Any:
        times.append(1)
        return made(*asked)

    monkeypatch.setattr(late_register, "late_register", counted)
    known = steady.engine.journal.position - 1
    answers = [steady.get(f"/v1/checks/2025S1/late?known={known}", who=who).status for who in ("auditor", "analyst")]
    assert (answers, times) == ([200, 200], [1])
