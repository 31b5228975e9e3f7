"""A server that ends between an act on a person and the vault: the next start ends what was begun."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from api.problems import Problem
from journal.vault.vault import Vault
from tests.api.door import Door
from tests.test_sagwan import sagwan


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("database")) if request.param == "postgres" else None


def again(door: Door) -> Door:
    """Served again, once it is closed."""
    it = Door(door.path, door.database)
    it.tokens = door.tokens
    return it


def staged(door: Door) -> int:
    with sqlite3.connect(door.path / "vault.db") as vault:
        return int(vault.execute("SELECT count(*) FROM staged").fetchone()[0])


def test_what_was_recorded_and_not_put_is_not_read_till_the_next_start_and_then_is_there(
    tmp_path: Path, place: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(tmp_path / "data", place)
    wish = {"role": "auditor", "persons": "all"}
    door.tokens["auditor"] = door.ask("POST", "/v1/tokens", wish, who="operator").body["token"]
    kim = door.ask("POST", "/v1/persons", {"reference": "kim", "name_ko": "김"}, who="EU-BRU").body["pseudonym"]

    def full(self: Vault, names: list[str]) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as failing:
        failing.setattr(Vault, "put", full)
        cut = [
            door.ask("POST", f"/v1/persons/{kim}", {"reference": "kim", "name_ko": "김영"}, who="EU-BRU"),
            door.ask("POST", "/v1/persons", {"reference": "lee", "name_ko": "이"}, who="EU-BRU"),
        ]
        assert [(it.status, it.body["code"]) for it in cut] == [(507, "record.disk_full"), (503, "vault.behind")]
        cut = [door.ask("POST", "/v1/persons/resolve", {"references": ["tan"]}, who="AS-SIN")]
        assert [(it.status, it.body["code"]) for it in cut] == [(507, "record.disk_full")]
    shown = door.get(f"/v1/persons/{kim}?purpose=x", who="auditor")
    assert (shown.status, shown.body["code"]) == (503, "vault.behind")
    assert staged(door) == 2
    door.close()
    more = ("--database", place) if place else ()
    assert "whole" in sagwan("verify", "--data", str(door.path), *more)
    door = again(door)
    assert door.get(f"/v1/persons/{kim}?purpose=x", who="auditor").body["person"]["name_ko"] == "김영"
    (tan,) = door.ask("POST", "/v1/persons/resolve", {"references": ["tan"]}, who="AS-SIN").body["pseudonyms"]
    assert tan in {it["pseudonym"] for it in door.get("/v1/persons", who="auditor").body["persons"]}
    assert door.ask("POST", "/v1/persons", {"reference": "lee"}, who="EU-BRU").status == 201
    assert staged(door) == 0
    door.close()


def test_what_was_staged_and_not_recorded_is_in_no_file_after_the_next_start(
    tmp_path: Path, place: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(tmp_path / "data", place)

    async def away(*_: object) -> None:
        raise Problem(503, "record.unavailable", "written")

    with monkeypatch.context() as failing:
        failing.setattr("api.server.people.record_acts", away)
        assert door.ask("POST", "/v1/persons", {"reference": "lee"}, who="EU-BRU").status == 503
    assert staged(door) == 1
    door.close()
    door = again(door)
    assert staged(door) == 0
    assert door.ask("POST", "/v1/persons", {"reference": "lee"}, who="EU-BRU").status == 201
    door.close()


def test_what_the_record_refuses_is_not_kept_staged(tmp_path: Path, place: str | None) -> None:
    door = Door(tmp_path / "data", place)
    kim = door.ask("POST", "/v1/persons", {"reference": "kim"}, who="EU-BRU").body["pseudonym"]
    assert door.ask("DELETE", f"/v1/persons/{kim}?basis=x", None, who="EU-BRU").status == 200
    refused = door.ask("POST", f"/v1/persons/{kim}", {"reference": "kim", "name_ko": "김"}, who="EU-BRU")
    assert (refused.status, staged(door)) == (410, 0)
    door.close()
