"""`following`: what followers whose filter keeps nothing cost events one a request."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.bench.ingest import one_a_request, sagwan

FOLLOWERS = 1_000
TURNS = 3
AT_ONCE = 50
"""So many connections are opened before their feeds begin: of an address a server takes few that it does not know."""


def idle(count: int) -> dict[str, float]:
    """Events a second with and without the followers, by turns."""
    count, post = one_a_request(count)
    runs: dict[int, list[float]] = {FOLLOWERS: [], 0: []}
    for _ in range(TURNS):
        for followers, seconds in runs.items():

            def measured(url: str, token: str, followers: int = followers) -> float:
                with followed(url, token, followers):
                    return post(url, token)

            seconds.append(sagwan(measured))
    with_, without = (min(seconds) for seconds in runs.values())
    return {
        f"with {FOLLOWERS:,} followers": count / with_,
        "without": count / without,
        "cost of the followers, percent (at most 20)": 100 * (with_ / without - 1),
    }


@contextlib.contextmanager
def followed(url: str, token: str, followers: int) -> Iterator[None]:
    """Open feeds that want what is never recorded."""
    place = urlsplit(url)
    asked = f"GET /v1/events/live?type=case.merged HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
    with contextlib.ExitStack() as stack:
        at = (place.hostname or "", place.port or 0)
        for some in range(0, followers, AT_ONCE):
            them = [stack.enter_context(socket.create_connection(at)) for _ in range(min(AT_ONCE, followers - some))]
            for connection in them:
                connection.sendall(asked.encode())
            for connection in them:
                said = b""
                while b": \nid: " not in said:
                    said += connection.recv(4096)
        yield
