"""The tables of figures at the head and of points: each has the rows of the view that it stands for."""

from __future__ import annotations

import threading
from collections import Counter
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.acts.review import SubmissionMade
from domain.facts.helpdesk import CaseMerged, CaseOpened, CaseResolved
from domain.facts.project import ProjectCompleted
from domain.record import Recorded
from projections import figures
from projections.definitions import INDICATORS
from projections.mirror import figure_tables, points, public_views, touched
from projections.mirror.emptiness import Rows, types_of
from projections.mirror.figure_tables import (
    CONTROL_TOWER,
    FIGURE,
    LEVEL_FIGURE,
    PERFORMANCE,
    STAGES,
    catalogue,
    evidence_tables,
)
from projections.mirror.mirror import Mirror
from projections.mirror.put_together import put_together, sums_up
from projections.mirror.snapshot import Reading
from tests.mirrors import empty
from tests.projections.histories import History, at, histories, page, scene

TABLES = (*STAGES, *(it.view for it in evidence_tables()), FIGURE, PERFORMANCE, LEVEL_FIGURE)


def rows(reading: Reading, table: str) -> Counter[Any]:
    found = reading.table(f"SELECT it::VARCHAR AS said FROM (FROM {table}) AS it")
    return Counter(found["said"].to_pylist())


def assert_settled(mirror: Mirror) -> None:
    """Each table of the head is what a reading makes for itself."""
    with mirror.figure_reading() as head, mirror.reading() as own:
        assert head.position == own.position
        for view in TABLES:
            assert head.of(view).startswith("settled.")
            assert rows(head, head.of(view)) == rows(own, own.of(view)), view
        assert rows(head, head.of(CONTROL_TOWER)) == rows(own, own.of(CONTROL_TOWER))
        for it in filter(sums_up, INDICATORS.values()):
            assert rows(head, f"settled.sums_{it.column}") == rows(own, put_together(it, own.of(it.view)).rows), it.code


def recorded(history: History, hours: list[int]) -> list[Recorded[Any]]:
    """A history whose entries were recorded so many hours apart, from its first day on."""
    times = accumulate(hours)
    return [
        Recorded(row.position, msgspec.structs.replace(row.entry, recorded_at=at(hour)))
        for row, hour in zip(history.rows, times, strict=True)
    ]


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), data=st.data())
def test_settled_tables_equal_their_views_whatever_comes_in_whatever_pages_at_whatever_time(
    history: History, data: st.DataObject
) -> None:
    """Each pass makes the rows of touched streams alone, however many they are."""
    count = len(history.rows)
    gaps = st.sampled_from([0, 0, 1, 7, 24, 24 * 31, 24 * 200])
    rows = recorded(history, data.draw(st.lists(gaps, min_size=count, max_size=count), "hours between entries"))
    mirror = empty(threads=1)
    with mock.patch.object(touched, "MOST", 2):
        for first, last in pairwise((0, *data.draw(cuts(count), "pages end at"), count)):
            mirror.apply(page(rows[first:last]))
            mirror.settle()
            assert mirror.hindrance is None
    assert_settled(mirror)
    mirror.close()


def cuts(count: int) -> st.SearchStrategy[list[int]]:
    return st.sets(st.integers(1, count - 1), max_size=5).map(sorted) if count > 1 else st.just([])


def test_a_pass_makes_the_rows_of_touched_streams_alone() -> None:
    mirror, history = empty(), History()
    for n in range(5):
        history.add(f"case:{n}", CaseOpened(topic="visa"))
    mirror.apply(history.page())
    mirror.settle()
    rowids = "SELECT stream, hd_01.rowid FROM settled.hd_01 JOIN record.event USING (position) ORDER BY ALL"
    before = dict(mirror.cursor().execute(rowids).fetchall())
    history.add("case:1", CaseOpened(topic="tax"), 1)
    mirror.apply(history.page(5))
    mirror.settle()
    after = dict(mirror.cursor().execute(rowids).fetchall())
    assert {stream for stream in before if after[stream] != before[stream]} == {"case:1"}
    assert_settled(mirror)


