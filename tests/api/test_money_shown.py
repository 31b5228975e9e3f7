"""Wherever a figure in money stands: what is missing of it, what went by an earlier rate, and by which rate sets."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from journal.log import keys
from tests.api.door import Door, event
from tests.api.half_year import HalfYear, taken
from tests.replay.logs import list_files
from tests.replay.test_verifier import checked
from tests.test_sagwan import sagwan

MONEY = {"DX-02": 2, "JR-01": 2, "JR-04": 2, "JR-05": 2}
SAID = {"earlier_rate": 1, "rate_sets": ["fx:2025S1/1"]}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Deals of EU-BRU on a day with a rate, six days behind it, and on one that nothing is near; an edition of it."""
    it = Door(tmp_path_factory.mktemp("money") / "data")
    half = HalfYear(it)
    rates = {"version": 1, "as_of": "2025-07-01", "source": "test", "rates": {"EUR": {"2025-03-03": "1500"}}}
    taken(half.act("fx.published", "fx:2025S1", rates))
    half.cases("EU-BRU", 3)
    half.cases("AS-SIN", 3)
    for n, day in enumerate(("03-03", "03-09", "05-05")):
        deal = {"contract_ref": f"c-{n}", "money": {"amount": "100", "currency": "EUR"}}
        at = f"2025-{day}T10:00:00Z"
        signed = event("expansion.contract_signed", "expansion:1", f"deal-{n}", deal, time=at, evidence="ab" * 32)
        taken(it.post(signed))
    for n, (what, data) in enumerate(
        [
            ("launched", {"on": "2025-03-01"}),
            ("partner_joined", {"partner": "p", "role": "JOINT", "country": "DE"}),
            ("partner_joined", {"partner": "q", "role": "JOINT", "country": "BE"}),
            ("funding_committed", {"money": {"amount": "9", "currency": "JPY"}, "funder": "KR"}),
            ("funding_spent", {"money": {"amount": "9", "currency": "JPY"}, "funder": "KR"}),
        ]
    ):
        taken(it.post(event(f"project.{what}", "project:1", f"p-{n}", data)))
    taken(half.open(indicators=MONEY))
    taken(half.cut())
    half.close()
    half.publish()
    assert it.get(f"/v1/views/hub_performance?after={half.position}").status == 200
    yield it
    it.close()


def test_an_answer_and_its_evidence(door: Door) -> None:
    (row,) = door.get("/v1/indicators/DX-02?period=2025S1").body["rows"]
    assert row == {"value": 300_000, "evidence": 3, "missing": 1} | SAID
    rows = door.get("/v1/indicators/DX-02/evidence", who="auditor").body["rows"]
    told = [
        (it["stream"], float(it["amount"]) if it["amount"] else None, it["rate_set"], it["rate_age"]) for it in rows
    ]
    assert told == [
        ("expansion:1", 150_000, "fx:2025S1/1", 0),
        ("expansion:1", 150_000, "fx:2025S1/1", 6),
        ("expansion:1", None, None, None),
    ]
    (row,) = door.get("/v1/indicators/JR-04?period=2025S1").body["rows"]
    assert (row["value"], row["missing"], row["rate_sets"]) == (None, 2, []), "never 0"
    assert "rate_sets" not in door.get("/v1/indicators/HD-01").body["rows"][0]


def test_all_figures_of_a_hub(door: Door) -> None:
    rows = door.get("/v1/views/hub_performance?where=period=2025S1").body["rows"]
    (row,) = (it for it in rows if it["hub"] == "EU-BRU")
    assert {name: row["missing"][name] for name in ("dx_02", "jr_04", "jr_05")} == {"dx_02": 1, "jr_04": 2, "jr_05": 1}
    assert (row["earlier_rate"], row["rate_sets"]) == ({"dx_02": 1}, ["fx:2025S1/1"])


def test_an_edition_its_report_and_its_spreadsheet(door: Door) -> None:
    figures = door.get("/v1/editions/2025S1/1").body["content"]["figures"]
    (deals,) = (it for it in figures if it["indicator"] == "DX-02" and it["by"] is None)
    assert (deals["value"], deals["missing"]) == ("300000", 1)
    assert {name: deals[name] for name in SAID} == SAID
    assert not any("rate_sets" in it for it in figures if it["indicator"] == "JR-01")
    by_country = {it["of"]: it["value"] for it in figures if (it["indicator"], it["by"]) == ("JR-01", "country")}
    assert by_country == {"DE": "1", "BE": "1"}
    page = door.get("/v1/editions/2025S1/1.html").raw.decode()
    assert 'title="300,000원">0.003</span>' in page
    assert "0.3</span>*†" in page
    assert "적용 환율표: fx:2025S1/1. 직전 고시 환율을 적용한 금액(†): 1건" in page
    assert "1 left out*" in page
    sheet = openpyxl.load_workbook(io.BytesIO(door.get("/v1/editions/2025S1/1.xlsx").raw))["전체 All"]
    heads, *rows = sheet.iter_rows(values_only=True)
    (row,) = (dict(zip(heads, it, strict=True)) for it in rows if it[0] == "DX-02")
    assert (row["Without amount"], row["At an earlier rate"], row["Rate sets"]) == (1, 1, "fx:2025S1/1")


def test_the_terminal(door: Door) -> None:
    said = sagwan("check", "figures", "2025S1", "--data", str(door.path), token=door.tokens["auditor"])
    assert "without an" in said
    assert "fx:2025S1/1" in said.replace("\n", "").replace(" ", "")
    said = sagwan("indicator", "DX-02", "--format", "csv", "--data", str(door.path), token=door.tokens["auditor"])
    assert '"missing","earlier_rate","rate_sets"' in said


@pytest.mark.parametrize("path", ["/v1/editions/2025S1/1.zip", "/v1/export/evidence"])
def test_a_pack_and_its_verifiers(door: Door, path: str, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    pack.write_bytes(door.get(path, who="auditor").raw)
    (key,) = keys.verifier_keys(door.path)
    status, said = checked(pack, "--key", key)
    assert status == 0, said
    folder = tmp_path / "pack"
    zipfile.ZipFile(pack).extractall(folder)
    again = "import duckdb, sys; sys.exit(len(duckdb.execute(open('sql/again.sql').read()).fetchall()))"
    done = subprocess.run([sys.executable, "-I", "-c", again], cwd=folder, timeout=60, check=False)
    assert done.returncode == 0
    rows = folder / "evidence/DX-02.csv"
    head, *lines = rows.read_text("utf-8-sig").splitlines()
    assert head.endswith('"rate_set","rate_age","stream"')
    if path.endswith("evidence"):
        told = json.loads((folder / "figures/figures.json").read_text())
        (figure,) = (it for it in told if it["code"] == "DX-02")
        assert {name: figure[name] for name in SAID} == SAID
    for was, becomes, expected in (
        ("fx:2025S1/1", "fx:2025S1/2", "says it was converted by"),
        ('"expansion:1"', '"expansion:2"', "is on expansion:1"),
    ):
        rows.write_text("\n".join([head, *lines, ""]).replace(was, becomes), "utf-8-sig")
        list_files(folder)
        status, said = checked(folder, "--key", key)
        assert status != 0
        assert expected in said
