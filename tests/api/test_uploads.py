"""Uploads of events a line each: answered as they commit, whatever their length and whenever the client reads."""

from __future__ import annotations

import gzip
import json
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.cloudevents import MOST_BYTES
from api.http import uploads
from api.server import quotas
from api.server.quotas import Limits, Quotas
from journal.store import writer
from tests.api.door import Answer, Door, opened

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LINES = "application/x-ndjson"


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("uploads") / "data")
    yield it
    it.close()


def line(id_: str, subject: str = "case:up", **more: Any) -> bytes:
    return json.dumps(opened(subject, id_, **more)).encode() + b"\n"


def upload(door: Door, body: bytes, who: str = "EU-BRU", **headers: str) -> tuple[list[Any], Any, Answer]:
    """The answers to lines, the last line, and the whole answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = door.ask("POST", "/v1/events", body, who=who, type_=LINES, headers=named)
    *told, last = map(json.loads, answer.raw.splitlines())
    return told, last, answer


class Line:
    """A connection that uploads in chunks and reads when it is asked to."""

    def __init__(self, door: Door, who: str = "EU-BRU", **headers: str) -> None:
        host, _, port = door.url.removeprefix("http://").partition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        told = {"Authorization": f"Bearer {door.tokens.get(who, who)}", "Content-Type": LINES, "Host": host, **headers}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
        self._socket.sendall(f"POST /v1/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n{head}\r\n".encode())
        self._file = self._socket.makefile("rb")
        self.status = 0

    def send(self, data: bytes) -> None:
        self._socket.sendall(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        self._socket.sendall(b"0\r\n\r\n")

    def lines(self) -> Iterator[Any]:
        """Answers, one after the other; ends where the answer does. Raises EOFError where it was cut off."""
        if not self.status:
            self.status = int(self._file.readline().split()[1])
            while self._file.readline().strip():
                pass
        rest = b""
        while True:
            if not (head := self._file.readline()):
                raise EOFError
            chunk = self._file.read(int(head, 16))
            self._file.readline()
            if not chunk:
                return
            *whole, rest = (rest + chunk).split(b"\n")
            yield from map(json.loads, whole)

    def close(self) -> None:
        self._socket.close()


def test_lines_are_answered_in_order_and_summed_up(steady: Door) -> None:
    long = line("long", topic="x" * MOST_BYTES)
    body = b"\xef\xbb\xbf" + line("a-1") + b"\r\n\n" + line("a-1") + b"{}\n" + long + line("a-2", x=1).rstrip()
    told, last, answer = upload(steady, body)
    assert answer.headers["Content-Type"] == LINES
    assert [(it["line"], it["status"]) for it in told] == [
        *((1, "recorded"), (4, "duplicate"), (5, "refused"), (6, "refused"), (7, "recorded"))
    ]
    assert told[3]["problem"]["code"] == "event.too_large"
    position = told[4]["position"]
    assert last == {
        **{"status": "complete", "lines": 7, "recorded": 2, "duplicates": 1, "refused": 2, "position": position},
        "not_kept": {"x": 1},
    }
    assert upload(steady, b"")[1] == {"status": "complete", "lines": 0, "recorded": 0, "duplicates": 0, "refused": 0}


def test_each_line_is_answered_before_the_next_is_sent(steady: Door) -> None:
    it = Line(steady)
    answers = it.lines()
    for n in range(3):
        whole = line(f"live-{n}")
        it.send(whole[:20])
        it.send(whole[20:])
        answer = next(answers)
        assert (answer["line"], answer["status"]) == (n + 1, "recorded")
        assert steady.get(f"/v1/events/{answer['position']}").status == 200
    it.end()
    assert [last["status"] for last in answers] == ["complete"]
    it.close()


def test_a_line_that_was_cut_off_is_not_recorded_and_those_before_are(steady: Door) -> None:
    it = Line(steady)
    answers = it.lines()
    it.send(line("cut-1") + line("cut-2")[:-2])
    assert next(answers)["status"] == "recorded"
    it.close()
    told, _, _ = upload(steady, line("cut-1") + line("cut-2"))
    assert [it["status"] for it in told] == ["duplicate", "recorded"]


def test_a_client_that_reads_only_after_sending_gets_all_answers(steady: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "ANSWER_BYTES", 10_000)
    kept = record_file(monkeypatch)
    it, count = Line(steady), 30_000
    some = b"".join(b"{%b\n" % (b"x" * 40) for _ in range(1000))
    for _ in range(count // 1000):
        it.send(some)
    it.send(line("late"))
    it.end()
    *told, last = it.lines()
    assert [it["line"] for it in told] == list(range(1, count + 2))
    assert (last["status"], last["lines"], last["refused"], last["recorded"]) == ("complete", count + 1, count, 1)
    assert kept, "answers waited in a file"
    it.close()


def record_file(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How much of answers is put into a file, each time."""
    kept: list[int] = []
    append: Callable[[Any, bytes], bool] = uploads._Answers._append

    def noted(self: Any, lines: bytes) -> bool:
        kept.append(len(lines))
        return append(self, lines)

    monkeypatch.setattr(uploads._Answers, "_append", noted)
    return kept