def test_a_pass_makes_the_figures_of_hubs_and_half_years_that_moved_alone() -> None:
    mirror, history = empty(), History()
    for n, (hub, hour) in enumerate([("EU", 1), ("US", 1), ("EU", 24 * 200)]):
        history.add(f"case:{n}", CaseOpened(topic="visa"), hour, hub=hub)
    mirror.apply(history.page())
    mirror.settle()
    rowids = "SELECT (hub, period), rowid FROM settled.figure WHERE code = 'HD-01'"
    before = dict(mirror.cursor().execute(rowids).fetchall())
    last = history.position
    history.add("case:3", CaseOpened(topic="visa"), 24 * 200, hub="EU")
    mirror.apply(history.page(last))
    mirror.settle()
    after = dict(mirror.cursor().execute(rowids).fetchall())
    assert len(before) == len(after) == 3
    (moved,) = (slot for slot in before if after[slot] != before[slot])
    assert moved[0] == "EU"
    assert_settled(mirror)


@pytest.mark.parametrize("gone", [1, 3])
def test_a_half_year_at_either_end_goes_with_its_last_fact(gone: int) -> None:
    mirror, history = empty(), History()
    for hour in (0, 24 * 200, 24 * 400, 24 * 200, 24 * 200):
        history.add(f"case:{hour}-{history.position}", CaseOpened(topic="visa"), hour)
    mirror.apply(history.page())
    mirror.settle()
    halves = "SELECT count(*) FROM settled.halves"
    ((before,),) = mirror.cursor().execute(halves).fetchall()
    last = history.position
    history.void(gone)
    mirror.apply(history.page(last))
    mirror.settle()
    assert mirror.cursor().execute(halves).fetchall() == [(before - 1,)]
    assert_settled(mirror)


def test_a_merge_is_seen_on_every_case_that_it_concerns() -> None:
    mirror, history = empty(), History()
    for n in range(9):
        history.add(f"case:{n}", CaseOpened(topic="visa"))
    history.add("case:1", CaseMerged(into="case:2"), 1)
    mirror.apply(history.page())
    mirror.settle()
    history.add("case:2", CaseMerged(into="case:1"), 2)
    mirror.apply(history.page(10))
    mirror.settle()
    with mirror.figure_reading() as reading:
        (told,) = figures.figures(reading, INDICATORS["HD-01"]).to_pylist()
    assert told["value"] == 8, "one case stands for both"
    assert_settled(mirror)


def test_every_table_has_the_rows_of_its_view_computed_by_nothing_else() -> None:
    mirror = empty()
    history = scene("desk")
    mirror.apply(history.page())
    mirror.settle()
    with mirror.figure_reading() as reading:
        for view in STAGES:
            assert rows(reading, reading.of(view)) == rows(reading, view), view
        for it in evidence_tables():
            whole = (
                "SELECT kept.* REPLACE (coalesce(kept.occurred_at, entry.occurred_at) AS occurred_at) "
                f"FROM {reading.of(it.view)} AS kept JOIN record.event AS entry USING (position)"
            )
            assert rows(reading, f"({whole})") == rows(reading, it.view), it.view


@pytest.mark.parametrize("name", ["nothing", "desk", "expansions", "network"])
def test_a_table_that_is_not_computed_for_want_of_facts_has_a_view_without_rows(name: str) -> None:
    mirror = empty()
    mirror.apply(scene(name).page())
    with mirror.reading() as reading:
        without, spared = set[str](), []
        there = Rows(types_of(reading.cursor), without)
        for it in (*(catalogue()[stage] for stage in STAGES), *evidence_tables()):
            if not there.may_have(it.view):
                spared.append(it.view)
                assert reading.rows(f"FROM main.{it.view}" if it.view in STAGES else f"FROM {it.view}") == [], it.view
                without.add(it.view)
    assert len(spared) > 10
    mirror.close()


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), data=st.data())
def test_a_point_has_the_same_figures_from_its_shared_tables_as_from_its_own(
    history: History, data: st.DataObject
) -> None:
    mirror = empty(threads=1)
    mirror.apply(history.page())
    known = data.draw(st.integers(1, mirror.position), "known")
    valid = data.draw(st.one_of(st.none(), st.integers(0, 900).map(at)), "valid")
    for _ in range(2):
        with mirror.figure_reading(known, valid) as shared, mirror.reading(known, valid) as own:
            assert figures.all_figures(shared).equals(figures.all_figures(own))
            assert figures.all_figures(shared, ("region",)).equals(figures.all_figures(own, ("region",)))
    mirror.close()


