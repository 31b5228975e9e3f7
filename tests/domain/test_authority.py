"""Who writes what, and whose a stream is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.input_policy.authority import EXAMPLES, WRITES, Actor, owning_hub
from domain.record import Refused
from domain.registry import ACTS, KINDS

EU, US = Actor("c-1", "hub", "EU"), Actor("c-2", "hub", "US")
SECRETARIAT = Actor("s-1", "secretariat")


def refused(actor, kind, key="1", held_by=None):
    with pytest.raises(Refused) as refusal:
        owning_hub(actor, kind, key, held_by)
    return refusal.value


def test_every_kind_has_somebody_who_writes_it():
    assert set().union(*WRITES.values()) == KINDS.keys()


def test_acts_of_the_house_are_not_the_hubs_but_for_their_side_of_reviews_and_findings_and_their_people():
    assert WRITES["hub"] & ACTS.keys() == {"review", "finding", "person"}
    for kind in ("check", "session", "calendar", "map", "hub"):
        refusal = refused(EU, kind)
        assert (refusal.code, refusal.facts["role"]) == ("authority.role", "hub")


@pytest.mark.parametrize("role", ["analyst", "auditor"])
def test_readers_write_nothing(role):
    assert refused(Actor("a-1", role), "case").facts["may_write"] == []


def test_a_stream_belongs_to_the_hub_of_its_first_entry():
    assert owning_hub(EU, "case", "1", None) == "EU"
    assert refused(US, "case", held_by="EU").code == "authority.not_yours"
    assert owning_hub(SECRETARIAT, "partner", "1", "EU") == "EU"


@pytest.mark.parametrize(("kind", "key"), [("review", "2025S1-EU"), ("finding", "2025S1-EU-3"), ("hub", "EU")])
def test_a_key_that_names_its_hub_says_whose_the_stream_is(kind, key):
    assert owning_hub(SECRETARIAT, kind, key, None) == "EU"
    if kind != "hub":
        assert owning_hub(EU, kind, key, None) == "EU"
        assert refused(US, kind, key).code == "authority.not_yours"


@pytest.mark.parametrize(("kind", "key"), [("review", "EU"), ("review", "2025S3-EU"), ("finding", "2025S1-EU")])
def test_a_review_or_a_finding_names_its_half_year_and_hub(kind, key):
    refusal = refused(EU, kind, key)
    assert (refusal.code, refusal.facts) == (
        "stream.malformed",
        {"path": "$.subject", "kind": kind, "such_as": EXAMPLES[kind]},
    )
    assert "is named like" in str(refusal)


def test_what_the_secretariat_writes_first_is_no_hubs():
    assert owning_hub(SECRETARIAT, "check", "2025S1", None) == ""
    assert refused(US, "partner", held_by="").code == "authority.not_yours"


def test_the_manual_names_every_kind_and_who_writes_it():
    lines = (Path(__file__).parents[2] / "docs" / "streams.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    told = {kind.strip("`"): who for kind, *_, who in rows}
    assert told.keys() == KINDS.keys()
    for kind in KINDS.keys() - {"review", "finding"}:
        writers = {role for role, kinds in WRITES.items() if kind in kinds}
        words = {"hub": "hub", "secretariat": "secretariat", "operator": "machine|operator"}
        assert writers == {role for role, word in words.items() if re.search(word, told[kind])}, kind


@pytest.mark.parametrize(
    ("kind", "key", "such_as"),
    [
        ("case", "1", "case:US-1"),
        ("case", "x" * 128, "case:US-" + "x" * 125),
        ("review", "2025S1-EU", "review:2025S1-US"),
        ("finding", "2025S1-EU-3", "finding:2025S1-US-3"),
    ],
)
def test_who_is_refused_for_a_stream_of_another_hub_is_told_how_to_name_his_own(kind, key, such_as):
    refusal = refused(US, kind, key, held_by="EU")
    assert (refusal.code, refusal.facts["such_as"]) == ("authority.not_yours", such_as)
    assert such_as in str(refusal)
