"""The mirror of a running record follows it, and is made anew when it must."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pytest

from domain.facts.helpdesk import CaseOpened
from domain.input_policy.authority import Actor
from domain.visibility import reader
from journal.log.note import SigningKey
from projections.mirror.files import PAGE, catch_up, mirror_files
from projections.mirror.follower import Follower, Unready, open_mirror
from projections.mirror.mirror import Mirror
from projections.mirror.settler import Settler
from projections.mirror.visibility import closed_entries
from tests.projections.histories import History

VISA = CaseOpened(topic="visa")
SOON = 20.0


@pytest.fixture
def history() -> History:
    history = History()
    for n in range(5):
        history.add(f"case:{n}", VISA, n)
    return history


@pytest.fixture
def follower(history: History, tmp_path: Path) -> Iterator[Follower]:
    follower = Follower(history.page, tmp_path)
    follower.start()
    assert follower.wait(5, SOON)
    yield follower
    follower.stop()
    assert not follower.is_alive()


def cases(follower: Follower) -> int:
    with follower.reading() as reading:
        return int(reading.rows("SELECT count(*) FROM case_opened")[0][0])


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_who_waits_for_a_position_reads_it(follower: Follower, history: History) -> None:
    position = history.add("case:9", VISA)
    follower.wake()
    assert follower.wait(position, SOON)
    assert cases(follower) == 6


def test_a_long_log_of_settled_figures_is_moved_into_the_file_that_stays(
    follower: Follower, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.mirror.mirror.LONG_LOG", 0)
    mirror = follower.mirror
    before = (tmp_path / "mirror-1.duckdb").stat().st_mtime_ns
    for n in range(3):
        follower.wait(history.add(f"case:more{n}", VISA), SOON)
        mirror.settle()
    follower.wake()
    eventually(lambda: (tmp_path / "mirror-1.duckdb").stat().st_mtime_ns > before)
    follower.wait(history.add("case:last", VISA), SOON)
    assert cases(follower) == 9
    assert follower.mirror is mirror


def test_waiting_for_what_does_not_come_ends_in_time(follower: Follower) -> None:
    assert not follower.wait(999, 0.3)


def test_it_goes_on_where_it_stood(history: History, tmp_path: Path) -> None:
    Follower(history.page, tmp_path)
    open_mirror(tmp_path, history.page).close()
    history.add("case:9", VISA)
    asked = []

    def read(after: int, limit: int) -> pa.Table:
        asked.append((after, limit))
        return history.page(after, limit)

    mirror = open_mirror(tmp_path, read)
    assert (mirror.position, asked, len(mirror_files(tmp_path))) == (6, [(4, 1), (5, PAGE)], 1)
    mirror.close()


def test_subscribers_hear_each_new_position(follower: Follower, history: History) -> None:
    heard: list[int] = []
    end = follower.subscribe(heard.append)
    assert follower.wait(history.add("case:9", VISA), SOON)
    eventually(lambda: heard == [6])
    end()
    assert follower.wait(history.add("case:10", VISA), SOON)
    assert heard == [6]


def test_what_comes_while_it_is_busy_is_applied_in_one_page(follower: Follower, history: History) -> None:
    assert follower.wait(history.add("case:9", VISA), SOON)
    heard: list[int] = []
    follower.subscribe(heard.append)
    for n in range(10):
        history.add(f"case:{n}", VISA)
        follower.wake()
    eventually(lambda: follower.position == 16)
    assert len(heard) <= 2


@pytest.mark.parametrize("damage", ["deleted", "cut", "overwritten", "replaced"])
def test_a_file_that_another_hand_touched_is_made_anew(follower: Follower, history: History, damage: str) -> None:
    before = follower.mirror
    path = before.path
    assert path is not None
    match damage:
        case "deleted":
            path.unlink()
        case "cut":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        case "overwritten":
            with path.open("r+b") as file:
                file.write(b"\0" * 20_000)
        case "replaced":
            copy = path.with_suffix(".copy")
            copy.write_bytes(path.read_bytes())
            copy.rename(path)
    eventually(lambda: follower.mirror is not before)
    assert follower.wait(history.add("case:9", VISA), SOON)
    assert cases(follower) == 6
    assert follower.mirror.path != path
    assert follower.mirror.path
    eventually(lambda: not path.exists())
    assert follower.health.trouble is None


def test_a_long_pass_of_the_settler_that_duckdb_writes_ahead_is_no_other_hand(
    follower: Follower, history: History
) -> None:
    mirror = follower.mirror
    assert mirror.path
    before = mirror.path.stat()
    passing = mirror.cursor()
    passing.execute("CREATE TABLE settled.long (n BIGINT, text VARCHAR)")
    passing.execute("BEGIN")
    passing.execute("INSERT INTO settled.long SELECT n, 'x' || n FROM range(1_000_000) AS of_it(n)")
    assert mirror.path.stat().st_mtime_ns != before.st_mtime_ns
    assert follower.wait(history.add("case:9", VISA), SOON)
    passing.execute("COMMIT")
    assert follower.wait(history.add("case:10", VISA), SOON)
    assert follower.mirror is mirror
    with mirror.path.open("r+b") as file:
        file.write(b"\0" * 20_000)
    eventually(lambda: follower.mirror is not mirror)


def test_readers_in_flight_finish_on_the_old_mirror(follower: Follower, history: History) -> None:
    with follower.reading() as reading:
        assert follower.rebuild() == 5
        history.add("case:9", VISA)
        assert reading.rows("SELECT count(*) FROM case_opened") == [(5,)]
    assert follower.wait(6, SOON)
    assert cases(follower) == 6


def test_a_rebuild_answers_meanwhile_and_misses_nothing(history: History, tmp_path: Path) -> None:
    gate, reached = threading.Event(), threading.Event()
    building = threading.local()

    def read(after: int, limit: int) -> pa.Table:
        if getattr(building, "now", False) and after == 0:
            page = history.page(after, 2)
            reached.set()
            assert gate.wait(SOON)
            return page
        return history.page(after, limit)

    follower = Follower(read, tmp_path)
    follower.start()
    assert follower.wait(5, SOON)
    progress: list[int] = []

    def rebuild() -> None:
        building.now = True
        follower.rebuild(progress.append)

    thread = threading.Thread(target=rebuild)
    thread.start()
    assert reached.wait(SOON)
    old = follower.mirror
    assert follower.wait(history.add("case:9", VISA), SOON)
    assert cases(follower) == 6
    gate.set()
    thread.join()
    assert follower.mirror is not old
    assert (follower.position, cases(follower), progress[-1]) == (6, 6, 6)
    assert mirror_files(tmp_path) == [follower.mirror.path]
    follower.stop()


def test_before_the_first_mirror_is_made_none_is_made_anew_and_the_reason_is_told(
    history: History, tmp_path: Path
) -> None:
    gate, failing = threading.Event(), threading.Event()

    def read(after: int, limit: int) -> pa.Table:
        assert gate.wait(SOON)
        if failing.is_set():
            raise OSError(28, "No space left on device")
        return history.page(after, limit)

    follower = Follower(read, tmp_path)
    follower.start()
    with pytest.raises(Unready, match="still being made from the record"):
        follower.rebuild()
    failing.set()
    gate.set()
    eventually(lambda: follower.health.trouble is not None)
    with pytest.raises(Unready, match=r"could not be made .*No space left"):
        follower.rebuild()
    failing.clear()
    assert follower.wait(5, SOON)
    assert follower.rebuild() == 5
    follower.stop()


class Doubted:
    """A follower over a mirror that was not closed in order; comparing it goes on when the gate is opened."""

    def __init__(self, page: Callable[[int, int], pa.Table], directory: Path) -> None:
        self.gate, self.comparing = threading.Event(), threading.Event()
        open_mirror(directory, page).close()

        def read(after: int, limit: int) -> pa.Table:
            if threading.current_thread().name == "doubting":
                self.comparing.set()
                assert self.gate.wait(SOON)
            return page(after, limit)

        self.follower = Follower(read, directory, [SigningKey.generate("record.example/a")])
        self.follower.start()
        assert self.comparing.wait(SOON)


def test_nobody_waits_for_a_comparison_and_one_that_is_overtaken_says_so(
    history: History, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    doubted = Doubted(lambda after, limit: history.page(after, limit), tmp_path)
    follower = doubted.follower
    assert follower.wait(history.add("case:9", VISA), SOON)
    assert follower.rebuild() == 6
    doubted.gate.set()
    eventually(lambda: "another took its place" in caplog.text)
    eventually(lambda: mirror_files(tmp_path) == [follower.mirror.path])
    assert cases(follower) == 6
    assert "was changed while no server ran" not in caplog.text
    follower.stop()


def test_a_mirror_that_is_damaged_while_it_is_compared_is_made_anew_at_once(history: History, tmp_path: Path) -> None:
    doubted = Doubted(lambda after, limit: history.page(after, limit), tmp_path)
    follower = doubted.follower
    old = follower.mirror
    assert old.path
    old.path.unlink()
    eventually(lambda: follower.mirror is not old)
    assert follower.wait(history.add("case:9", VISA), SOON)
    assert cases(follower) == 6
    doubted.gate.set()
    follower.stop()
    assert len(mirror_files(tmp_path)) == 1


def test_what_was_compared_and_is_the_same_is_replaced_without_an_alarm(
    history: History, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    doubted = Doubted(lambda after, limit: history.page(after, limit), tmp_path)
    old = doubted.follower.mirror
    doubted.gate.set()
    eventually(lambda: doubted.follower.mirror is not old)
    doubted.follower.stop()
    assert caplog.text == ""


def told_of_a_change(
    directory: Path,
    history: History,
    told: pytest.LogCaptureFixture,
    *,
    harm: str = "",
    later: timedelta = timedelta(0),
    meanwhile: Callable[[], object] = lambda: None,
) -> bool:
    """Whether the next start tells that tables were changed which had been settled and were not closed in order. The
    clock goes on all the time."""
    ticks = itertools.count()

    def clock() -> datetime:
        return datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=next(ticks))

    mirror = open_mirror(directory, history.page)
    mirror.clock = clock
    mirror.settle()
    if harm:
        mirror.cursor().execute(harm)
    mirror.close()

    def read(after: int, most: int) -> pa.Table:
        if threading.current_thread().name == "doubting" and not after:
            meanwhile()
        return history.page(after, most)

    follower = Follower(read, directory, [SigningKey.generate("record.example/a")], lambda: clock() + later)
    settler = Settler(follower)
    for it in (follower, settler):
        it.start()
    eventually(lambda: [path for path in mirror_files(directory) if path != mirror.path] == mirror_files(directory))
    settler.stop()
    follower.stop()
    return "was changed while no server ran" in told.text


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=5), timedelta(hours=-5)])
@pytest.mark.parametrize("gap", [1, 50])
def test_nobody_is_told_of_a_change_by_time_or_by_what_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, later: timedelta, gap: int
) -> None:
    history = History()
    for n in range(5):
        history.add(f"case:{n}", VISA, n, gap=gap)

    def meanwhile() -> None:
        for _ in range(3):
            history.add(f"case:{history.position}", VISA, 30)

    assert not told_of_a_change(tmp_path, history, caplog, later=later, meanwhile=meanwhile)


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE settled.cut SET ends_at = ends_at + INTERVAL 9 YEAR",
        "UPDATE settled.cut SET ends_at = ends_at + INTERVAL 9000 YEAR",
        "DELETE FROM settled.cut",
        "DELETE FROM settled.state",
        "INSERT INTO settled.state VALUES (3)",
        "DELETE FROM settled.hd_01",
        "DROP TABLE settled.hd_05",
        "UPDATE settled.figure SET value = value + 1 WHERE code = 'HD-01'",
        "UPDATE settled.hub_performance SET name = 'x'",
        "INSERT INTO settled.failing VALUES ('indicator.hd_05'); UPDATE settled.figure SET value = 7",
    ],
)
@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=5)])
def test_an_edit_of_figures_is_told(
    history: History, tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: str, later: timedelta
) -> None:
    assert told_of_a_change(tmp_path, history, caplog, harm=harm, later=later)


def test_figures_that_could_not_be_made_are_no_edit(
    history: History, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mirror = open_mirror(tmp_path, history.page)
    mirror.settle()
    cursor = mirror.cursor()
    ((said,),) = cursor.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'hd_01'").fetchall()
    broken = said.replace("1 AS amount", "CAST(error('broken') AS INTEGER) AS amount")
    cursor.execute(broken.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    history.add("case:9", VISA, 9)
    catch_up(mirror, history.page)
    mirror.settle()
    cursor.execute(said.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    assert cursor.execute("FROM settled.failing").fetchall()
    mirror.close()
    follower = Follower(history.page, tmp_path, [SigningKey.generate("record.example/a")])
    follower.start()
    eventually(lambda: [path for path in mirror_files(tmp_path) if path != mirror.path] == mirror_files(tmp_path))
    follower.stop()
    assert "was changed while no server ran" not in caplog.text


def unfit(history: History, stored: bytes = b"{}", type_: str = "case.opened") -> int:
    """Puts an entry on the record that no table takes; its position."""
    position, sound = history.add("case:7", VISA), history.page

    def page(after: int = 0, limit: int = 10**9) -> pa.Table:
        found = sound(after, limit)
        lines = found.to_pylist()
        for line in lines:
            if line["position"] == position:
                line |= {"type": type_, "entry": stored}
        return pa.Table.from_pylist(lines, found.schema)

    history.page = page  # type: ignore[method-assign]
    return position


NESTED = b'{"stream":"case:7","version":1,"hub":"EU","fact":{"topic":{"deep":1}}}'


@pytest.mark.parametrize(
    ("stored", "type_"),
    [
        (b"{}", "case.opened"),
        (b"{", "case.opened"),
        (b"\xff", "case.opened"),
        (NESTED, "case.opened"),
        (b"{}", "no.such"),
    ],
)
def test_an_entry_that_does_not_fit_is_set_aside_and_the_follower_goes_on(
    tmp_path: Path, history: History, stored: bytes, type_: str
) -> None:
    assert unfit(history, stored, type_) == 6
    history.add("case:9", VISA)
    follower = Follower(lambda after, limit: history.page(after, limit), tmp_path)
    follower.start()
    assert follower.wait(7, SOON)
    assert (follower.set_aside_positions(), follower.set_aside_positions(5), cases(follower)) == ([6], [], 6)
    assert follower.health.trouble is None
    follower.stop()
    mirror = open_mirror(tmp_path, history.page)
    assert (mirror.set_aside_positions(), mirror.position, len(mirror_files(tmp_path))) == ([6], 7, 1)
    mirror.close()


@pytest.mark.parametrize("enveloped", [True, False], ids=["its envelope reads", "nothing of it reads"])
@pytest.mark.parametrize("hub", ["EU-BRU", ""], ids=["of a hub", "of no hub"])
def test_what_is_set_aside_is_read_by_its_hub_and_by_who_reads_all_and_by_no_analyst(
    tmp_path: Path, history: History, hub: str, enveloped: bool
) -> None:
    sound = msgspec.json.decode(msgspec.json.encode(history.rows[0].entry))
    unsound = sound | {"hub": hub, "fact": {"type": "case.opened"}}
    position = unfit(history, msgspec.json.encode(unsound) if enveloped else b"\xff")
    mirror = open_mirror(tmp_path, history.page)
    assert mirror.set_aside_positions() == [position]
    asking = {"analyst": Actor("c-1", "analyst"), "other": Actor("c-2", "hub", "AM-NYC")}
    asking |= {"own": Actor("c-3", "hub", "EU-BRU"), "auditor": Actor("c-4", "auditor")}
    with mirror.reading() as reading:
        closed = {who for who, it in asking.items() if closed_entries(reading, reader(it), {position})}
    assert closed == {"analyst", "other"} | (set() if hub and enveloped else {"own"})
    mirror.close()


@pytest.mark.parametrize("restated", ["voided", "corrected"])
def test_what_is_set_aside_counts_again_once_it_is_restated(tmp_path: Path, history: History, restated: str) -> None:
    sound = msgspec.json.decode(msgspec.json.encode(history.rows[0].entry))
    position = unfit(history, msgspec.json.encode(sound | {"fact": {"type": "case.opened"}}))
    mirror = open_mirror(tmp_path, history.page)
    assert mirror.set_aside_positions() == [position]
    act = history.void(position) if restated == "voided" else history.correct(position, VISA, 1)
    catch_up(mirror, history.page)
    assert (mirror.set_aside_positions(), mirror.set_aside_positions(act - 1)) == ([], [position])
    with mirror.reading() as reading:
        found = reading.rows("SELECT count(*) FROM case_opened WHERE position = ?", [position])
    assert found == [(int(restated == "corrected"),)]
    mirror.close()


def test_a_mirror_of_another_record_or_of_one_that_went_on_differently_is_made_anew(tmp_path: Path) -> None:
    def grown(salt: str, *topics: str) -> History:
        history = History()
        for n, topic in enumerate(topics):
            history.add(f"case:{salt}-{n}", CaseOpened(topic=topic), n)
        return history

    open_mirror(tmp_path, grown("a", "visa", "tax", "visa").page).close()
    others = [("b", "tax", "tax", "tax"), ("c", "tax", "tax"), ("d", "visa", "tax", "tax", "tax")]
    for other in itertools.starmap(grown, others):
        mirror = open_mirror(tmp_path, other.page)
        with mirror.reading() as reading:
            told = reading.rows("SELECT stream FROM case_opened ORDER BY position")
        assert told == [(row.entry.stream,) for row in other.rows]
        mirror.close()


def test_what_passes_is_tried_again_later_and_later_and_told_meanwhile(
    tmp_path: Path, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    tried = threading.Event()

    def rest(_: Follower, seconds: float) -> None:
        rests.append(seconds)
        assert tried.wait(SOON)

    monkeypatch.setattr(Follower, "rest", rest)

    def read(after: int, limit: int) -> pa.Table:
        if len(rests) < 4:
            raise OSError(28, "No space left on device")
        return history.page(after, limit)

    follower = Follower(read, tmp_path)
    follower.start()
    eventually(lambda: follower.health.trouble is not None)
    trouble = follower.health.trouble
    assert trouble
    assert "No space left" in trouble.why
    tried.set()
    assert follower.wait(5, SOON)
    eventually(lambda: follower.health.trouble is None)
    assert rests == [0.5, 1, 2, 4]
    follower.stop()


def test_a_closing_mirror_ends_a_read_that_goes_on(tmp_path: Path, history: History) -> None:
    mirror = open_mirror(tmp_path, history.page)
    begun, ended = threading.Event(), []

    def read() -> None:
        with mirror.reading() as reading:
            begun.set()
            try:
                reading.rows("SELECT sum(hash(a.range + b.range)) FROM range(10000000) AS a, range(10000000) AS b")
            except duckdb.Error as error:
                ended.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    assert begun.wait(SOON)
    mirror.close()
    thread.join(SOON)
    assert not thread.is_alive()
    assert len(ended) == 1


def test_a_damaged_file_is_made_anew_on_opening(history: History, tmp_path: Path) -> None:
    open_mirror(tmp_path, history.page).close()
    (path,) = mirror_files(tmp_path)
    path.write_bytes(b"\0" * 50_000)
    mirror = open_mirror(tmp_path, history.page)
    assert mirror.position == 5
    assert mirror_files(tmp_path) == [mirror.path]
    mirror.close()


def test_a_killed_process_leaves_a_mirror_that_goes_on(history: History, tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from tests.projections.histories import History
from domain.facts.helpdesk import CaseOpened
from projections.mirror.mirror import Mirror
from projections.mirror.settler import Settler
from projections.mirror.visibility import closed_entries
history, mirror = History(), Mirror(Path(sys.argv[1]))
for n in range(5):
    history.add(f"case:{n}", CaseOpened(topic="visa"), n)
    mirror.apply(history.page(mirror.position))
os.kill(os.getpid(), 9)
"""
    path = tmp_path / "mirror-1.duckdb"
    killed = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert killed.returncode == -9
    mirror = Mirror(path)
    assert mirror.position == 5
    history.add("case:9", VISA)
    mirror.apply(history.page(5))
    with mirror.reading() as reading:
        assert reading.rows("SELECT count(*) FROM case_opened") == [(6,)]
    mirror.close()
