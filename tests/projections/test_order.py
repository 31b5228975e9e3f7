"""The state of a stream depends on what happened when, not on the order in which it was told."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import history as fold
from domain.record import Recorded
from domain.registry import FACTS
from tests.projections.histories import KINDS, TYPES, History, fact


@st.composite
def told(draw: st.DrawFn) -> tuple[str, list[tuple[Any, float]]]:
    """A stream's name, and facts of its kind at hours of their own."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    facts = draw(st.lists(st.sampled_from(TYPES[kind]).flatmap(fact), min_size=2, max_size=12))
    hours = draw(st.lists(st.integers(0, 1900), min_size=len(facts), max_size=len(facts), unique=True))
    return f"{kind}:1", list(zip(facts, map(float, hours), strict=True))


def recorded(stream: str, facts: list[tuple[Any, float]]) -> list[Recorded[Any]]:
    history = History()
    for it, hour in facts:
        history.add(stream, it, hour)
    return history.rows


def test_every_kind_of_the_world_is_tried() -> None:
    assert KINDS.keys() == FACTS.keys()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(stream=told(), random=st.randoms(use_true_random=False))
def test_any_order_of_arrival_folds_to_the_same_state(stream: tuple[str, list[tuple[Any, float]]], random: Any) -> None:
    name, facts = stream
    shuffled = random.sample(facts, len(facts))
    assert fold.state(name, recorded(name, facts)) == fold.state(name, recorded(name, shuffled))
