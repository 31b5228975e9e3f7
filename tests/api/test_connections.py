"""Connections that never say anything whole, and requests that no server should break on."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import re
import socket
import time
import zlib
from collections.abc import Iterator

import msgspec
import pytest
from aiohttp import web

from api import connections
from tests.api.door import BATCH, SINGLE, Door, opened


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("connections") / "data")
    yield it
    it.close()


def connected(door: Door) -> socket.socket:
    host, port = door.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def told(door: Door, request: bytes) -> bytes:
    """All that the server says to some bytes until it closes the connection."""
    with connected(door) as connection:
        connection.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while some := connection.recv(65536):
                answer += some
    return answer


def get(door: Door, path: bytes, *headers: bytes, token: bytes | None = None) -> bytes:
    token = door.tokens["auditor"].encode() if token is None else token
    lines = [b"GET %b HTTP/1.1" % path, b"Host: x", b"Connection: close", b"Authorization: Bearer " + token, *headers]
    return told(door, b"\r\n".join(lines) + b"\r\n\r\n")


def post(door: Door, body: bytes, *headers: bytes, type_: str = SINGLE, length: bool = True) -> bytes:
    lines = [b"POST /v1/events HTTP/1.1", b"Host: x", b"Connection: close", b"Content-Type: " + type_.encode()]
    lines += [b"Authorization: Bearer " + door.tokens["EU-BRU"].encode(), *headers]
    lines += [b"Content-Length: %d" % len(body)] if length else []
    return told(door, b"\r\n".join(lines) + b"\r\n\r\n" + body)


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    assert found, answer
    return int(found[1])


EVENT = msgspec.json.encode(opened("case:1", "1"))


def within(data: str) -> bytes:
    return b'{"specversion":"1.0","id":"n","source":"t","type":"project.credit_shared","subject":"project:1",%b}' % (
        data.encode()
    )


BODIES = {
    "broken gzip": (b"\x1f\x8bxxxx", [b"Content-Encoding: gzip"]),
    "gzip that is none": (EVENT, [b"Content-Encoding: gzip"]),
    "gzip cut off": (gzip.compress(EVENT)[:30], [b"Content-Encoding: gzip"]),
    "gzip without its checksum": (gzip.compress(EVENT)[:-8], [b"Content-Encoding: gzip"]),
    "gzip and something behind it": (gzip.compress(EVENT) * 2, [b"Content-Encoding: gzip"]),
    "broken deflate": (b"zzzz", [b"Content-Encoding: deflate"]),
    "an encoding that nobody has": (EVENT, [b"Content-Encoding: sagwan"]),
    "two encodings": (gzip.compress(EVENT), [b"Content-Encoding: gzip, gzip"]),
    "a bomb": (gzip.compress(b"[" + b" " * 50_000_000 + b"]"), [b"Content-Encoding: gzip"]),
    "a thousand levels": (b"[" * 1000 + b"]" * 1000, []),
    "a thousand levels in data": (within('"data":' + "[" * 1000 + "]" * 1000), []),
    "a thousand levels that nobody reads": (within('"other":' + "[" * 1000 + "]" * 1000), []),
    "a hundred thousand objects deep": (b'{"a":' * 100_000, []),
    "NaN": (within('"time":"2025-03-03T10:00:00Z","data":{"shares":{"EU-BRU":NaN}}'), []),
    "NaN as a text": (within('"time":"2025-03-03T10:00:00Z","data":{"shares":{"EU-BRU":"sNaN"}}'), []),
    "infinity": (within('"time":"2025-03-03T10:00:00Z","data":{"shares":{"EU-BRU":1e999}}'), []),
    "two lengths": (EVENT, [b"Content-Length: 3"]),
    "a type that is no text": (EVENT, [b"Content-Type: \xff\xfe"]),
    "nothing": (b"", []),
}


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.parametrize("type_", [SINGLE, BATCH])
def test_a_bad_body_is_the_posters_fault(steady, case, type_):
    body, headers = BODIES[case]
    answer = post(steady, body, *headers, type_=type_)
    assert 400 <= status(answer) < 500
    assert b"application/problem+json" in answer
    assert b"X-Content-Type-Options: nosniff" in answer


def test_a_chunked_body_that_breaks_is_the_posters_fault(steady):
    answer = post(steady, b"5\r\nabcde\r\nZZ\r\n", b"Transfer-Encoding: chunked", length=False)
    assert status(answer) == 400


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body, wbits=-15)),
    ],
)
def test_a_packed_body_is_taken(steady, encoding, packed):
    body = packed(msgspec.json.encode(opened("case:gz", "gz")))
    assert status(post(steady, body, b"Content-Encoding: " + encoding.encode())) in (200, 201)


@pytest.mark.parametrize("encoding", ["br", "compress", "gzip, gzip", "sagwan"])
def test_an_encoding_that_is_not_read_is_named(steady, encoding):
    answer = post(steady, EVENT, b"Content-Encoding: " + encoding.encode())
    assert status(answer) == 415
    assert b"gzip, deflate" in answer


REQUESTS = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\n\r\n",
    "a malformed target": b"GET http://[::1/x HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long line": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: a\r\n" % n for n in range(500)) + b"\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "a negative length": b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
}


@pytest.mark.parametrize("case", REQUESTS)
def test_what_is_no_request_is_answered_as_a_problem_and_not_logged(steady, case, caplog):
    answer = told(steady, REQUESTS[case])
    assert status(answer) in (400, 431)
    assert b"application/problem+json" in answer
    assert b"X-Content-Type-Options: nosniff" in answer
    assert not caplog.records


@pytest.mark.parametrize("token", [b"\xff", b"\xed\xa0\x80", "사관".encode(), b"", b"a b", b"\xff" * 4000])
def test_a_token_that_is_no_text_is_no_live_token(steady, token):
    answer = get(steady, b"/v1/views", token=token)
    assert status(answer) == 401


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/%b?valid=%b" % (what, when)
        for what in (b"views/cases", b"indicators/HD-01", b"indicators/HD-01/evidence")
        for when in (
            b"0001-01-01",
            b"0001-01-01T00:00:00Z",
            b"0001-01-01T00:00:00%2B14:00",
            b"9999-12-31",
            b"9999-12-31T23:59:59.999999-12:00",
            b"9999-12-31T23:59:59Z",
            b"0000-00-00",
        )
    ]
    + [
        b"/v1/events?limit=-1",
        b"/v1/events?after=9223372036854775808",
        b"/v1/events?stream=%00",
        b"/v1/events?hub=%ED%A0%80",
        b"/v1/events?type=%FF%FE",
        b"/v1/streams/case:%00",
        b"/v1/streams/%",
        b"/v1/views/%zz",
        b"/v1/views/cases?%zz=1",
        b"/v1/views/cases?" + b"a" * 7_000,
        b"/v1/views/cases?known=%D9%A3",
        b"/v1/diff?a=0001-01-01&b=9999-12-31",
        b"/v1/log/tile/0/%D9%A0%D9%A0%D9%A0",
        b"/v1/sample?population=SELECT+1+AS+position,2+AS+position&seed=1",
        b"/v1/sample?population=%00&seed=%00",
        b"/v1/sample?population=%ED%A0%80&seed=%ED%A0%80",
    ],
)
def test_no_path_breaks_the_server(steady, path):
    assert status(get(steady, path)) < 500


def test_no_header_breaks_the_server(steady):
    for header in (
        *(
            b"Range: bytes=-",
            b"If-None-Match: \xff",
            b"If-Modified-Since: x",
            b"Accept: \xff;q=nan",
            b"Cookie: \xff=\xfe;;",
        ),
        *(b"Last-Event-ID: \xff", b"Accept-Encoding: \xff,gzip;q=x", b"Forwarded: for=\xff;;,", b"Expect: \xff"),
    ):
        assert status(get(steady, b"/v1/views", header)) < 500, header


def test_a_host_that_is_none_is_told_where_the_host_is_asked_for(steady):
    token = steady.tokens["analyst"].encode()
    for host in (b"[", b"a:b:c", b"x:99999"):
        lines = [b"GET /v1/editions/2025S1/1 HTTP/1.1", b"Host: " + host, b"Authorization: Bearer " + token]
        assert status(told(steady, b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n")) == 400, host


def test_every_answer_says_what_it_is_to_a_browser(steady):
    for path, who in [
        ("/livez", "analyst"),
        ("/v1/views", "analyst"),
        ("/v1/views", "nobody"),
        ("/nowhere", "analyst"),
    ]:
        headers = steady.get(path, who=who).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_half_a_request_is_not_waited_for(steady, monkeypatch):
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.5)
    slow = [connected(steady) for _ in range(30)]
    for it in slow:
        it.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nX: ")
    assert steady.get("/livez").status == 200
    for it in slow:
        assert it.recv(1) == b""
        it.close()


def test_a_header_that_trickles_in_is_not_waited_for_either(steady, monkeypatch):
    monkeypatch.setattr(connections, "HEADER_SECONDS", 1.0)
    begun = time.monotonic()
    with connected(steady) as slow, contextlib.suppress(ConnectionError):
        slow.sendall(b"GET /livez HTTP/1.1\r\n")
        while time.monotonic() - begun < 15:
            slow.sendall(b"X")
            time.sleep(0.2)
    assert time.monotonic() - begun < 10


def test_a_connection_that_is_known_waits_for_its_next_request(steady, monkeypatch):
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.5)
    request = (
        b"GET /v1/views HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n\r\n" % steady.tokens["auditor"].encode()
    )
    with connected(steady) as known:
        for _ in range(2):
            known.sendall(request)
            assert status(known.recv(65536)) == 200
            time.sleep(2)
        known.sendall(request[:30])
        assert known.recv(1) == b""


def test_an_address_has_few_connections_before_it_shows_a_token(tmp_path):
    door = Door(tmp_path / "data", unknown_of_an_address=3)
    request = b"GET /v1/views HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n\r\n" % door.tokens["auditor"].encode()
    known = [connected(door) for _ in range(3)]
    for it in known:  # whoever has shown one does not count
        it.sendall(request)
        assert status(it.recv(65536)) == 200
    unknown = [connected(door) for _ in range(3)]
    for it in unknown:
        it.sendall(b"G")
    time.sleep(0.3)
    refused = told(door, b"")
    assert status(refused) == 429
    assert b"an address has at most 3" in refused
    for it in known:
        it.sendall(request)
        assert status(it.recv(65536)) == 200
        it.close()
    for it in unknown:
        it.close()
    time.sleep(0.3)
    assert door.get("/livez").status == 200
    door.close()


def test_behind_a_proxy_the_limit_of_an_address_is_switched_off(tmp_path):
    door = Door(tmp_path / "data", unknown_of_an_address=0)
    unknown = [connected(door) for _ in range(200)]
    for it in unknown:
        it.sendall(b"GET /livez HTTP/1.1\r\n")
    begun = time.monotonic()
    assert door.get("/livez").status == 200
    assert time.monotonic() - begun < 5
    for it in unknown:
        it.close()
    door.close()


@pytest.mark.parametrize(
    ("peer", "neighbourhood"),
    [
        (("203.0.113.7", 1), "203.0.113.7"),
        (("2001:db8:1:2:3:4:5:6", 1, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::/64"),
    ],
)
def test_of_ipv6_a_customers_network_is_one_address(peer, neighbourhood):
    assert connections._neighbourhood(peer) == neighbourhood


def test_what_waits_for_slow_readers_is_bounded_and_those_with_most_are_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "MOST_UNREAD_BYTES", 40_000_000)

    async def long(_: web.Request) -> web.Response:
        return web.Response(body=bytes(30_000_000))

    async def asked(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return reader, writer

    async def read(reader: asyncio.StreamReader) -> int:
        with contextlib.suppress(ConnectionError):
            return len(await reader.read())
        return 0

    async def run() -> list[int]:
        app = web.Application()
        app.router.add_get("/", long)
        runner = connections.Runner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with runner.sweeping():
            slow = [await asked(runner.addresses[0][1]) for _ in range(3)]
            await asyncio.sleep(2.5)
            found = [await read(reader) for reader, _ in slow]
            for _, writer in slow:
                writer.close()
        await runner.cleanup()
        return found

    assert sum(it > 30_000_000 for it in asyncio.run(run())) == 1
