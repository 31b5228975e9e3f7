"""An older vault brought back undoes nothing unseen: each state of it is named in the record."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.api.door import Door
from tests.test_sagwan import sagwan

PURPOSE = "purpose=visa"


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("database")) if request.param == "postgres" else None


class Restored:
    """A record with the vault of before: `kim` was corrected since, `lee` taken in."""

    def __init__(self, data: Path, place: str | None) -> None:
        self.data, self.place = data, place
        door = Door(data, place)
        self.tokens = door.tokens
        wish = {"role": "hub", "hub": "AS-SIN", "persons": "own", "cross_border": True}
        self.tokens["AS-SIN"] = door.ask("POST", "/v1/tokens", wish, who="operator").body["token"]
        wish = {"role": "auditor", "persons": "all"}
        self.tokens["auditor"] = door.ask("POST", "/v1/tokens", wish, who="operator").body["token"]
        self.kim = self.add(door, "kim", "김")
        self.park = self.add(door, "park", "박")
        other = door.ask("POST", "/v1/persons", {"reference": "tan", "name_en": "Tan"}, who="AS-SIN")
        self.tan = other.body["pseudonym"]
        door.close()
        shutil.copy(data / "vault.db", data.parent / "older.db")
        door = self.served()
        door.ask("POST", f"/v1/persons/{self.kim}", {"reference": "kim", "name_ko": "김영"}, who="EU-BRU")
        self.lee = self.add(door, "lee", "이")
        door.close()
        shutil.copy(data / "vault.db", data.parent / "newest.db")
        shutil.copy(data.parent / "older.db", data / "vault.db")

    def add(self, door: Door, reference: str, name: str) -> str:
        answer = door.ask("POST", "/v1/persons", {"reference": reference, "name_ko": name}, who="EU-BRU")
        assert answer.status == 201, answer.body
        return str(answer.body["pseudonym"])

    def served(self) -> Door:
        door = Door(self.data, self.place)
        door.tokens = self.tokens
        return door

    def verified(self, expect: int) -> str:
        more = ("--database", self.place) if self.place else ()
        return sagwan("verify", "--data", str(self.data), *more, expect=expect)


@pytest.fixture
def restored(tmp_path: Path, place: str | None) -> Restored:
    return Restored(tmp_path / "data", place)


def test_who_was_corrected_or_taken_in_since_is_told_and_nobody_is_mistaken(restored: Restored) -> None:
    said = restored.verified(1)
    for name in (restored.kim, restored.lee):
        assert f"the vault does not hold {name} as it was recorded last" in said
    assert restored.park not in said
    door = restored.served()
    try:
        refused = door.get(f"/v1/persons/{restored.kim}?{PURPOSE}", who="auditor")
        assert (refused.status, refused.body["code"]) == (503, "vault.behind")
        assert door.get(f"/v1/persons/{restored.park}?{PURPOSE}", who="auditor").body["person"]["name_ko"] == "박"
        for asked, status in ((["park"], 200), (["kim"], 503), (["lee"], 503), (["new"], 503)):
            answer = door.ask("POST", "/v1/persons/resolve", {"references": asked}, who="EU-BRU")
            assert answer.status == status, (asked, answer.body)
        assert door.ask("POST", "/v1/persons", {"reference": "lee"}, who="EU-BRU").status == 503
        assert door.ask("POST", "/v1/persons/resolve", {"references": ["new"]}, who="AS-SIN").status == 200
        again = {"reference": "kim", "name_ko": "김영"}
        assert door.ask("POST", f"/v1/persons/{restored.kim}", again, who="EU-BRU").status == 200
        assert door.get(f"/v1/persons/{restored.kim}?{PURPOSE}", who="auditor").body["person"]["name_ko"] == "김영"
        assert door.ask("DELETE", f"/v1/persons/{restored.lee}?basis=PIPA+36", None, who="EU-BRU").status == 200
        assert door.ask("POST", "/v1/persons/resolve", {"references": ["lee"]}, who="EU-BRU").status == 200
    finally:
        door.close()
    assert "whole" in restored.verified(0)


def test_with_the_newest_vault_brought_back_everything_is_as_it_was(restored: Restored) -> None:
    shutil.copy(restored.data.parent / "newest.db", restored.data / "vault.db")
    assert "whole" in restored.verified(0)
    door = restored.served()
    try:
        asked = {"references": ["kim", "park", "lee"]}
        found = door.ask("POST", "/v1/persons/resolve", asked, who="EU-BRU").body["pseudonyms"]
        assert found == [restored.kim, restored.park, restored.lee]
    finally:
        door.close()


@pytest.mark.parametrize("harm", [b"", b"no database at all, but as long as one" * 100])
def test_verify_tells_of_a_vault_that_does_not_read(tmp_path: Path, harm: bytes) -> None:
    door = Door(tmp_path / "data")
    door.close()
    vault = tmp_path / "data/vault.db"
    vault.write_bytes(harm or vault.read_bytes()[:9000])
    told = sagwan("verify", "--data", str(tmp_path / "data"), expect=1)
    assert "vault.db is damaged, bring it back from a backup" in told.replace("\n", " ")
