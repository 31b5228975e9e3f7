"""A real server on a real port in a thread of its own, and a client that shows status, headers and body."""

from __future__ import annotations

import asyncio
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from api.serve import serving
from tests.contract.documented import check_documented

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
DESIGNATION = {
    "name_ko": "브뤼셀 거점센터",
    "name_en": "Brussels",
    "ministry": "MSIT",
    "region": "EUROPE",
    "city": "Brussels",
    "country": "BE",
    "tz": "Europe/Brussels",
    "designated_on": "2024-12-06",
    "decision_ref": "GRDSC-2024-12",
}

PATH_PARTS = {
    "period": "2025S1",
    "number": "1",
    "position": "1",
    "level": "0",
    "path": "000",
    "format": "json",
    "view": "cases",
    "code": "HD-01",
    "stream": "case:1",
    "table": "case_opened",
    "type": "case.opened",
    "digest": "0" * 64,
}
"""What may stand for each part of a path."""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any
    raw: bytes


def event(type_: str, subject: str, id_: str, data: Any = None, /, **attributes: Any) -> dict[str, Any]:
    """A CloudEvent as a hub posts it; an attribute of None is left out."""
    whole = {
        "specversion": "1.0",
        "source": "test",
        "id": id_,
        "type": type_,
        "subject": subject,
        "time": "2025-03-03T10:00:00+01:00",
        "data": data if data is not None else {},
    } | attributes
    return {name: value for name, value in whole.items() if value is not None}


def opened(subject: str, id_: str, /, topic: str = "visa", **attributes: Any) -> dict[str, Any]:
    return event("case.opened", subject, id_, {"topic": topic}, **attributes)


class Clock:
    """A clock that a test sets on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 3, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Door:
    """A record with two hubs, EU-BRU and AS-SIN, and a token for each role."""

    head: int
    last: int
    key: str
    closed: dict[str, str]
    """What a fixture says of the record behind the door."""

    def __init__(
        self, path: Path, database: str | None = None, clock: Callable[[], datetime] | None = None, **more: Any
    ) -> None:
        self.more = more
        self.path, self.database, self.clock = path, database, clock
        self.tokens: dict[str, str] = {}
        self.closed = {}
        self._up = threading.Event()
        # A daemon: where a test fails before it closes the door, the run still ends.
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._up.wait(60)
        # On a busy machine the tables may take longer to be made than a question waits for them.
        self.engine.follower.wait(0, 60)
        if self.operator:
            self.found()

    async def _serve(self) -> None:
        self._loop, self._down = asyncio.get_running_loop(), asyncio.Event()
        serve = serving(self.path, self.database, "127.0.0.1", 0, clock=self.clock, **self.more)
        async with serve as (self.url, self.operator, self.engine):
            self._up.set()
            await self._down.wait()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._down.set)
        self._thread.join()

    def keep(self, folder: Path) -> None:
        """Closes it, and writes beside its record what a copy is opened by."""
        self.close()
        (folder / "door.json").write_bytes(msgspec.json.encode((self.tokens, self.closed)))

    @classmethod
    def copied(cls, made: Path, folder: Path) -> Self:
        """A server on a copy of the record that stands in `made / "data"`, and was kept there."""
        shutil.copytree(made / "data", folder)
        it = cls(folder)
        it.tokens, it.closed = msgspec.json.decode((made / "door.json").read_bytes())
        return it

    def another(self, role: str, hub: str | None = None) -> str:
        """One more token."""
        wish = {"role": role} | ({"hub": hub} if hub else {})
        return str(self.ask("POST", "/v1/tokens", wish, who="operator").body["token"])

    def found(self) -> None:
        self.tokens["operator"] = str(self.operator)
        for role in ("secretariat", "analyst", "auditor"):
            self.tokens[role] = self.ask("POST", "/v1/tokens", {"role": role}, who="operator").body["token"]
        for hub in ("EU-BRU", "AS-SIN"):
            wish = {"role": "hub", "hub": hub}
            self.tokens[hub] = self.ask("POST", "/v1/tokens", wish, who="operator").body["token"]
            designation = event("hub.designated", f"hub:{hub}", hub, DESIGNATION)
            assert self.post(designation, who="secretariat").status == 201

    def post(self, body: Any, *, who: str = "EU-BRU", type_: str | None = None) -> Answer:
        """One event, or a list as a batch."""
        return self.ask(
            "POST", "/v1/events", body, who=who, type_=type_ or (BATCH if isinstance(body, list) else SINGLE)
        )

    def get(self, path: str, *, who: str | None = "analyst", **headers: str) -> Answer:
        return self.ask("GET", path, None, who=who, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        who: str | None,
        type_: str | None = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        data = body if isinstance(body, bytes) else None if body is None else msgspec.json.encode(body)
        request = urllib.request.Request(
            self.url + path, data, {**({"Content-Type": type_} if type_ else {}), **(headers or {})}, method=method
        )
        if who is not None:
            request.add_header("Authorization", f"Bearer {self.tokens.get(who, who)}")
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error.with_traceback(None)  # or what was answered lives until the next full collection
        with answer:
            raw = answer.read()
            content = answer.headers.get_content_type()
            decoded = (
                msgspec.json.decode(raw)
                if content.endswith("json") and content != "application/x-ndjson" and raw
                else None
            )
            check_documented(method, path, answer.status, content, decoded)
            # A problem, by itself or of an event, a line, a work; the contract names its members.
            if b'"detail":' in raw and content.endswith("json") and not path.startswith("/openapi.json"):
                assert answer.headers["Content-Language"] in ("ko", "en"), f"{method} {path} says no language"
                assert "Accept-Language" in answer.headers["Vary"], f"{method} {path} goes by no language"
            return Answer(answer.status, dict(answer.headers), decoded, raw)
