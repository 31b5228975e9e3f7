"""Whose word for the clock counts, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.acts.clock import ClockAccepted
from tests.domain.given import START, given, refusal


def word(hours: float = 0) -> ClockAccepted:
    return ClockAccepted(now=START + timedelta(hours=hours), reason="the battery was changed")


@pytest.mark.parametrize(
    ("stream", "role", "hours", "code"),
    [
        ("clock:record", "secretariat", 0, "clock.not_yours"),
        ("clock:other", "operator", 0, "clock.elsewhere"),
        ("clock:record", "operator", 1, "clock.not_so"),
        ("clock:record", "operator", -24 * 365, "clock.not_so"),
    ],
)
def test_the_clock_goes_by_the_word_of_an_operator_whose_watch_agrees(stream, role, hours, code):
    refused = refusal(given("clock", stream=stream), word(hours), role=role)
    assert refused.code == code
    assert str(refused)


def test_a_word_may_be_given_again():
    state = given("clock", (word(), "o", "operator"), stream="clock:record")
    assert state.when(word(1), role="operator").status == "accepted"
