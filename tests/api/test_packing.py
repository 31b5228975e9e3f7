"""Answers packed as a client wishes, and HEAD and OPTIONS on every route."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from backports import zstd

from tests.api.door import BATCH, Answer, Door, opened
from tests.api.test_parameters import filled, routes

LONG = "/v1/events?limit=1000"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("packing") / "data")
    posted = it.post([opened(f"case:{n}", str(n)) for n in range(200)])
    assert it.get(f"/v1/views/cases?after={posted.body['results'][-1]['position']}").status == 200
    yield it
    it.close()


def asked(door: Door, path: str, wish: str, who: str = "auditor", method: str = "GET") -> Answer:
    return door.ask(method, path, None, who=who, headers={"Accept-Encoding": wish})


def unpacked(it: Answer) -> bytes:
    match it.headers.get("Content-Encoding"):
        case "gzip":
            return gzip.decompress(it.raw)
        case "zstd":
            return zstd.decompress(it.raw)
    return it.raw


@pytest.mark.parametrize(
    ("wish", "coding"),
    [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br", "gzip"),
        ("gzip, zstd", "zstd"),
        ("gzip, zstd;q=0.5", "gzip"),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "gzip"),
        ("br", None),
        ("identity", None),
        ("gzip;q=0.2, identity", None),
        ("gzip;q=0", None),
        ("identity;q=0, gzip", "gzip"),
    ],
)
def test_an_answer_is_packed_as_the_client_wishes(door: Door, wish: str, coding: str | None) -> None:
    for path in (LONG, "/v1/views/cases?format=csv", "/v1/views/cases?format=arrow"):
        plain, packed = door.get(path, who="auditor"), door_get(door, path, wish)
        assert packed.headers.get("Content-Encoding") == coding, path
        if path.endswith("arrow"):  # what stands between its values may be anything
            assert pa.ipc.open_stream(unpacked(packed)).read_all() == pa.ipc.open_stream(plain.raw).read_all()
        else:
            assert unpacked(packed) == plain.raw
        assert "Accept-Encoding" in packed.headers["Vary"].split(", ")
        assert "Accept-Encoding" in plain.headers["Vary"].split(", ")
        assert coding is None or len(packed.raw) < len(plain.raw) / 3
        assert packed.headers["Content-Length"] == str(len(packed.raw))


def door_get(door: Door, path: str, wish: str) -> Answer:
    """Without decoding, which a packed body would not stand."""
    connection = http.client.HTTPConnection(door.url.removeprefix("http://"), timeout=60)
    headers = {"Authorization": f"Bearer {door.tokens['auditor']}", "Accept-Encoding": wish}
    connection.request("GET", path, headers=headers)
    it = connection.getresponse()
    answer = Answer(it.status, dict(it.headers), None, it.read())
    connection.close()
    return answer


@pytest.mark.parametrize(
    "path", ["/livez", "/v1/events/1", "/v1/views/cases?format=parquet", "/v1/log/tile/0/000.p/99"]
)
def test_what_is_small_or_packed_already_goes_as_it_is(door: Door, path: str) -> None:
    assert "Content-Encoding" not in door_get(door, path, "gzip, zstd").headers
    assert door_get(door, path, "gzip, identity;q=0").headers["Content-Encoding"] == "gzip"


def test_what_nobody_can_send_is_refused(door: Door) -> None:
    for wish in ("br, identity;q=0", "*;q=0"):
        answer = asked(door, LONG, wish)
        assert (answer.status, answer.body["code"]) == (406, "http.accept_encoding")
        assert answer.body["facts"]["codings"] == ["zstd", "gzip", "identity"]


def test_what_answers_a_post_is_never_packed_and_a_feed_goes_line_by_line(door: Door) -> None:
    headers = {"Accept-Encoding": "gzip"}
    again = [opened(f"case:{n}", str(n)) for n in range(200)]
    posted = door.ask("POST", "/v1/events", again, who="EU-BRU", type_=BATCH, headers=headers)
    assert (posted.status, len(posted.raw) > 10_000, "Content-Encoding" in posted.headers) == (200, True, False)
    assert asked(door, "/v1/events/live", "gzip", method="HEAD").headers.get("Content-Encoding") is None


def test_the_same_tag_is_of_an_answer_however_it_is_packed(door: Door) -> None:
    path = "/v1/views/cases?known=100"
    tags = {door_get(door, path, wish).headers["ETag"] for wish in ("identity", "gzip", "zstd")}
    assert len(tags) == 1
    same = door.get(path, who="auditor", **{"If-None-Match": tags.pop(), "Accept-Encoding": "gzip"})
    assert (same.status, same.headers["Vary"]) == (304, "Accept, Accept-Encoding")


def allowed(door: Door) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for method, path in routes(door):
        found.setdefault(filled(path), set()).update({method} | ({"HEAD"} if method == "GET" else set()))
    return found


def test_every_path_says_which_methods_it_takes_and_takes_no_other(door: Door) -> None:
    for path, methods in allowed(door).items():
        answer = door.ask("OPTIONS", path, None, who=None)
        assert (answer.status, answer.raw) == (204, b""), path
        assert {*methods, "OPTIONS"} <= {*answer.headers["Allow"].split(", ")}, path
        refused = door.ask("PATCH", path, None, who="operator")
        assert (refused.status, refused.headers["Allow"]) == (405, answer.headers["Allow"]), path
    assert door.ask("OPTIONS", "/v1/nothing", None, who=None).status == 404


def test_the_server_as_a_whole_says_which_methods_it_takes(door: Door) -> None:
    connection = http.client.HTTPConnection(door.url.removeprefix("http://"))
    for method, status in (("OPTIONS", 204), ("GET", 400)):
        connection.request(method, "*")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        if status == 204:
            every = set[str]().union(*allowed(door).values())
            assert {*answer.headers["Allow"].split(", ")} == {*every, "OPTIONS"}
    connection.close()


def test_head_says_what_get_says_and_nothing_else(door: Door) -> None:
    for path in allowed(door):
        there = door.ask("OPTIONS", path, None, who=None).headers["Allow"].split(", ")
        for who in ("auditor", "operator"):
            head = door.ask("HEAD", path, None, who=who)
            assert head.raw == b"", path
            if "GET" not in there:
                assert (head.status, "HEAD" in head.headers["Allow"]) == (405, False)
            elif path not in ("/v1/events/live", "/v1/export/evidence", "/readyz", "/metrics"):
                get: Any = door.get(path, who=who)
                assert head.status == get.status, path
                assert head.headers | {"Date": ""} == get.headers | {"Date": ""}, path


def test_head_of_a_feed_or_a_pack_ends_at_once(door: Door) -> None:
    live = door.ask("HEAD", "/v1/events/live", None, who="auditor")
    assert (live.status, live.headers["Content-Type"], live.raw) == (200, "text/event-stream", b"")
    pack = door.ask("HEAD", "/v1/export/evidence", None, who="auditor")
    assert (pack.status, pack.headers["Content-Type"], pack.raw) == (200, "application/zip", b"")
    assert "attachment" in pack.headers["Content-Disposition"]
