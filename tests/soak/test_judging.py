"""What judges a soak finds what it is there to find."""

from __future__ import annotations

import math
import socket
import time
from itertools import pairwise
from threading import Thread
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from tests.hostile.made import Request
from tests.soak.end import unlike
from tests.soak.followers import missed
from tests.soak.memory import stretches
from tests.soak.schedule import KINDS, schedule
from tests.soak.supervised import Supervised
from tests.soak.tally import Said, Tally, wrongly
from tests.soak.writers import Acknowledged, lost

ASKED = Request("GET", "/v1/views", "auditor", {}, None)
ONE, TWO = ("EU-PAR", "1"), ("EU-PAR", "2")


@pytest.mark.parametrize(
    ("status", "body", "wrong"),
    [
        (200, {}, False),
        (404, {}, False),
        (500, {"code": "internal"}, True),
        (502, {}, True),
        (503, {"code": "record.unavailable"}, False),
        (503, {"workers": {"writer": {}}}, False),
        (503, {}, True),
        (507, "full", True),
        (422, {"code": "event.unfit"}, True),
    ],
)
def test_an_answer_of_the_5xx_is_a_fault_unless_it_is_a_503_or_507_with_its_reason(status, body, wrong):
    assert bool(wrongly(ASKED, Said(status, msgspec.json.encode(body)))) == wrong


def test_an_answer_that_ends_too_soon_is_a_fault_unless_the_database_was_away_meanwhile():
    with socket.create_server(("127.0.0.1", 0)) as there:

        def answer() -> None:
            for _ in range(2):
                with there.accept()[0] as asked:
                    asked.recv(4096)
                    asked.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

        Thread(target=answer).start()
        server = SimpleNamespace(address=f"127.0.0.1:{there.getsockname()[1]}", life=1, serving=True)
        tally = Tally(cast("Supervised", server), {}, [])
        tally.away = math.inf
        assert tally.ask(ASKED) is None
        assert tally.faults == []
        tally.away = time.monotonic()
        assert tally.ask(ASKED) is None
        assert "IncompleteRead" in tally.faults[0]


def test_what_was_acknowledged_and_is_not_there_once_at_its_place_is_found():
    assert lost({ONE: 1, TWO: 2}, [(ONE, 1), (TWO, 2), (("EU-PAR", "3"), 3)]) == []
    assert "no position" in lost({ONE: 1}, [])[0]
    assert "has it at 2" in lost({ONE: 1}, [(ONE, 2)])[0]
    assert "2 times" in lost({ONE: 1}, [(ONE, 1), (ONE, 1)])[0]


def test_two_places_for_one_identity_and_a_refusal_are_found():
    kept = Acknowledged()
    assert kept.take("EU-PAR", "1", {"status": "recorded", "position": 5}) is None
    assert kept.take("EU-PAR", "1", {"status": "duplicate", "position": 5}) is None
    assert "at 5, and then at 6" in str(kept.take("EU-PAR", "1", {"status": "recorded", "position": 6}))
    assert "refused" in str(kept.take("EU-PAR", "2", {"status": "refused", "problem": {}}))


def test_a_position_that_a_feed_missed_or_told_twice_is_found():
    assert missed([1, 2, 4], [1, 2, 4, 5]) == []
    assert missed([1, 4], [1, 2, 4])
    assert missed([1, 2, 3, 4], [1, 2, 4])
    assert missed([1, 2, 2], [1, 2])


def test_memory_that_grows_by_more_than_a_fifth_is_found_and_a_short_life_is_not_compared():
    def life(number: int, seconds: int, growth: float) -> list[tuple[int, float, int]]:
        return [(number, float(at), int(1000 * (1 + growth * at / seconds))) for at in range(seconds)]

    flat, grown = stretches([*life(1, 100, 5), *life(2, 600, 0.1), *life(3, 600, 0.5)])
    assert (flat.life, flat.flat) == (2, True)
    assert (grown.life, grown.flat) == (3, False)


def test_figures_that_differ_or_are_none_are_found():
    assert unlike({"a": [1], "b": []}, {"a": [1], "b": []}) == []
    assert unlike({"a": [1]}, {"a": [2]})
    assert unlike({"a": "503"}, {"a": "503"})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [60, 180, 1200])
def test_a_schedule_is_the_same_for_a_seed_does_everything_and_ends_before_its_time(kind, seconds):
    plan = schedule(seconds, kind, 11)
    assert plan == schedule(seconds, kind, 11) != schedule(seconds, kind, 12)
    assert {it.what for it in plan} == {*KINDS[kind]}
    assert all(one.at + one.seconds < next_.at for one, next_ in pairwise(plan))
    assert plan[-1].at + plan[-1].seconds < seconds
