"""The record page by page and as it grows: filters, order, members, CloudEvents, and followers who are told little."""

from __future__ import annotations

import http.client
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api import cloudevents
from api.http import events
from api.server import feed
from tests.api.door import Door, event, opened
from tests.api.test_crash import until
from tests.api.test_visibility import OTHER, OWNER, filled


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("feed") / "data")
    filled(it)
    yield it
    it.close()


def positions(door: Door, query: str, who: str = "auditor") -> list[int]:
    answer = door.get(f"/v1/events?limit=10000&{query}", who=who)
    assert answer.status == 200, answer.body
    return [it["position"] for it in answer.body["events"]]


def every(door: Door, keeps: Callable[[dict[str, Any]], bool]) -> list[int]:
    found = door.get("/v1/events?limit=10000", who="auditor").body["events"]
    return [it["position"] for it in found if keeps(it["entry"])]


def test_entries_are_asked_for_in_the_grammar_of_rows(door: Door) -> None:
    assert positions(door, "kind=case,project") == every(
        door, lambda it: it["stream"].partition(":")[0] in ("case", "project")
    )
    assert positions(door, "type=case.opened,case.resolved") == every(
        door, lambda it: it["fact"]["type"] in ("case.opened", "case.resolved")
    )
    assert positions(door, f"where=hub!={OWNER}") == every(door, lambda it: it["hub"] != OWNER)
    assert positions(door, "where=occurred_at>=2025-03-02&where=occurred_at<2025-03-03") == every(
        door, lambda it: "2025-03-01T15:00:00" <= it["occurred_at"] < "2025-03-02T15:00:00"
    )
    assert positions(door, "where=role=secretariat&after=20&before=40") == [
        it for it in every(door, lambda it: it["role"] == "secretariat") if 20 < it < 40
    ]


def test_the_newest_come_first_and_lead_to_those_before(door: Door) -> None:
    path, found = f"/v1/events?order=-position&limit=7&hub={OWNER}", list[int]()
    while path:
        answer = door.get(path, who="auditor")
        found += [it["position"] for it in answer.body["events"]]
        link = answer.headers.get("Link", "")
        path = link[link.index("/v1") : link.index(">")] if link else ""
    assert found == every(door, lambda it: it["hub"] == OWNER)[::-1]


def hidden(door: Door) -> set[int]:
    """The positions of what the other hub may not read."""
    return {*every(door, lambda _: True)} - {*positions(door, "", who=OTHER)}


@pytest.mark.parametrize("query", ["order=-position&limit=5", "order=-position&limit=5&before=60", "limit=5&after=30"])
def test_what_is_withheld_of_a_page_is_counted_whichever_way_it_goes(door: Door, query: str) -> None:
    page = door.get(f"/v1/events?{query}&kind=case,project,exchange", who=OTHER)
    shown = [it["position"] for it in page.body["events"]]
    low, high = (min(shown), 10**9) if "order" in query else (31, max(shown))
    high = min(high, 59) if "before" in query else high
    closed = [it for it in hidden(door) if low <= it <= high]
    assert page.body.get("withheld", 0) == len(closed)


def test_members_of_entries_are_told_alone(door: Door) -> None:
    first = door.get("/v1/events?limit=3&fields=type,fact").status
    assert first == 400
    found = door.get("/v1/events?limit=3&fields=stream,fact", who="auditor").body["events"]
    assert [{*it["entry"]} for it in found] == [{"stream", "fact"}] * 3
    lines = door.get("/v1/events?limit=3&fields=hub&format=ndjson", who="auditor").raw.splitlines()
    assert [{*msgspec.json.decode(it)["entry"]} for it in lines] == [{"hub"}] * 3


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("kind=caes", "case"),
        ("type=case.opened,case.resolvd", "case.resolved"),
        ("where=rol=hub", "role"),
        ("where=hub!=EU-BRX", "EU-BRU"),
        ("order=positon", "position"),
        ("fields=facts", "fact"),
        ("format=cloudevent", "cloudevents"),
    ],
)
def test_the_same_mistake_is_told_in_the_same_way(door: Door, query: str, near: str) -> None:
    answer = door.get(f"/v1/events?{query}")
    name = query.partition("=")[0]
    assert answer.status == 400
    assert near in answer.body["facts"]["did_you_mean"]
    assert answer.body["facts"]["parameter"] == name
    if name in ("kind", "type", "format"):
        live = door.get(f"/v1/events/live?{query}")
        assert (near in live.body["facts"]["did_you_mean"], live.body["facts"]["parameter"]) == (True, name)


