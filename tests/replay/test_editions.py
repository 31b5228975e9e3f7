"""The figures of an edition: made of a key, never moved by what comes later, and made again from the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.check import Check
from domain.helpdesk import CaseOpened, CaseResolved
from projections.evidence import INDICATORS
from projections.mirror import Mirror
from replay.editions import content_of, key_of
from replay.figures import Abacus, Cut, exact, moves
from replay.late import register
from tests.projections.histories import START, History, at, histories

VERSIONS = {code: it.version for code, it in INDICATORS.items()}


def mirrored(history: History) -> Mirror:
    mirror = Mirror(threads=1)
    mirror.apply(history.page())
    return mirror


def cut(position: int, valid: datetime | None = None) -> Cut:
    return Cut.of("2025S1", valid or START + timedelta(days=59), position, VERSIONS)


@pytest.fixture
def history() -> History:
    it = History()
    for n in range(4):
        it.add(f"case:{n}", CaseOpened(topic="visa"), n, hub="EU" if n else "US")
        it.add(f"case:{n}", CaseResolved(), n + 2 + n, hub="EU" if n else "US")
    return it


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), more=st.integers(0, 30))
def test_the_figures_of_a_cut_never_change_under_later_events(history: History, more: int) -> None:
    half = History()
    half.rows = history.rows[: len(history.rows) // 2]
    if not half.rows:
        return
    then, now = Abacus(mirrored(half).reading), Abacus(mirrored(history).reading)
    at_cut = cut(half.position, at(more * 24))
    assert then.figures(at_cut) == now.figures(at_cut)
    key = key_of(now.opened, at_cut, None)
    assert key == key_of(then.opened, at_cut, None)
    assert content_of(then, key).digest == content_of(now, key).digest


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), data=st.data())
def test_a_correction_and_its_reversal_leave_every_figure_as_it_was(history: History, data: st.DataObject) -> None:
    originals = [row for row in history.rows if not type(row.entry.fact).__name__.startswith("Entry")]
    restated = {row.entry.fact.entry for row in history.rows if type(row.entry.fact).__name__.startswith("Entry")}
    untouched = [row for row in originals if row.position not in restated]
    if not untouched:
        return
    row = data.draw(st.sampled_from(untouched))
    before, hour = history.position, (row.entry.occurred_at - START) / timedelta(hours=1)
    history.correct(row.position, row.entry.fact, hour + data.draw(st.integers(-900, 900)))
    history.void(row.position)
    history.correct(row.position, row.entry.fact, hour)
    codes = {code: version for code, version in VERSIONS.items() if code != "GV-04R"}
    abacus = Abacus(mirrored(history).reading)
    valid = START + timedelta(days=59)
    then, now = (Cut.of("2025S1", valid, position, codes) for position in (before, history.position))
    assert moves(abacus.figures(then), abacus.figures(now)) == []


def test_figures_are_of_all_together_and_of_each_slice(history: History) -> None:
    figures = Abacus(mirrored(history).reading).figures(cut(8))
    cases = {(it.by, it.of): (it.value, it.evidence) for it in figures if it.indicator == "HD-01"}
    assert cases[None, None] == ("4", 4)
    assert cases["hub", "EU"] == ("3", 3)
    assert cases["field", "visa"] == ("4", 4)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0"),
        (0.0000015, "0.000002"),
        (Decimal("12.500000000000"), "12.5"),
        (123456789012345680.0, "123456789012345680"),
        (100, "100"),
    ],
)
def test_a_figure_is_text_of_six_decimals(value: object, text: str | None) -> None:
    assert exact(value) == text


class Late:
    """A check of 2025S1 cut at a position, and what came after."""

    def __init__(self, history: History, **more: object) -> None:
        self.history = history
        self.check = Check(
            status="CLOSED", period="2025S1", hubs=("EU", "US"), indicators={"HD-01": 1, "HD-04": 1},
            valid_cutoff=at(400), position=history.position, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def register(self) -> Iterator[object]:
        return register(Abacus(mirrored(self.history).reading), self.check, self.history.position)
