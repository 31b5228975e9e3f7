"""What can be posted is told to those who write a client."""

from __future__ import annotations

import msgspec

from api.reads.types import type_schema
from domain.registry import TYPES
from tests.api.door import Door, event, opened


def test_every_type_is_listed_with_what_it_says_and_needs_no_token(door: Door) -> None:
    listed = door.ask("GET", "/v1/types", None, who=None).body["types"]
    assert {it["type"] for it in listed} == TYPES.keys()
    assert all(it["says"] for it in listed)
    assert {it["type"]: it["is"] for it in listed}["review.submission_made"] == "an act"


def test_the_schema_of_a_type_has_the_fields_that_the_door_takes(door: Door) -> None:
    told = door.ask("GET", "/v1/types/case.opened", None, who=None).body
    assert (told["title"], told["required"]) == ("case.opened", ["topic"])
    whole = opened("case:1", "1")
    assert door.post(whole, who="EU-BRU").status == 201
    assert whole["data"].keys() <= told["properties"].keys()
    for data in ({}, {"topic": "visa", "type": "case.opened", "more": 1}):
        assert door.post(event("case.opened", "case:2", "2", data), who="EU-BRU").status == 400


def test_every_schema_has_the_fields_of_its_fact_and_nothing_else() -> None:
    for name, fact in TYPES.items():
        fields = {it.encode_name: it.required for it in msgspec.structs.fields(fact)}
        if name == "entry.corrected":
            fields["occurred_at"] = False
        if name == "entry.redacted":
            del fields["remains"], fields["editions"]
        told = type_schema(name)
        assert told["properties"].keys() == fields.keys()
        assert set(told["required"]) == {field for field, required in fields.items() if required}


def test_a_type_that_nobody_knows_is_answered_with_those_that_read_like_it(door: Door) -> None:
    answer = door.ask("GET", "/v1/types/case.open", None, who=None)
    assert (answer.status, answer.body["code"]) == (404, "event.unknown_type")
    assert "case.opened" in answer.body["facts"]["did_you_mean"]