@pytest.mark.parametrize("query", ["hub=EU-BRU&where=hub=AS-SIN", "format=cloudevents&fields=hub", "before=x"])
def test_what_cannot_be_is_refused(door: Door, query: str) -> None:
    assert (door.get(f"/v1/events?{query}").body["code"]) == "query.invalid"


def test_entries_are_told_as_the_cloudevents_that_they_were(door: Door) -> None:
    data = {"topic": "visa"}
    evidence = "ab" * 32
    posted = event("case.opened", "case:told", "told-1", data, zone="Europe/Brussels", evidence=evidence, imported=True)
    position = door.post(posted).body["position"]
    answer = door.get(f"/v1/events?after={position - 1}&format=cloudevents")
    assert answer.headers["Content-Type"] == cloudevents.BATCH_TYPE
    (told,) = msgspec.json.decode(answer.raw)
    assert told["time"] == "2025-03-03T09:00:00Z"
    for name in ("id", "source", "type", "subject", "data", "zone", "evidence", "imported", "specversion"):
        assert told[name] == posted[name], name
    assert (told["position"], told["hub"], told["streamversion"], told["role"]) == (position, OWNER, 1, "hub")
    # It may be posted as it is: then it is the same again.
    again = door.post({name: it for name, it in told.items() if name in posted}).body
    assert (again["status"], again["position"]) == ("duplicate", position)


class Follower:
    """A connection to the feed; `until` reads on until a text is there."""

    def __init__(self, door: Door, query: str, who: str = "auditor", **headers: str) -> None:
        self.connection = http.client.HTTPConnection(door.url.removeprefix("http://"), timeout=30)
        about = {"Authorization": f"Bearer {door.tokens[who]}", **headers}
        self.connection.request("GET", f"/v1/events/live?{query}", headers=about)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        self.said = b""

    def until(self, text: str) -> str:
        while text.encode() not in self.said or not self.said.endswith(b"\n\n"):
            self.said += self.answer.read1(65536)
        return self.said.decode()

    def close(self) -> None:
        self.connection.close()


def told(said: str) -> list[str]:
    return re.findall(r"^event: (\S+)$", said, re.MULTILINE)


def test_a_follower_is_told_what_his_filter_keeps(door: Door) -> None:
    by_type = Follower(door, "type=case.referred,case.resolved")
    by_hub = Follower(door, f"hub={OTHER}")
    by_stream = Follower(door, "stream=case:f1")
    by_kind = Follower(door, "kind=partner")
    for n in range(3):
        door.post(opened(f"case:f{n}", f"f{n}"), who=OWNER)
        door.post(event("case.resolved", f"case:f{n}", f"fr{n}", time="2025-03-04T10:00:00+01:00"), who=OWNER)
    door.post(opened("case:f9", "f9"), who=OTHER)
    registered = {"name": "x", "kind": "university", "country": "DE"}
    partner = door.post(event("partner.registered", "partner:f", "pf", registered))
    assert partner.status in (201, 400)
    assert told(by_type.until("fr2")) == ["case.resolved"] * 3
    assert told(by_hub.until("f9")) == ["case.opened"]
    assert told(by_stream.until("fr1")) == ["case.opened", "case.resolved"]
    assert told(by_kind.said.decode()) == []
    for it in (by_type, by_hub, by_stream, by_kind):
        it.close()


def test_a_follower_who_was_behind_reads_on_in_the_record(door: Door) -> None:
    for kept in (feed.KEPT, 2):
        feed.KEPT, before = kept, feed.KEPT
        try:
            other = Follower(door, "")
            marks = [f"b{kept}-{n}" for n in range(9)]
            for it in marks:
                door.post(opened(f"case:{it}", it))
            late = Follower(door, "after=0&type=case.opened")
            wanted = every(door, lambda it: it["fact"]["type"] == "case.opened")
            said = late.until(f"id: {wanted[-1]}\n")
            assert [int(it) for it in re.findall(r"^id: (\d+)\nevent: case", said, re.MULTILINE)] == wanted
            assert len(told(other.until(marks[-1]))) == 9
            late.close()
            other.close()
        finally:
            feed.KEPT = before


