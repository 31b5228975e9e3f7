"""The figures of an edition: made of a key, never moved by what comes later, and made again from the record."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain import history as fold
from domain.acts.check import Check
from domain.acts.check_events import CheckOpened, CutoffFixed, EditionPublished
from domain.acts.indicator import TargetSet
from domain.canonical import canonical
from domain.facts.centre import CentreActivityDeclined, CentreActivityHeld, CentreAnswered, CentreRegistered
from domain.facts.exchange import ExchangeArrived, ExchangeNominated, ExchangeOutputLinked, ExchangeReturned
from domain.facts.helpdesk import CaseOpened, CaseReferred, CaseReopened, CaseResolved
from domain.facts.project import OutputReported, OutputVerified
from domain.period import SEOUL, HalfYear
from domain.registry import tag
from journal.store.journal import Journal
from projections.definitions import INDICATORS
from projections.mirror.figure_tables import REFERENCE
from projections.mirror.mirror import Mirror
from replay.editions.editions import edition_content, edition_key
from replay.editions.late_amounts import late_amounts
from replay.editions.late_register import LateRegister, late_register, material_codes, without_person_amounts
from replay.editions.period_figures import Cut, Figure, FigureCache, UnknownVersion, exact_text, figure_moves
from tests.mirrors import empty
from tests.projections.histories import START, History, at, day, histories, page, scene

VERSIONS = {code: it.version for code, it in INDICATORS.items()}


NEWEST = {code: it.version for code, it in INDICATORS.items()}
DAY = timedelta(days=1)


def mirrored(history: History) -> Mirror:
    mirror = empty(threads=1)
    mirror.apply(history.page())
    return mirror


def cut(position: int, valid: datetime | None = None) -> Cut:
    return Cut.of("2025S1", valid or START + timedelta(days=59), position, VERSIONS)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    """A record in which nobody assessed anything."""
    with Journal.at(tmp_path_factory.mktemp("empty") / "journal.db", write=True) as it:
        yield it


@pytest.fixture
def history() -> History:
    it = History()
    for n in range(4):
        it.add(f"case:{n}", CaseOpened(topic="visa"), n, hub="EU" if n else "US")
        it.add(f"case:{n}", CaseResolved(), n + 2 + n, hub="EU" if n else "US")
    return it


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), hours=st.integers(0, 800), data=st.data())
def test_the_figures_of_a_cut_never_change_under_later_events(
    record: Journal, history: History, hours: int, data: st.DataObject
) -> None:
    mirror = empty(threads=1)
    cut_at = data.draw(st.integers(1, len(history.rows)), "cut at")
    mirror.apply(page(history.rows[:cut_at]))
    at_cut = cut(mirror.position, at(hours))
    then, key = FigureCache(mirror.reading).figures(at_cut), edition_key(mirror.reading, at_cut, None)
    mirror.apply(page(history.rows[cut_at:]))
    cache = FigureCache(mirror.reading)
    assert cache.figures(at_cut) == then
    assert edition_key(mirror.reading, at_cut, None) == key
    assert edition_content(record, cache, msgspec.structs.replace(key, disclosure=None)).figures == then


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), data=st.data())
def test_a_correction_and_its_reversal_leave_every_figure_as_it_was(history: History, data: st.DataObject) -> None:
    restated = {row.entry.fact.entry for row in history.rows if tag(row.entry.fact).startswith("entry.")}
    untouched = [row for row in history.rows if not tag(row.entry.fact).startswith("entry.")]
    untouched = [row for row in untouched if row.position not in restated]
    assume(untouched)
    row = data.draw(st.sampled_from(untouched))
    before, hour = history.position, (row.entry.occurred_at - START) / timedelta(hours=1)
    history.correct(row.position, row.entry.fact, hour + data.draw(st.integers(-900, 900)))
    history.void(row.position)
    history.correct(row.position, row.entry.fact, hour)
    # That something was corrected is itself a figure, and stays one.
    codes = {code: version for code, version in VERSIONS.items() if code != "GV-04R"}
    cache = FigureCache(mirrored(history).reading)
    then, now = (Cut.of("2025S1", START + timedelta(days=59), it, codes) for it in (before, history.position))
    assert figure_moves(cache.figures(then), cache.figures(now)) == []


def test_figures_are_of_all_together_and_of_each_slice(history: History) -> None:
    figures = FigureCache(mirrored(history).reading).figures(cut(8))
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
    assert exact_text(value) == text


class Late:
    """A check of 2025S1 of some cases, cut where the record ends; what comes now comes late."""

    def __init__(self, history: History, *, valid: float = 400, target: tuple[str | None, int] | None = None) -> None:
        self.history = history
        if target:
            goal = TargetSet(period="2025S1", hub=target[0], value=Decimal(target[1]))
            history.add("indicator:HD-01", goal, -9000)
        opened = CheckOpened(period="2025S1", due_on=day(90), hubs=("EU", "US"), indicators={"HD-01": 1, "HD-04": 1})
        history.add("check:2025S1", opened, 401)
        cutoff = CutoffFixed(valid_cutoff=at(valid), position=history.position)
        history.add("check:2025S1", cutoff, 402)
        self.check: Check = fold.state("check:2025S1", history.streams()["check:2025S1"])

    def register(self) -> LateRegister:
        return late_register(FigureCache(mirrored(self.history).reading), self.check, self.history.position)


def told(register: LateRegister) -> list[tuple[str, int, dict[str, str]]]:
    return [(it.why, it.about, it.moves) for it in register.entries]


def test_nothing_late_moves_nothing(history: History) -> None:
    register = Late(history).register()
    assert (register.entries, register.moves, material_codes(register.moves)) == ((), (), ())


def test_late_facts_and_corrections_are_listed_with_what_they_move(history: History) -> None:
    late = Late(history)
    fact = history.add("case:9", CaseOpened(topic="visa"), 50)
    history.void(1)
    history.correct(8, CaseResolved(), 203)
    after = history.add("case:10", CaseOpened(topic="visa"), 500)
    register = late.register()
    assert told(register) == [
        ("LATE", fact, {"HD-01": "1"}),
        ("VOIDED", 1, {"HD-01": "-1", "HD-04": "30"}),
        ("CORRECTED", 8, {}),
    ], "a fact of after the valid cut-off is not late"
    assert after not in [it.position for it in register.entries]
    national = {it.move.indicator: it.move for it in register.moves if it.move.by is None}
    assert "HD-01" not in national, "one came, one went"
    assert (national["HD-04"].before, national["HD-04"].delta) == ("210", "30")


def test_a_correction_across_half_years_stands_in_both_registers_each_with_the_day_of_its_own(history: History) -> None:
    """What was of the first half-year and is of the second, and the other way round; the third time it goes back."""
    second = history.add("case:second", CaseOpened(topic="visa"), 1470)
    for period in ("2025S1", "2025S2"):
        opened = CheckOpened(period=period, due_on=day(200), hubs=("EU", "US"), indicators={"HD-01": 1, "HD-04": 1})
        history.add(f"check:{period}", opened, 1981)
        cutoff = CutoffFixed(valid_cutoff=HalfYear.parse(period).last_moment, position=history.position)
        history.add(f"check:{period}", cutoff, 1982)
    forth = history.correct(3, CaseOpened(topic="visa"), 1480)
    into = history.correct(second, CaseOpened(topic="visa"), 60)
    back = history.correct(3, CaseOpened(topic="visa"), 61)
    gone = history.void(second)
    with mirrored(history).reading() as reading:
        rows = reading.rows("SELECT period, position, happened_at, effective_before, effective_after FROM late_entries")
    were = {forth: (1, 1480), into: (1470, 60), back: (1480, 61), gone: (60, None)}
    shown = {(period, position): [it and it.replace(tzinfo=UTC) for it in told] for period, position, *told in rows}
    assert shown == {
        (period, position): [at(hour), at(were[position][0]), after and at(after)]
        for (period, position), hour, after in [
            *((("2025S1", forth), 1, 1480), (("2025S2", forth), 1480, 1480)),
            *((("2025S1", into), 60, 60), (("2025S2", into), 1470, 60)),
            *((("2025S1", back), 61, 61), (("2025S2", back), 1480, 61)),
            (("2025S1", gone), 60, None),
        ]
    }
    of_first: Check = fold.state("check:2025S1", history.streams()["check:2025S1"])
    register = late_register(FigureCache(mirrored(history).reading), of_first, history.position)
    told_ = {it.position: (it.happened_at, it.before, it.after) for it in register.entries}
    assert told_[forth] == (at(1), at(1), at(1480))
    assert told_[gone] == (at(60), at(60), None)


def test_the_amounts_of_the_entries_add_up_to_the_move(history: History) -> None:
    late = Late(history)
    for n in range(4):
        history.add(f"case:{n}", CaseResolved(), 30 + 7 * n, hub="EU" if n else "US")
        history.add(f"case:x{n}", CaseOpened(topic="visa"), n)
    history.correct(3, CaseOpened(topic="visa"), 20)
    register = late.register()
    for code in ("HD-01", "HD-04"):
        (move,) = [it.move for it in register.moves if it.move.indicator == code and it.move.by is None]
        amounts = [Decimal(it.moves[code]) for it in register.entries if code in it.moves]
        assert sum(amounts) == Decimal(move.delta or 0)


def test_an_entry_and_what_takes_it_back_have_amounts_of_their_own(history: History) -> None:
    late = Late(history)
    twice = history.add("case:9", CaseOpened(topic="visa"), 50)
    gone = history.void(twice)
    back = history.correct(twice, CaseOpened(topic="visa"), 60)
    again = history.void(twice)
    one, two = history.add("case:3", CaseResolved(), 90), history.add("case:3", CaseReopened(why="x"), 91)
    register = late.register()
    assert {it.position: it.moves.get("HD-01") for it in register.entries} == {
        twice: "1", gone: "-1", back: "1", again: "-1", one: None, two: None,
    }  # fmt: skip
    assert [it.move for it in register.moves] == []
    assert {it.position: (it.before, it.after) for it in register.entries if it.about == twice} == {
        twice: (None, None), gone: (at(50), None), back: (None, at(60)), again: (at(60), None),
    }, "nothing stands behind a void"  # fmt: skip


def test_entries_of_two_streams_that_cancel_out_have_amounts_of_their_own(history: History) -> None:
    late = Late(history)
    came, went = history.add("case:9", CaseOpened(topic="visa"), 50), history.void(3)
    assert [(it.position, it.moves["HD-01"]) for it in late.register().entries] == [(came, "1"), (went, "-1")]


def with_another_centre() -> History:
    """Two hubs and two offices, of which the second has done nothing with anybody."""
    history = scene("network")
    office = CentreRegistered(name_ko="가", kind="TRADE_OFFICE", operator="NIPA", country="DE", city="x")
    history.add("centre:NIPA", office, 1, hub="")
    return history


def test_who_denies_an_activity_on_a_stream_of_its_own_moves_the_figure_and_who_told_it_late_did() -> None:
    history = with_another_centre()
    late = Late(history, valid=1454)
    late.check = msgspec.structs.replace(late.check, indicators={"NW-02": INDICATORS["NW-02"].version})
    held = CentreActivityHeld(activity="late", kind="FORUM", title="t", on=day(20), others=("NIPA",))
    told = history.add("centre:US", held, 480, hub="US")
    no = CentreActivityDeclined(other="US", activity="late", on=day(20), reason="x")
    denied = history.add("centre:NIPA", no, 480, hub="")
    register = late.register()
    assert register.moves == ()
    assert [(it.position, it.moves) for it in register.entries] == [(told, {"NW-02": "1"}), (denied, {"NW-02": "-1"})]


def test_a_referral_that_is_declined_after_the_half_year_stands_in_its_late_register_by_the_day_of_the_referral() -> (
    None
):
    history = with_another_centre()
    history.add("case:9", CaseReferred(body="NIPA"), 60, hub="US")
    late = Late(history, valid=1454)
    late.check = msgspec.structs.replace(late.check, indicators={"NW-02": NEWEST["NW-02"]})
    no = CentreAnswered(subject="case:9", accepts=False, on=day(2), reason="x")
    declined = history.add("centre:NIPA", no, 1700, hub="")
    (entry,) = late.register().entries
    assert (entry.position, entry.moves, entry.happened_at) == (
        declined,
        {"NW-02": "-1"},
        at(63) - timedelta(microseconds=1),
    )


def test_what_moves_a_pair_to_the_next_half_year_is_in_both_registers_with_its_own_day() -> None:
    """Two tell of one activity, for the last day of a half-year and for the day after."""
    history = with_another_centre()
    first, second = (HalfYear.parse(it) for it in ("2025S1", "2025S2"))
    new_year = {"kind": "FORUM", "title": "t"}
    last, next_ = first.last_moment.astimezone(SEOUL).date(), first.last_moment.astimezone(SEOUL).date() + DAY
    held = CentreActivityHeld(activity="x", on=last, others=("NIPA",), **new_year)
    wrong = history.add("centre:US", held, 1450, hub="US")
    held = CentreActivityHeld(activity="x", on=next_, others=("US",), **new_year)
    history.add("centre:NIPA", held, 1470, hub="")
    for half in (first, second):
        opened = CheckOpened(
            period=str(half), due_on=day(200), hubs=("EU", "US"), indicators={"NW-02": NEWEST["NW-02"]}
        )
        history.add(f"check:{half}", opened, 1981)
        history.add(f"check:{half}", CutoffFixed(valid_cutoff=half.last_moment, position=history.position), 1982)
    gone = history.void(wrong)
    cache = FigureCache(mirrored(history).reading)
    for half, moved in ((first, "-1"), (second, "1")):
        check: Check = fold.state(f"check:{half}", history.streams()[f"check:{half}"])
        (entry,) = late_register(cache, check, history.position).entries
        assert (entry.position, entry.moves) == (gone, {"NW-02": moved})
        assert (entry.happened_at, entry.before, entry.after) == (at(1450), at(1450), None)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), data=st.data())
def test_the_amount_of_a_late_entry_is_what_the_figure_was_before_it_and_is_behind_it(
    history: History, data: st.DataObject
) -> None:
    """Where no reference data came late, which move figures of streams that have no entry of their own."""
    late = [row for row in history.rows if row.entry.stream.partition(":")[0] not in REFERENCE][-4:]
    assume(late and data.draw(st.booleans(), "take one back") is not None)
    cut_at = late[0].position - 1
    assume(cut_at and all(row in late for row in history.rows if row.position > cut_at))
    taken = data.draw(st.sampled_from([it for it in late if not tag(it.entry.fact).startswith("entry.")] or late))
    if not tag(taken.entry.fact).startswith("entry."):
        history.void(taken.position)
    cut_off = Cut.of("2025S1", at(1400), cut_at, NEWEST)
    with contextlib.closing(mirrored(history)) as mirror:
        cache = FigureCache(mirror.reading)
        amounts, steps = amounts_of(mirror, cache, cut_off, history), [cut_at]
        steps += [row.position for row in history.rows if row.position > cut_at]
        rates = cache.with_fx_versions(cut_off).rates or {}
        values = [
            {it.indicator: Decimal(it.value or 0) for it in cache.figures(cut_off.at(at_, rates)) if it.by is None}
            for at_ in steps
        ]
    for position, were, are in zip(steps[1:], values, values[1:], strict=False):
        moved = {code: are[code] - were[code] for code in are if are[code] != were[code]}
        assert {code: Decimal(it) for code, it in amounts.get(position, {}).items()} == moved, position


def amounts_of(mirror: Mirror, cache: FigureCache, cut_off: Cut, history: History) -> dict[int, dict[str, str]]:
    before = cache.with_fx_versions(cut_off)
    now = before.at(history.position, before.rates or {})
    were, are = ({it.indicator: it.value for it in cache.figures(it) if it.by is None} for it in (before, now))
    values = {code: (Decimal(were[code] or 0), Decimal(are[code] or 0)) for code in were}
    with (
        mirror.figure_reading(cut_off.position, before.valid_cutoff, before.rates) as then,
        mirror.figure_reading(history.position, before.valid_cutoff, before.rates) as later,
    ):
        return dict(late_amounts(cache, now, cut_off.position, then, later, values).moves)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), data=st.data())
def test_whatever_comes_late_the_amounts_of_each_figure_add_up_to_its_move(
    history: History, data: st.DataObject
) -> None:
    cut_at = data.draw(st.integers(1, history.position), "cut at")
    cut_off = Cut.of("2025S1", at(data.draw(st.integers(300, 1400), "hours")), cut_at, NEWEST)
    with contextlib.closing(mirrored(history)) as mirror:
        cache = FigureCache(mirror.reading, mirror.figure_reading)
        amounts = amounts_of(mirror, cache, cut_off, history)
        before = cache.with_fx_versions(cut_off)
        now = before.at(history.position, before.rates or {})
        were, are = ({it.indicator: it.value for it in cache.figures(it) if it.by is None} for it in (before, now))
    for code, was in were.items():
        parts = [Decimal(moves[code]) for moves in amounts.values() if code in moves]
        assert not parts or sum(parts) == Decimal(are[code] or 0) - Decimal(was or 0), code
    assert all([*moves] == sorted(moves) for moves in amounts.values())


def test_what_came_late_on_a_stream_that_another_names_has_its_amount(history: History) -> None:
    history.add("exchange:1", ExchangeNominated(direction="INBOUND", person="p-1", country="BE"), -24 * 800)
    history.add("exchange:1", ExchangeReturned(on=day(-729)), -24 * 729)
    history.add("exchange:1", ExchangeOutputLinked(project="1", output="o"), -24 * 700)
    history.add("project:1", OutputReported(output="o", kind="PAPER"), -24 * 600)
    late = Late(history)
    late.check = msgspec.structs.replace(late.check, indicators={"EX-03": 1})
    verified = history.add("project:1", OutputVerified(output="o", method="m"), -24 * 500)
    (move,) = [it.move for it in late.register().moves if it.move.by is None]
    assert (move.before, move.after) == ("0", "100")
    assert [(it.position, it.moves) for it in late.register().entries if it.moves] == [(verified, {"EX-03": "100"})]


def test_a_late_fact_of_an_earlier_half_year_is_listed_where_it_moves_a_figure(history: History) -> None:
    late = Late(history)
    earlier = history.add("case:3", CaseOpened(topic="visa"), -24 * 200)
    assert ("LATE", earlier) in [(it.why, it.about) for it in late.register().entries]


@pytest.mark.parametrize(
    ("more", "target", "reasons"),
    [(1, None, {}), (2, None, {"HD-01": ("share",)}), (1, (None, 41), {"HD-01": ("target",)})],
)
def test_what_is_material(more: int, target: tuple[str | None, int] | None, reasons: dict[str, object]) -> None:
    history = History()
    for n in range(40):
        history.add(f"case:{n}", CaseOpened(topic="visa"), n, hub="US")
    late = Late(history, target=target)
    for n in range(more):
        history.add(f"case:late{n}", CaseOpened(topic="visa"), n, hub="US")
    register = late.register()
    found = {it.move.indicator: it.material for it in register.moves if it.move.by is None and it.material}
    assert found == reasons
    assert material_codes(register.moves) == tuple(reasons)


@pytest.mark.parametrize(("goal", "reasons"), [(600, ("target",)), (599, ()), (620, ())])
def test_a_target_is_crossed_from_the_side_that_is_better(goal: int, reasons: tuple[str, ...]) -> None:
    history = History()
    for n in range(2):
        history.add(f"case:{n}", CaseOpened(topic="visa"), 0)
        resolved = history.add(f"case:{n}", CaseResolved(), 10)
    history.add("indicator:HD-04", TargetSet(period="2025S1", value=Decimal(goal)), -9000)
    late = Late(history)
    history.correct(resolved, CaseResolved(), 10.5)
    (move,) = [it for it in late.register().moves if it.move.by is None]
    assert (move.move.before, move.move.after, move.material) == ("600", "615", reasons)


def test_any_move_of_a_financial_indicator_is_material() -> None:
    history = History()
    for n in range(40):
        history.add(f"case:{n}", CaseOpened(topic="visa"), n)
    late = Late(history)
    late.check = msgspec.structs.replace(late.check, financial=("HD-01",))
    history.add("case:late", CaseOpened(topic="visa"), 1)
    assert material_codes(late.register().moves) == ("HD-01",)


def test_a_move_of_a_mean_from_nothing_has_no_amount() -> None:
    def figure(code: str, value: str | None) -> Figure:
        return Figure(code, 1, None, None, value, 1, 0)

    before, after = [figure("HD-01", None), figure("HD-04", None)], [figure("HD-01", "2"), figure("HD-04", "90")]
    assert [it.delta for it in figure_moves(before, after)] == ["2", None]
    assert [it.delta for it in figure_moves(after, [])] == ["-2", None]


def few_stays() -> History:
    """Two persons at EU, nine at US."""
    history = History()
    for n in range(11):
        hub = "EU" if n < 2 else "US"
        history.add(f"exchange:{n}", ExchangeNominated(direction="INBOUND", person=f"p-{n}", country="BE"), hub=hub)
        history.add(f"exchange:{n}", ExchangeArrived(on=day(1)), 30, hub=hub)
        history.add(f"exchange:{n}", ExchangeReturned(on=day(8)), 200, hub=hub)
    return history


def test_the_key_of_an_edition_of_before_the_rule_keeps_its_bytes_and_shows_all(record: Journal) -> None:
    history = few_stays()
    cache = FigureCache(mirrored(history).reading)
    key = edition_key(cache.opened, Cut.of("2025S1", at(1000), history.position, {"EX-01": 1}), None)
    before = msgspec.structs.replace(key, disclosure=None, schemes={}, sql={})
    assert canonical(before) == (
        b'{"calendars":{},"checkpoint":null,"fx":{},"indicators":{"EX-01":1},"period":"2025S1","position":33,'
        b'"schemes":{},"slas":{},"valid_cutoff":"2025-06-11T16:00:00Z"}'
    )
    old, new = edition_content(record, cache, before), edition_content(record, cache, key)
    assert b"withheld" not in canonical(old)
    values = {(it.by, it.of): (it.value, it.evidence, it.withheld) for it in old.figures}
    assert values["hub", "EU"] == ("0.525667", 2, False)
    values = {(it.by, it.of): (it.value, it.evidence, it.withheld) for it in new.figures}
    assert values["hub", "EU"] == values["hub", "US"] == (None, None, True)
    assert values[None, None][1:] == (11, False)


def test_of_figures_of_persons_an_adjustment_says_only_that_they_moved(record: Journal) -> None:
    history = few_stays()
    first = Cut.of("2025S1", at(1000), history.position, {"EX-01": 1, "HD-01": 1})
    key = edition_key(mirrored(history).reading, first, None)
    history.add("check:2025S1", EditionPublished(key=key, digest="ab" * 32), 1500)
    history.add("case:late", CaseOpened(topic="visa"), 2)
    history.correct(3, ExchangeReturned(on=day(20)), 480)
    cache = FigureCache(mirrored(history).reading)
    following = Cut.of("2025S2", at(5000), history.position, {"EX-01": 1, "HD-01": 1})
    (adjustment,) = edition_content(record, cache, edition_key(cache.opened, following, None)).adjustments
    told = [(it.before, it.after, it.delta, it.withheld) for it in adjustment.moves if it.indicator == "EX-01"]
    assert told == [(None, None, None, True)]
    assert [it.delta for it in adjustment.moves if (it.indicator, it.by) == ("HD-01", None)] == ["1"]


def test_the_late_register_for_others_has_no_amounts_of_persons() -> None:
    late = Late(few_stays())
    late.check = msgspec.structs.replace(late.check, indicators={"EX-01": 1, "HD-01": 1})
    late.history.add("case:late", CaseOpened(topic="visa"), 2)
    correction = late.history.correct(3, ExchangeReturned(on=day(12)), 290)
    whole = late.register()
    assert {it.position: it.moves for it in whole.entries}[correction] == {"EX-01": "0.131417"}
    shown = without_person_amounts(whole)
    assert {it.position: (it.moves, it.withheld) for it in shown.entries}[correction] == ({}, ("EX-01",))
    assert [it.move.delta for it in shown.moves if it.move.indicator == "EX-01"] == [None]
    assert [it for it in shown.moves if it.move.indicator == "HD-01"] == [
        it for it in whole.moves if it.move.indicator == "HD-01"
    ]


def test_an_indicator_version_that_is_not_in_the_tree_is_no_figure(history: History) -> None:
    with pytest.raises(UnknownVersion, match="version 99 of the indicator HD-01"):
        FigureCache(mirrored(history).reading).figures(Cut.of("2025S1", at(1), 1, {"HD-01": 99}))
