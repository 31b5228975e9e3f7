"""While a server reads the worst body that one may post, who asks whether it lives is answered as ever."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api import body as body_limit
from tests.api.door import BATCH, Door, event, opened

HELD = 0.25
"""So much of the time of reading such a body in one piece (`in_one_piece`) a step may hold the loop: what takes longer
is done in slices of 2 ms."""
SOON = 20.0
"""In which a body is answered on a busy machine; each of these held the server for a minute, or would."""


def anagrams(word: str, number: int, seed: int) -> dict[str, int]:
    dice = random.Random(seed)
    return {"".join(dice.sample(word, len(word))): 1 for _ in range(number)}


def cases(number: int, more: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    return [opened(f"case:{n}", f"{n}") | more(n) for n in range(number)]


def texts(some: str) -> list[dict[str, Any]]:
    resolution = (some * 4_000)[:3_990]
    name = some.encode().hex()[:16]
    return [event("case.resolved", f"case:{n}", f"{name}-{n}", {"resolution": resolution}) for n in range(400)]


BODIES: dict[str, Callable[[], Any]] = {
    "unknown types": lambda: cases(10_000, lambda n: {"type": f"case.opend{n}"}),
    "unknown zones": lambda: cases(10_000, lambda n: {"zone": f"Asia/Soeul{n}"}),
    "unknown words of a list": lambda: cases(10_000, lambda n: {"data": {"topic": "visa", "channel": f"mial{n}"}}),
    "unknown fields": lambda: cases(10_000, lambda n: {"data": {f"topik{n}": "visa"}}),
    "names that are nearly ours": lambda: cases(4_000, lambda n: anagrams("datacontenttype", 40, n)),
    "brackets": lambda: "[" * 4_000_000 + "]" * 4_000_000,
    "brackets in events": lambda: "[" + "[" + "{}," * 9_000 + "{}]," * 200 + "{}]",
    "names without end": lambda: "[{" + '"a":1,' * 1_300_000 + '"a":1}]',
    "one text": lambda: '["' + "\\\\" * 4_000_000 + '"]',
    "telephone numbers": lambda: texts("+82 10 1"),
    "dashes": lambda: texts("1-"),
    "addresses": lambda: texts("a.b@"),
    "long ligatures": lambda: texts("\ufdfa"),
    "marks": lambda: texts("a" + "\u0301\u0323" * 15),
}


def encoded(name: str) -> bytes:
    """As it is sent. What it was made of is gone then: to collect that would be counted as the loop's time."""
    body = BODIES[name]()
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def steady(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    database = request.getfixturevalue("postgres") if request.param == "postgres" else None
    it = Door(tmp_path_factory.mktemp("alive") / "data", database)
    gc.collect()
    gc.freeze()  # as a server does: what other tests left in this process is not looked through on its loop
    yield it
    gc.unfreeze()
    it.close()


@pytest.fixture
def in_one_piece() -> float:
    """What a body of the most bytes costs when it is read at once, on the machine as it is now: seconds of the
    processor. A step that does so holds everybody for longer."""
    event = json.dumps(opened("case:1", "1"))
    body = f"[{','.join([event] * (body_limit.MOST_BODY_BYTES // (len(event) + 1)))}]"
    begun = time.thread_time()
    json.loads(body)
    return time.thread_time() - begun


@pytest.fixture
def held(steady: Door, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each step held the loop on which everybody is answered: of processor time, since others have the machine
    too."""
    found: list[float] = []
    gc.collect()  # the answers of the tests before
    run = asyncio.Handle._run

    def timed(self: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(self)
        if threading.current_thread() is steady._thread:
            found.append(time.thread_time() - begun)

    monkeypatch.setattr(asyncio.Handle, "_run", timed)
    return found


@pytest.mark.parametrize("name", BODIES)
def test_while_a_body_is_read_nobody_waits_for_the_loop(
    steady: Door, in_one_piece: float, held: list[float], name: str
) -> None:
    body = encoded(name)
    assert len(body) < body_limit.MOST_BODY_BYTES
    begun = time.monotonic()
    answer = steady.post(body, type_=BATCH)
    assert time.monotonic() - begun < SOON
    assert answer.status in (201, 400, 413, 422)
    assert max(held) < HELD * in_one_piece
    assert steady.get("/livez").status == 200
