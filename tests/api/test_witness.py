"""A witness over HTTP, answer by answer as C2SP tlog-witness has them, and killed at any moment."""

from __future__ import annotations

import asyncio
import base64
import http.client
import multiprocessing
import random
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api import connections
from api.witness import server
from api.witness.server import serving_witness
from journal.log.checkpoint import Checkpoint
from journal.log.note import COSIGNATURE, SigningKey, open_note, signed_note
from journal.witness.witness import Memory, Proposal, Witness
from tests.journal.log import Log

KEY = SigningKey.generate("witness.example.kr/w1", COSIGNATURE)


class Answer(NamedTuple):
    status: int
    type: str | None
    body: str


class Window:
    """A witness on a real port, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        Memory.found(folder, KEY.verifier)
        self.memory = Memory(folder)
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(folder)))
        self._thread.start()
        assert self._up.wait(20)

    async def _serve(self, folder: Path) -> None:
        self._loop, self._down = asyncio.get_running_loop(), asyncio.Event()
        async with serving_witness(folder, KEY, "127.0.0.1", 0) as self.url:
            self._up.set()
            await self._down.wait()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._down.set)
        self._thread.join()
        self.memory.close()

    def trusted(self, log: Log) -> Log:
        self.memory.trust(log.key.verifier)
        return log

    def ask(self, body: str | bytes | Proposal, path: str = "/add-checkpoint", method: str = "POST") -> Answer:
        return asked(self.url, body, path, method)


def asked(url: str, body: str | bytes | Proposal, path: str = "/add-checkpoint", method: str = "POST") -> Answer:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    with closing(connection):
        connection.request(method, path, body if isinstance(body, bytes) else str(body).encode())
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers["Content-Type"], answer.read().decode())


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Window]:
    with closing(Window(tmp_path)) as it:
        yield it


def test_200_is_one_signature_line_that_makes_a_cosigned_checkpoint(window):
    log = window.trusted(Log(entries=5))
    answer = window.ask(Proposal(0, [], log.checkpoint()))
    assert answer.status == 200
    text, signatures = open_note(log.checkpoint() + answer.body, [log.key.verifier, KEY.verifier])
    assert Checkpoint.parse(text).size == 5
    assert [it.key for it in signatures] == [log.key.verifier, KEY.verifier]
    log.grow(300)
    assert window.ask(Proposal(5, log.proof(5), log.checkpoint())).status == 200


def test_the_request_of_the_specification_reads_as_it_stands_there(window):
    """Its record is not trusted here, so it gets as far as 404 and no further."""
    body = (
        "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n"
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+"
        "zyWE+xeMcTOAYQ8=\n"
    )
    assert window.ask(body).status == 404


@pytest.mark.parametrize("body", [b"", b"old 0\n\nx\n", b"\xff", b"old 0\n\no\n1\nAAAA\n\n\xe2\x80\x94 o AAAAAAA=\n"])
def test_400_for_what_does_not_read(window, body):
    assert window.ask(body).status == 400


def test_400_for_an_old_size_beyond_the_checkpoint(window):
    log = window.trusted(Log(entries=5))
    assert window.ask(Proposal(6, [], log.checkpoint())).status == 400


def test_403_without_a_signature_of_a_trusted_key_and_404_for_a_record_without_one(window):
    log = window.trusted(Log(entries=5))
    assert window.ask(Proposal(0, [], Log(log.name, 5).checkpoint())).status == 403
    text = log.checkpoint().split("\n\n")[0] + "\n"
    assert window.ask(Proposal(0, [], signed_note(text, log.key.sign("x\n")))).status == 403
    assert window.ask(Proposal(0, [], Log("stranger.example.kr", 5).checkpoint())).status == 404


def test_409_tells_the_size_seen(window):
    log = window.trusted(Log(entries=5))
    assert window.ask(Proposal(3, log.proof(3), log.checkpoint())) == (409, "text/x.tlog.size", "0\n")
    window.ask(Proposal(0, [], log.checkpoint()))
    log.grow(2)
    assert window.ask(Proposal(0, [], log.checkpoint())) == (409, "text/x.tlog.size", "5\n")
    assert window.ask(Proposal(5, [], log.fork(4, 1).checkpoint())).status == 409


def test_422_for_a_proof_that_proves_nothing(window):
    log = window.trusted(Log(entries=5))
    window.ask(Proposal(0, [], log.checkpoint()))
    log.grow(2)
    assert window.ask(Proposal(5, [], log.checkpoint())).status == 422
    assert window.ask(Proposal(5, [secrets.token_bytes(32)] * 3, log.checkpoint())).status == 422
    assert window.ask(Proposal(5, log.fork(4, 3).proof(5), log.checkpoint())).status == 422


def test_sixteen_and_more_signatures_of_strangers_do_not_disturb(window):
    log = window.trusted(Log(entries=5))
    text = log.checkpoint().split("\n\n")[0] + "\n"
    strangers = [SigningKey.generate(f"witness.example.kr/{n}", COSIGNATURE).cosign(text, 1) for n in range(16)]
    post_quantum = f"— witness.example.kr/pq {base64.b64encode(secrets.token_bytes(4 + 2428)).decode()}"
    note = signed_note(text, *strangers, *[post_quantum] * 16, log.key.sign(text))
    assert window.ask(Proposal(0, [], note)).status == 200


def test_a_body_that_is_too_long_or_sent_another_way_is_not_read(window):
    assert window.ask(b"old 0\n" + b"x" * 200_000).status == 413
    assert window.ask(b"", method="GET").status == 405
    assert window.ask(b"", "/elsewhere").status == 404


def test_who_says_nothing_whole_does_not_keep_others_from_it(window, monkeypatch):
    """As many strangers as an address may have, each with half a request: a record that is known is still answered, a
    stranger more is refused, and those that wait are closed."""
    log = window.trusted(Log(entries=5))
    host, port = window.url.removeprefix("http://").split(":")
    with ExitStack() as open_:
        known = open_.enter_context(closing(http.client.HTTPConnection(host, int(port), timeout=30)))

        def ask(old: int) -> int:
            known.request("POST", "/add-checkpoint", str(Proposal(old, [], log.checkpoint())).encode())
            answer = known.getresponse()
            answer.read()
            return answer.status

        assert ask(0) == 200
        slow = [
            open_.enter_context(socket.create_connection((host, int(port)), timeout=30))
            for _ in range(server.STRANGERS_OF_AN_ADDRESS)
        ]
        for it in slow:
            it.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nX: ")
        with socket.create_connection((host, int(port)), timeout=30) as more:
            assert more.recv(12) == b"HTTP/1.1 429"
        assert ask(5) == 200
        monkeypatch.setattr(connections, "HEADER_SECONDS", 0.5)
        assert [it.recv(1) for it in slow] == [b""] * len(slow)
        assert window.ask(b"", "/livez", "GET").status == 200


def test_a_key_trusted_by_another_command_counts_at_once(window):
    log = Log(entries=5)
    assert window.ask(Proposal(0, [], log.checkpoint())).status == 404
    window.trusted(log)
    assert window.ask(Proposal(0, [], log.checkpoint())).status == 200


def test_a_hundred_requests_at_once_for_two_forks_get_one_history(window):
    log = window.trusted(Log(entries=4))
    window.ask(Proposal(0, [], log.checkpoint()))
    forks = [log.fork(4, 6), log.fork(4, 6)]
    answers: list[tuple[int, bytes, int]] = []

    def ask(fork: Log, size: int) -> None:
        status = window.ask(Proposal(4, fork.proof(4, size), fork.checkpoint(size))).status
        answers.append((status, fork.root(size), size))

    threads = [threading.Thread(target=ask, args=(fork, 5 + n % 6)) for n in range(50) for fork in forks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _, _ in answers} == {200, 409}
    assert len({(root, size) for status, root, size in answers if status == 200}) == 1


def _serve(folder: Path, pipe: Any) -> None:
    async def forever() -> None:
        async with serving_witness(folder, SigningKey.load(folder / "witness.key"), "127.0.0.1", 0) as url:
            pipe.send(url)
            await asyncio.Event().wait()

    asyncio.run(forever())


def test_killed_at_any_moment_it_never_signed_two_roots_for_one_size(tmp_path):
    """Forty servers, each shown two forks at once by four clients and killed within some milliseconds."""
    KEY.save(tmp_path / "witness.key")
    Memory.found(tmp_path, KEY.verifier)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.api.test_witness"])
    seed = random.Random(20251124)
    log = Log()
    with closing(Memory(tmp_path)) as memory:
        memory.trust(log.key.verifier)
    given: dict[int, set[bytes]] = {}
    interrupted = 0
    for _ in range(40):
        with closing(Memory(tmp_path)) as memory:
            seen = memory.head(log.name)
        assert not given or max(given) <= seen.size, "it signed what it does not remember"
        assert log.root(seen.size) == seen.root
        forks = [log.fork(seen.size, 30), log.fork(seen.size, 30)]
        ours, theirs = processes.Pipe()
        server = processes.Process(target=_serve, args=(tmp_path, theirs))
        server.start()
        url = ours.recv()
        clients = [threading.Thread(target=_grow, args=(url, fork, seen.size, given)) for fork in forks * 2]
        for client in clients:
            client.start()
        server.join(seed.uniform(0.005, 0.08))
        server.kill()
        server.join()
        for client in clients:
            client.join()
        with closing(Memory(tmp_path)) as memory:
            now = memory.head(log.name)
        interrupted += seen.size < now.size < seen.size + 30
        log = next(fork for fork in forks if fork.root(now.size) == now.root)
        log.entries = log.entries[: now.size]
    assert interrupted > 10, "most were killed before they began or after they were done"
    assert all(roots == {log.root(size)} for size, roots in given.items())
    with closing(Witness(tmp_path, KEY)) as witness:
        assert witness.memory.head(log.name).size == log.size


def _grow(url: str, fork: Log, old: int, given: dict[int, set[bytes]]) -> None:
    """Asks for every size of a fork in turn, until the witness is gone; notes what it stood by."""
    size = old + 1
    while size <= fork.size:
        try:
            answer = asked(url, Proposal(old, fork.proof(old, size), fork.checkpoint(size)))
        except (OSError, http.client.HTTPException):
            return
        if answer.status == 200:
            text, _ = open_note(fork.checkpoint(size) + answer.body, [KEY.verifier])
            given.setdefault(size, set()).add(Checkpoint.parse(text).root)
        seen = int(answer.body) if answer.status == 409 else size
        # A head of just that size is asked for too: there the roots decide.
        size = size + 1 if seen == old or answer.status != 409 else max(size, seen)
        old = seen if answer.status in (200, 409) else old
