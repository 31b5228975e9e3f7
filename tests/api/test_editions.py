"""Two half-years over HTTP: published, moved by what came late, restated, and reproduced as they were."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from api.server.restatement_proposals import due_proposals
from domain.acts.check_events import RestatementProposed
from journal.store.journal import Journal
from projections.definitions import INDICATORS, VERSIONS
from replay.editions.editions import NoEdition
from replay.editions.period_figures import UnknownVersion
from replay.editions.reproduction import reproduce
from tests.api.door import Door, event, opened
from tests.api.half_year import HUBS, HalfYear, code, taken
from tests.api.half_year import INDICATORS as INDICATED


def proposed(half: HalfYear) -> str | None:
    """Who proposed a restatement, once somebody did."""
    for _ in range(200):
        if by := half.standing["proposed_by"]:
            return str(by)
        time.sleep(0.1)
    return None


def figure(edition: dict, code: str, by: str | None = None, of: str | None = None) -> str | None:
    rows = edition["content"]["figures"]
    found = [it["value"] for it in rows if (it["indicator"], it["by"], it["of"]) == (code, by, of)]
    return found[0] if found else None


def test_two_half_years_with_a_restatement(door: Door) -> None:
    first = HalfYear(door)
    positions = {hub: first.cases(hub, 5) for hub in HUBS}
    edition = first.run()
    assert (edition["edition"], figure(edition, "HD-01"), figure(edition, "HD-01", "hub", "EU-BRU")) == (
        "2025S1/1", "10", "5"
    )  # fmt: skip
    signed = door.get(f"/v1/log/checkpoint?position={edition['position']}").raw.split(b"\n\n")[0] + b"\n"
    assert edition["key"]["checkpoint"] == hashlib.sha256(signed).hexdigest(), "the key names what the log says there"
    written = json.dumps(edition["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert edition["digest"] == hashlib.sha256(written.encode()).hexdigest(), "anybody computes the digest"
    assert first.publish() == edition, "publishing twice is the same edition"
    assert door.get("/v1/editions/2025S1/1").body == edition
    content = door.get(f"/v1/editions/contents/{edition['digest']}")
    assert (content.raw, content.headers["Cache-Control"]) == (written.encode(), "private, max-age=31536000, immutable")
    other = door.get(f"/v1/editions/contents/{'0' * 64}")
    assert (other.status, other.body["code"]) == (404, "edition.no_content")

    # What comes late is accepted, listed with its amount, and material: the machine proposes, a person approves.
    late = first.cases("EU-BRU", 2, day=10, hours=7)
    taken(door.post(event("entry.voided", "case:" + _key(door, positions["AS-SIN"][0]), "void", {
        "entry": positions["AS-SIN"][0], "reason": "DUPLICATE"}), who="AS-SIN"))  # fmt: skip
    register = first.late()
    told = {it["position"]: (it["why"], it["moves"].get("HD-01")) for it in register["entries"]}
    assert [told[it] for it in late] == [("LATE", "1"), ("LATE", "1")]
    assert ("VOIDED", "-1") in told.values()
    moves = {(it["move"]["indicator"], it["move"]["of"]): it["move"]["delta"] for it in register["moves"]}
    assert (moves["HD-01", None], moves["HD-01", "EU-BRU"], moves["HD-01", "AS-SIN"]) == ("1", "2", "-1")
    assert door.get("/v1/editions/2025S1/1").body["content"] == edition["content"]
    assert proposed(first) == "c-sagwan"
    assert code(first.check("edition_restated", {"edition": 2, "key": edition["key"], "digest": edition["digest"]}))

    # The next check shows what moved as prior-period adjustment (전기조정).
    second = HalfYear(door, "2025S2")
    for hub in HUBS:
        second.cases(hub, 3)
    following = second.run()
    (adjustment,) = following["content"]["adjustments"]
    shown = {(it["indicator"], it["of"]): it["delta"] for it in adjustment["moves"] if it["by"] in (None, "hub")}
    assert (adjustment["period"], adjustment["edition"], shown["HD-01", None]) == ("2025S1", 1, "1")
    assert figure(following, "HD-01") == "6"

    taken(first.check("restatement_approved"))
    restated = first.publish()
    assert (restated["edition"], figure(restated, "HD-01")) == ("2025S1/2", "11")
    assert first.publish() == restated
    again = door.get("/v1/editions/2025S1/1").body
    assert (again["content"], again["superseded_by"]) == (edition["content"], "2025S1/2")
    assert first.late()["entries"] == [], "the register begins anew with each edition"

    # `known` takes an edition wherever it is taken.
    for name, cases in (("2025S1/1", 10), ("2025S1/2", 11)):
        rows = door.get(f"/v1/indicators/HD-01?period=2025S1&known={name}").body["rows"]
        assert [(it["value"], it["evidence"]) for it in rows] == [(cases, cases)]
    assert len(door.get("/v1/indicators/HD-01/evidence?period=2025S1&known=2025S1/1").body["rows"]) == 10
    assert code(door.get("/v1/views/cases?known=2025S1/9")) == "edition.none"

    listed = door.get("/v1/editions").body["editions"]
    assert [it["edition"] for it in listed] == ["2025S1/1", "2025S1/2", "2025S2/1"]
    with Journal.at(door.path / "journal.db") as journal:
        for name in ("2025S1/1", "2025S1/2", "2025S2/1"):
            made = reproduce(journal, *_numbered(name))
            assert made.same, name


def test_what_is_of_another_half_year_is_proposed_where_it_moves_a_figure_and_is_not_where_it_moves_none(
    door: Door,
) -> None:
    """A case of December that was resolved in March: by when it was opened, the days of March are counted."""
    half = HalfYear(door)
    half.cases("EU-BRU", 1)
    taken(door.post(opened("case:last-year", "opened", time="2024-12-20T01:00:00Z"), who="EU-BRU"))
    taken(door.post(event("case.resolved", "case:last-year", "resolved", time="2025-03-02T01:00:00Z"), who="EU-BRU"))
    entry = door.engine.journal.position - 1
    half.run()

    def corrected(hour: int) -> None:
        at, told = f"2024-12-{hour:02}T01:00:00Z", {"type": "case.opened", "topic": "visa"}
        data = {"entry": entry, "reason": "CLERICAL", "occurred_at": at, "data": told}
        taken(door.post(event("entry.corrected", "case:last-year", f"at-{hour}", data, time=None), who="EU-BRU"))

    def due() -> list[str]:
        """What a server proposes that has just started."""
        door.engine.wait_for_tables(door.engine.journal.position)
        acts = due_proposals(door.engine, door.engine.journal.position, {})
        return [it.fact.reason for it in acts if isinstance(it.fact, RestatementProposed)]

    taken(door.post(opened("case:unresolved", "unresolved", time="2024-12-21T01:00:00Z"), who="EU-BRU"))
    assert (due(), half.standing["proposed_by"]) == ([], None), "what is open of another half-year moves nothing"
    corrected(10)
    assert [it["period"] for it in door.get("/v1/views/late_entries").body["rows"]] == []
    assert proposed(half) == "c-sagwan"
    (row,) = door.get("/v1/events?stream=check:2025S1&type=check.restatement_proposed").body["events"]
    assert row["entry"]["fact"]["indicators"] == ["HD-04"]
    assert "지연 기록 1건에 따라 HD-04" in row["entry"]["fact"]["reason"], "of two late entries one moves it"

    taken(half.check("restatement_rejected", {"reason": "다음 판에"}))
    assert due() == [], "the same is not proposed again"
    taken(door.post(opened("case:unresolved-2", "unresolved-2", time="2024-12-22T01:00:00Z"), who="EU-BRU"))
    assert due() == [], "nor where what came since moves nothing"
    corrected(2)
    assert proposed(half) == "c-sagwan"


def _key(door: Door, position: int) -> str:
    return str(door.get(f"/v1/events/{position}").body["entry"]["stream"]).partition(":")[2]


def _numbered(name: str) -> tuple[str, int]:
    period, _, number = name.partition("/")
    return period, int(number)


@pytest.fixture
def published(door: Door) -> Iterator[Journal]:
    """A record with an edition of 2025S1."""
    half = HalfYear(door)
    half.cases("EU-BRU", 3)
    half.run()
    with Journal.at(door.path / "journal.db") as journal:
        yield journal


def test_an_edition_is_reproduced_after_its_indicators_have_newer_versions(
    published: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = VERSIONS["HD-01", 1]
    newer = msgspec.structs.replace(old, version=99, aggregate="1000 + count(*)")
    monkeypatch.setitem(VERSIONS, ("HD-01", 99), newer)
    monkeypatch.setitem(INDICATORS, "HD-01", newer)
    assert reproduce(published, "2025S1", 1).same
    monkeypatch.delitem(VERSIONS, ("HD-01", 1))
    with pytest.raises(UnknownVersion, match="HD-01"):
        reproduce(published, "2025S1", 1)


def test_a_record_that_was_rewritten_does_not_reproduce(published: Journal, door: Door, tmp_path: Path) -> None:
    copy = sqlite3.connect(tmp_path / "rewritten.db")
    with contextlib.closing(sqlite3.connect(door.path / "journal.db")) as original:
        original.backup(copy)
    for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        copy.execute(f"DROP TRIGGER {name}")
    copy.execute(
        "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), '2025-03-01T01', '2024-03-01T01') AS BLOB)"
        " WHERE topic = 'case.opened'"
    )
    copy.commit()
    copy.close()
    with Journal.at(tmp_path / "rewritten.db") as journal:
        assert not reproduce(journal, "2025S1", 1).same


def test_an_edition_stays_as_published_when_an_assessment_in_it_is_destroyed_by_law(door: Door) -> None:
    half = HalfYear(door)
    half.cases("EU-BRU", 3)
    half.qualitative("HD-Q")
    taken(half.open(indicators=INDICATED | {"HD-Q": 1}))
    taken(half.cut())
    taken(half.assess("EU-BRU", "HD-Q", "처음"))
    half.close()
    edition = half.publish()
    (assessed,) = edition["content"]["assessments"]
    entry, *_ = door.get("/v1/streams/review:2025S1-EU-BRU", who="auditor").body["history"]
    assert edition["key"]["assessments"] == {"EU-BRU/HD-Q": entry["position"]}
    assert assessed["position"] > edition["position"], "it came behind the cut-off"
    act = {"entry": assessed["position"], "fields": ["text_ko"], "basis": "PIPA 36"}
    taken(half.act("entry.redacted", "review:2025S1-EU-BRU", act))
    left = door.get("/v1/editions/2025S1/1").body
    assert (left["digest"], left["content"]) == (edition["digest"], edition["content"])
    assert [it["text_ko"] for it in left["assessments"]] == ["[redacted]"]
    with Journal.at(door.path / "journal.db") as journal:
        assert reproduce(journal, "2025S1", 1).same


def test_there_is_no_edition_to_reproduce(published: Journal) -> None:
    with pytest.raises(NoEdition, match="of 2025S1 there are 1"):
        reproduce(published, "2025S1", 2)
