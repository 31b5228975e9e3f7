"""Asks a server what was made, watches that it answers within bounds, and says what did not hold."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import MappingProxyType
from typing import NamedTuple

from api.server.sessions import COOKIE
from api.web.sign_in import FORM_TYPE
from tests.hostile.made import Request

DOCUMENTED = (503, 507)
"""Answers of the 5xx that a server may give, each with its reason."""
UNFIT = b'"code":"event.unfit"'
"""What was recorded and fits no table."""


NO_SESSIONS = MappingProxyType[str, str]({})


class Trial(NamedTuple):
    """`statuses` counts answers; `faults` are requests whose answer is none that is documented, or came too late."""

    statuses: Counter[int]
    faults: list[str]
    slowest: float


def attacked(
    address: str, tokens: dict[str, str], made: Iterable[Request], *, seconds: float, at_once: int = 4
) -> Trial:
    """Sends every request. Each is answered within so many seconds, and `/livez` meanwhile."""
    statuses, faults, slowest, lock = Counter[int](), list[str](), [0.0], threading.Lock()
    local = threading.local()
    sessions = {who: signed_in(address, token) for who, token in tokens.items()}

    def one(request: Request) -> None:
        begun = time.monotonic()
        try:
            status, said = sent(local, address, tokens, request, seconds, sessions)
        except (OSError, http.client.HTTPException) as error:
            status, said = 0, repr(error).encode()
        took = time.monotonic() - begun
        with lock:
            statuses[status] += 1
            slowest[0] = max(slowest[0], took)
            if status == 0 or (status >= 500 and status not in DOCUMENTED) or took > seconds or UNFIT in said:
                faults.append(f"{status} after {took:.1f} s: {request!r:.500} {said[:200]!r}")

    with watched(address, seconds, faults.append), ThreadPoolExecutor(at_once) as threads:
        for _ in threads.map(one, made):
            pass
    return Trial(statuses, faults, slowest[0])


@contextmanager
def watched(address: str, seconds: float, told: Callable[[str], None]) -> Iterator[None]:
    """Asks `/livez` all the while, and tells when it is not answered within so many seconds."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            begun = time.monotonic()
            try:
                connection = http.client.HTTPConnection(address, timeout=seconds)
                connection.request("GET", "/livez")
                status = connection.getresponse().status
                connection.close()
            except (OSError, http.client.HTTPException) as error:
                told(f"/livez: {error!r} after {time.monotonic() - begun:.1f} s")
                continue
            if status != 200:
                told(f"/livez: {status}")

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def sent(
    local: threading.local,
    address: str,
    tokens: dict[str, str],
    request: Request,
    seconds: float,
    sessions: Mapping[str, str] = NO_SESSIONS,
) -> tuple[int, bytes]:
    """Sends a request over this thread's connection: the status and what was said. Raises OSError, HTTPException."""
    connection: http.client.HTTPConnection | None = getattr(local, "connection", None)
    if fresh := connection is None:
        connection = local.connection = http.client.HTTPConnection(address, timeout=seconds * 2)
    headers = {name: value.encode("latin-1", "replace").decode("latin-1") for name, value in request.headers.items()}
    if request.who:
        headers["Authorization"] = f"Bearer {tokens.get(request.who, request.who)}"
        headers["Cookie"] = sessions.get(request.who, f"{COOKIE}={request.who}")
    try:
        connection.request(request.method, request.path, request.body, headers)
        answer = connection.getresponse()
        said = answer.read()
    except BaseException as error:
        connection.close()
        local.connection = None
        if fresh or not isinstance(error, ConnectionError):
            raise
        # The server closed it behind the answer before: every client of HTTP tries that again.
        return sent(local, address, tokens, request, seconds, sessions)
    return answer.status, said


def signed_in(address: str, token: str) -> str:
    """The cookie of who signs in to see pages."""
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("POST", "/sign-in", f"token={token}", {"Content-Type": FORM_TYPE})
    told = connection.getresponse().getheader("Set-Cookie", "")
    connection.close()
    return str(told).partition(";")[0]