def test_answers_wait_for_their_reader_where_the_disk_is_nearly_full(
    steady: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "ANSWER_BYTES", 1000)
    monkeypatch.setattr(uploads, "SPARE_BYTES", 10**18)
    it = Line(steady)
    it.send(b"".join(b"{%d}\n" % n for n in range(200)))
    time.sleep(0.2)
    monkeypatch.setattr(uploads, "SPARE_BYTES", 0)
    it.end()
    assert [told["status"] for told in it.lines()][-1] == "complete"
    it.close()


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_an_upload_comes_packed_and_a_bomb_stops_it(steady: Door, pack: Callable[[bytes], bytes]) -> None:
    name = "zstd" if pack is zstd.compress else "gzip"
    body = b"".join(line(f"{name}-{n}") for n in range(2000))
    _, last, _ = upload(steady, pack(body), Content_Encoding=name)
    assert (last["status"], last["recorded"]) == ("complete", 2000)
    _, last, _ = upload(steady, pack(body)[:-10], Content_Encoding=name)
    assert (last["status"], last["problem"]["code"]) == ("stopped", "body.broken")
    _, last, _ = upload(steady, pack(bytes(200_000_000)), Content_Encoding=name)
    assert (last["status"], last["problem"]["code"], last["problem"]["status"]) == ("stopped", "body.too_large", 413)
    answer = steady.ask("POST", "/v1/events", body, who="EU-BRU", type_=LINES, headers={"Content-Encoding": "br"})
    assert (answer.status, answer.body["code"]) == (415, "body.encoding")


def test_little_is_answered_where_little_is_preferred(steady: Door) -> None:
    told, last, answer = upload(steady, line("min-1") + b"{}\n" + line("min-2"), Prefer="return=minimal")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert [(it["line"], it["status"]) for it in told] == [(2, "refused")]
    assert (last["recorded"], last["refused"]) == (2, 1)


def revoked_meanwhile(steady: Door, id_: str) -> tuple[Line, Iterator[Any]]:
    """An upload of which a line was recorded before its token was revoked, and its answers to come."""
    issued = steady.ask("POST", "/v1/tokens", {"role": "hub", "hub": "EU-BRU"}, who="operator").body
    it = Line(steady, issued["token"])
    answers = it.lines()
    it.send(line(id_))
    assert next(answers)["status"] == "recorded"
    steady.ask("DELETE", f"/v1/tokens/{issued['id']}", None, who="operator")
    return it, answers


def test_a_token_that_ends_meanwhile_stops_its_upload(steady: Door) -> None:
    it, answers = revoked_meanwhile(steady, "end-1")
    it.send(line("end-2"))
    last = next(answers)
    assert (last["status"], last["lines"], last["recorded"]) == ("stopped", 1, 1)
    assert last["problem"]["code"] == "token.invalid"
    it.close()
    assert upload(steady, line("end-2"))[0][0]["status"] == "recorded"


def test_who_reads_only_after_sending_is_told_why_an_upload_stopped(steady: Door) -> None:
    it = Line(steady, Content_Encoding="gzip")
    it.send(gzip.compress(line("rest-1")) + b"no gzip")
    for _ in range(400):
        it.send(b"x" * 65_536)
    it.end()
    first, last = it.lines()
    assert (first["status"], last["status"], last["problem"]["code"]) == ("recorded", "stopped", "body.broken")
    it.close()


def test_an_upload_waits_for_the_writer_and_for_its_quota(steady: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WAITING", -1)
    threading.Timer(0.5, monkeypatch.undo).start()
    assert upload(steady, line("wait-1"))[1]["recorded"] == 1
    steady.engine.quotas = Quotas(Limits(0, 60_000))
    began = time.monotonic()
    it = Line(steady)
    it.send(b" " * 61_000 + line("wait-2"))
    it.send(line("wait-3"))
    it.end()
    assert list(it.lines())[-1]["recorded"] == 2
    assert time.monotonic() - began >= 0.9
    it.close()
    steady.engine.quotas = Quotas()


def test_an_upload_that_sends_nothing_is_stopped_when_its_token_ends(
    steady: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LOOKED_SECONDS", 0.1)
    it, answers = revoked_meanwhile(steady, "idle-1")
    last = next(answers)
    assert (last["status"], last["problem"]["code"]) == ("stopped", "token.invalid")
    it.close()


def test_one_token_has_few_uploads_open(steady: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_UPLOADS", 1)
    it = Line(steady)
    it.send(line("open-1"))
    assert next(it.lines())["status"] == "recorded"
    answer = steady.ask("POST", "/v1/events", line("open-2"), who="EU-BRU", type_=LINES)
    assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (429, "quota.uploads", "5")
    it.end()
    list(it.lines())
    it.close()
    monkeypatch.setattr(quotas, "MOST_HELD_BYTES", 1)
    assert steady.ask("POST", "/v1/events", line("open-2"), who="EU-BRU", type_=LINES).status == 503


def test_memory_does_not_grow_with_an_upload_that_nobody_reads(steady: Door) -> None:
    def height() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def send(count: int) -> None:
        it = Line(steady)
        some = b"".join(b"{%b\n" % (b"x" * 40) for _ in range(1000))
        for _ in range(count // 1000):
            it.send(some)
        it.end()
        time.sleep(0.1)
        total = 0
        for told in it.lines():
            total += 1
            last = told
        it.close()
        assert (last["status"], total) == ("complete", count + 1)

    send(20_000)
    before = height()
    send(100_000)
    assert height() - before < 24 * 1024, "KiB, of 30 MB that were answered"
