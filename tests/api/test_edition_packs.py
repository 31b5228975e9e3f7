"""An edition leaves the house: what it withholds from whom, and its evidence pack, checked without Sagwan."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from domain.canonical import canonical
from journal.log import keys
from journal.store.journal import Journal
from projections.definitions import INDICATORS
from replay.editions.reproduction import reproduce
from tests.api.door import Answer, Door, event, opened
from tests.api.half_year import INDICATORS as INDICATED
from tests.api.half_year import HalfYear, code, ids, taken
from tests.api.test_crash import until
from tests.replay.logs import list_files
from tests.replay.test_pack import alone
from tests.replay.test_verifier import checked
from tests.test_sagwan import sagwan

VERSIONS = {code: it.version for code, it in INDICATORS.items()}
STAYS = {"EU-BRU": 3, "AS-SIN": 9}


class Told(Door):
    """`key` is the log's verifier key."""

    key: str


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """An edition of every indicator: three persons came to EU-BRU, nine to AS-SIN; one more was told late."""
    it = Told(tmp_path_factory.mktemp("editions") / "data")
    half = HalfYear(it)
    for hub, number in STAYS.items():
        half.cases(hub, 4)
        for _ in range(number):
            stay(it, hub)
    half.open(indicators=VERSIONS)
    half.cut()
    half.close()
    half.publish()
    stay(it, "AS-SIN")
    half.cases("AS-SIN", 2)
    (it.key,) = (str(key) for key in keys.verifier_keys(it.path))
    yield it
    it.close()


def test_what_was_assessed_is_proven_though_it_was_destroyed_and_the_edition_restated(tmp_path: Path) -> None:
    """The restatement says what the first one said: two acts published the same digest."""
    door = Door(tmp_path / "data")
    try:
        half = HalfYear(door)
        half.cases("EU-BRU", 3)
        half.qualitative("HD-Q")
        taken(half.open(indicators=INDICATED | {"HD-Q": 1}))
        written = taken(half.assess("EU-BRU", "HD-Q", "처음")).body["position"]
        taken(half.cut())
        half.close()
        first = half.publish()
        assert written <= first["key"]["position"], "it came before the cut-off"
        act = {"entry": written, "fields": ["text_ko"], "basis": "PIPA 36"}
        taken(half.act("entry.redacted", "review:2025S1-EU-BRU", act))
        taken(half.check("restatement_proposed", {"edition": 1, "reason": "once more"}, who="verifier"))
        taken(half.check("restatement_approved"))
        assert half.publish()["digest"] == first["digest"]
        (key,) = keys.verifier_keys(door.path)
        for number in (1, 2):
            pack = tmp_path / f"{number}.zip"
            pack.write_bytes(door.get(f"/v1/editions/2025S1/{number}.zip", who="secretariat").raw)
            status, said = checked(pack, "--key", key)
            assert status == 0, said
            assert f"edition 2025S1/{number} says what a proven event published" in said
            assert "1 assessments are what proven events say" in said
        zipfile.ZipFile(pack).extractall(tmp_path / "changed")
        swapped("edition/edition.json", "[redacted]", "훌륭함")(tmp_path / "changed")
        list_files(tmp_path / "changed")
        status, said = checked(tmp_path / "changed", "--key", key)
        assert status == 1
        assert f"the assessment at position {written} says something else than the event: text_ko" in said
    finally:
        door.close()


