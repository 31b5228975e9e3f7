"""The command line as a newcomer uses it."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.api.door import opened
from tests.api.test_crash import Server
from tests.commands import command

ROOT = Path(__file__).parent.parent


def sagwan(*words: str, token: str | None = None, expect: int = 0, cwd: Path = ROOT) -> str:
    done = command(*words, token=token, cwd=cwd)
    assert done.returncode == expect, done.output
    return done.output


def issued(*words: str, token: str) -> str:
    """The token that a command prints; who signs in once is told beside it, where the token is not taken from."""
    done = command("token", "issue", *words, token=token, cwd=ROOT)
    assert done.returncode == 0, done.output
    return done.stdout.strip()


@pytest.fixture(scope="module")
def told(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the folder of a demo, and what the demo showed, as if it had been made here."""
    folder = tmp_path_factory.mktemp("told") / "data"
    shutil.copytree(demo / "data", folder)
    return folder, (demo / "shown").read_text(encoding="utf-8").replace(str(demo / "data"), str(folder))


def editions(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        name: msgspec.json.decode(sagwan("edition", "show", name, "--json", "--data", str(folder)))
        for name in ("2025S1/1", "2025S1/2", "2025S2/1")
    }


@pytest.fixture(scope="module")
def published(told) -> dict[str, dict[str, Any]]:
    """The editions of the demo, by name."""
    return editions(told[0])


def test_the_demo_tells_two_checks_what_came_late_and_what_an_auditor_finds(told):
    _, shown = told
    for words in (
        "none refused",
        "edition 2025S1/1",
        "Late register",
        "by the engine",
        "edition 2025S2/1",
        "adjusted",
        "2025S1/1 is still there",
        "reproduced",
        "whole",
        "Where to look next",
    ):
        assert words in shown


def test_in_a_demo_every_hub_is_reviewed_under_a_check_and_one_submits_twice(told):
    checks, reviews = (
        [*map(msgspec.json.decode, sagwan("query", it, "--format", "ndjson", "--data", str(told[0])).splitlines())]
        for it in ("checks", "reviews")
    )
    assert [(it["status"], len(it["hubs"])) for it in checks] == [("RESTATED", 10), ("PUBLISHED", 10)]
    for period in ("2025S1", "2025S2"):
        own = [it for it in reviews if it["stream"].startswith(f"review:{period}-")]
        assert [it["status"] for it in own] == ["verified"] * 10
        assert sorted(it["submissions"] for it in own) == [1] * 9 + [2]
        assert all(len({it["preparer"], it["attester"], it["verifier"]}) == 3 for it in own)
    carried = sagwan("check", "status", "2025S2", "--data", str(told[0]))
    assert "carried over: finding:2025S1-AM-WDC-1 action_agreed" in carried
    assert "EU-BRU-1" not in carried


def test_a_restatement_in_a_demo_supersedes_the_first_edition_which_stays(published):
    first, second = published["2025S1/1"], published["2025S1/2"]
    assert (first["superseded_by"], second["superseded_by"]) == ("2025S1/2", None)
    assert first["digest"] != second["digest"]
    assert first["position"] < published["2025S2/1"]["position"] < second["position"]


def test_the_second_half_year_of_a_demo_shows_how_the_first_one_moved(published):
    (adjustment,) = published["2025S2/1"]["content"]["adjustments"]
    assert (adjustment["period"], adjustment["edition"]) == ("2025S1", 1)
    first = {(it["indicator"], it["by"], it["of"]): it["value"] for it in published["2025S1/1"]["content"]["figures"]}
    shown = [move for move in adjustment["moves"] if not move.get("withheld")]
    for move in shown:
        assert move["before"] == first.get((move["indicator"], move["by"], move["of"]))
    assert shown
    assert {move["before"] for move in adjustment["moves"] if move not in shown} == {None}
    assert not published["2025S1/1"]["content"]["adjustments"]


def test_every_command_that_a_demo_names_works(told, tmp_path):
    folder, shown = told
    commands = [shlex.split(line) for line in shown.splitlines() if line.startswith("sagwan ")]
    assert {it[-1] for it in commands} == {str(folder)}
    answers = {" ".join(it[1:3]): sagwan(*it[1:], cwd=tmp_path) for it in commands}
    assert "reproduced: 2025S1/2" in answers["edition reproduce"]
    assert "2025S1/2" in (tmp_path / "2025S1-2.html").read_text(encoding="utf-8")


def test_the_same_seed_tells_the_same_year(told, published, tmp_path):
    sagwan("demo", "--once", "--data", str(tmp_path / "again"))
    for name, it in editions(tmp_path / "again").items():
        for part in ("figures", "adjustments"):  # an assessment is named by the digest of its entry, which has a salt
            assert it["content"][part] == published[name]["content"][part]


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
    bracketed = opened("case:1", "1") | {"data": {"topic": "[red]visa[/x]"}}
    position = server.ask("POST", "/v1/events", bracketed, hub)[1]["position"]
    server.ask("GET", f"/v1/views/cases?after={position}", None, hub)
    assert "[red]visa[/x]" in sagwan("query", "cases", *data, token=hub)
    assert "a token" in sagwan("query", "cases", *data, expect=1)
    assert "live token" in sagwan("query", "cases", *data, token="nonsense", expect=1)
    auditor = issued("auditor", *data, token=operator)
    assert "case.opened" in sagwan("query", "audit_trail", *data, token=auditor)
    assert "HD-01" in sagwan("diff", str(position - 1), str(position), *data, token=auditor)
    assert "whole" in sagwan("verify", *data, token=auditor)
    assert "made anew" in sagwan("rebuild", *data, token=operator)
    listed = sagwan("token", "list", *data, token=operator)
    id_ = next(
        word for line in listed.splitlines() if "auditor" in line for word in line.split() if word.startswith("c-")
    )
    sagwan("token", "revoke", id_, *data, token=operator)
    assert "live token" in sagwan("query", "cases", *data, token=auditor, expect=1)
    server.stop()


def test_a_person_from_the_command_line(tmp_path):
    assert "made" in sagwan("person", "keygen", "--data", str(tmp_path / "data"))
    assert "there already" in sagwan("person", "keygen", "--data", str(tmp_path / "data"), expect=1)
    server = Server(tmp_path / "data")
    data = ("--data", str(tmp_path / "data"))
    hub = server.founded()
    auditor = issued("auditor", "--persons", "all", *data, token=server.token)
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
