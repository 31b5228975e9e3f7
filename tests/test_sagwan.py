"""The command line as a newcomer uses it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.test_crash import Server, opened

ROOT = Path(__file__).parent.parent


def sagwan(*words: str, token: str | None = None, expect: int = 0) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SAGWAN_")} | {"COLUMNS": "240"}
    if token:
        env["SAGWAN_TOKEN"] = token
    command = [sys.executable, "-m", "sagwan", *words]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[Path, str]:
    """The folder of a demo, and what it showed."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    return folder, sagwan("demo", "--once", "--data", str(folder))


def test_the_demo_shows_performance_a_replay_a_diff_and_a_whole_record(told):
    _, shown = told
    for words in ("Hub performance", "as it was known at the end of June", "figures changed", "whole", "Where to look"):
        assert words in shown


def test_the_demo_tells_the_same_year_again(told, tmp_path):
    folder, _ = told
    sagwan("demo", "--once", "--data", str(tmp_path / "again"))
    tables = [
        list(csv.DictReader(io.StringIO(sagwan("query", "hub_performance", "--format", "csv", "--data", str(it)))))
        for it in (folder, tmp_path / "again")
    ]
    assert [{**row, "gv_04": ""} for row in tables[0]] == [{**row, "gv_04": ""} for row in tables[1]]


def test_a_demo_does_not_write_into_a_folder_that_has_something(told):
    assert "not empty" in sagwan("demo", "--once", "--data", str(told[0]), expect=1)


def test_without_a_server_commands_read_the_folder(told):
    data = ("--data", str(told[0]))
    assert "EU-BRU" in sagwan("query", "hub_performance", *data)
    assert "AMERICAS" in sagwan("indicator", "HD-01", "--by", "region,period", *data)
    listed = sagwan("indicator", *data)
    for words in ("HD-04", "lower", "접수에서 해결까지 걸린 시간의 중앙값", "The median time from intake", "HD-Q"):
        assert words in listed
    first = sagwan("replay", "cases", "--known", "30", "--format", "ndjson", *data)
    assert len(first.splitlines()) < 30
    assert "figures changed" in sagwan("diff", "100", "200", *data)
    assert "whole" in sagwan("verify", *data)
    assert "made anew" in sagwan("rebuild", *data)
    assert "no view" in sagwan("query", "nothing", *data, expect=1)
    assert "no indicator" in sagwan("indicator", "XX-1", *data, expect=1)


def test_with_a_server_commands_ask_it(tmp_path):
    server = Server(tmp_path)
    data = ("--data", str(tmp_path))
    operator, hub = server.token, server.founded()
    position = server.ask("POST", "/v1/events", opened("case:1", "1"), hub)[1]["position"]
    server.ask("GET", f"/v1/views/cases?after={position}", None, hub)
    assert "case:1" in sagwan("query", "cases", *data, token=hub)
    assert "a token" in sagwan("query", "cases", *data, expect=1)
    assert "live token" in sagwan("query", "cases", *data, token="nonsense", expect=1)
    analyst = sagwan("token", "issue", "analyst", *data, token=operator).strip()
    assert "case.opened" in sagwan("query", "audit_trail", *data, token=analyst)
    assert "HD-01" in sagwan("diff", str(position - 1), str(position), *data, token=analyst)
    assert "whole" in sagwan("verify", *data, token=analyst)
    assert "made anew" in sagwan("rebuild", *data, token=operator)
    listed = sagwan("token", "list", *data, token=operator)
    id_ = next(
        word for line in listed.splitlines() if "analyst" in line for word in line.split() if word.startswith("c-")
    )
    sagwan("token", "revoke", id_, *data, token=operator)
    assert "live token" in sagwan("query", "cases", *data, token=analyst, expect=1)
    server.stop()


def test_a_person_from_the_command_line(tmp_path):
    assert "made" in sagwan("person", "keygen", "--data", str(tmp_path / "data"))
    assert "there already" in sagwan("person", "keygen", "--data", str(tmp_path / "data"), expect=1)
    server = Server(tmp_path / "data")
    data = ("--data", str(tmp_path / "data"))
    hub = server.founded()
    sees = ("token", "issue", "auditor", "--persons", "all", *data)
    auditor = sagwan(*sees, token=server.token).strip()
    (tmp_path / "kim.json").write_text('{"reference": "kim", "name_ko": "김철수"}', encoding="utf-8")
    name = sagwan("person", "add", str(tmp_path / "kim.json"), *data, token=hub).strip()
    assert sagwan("person", "add", str(tmp_path / "kim.json"), *data, token=hub).strip() == name
    assert "김철수" in sagwan("person", "show", name, "--purpose", "audit", *data, token=auditor)
    listed = sagwan("person", "list", *data, token=hub)
    assert name in listed
    assert "김철수" not in listed
    assert "28-8" in sagwan("person", "show", name, "--purpose", "audit", *data, token=hub, expect=1)
    sagwan("person", "consent", name, "--purpose", "visa", "--countries", "BE", *data, token=hub)
    sagwan("person", "consent", name, "--purpose", "visa", "--withdraw", *data, token=hub)
    sagwan("person", "hold", name, "--law", "Records Act 26", *data, token=hub)
    assert "Records Act 26" in sagwan("person", "erase", name, "--basis", "PIPA 36", *data, token=hub, expect=1)
    sagwan("person", "hold", name, "--law", "Records Act 26", "--release", *data, token=hub)
    assert "erased" in sagwan("person", "erase", name, "--basis", "PIPA 36", *data, token=hub)
    assert "was erased" in sagwan("person", "show", name, "--purpose", "audit", *data, token=auditor, expect=1)
    assert "erased" in sagwan("query", "persons", *data, token=auditor)
    server.stop()


def test_a_folder_without_a_record_is_said_to_have_none(tmp_path):
    assert "no record" in sagwan("query", "cases", "--data", str(tmp_path / "none"), expect=1)
