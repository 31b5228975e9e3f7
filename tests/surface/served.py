"""A record of the release before, served on a clock that stands still, and answers in a form that can be compared."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import os
import re
import secrets
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec
import openpyxl
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from tests.api.door import Door
from tests.before.records import SECOND, answers, unfolded

NOW = datetime(2026, 11, 26, 13, tzinfo=UTC)
"""On the day of the last entry of the record, so that no checkpoint is kept because a day has passed."""

SALTS = 1024
"""So many bytes are drawn at once for the salts of entries."""

HEADERS = (
    *("Content-Type", "Content-Disposition", "Content-Security-Policy", "Cache-Control", "ETag", "Link", "Location"),
    *("Allow", "Retry-After", "WWW-Authenticate", "Referrer-Policy", "X-Content-Type-Options"),
)
SAFE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Said with nearly every answer: a header is recorded where it is another or is not there."""

PEOPLE = ("operator", "secretariat", "analyst", "auditor", "EU-BRU", "AS-SIN", "persons")
NOBODY = "nobody"
ADDRESS = "http://SERVER"
"""Stands for the address of the server, whose port was free by chance: links in answers begin with it."""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any

    def plain(self) -> dict[str, Any]:
        return {"status": self.status, "headers": self.headers, "body": self.body}


PATIENCE = 6
"""How often what waited ten seconds for its tables is asked again."""


class Server:
    """A running server and one connection to it."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._connection = http.client.HTTPConnection(door.url.removeprefix("http://"), timeout=60)

    def ask(
        self, method: str, path: str, body: Any = None, *, who: str, type_: str = "application/json", **headers: str
    ) -> Answer:
        """The answer, asked for again while the tables of a busy machine are behind."""
        for _ in range(PATIENCE):
            answer = self._asked(method, path, body, who, type_, headers)
            if not (answer.status == 503 and "mirror.behind" in str(answer.body)):
                break
        return answer

    def _asked(self, method: str, path: str, body: Any, who: str, type_: str, headers: dict[str, str]) -> Answer:
        data = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        about = {"Content-Type": type_} if data is not None else {}
        if who != NOBODY:
            about["Authorization"] = f"Bearer {self.door.tokens.get(who, who)}"
        self._connection.request(method, path, data, about | headers)
        answer = self._connection.getresponse()
        if answer.headers.get_content_type() == "text/event-stream":
            raw = _two_events(answer)
            self._connection.close()
        else:
            raw = answer.read()
        said = {it: value for it in HEADERS if (value := answer.headers.get(it)) is not None}
        said |= {it: value for it, value in answer.headers.items() if it.startswith("Sagwan-")}
        said = {it: value for it, value in said.items() if SAFE.get(it) != value}
        said |= {it: "" for it in SAFE if answer.headers.get(it) is None}
        type_ = answer.headers.get_content_type()
        if type_.startswith("text/") or type_.endswith("json"):
            raw = raw.replace(self.door.url.encode(), ADDRESS.encode())
        return Answer(answer.status, said, _decoded(raw, type_, self.door.url))

    def settle(self) -> None:
        """Returns once the tables and the seal have everything that is recorded, and no worker has to try again."""
        position = self.ask("GET", "/readyz", who=NOBODY).body["position"]
        for path in (f"/v1/views/hub_performance?after={position}", f"/v1/log/proof?position={position}"):
            self._until(path, lambda it: it.status == 200)
        self._until("/readyz", lambda it: "workers" not in it.body)

    def _until(self, path: str, holds: Callable[[Answer], bool]) -> None:
        for _ in range(100):
            if holds(answer := self.ask("GET", path, who="auditor")):
                return
            time.sleep(0.1)
        raise AssertionError(f"{path} still answers {answer}")


def _two_events(answer: http.client.HTTPResponse) -> bytes:
    """What a feed says first, up to its second event or a heartbeat: it has no end."""
    said = b""
    while not said.endswith(b"\n\n") or (said.count(b"event: ") < 2 and b": \n" not in said):
        said += answer.readline()
    return said


def _decoded(raw: bytes, type_: str, url: str) -> Any:
    """JSON as it is, a table as its columns and rows, a page by its digest and its text, an archive by its members."""
    match type_:
        case _ if not raw:
            return None
        case "application/json" | "application/problem+json" | "application/schema+json":
            return msgspec.json.decode(raw)
        case "application/vnd.apache.arrow.stream":
            return _table(pa.ipc.open_stream(raw).read_all())
        case "application/vnd.apache.parquet":
            return _table(pa.parquet.read_table(io.BytesIO(raw)))
        case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
            book = openpyxl.load_workbook(io.BytesIO(raw))
            return {sheet.title: [[_cell(it, url) for it in row] for row in sheet.iter_rows()] for sheet in book}
        case "application/zip":
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                return sorted(archive.namelist())
        case "text/html":
            page = re.sub(r"(?s)<(style|script).*?</\1>", "", raw.decode())
            text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "\n", page).replace("\n \n", "\n"))
            return {"sha256": hashlib.sha256(raw).hexdigest(), "text": re.findall(r".{1,200}(?: |$)", text)}
        case "application/octet-stream":
            return {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
        case _:
            return raw.decode().splitlines()


def _table(table: pa.Table) -> dict[str, Any]:
    rows = msgspec.json.decode(msgspec.json.encode(table.to_pylist()))
    about = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    columns = {it.name: f"{it.type}{'' if it.nullable else ' not null'}" for it in table.schema}
    return {"columns": columns, "metadata": about, "rows": rows}


def _cell(cell: Any, url: str) -> Any:
    value = cell.value
    return value if isinstance(value, int | float | bool | None) else str(value).replace(url, ADDRESS)


@contextlib.contextmanager
def drawn() -> Iterator[None]:
    """Whatever is drawn at random and shown (tokens, ids, pseudonyms) is drawn from a seed; every salt is the same.

    What ciphers draw stays theirs: nobody is shown it.
    """
    real, count = os.urandom, Counter[str]()

    def seeded(name: str, size: int) -> bytes:
        count[name] += 1
        return hashlib.shake_256(f"{name} {count[name]}".encode()).digest(size)

    def urandom(size: int) -> bytes:
        # One salt for all: what is refused draws one too, also what the machine proposes whenever it looks.
        return b"\x5a" * size if size >= SALTS else real(size)

    def token_hex(size: int = 32) -> str:
        # DuckDB names relations by it, as many as are read.
        of_duckdb = sys._getframe(1).f_globals["__name__"].startswith("duckdb")
        return real(size).hex() if of_duckdb else seeded(f"hex {size}", size).hex()

    def token_urlsafe(size: int = 32) -> str:
        return seeded("token" if size == 32 else f"token {size}", size).hex()  # those of tokens are counted alone

    with (
        patch.object(os, "urandom", urandom),
        patch.object(secrets, "token_hex", token_hex),
        patch.object(secrets, "token_urlsafe", token_urlsafe),
    ):
        yield


def record(folder: Path) -> Path:
    """A data folder with the record that is asked."""
    return unfolded("sound", folder, SECOND)


def tokens() -> dict[str, str]:
    """What opens it, by whom."""
    return dict(answers(SECOND)["sound"]["tokens"])


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server on a data folder."""
    with drawn():
        door = Door(folder, clock=lambda: NOW)
        door.tokens = tokens()
        try:
            yield Server(door)
        finally:
            door.close()
