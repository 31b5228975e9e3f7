"""Connections within bounds: how long one may wait with half a request, and how many an address may have.

A client that has not yet shown that it is known (to a record by a live token, to a witness by a key that it trusts) is
given little: time for its headers, and one address few connections. Behind a proxy all come from one address: one that
is trusted has no such limit but its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import resource
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from aiohttp import web
from aiohttp.hdrs import EXPECT
from aiohttp.http_exceptions import LineTooLong

from api.accepting import language_of
from api.formats import encode_json
from api.problems import Problem, problem_body, problem_response, set_safe_headers

UNKNOWN_OF_AN_ADDRESS = 64
"""Connections of one address that may be open without having shown that they are known."""
HEADER_SECONDS = 10.0
"""The headers of a request are there in this time, from the connection's beginning or their own first byte; so are all
greetings of TLS."""
IDLE_SECONDS = 75.0
"""A connection that is known is kept so long for the next request, and so long while the client reads nothing."""
LINGERING_SECONDS = 2.0
"""How long the rest of an unwanted body is read, so that the answer may arrive."""
MOST_UNREAD_BYTES = 512 * 1024 * 1024
"""How much of answers may wait for slow readers in all: checked once a second."""
SPARE_FILES = 256
"""File descriptors that no connection takes: the record, the tables and the follower need some."""


class Connections(web.Server):
    """Those of a server; `unknown` counts, by address, those that have not yet shown that they are known, unless
    `trusts` says that the address of a connection has no such limit. With `tls` each is counted before it is
    greeted: half a greeting takes more memory than a request."""

    def __init__(
        self,
        made: web.Server,
        unknown_of_an_address: int,
        trusts: Callable[[Any], bool],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(_expecting(made.request_handler), request_factory=made.request_factory)
        self.unknown = Counter[str]()
        self.most_unknown = unknown_of_an_address
        self.trusts = trusts
        self.most = _files() - SPARE_FILES
        self.tls = tls
        self._greetings = set[asyncio.Task[None]]()

    def __call__(self) -> asyncio.Protocol:  # type: ignore[override]
        return Greeting(self) if self.tls else Connection(self, loop=asyncio.get_running_loop())

    def full(self, peer: Any) -> bool:
        """Whether no more are taken from there, or none at all."""
        limited = self.most_unknown and not self.trusts(peer)
        over = limited and self.unknown[_neighbourhood(peer)] >= self.most_unknown
        return over or len(self.connections) + len(self._greetings) >= self.most

    def greet(self, wire: socket.socket, address: str) -> None:
        """Begins TLS with a connection that is counted for an address."""
        connection = Connection(self, loop=asyncio.get_running_loop())
        connection.count(address)
        task = asyncio.create_task(self._greet(wire, connection))
        self._greetings.add(task)
        task.add_done_callback(self._greetings.discard)

    async def _greet(self, wire: socket.socket, connection: Connection) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection, wire, ssl=self.tls, ssl_handshake_timeout=HEADER_SECONDS
            )
        except OSError:  # no greeting of TLS, or none in time
            connection.forget()

    async def sweep(self) -> None:
        """Closes, once a second, what has waited too long."""
        while True:
            await asyncio.sleep(1.0)
            now = asyncio.get_running_loop().time()
            own = [it for it in self.connections if isinstance(it, Connection)]
            for connection in own:
                connection.close_overdue(now)
            _shed(own)


def _shed(connections: Iterable[Connection]) -> None:
    """Cuts off those that leave most unread, until what waits for readers is no more than MOST_UNREAD_BYTES."""
    waiting = sorted(((it.unread, id(it), it) for it in connections), reverse=True)
    over = sum(unread for unread, *_ in waiting) - MOST_UNREAD_BYTES
    for unread, _, connection in waiting:
        if over <= 0:
            return
        connection.cut_off()
        over -= unread


class Greeting(asyncio.Protocol):
    """A connection before TLS: it is closed without a word where there are too many, for nobody could read one."""

    def __init__(self, server: Connections) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        peer = transport.get_extra_info("peername")
        if not self._server.full(peer):
            transport.pause_reading()
            self._server.greet(transport.get_extra_info("socket").dup(), _neighbourhood(peer))
        transport.abort()


class Connection(web.RequestHandler):
    """One connection: since when it waits for a request, and whether it has shown that it is known."""

    def __init__(self, server: Connections, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=LINGERING_SECONDS,
            auto_decompress=False,  # `api/body.py` unpacks, and knows how much is too much
        )
        self._server = server
        self._clock = loop.time
        self._address: str | None = None
        self._refused = False
        self._busy = self._partial = self._known = False
        self._since = loop.time()
        self._unread = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        if self._address is None:
            if self._server.full(peer):
                self._refused = True
                assert isinstance(transport, asyncio.WriteTransport)
                transport.write(_too_many(self._server.most_unknown))
                transport.close()
                return
            self.count(_neighbourhood(peer))
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.forget()
        if not self._refused:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if not self._busy and not self._partial and data:
            self._partial = True
            if self._known:
                self._since = self._clock()
        super().data_received(data)

    def eof_received(self) -> None:
        if not self._refused:
            super().eof_received()

    def begun(self) -> None:
        """The headers of a request are there."""
        self._busy, self._partial = True, False

    def recognised(self) -> None:
        """It has shown that it is known."""
        if not self._known:
            self._known = True
            self.forget()

    def over(self) -> None:
        """A request is answered."""
        self._busy = False
        self._since = self._clock()
        self._unread = 0

    @property
    def unread(self) -> int:
        """How many bytes of its answers wait for it to read."""
        transport = self.transport
        return transport.get_write_buffer_size() if isinstance(transport, asyncio.WriteTransport) else 0

    def cut_off(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def close_overdue(self, now: float) -> None:
        """Closes it when it has waited too long, unless an answer is still being read."""
        patience = IDLE_SECONDS if self._known and not self._partial else HEADER_SECONDS
        if self._busy or now - self._since <= patience or self.transport is None:
            return
        unread = self.unread
        if unread and unread != self._unread:
            self._unread, self._since = unread, now
            return
        self.cut_off() if unread else self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no HTTP is answered as every problem is, and is nothing to log."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        status = 431 if isinstance(exc, LineTooLong) else 400
        which = "line" if status == 431 else "framing"
        answer = problem_response(Problem(status, "http.malformed", which), "en", "/")  # its headers were not read
        set_safe_headers(answer.headers)
        answer.force_close()
        return answer

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """A body that breaks off is the client's, and was answered."""
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)

    def count(self, address: str) -> None:
        """It counts among the unknown ones of an address."""
        self._address = address
        self._server.unknown[address] += 1

    def forget(self) -> None:
        """It counts no longer among the unknown ones of its address."""
        if self._address is not None:
            self._server.unknown[self._address] -= 1
            if not self._server.unknown[self._address]:
                del self._server.unknown[self._address]
            self._address = None


