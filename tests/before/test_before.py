"""Records of earlier releases open, follow, verify, move, show and reproduce, on both databases."""

from __future__ import annotations

import contextlib
import hashlib
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from journal.store.journal import Journal
from journal.store.moving import move_record
from replay.editions.reproduction import reproduce
from replay.pack.verifier import verify
from tests.api.door import Door, opened
from tests.api.half_year import HalfYear, code, taken
from tests.before.records import FIFTH, FIRST, FOURTH, SECOND, SIXTH, THIRD, answers, placed
from tests.databases import empty_database

EDITIONS = ("2025S1/1", "2025S1/2", "2025S2/1")


def until(holds: Callable[[], bool]) -> None:
    """Returns once it holds."""
    for _ in range(200):
        if holds():
            return
        time.sleep(0.1)
    assert holds()


@pytest.fixture(scope="module", params=[FIRST, SECOND, THIRD, FOURTH, FIFTH], ids=lambda it: str(it.name))
def release(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def sound(request: pytest.FixtureRequest, release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A server on the sound record of a release before, to which `test_it_goes_on` alone adds."""
    yield from served(request, "sound", tmp_path_factory.mktemp("sound"), release)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def bad(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A server on the record that holds everything which the release before should not have taken."""
    yield from served(request, "bad", tmp_path_factory.mktemp("bad"), FIRST)


def served(request: pytest.FixtureRequest, name: str, folder: Path, release: Path) -> Iterator[Door]:
    kind = str(request.param)
    postgres = request.getfixturevalue("postgres") if kind == "postgres" else None
    with empty_database(postgres) if postgres else contextlib.nullcontext() as database:
        it = Door(*placed(kind, name, folder / "data", database, release))
        it.tokens = dict(answers(release)["sound"]["tokens"])
        yield it
        it.close()


def test_it_says_what_it_said(sound: Door, release: Path) -> None:
    was = answers(release)["sound"]
    for name in EDITIONS:
        now = sound.get(f"/v1/editions/{name}").body
        assert (now["digest"], now["content"]) == (was[name]["digest"], was[name]["content"])
    for view in ("cases", "projects", "exchanges", "persons"):
        shown = was[view]["rows"]
        if release == FOURTH and view == "projects":  # it is launched in 2030
            shown = [row for row in shown if row["stream"] != "project:ahead"]
        rows = []
        for said, before in zip(sound.get(f"/v1/views/{view}", who="auditor").body["rows"], shown, strict=True):
            rows.append(row := {name: said[name] for name in before})
            if view == "cases" and release != FIFTH:  # a stop says why, since
                row["stops"] = [{name: it for name, it in stop.items() if name != "why"} for stop in row["stops"]]
                if release == FOURTH and row["stream"] == "case:waiting":  # for a reason that its policy does not list
                    assert [it["state"] for it in row["clocks"]] == ["met", "breached"]
                    row["clocks"] = before["clocks"]
            if release == THIRD and view == "projects" and before["status"] == "agreed":  # after it was launched
                assert (row["status"], row["work"], row["launched_on"]) == ("launched", "launched", "2025-02-05")
                row |= {name: before[name] for name in ("status", "work")}
        assert rows == shown, view
    assert sound.get("/v1/log/checkpoint").raw.decode().split("\n\n")[0] == was["checkpoint"].split("\n\n")[0]


@pytest.mark.parametrize("release", [THIRD], indirect=True, ids=lambda it: str(it.name))
def test_new_versions_of_its_figures_say_what_those_of_before_left_out(sound: Door, release: Path) -> None:
    was = answers(release)["sound"]

    def told(question: str) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = sound.get(f"/v1/indicators/{question}&after={was['position']}").body["rows"]
        return asked

    def then(name: str) -> dict[str, tuple[Any, ...]]:
        return {row["hub"]: (row["value"], row["missing"]) for row in was[name]["rows"]}

    spent, committed = 100 * 1510 + 200 * 1600, 1000 * 1510  # of Korean sources
    assert then("JR-04")["EU-BRU"] == (pytest.approx(100 * 100 / 1000), 3), "of each of which the day had no rate"
    for hub in ("EU-BRU", "AS-SIN"):
        (jr_04,) = told(f"JR-04?by=hub&where=hub={hub}")
        assert (jr_04["value"], jr_04["missing"]) == (pytest.approx(100 * spent / committed), 1)
        assert (jr_04["earlier_rate"], jr_04["rate_sets"]) == (1, ["fx:2025S1/1"])
        (jr_05,) = told(f"JR-05?by=hub&where=hub={hub}")
        assert (jr_05["value"], jr_05["missing"], jr_05["earlier_rate"]) == (pytest.approx(0.5), 0, 1)
        (dx_02,) = told(f"DX-02U?by=hub&where=hub={hub}")
        assert (dx_02["value"], dx_02["missing"], dx_02["earlier_rate"]) == (150 * 1510, 0, 1)
    assert {row["country"]: row["value"] for row in was["JR-01 by country"]["rows"]} == {"KR": 2}
    assert {row["country"]: row["value"] for row in told("JR-01?by=country")} == {"DE": 2, "BE": 2}
    assert [row["value"] for row in told("JR-01?by=period")] == [2]
    owed = sound.get(f"/v1/views/case_deadlines?after={was['position']}").body["rows"]
    assert {(row["stream"], row["clock"]): (row["state"], row["breached"]) for row in owed} == {
        ("case:late", "first_response"): ("breached", True),
        ("case:late", "resolve"): ("breached", True),
        ("case:waiting", "first_response"): ("met", False),
        ("case:waiting", "resolve"): ("breached", True),
        ("case:running", "first_response"): ("met", False),
        ("case:running", "resolve"): ("breached", True),
        ("case:unbound", "first_response"): ("unpromised", None),
        ("case:unbound", "resolve"): ("unpromised", None),
    }


@pytest.mark.parametrize("release", [FOURTH], indirect=True, ids=lambda it: str(it.name))
def test_the_day_that_its_facts_name_is_what_counts(sound: Door, release: Path) -> None:
    was = answers(release)["sound"]
    ahead = {row["type"]: row["effective_at"] for row in sound.get("/v1/views/planned", who="auditor").body["rows"]}
    assert ahead == {"hub.revoked": "2027-02-28T15:00:00Z", "project.launched": "2029-12-31T15:00:00Z"}

    def figures(code: str) -> dict[tuple[str, str], float | None]:
        asked = sound.get(f"/v1/indicators/{code}?by=hub,period&after={was['position']}", who="auditor").body["rows"]
        return {(row["hub"], row["period"]): row["value"] for row in asked}

    def then(code: str) -> dict[tuple[str, str], float | None]:
        return {(row["hub"], row["period"]): row["value"] for row in was[code]["rows"]}

    assert then("JR-01")["EU-BRU", "2025S2"] == 1, "launched on 30 June, told on 2 July; and one launched in 2030"
    assert figures("JR-01") == {("EU-BRU", "2025S1"): 2, ("AS-SIN", "2025S1"): 1, ("AS-SIN", "2025S2"): 1}
    assert figures("JR-09") == dict.fromkeys(figures("JR-01"), 100)
    assert then("EX-02").keys() - figures("EX-02").keys() == {("EU-BRU", "2025S2"), ("AS-SIN", "2025S2")}
    assert figures("EX-01") == then("EX-01"), "days of stays counted before"
    assert figures("DX-03") == {("EU-BRU", "2025S1"): 100, ("AS-SIN", "2025S1"): 100}, "within 24 months by its day"
    statuses = {row["hub"]: row["status"] for row in sound.get("/v1/views/hubs", who="auditor").body["rows"]}
    assert statuses == {"EU-BRU": "designated", "AS-SIN": "designated"}
    on = {"EU-BRU": ("2027-02-28", "2027-03-01"), "AS-SIN": ("2025-08-31", "2025-09-01")}
    for hub, (before, day) in on.items():
        for valid, status in ((before, "designated"), (day, {"EU-BRU": "revoked", "AS-SIN": "suspended"}[hub])):
            told = sound.get(f"/v1/streams/hub:{hub}?valid={valid}", who="auditor").body
            assert told["state"]["status"] == status, (hub, valid)
    found = sound.get("/v1/views/irregularities", who="auditor").body["rows"]
    disagree = {row["stream"] for row in found if row["code"] == "hub.fact_day_disagrees"}
    late = {f"{kind}:late-{hub}" for kind in ("exchange", "expansion") for hub in on}
    assert disagree == late | {"project:late-EU-BRU", "project:ahead"}, "the other was launched the day before"
    suspended = {row["stream"] for row in found if row["code"] == "hub.work_on_suspended"}
    assert len(suspended) == 3, "cases that AS-SIN opened in September"


@pytest.mark.parametrize("release", [FIFTH], indirect=True, ids=lambda it: str(it.name))
def test_promises_of_half_years_that_their_calendar_covers_stay_told(sound: Door, release: Path) -> None:
    """Its calendar covers 2025, and it was made in 2026."""
    was = answers(release)["sound"]

    asked = sound.get(f"/v1/indicators/HD-03?by=hub,period&after={was['position']}", who="auditor").body["rows"]
    then, now = (
        {(it["hub"], it["period"]): (it["value"], it["evidence"], it["missing"]) for it in rows}
        for rows in (was["HD-03"]["rows"], asked)
    )
    assert then == {("EU-BRU", "2025S1"): (100, 7, 3), ("AS-SIN", "2025S1"): (100, 3, 0)}
    assert now == {
        ("EU-BRU", "2025S1"): (pytest.approx(100 * 4 / 6), 6, 0),
        ("EU-BRU", "2025S2"): (0, 1, 0),
        ("AS-SIN", "2025S1"): (100, 3, 0),
    }


@pytest.mark.parametrize("release", [SIXTH], indirect=True, ids=lambda it: str(it.name))
def test_what_two_tell_of_one_thing_counts_once_and_its_editions_stay(sound: Door, release: Path) -> None:
    was = answers(release)["sound"]
    for name in EDITIONS:
        now = sound.get(f"/v1/editions/{name}").body
        assert (now["digest"], now["content"]) == (was[name]["digest"], was[name]["content"])

    def figures(code: str) -> dict[tuple[str, str], tuple[float, int]]:
        asked = sound.get(f"/v1/indicators/{code}?by=hub,period&after={was['position']}", who="auditor").body["rows"]
        return {(row["hub"], row["period"]): (row["value"], row["evidence"]) for row in asked}

    def then(code: str) -> dict[tuple[str, str], tuple[float, int]]:
        return {(row["hub"], row["period"]): (row["value"], row["evidence"]) for row in was[code]["rows"]}

    eu, asia = ("EU-BRU", "2025S1"), ("AS-SIN", "2025S1")
    assert then("HD-07") == {eu: (3, 6), asia: (4, 3)}, (
        "of case:asked 2 before its closure, and what nobody named rated"
    )
    assert figures("HD-07") == {eu: (4, 5), asia: (4, 3)}
    for who in ("auditor", "analyst"):
        as_published = sound.get("/v1/indicators/HD-07?known=2025S1/1&period=2025S1", who=who).body
        told = [it for it in was["2025S1/1"]["content"]["figures"] if (it["indicator"], it["by"]) == ("HD-07", None)]
        assert (as_published["version"], [it["value"] for it in as_published["rows"]]) == (
            told[0]["version"], [pytest.approx(float(told[0]["value"]))],
        ), who  # fmt: skip
    assert {period for _, period in then("NW-02")} == {"2025S1", "2025S2"}
    assert figures("NW-02") == {eu: (1, 1), asia: (1, 1)}
    asked = "/v1/views/control_tower?where=period=2025S1&where=code=JR-01"
    tower = {row["key"]: row["value"] for row in sound.get(asked, who="auditor").body["rows"]}
    assert tower == {"KR": 3, "MSIT": 2.75, "EUROPE": 2.75, "EU-BRU": 1.75, "AS-SIN": 1, "none": 0.25}
    found = sound.get("/v1/views/irregularities", who="auditor").body["rows"]
    streams = ("case:asked", "centre:EU-BRU", "centre:AS-SIN", "project:p-0", "expansion:x-0")
    codes = {(row["code"], row["stream"]) for row in found if row["stream"] in streams}
    assert codes - {(row["code"], row["stream"]) for row in was["irregularities"]["rows"]} == {
        ("centre.activity_days_differ", "centre:AS-SIN"),
        ("centre.ended_untold", "centre:EU-BRU"),
        ("expansion.amount_below_zero", "expansion:x-0"),
        ("project.amount_below_zero", "project:p-0"),
    }
    page = sound.get("/v1/editions/2025S1/1.html", who="auditor").raw.decode()
    assert page.count("미지정 (XX-NONE)") == 1, "behind the hubs, and in no chart of theirs"
    by_ministry = page.partition("No designated hub</span></th>")[2]
    assert by_ministry, "without it ministries do not make the nation"
    late = {it["about"]: it for it in sound.get("/v1/checks/2025S2/late", who="auditor").body["entries"]}
    assert late == {}, "the correction came before the second cut-off"
    check_made_again(sound)


def check_made_again(sound: Door) -> None:
    with Journal.at(sound.database or sound.path / "journal.db") as journal:
        for name in EDITIONS:
            period, _, number = name.partition("/")
            again = reproduce(journal, period, int(number))
            assert again.same, name
            assert [it for it in again.changed if "/" in it] == [], "every formula is what it was"
            assert again.lost == (), "the text of then is kept of what was mended"


def test_it_goes_on(sound: Door, release: Path) -> None:
    answer = sound.post(opened("case:new", "new-1"))
    assert (answer.status, answer.body["position"]) == (201, answers(release)["sound"]["position"] + 1)
    assert sound.post(opened("case:new", "new-1")).status == 200


def test_its_editions_are_made_again(sound: Door) -> None:
    check_made_again(sound)


def test_it_moves(sound: Door, tmp_path: Path) -> None:
    with (
        Journal.at(sound.database or sound.path / "journal.db") as source,
        Journal.at(tmp_path / "moved.db", write=True) as target,
    ):
        move_record(source, target)
        assert target.page(0, 1_000).equals(source.page(0, 1_000))


def test_what_its_editions_say_is_kept_and_moved(sound: Door, release: Path, tmp_path: Path) -> None:
    digests = sorted(answers(release)["sound"][name]["digest"] for name in EDITIONS)
    with Journal.at(sound.database or sound.path / "journal.db") as journal:
        until(lambda: journal.entries.all_kept() == digests)
        kept = journal.entries.kept(digests[0])
        assert kept is not None
        assert hashlib.sha256(kept.content).hexdigest() == digests[0]
        assert re.fullmatch(r"sagwan \S+, duckdb \S+", kept.made_by)
        with Journal.at(tmp_path / "moved.db", write=True) as target:
            move_record(journal, target)
            assert target.entries.kept(digests[0]) == kept


def test_a_record_with_every_bad_example_opens(bad: Door) -> None:
    assert bad.get("/readyz").status == 200


@pytest.mark.parametrize("release", [FIRST, SECOND], indirect=True, ids=lambda it: str(it.name))
def test_its_pack_holds_and_ours_says_that_nothing_signs_its_manifest(release: Path, tmp_path: Path) -> None:
    """CSV files of the first have texts as they were and times without a zone; its manifest does not say otherwise.

    A pack of today from which somebody took the signature looks the same, so ours does not call it proven.
    """
    then, ours = judged(release, tmp_path)
    assert (then.returncode, ours.returncode) == (0, 3), ours.stdout
    assert "says what a proven event published" in ours.stdout
    assert re.search(
        "proven by the log: edition/content.json, events.ndjson, .*\n.*NOT PROVEN and not sig", ours.stdout
    )
    assert "NOT SIGNED" in ours.stdout.splitlines()[-1]


def test_its_signed_pack_is_proven_by_its_own_verifier_and_by_ours(tmp_path: Path) -> None:
    then, ours = judged(THIRD, tmp_path)
    assert (then.returncode, ours.returncode) == (0, 0), ours.stdout
    assert "PROVEN" in ours.stdout.splitlines()[-1]
    assert "the manifest of all files is signed" in ours.stdout


def judged(release: Path, folder: Path) -> list[subprocess.CompletedProcess[str]]:
    """What the verifier in the pack of a release says of it, and what ours does."""
    pack = release / "edition-2025S1-1.zip"
    with zipfile.ZipFile(pack) as archive:
        (key,) = archive.read("log/keys").decode().split()
        archive.extractall(folder)
    said = [
        subprocess.run(
            [sys.executable, "-I", verifier, pack, "--key", key],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for verifier in (folder / "verify.py", Path(verify.__file__))
    ]
    assert all("figures have their entries under evidence/" in it.stdout for it in said)
    return said


def test_a_word_that_no_list_has_and_a_row_says_all_the_same_is_found(bad: Door) -> None:
    """A check that names a hub as nobody can be called."""
    owed = bad.get("/v1/views/deadlines").body["rows"]
    (strange,) = {it["hub"] for it in owed if " " in it["hub"]}
    found = bad.get(f"/v1/views/deadlines?where=hub={quote(strange)}").body["rows"]
    assert found == [it for it in owed if it["hub"] == strange]
    assert bad.get(f"/v1/views/cases?where=hub={quote(strange)}").status == 400
    assert bad.get("/v1/views/calendars?where=hub=none").status == 400


def test_an_edition_with_a_made_up_digest_is_told_and_withdrawn(bad: Door) -> None:
    told = bad.get("/v1/editions/2025S2/2")
    assert (told.status, told.body["code"]) == (409, "edition.not_as_published")
    assert told.body["facts"]["published"] == "ab" * 32
    assert "check.edition_withdrawn" in told.body["detail"]
    for form in ("html", "xlsx", "zip"):
        assert bad.get(f"/v1/editions/2025S2/2.{form}", who="auditor").status == 409
    half = HalfYear(bad, "2025S2")
    out = {"edition": 2, "reason": "요약값이 지어낸 값임", "never_shown": True}
    taken(half.check("edition_withdrawn", out))
    listed = {it["edition"]: it for it in bad.get("/v1/editions/2025S2").body["editions"]}
    assert listed["2025S2/2"]["withdrawn"]["reason"] == out["reason"]
    assert listed["2025S2/1"]["superseded_by"] is None
    taken(half.check("restatement_proposed", {"edition": 1, "reason": "늦은 사실"}, who="operator"))
    taken(half.check("restatement_approved"))
    assert half.publish()["edition"] == "2025S2/3"
    assert code(half.check("edition_withdrawn", {"edition": 3, "reason": "x", "never_shown": True})) in (
        "check.was_shown", "check.self_withdrawn"
    )  # fmt: skip
    assert code(
        half.check("edition_withdrawn", {"edition": 3, "reason": "x", "never_shown": True}, who="verifier")
    ) == ("check.was_shown")
