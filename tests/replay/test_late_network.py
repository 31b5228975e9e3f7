"""By how much each late entry moves the co-operation between centres: of whatever they told, answered and denied."""

from __future__ import annotations

import contextlib
import random
from decimal import Decimal
from typing import Any

import pytest

from domain.facts import centre
from domain.facts.helpdesk import CaseReferred
from domain.facts.hub import HubRevoked
from domain.facts.project import CreditShared, ProjectLaunched
from domain.record import Fact
from domain.registry import tag
from projections.definitions import INDICATORS, VERSIONS
from replay.editions.late_amounts import MOST_STEPS, late_amounts
from replay.editions.period_figures import Cut, FigureCache
from tests.mirrors import empty
from tests.projections.histories import DESIGNATED, History, at, day

NAMES = ("EU", "US", "NIPA", "KIC", "x")
HUBS = NAMES[:2]
LATE = 24
REGISTERED = 0.12
"""How often a centre is registered or a hub designated or revoked, among all that is told."""


def drawn(dice: random.Random) -> tuple[str, Fact, float]:
    """What a centre, a case or a project says, and when; of few names, so that one meets the other."""
    whom, other, third = dice.sample(NAMES, 3)
    days = dice.randint(0, 70)
    key = dice.choice(("a", "b", "A", "case:1"))
    refers = dice.choice(NAMES)
    project = f"project:{dice.randint(1, 2)}"
    shares = dice.choice(({"EU": Decimal(1)}, {"EU": Decimal("0.5"), "US": Decimal("0.5")}))
    said: list[tuple[str, Fact]] = [
        (f"centre:{whom}", centre.CentreActivityHeld(key, "FORUM", "t", day(days), (other,))),
        (f"centre:{whom}", centre.CentreActivityHeld(key, "FORUM", "t", day(days), (other, f"centre:{third}"))),
        (f"centre:{whom}", centre.CentreActivityDeclined(other, key, day(days), "r")),
        (f"centre:{whom}", centre.CentreAnswered(f"case:{dice.randint(1, 3)}", dice.random() < 0.3, day(days), "r")),
        (f"centre:{whom}", centre.CentreAnswered(project, dice.random() < 0.3, day(days), "r")),
        (f"case:{dice.randint(1, 3)}", CaseReferred(body=refers)),
        (project, ProjectLaunched(on=day(days))),
        (project, CreditShared(shares=shares)),
    ]
    if dice.random() < REGISTERED:
        said = [
            (f"centre:{whom}", centre.CentreRegistered("가", "TRADE_OFFICE", "o", "DE", "c")),
            (f"hub:{dice.choice(NAMES[:3])}", dice.choice((DESIGNATED, HubRevoked(on=day(days), reason="r")))),
        ]
    return (*dice.choice(said), 24 * days + 1)


def told(history: History, dice: random.Random) -> None:
    """One more entry: a fact, or what corrects or takes back one of before."""
    facts = [row for row in history.rows if not tag(row.entry.fact).startswith("entry.")]
    if facts and dice.random() < 0.25:
        of = dice.choice(facts)
        if dice.random() < 0.5:
            history.void(of.position)
            return
        for _ in range(40):
            stream, fact, hour = drawn(dice)
            if type(fact) is type(of.entry.fact):
                history.correct(of.position, fact, hour)
                return
        return
    stream, fact, hour = drawn(dice)
    key = stream.partition(":")[2]
    history.add(stream, fact, hour, hub=key if key in NAMES else dice.choice(HUBS))


def record(seed: int, late: int = LATE, offices: tuple[str, ...] = ("NIPA",)) -> tuple[History, int]:
    """A history of which so many entries came behind a position."""
    dice, history = random.Random(seed), History()
    for hub in HUBS:
        history.add(f"hub:{hub}", DESIGNATED, 0, hub=hub)
    for office in offices:
        history.add(f"centre:{office}", centre.CentreRegistered("가", "TRADE_OFFICE", "NIPA", "DE", "c"), 1, hub="")
    while history.position < 30:
        told(history, dice)
    cut_at = history.position
    while history.position < cut_at + late:
        told(history, dice)
    return history, cut_at


@pytest.mark.parametrize("seed", range(2))
def test_each_late_entry_has_the_amount_by_which_it_moves_the_figure(seed: int) -> None:
    history, cut_at = record(seed)
    asked = [it for (code, _), it in VERSIONS.items() if code == "NW-02"]
    with contextlib.closing(empty(threads=1)) as mirror:
        mirror.apply(history.page())
        cache = FigureCache(mirror.reading, mirror.figure_reading)
        for it in asked[seed % 2 :: 2]:
            cut = Cut.of("2025S1", at(24 * 61), cut_at, {it.code: it.version}).at(cut_at, {})
            values = [_figure(cache, cut.at(position, {})) for position in range(cut_at, history.position + 1)]
            now = cut.at(history.position, {})
            with cache.reading_of(cut) as before, cache.reading_of(now) as after:
                found = late_amounts(cache, now, cut_at, before, after, {it.code: (values[0], values[-1])})
            moved = {
                position: value - was
                for position, was, value in zip(
                    range(cut_at + 1, history.position + 1), values, values[1:], strict=False
                )
                if value != was
            }
            assert {position: Decimal(moves[it.code]) for position, moves in found.moves.items()} == moved, it.version


def test_more_late_entries_than_a_figure_is_made_anew_for_have_their_amounts_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the register of centres and its hubs stay: the sum is the whole move, and up to any entry it is the figure."""
    offices = tuple(f"C{n}" for n in range(20))
    monkeypatch.setattr(f"{__name__}.REGISTERED", 0)
    monkeypatch.setattr(f"{__name__}.NAMES", (*HUBS, *offices))
    history, cut_at = record(7, MOST_STEPS + 20, offices)
    it = INDICATORS["NW-02"]
    with contextlib.closing(empty(threads=1)) as mirror:
        mirror.apply(history.page())
        cache = FigureCache(mirror.reading, mirror.figure_reading)
        cut = Cut.of("2025S1", at(24 * 61), cut_at, {it.code: it.version}).at(cut_at, {})
        now = cut.at(history.position, {})
        was, is_ = _figure(cache, cut), _figure(cache, now)
        with cache.reading_of(cut) as before, cache.reading_of(now) as after:
            found = late_amounts(cache, now, cut_at, before, after, {it.code: (was, is_)})
        assert found.untold == ()
        for position in range(cut_at + 200, history.position + 1, 200):
            moved = sum(Decimal(moves[it.code]) for told, moves in found.moves.items() if told <= position)
            assert was + moved == _figure(cache, cut.at(position, {})), position
    assert was + sum(Decimal(moves[it.code]) for moves in found.moves.values()) == is_
    assert len(found.moves) > 20


def _figure(cache: FigureCache, cut: Cut) -> Any:
    return next(Decimal(it.value or 0) for it in cache.figures(cut, ("hub",)) if it.by is None)