def test_a_topic_that_is_a_formula_is_none_in_the_csv_of_a_pack_and_is_proven_all_the_same(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    topics = ("=1+1", "'=1+1", "-2", "비자")
    try:
        half = HalfYear(door)
        for topic in topics:
            taken(door.post(opened(f"case:f-{next(ids)}", f"f-{next(ids)}", topic=topic)))
        half.run()
        (key,) = keys.verifier_keys(door.path)
        pack = tmp_path / "pack.zip"
        pack.write_bytes(door.get("/v1/editions/2025S1/1.zip", who="secretariat").raw)
    finally:
        door.close()
    status, said = checked(pack, "--key", key)
    assert status == 0, said
    archive = zipfile.ZipFile(pack)
    rows = [*csv.DictReader(io.TextIOWrapper(archive.open("evidence/HD-01.csv"), "utf-8-sig", newline=""))]
    assert {row["field"] for row in rows} == {"'=1+1", "''=1+1", "'-2", "비자"}
    assert {row["occurred_at"] for row in rows} == {"2025-03-03T09:00:00.000000Z"}
    table = pa.parquet.read_table(io.BytesIO(archive.read("evidence/HD-01.parquet")))
    assert {*table["field"].to_pylist()} == {*topics}
    assert table.schema.field("occurred_at").type == pa.timestamp("us", "UTC")


def stay(door: Door, hub: str) -> None:
    key = f"s-{next(ids)}"
    told: list[tuple[str, dict[str, Any]]] = [
        ("nominated", {"direction": "INBOUND", "person": f"p-{key}", "country": "BE", "from_org": "A", "to_org": "B"}),
        ("arrived", {"on": "2025-03-03"}),
        ("returned", {"on": "2025-04-14"}),
    ]
    for what, data in told:
        time = f"2025-0{4 if what == 'returned' else 3}-15T10:00:00+09:00"
        posted = door.post(event(f"exchange.{what}", f"exchange:{key}", f"{key}-{what}", data, time=time), who=hub)
        assert posted.status == 201, posted.body


def told(answer: Answer) -> dict[tuple[str, str | None, str | None], Any]:
    content = answer.body.get("content", answer.body)
    return {(it["indicator"], it["by"], it["of"]): it for it in content["figures"]}


def test_an_edition_withholds_what_few_persons_are_behind_and_its_digest_is_of_that(door: Told) -> None:
    answer = door.get("/v1/editions/2025S1/1")
    figures = told(answer)
    for hub in STAYS:
        it = figures["EX-01", "hub", hub]
        assert (it["value"], it["evidence"], it["missing"], it["withheld"]) == (None, None, None, True), hub
    assert figures["EX-01", None, None]["evidence"] == 12
    assert "withheld" not in figures["HD-01", "hub", "EU-BRU"]
    assert answer.body["key"]["disclosure"] == {"rule": 2, "least": 5}
    assert (answer.body["legend"]["sign"], answer.body["legend"]["secondary"]["sign"]) == ("‹5", "X")
    assert hashlib.sha256(canonical(answer.body["content"])).hexdigest() == answer.body["digest"]
    with Journal.at(door.path / "journal.db") as journal:
        assert reproduce(journal, "2025S1", 1).same


def test_page_and_spreadsheet_say_plainly_what_is_withheld(door: Told) -> None:
    page = door.get("/v1/editions/2025S1/1.html").raw.decode()
    assert page.count("‹5</span>") >= 4, "a legend, and figures of hubs, ministries and regions"
    assert "X</span>" in page, "what would give them away"
    assert "비공개: 근거가 되는 사람이 5명 미만임" in page
    assert "Withheld: fewer than 5 persons are behind it" in page
    book = openpyxl.load_workbook(io.BytesIO(door.get("/v1/editions/2025S1/1.xlsx").raw))
    hubs = {(row[0], row[4]): row[5:7] for row in book["거점센터 Hubs"].iter_rows(min_row=2, values_only=True)}
    assert hubs["EX-01", "EU-BRU"] == ("‹5", "‹5")
    facts = [row for row in book["공표본 Edition"].iter_rows(values_only=True) if row[0] == "‹5"]
    assert len(facts) == 2


@pytest.mark.parametrize(
    ("who", "hub", "full"),
    [
        ("analyst", None, False),
        ("auditor", None, True),
        ("secretariat", None, True),
        ("EU-BRU", None, False),
        ("EU-BRU", "EU-BRU", True),
        ("AS-SIN", "EU-BRU", False),
        ("analyst", "EU-BRU", False),
    ],
)
def test_a_hub_sees_and_hands_in_its_own_figures_in_full(door: Told, who: str, hub: str | None, full: bool) -> None:
    answer = door.get("/v1/checks/2025S1/figures" + (f"?hub={hub}" if hub else ""), who=who)
    it = told(answer)["EX-01", "hub", "EU-BRU"]
    assert (it["value"] is not None, it.get("withheld", False)) == (full, not full)
    if hub and full:
        digest = answer.body.pop("digest")
        assert hashlib.sha256(canonical(answer.body)).hexdigest() == digest


def test_what_came_late_about_few_is_told_in_amounts_only_to_who_sees_all(door: Told) -> None:
    for who, full in (("auditor", True), ("analyst", False), ("AS-SIN", False)):
        register = door.get("/v1/checks/2025S1/late", who=who).body
        amounts = [it for it in register["entries"] if "EX-01" in it["moves"]]
        assert bool(amounts) is full, who
        # A stay is not there at all for who is not its hub.
        assert any("EX-01" in it.get("withheld", ()) for it in register["entries"]) is (who == "AS-SIN")
        assert bool(register["kept_back"]) is (who == "analyst")
        moves = [it["move"] for it in register["moves"] if it["move"]["indicator"] == "EX-01"]
        assert all(it["delta"] is None for it in moves) is not full
        assert any(it["moves"].get("HD-01") for it in register["entries"])


@pytest.fixture(scope="module")
def answer(door: Told) -> Answer:
    return door.get("/v1/editions/2025S1/1.zip", who="auditor")


@pytest.fixture
def pack(answer: Answer, tmp_path: Path) -> Path:
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    (tmp_path / "pack.zip").write_bytes(answer.raw)
    zipfile.ZipFile(tmp_path / "pack.zip").extractall(tmp_path / "pack")
    return tmp_path / "pack"


def test_the_pack_of_an_edition_is_proven_from_the_act_to_the_entries(door: Told, pack: Path) -> None:
    code, said = checked(pack, "--key", door.key)
    assert code == 0, said
    digest = door.get("/v1/editions/2025S1/1").body["digest"]
    assert f"edition 2025S1/1 says what a proven event published: {digest}" in said
    assert "figures have their entries under evidence/" in said
    assert "figures are withheld" in said
    key = json.loads((pack / "edition/edition.json").read_text())["key"]
    note = (pack / "log/checkpoint").read_bytes().split(b"\n\n")[0] + b"\n"
    assert hashlib.sha256(note).hexdigest() == key["checkpoint"]
    positions = [json.loads(line)["position"] for line in (pack / "events.ndjson").read_bytes().splitlines()]
    assert len(positions) == len({*positions})
    assert max(positions) <= key["position"], "what came late is not in it"


def test_a_bare_python_proves_the_pack_of_an_edition(door: Told, pack: Path, auditor: Path) -> None:
    code, said = alone(auditor, pack, "--key", door.key)
    assert code == 0, said
    assert "edition 2025S1/1 says what a proven event published" in said
    assert said.rstrip().endswith("PROVEN, as far as the lines with `ok` say")


def swapped(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(pack: Path) -> None:
        text = (pack / name).read_text(encoding="utf-8")
        assert old in text
        (pack / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def shortened(name: str, line: int) -> Callable[[Path], None]:
    def change(pack: Path) -> None:
        lines = (pack / name).read_bytes().splitlines(keepends=True)
        (pack / name).write_bytes(b"".join(lines[:line] + lines[line + 1 :]))

    return change


HD01 = '{"by":"hub","evidence":4,"indicator":"HD-01","missing":0,"of":"EU-BRU","value":"4",'


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (swapped("edition/content.json", HD01, HD01.replace('"4"', '"5"')), "edition/content.json has the digest"),
        (
            swapped("edition/content.json", HD01, HD01.replace('"4"', '"5"')),
            "HD-01 of hub EU-BRU: the edition says 5, its",
        ),
        (
            swapped("edition/content.json", HD01, HD01.replace(":4", ":5")),
            "HD-01 of hub EU-BRU: the edition counts (5, 0)",
        ),
        (
            swapped("edition/edition.json", '"period": "2025S1"', '"period": "2025S2"'),
            "another key than was published: period",
        ),
        (swapped("edition/edition.json", '"least": 5', '"least": 2'), "another key than was published: disclosure"),
        (shortened("evidence/HD-01.csv", 2), "HD-01 of all together: the edition counts (8, 0)"),
        (swapped("events.ndjson", "visa", "visb"), "first wrong place: position"),
        (swapped("log/later/events.ndjson", '"digest":"', '"digest":"0'), "first wrong place: position"),
    ],
)
def test_a_figure_an_event_or_a_key_that_was_changed_is_named(
    door: Told, pack: Path, change: Callable[[Path], None], says: str
) -> None:
    change(pack)
    list_files(pack)
    code, said = checked(pack, "--key", door.key)
    assert code == 1, said
    assert says in said, said


def test_the_act_of_another_edition_does_not_vouch_for_this_one(door: Told, pack: Path) -> None:
    for name in ("events.ndjson", "proofs.ndjson", "checkpoint"):
        (pack / "log/later" / name).unlink()
    list_files(pack)
    code, said = checked(pack, "--key", door.key)
    assert (code, "what the events published is nothing" in said) == (1, True)


def test_plain_duckdb_makes_the_figures_of_an_edition_again(pack: Path) -> None:
    again = "import duckdb, sys; sys.exit(len(duckdb.execute(open('sql/again.sql').read()).fetchall()))"
    command = [sys.executable, "-I", "-c", again]
    assert subprocess.run(command, cwd=pack, timeout=60, check=False).returncode == 0
    swapped("edition/content.json", HD01, HD01.replace('"4"', '"5"'))(pack)
    assert subprocess.run(command, cwd=pack, timeout=60, check=False).returncode == 1


def test_the_report_in_a_pack_leads_to_its_files(pack: Path) -> None:
    page = (pack / "edition/report.html").read_text(encoding="utf-8")
    assert "../evidence/HD-01.csv" in page
    assert "/v1/" not in page


def test_the_command_writes_the_same_pack(door: Told, pack: Path, tmp_path: Path) -> None:
    words = ("export", "evidence", "--edition", "2025S1/1", "--data", str(door.path), "-o", str(tmp_path / "again.zip"))
    sagwan(*words, token=door.tokens["auditor"])
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "pack.zip").read_bytes()
    assert "goes without" in sagwan(*words, "--known", "3", token=door.tokens["auditor"], expect=1)


