"""A load generator in a process of its own: connections that post prepared requests, one after the other."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from functools import partial
from multiprocessing.connection import Connection
from urllib.parse import urlsplit


class _Poster(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last is whole."""

    def __init__(self, requests: list[bytes], done: asyncio.Future[None]) -> None:
        self.requests = requests
        self.done = done
        self.sent = 0
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._next()

    def _next(self) -> None:
        if self.sent == len(self.requests):
            self.transport.close()
            self.done.set_result(None)
            return
        self.transport.write(self.requests[self.sent])
        self.sent += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().index(b"content-length:") + 15
        if len(body) >= int(head[at : (head + b"\r\n").index(b"\r\n", at)]):
            if not head.startswith(b"HTTP/1.1 20"):
                self.done.set_exception(RuntimeError(self.buffer[:500].decode(errors="replace")))
                self.transport.close()
                return
            self.buffer = b""
            self._next()


def _request(path: str, token: str, type_: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: {type_}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _run(host: str, port: int, requests: list[list[bytes]]) -> float:
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    finished = []
    for each in requests:
        done: asyncio.Future[None] = loop.create_future()
        finished.append(done)
        await loop.create_connection(partial(_Poster, each, done), host, port)
    await asyncio.gather(*finished)
    return time.perf_counter() - start


def _child(answer: Connection, host: str, port: int, requests: list[list[bytes]]) -> None:
    answer.send(asyncio.run(_run(host, port, requests)))


def post(url: str, path: str, token: str, type_: str, bodies: list[bytes], connections: int) -> float:
    """Seconds until every body was posted and answered with success over so many connections."""
    split = urlsplit(url)
    requests = [[_request(path, token, type_, body) for body in bodies[n::connections]] for n in range(connections)]
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_child, args=(theirs, split.hostname, split.port, requests))
    child.start()
    seconds = ours.recv()
    child.join()
    return float(seconds)
