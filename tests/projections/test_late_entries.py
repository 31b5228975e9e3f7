"""The late register follows the day of effect, whatever was told when: the view, against plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.acts.check_events import CheckOpened, CutoffFixed
from domain.effect import effective_at
from domain.period import HalfYear
from domain.registry import FACTS, EntryCorrected, EntryVoided, kind_of, tag
from projections.mirror.snapshot import Reading
from tests.mirrors import empty
from tests.projections.histories import History, at, fact, histories

PERIODS = ("2024S2", "2025S1")
RESTATED = 8


def register(history: History, period: str, cut: CutoffFixed, known: int) -> Iterator[tuple[Any, ...]]:
    """What was recorded behind the cut-off and takes or took effect in the half-year, by its last moment that counts;
    `happened_at` is when it did before, where that was in the half-year, else when it does now."""
    in_effect: dict[int, datetime | None] = {}
    for row in history.rows:
        entry, about, after, why = row.entry, row.position, None, "LATE"
        if row.position > known or kind_of(entry.stream) not in FACTS:
            continue
        match entry.fact:
            case EntryCorrected(entry=about, data=data, occurred_at=happened):
                after, why = effective_at(data, happened), "CORRECTED"
            case EntryVoided(entry=about):
                why = "VOIDED"
            case told:
                after = effective_at(told, entry.occurred_at)
        before, in_effect[about] = in_effect.get(about), after
        counted = [it for it in (before, after) if it and HalfYear.parse(period).starts_at <= it <= cut.valid_cutoff]
        if row.position > cut.position and counted:
            yield (row.position, why, about, tag(history.entry(about).fact), counted[0], before, after)


def shown(reading: Reading, period: str) -> list[tuple[Any, ...]]:
    rows = reading.rows(
        "SELECT position, why, about, type, happened_at, effective_before, effective_after FROM late_entries "
        "WHERE period = ? ORDER BY position",
        [period],
    )
    return [tuple(it.replace(tzinfo=UTC) if isinstance(it, datetime) else it for it in row) for row in rows]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), data=st.data())
def test_the_late_register_follows_the_day_of_effect_at_every_known_and_valid(
    history: History, data: st.DataObject
) -> None:
    cuts = {}
    for period in PERIODS:
        half = HalfYear.parse(period)
        last = min(half.last_moment, data.draw(st.sampled_from([half.last_moment, half.starts_at.replace(day=20)])))
        cuts[period] = CutoffFixed(valid_cutoff=last, position=data.draw(st.integers(1, history.position), "cut at"))
        opened = CheckOpened(period=period, due_on=at(0).date(), hubs=("EU",), indicators={"HD-01": 1})
        history.add(f"check:{period}", opened, 1985)
        history.add(f"check:{period}", cuts[period], 1986)
    checked = history.position
    facts = [it for it in history.rows if kind_of(it.entry.stream) in FACTS]
    facts = [it for it in facts if not isinstance(it.entry.fact, EntryCorrected | EntryVoided)]
    for row in data.draw(st.lists(st.sampled_from(facts), max_size=RESTATED) if facts else st.just([]), "restated"):
        if data.draw(st.booleans(), "void"):
            history.void(row.position)
        else:
            history.correct(row.position, data.draw(fact(type(row.entry.fact))), data.draw(st.integers(-3000, 1900)))
    mirror = empty(threads=1)
    mirror.apply(history.page())
    for known in (history.position, data.draw(st.integers(checked, history.position), "known")):
        valid = data.draw(st.sampled_from([None, at(1990), at(1_500)]), "valid")
        with mirror.reading(known, valid) as reading:
            for period, cut in cuts.items():
                told = [*register(history, period, cut, known)] if valid != at(1_500) else []
                assert shown(reading, period) == told, (period, known, valid)
    mirror.close()