class Runner(web.AppRunner):
    """Runs an application on bounded connections."""

    def __init__(
        self,
        app: web.Application,
        unknown_of_an_address: int = UNKNOWN_OF_AN_ADDRESS,
        trusts: Callable[[Any], bool] = lambda _: False,
        tls: ssl.SSLContext | None = None,
        **more: Any,
    ) -> None:
        super().__init__(app, **more)
        self._tls = tls
        self._unknown_of_an_address = unknown_of_an_address
        self._trusts = trusts

    async def _make_server(self) -> web.Server:
        return Connections(await super()._make_server(), self._unknown_of_an_address, self._trusts, self._tls)

    @contextlib.asynccontextmanager
    async def sweeping(self) -> AsyncIterator[None]:
        """Closes what waits too long until left."""
        assert isinstance(self.server, Connections)
        task = asyncio.create_task(self.server.sweep())
        try:
            yield
        finally:
            task.cancel()


def _expecting(handle: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[web.StreamResponse]]:
    """A handler that is asked only where the request expects what a server can do."""

    async def handled(request: web.BaseRequest) -> web.StreamResponse:
        if EXPECT in request.headers and request.headers[EXPECT].lower() != "100-continue":
            answer = problem_response(Problem(417, "http.expectation"), language_of(request), request.path)
            set_safe_headers(answer.headers)
            return answer
        found: web.StreamResponse = await handle(request)
        return found

    return handled


def _neighbourhood(peer: Any) -> str:
    """The address a connection comes from; of IPv6 the network that one customer has."""
    address = str(peer[0]) if isinstance(peer, tuple) else str(peer)
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))


def _too_many(most: int) -> bytes:
    body = encode_json(problem_body(Problem(429, "http.too_many_connections", most=most), "en"))
    return (  # before a request is read, so in whatever language it would be answered
        b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/problem+json\r\nX-Content-Type-Options: nosniff"
        b"\r\nContent-Language: en\r\nRetry-After: 10\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body), body)
    )


def _files() -> int:
    """How many files this process may have open; as many as the system grants it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return wanted if soft == resource.RLIM_INFINITY else soft