def test_a_follower_whose_filter_keeps_nothing_resumes_where_it_heard_last(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.3)
    quiet = Follower(door, "type=case.merged")
    for n in range(5):
        last = door.post(opened(f"case:q{n}", f"q{n}")).body["position"]
    said = quiet.until(f": \nid: {last}\n")
    assert told(said) == []
    quiet.close()
    resumed = Follower(door, "type=case.opened", **{"Last-Event-ID": str(last)})
    next_ = door.post(opened("case:q9", "q9")).body["position"]
    assert re.findall(r"^id: (\d+)\nevent", resumed.until(f"id: {next_}\nevent"), re.MULTILINE) == [str(next_)]
    resumed.close()


def test_a_follower_whose_filter_keeps_nothing_is_not_woken(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    next_ = door.engine.feed.next

    async def counted(*args: Any) -> Any:
        asked.extend([1] if args[0].wanted == feed.Wanted(type=frozenset({"case.merged"})) else [])
        return await next_(*args)

    monkeypatch.setattr(door.engine.feed, "next", counted)
    quiet = [Follower(door, "type=case.merged") for _ in range(5)]
    for it in quiet:
        it.until(": \nid: ")
    until(lambda: len(asked) == 2 * len(quiet))  # each is told where it stands, and waits
    before = len(asked)
    watching = Follower(door, "type=case.opened")
    for n in range(10):
        door.post(opened(f"case:w{n}", f"w{n}"))
    watching.until('"id":"w9"')
    assert len(asked) == before
    for it in (*quiet, watching):
        it.close()


def test_cloudevents_come_live_and_what_is_withheld_is_not_told_by_a_filter(door: Door) -> None:
    live = Follower(door, "format=cloudevents&type=case.opened")
    position = door.post(opened("case:ce", "ce")).body["position"]
    data = re.findall(r"^data: (.*)$", live.until('"id":"ce"'), re.MULTILINE)
    it = msgspec.json.decode(data[-1])
    assert (it["specversion"], it["subject"], it["position"]) == ("1.0", "case:ce", position)
    live.close()
    whole, filtered = Follower(door, "after=0", who=OTHER), Follower(door, "after=0&kind=finding,case", who=OTHER)
    last = door.post(opened("case:ce2", "ce2")).body["position"]
    assert told(whole.until(f"id: {last}\n")).count("withheld") == len(hidden(door))
    said = filtered.until(f"id: {last}\n")
    assert "withheld" not in said
    assert "finding" not in said.replace("kind=finding", "")
    whole.close()
    filtered.close()


def test_followers_who_read_nothing_are_no_work_for_others_and_are_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STALLED_SECONDS", 6.0)
    door = Door(tmp_path / "data")
    for part in range(3):
        batch = [opened(f"case:{n}", f"{part}-{n}", topic="t" * 200) for n in range(2_000)]
        assert door.post(batch).status == 201
    host, port = door.url.removeprefix("http://").split(":")
    request = "GET /v1/events/live?after=0 HTTP/1.1\r\nHost: x\r\n"
    request += f"Authorization: Bearer {door.tokens['auditor']}\r\n\r\n"
    idle: list[socket.socket] = []
    for _ in range(300):
        # As little as the system grants is kept of it on the way.
        it = socket.socket()
        it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        it.connect((host, int(port)))
        it.sendall(request.encode())
        # Until its request is read a connection counts as one without a token, and of those there may be few.
        assert it.recv(12) == b"HTTP/1.1 200"
        idle.append(it)
    waited = []
    for _ in range(20):
        begun = time.monotonic()
        assert door.get("/livez").status == 200
        assert door.get("/v1/events/1", who="auditor").status == 200
        waited.append(time.monotonic() - begun)
        time.sleep(0.1)
    assert sorted(waited)[15] < 0.5
    until(lambda: not door.engine.feed._followers, 60)
    for it in idle:
        it.close()
    door.close()


def test_a_filtered_feed_ends_with_its_token_though_nothing_comes(door: Door) -> None:
    ids = {it["id"] for it in door.get("/v1/tokens", who="operator").body["tokens"]}
    door.tokens["leaving"] = door.another("analyst")
    (mine,) = {it["id"] for it in door.get("/v1/tokens", who="operator").body["tokens"]} - ids
    quiet = Follower(door, "type=case.merged", who="leaving")
    quiet.until(": \nid: ")
    began = time.monotonic()
    door.ask("DELETE", f"/v1/tokens/{mine}", None, who="operator")
    assert "token.invalid" in quiet.until("event: ended")
    assert time.monotonic() - began < 12
    quiet.close()
