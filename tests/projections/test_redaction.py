"""Destroyed content leaves the mirror's files, and no figure moves."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.facts.exchange import ExchangeNominated
from domain.record import Recorded, Refused
from domain.redaction import check_named_anew, redact, sha256
from domain.registry import EntryCorrected, EntryRedacted, entries
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.store.redaction import carry_out
from journal.trusted_clock import now
from projections import figures
from projections.definitions import INDICATORS
from projections.mirror import public_views
from projections.mirror.files import mirror_files, open_mirror
from projections.mirror.follower import Follower
from projections.mirror.mirror import Mirror
from tests.journal.acts import SECRETARIAT, designate, post
from tests.mirrors import empty
from tests.projections.histories import History, histories
from tests.projections.test_follower import Doubted

SECRET = "the-neighbour-of-the-minister"


def textual(row: Recorded[Any]) -> list[str]:
    """Every field of an entry that can be redacted and says something."""
    fact, prefix = row.entry.fact, ""
    if isinstance(fact, EntryCorrected):
        fact, prefix = fact.data, "data."
    stored, found = msgspec.json.encode(row.entry), []
    for name in ["note", *(prefix + field.name for field in msgspec.structs.fields(fact))]:
        try:
            check_named_anew(name)
            left = entries.decode(redact(stored, [name]))
        except (Refused, msgspec.ValidationError):  # some texts made up for tests are too short to be read back
            continue
        if left.fact != row.entry.fact:
            found.append(name)
    return found


SLICING = ("field", "topic", "fields")
"""Names of words that figures are sliced by."""


def destroyed(history: History, chosen: list[Recorded[Any]]) -> History:
    """The same record after every text of the chosen entries was destroyed, but for what figures are sliced by: a
    destroyed word is a slice of its own (`tests/api/test_redaction.py`)."""
    after = History()
    after.rows, after._versions = list(history.rows), history._versions.copy()
    for row in chosen:
        if fields := [it for it in textual(row) if it.rpartition(".")[2] not in SLICING]:
            left = redact(msgspec.json.encode(row.entry), fields)
            after.rows[after.rows.index(row)] = Recorded(row.position, entries.decode(left))
            act = EntryRedacted(entry=row.position, fields=tuple(fields), basis="b", remains=sha256(left))
            after.add(row.entry.stream, act, 1995, hub=row.entry.hub)
    return after


def everything(history: History, known: int) -> list[Any]:
    """All figures, what is behind them, what is irregular and what is open: at a position, and now."""
    mirror = empty(threads=1)
    mirror.apply(history.page())
    found: list[Any] = []
    for at in (known, None):
        with mirror.reading(at) as reading:
            for it in INDICATORS.values():
                found += [figures.figures(reading, it, by) for by in (["hub", "period"], ["field"])]
                found.append(figures.contributing_entries(reading, it))
            found += [public_views.view(reading, name) for name in ("irregularities", "backlog", "period", "effective")]
    mirror.close()
    return [table.to_pylist() for table in found]


@settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(history=histories(), data=st.data())
def test_every_figure_is_the_same_before_and_after_at_any_point(history: History, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(history.rows), unique_by=lambda row: row.position), "chosen")
    after = destroyed(history, chosen)
    known = data.draw(st.integers(0, history.position), "known")
    assert everything(history, known) == everything(after, known)


@pytest.fixture
def record(tmp_path: Path):
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        stay = ExchangeNominated(direction="INBOUND", purpose=SECRET, country="DE")
        Admission(journal).record([designate("EU"), post("exchange:1", stay, id="1")], now())
        yield journal


def destroy(journal: Journal, entry: int = 2, field: str = "purpose") -> None:
    act = EntryRedacted(entry=entry, fields=(field,), basis="PIPA 36")
    Admission(journal).record([post("exchange:1", act, by=SECRETARIAT, id=f"{entry}/{field}", at=None)], now())


def told(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file() and SECRET.encode() in path.read_bytes()]


def shown(mirror: Mirror) -> list[tuple[Any, ...]]:
    with mirror.reading() as reading:
        return reading.rows("SELECT position, redacted, holds FROM audit_trail ORDER BY position")


def test_a_mirror_found_at_the_start_that_says_what_was_destroyed_is_made_anew(record: Journal, tmp_path: Path) -> None:
    mirror = open_mirror(tmp_path, record.page)
    assert shown(mirror) == [(1, False, True), (2, False, True)]
    mirror.close()
    (old,) = mirror_files(tmp_path)
    assert old.name in told(tmp_path)
    destroy(record)
    mirror = open_mirror(tmp_path, record.page)
    assert shown(mirror) == [(1, False, True), (2, True, True), (3, False, True)]
    assert not old.exists()
    assert told(tmp_path) == []
    mirror.close()
    assert told(tmp_path) == []
    (new,) = mirror_files(tmp_path)
    open_mirror(tmp_path, record.page).close()
    assert mirror_files(tmp_path) == [new], "and only once"


def test_a_running_follower_makes_its_mirror_anew_for_each_act(record: Journal, tmp_path: Path) -> None:
    follower = Follower(record.page, tmp_path)
    follower.start()
    stay = ExchangeNominated(direction="INBOUND", to_org=SECRET, from_org=SECRET)
    Admission(record).record([post("exchange:1", stay, id="2")], now())
    follower.wake()
    assert follower.wait(3, 20)
    for entry, field in [(2, "purpose"), (3, "to_org"), (3, "from_org")]:
        old = follower.mirror.path
        destroy(record, entry, field)
        follower.wake()
        until(lambda old=old: follower.mirror.path != old and not old.exists())
    assert [row[:2] for row in shown(follower.mirror)] == [
        (1, False), (2, True), (3, True), (4, False), (5, False), (6, False),
    ]  # fmt: skip
    follower.stop()
    assert told(tmp_path) == []


def test_what_is_redacted_while_a_mirror_is_compared_is_no_change_by_another_hand(
    record: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    doubted = Doubted(record.page, tmp_path)
    destroy(record)
    doubted.gate.set()
    doubted.follower.wake()
    assert doubted.follower.wait(3, 20)
    until(lambda: not doubted.follower._doubting or not doubted.follower._doubting.is_alive())
    assert [row[:2] for row in shown(doubted.follower.mirror)] == [(1, False), (2, True), (3, False)]
    doubted.follower.stop()
    assert "was changed while no server ran" not in caplog.text


def test_who_waits_for_an_act_never_reads_what_it_destroys(
    record: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act is in the record a moment before the content is destroyed; a follower may look in between."""
    healthy = record.entries.destroy

    def late(*named: Any) -> None:
        follower.wake()
        assert not follower.wait(3, 0.3), "the act counts while what it names still stands"
        healthy(*named)

    follower = Follower(record.page, tmp_path)
    follower.start()
    assert follower.wait(2, 20)
    monkeypatch.setattr(record.entries, "destroy", late)
    destroy(record)
    follower.wake()
    assert follower.wait(3, 20)
    assert [row[:2] for row in shown(follower.mirror)] == [(1, False), (2, True), (3, False)]
    follower.stop()
    assert told(tmp_path) == []


def until(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def test_a_mirror_is_not_made_anew_in_vain_while_the_content_still_stands(
    record: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = record.entries.destroy
    monkeypatch.setattr(record.entries, "destroy", lambda _: None)
    destroy(record)
    for _ in range(2):
        open_mirror(tmp_path, record.page).close()
        assert [path.name for path in mirror_files(tmp_path)] == ["mirror-1.duckdb"]
    monkeypatch.setattr(record.entries, "destroy", healthy)
    carry_out(record.entries)
    open_mirror(tmp_path, record.page).close()
    assert [path.name for path in mirror_files(tmp_path)] == ["mirror-2.duckdb"]
    assert told(tmp_path) == []
