"""`fx=`: figures in the money of a version of a rate set, over HTTP and on the command line."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.door import Door, event
from tests.api.half_year import code
from tests.test_sagwan import sagwan

DEAL = {"contract_ref": "c-1", "money": {"amount": "100", "currency": "EUR"}}


class Dealt(Door):
    """`deal` is the position of the contract, before any rates."""

    deal: int


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dealt]:
    """100 euros on 3 March 2025; two versions of the rates of that half-year, and one of another."""
    it = Dealt(tmp_path_factory.mktemp("rates") / "data")
    posted = it.post(event("expansion.contract_signed", "expansion:1", "deal", DEAL, evidence="ab" * 32))
    assert posted.status == 201, posted.body
    it.deal = posted.body["position"]
    for name, version, rate in (("2025S1", 1, "1500"), ("2025S1", 2, "1600"), ("ecb", 1, "9999")):
        day = "2025-03-03" if name == "2025S1" else "2024-03-03"
        rates = {"version": version, "as_of": "2025-07-01", "source": "test", "rates": {"EUR": {day: rate}}}
        answer = it.post(event("fx.published", f"fx:{name}", f"{name}-{version}", rates, time=None), who="secretariat")
        assert answer.status == 201, answer.body
    it.get(f"/v1/views/hub_performance?after={answer.body['position']}")
    yield it
    it.close()


@pytest.mark.parametrize(
    ("query", "won"),
    [
        ("", 160_000),
        ("&fx=2025S1:1", 150_000),
        ("&fx=2025S1:2", 160_000),
        ("&fx=2025S1:1,ecb:1", 150_000),
        ("&fx=ecb:1&fx=2025S1:1", 150_000),
        ("&fx=ecb:1", 160_000),
        ("&known={deal}&fx=2025S1:2", 160_000),
    ],
)
def test_amounts_are_converted_by_the_versions_named_and_of_other_sets_by_the_newest(
    door: Dealt, query: str, won: int
) -> None:
    query = query.format(deal=door.deal)
    answer = door.get(f"/v1/indicators/DX-02?period=2025S1{query}")
    assert [it["value"] for it in answer.body["rows"]] == [won]
    assert ("fx" in answer.body) == ("fx=" in query)
    evidence = door.get(f"/v1/indicators/DX-02/evidence?period=2025S1{query}").body["rows"]
    assert [float(it["amount"]) for it in evidence] == [won]
    rows = door.get(f"/v1/views/hub_performance?{query[1:]}").body["rows"]
    told = {it["period"]: it["dx_02"] for it in rows if it["hub"] == "EU-BRU"}
    assert told == {"2024S2": None, "2025S1": won}, "it was designated in the half-year before"


@pytest.mark.parametrize(
    ("fx", "refused", "status"),
    [
        ("ecb:2", "fx.none", 404),
        ("none:1", "fx.none", 404),
        ("2025S1:0", "fx.none", 404),
        ("2025S1", "query.invalid", 400),
        ("2025S1:x", "query.invalid", 400),
        ("2025S1:1,2025S1:2", "query.invalid", 400),
        ("", "query.invalid", 400),
    ],
)
def test_a_version_that_is_not_there_is_refused(door: Door, fx: str, refused: str, status: int) -> None:
    for path in ("/v1/indicators/DX-02", "/v1/views/hub_performance", "/v1/indicators/DX-02/evidence"):
        answer = door.get(f"{path}?fx={fx}")
        assert (answer.status, code(answer)) == (status, refused)
    if refused == "fx.none":
        assert answer.body["facts"]["newest"] == {"2025S1": 2, "ecb": 1}
    else:
        assert "as 2025S1:2" in answer.body["detail"]


def test_a_pack_has_its_amounts_in_that_money_and_makes_them_again(door: Dealt, tmp_path: Path) -> None:
    body = door.get("/v1/export/evidence?fx=2025S1:1", who="auditor").raw
    zipfile.ZipFile(io.BytesIO(body)).extractall(tmp_path)
    (figure,) = [it for it in json.loads((tmp_path / "figures/figures.json").read_text()) if it["code"] == "DX-02"]
    assert figure["value"] == 150_000
    assert json.loads((tmp_path / "manifest.json").read_text())["fx"] == {"2025S1": 1, "ecb": 1}
    again = "import duckdb, sys; sys.exit(len(duckdb.execute(open('sql/again.sql').read()).fetchall()))"
    done = subprocess.run([sys.executable, "-I", "-c", again], cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 0


def test_the_terminal_takes_it_with_a_server_and_without(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    try:
        assert (
            door.post(event("expansion.contract_signed", "expansion:1", "deal", DEAL, evidence="ab" * 32)).status == 201
        )
        for version, rate in ((1, "1500"), (2, "1600")):
            rates = {
                "version": version,
                "as_of": "2025-07-01",
                "source": "test",
                "rates": {"EUR": {"2025-03-03": rate}},
            }
            last = door.post(event("fx.published", "fx:2025S1", f"{version}", rates, time=None), who="secretariat")
        assert door.get(f"/v1/views/hub_performance?after={last.body['position']}").status == 200
        words = ("indicator", "DX-02", "--period", "2025S1", "--format", "csv", "--data", str(door.path))
        served = [sagwan(*words, *more, token=door.tokens["auditor"]) for more in ((), ("--fx", "2025S1:1"))]
        assert ["160000" in served[0], "150000" in served[1]] == [True, True]
        assert "its newest is 2" in sagwan(*words, "--fx", "2025S1:3", token=door.tokens["auditor"], expect=1)
    finally:
        door.close()
    assert [sagwan(*words, *more) for more in ((), ("--fx", "2025S1:1"))] == served
    assert "its newest is 2" in sagwan(*words, "--fx", "2025S1:3", expect=1)
    assert "fx names rate sets" in sagwan(*words, "--fx", "2025S1", expect=1)