def test_figures_of_now_are_those_of_the_position_that_they_were_settled_at() -> None:
    mirror, history = empty(), History()
    history.add("case:1", CaseOpened(topic="visa"))
    mirror.apply(history.page())
    mirror.settle()
    history.add("case:2", CaseOpened(topic="visa"))
    mirror.apply(page(history.rows[1:]))
    for position in (1, 2):
        with mirror.figure_reading() as reading:
            (told,) = figures.figures(reading, INDICATORS["HD-01"]).to_pylist()
            assert (reading.position, told["value"]) == (position, position)
        mirror.settle()


def test_what_is_settled_stays_when_the_file_is_opened_again(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m.duckdb")
    history = scene("desk")
    mirror.apply(history.page())
    mirror.settle()
    mirror.close()
    again = Mirror(tmp_path / "m.duckdb")
    assert again.settled == history.position
    assert_settled(again)
    again.close()


def test_one_figure_that_cannot_be_made_keeps_no_other_from_being_told(tmp_path: Path) -> None:
    mirror, history = Mirror(tmp_path / "m.duckdb"), History()
    cursor = mirror.cursor()
    (((said,),)) = cursor.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'hd_01'").fetchall()
    broken = said.replace("1 AS amount", "CAST(error('broken') AS INTEGER) AS amount")
    cursor.execute(broken.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    history.add("case:1", CaseOpened(topic="visa"))
    history.add("case:1", CaseResolved(), 5)
    mirror.apply(history.page())
    assert mirror.settle() == 2
    with mirror.figure_reading() as reading, pytest.raises(duckdb.Error, match="broken"):
        figures.figures(reading, INDICATORS["HD-01"])
    with mirror.figure_reading() as reading:
        assert figures.figures(reading, INDICATORS["HD-05"])["evidence"].to_pylist() == [1]
    cursor.execute(said.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    history.add("case:2", CaseOpened(topic="visa"))
    mirror.apply(page(history.rows[2:]))
    mirror.settle()
    assert_settled(mirror)


def test_a_figure_that_could_not_be_made_for_a_while_is_there_again_with_the_same_evidence() -> None:
    mirror, history, it = empty(), scene("check"), INDICATORS["GV-01"]
    for n in range(60):  # else all tables are made anew each time
        history.add(f"case:{n}", CaseOpened(topic="visa"), n)
    mirror.apply(history.page())
    mirror.settle()
    with mirror.figure_reading() as reading:
        before = figures.figures(reading, it, ("hub", "period"))
    cursor = mirror.cursor()
    ((said,),) = cursor.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'gv_01'").fetchall()
    name, _, body = said.rstrip().rstrip(";").partition(" AS ")
    for n, sql in enumerate((f"{name} AS SELECT * REPLACE (error('broken')::INTEGER AS amount) FROM ({body})", said)):
        cursor.execute(sql.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
        history.add("review:2025S1-EU", SubmissionMade(figures_digest="cd" * 32), 1950 + n)
        mirror.apply(history.page(mirror.position))
        mirror.settle()
        failing = cursor.execute("FROM settled.failing WHERE view = ?", [it.view]).fetchall()
        assert bool(failing) is (sql != said)
    with mirror.figure_reading() as reading:
        assert before.num_rows
        assert figures.figures(reading, it, ("hub", "period")).equals(before)


def test_a_fact_by_which_time_cannot_be_told_keeps_no_other_figure_from_being_told() -> None:
    mirror, history = empty(), History()
    cursor = mirror.cursor()
    for n in range(4):
        history.add(f"case:{n}", CaseOpened(topic="visa"))
    mirror.apply(history.page())
    mirror.settle()
    (((said,),)) = cursor.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'project_completed'").fetchall()
    broken = said.replace(
        ", effective_at FROM", ", effective_at + CAST(error('broken') AS INTERVAL) AS effective_at FROM"
    )
    cursor.execute(broken.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    history.add("project:1", ProjectCompleted(), 1)
    mirror.apply(history.page(4))
    assert mirror.settle() == 5
    assert "broken" in str(mirror.hindrance)
    history.add("case:1", CaseResolved(), 5)
    mirror.apply(history.page(5))
    assert mirror.settle() == 6
    with mirror.figure_reading() as reading:
        assert figures.figures(reading, INDICATORS["HD-05"])["evidence"].to_pylist() == [1]
        with pytest.raises(duckdb.Error, match="broken"):
            figures.figures(reading, INDICATORS["JR-10"])


def test_a_point_is_made_once_however_many_ask_at_the_same_time() -> None:
    mirror = empty()
    history = scene("desk")
    mirror.apply(history.page())
    found: list[Any] = []

    def ask() -> None:
        with mirror.figure_reading(mirror.position - 1) as reading:
            found.append(public_views.view(reading, "hub_performance"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    made = "SELECT count(DISTINCT schema_name) FROM duckdb_tables() WHERE database_name = 'points'"
    assert mirror.cursor().execute(made).fetchall() == [(1,)]
    assert len(found) == 4
    assert all(it.equals(found[0]) for it in found)


def test_points_that_nobody_reads_make_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = empty()
    history = scene("desk")
    mirror.apply(history.page())
    monkeypatch.setattr(points, "MOST_BYTES", 0)
    monkeypatch.setattr(points, "SHORTENED", 1)
    with mirror.figure_reading(1) as held:
        figures.figures(held, INDICATORS["HD-01"])
        with mirror.figure_reading(2) as other:
            figures.figures(other, INDICATORS["HD-01"])
        assert figures.figures(held, INDICATORS["HD-01"]).num_rows == 1
    for known in (3, 4, 5):
        with mirror.figure_reading(known) as reading:
            figures.figures(reading, INDICATORS["HD-01"])
    there = "SELECT count(DISTINCT schema_name) FROM duckdb_tables() WHERE database_name = 'points'"
    assert mirror.cursor().execute(there).fetchall() == [(points.NEWEST + 1,)]


def test_a_point_that_made_room_keeps_its_figures_and_makes_its_evidence_again(monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = empty()
    mirror.apply(scene("desk").page())
    monkeypatch.setattr(points, "MOST_BYTES", 0)
    it, position = INDICATORS["HD-01"], mirror.position
    with mirror.reading(position) as own:
        figure, behind = figures.figures(own, it, ("hub", "period")), figures.contributing_entries(own, it)
    monkeypatch.setattr(figure_tables, "LONG_ROWS", behind.num_rows - 1)
    for known in (position, 1, 2, 3):
        with mirror.figure_reading(known) as reading:
            figures.all_figures(reading)
    with mirror.figure_reading(position) as reading:
        before = reading.rows(_TABLES_OF_POINTS)
        assert figures.figures(reading, it, ("hub", "period")).equals(figure)
        assert reading.rows(_TABLES_OF_POINTS) == before  # it is read from what was kept
        assert figures.contributing_entries(reading, it).equals(behind)
        assert len(reading.rows(_TABLES_OF_POINTS)) > len(before)


_TABLES_OF_POINTS = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'points' ORDER BY ALL"


def test_what_a_table_builds_on_stands_before_it() -> None:
    order = [*catalogue()]
    for n, name in enumerate(order[: len(STAGES)]):
        assert {*catalogue()[name].builds_on} <= {*order[:n]}
