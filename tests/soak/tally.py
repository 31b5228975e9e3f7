"""Every request of a soak is asked here, counted by route and status, and its answer judged."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from tests.hostile.made import Request
from tests.hostile.trial import DOCUMENTED, UNFIT, sent
from tests.soak.supervised import Supervised

PATIENCE = 60.0


class Said(NamedTuple):
    status: int
    raw: bytes

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.raw)


class Tally:
    """`faults` are what must not be, each with what was asked."""

    def __init__(self, server: Supervised, tokens: dict[str, str], routes: Iterable[tuple[str, str]]) -> None:
        self.server, self.tokens = server, tokens
        self.faults: list[str] = []
        self.answers: Counter[tuple[str, int]] = Counter()
        self.reasons: Counter[str] = Counter()
        self.repeated = 0
        self.away = 0.0
        """Until when the database was away, by the monotonic clock."""
        # What is said in words comes before what any word fits.
        self._routes = [
            (method, path, _pattern(path)) for method, path in sorted(routes, key=lambda it: it[1].count("{"))
        ]
        self._lock = threading.Lock()
        self._local = threading.local()

    def fault(self, what: str) -> None:
        with self._lock:
            self.faults.append(what)

    def count(self, route: str, status: int) -> None:
        with self._lock:
            self.answers[route, status] += 1

    def repeat(self) -> None:
        with self._lock:
            self.repeated += 1

    def get(self, path: str, who: str) -> Said | None:
        return self.ask(Request("GET", path, who, {}, None))

    def send(self, method: str, path: str, who: str, body: Any, type_: str = "application/json") -> Said | None:
        return self.ask(Request(method, path, who, {"Content-Type": type_}, msgspec.json.encode(body)))

    def ask(self, request: Request) -> Said | None:
        """The answer, None where there was none. Only a server that was killed meanwhile may give none.

        One that has begun may end too soon where the record cannot be read on, which its status can no longer say.
        """
        life, serving, begun = self.server.life, self.server.serving, time.monotonic()
        try:
            said = Said(*sent(self._local, self.server.address, self.tokens, request, PATIENCE / 2))
        except (OSError, http.client.HTTPException) as error:
            time.sleep(0.1)  # the supervisor may learn of a death after its clients
            cut_off = isinstance(error, http.client.IncompleteRead) and self.away > begun
            if serving and self.server.serving and life == self.server.life and not cut_off:
                self.fault(f"no answer after {time.monotonic() - begun:.1f} s ({error!r}): {request!r:.600}")
            said = None
        took = time.monotonic() - begun
        wrong = said and wrongly(request, said)
        with self._lock:
            self.answers[self.route(request), said.status if said else 0] += 1
            if said and said.status in (429, *DOCUMENTED):
                self.reasons[f"{said.status} {reason(said.raw) or request.method}"] += 1
            if wrong or (said and took > PATIENCE):
                self.faults.append(
                    f"{wrong or 'late'} after {took:.1f} s: {request!r:.600} {said and said.raw[:300]!r}"
                )
        return said

    def route(self, request: Request) -> str:
        path = request.path.partition("?")[0]
        for method, canonical, pattern in self._routes:
            if method == request.method and pattern.fullmatch(path):
                return f"{method} {canonical}"
        return "what is no route"

    def unasked(self) -> set[str]:
        """Routes that nobody was answered by."""
        answered = {route for route, status in self.answers if status}
        return {f"{method} {path}" for method, path, _ in self._routes} - answered


def wrongly(request: Request, said: Said) -> str | None:
    """What is wrong with an answer, whatever was asked; None if nothing is."""
    if said.status >= 500 and said.status not in DOCUMENTED:
        return f"{said.status}"
    if said.status in DOCUMENTED and request.method != "HEAD" and not reason(said.raw):
        return f"{said.status} without its reason"
    return "an event was found unfit" if UNFIT in said.raw else None


def reason(raw: bytes) -> str:
    """The code of a problem, on a page too, or what `/readyz` names; nothing where an answer says neither."""
    if raw.lstrip().startswith(b"<!doctype html>"):
        code = re.search(rb"<small>([a-z_.]+)</small>", raw)
        return code[1].decode() if code else ""
    try:
        body = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return ""
    if not isinstance(body, dict):
        return ""
    told = [name for name in ("seal", "clock", "displaced") if name in body] + [*body.get("workers", ())]
    return str(body.get("code") or ", ".join(told))


def _pattern(path: str) -> re.Pattern[str]:
    numbers = path.replace("{number}", "[0-9]+").replace("{position}", "[0-9]+").replace("{path}", ".+")
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", numbers))