@pytest.mark.parametrize(("who", "name", "refused"), [
    ("analyst", "1", "authority.role"), ("EU-BRU", "1", "authority.role"), ("auditor", "7", "edition.none"),
])  # fmt: skip
def test_who_takes_no_pack_and_what_is_not_there(door: Told, who: str, name: str, refused: str) -> None:
    assert code(door.get(f"/v1/editions/2025S1/{name}.zip", who=who)) == refused


def test_a_pack_of_the_past_counts_what_had_happened_by_then(door: Told, tmp_path: Path) -> None:
    """Its figures are those that the server answers, and its own script makes them again."""
    answer = door.get("/v1/export/evidence?valid=2025-03-10", who="auditor")
    (tmp_path / "pack.zip").write_bytes(answer.raw)
    zipfile.ZipFile(tmp_path / "pack.zip").extractall(tmp_path)
    figures = json.loads((tmp_path / "figures/figures.json").read_text())
    asked = door.get("/v1/indicators/HD-01?by=hub,period&valid=2025-03-10").body["rows"]
    assert [it["evidence"] for it in figures if it["code"] == "HD-01"] == [it["evidence"] for it in asked]
    assert [it["evidence"] for it in figures if it["code"] == "EX-02"] == [], "nobody had returned"
    assert json.loads((tmp_path / "manifest.json").read_text())["valid"] == "2025-03-10T14:59:59.999999Z"
    assert "2025-03-10 23:59:59" in (tmp_path / "README.ko.md").read_text(encoding="utf-8")
    assert checked(tmp_path / "pack.zip", "--key", door.key)[0] == 0
    again = "import duckdb, sys; sys.exit(len(duckdb.execute(open('sql/again.sql').read()).fetchall()))"
    done = subprocess.run([sys.executable, "-I", "-c", again], cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 0


def test_a_restated_edition_shows_totals_and_says_what_that_tells_of_one_who_came_late(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    try:
        half = HalfYear(door)
        half.cases("EU-BRU", 4)
        for _ in range(9):
            stay(door, "AS-SIN")
        half.run()
        first = door.get("/v1/editions/2025S1/1")
        before = door.get("/v1/editions/2025S1/1.zip", who="auditor").raw
        stay(door, "AS-SIN")
        half.cases("EU-BRU", 2)
        until(lambda: half.standing["proposed_by"])
        taken(half.check("restatement_approved"))
        second = half.publish()
        assert second["key"]["supersedes"] == first.body["key_digest"]
        assert told(first)["EX-01", None, None]["evidence"] == 9
        figures = {(it["indicator"], it["by"], it["of"]): it for it in second["content"]["figures"]}
        assert (figures["EX-01", None, None]["evidence"], figures["HD-01", None, None]["value"]) == (10, "6")
        assert second["content"]["unproven"] == ["EX-01"]
        assert "역산되지 않음이 증명되지 않음" in door.get("/v1/editions/2025S1/2.html").raw.decode()
        assert door.get("/v1/editions/2025S1/1.zip", who="auditor").raw == before, "a pack says what was said that day"
        assert door.get("/v1/checks/2025S1/figures").body["unproven"] == ["EX-01"]
        (tmp_path / "second.zip").write_bytes(door.get("/v1/editions/2025S1/2.zip", who="secretariat").raw)
        (key,) = keys.verifier_keys(door.path)
        status, said = checked(tmp_path / "second.zip", "--key", key)
        assert status == 0, said
        assert "edition 2025S1/2 says what a proven event published" in said
        with Journal.at(door.path / "journal.db") as journal:
            assert [reproduce(journal, "2025S1", number).same for number in (1, 2)] == [True, True]
    finally:
        door.close()
